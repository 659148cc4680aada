/*
 * A random world to simulate: a cluster of several types and sizes of node, a
 * profile, recorded and modelled jobs, costs, faults, slow devices and a
 * placement, all of them functions of a seed; and a policy that grants
 * whatever is legal.
 */
#ifndef T_WORLD_H
#define T_WORLD_H

#include "sim/engine.h"

enum {
    WORLD_JOBS = 12,
    WORLD_QUIET = 400 /* seconds; from then on the random policy is calm */
};

/* A row of the table of slow devices. */
struct world_slow {
    int type;
    int device;
    vn_time from;
    vn_time to;
    double slowdown;
};

struct world {
    char cluster_words[64];
    char costs_words[256];
    struct vn_cluster cluster;
    struct vn_profile profile;
    struct vn_pricing *pricing;
    struct vn_costs *costs;
    struct vn_fault_config faults;
    bool faulty;        /* faults is used */
    bool drawn;         /* costs or failures are */
    char slow_path[64]; /* a table that world_free() removes */
    struct world_slow slow[8];
    int nslow;
    struct vn_job jobs[WORLD_JOBS];
    int njobs;
    int at;                         /* the next to arrive */
    struct vn_engine_config config; /* less its observer */
    double values[VN_POLICY_OPTIONS_MAX];
};

/* policy NULL is the random one, elastic or rigid. */
void world_make(struct world *world, uint64_t seed,
                const struct vn_policy *policy);
void world_free(struct world *world);

extern const struct vn_policy world_policy_elastic;
extern const struct vn_policy world_policy_rigid;

#endif /* T_WORLD_H */
