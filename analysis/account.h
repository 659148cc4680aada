/*
 * What a report says of results in words and tables: what was run and under
 * which assumptions, what is to be known of the numbers, how policies compare,
 * and the runs.
 */
#ifndef ANALYSIS_ACCOUNT_H
#define ANALYSIS_ACCOUNT_H

#include "analysis/request.h"

/* What is to be known before any number is believed, as a list. */
void vn_account_warnings(FILE *out, const struct vn_results *results);

/* One experiment, the `number`th: what it is of, and its comparison. */
enum vn_status vn_account_experiment(FILE *out,
                                     const struct vn_results *results,
                                     int number, const char *baseline,
                                     struct vn_error *err);

/* The runs, sortable, and the commands that made them. */
void vn_account_runs(FILE *out, const struct vn_results *results);

#endif /* ANALYSIS_ACCOUNT_H */
