/*
 * A training job, as traces describe it and as both the simulator and the
 * executor understand it.
 *
 * A *recorded* job is known by how long it ran on how many devices.  A
 * *modelled* job is known by what it trains: a model, a global batch split
 * over virtual nodes, and a number of steps; how long that takes is the
 * profile's business (plan/profile/profile.h).
 */
#ifndef PLAN_JOB_H
#define PLAN_JOB_H

#include <stdbool.h>
#include <stdint.h>

/* Simulated time, as in base/number.h: this header stands alone, since it is
 * installed for policies of strangers (virtualflow/policy.h). */
typedef int64_t vn_time;

enum {
    VN_DEVICES_MAX = 10000000, /* of a job and of a cluster */
    VN_VNODES_MAX = 1 << 20    /* of a job */
};

/* How the log says that a job ended. */
enum vn_job_outcome {
    VN_OUTCOME_UNKNOWN,
    VN_OUTCOME_COMPLETED,
    VN_OUTCOME_FAILED,
    VN_OUTCOME_KILLED, /* by its user, or at a limit */
    VN_OUTCOMES
};

struct vn_job {
    int64_t id; /* unique in its trace, at least 0 */
    vn_time submit;

    vn_time duration; /* recorded: on `devices` devices, > 0; else 0 */
    int devices;      /* recorded: used; modelled: most it can use; > 0 */

    int model;            /* number of its name, -1 in a recorded job */
    int vnodes;           /* modelled: virtual nodes, > 0 */
    int64_t global_batch; /* modelled: examples a step, > 0 */
    int64_t steps;        /* modelled: steps to train, > 0 */

    int min_devices;  /* 1 .. devices; fewer are no use to it */
    int max_devices;  /* devices ..; a recorded job may grow to it */
    double weight;    /* share of the cluster it is owed, > 0 */
    double priority;  /* higher goes first */
    vn_time deadline; /* time at which it should have ended, -1 if none */
    int user;         /* numbers of names, -1 if none */
    int vc;
    int device_type; /* number of the name of the only type it runs on */

    /* What it asks of a host whose devices are shared (sim/place/hosts.h). */
    int device_milli;   /* thousandths of its one device; 0 or 1000: all */
    int64_t cpu_milli;  /* thousandths of a CPU, at least 0 */
    int64_t memory_mib; /* at least 0 */

    vn_time predicted; /* duration that was predicted, > 0; -1 if none */
    enum vn_job_outcome outcome;
    int name; /* number of its own name, -1 if none */
};

/* Is this a job with a model, rather than a recorded one? */
bool vn_job_is_modelled(const struct vn_job *job);

/* "unknown", "completed", "failed", "killed", of any number below
 * VN_OUTCOMES. */
const char *vn_job_outcome_name(enum vn_job_outcome outcome);

#endif /* PLAN_JOB_H */
