/*
 * The SQL statements that base/store/store.c needs, made from
 * base/store/schema.h.
 *
 * Each is written into sql, VN_STORE_SQL_SIZE bytes.
 */
#ifndef BASE_STORE_SCHEMA_SQL_H
#define BASE_STORE_SCHEMA_SQL_H

#include "base/store/schema.h"

enum {
    VN_STORE_SQL_SIZE = 16384
};

/*
 * CREATE a table and its indexes.  Each column's meaning stands beside it as
 * an SQL comment, so that `sqlite3 R.db .schema` explains the file too.
 */
void vn_store_sql_create(char *sql, enum vn_store_table table);

/* INSERT one row, a '?' for each column. */
void vn_store_sql_insert(char *sql, enum vn_store_table table);

/* SELECT all columns; tail follows FROM, NULL for the canonical order. */
void vn_store_sql_select(char *sql, enum vn_store_table table,
                         const char *tail);

/* What follows FROM for the rows of the run '?', in canonical order. */
void vn_store_sql_of_run(char *sql, enum vn_store_table table);

#endif /* BASE_STORE_SCHEMA_SQL_H */
