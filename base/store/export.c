#include "config.h"

#include "base/file.h"
#include "base/number.h"
#include "base/store/store.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct vn_store_view vn_store_views[VN_STORE_VIEWS] = {
    {"runs", "name"},
    {"jobs", "job_id"},
    {"decisions", "job_id, from_s, device_type, kind"},
};

/* One table on its way out. */
struct sheet {
    FILE *out;
    enum vn_store_format format;
    int64_t rows;
    int cells; /* of the row so far */
};

/* Whether a column is shown; run_id depends on the order of writing. */
static bool
shown(enum vn_store_table table, int column, bool all)
{
    const struct vn_store_column *c = &vn_store_forms[table].columns[column];

    if (column == 0)
        return table != VN_STORE_RUN;
    return all || (c->flags & VN_STORE_PLACE) == 0;
}

static void
begin_sheet(struct sheet *s)
{
    fputs(s->format == VN_STORE_JSON ? "[" : "", s->out);
}

static void
begin_row(struct sheet *s)
{
    if (s->format == VN_STORE_JSON)
        fputs(s->rows > 0 ? ",\n{" : "\n{", s->out);
    s->rows++;
    s->cells = 0;
}

static void
end_row(struct sheet *s)
{
    fputs(s->format == VN_STORE_JSON ? "}" : "\n", s->out);
}

static void
end_sheet(struct sheet *s)
{
    fputs(s->format == VN_STORE_JSON ? "\n]\n" : "", s->out);
}

/* What stands before a cell: in JSON its name. */
static void
begin_cell(struct sheet *s, const char *name)
{
    fputs(s->cells++ > 0 ? "," : "", s->out);
    if (s->format == VN_STORE_JSON) {
        vn_json_string(s->out, name);
        putc(':', s->out);
    }
}

static void
write_none(struct sheet *s)
{
    fputs(s->format == VN_STORE_JSON ? "null" : "", s->out);
}

static void
write_text(struct sheet *s, const char *text)
{
    if (s->format == VN_STORE_JSON)
        vn_json_string(s->out, text);
    else
        vn_csv_cell(s->out, text);
}

static void
write_real(struct sheet *s, double value)
{
    char text[VN_NUMBER_SIZE];

    if (isfinite(value))
        fputs(vn_format_real(text, value), s->out);
    else
        write_none(s);
}

static void
write_column(struct sheet *s, const struct vn_store_column *c, const void *row)
{
    const void *from = (const char *) row + c->offset;

    if (vn_store_is_none(c, row))
        write_none(s);
    else if (c->type == VN_STORE_INTEGER) {
        int64_t value;

        memcpy(&value, from, sizeof value);
        fprintf(s->out, "%" PRId64, value);
    } else if (c->type == VN_STORE_REAL) {
        double value;

        memcpy(&value, from, sizeof value);
        write_real(s, value);
    } else {
        const char *value;

        memcpy(&value, from, sizeof value);
        write_text(s, value);
    }
}

static const char *
title(const struct vn_store_form *form, int column)
{
    return column == 0 ? "run" : form->columns[column].name;
}

static void
write_header(struct sheet *s, enum vn_store_table table, bool all)
{
    const struct vn_store_form *form = &vn_store_forms[table];
    const char *comma = "";

    for (int i = 0; i < form->ncolumns && s->format == VN_STORE_CSV; i++)
        if (shown(table, i, all)) {
            fprintf(s->out, "%s%s", comma, title(form, i));
            comma = ",";
        }
    fputs(s->format == VN_STORE_CSV ? "\n" : "", s->out);
}

/* The rows of one query, each headed by the run's name. */
static enum vn_status
write_rows(struct vn_rows *rows, enum vn_store_table table, const char *name,
           bool all, struct sheet *s, struct vn_error *err)
{
    const struct vn_store_form *form = &vn_store_forms[table];
    void *row = vn_xcalloc(1, form->row_size);
    enum vn_status status;
    bool more;

    while ((status = vn_rows_next(rows, &more, err)) == VN_OK && more) {
        vn_rows_get(rows, row);
        begin_row(s);
        for (int i = 0; i < form->ncolumns; i++) {
            if (!shown(table, i, all))
                continue;
            begin_cell(s, title(form, i));
            if (i == 0)
                write_text(s, name);
            else
                write_column(s, &form->columns[i], row);
        }
        end_row(s);
    }
    free(row);
    return status;
}

