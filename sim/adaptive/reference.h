/*
 * The reference form: jobs whose batch adapts, under the simulator in which
 * Pollux, Sia, and the forms of Tiresias and Optimus beside them were
 * published, followed to its last rounding.
 *
 * It goes by rounds.  In a round every job advances by the interval, then a
 * policy (vn_reference_policy) says which nodes each has from now on.  A job
 * is first seen at the first round's end that is not before its submission;
 * what a change of nodes costs is paid by waiting; and where a job ends an
 * epoch it goes on at a whole second, rounded half to even, so that it gains
 * or loses up to half a second with each.  sim/engine/ does none of this:
 * there a change takes effect when it is decided, and time is not rounded.  So
 * this form is for being held against published results, that one for the
 * rest.
 *
 * Nodes are lists of numbers of nodes of one type, one for each device; a
 * *run* is what stands together in the list on one node.  Time is seconds.
 *
 * To add a policy, write one struct vn_reference_policy in
 * sim/adaptive/NAME.c.
 */
#ifndef SIM_ADAPTIVE_REFERENCE_H
#define SIM_ADAPTIVE_REFERENCE_H

#include "base/error.h"
#include "plan/adaptive/application.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    VN_REFERENCE_TYPES = 8,
    VN_REFERENCE_NODES = 4096,  /* of a type */
    VN_REFERENCE_DEVICES = 1024 /* of a job, at most; and of a node */
};

/* Nodes of one type of device, all alike. */
struct vn_reference_type {
    const char *name; /* as the tables have it; borrowed */
    int nodes;
    int devices;    /* of a node */
    int most_nodes; /* that were profiled; 0: all */
    int tables;     /* its number in the applications' tables */
};

/* A list of nodes, one entry for each device. */
struct vn_reference_grant {
    int type; /* -1: none */
    int n;    /* 0: none */
    int *nodes;
};

/* What the workload says of a job. */
struct vn_reference_request {
    const char *name;
    const struct vn_application *application;
    double submit_s;
    int replicas;
    int64_t batch;
};

struct vn_reference_job {
    struct vn_reference_request wants;

    struct vn_reference_grant has;
    int *runs; /* [nruns]: its placement */
    int nruns;
    struct vn_cut cut; /* of its batch over what it has */
    bool interferes;   /* beside it another job spans nodes, too */

    double clock_s;
    double first_s;    /* when it first had nodes, NAN before */
    double finish_s;   /* NAN before */
    double rescale_s;  /* that it still waits after its last change */
    double attained_s; /* device-seconds */
    int restarts;      /* changes after the first start */
    bool started;
    int epoch;       /* that were ended */
    double progress; /* iterations */

    /* Of its last step: what a policy may have measured. */
    struct vn_gradient gradient; /* 0 before any */
    struct vn_step step;
    bool stepped; /* the step is that of what it has now */
};

struct vn_reference;

struct vn_reference_policy {
    const char *name;
    size_t state_size; /* zeroed before open */

    /* All may be NULL but decide. */
    enum vn_status (*open)(void *state, const struct vn_reference *rounds,
                           struct vn_error *err);
    void (*close)(void *state);

    /*
     * How the job's batch is cut over what it now has; where NULL, its own
     * batch by vn_application_cut().
     */
    enum vn_status (*cut)(void *state, const struct vn_reference *rounds,
                          int job, struct vn_cut *cut, struct vn_error *err);

    /* The job makes steps of job->step with job->gradient and job->cut. */
    enum vn_status (*measured)(void *state, const struct vn_reference *rounds,
                               int job, struct vn_error *err);

    /*
     * Change the grants of active jobs by vn_reference_grant() and _take(),
     * beginning with those that they have.  objective, NAN before, is for the
     * table of rounds.
     */
    enum vn_status (*decide)(void *state, struct vn_reference *rounds,
                             double *objective, struct vn_error *err);
};

/* Something to be told of; each may be NULL. */
struct vn_reference_observer {
    void *arg;

    /* What a job has, or how its batch is cut, is not what it was. */
    void (*changed)(void *arg, const struct vn_reference *rounds, int job);

    /* A round was decided; used[t]: devices of each type granted. */
    void (*decided)(void *arg, const struct vn_reference *rounds, int active,
                    const int *used, double objective);
};

struct vn_reference_config {
    struct vn_reference_type types[VN_REFERENCE_TYPES];
    int ntypes;
    const struct vn_reference_request *jobs; /* kept */
    int njobs;
    const struct vn_reference_policy *policy;
    struct vn_reference_observer observer;
    uint64_t seed; /* for policies that draw */

    double interval_s;
    double restart_s;    /* NAN: the application's on the type */
    double interference; /* share of speed lost beside another that spans
                            nodes */
    double limit_s;      /* fail where jobs are left at this time */

    /* As in Sia's simulator. */
    bool moves_are_free;    /* same type, same runs: no restart */
    bool unmeasured_stall;  /* a step that was not measured takes -1 s, where
                               otherwise the run fails */
    const double *slowdown; /* [jobs]: divides speed; NULL: none */
};

/* Run all jobs to their ends; the result is read through the functions below,
 * and freed whether it failed or not. */
enum vn_status vn_reference_run(const struct vn_reference_config *config,
                                struct vn_reference **rounds,
                                struct vn_error *err);

void vn_reference_free(struct vn_reference *rounds);

const struct vn_reference_config *
vn_reference_config(const struct vn_reference *rounds);

/* The end of the round in hand. */
double vn_reference_now(const struct vn_reference *rounds);

/* How many rounds were decided, this one among them. */
int64_t vn_reference_count(const struct vn_reference *rounds);

const struct vn_reference_job *
vn_reference_job(const struct vn_reference *rounds, int job);

/* The jobs that are submitted and not done, in the workload's order. */
const int *vn_reference_active(const struct vn_reference *rounds, int *n);

/* Devices of a node that no grant of the round in hand takes. */
int vn_reference_free_on(const struct vn_reference *rounds, int type,
                         int node);

/* What the job will have. */
const struct vn_reference_grant *
vn_reference_next(const struct vn_reference *rounds, int job);

/* It will have nothing. */
void vn_reference_take(struct vn_reference *rounds, int job);

/* It will have these, which must be free; nodes are copied. */
void vn_reference_give(struct vn_reference *rounds, int job, int type,
                       const int *nodes, int n);

/*
 * It will have n devices of the type, from the node with the most that are
 * free (the first of them), then the next, each as far as it goes.  They must
 * be free.
 */
void vn_reference_pack(struct vn_reference *rounds, int job, int type, int n);

/* Does its batch adapt?  All do but ncf, as those simulators have it. */
bool vn_reference_adapts(const struct vn_application *application);

/*
 * The most devices that can work on a batch, each still on the least that it
 * takes; tables: the type's number in the application's.  Of what does not
 * adapt it is one.
 */
int64_t vn_reference_widest(const struct vn_application *application,
                            int tables, int64_t batch);

/* Runs of a list of nodes: [runs] of each, whose number is returned. */
int vn_reference_runs(const int *nodes, int n, int *runs);

#endif /* SIM_ADAPTIVE_REFERENCE_H */
