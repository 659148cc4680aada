/*
 * What is said of a comparison, in print or beside a figure: units that read
 * well, ratios and how sure they are, and what to know of the numbers.
 */
#ifndef ANALYSIS_SAID_H
#define ANALYSIS_SAID_H

#include "analysis/comparison.h"

#include <stdbool.h>

/* The unit in which a column is read best, and its size in seconds. */
struct vn_said_unit {
    const char *name;
    double size;
};
struct vn_said_unit vn_said_unit(const struct vn_comparison *c,
                                 enum vn_metric metric);

/* As many decimals as show three digits of x. */
int vn_said_decimals(double x);

/* "JCT mean" ... */
extern const char *const vn_said_titles[VN_METRICS_MAIN];

/* A policy's ratio to the baseline, which stands first in the group. */
struct vn_interval vn_said_ratio(const struct vn_comparison *c,
                                 enum vn_metric metric, int policy,
                                 double level);

/*
 * By policy, how likely its ratio of mean JCT is by chance, and the same after
 * Holm's correction over all policies of the group; NAN where it has none.
 */
void vn_said_chances(const struct vn_comparison *c, double *p, double *holm);

/* What to know of the numbers, where policies left different jobs; or NULL. */
const char *vn_said_remark(const struct vn_comparison *c);

/* Jobs that are in no policy's times and those that are, by what they ask
 * for, as in "3 jobs left out, of 1 to 8 devices (median 4); ..."; into size
 * bytes, "" where none is left out. */
void vn_said_dropped(const struct vn_comparison *c, char *text, size_t size);

/* What an interval over the group's replicates covers; NULL for one. */
const char *vn_said_covers(const struct vn_group *g);

/* Whether the group has runs of a baseline: a label or a policy's name. */
bool vn_said_has_baseline(const struct vn_group *g, const char *baseline);

#endif /* ANALYSIS_SAID_H */
