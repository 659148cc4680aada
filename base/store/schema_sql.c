#include "config.h"

#include "base/store/schema_sql.h"

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

void
vn_store_sql_create(char *sql, enum vn_store_table table)
{
    static const char *const types[] = {
        [VN_STORE_INTEGER] = "INTEGER",
        [VN_STORE_REAL] = "REAL",
        [VN_STORE_TEXT] = "TEXT",
    };
    const struct vn_store_form *form = &vn_store_forms[table];

    sql[0] = '\0';
    append(sql, "CREATE TABLE %s ( -- %s\n", form->name, form->help);
    for (int i = 0; i < form->ncolumns; i++) {
        const struct vn_store_column *c = &form->columns[i];
        bool optional = (c->flags & VN_STORE_OPTIONAL) != 0;

        append(sql, "  \"%s\" %s%s, -- %s%s%s\n", c->name, types[c->type],
               optional ? "" : " NOT NULL", c->unit,
               c->unit[0] != '\0' ? "; " : "", c->help);
    }
    append(sql, "  PRIMARY KEY (");
    append_primary(sql, form);
    append(sql, ")\n) STRICT, WITHOUT ROWID;\n");
    if (table == VN_STORE_RUN)
        append(sql, "CREATE UNIQUE INDEX run_name ON run(name);\n");
}

void
vn_store_sql_insert(char *sql, enum vn_store_table table)
{
    const struct vn_store_form *form = &vn_store_forms[table];

    sql[0] = '\0';
    append(sql, "INSERT INTO %s (", form->name);
    append_columns(sql, form);
    append(sql, ") VALUES (?");
    for (int i = 1; i < form->ncolumns; i++)
        append(sql, ", ?");
    append(sql, ")");
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
