/*
 * A summary across experiments (loads, clusters, assumptions): a row for each
 * of them, with what tells it from the others, and a column for each policy,
 * its mean JCT over the baseline's or, where there is none, itself.
 */
#ifndef REPLAY_COMPARE_SUMMARY_H
#define REPLAY_COMPARE_SUMMARY_H

#include "replay/compare/report.h"

struct vn_summary_row {
    char *words;
    const struct vn_group *group;
    struct vn_interval *ratio; /* by policy of the group */
    double *jct_s;
    bool has_baseline;
};

struct vn_summary_table {
    struct vn_summary_row *rows;
    int n;
};

/* Keep what a comparison found; its group must outlive the table. */
void vn_summary_table_add(struct vn_summary_table *table,
                          const struct vn_comparison *comparison,
                          const struct vn_report *report);

/* Print it on standard output. */
void vn_summary_table_print(const struct vn_summary_table *table,
                            const struct vn_report *report);
void vn_summary_table_free(struct vn_summary_table *table);

#endif /* REPLAY_COMPARE_SUMMARY_H */
