/*
 * A sweep: every combination of workloads, clusters and policies, each a run
 * with a name of its own in one results file.
 *
 * Runs that are in the file are passed over, so a sweep that was interrupted
 * at any point is continued by starting it again.  Each run is a process of
 * its own: one that crashes is a failed run, not a failed sweep.
 */
#ifndef REPLAY_SWEEP_SWEEP_H
#define REPLAY_SWEEP_SWEEP_H

#include "plan/cluster.h"
#include "replay/sweep/workload.h"
#include "sim/assumptions.h"
#include "sim/observe/recorder.h"
#include "sim/outside/plugin.h"
#include "sim/policy/policies.h"

/* A policy with its options. */
struct vn_contender {
    const struct vn_policy *policy;
    double values[VN_POLICY_OPTIONS_MAX];
    char *options;              /* those that were given, "a=1 b=2", or NULL */
    char files[VN_DIGEST_TEXT]; /* of the files that they name, or "" */
    char *words;                /* what values of text are borrowed from */
    const char *plugin; /* of a policy from outside: file or command, */
    char *limits;       /* and what it may use, if that was said */
};

struct vn_setting {
    const char *what; /* the cluster as it was named; borrowed */
    struct vn_cluster cluster;
    char hash[17];
    struct vn_predict predict; /* what is told of durations */
    const char *predicts;      /* in words; NULL: what the trace says */
};

struct vn_sweep {
    const char *results; /* path */
    struct vn_setting *settings;
    int nsettings;
    struct vn_contender *contenders;
    int ncontenders;
    enum vn_recording recording;
    bool rho;                  /* measure finish-time fairness */
    struct vn_measure measure; /* which jobs the means are of */
    bool stop_saturated;
    vn_time time_limit;          /* of a run, real time; 0: none */
    int64_t memory_limit;        /* of it in bytes; 0: none */
    const char *experiment;      /* text of the file that asked, or NULL */
    const char *experiment_hash; /* of that */
    vn_time until; /* stop each run before this time; 0 for never */
    struct vn_plugin_limits limits; /* of policies from outside */
    struct vn_assumptions assumptions;
    int workers;  /* runs at a time, at least 1 */
    int shard;    /* of shards, from 0 */
    int shards;   /* at least 1 */
    bool quiet;   /* nothing but errors */
    bool verbose; /* a line for each run */
};

/* Start from (struct vn_sweep) {0}; releases what the next two added. */
void vn_sweep_free(struct vn_sweep *sweep);

/* Add a cluster, a table's path or inline, with what is predicted on it (as of
 * --predict, or NULL); both are kept. */
enum vn_status vn_sweep_cluster(struct vn_sweep *sweep, const char *what,
                                const char *predict, struct vn_error *err);

/*
 * Once the assumptions are opened, by which Pollux and Sia have their names:
 * add a policy, "name" or "name:option=value:...", or "all" of them.  Of
 * `words`, "option=value", it takes those that it knows.
 */
enum vn_status vn_sweep_policy(struct vn_sweep *sweep, const char *what,
                               const char *const *words, int nwords,
                               struct vn_error *err);

/* What becomes of runs. */
struct vn_sweep_count {
    int total;
    int there; /* they were in the file already */
    int done;
    int failed;
};

/*
 * Replay a workload once, and write it to the results file; where it fails,
 * that it did, and why, and what was finished before a policy was stopped.
 */
enum vn_status vn_sweep_replay(const struct vn_sweep *sweep,
                               const struct vn_workload *workload,
                               const struct vn_setting *setting,
                               const struct vn_contender *contender,
                               struct vn_error *err);

/*
 * Set what describes a run, before it is run; its texts are borrowed from
 * the four.
 */
void vn_sweep_describe(const struct vn_sweep *sweep,
                       const struct vn_workload *workload,
                       const struct vn_setting *setting,
                       const struct vn_contender *contender,
                       struct vn_store_run *run);

/* Record that a run failed, and why; in another state than "failed" where
 * run->state says so. */
enum vn_status vn_sweep_failed(const struct vn_sweep *sweep,
                               const struct vn_store_run *run, const char *why,
                               struct vn_error *err);

#endif /* REPLAY_SWEEP_SWEEP_H */
