/*
 * What an experiment found: tables of numbers with labelled rows, and notes,
 * printed as text, CSV (table,row,column,value) or JSON.
 */
#ifndef REPLAY_FINDINGS_H
#define REPLAY_FINDINGS_H

#include <stdio.h>

enum {
    VN_FINDINGS_COLUMNS = 16
};

struct vn_findings_column {
    const char *name; /* with the unit */
    int decimals;     /* in text */
};

struct vn_findings;

struct vn_findings *vn_findings_alloc(void);
void vn_findings_free(struct vn_findings *findings);

/* Begin a table; columns end with a NULL name, at most VN_FINDINGS_COLUMNS,
 * and are kept; the others are copied. */
void vn_findings_table(struct vn_findings *findings, const char *title,
                       const char *rows,
                       const struct vn_findings_column *columns);

/* Add a row to it: a value for each column, NAN where there is none. */
void vn_findings_row(struct vn_findings *findings, const char *label,
                     const double *values);

/* A number of a table, by its title, row and column; NAN where there is none.
 */
double vn_findings_value(const struct vn_findings *findings, const char *title,
                         const char *label, const char *column);

enum {
    VN_INTERVAL_TEXT = 80
};

/* "95 % interval LOW to HIGH", or that there is none: NAN, of one execution.
 * Returns text, of VN_INTERVAL_TEXT. */
const char *vn_findings_interval(double low, double high, char *text);

/* Say something behind it. */
void vn_findings_note(struct vn_findings *findings, const char *format, ...)
    __attribute__((__format__(printf, 2, 3)));

enum vn_findings_format {
    VN_FINDINGS_TEXT,
    VN_FINDINGS_CSV,
    VN_FINDINGS_JSON
};

void vn_findings_print(const struct vn_findings *findings, FILE *out,
                       enum vn_findings_format format);

#endif /* REPLAY_FINDINGS_H */