/* Do something with each run, in order of their names. */
static enum vn_status
each_run(struct vn_store *store,
         enum vn_status each(struct vn_store *store, const char *name,
                             int64_t run_id, void *arg, struct vn_error *err),
         void *arg, struct vn_error *err)
{
    struct vn_rows *runs = NULL;
    enum vn_status status;
    bool more;

    status = vn_store_query(
        store, "SELECT name, run_id FROM run ORDER BY name", &runs, err);
    if (status != VN_OK)
        return status;
    while ((status = vn_rows_next(runs, &more, err)) == VN_OK && more) {
        char name[VN_STORE_NAME_SIZE];

        snprintf(name, sizeof name, "%s", vn_rows_text(runs, 0));
        status = each(store, name, vn_rows_int(runs, 1), arg, err);
        if (status != VN_OK)
            break;
    }
    vn_rows_close(runs);
    return status;
}

struct table {
    struct sheet sheet;
    enum vn_store_table table;
    bool all;
    const struct vn_store_view *view;
};

static enum vn_status
export_run(struct vn_store *store, const char *name, int64_t run_id, void *arg,
           struct vn_error *err)
{
    struct vn_rows *rows = NULL;
    struct table *t = arg;
    enum vn_status status =
        vn_store_read_run(store, t->table, run_id, &rows, err);

    if (status == VN_OK)
        status = write_rows(rows, t->table, name, t->all, &t->sheet, err);
    vn_rows_close(rows);
    return status;
}

enum vn_status
vn_store_export(struct vn_store *store, enum vn_store_table table, bool all,
                enum vn_store_format format, FILE *out, struct vn_error *err)
{
    struct table t = {{out, format, 0, 0}, table, all, NULL};
    enum vn_status status;

    write_header(&t.sheet, table, all);
    begin_sheet(&t.sheet);
    status = each_run(store, export_run, &t, err);
    end_sheet(&t.sheet);
    return status;
}

static void
write_value(struct sheet *s, struct vn_rows *rows, int column)
{
    switch (vn_rows_type(rows, column)) {
    case VN_STORE_INTEGER:
        fprintf(s->out, "%" PRId64, vn_rows_int(rows, column));
        break;
    case VN_STORE_REAL:
        write_real(s, vn_rows_real(rows, column));
        break;
    case VN_STORE_TEXT:
        if (vn_rows_text(rows, column) == NULL)
            write_none(s);
        else
            write_text(s, vn_rows_text(rows, column));
        break;
    }
}

/* A query on a view; its first column, run_id, is left out. */
static enum vn_status
ask_view(struct vn_store *store, const struct vn_store_view *view,
         int64_t run_id, struct vn_rows **rows, struct vn_error *err)
{
    enum vn_status status;
    char sql[160];

    snprintf(sql, sizeof sql, "SELECT * FROM %s WHERE run_id = ? ORDER BY %s",
             view->name, view->order);
    status = vn_store_query(store, sql, rows, err);
    if (status == VN_OK)
        vn_rows_bind_int(*rows, 1, run_id);
    return status;
}

static enum vn_status
export_view(struct vn_store *store, const char *name, int64_t run_id,
            void *arg, struct vn_error *err)
{
    struct vn_rows *rows = NULL;
    struct table *t = arg;
    enum vn_status status = ask_view(store, t->view, run_id, &rows, err);
    bool more;

    while (status == VN_OK
           && (status = vn_rows_next(rows, &more, err)) == VN_OK && more) {
        begin_row(&t->sheet);
        begin_cell(&t->sheet, "run");
        write_text(&t->sheet, name);
        for (int i = 1; i < vn_rows_columns(rows); i++) {
            begin_cell(&t->sheet, vn_rows_title(rows, i));
            write_value(&t->sheet, rows, i);
        }
        end_row(&t->sheet);
    }
    vn_rows_close(rows);
    return status;
}

enum vn_status
vn_store_export_view(struct vn_store *store, enum vn_store_view_number view,
                     enum vn_store_format format, FILE *out,
                     struct vn_error *err)
{
    struct table t = {.sheet = {out, format, 0, 0},
                      .view = &vn_store_views[view]};
    struct vn_rows *rows = NULL;
    enum vn_status status = ask_view(store, t.view, 0, &rows, err);

    if (status != VN_OK)
        return status;
    if (format == VN_STORE_CSV) {
        fputs("run", out);
        for (int i = 1; i < vn_rows_columns(rows); i++)
            fprintf(out, ",%s", vn_rows_title(rows, i));
        putc('\n', out);
    }
    vn_rows_close(rows);
    begin_sheet(&t.sheet);
    status = each_run(store, export_view, &t, err);
    end_sheet(&t.sheet);
    return status;
}
