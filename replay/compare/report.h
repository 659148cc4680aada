/*
 * A comparison of policies, in print.
 *
 * A form is a row of vn_report_forms: what stands before the first group of
 * runs and after the last, and a function that prints one group.  To add one,
 * write it, add its row in report.c, and describe it in man/vnreplay.1.
 */
#ifndef REPLAY_COMPARE_REPORT_H
#define REPLAY_COMPARE_REPORT_H

#include "analysis/choice.h"
#include "analysis/comparison.h"

#include <stdbool.h>

struct vn_report {
    const char *baseline;           /* what ratios are to */
    double level;                   /* of the intervals */
    bool pool;                      /* traces were pooled */
    const struct vn_groups *groups; /* all that are printed */
};

/* Prints a group on standard output; `at` counts groups from 0. */
typedef void vn_report_fn(const struct vn_comparison *c,
                          const struct vn_report *a, int at);

struct vn_report_form {
    const char *name;
    vn_report_fn *print;
    const char *end; /* after the last group */
};

enum {
    VN_REPORT_FORMS = 5
};
extern const struct vn_report_form vn_report_forms[VN_REPORT_FORMS];

vn_report_fn vn_report_text, vn_report_csv, vn_report_json, vn_report_latex,
    vn_report_markdown;

/* What they share. */

/* The unit in which a column is read best, and its size in seconds. */
struct vn_report_unit {
    const char *name;
    double size;
};
struct vn_report_unit vn_report_unit(const struct vn_comparison *c,
                                     enum vn_metric metric);

/* As many decimals as show three digits of x. */
int vn_report_decimals(double x);

/* "JCT mean" ... */
extern const char *const vn_report_titles[VN_METRICS];

/* A policy's ratio to the baseline, which stands first in the group. */
struct vn_interval vn_report_ratio(const struct vn_comparison *c,
                                   enum vn_metric metric, int policy,
                                   double level);

/* What to know of the numbers, where policies left different jobs; or NULL. */
const char *vn_report_remark(const struct vn_comparison *c);

/* Whether the group has runs of the baseline. */
bool vn_report_has_baseline(const struct vn_group *g,
                            const struct vn_report *a);

#endif /* REPLAY_COMPARE_REPORT_H */
