/*
 * Tables of comma-separated values (RFC 4180), read a row at a time, with the
 * place of every cell.
 *
 *     enum { ID, SUBMIT, NCOLUMNS };
 *     static const struct vn_column columns[] = {
 *         [ID] = {"job_id", true}, [SUBMIT] = {"submit_s", true}};
 *
 *     vn_table_open(path, &(struct vn_table_form) {.columns = columns,
 *                   .ncolumns = NCOLUMNS}, &table, err)
 *     while ((status = vn_table_next(table, &more, err)) == VN_OK && more)
 *         status = vn_table_int(table, ID, 0, INT64_MAX, &id, err) ...
 *
 * The first row names the columns, in any order.  Rows that begin with '#'
 * and empty lines are passed over, so is a byte order mark; blanks around a
 * cell that is not quoted are not part of it; every row must have as many
 * cells as the header.  Where the first row has no comma, but semicolons, tabs
 * or bars, these stand between the cells.  A column that the reader does not
 * know is passed over, unless its name looks like a misspelt known one that is
 * not there itself, which is an error, since an optional column would be lost
 * in silence.
 *
 * Every message says file:line:column.  A line is counted at every newline,
 * inside quotes too; a column is a byte, from 1.
 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include "base/error.h"
#include "base/number.h"

#include <stdbool.h>
#include <stddef.h>

struct vn_column {
    const char *name;
    bool required;
};

struct vn_table_form {
    const struct vn_column *columns;
    int ncolumns;
    char delimiter;   /* 0: a comma, or what the first row has instead */
    bool headerless;  /* cell i is column i; the required ones come first */
    bool no_comments; /* '#' has no meaning */
    bool ragged;      /* missing cells at a row's end are empty */
    bool foreign;     /* what looks like an optional column is passed over */
};

struct vn_table;

/* Open path ("-": standard input), which is kept, and read its header. */
enum vn_status vn_table_open(const char *path,
                             const struct vn_table_form *form,
                             struct vn_table **table, struct vn_error *err);

/* The same, from a stream, which is kept and not closed; name is for messages.
 */
enum vn_status vn_table_read(FILE *in, const char *name,
                             const struct vn_table_form *form,
                             struct vn_table **table, struct vn_error *err);

void vn_table_close(struct vn_table *table);

/* Whether the file has this column. */
bool vn_table_has(const struct vn_table *table, int column);

/*
 * What stands behind "key:" in the comments read so far ("# origin: 0"), the
 * last where there are several, or NULL.  Borrowed until the next row.
 */
const char *vn_table_remark(const struct vn_table *table, const char *key);

/* The comment number i of those read so far, without its '#', or NULL. */
const char *vn_table_comment(const struct vn_table *table, int i);

/* Read the next row; *more is false at the end of the file. */
enum vn_status vn_table_next(struct vn_table *table, bool *more,
                             struct vn_error *err);

/* The line on which the row in hand begins. */
long vn_table_line(const struct vn_table *table);

/* The number of cells in the row in hand. */
int vn_table_width(const struct vn_table *table);

/*
 * A cell of the row in hand, borrowed until the next row; "" where the file
 * has no such column.
 */
const char *vn_table_text(const struct vn_table *table, int column);

/* The name of a column, as the form has it. */
const char *vn_table_column(const struct vn_table *table, int column);

/*
 * A cell as a number (base/number.h).  An empty cell or a missing column is
 * an error; see vn_table_empty().
 */
enum vn_status vn_table_int(struct vn_table *table, int column, int64_t min,
                            int64_t max, int64_t *value, struct vn_error *err);
enum vn_status vn_table_real(struct vn_table *table, int column, double min,
                             double max, double *value, struct vn_error *err);
enum vn_status vn_table_time(struct vn_table *table, int column, vn_time min,
                             vn_time max, vn_time *value,
                             struct vn_error *err);
enum vn_status vn_table_bytes(struct vn_table *table, int column, int64_t min,
                              int64_t max, int64_t *value,
                              struct vn_error *err);
bool vn_table_empty(const struct vn_table *table, int column);

/* Fail at a cell of the row in hand (column -1: at the row's first byte). */
enum vn_status vn_table_fail(struct vn_table *table, int column,
                             struct vn_error *err, const char *format, ...)
    __attribute__((__format__(printf, 4, 5)));

#endif /* BASE_TABLE_H */
