/*
 * A random world to simulate: a cluster of several types and sizes of node, a
 * profile, contention, recorded and modelled jobs, costs, faults, slow devices
 * and a placement, all of them functions of a seed; and a policy that grants
 * whatever is legal.
 */
#ifndef T_SIM_WORLD_H
#define T_SIM_WORLD_H

#include "sim/engine/engine.h"
#include "sim/policy/policies.h"

enum {
    WORLD_JOBS = 12,
    WORLD_QUIET = 400 /* seconds; from then on the random policy is calm */
};

/* Whether devices of a node slow each other down. */
enum world_crowds {
    WORLD_ALONE,  /* nothing is said of it */
    WORLD_ONES,   /* all that is said is that they do not */
    WORLD_CROWDED /* in two worlds of three */
};

enum {
    WORLD_BATCHES = 7, /* 1, 2, 4 ... 64 */
    WORLD_BUSY = 10
};

/* What the tables of the profile say. */
struct world_curve {
    double step_s[WORLD_BATCHES];
    double update_s;
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
    struct world_curve curves[2][3]; /* by model and type */
    double crowds[3][4][WORLD_BUSY]; /* of k devices; the last of each index
                                      * is of any, 0 is no row */
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
                const struct vn_policy *policy, enum world_crowds crowds);
void world_free(struct world *world);

/*
 * c(k) of a model (0, 1) on a type (0: a, 1: b, 2: c), read from the rows by
 * hand: linear from 1 at one device, and beyond the last as there.
 */
double world_contention(const struct world *world, int model, int type, int k);

/*
 * Seconds of a step where one type works, works[t] devices of the cluster's
 * types: c(n) (ceil(V / n) t(B / V) + update), as the tables have it. INFINITY
 * of several types, and of what the tables do not know.
 */
double world_step_s(const struct world *world, const struct vn_job *job,
                    int model, const int *works);

extern const struct vn_policy world_policy_elastic;
extern const struct vn_policy world_policy_rigid;

#endif /* T_SIM_WORLD_H */
