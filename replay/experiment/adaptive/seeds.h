/*
 * A run of jobs whose batch adapts, again and again by other random numbers:
 * what of its result is chance, beside one run of the published simulator.
 */
#ifndef REPLAY_EXPERIMENT_ADAPTIVE_SEEDS_H
#define REPLAY_EXPERIMENT_ADAPTIVE_SEEDS_H

#include "replay/experiment/adaptive.h"

enum {
    VN_SEEDS_MAX = 1000
};

/* What came of all seeds; NAN where theirs are not known. */
struct vn_seeds {
    double mean_s; /* mean time to completion */
    double theirs_s;
    double ratio; /* mean over jobs of log(ours / theirs) */
};

/*
 * Run the jobs with `seeds` seeds, from that of config on, and add to the
 * findings the mean time to completion of each, and of all with Student's
 * 95 % interval; where `path` is there and has its `column` of seconds by job,
 * also the means over jobs of log(ours / theirs), in per cent.  found may be
 * NULL.
 */
enum vn_status vn_adaptive_seeds(struct vn_adaptive *adaptive, int seeds,
                                 const char *path, const char *column,
                                 struct vn_seeds *found,
                                 struct vn_findings *findings,
                                 struct vn_error *err);

#endif /* REPLAY_EXPERIMENT_ADAPTIVE_SEEDS_H */
