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
#include "analysis/said.h"

#include <stdbool.h>

struct vn_report {
    const char *baseline; /* what ratios are to */
    double level;         /* of the intervals */
    bool pool;            /* traces were pooled */
    double power;         /* say how many replicates it takes, or 0 */
    const struct vn_groups *groups; /* all that are printed */
    const double *distances;        /* by policy, of the group printed */
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

#endif /* REPLAY_COMPARE_REPORT_H */
