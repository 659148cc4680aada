#include "config.h"

#include "base/store/schema_sql.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void append(char *sql, const char *format, ...)
    __attribute__((__format__(printf, 2, 3)));

static void
append(char *sql, const char *format, ...)
{
    size_t used = strlen(sql);
    va_list args;

    va_start(args, format);
    vsnprintf(sql + used, VN_STORE_SQL_SIZE - used, format, args);
    va_end(args);
}

static void
append_columns(char *sql, const struct vn_store_form *form)
{
    for (int i = 0; i < form->ncolumns; i++)
        append(sql, "%s\"%s\"", i == 0 ? "" : ", ", form->columns[i].name);
}

static void
append_primary(char *sql, const struct vn_store_form *form)
{
    const char *comma = "";

    for (int i = 0; i < form->ncolumns; i++)
        if (form->columns[i].flags & VN_STORE_PRIMARY) {
            append(sql, "%s\"%s\"", comma, form->columns[i].name);
            comma = ", ";
        }
}

/* Is the table kept otherwise than it is read? */
static bool
is_view(const struct vn_store_form *form)
{
    for (int i = 0; i < form->ncolumns; i++)
        if (form->columns[i].load != NULL
            || (form->columns[i].flags & VN_STORE_CODED) != 0)
            return true;
    return false;
}

/* Nothing is kept of a column that follows from others. */
static bool
is_kept(const struct vn_store_column *c)
{
    return c->load == NULL || c->keep != NULL;
}

static const char *
kept_name(const struct vn_store_column *c)
{
    return c->kept != NULL ? c->kept : c->name;
}

static void
append_view(char *sql, const struct vn_store_form *form)
{
    append(sql, "CREATE VIEW %s AS SELECT ", form->name);
    for (int i = 0; i < form->ncolumns; i++) {
        const struct vn_store_column *c = &form->columns[i];

        append(sql, "%s", i == 0 ? "" : ", ");
        if (c->load != NULL)
            append(sql, "%s AS ", c->load);
        else if ((c->flags & VN_STORE_CODED) != 0)
            append(sql, "(SELECT text FROM text WHERE text_id = \"%s\") AS ",
                   c->name);
        append(sql, "\"%s\"", c->name);
    }
    append(sql, " FROM %s_row;\n", form->name);
}

void
vn_store_sql_create(char *sql, enum vn_store_table table)
{
    static const char *const types[] = {
        [VN_STORE_INTEGER] = "INTEGER",
        [VN_STORE_REAL] = "REAL",
        [VN_STORE_TEXT] = "TEXT",
    };
    const struct vn_store_form *form = &vn_store_forms[table];
    const char *row = is_view(form) ? "_row" : "";

    sql[0] = '\0';
    append(sql, "CREATE TABLE %s%s ( -- %s\n", form->name, row, form->help);
    for (int i = 0; i < form->ncolumns; i++) {
        const struct vn_store_column *c = &form->columns[i];
        bool optional = (c->flags & VN_STORE_OPTIONAL) != 0,
             coded = (c->flags & VN_STORE_CODED) != 0;

        if (!is_kept(c))
            continue;
        append(sql, "  \"%s\" %s%s, -- %s%s%s%s%s\n", kept_name(c),
               types[coded ? VN_STORE_INTEGER : c->type],
               optional ? "" : " NOT NULL", c->unit,
               c->unit[0] != '\0' ? "; " : "", c->help,
               c->keep != NULL ? ", kept as " : "",
               c->keep != NULL ? c->keep : "");
    }
    append(sql, "  PRIMARY KEY (");
    append_primary(sql, form);
    append(sql, ")\n) STRICT, WITHOUT ROWID;\n");
    if (is_view(form))
        append_view(sql, form);
    if (table == VN_STORE_RUN)
        append(sql, "CREATE UNIQUE INDEX run_name ON run%s(name);\n", row);
}

/* Append what is kept of a column, a parameter for each ':column' in it. */
static void
append_kept(char *sql, const struct vn_store_form *form, const char *keep)
{
    while (*keep != '\0') {
        size_t plain = strcspn(keep, ":"), n;

        append(sql, "%.*s", (int) plain, keep);
        keep += plain;
        if (*keep == '\0')
            return;
        n = strspn(++keep, "abcdefghijklmnopqrstuvwxyz_");
        for (int i = 0; i < form->ncolumns; i++)
            if (strlen(form->columns[i].name) == n
                && strncmp(form->columns[i].name, keep, n) == 0)
                append(sql, "?%d", i + 1);
        keep += n;
    }
}

void
vn_store_sql_insert(char *sql, enum vn_store_table table)
{
    const struct vn_store_form *form = &vn_store_forms[table];

    sql[0] = '\0';
    append(sql, "INSERT INTO %s%s (", form->name, is_view(form) ? "_row" : "");
    for (int i = 0; i < form->ncolumns; i++)
        if (is_kept(&form->columns[i]))
            append(sql, "%s\"%s\"", i == 0 ? "" : ", ",
                   kept_name(&form->columns[i]));
    append(sql, ") VALUES (");
    for (int i = 0; i < form->ncolumns; i++) {
        const struct vn_store_column *c = &form->columns[i];

        if (!is_kept(c))
            continue;
        append(sql, "%s", i == 0 ? "" : ", ");
        if (c->keep != NULL)
            append_kept(sql, form, c->keep);
        else
            append(sql, "?%d", i + 1);
    }
    append(sql, ")");
}

