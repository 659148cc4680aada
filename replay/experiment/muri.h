/*
 * Queues of training jobs as Muri's simulator runs them (SIGCOMM 2022), event
 * by event: see muri_run.c and muri_antman.c.
 */
#ifndef REPLAY_EXPERIMENT_MURI_H
#define REPLAY_EXPERIMENT_MURI_H

#include <stdbool.h>
#include <stdint.h>

enum {
    VN_MURI_STAGES = 3 /* of an iteration: storage and CPU, device, network */
};

enum vn_muri_status {
    VN_MURI_ABSENT,
    VN_MURI_PENDING,
    VN_MURI_RUNNING,
    VN_MURI_ENDED
};

/* A job; times in seconds. */
struct vn_muri_job {
    int64_t id;
    int row; /* of the workload */
    int devices;
    double submit;
    double iterations;
    double iteration; /* seconds, alone */
    double stages[VN_MURI_STAGES];
    double overhead; /* seconds of progress lost at every event */
    int priority;    /* 0: guaranteed, else opportunistic */

    enum vn_muri_status status;
    double start; /* first; NAN: not yet */
    double finish;
    double pending;
    double executed;
    double last; /* when it was looked at last */
    double left; /* iterations */
    double pace; /* seconds of an iteration, as it runs */
    double end;  /* as it looks now, where it runs */
    double key;

    int queue; /* of dlas-gpu */

    int *where; /* of antman: devices that it has or keeps for itself */
    int nwhere;
};

struct vn_muri;

struct vn_muri_policy {
    const char *name;
    double (*key)(const struct vn_muri_job *job); /* of shortest first */

    /* Say by status what runs from now on; runnable is to be kept in order. */
    void (*decide)(struct vn_muri *m);

    /* A job has ended.  May be NULL. */
    void (*leave)(struct vn_muri *m, struct vn_muri_job *job);

    /* The next moment to decide beside arrivals and ends.  May be NULL. */
    double (*jump)(const struct vn_muri *m);

    bool together; /* ends that are close count as one */
};

/* A run: what is given, and its state. */
struct vn_muri {
    const struct vn_muri_policy *policy;
    struct vn_muri_job *jobs; /* in order of submission */
    int njobs;
    int nodes;
    int each; /* devices of a node */

    /* private */
    struct vn_muri_job **runnable; /* what is there, in the policy's order */
    int nrunnable;
    struct vn_muri_job **queues; /* of dlas-gpu, one behind the other */
    int next;                    /* job to arrive */
    double now;
    int *free;       /* devices of each node */
    double *load;    /* of antman: of each device */
    int *guaranteed; /* of antman: the job that has it, by index; -1: none */
};

/* All of them, ended by NULL. */
extern const struct vn_muri_policy *const vn_muri_policies[];

/* Run it until all jobs, each no wider than the cluster, have ended. */
void vn_muri_run(struct vn_muri *m);

/* Stable, by key, then by order in the list. */
void vn_muri_sort(struct vn_muri *m);

#endif /* REPLAY_EXPERIMENT_MURI_H */
