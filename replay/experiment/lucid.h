/*
 * Queues of whole jobs as the simulators of Helios and Lucid run them, second
 * by second: see lucid_run.c.
 */
#ifndef REPLAY_EXPERIMENT_LUCID_H
#define REPLAY_EXPERIMENT_LUCID_H

#include "sim/place/consolidate.h"

#include <stdbool.h>
#include <stdint.h>

/* A job; times are whole seconds. */
struct vn_lucid_job {
    int64_t id, submit, duration, predicted;
    int devices;
    int row;    /* of the workload */
    int *where; /* the devices that it has */

    int64_t start;  /* first; -1: not yet */
    int64_t since;  /* when it began to wait or to run */
    int64_t finish; /* -1: not yet */
    int64_t queued;
    int64_t left;     /* seconds; of those that count down */
    int64_t attained; /* device seconds, at `since` */
    double priority;  /* of qssf; NAN: none yet */
    int stops;
    bool running;
    bool quota;
};

struct vn_lucid_keyed;
struct vn_lucid_policy;

/* A run: what is given, and its state. */
struct vn_lucid {
    const struct vn_lucid_policy *policy;
    struct vn_lucid_job *jobs; /* in order of submission */
    int njobs;
    struct vn_consolidate *nodes;
    int devices;
    int each;  /* on a node */
    bool skip; /* fifo, sjf, qssf: pass over a job that has no place */

    /* private */
    struct vn_lucid_job **queue; /* what waits, in order */
    int nqueue;
    struct vn_lucid_job **running; /* in order of start */
    int nrunning;
    struct vn_lucid_keyed *keyed; /* to sort in */
    int next;                     /* job to arrive */
    int64_t now;
    bool changed; /* in this second */
};

/* Their names, ended by NULL, and the policy of a number among them. */
extern const char *const vn_lucid_policies[];
const struct vn_lucid_policy *vn_lucid_policy(int i);

/* Does it go by what was predicted of a job's duration? */
bool vn_lucid_predicts(const struct vn_lucid_policy *policy);

/* Run it until all jobs, each no wider than the cluster, have ended. */
void vn_lucid_run(struct vn_lucid *run);

#endif /* REPLAY_EXPERIMENT_LUCID_H */