void
vn_store_sql_delete(char *sql, enum vn_store_table table, int64_t run_id)
{
    const struct vn_store_form *form = &vn_store_forms[table];

    sql[0] = '\0';
    append(sql, "DELETE FROM %s%s WHERE run_id = %" PRId64, form->name,
           is_view(form) ? "_row" : "", run_id);
}

void
vn_store_sql_select(char *sql, enum vn_store_table table, const char *tail)
{
    const struct vn_store_form *form = &vn_store_forms[table];

    sql[0] = '\0';
    append(sql, "SELECT ");
    append_columns(sql, form);
    append(sql, " FROM %s ", form->name);
    if (tail != NULL)
        append(sql, "%s", tail);
    else if (table == VN_STORE_RUN)
        append(sql, "ORDER BY name");
    else {
        append(sql, "ORDER BY ");
        append_primary(sql, form);
    }
}

void
vn_store_sql_of_run(char *sql, enum vn_store_table table)
{
    sql[0] = '\0';
    append(sql, "WHERE run_id = ? ORDER BY ");
    append_primary(sql, &vn_store_forms[table]);
}

const char vn_store_sql_texts[] =
    "CREATE TABLE text ( -- what rows refer to by number\n"
    "  text_id INTEGER PRIMARY KEY,\n"
    "  text TEXT NOT NULL UNIQUE\n"
    ") STRICT;\n";

/* clang-format off */
/* What names a run, beside each row of the views of its rows. */
#define RUN_COLUMNS                                                        \
    "r.run_id, r.kind, r.trace, r.\"window\", r.cluster, r.load, r.seed, " \
    "r.policy || coalesce(' ' || r.options, '') AS policy"

#define S(column)     "r." #column "_us / 1e6 AS " #column "_s"
#define ROW_S(column) #column "_us / 1e6 AS " #column "_s"

const char
    vn_store_sql_views[] = "CREATE VIEW runs AS -- one row a run; times in "
                           "seconds\n"
                           "SELECT " RUN_COLUMNS
                           ", r.state, r.error, r.scaling, r.costs, "
                           "r.placement, r.faults, r.devices, r.jobs, "
                           "r.finished, r.unfinished, "
                           "r.rejected, r.declined, " S(measure_from) ", " S(measure_to) ", " S(makespan) ", r.utilisation, r.device_us / 3600e6 AS device_hours, " S(
                               jct_mean) ", " S(jct_p50) ", " S(jct_p90) ","
                                                                         " " S(jct_p99) ", " S(queue_mean) ", " S(queue_p50) ", " S(queue_p90) ", " S(queue_p99) ", " S(preempted_mean) ", r.preemptions, r.resizes, r.rho_mean, r.rho_worst, "
                                                                                                                                                                                        "r.deadlines, r.deadlines_met, r.name, r.version, r.\"commit\" "
                                                                                                                                                                                        "FROM run r;\n"
                                                                                                                                                                                        "CREATE VIEW jobs AS -- one row a job and run; times in seconds\n"
                                                                                                                                                                                        "SELECT " RUN_COLUMNS ", j.job_id, j.devices, j." ROW_S(duration) ", "
                                                                                                                                                                                                                                                          "j.weight, j.vc, j.user, j.type, j.model, j." ROW_S(submit) ", "
                                                                                                                                                                                                                                                                                                                      "j." ROW_S(start) ", j." ROW_S(finish) ", j." ROW_S(
                                                                                                                                                                                                                                                                                                                          deadline) ", "
                                                                                                                                                                                                                                                                                                                                    "j." ROW_S(jct) ", j." ROW_S(queue) ", j." ROW_S(
                                                                                                                                                                                                                                                                                                                                        preempted) ", j.rho, "
                                                                                                                                                                                                                                                                                                                                                   "CAST(j.jct_us AS REAL) / j.duration_us AS slowdown, j.preemptions, "
                                                                                                                                                                                                                                                                                                                                                   "j.resizes, j.failures, j.device_us / 3600e6 AS device_hours, j.state, "
                                                                                                                                                                                                                                                                                                                                                   "j.why FROM job j JOIN run r USING (run_id);\n"
                                                                                                                                                                                                                                                                                                                                                   "CREATE VIEW decisions AS -- devices of a job from when to when\n"
                                                                                                                                                                                                                                                                                                                                                   "SELECT " RUN_COLUMNS
                                                                                                                                                                                                                                                                                                                                                   ", a.job_id, a.kind, a.device_type, a.devices, "
                                                                                                                                                                                                                                                                                                                                                   "a." ROW_S(
                                                                                                                                                                                                                                                                                                                                                       from) ", a." ROW_S(to) " FROM allocation a "
                                                                                                                                                                                                                                                                                                                                                                              "JOIN run r USING (run_id);\n";
/* clang-format on */
