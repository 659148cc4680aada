/*
 * Rankings that hang on an assumption.  How much faster a recorded job gets on
 * more devices is not in its trace but assumed (--scaling), and an elastic
 * policy lives on it: where runs of a file differ in that alone, the pairs of
 * policies are named whose order it turns round.
 */
#ifndef REPLAY_COMPARE_FLIPS_H
#define REPLAY_COMPARE_FLIPS_H

#include "analysis/comparison.h"

/* The mean completion times of a group's policies, kept from its comparison.
 */
struct vn_standing {
    const struct vn_group *group;
    double *jct_s; /* by policy; NAN where nothing was compared */
};

struct vn_standings {
    struct vn_standing *all;
    int n;
};

/* Keep what a comparison found; the group must outlive it. */
void vn_standings_add(struct vn_standings *standings,
                      const struct vn_comparison *comparison);
void vn_standings_free(struct vn_standings *standings);

/*
 * Print, on standard output, what turns round between groups that differ in
 * their scaling alone; or, of elastic policies on recorded jobs under one
 * scaling alone, that it is an assumption, and how to try another.
 */
void vn_standings_print(const struct vn_standings *standings);

#endif /* REPLAY_COMPARE_FLIPS_H */
