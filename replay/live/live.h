/*
 * Live replay: the simulator's own engine, its policies and its books, with
 * executors instead of simulated time (sim/engine/carrier.h).
 *
 * Each job is a vnexec of its own.  The devices of a type are the host's
 * processors, one after another, so that no two jobs have the same one as
 * long as there are processors; with more devices they share them.
 */
#ifndef REPLAY_LIVE_LIVE_H
#define REPLAY_LIVE_LIVE_H

#include "base/store/store.h"
#include "replay/live/executor.h"
#include "replay/sweep/workload.h"
#include "sim/engine/engine.h"
#include "sim/observe/recorder.h"

/* A step that a job did. */
struct vn_live_step {
    int64_t step; /* from 0 */
    vn_time end;
    int devices;
    int change; /* of the job's: that which put it on its devices */
    int busy;   /* devices that any job had then */
    double step_s, load_s, compute_s, sync_s, update_s, loss;
    int probes, nprobes; /* of its processors: the first of the run's, and
                          * how many */
};

/* A processor's probe in a step. */
struct vn_live_probe {
    vn_time time;             /* of its step's begin, when it was taken */
    const struct vn_job *job; /* whose step it was */
    int device; /* of all that the cluster has; -1 where unknown */
    int busy;   /* devices that any job had then */
    double s;
};

/* A change that came about: how long it took. */
struct vn_live_change {
    enum vn_cost_kind kind;
    vn_time from, to;
    int64_t step; /* from which it counts */
    int devices;  /* after it, of all types and of each */
    int of_type[VN_TYPES_MAX];
    int *device; /* those that train, of all that the cluster has */
    int ndevices;
};

struct vn_live_job {
    const struct vn_job *job;
    vn_time start, finish;
    int deaths;      /* of its executors */
    char digest[20]; /* of its parameters, "" where it did not end */
    struct vn_live_step *steps;
    int nsteps, steps_room;
    struct vn_live_change *changes;
    int nchanges;
};

/* What the policy granted. */
struct vn_live_grant {
    vn_time time;
    int64_t job;
    int type, devices;
    int64_t left; /* steps that the job had still to do */
};

struct vn_live_config {
    const struct vn_workload *workload;
    const struct vn_executor_setup *setup;
    struct vn_engine_config engine; /* all but source and carrier */
    bool quiet;
};

/* A live run; everything is in microseconds since its begin. */
struct vn_live {
    struct vn_live_job *jobs; /* in the workload's order */
    int njobs;
    struct vn_live_grant *grants;
    int ngrants;
    struct vn_live_probe *probes;
    int nprobes, probes_room;
    bool interrupted;
    vn_time end;
};

/*
 * Run to the end, or until SIGINT or SIGTERM comes.  finish, which may be
 * NULL, is called with the engine before it is freed.  Every executor is
 * gone when this returns.
 */
enum vn_status vn_live_run(
    const struct vn_live_config *config, struct vn_live *live,
    enum vn_status (*finish)(void *arg, struct vn_engine *engine,
                             struct vn_live *live, struct vn_error *err),
    void *arg, struct vn_error *err);

void vn_live_free(struct vn_live *live);

/*
 * The run and what its recorder saw, and the steps of all jobs, into the
 * results file.  Sets run->wall_us.
 */
enum vn_status vn_live_keep(struct vn_live *live, struct vn_engine *engine,
                            struct vn_recorder *recorder,
                            struct vn_store_run *run, const char *results,
                            struct vn_error *err);

#endif /* REPLAY_LIVE_LIVE_H */
