/*
 * The experiments of a results file: groups of runs (analysis/runs.h), for a
 * figure over loads together with those that differ in load alone.
 */
#ifndef ANALYSIS_EXPERIMENTS_H
#define ANALYSIS_EXPERIMENTS_H

#include "analysis/runs.h"

#include <stdio.h>

struct vn_experiments {
    struct vn_groups *all; /* each with groups of its own order, borrowed */
    int n;
};

/* Those of the groups, which must outlive them; with `loads`, over loads. */
void vn_experiments_make(const struct vn_groups *groups, bool loads,
                         struct vn_experiments *experiments);

void vn_experiments_free(struct vn_experiments *experiments);

/* Their numbers, from 1, and what tells each from the others: a line each. */
void vn_experiments_list(const struct vn_groups *groups,
                         const struct vn_experiments *experiments, FILE *out);

#endif /* ANALYSIS_EXPERIMENTS_H */
