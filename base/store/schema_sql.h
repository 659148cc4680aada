/*
 * The SQL statements that base/store/store.c needs, made from
 * base/store/schema.h.
 *
 * A text that many rows repeat is kept once, in the table `text`, and in the
 * rows by its number.  A table that has such columns, or some that follow from
 * others, is kept as NAME_row, and NAME is a view of it in which every column
 * can be read as if it were there.
 *
 * Each statement is written into sql, VN_STORE_SQL_SIZE bytes.
 */
#ifndef BASE_STORE_SCHEMA_SQL_H
#define BASE_STORE_SCHEMA_SQL_H

#include "base/store/schema.h"

enum {
    VN_STORE_SQL_SIZE = 16384
};

/*
 * CREATE a table, its indexes and its view.  Each column's meaning stands
 * beside it as an SQL comment, so that `sqlite3 R.db .schema` explains the
 * file too.
 */
void vn_store_sql_create(char *sql, enum vn_store_table table);

/* CREATE the table of texts, and the views for readers: runs, jobs and
 * decisions, with times in seconds and what names a run beside each row. */
extern const char vn_store_sql_texts[];
extern const char vn_store_sql_views[];

/* INSERT one row; parameter ?i is column i - 1, of one that is coded its
 * text's number. */
void vn_store_sql_insert(char *sql, enum vn_store_table table);

/* DELETE the rows of a run. */
void vn_store_sql_delete(char *sql, enum vn_store_table table, int64_t run_id);

/* SELECT all columns; tail follows FROM, NULL for the canonical order. */
void vn_store_sql_select(char *sql, enum vn_store_table table,
                         const char *tail);

/* What follows FROM for the rows of the run '?', in canonical order. */
void vn_store_sql_of_run(char *sql, enum vn_store_table table);

#endif /* BASE_STORE_SCHEMA_SQL_H */
