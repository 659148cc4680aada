/*
 * What a job does with the devices of several types that it may use: which
 * types take a part, and how the solver (plan/solver.h) splits the batch over
 * them.
 *
 * Every set of the types is tried, each charged what its own devices cost to
 * synchronise (plan/sync.h) and how they slow each other down
 * (plan/contention.h): who takes no part does neither.  The
 * simulator prices mixtures so (plan/pricing.h), and plans, live runs and
 * `vnsim solve` lay jobs out so.
 */
#ifndef PLAN_MIX_H
#define PLAN_MIX_H

#include "plan/cluster.h"
#include "plan/profile/profile.h"
#include "plan/solver.h"

#include <stdbool.h>

struct vn_mix_question {
    const struct vn_cluster *cluster;
    const struct vn_profile *profile;
    int model;          /* of the profile */
    const int *devices; /* devices[t] of the cluster's type t */
    int64_t batch;
    double sync_s; /* of several devices; NAN: as the profile says */
};

/* A split, by type of the cluster. */
struct vn_mix {
    int vnodes[VN_TYPES_MAX]; /* on each device; 0: takes no part */
    int64_t batch[VN_TYPES_MAX];
    double step_s; /* INFINITY where there is none */
    double sync_s; /* of it */
};

/*
 * The best `room` splits, in order of time (ties as in plan/solver.h); their
 * number.  Types of which there are no devices, or that were not profiled,
 * take no part; of more than VN_SOLVER_TYPES_MAX others there is no split.
 */
int vn_mix_solve(const struct vn_mix_question *question, struct vn_mix *mixes,
                 int room);

/* The best split in which every type of devices[] takes a part. */
struct vn_mix vn_mix_whole(const struct vn_mix_question *question);

/* The best split over one type alone. */
struct vn_mix vn_mix_alone(const struct vn_mix_question *question);

#endif /* PLAN_MIX_H */
