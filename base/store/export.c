#include "config.h"

#include "base/file.h"
#include "base/number.h"
#include "base/store/store.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

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
write_cell(FILE *out, const struct vn_store_column *c, const void *row)
{
    const void *from = (const char *) row + c->offset;

    if (vn_store_is_none(c, row))
        return;
    if (c->type == VN_STORE_INTEGER) {
        int64_t value;

        memcpy(&value, from, sizeof value);
        fprintf(out, "%" PRId64, value);
    } else if (c->type == VN_STORE_REAL) {
        char text[VN_NUMBER_SIZE];
        double value;

        memcpy(&value, from, sizeof value);
        fputs(vn_format_real(text, value), out);
    } else {
        const char *value;

        memcpy(&value, from, sizeof value);
        vn_csv_cell(out, value);
    }
}

static void
write_header(FILE *out, enum vn_store_table table, bool all)
{
    const struct vn_store_form *form = &vn_store_forms[table];
    const char *comma = "";

    for (int i = 0; i < form->ncolumns; i++)
        if (shown(table, i, all)) {
            fprintf(out, "%s%s", comma,
                    i == 0 ? "run" : form->columns[i].name);
            comma = ",";
        }
    putc('\n', out);
}

/* The rows of one query, each headed by the run's name. */
static enum vn_status
write_rows(struct vn_rows *rows, enum vn_store_table table, const char *name,
           bool all, FILE *out, struct vn_error *err)
{
    const struct vn_store_form *form = &vn_store_forms[table];
    void *row = vn_xcalloc(1, form->row_size);
    enum vn_status status;
    bool more;

    while ((status = vn_rows_next(rows, &more, err)) == VN_OK && more) {
        const char *comma = "";

        vn_rows_get(rows, row);
        for (int i = 0; i < form->ncolumns; i++) {
            if (!shown(table, i, all))
                continue;
            fputs(comma, out);
            if (i == 0)
                fputs(name, out);
            else
                write_cell(out, &form->columns[i], row);
            comma = ",";
        }
        putc('\n', out);
    }
    free(row);
    return status;
}

enum vn_status
vn_store_export(struct vn_store *store, enum vn_store_table table, bool all,
                FILE *out, struct vn_error *err)
{
    struct vn_rows *runs = NULL, *rows = NULL;
    enum vn_status status;
    bool more;

    status = vn_store_query(
        store, "SELECT name, run_id FROM run ORDER BY name", &runs, err);
    if (status != VN_OK)
        return status;
    write_header(out, table, all);
    while ((status = vn_rows_next(runs, &more, err)) == VN_OK && more) {
        char name[VN_STORE_NAME_SIZE];

        snprintf(name, sizeof name, "%s", vn_rows_text(runs, 0));
        status =
            vn_store_read_run(store, table, vn_rows_int(runs, 1), &rows, err);
        if (status == VN_OK)
            status = write_rows(rows, table, name, all, out, err);
        vn_rows_close(rows);
        if (status != VN_OK)
            break;
    }
    vn_rows_close(runs);
    return status;
}
