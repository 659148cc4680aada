/*
 * The parts of VirtualFlow's elasticity experiments (elastic.c): a
 * run as it was logged (elastic_measured.c), as it is simulated
 * (elastic_simulated.c), and both side by side (elastic_report.c).
 */
#ifndef REPLAY_EXPERIMENT_ELASTIC_H
#define REPLAY_EXPERIMENT_ELASTIC_H

#include "plan/cost.h"
#include "plan/profile/profile.h"
#include "replay/experiment/experiment.h"
#include "replay/sweep/workload.h"

enum {
    VN_ELASTIC_JOBS = 32,
    VN_ELASTIC_STEPS = 512 /* allocations, decisions of a run */
};

struct vn_elastic_run {
    const char *name;
    const char *cluster;
    const char *links; /* of its speed regime */
    const char *costs;
    bool in_sample;  /* the model was fitted on it */
    const char *own; /* where it was not measured: its step times, or NULL */
};

/* A job's devices changed, as the scheduler decided. */
struct vn_elastic_decision {
    vn_time time;
    int64_t job;
    int from;
    int to;
    bool done; /* it took effect */
};

/* What became of a run, measured or simulated. */
struct vn_elastic_outcome {
    int njobs;
    vn_time submit[VN_ELASTIC_JOBS]; /* by job id */
    vn_time start[VN_ELASTIC_JOBS];
    vn_time finish[VN_ELASTIC_JOBS];
    double utilisation;
    struct vn_elastic_decision decisions[VN_ELASTIC_STEPS];
    int ndecisions;
};

/* A row of the measured allocations. */
struct vn_elastic_step {
    int64_t job;
    int devices; /* 0: it finished */
    vn_time decided;
    vn_time assigned;
    vn_time effective; /* -1: not logged */
    vn_time released;  /* -1: nothing was */
};

struct vn_elastic_measured {
    struct vn_elastic_outcome outcome;
    struct vn_elastic_step steps[VN_ELASTIC_STEPS];
    int nsteps;
};

/* Everything of one experiment. */
struct vn_elastic_lab {
    const char *folder;
    struct vn_paths *paths;
    struct vn_findings *findings;
    struct vn_cluster cluster;
    struct vn_trace_data trace;
    struct vn_workload workload;
    struct vn_profile profile; /* fitted */
    struct vn_costs *costs;
};

enum vn_elastic_quantity {
    VN_ELASTIC_MAKESPAN,
    VN_ELASTIC_MEAN_JCT,
    VN_ELASTIC_MEDIAN_JCT,
    VN_ELASTIC_TOP_JCT,
    VN_ELASTIC_MEAN_QUEUE,
    VN_ELASTIC_MEDIAN_QUEUE,
    VN_ELASTIC_UTILISATION,
    VN_ELASTIC_QUANTITIES
};

/* What one policy did in one run, each way. */
struct vn_elastic_results {
    bool measured;
    struct vn_elastic_outcome m;
    struct vn_elastic_outcome own;
    struct vn_elastic_outcome fitted;
    double q[3][VN_ELASTIC_QUANTITIES]; /* measured, own, fitted */
};

/* A reduction that the paper reports, and how it is shown. */
struct vn_elastic_claim {
    enum vn_elastic_quantity quantity;
    double published; /* per cent, or of utilisation the value under wfs */
};

/* Decisions by time; at one time by job. */
void vn_elastic_sort(struct vn_elastic_outcome *outcome);

/* What the tables say of one run under a policy.  m is zero before. */
enum vn_status vn_elastic_read(struct vn_elastic_lab *lab,
                               const struct vn_elastic_run *run,
                               const char *policy,
                               struct vn_elastic_measured *m,
                               struct vn_error *err);

/*
 * A run's own step times and overheads: adds to a profile in which every job
 * is a model of its own, as slow as it was, called job-ID, and says in costs
 * what each change of it took.
 */
enum vn_status vn_elastic_own(struct vn_elastic_lab *lab,
                              const struct vn_elastic_measured *m,
                              struct vn_profile *own, struct vn_costs *costs,
                              struct vn_error *err);

/* The lab's jobs under a policy.  own: each is the model job-ID. */
enum vn_status vn_elastic_simulate(struct vn_elastic_lab *lab,
                                   const char *policy,
                                   const struct vn_profile *profile,
                                   const struct vn_costs *costs, bool own,
                                   struct vn_elastic_outcome *outcome,
                                   struct vn_error *err);

/* Set q[VN_ELASTIC_QUANTITIES]. */
void vn_elastic_summarise(const struct vn_elastic_lab *lab,
                          const struct vn_elastic_outcome *outcome, double *q);

/* Tables of findings: a run as a whole, and job by job. */
void vn_elastic_show_run(struct vn_elastic_lab *lab,
                         const struct vn_elastic_run *run, const char *policy,
                         const struct vn_elastic_results *r);
void vn_elastic_show_jobs(struct vn_elastic_lab *lab,
                          const struct vn_elastic_run *run, const char *policy,
                          const struct vn_elastic_results *r);

/*
 * wfs against priority, per cent; of utilisation the difference, in points.
 * Claims, which may be none, end with one that published 0.
 */
void vn_elastic_show_gains(struct vn_elastic_lab *lab,
                           const struct vn_elastic_run *run,
                           const struct vn_elastic_results *wfs,
                           const struct vn_elastic_results *priority,
                           const struct vn_elastic_claim *claims);

#endif /* REPLAY_EXPERIMENT_ELASTIC_H */
