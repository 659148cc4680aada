/*
 * The engine: one trace, one cluster, one policy, and simulated time.
 *
 * At each instant at which something happens the engine (1) frees what ends,
 * (2) admits what arrives, (3) asks the policy once, checks its answer and
 * applies it.  The policy is asked where a job arrived, devices came free
 * (where a release takes time, at its end), something failed, or a time that
 * it named has come.  Ties are broken by submission, then by job id.  All
 * state is in the engine; two of them do not notice each other.
 *
 * A recorded job carries duration x devices of work and, under linear scaling,
 * does as much of it in a unit of time as it has devices, so on the devices
 * it asks for it takes its duration.  A modelled job has steps to do, each of
 * which takes what plan/pricing.h says of its devices.  A job that can never
 * run is rejected when it arrives (sim/engine/admission.h).  A run ends where
 * nothing can happen any more: no job holds devices, none is to come, all
 * devices work, and the policy, asked VN_ENGINE_PATIENCE times, gives nothing.
 * What a policy grants is carried out at a cost (sim/engine/transition.h).
 */
#ifndef SIM_ENGINE_ENGINE_H
#define SIM_ENGINE_ENGINE_H

#include "plan/cluster.h"
#include "plan/cost.h"
#include "plan/pricing.h"
#include "sim/api/forecast.h"
#include "sim/api/policy.h"
#include "sim/engine/carrier.h"
#include "sim/engine/fairness.h"
#include "sim/engine/faults.h"
#include "sim/engine/fleet.h"

#include <stdbool.h>

/* Where jobs come from, in order of (submit, id). */
struct vn_source {
    enum vn_status (*next)(void *arg, struct vn_job *job, bool *more,
                           struct vn_error *err);
    void *arg;

    /* The name that a job's device_type stands for; NULL if it has none. */
    const char *(*device_type)(void *arg, int number);

    /* The name that a job's model stands for; NULL where none is modelled. */
    const char *(*model)(void *arg, int number);

    /* Those of its user and its virtual cluster; each may be NULL. */
    const char *(*user)(void *arg, int number);
    const char *(*vc)(void *arg, int number);
    /* A job's own name; NULL where none has one. */
    const char *(*name)(void *arg, int number);
};

enum vn_job_state {
    VN_JOB_FINISHED,
    VN_JOB_REJECTED, /* it can never run on this cluster */
    VN_JOB_LEFT,     /* still waiting or running when the run ended */
    VN_JOB_DECLINED, /* its policy did not admit it */
    VN_JOB_STATES
};

/* "finished", "rejected", "left", "declined". */
const char *vn_job_state_name(enum vn_job_state state);

/* Why a job was rejected. */
enum vn_refusal {
    VN_REFUSED_SIZE, /* no type that it may use has so many devices */
    VN_REFUSED_TYPE, /* the cluster has not the type that it asks for */
    VN_REFUSED_STEP, /* its profile has no step on what it could be given */
    VN_REFUSALS
};

/* "too large", "no such device type", "no step time". */
const char *vn_refusal_name(enum vn_refusal refusal);

enum {
    VN_ENGINE_PATIENCE = 1000,
    VN_LACKING_MAX = 8
};

/* What became of a job.  Times are -1 where there is none. */
struct vn_record {
    int64_t id;
    vn_time submit;
    vn_time start;     /* it first held devices */
    vn_time finish;    /* it was done */
    vn_time deadline;  /* it should have been */
    vn_time preempted; /* time without devices since it first held some */
    double rho;        /* finish-time fairness; NAN where it is not known */
    vn_time whole;     /* on the devices it asks for; -1 if rejected */
    int preemptions;
    int failures; /* of its devices */
    int resizes;
    int64_t device_us;   /* device-microseconds that it had */
    int64_t overhead_us; /* of them, not at work: starting, changing */
    int64_t lost_us;     /* of them, at work that was lost */
    enum vn_job_state state;
    enum vn_refusal refusal; /* where it was rejected */
    const char *type; /* that the cluster has not, borrowed from the source */

    /* As in the trace; names are NULL where it says none, and borrowed. */
    vn_time duration; /* 0: modelled */
    int devices;
    double weight;
    const char *model;
    const char *user;
    const char *vc;
    const char *wants; /* the only type of device that it may have */
    enum vn_job_outcome outcome;
};

/* Why it was rejected, as in "no such device type: h100", into size bytes;
 * "" where it was not. */
const char *vn_record_why(const struct vn_record *record, char *text,
                          size_t size);

/* A job's devices of one type change, from `before` to `after`, at `time`. */
struct vn_change {
    vn_time time;
    int64_t id;
    int type;
    int before;
    int after;
};

/* A job trains on these devices from now on. */
struct vn_mapped {
    vn_time time;
    int64_t id;
    int slot;
    int model;        /* the profile's number, -1 of a recorded job */
    int64_t step;     /* of a modelled job: steps done */
    const int *works; /* devices, by type */
    const struct vn_job *job;
    const struct vn_fleet *fleet; /* which they are, or NULL */
};

/* Told of what happens; each may be NULL. */
struct vn_observer {
    void *arg;
    void (*ended)(void *arg, const struct vn_record *record);
    void (*changed)(void *arg, const struct vn_change *change);

    /* The same of what the policy granted, when it did. */
    void (*granted)(void *arg, const struct vn_change *change);

    void (*mapped)(void *arg, const struct vn_mapped *mapped);

    /* Once an instant, after the policy: devices held, jobs that wait. */
    void (*instant)(void *arg, vn_time now, int held, int waiting);
};

struct vn_engine_config {
    const struct vn_cluster *cluster; /* kept */
    struct vn_source source;
    const struct vn_policy *policy; /* kept */
    const double *options;          /* of the policy: vn_policy_configure() */
    vn_time until;                  /* stop before this time; 0 for never */
    uint64_t seed;                  /* of costs and faults */

    /* Each may be NULL, or 0; all are kept. */
    const struct vn_profile *profile; /* that pricing prices by */
    struct vn_pricing *pricing;       /* needed by modelled jobs */
    const struct vn_costs *costs;
    const struct vn_fault_config *faults;
    enum vn_placement placement;
    bool numbered;  /* devices are told apart, for observers */
    double present; /* of sim/engine/fairness.h; 0: rho is not asked for */
    enum vn_rho_form rho; /* another than that one */
    struct vn_predict predict;
    bool free_preemption; /* a preempted job loses and pays nothing */
    unsigned outcomes; /* a bit for each vn_job_outcome; other jobs are passed
                        * over; 0: none */
    const struct vn_carrier *carrier; /* NULL: time and costs are simulated */
    struct vn_observer observer;
};

/* The value at p50, p90, p99 and the mean, in microseconds; NAN of nothing. */
struct vn_spread {
    double mean;
    double p50;
    double p90;
    double p99;
};

/*
 * Deadlines.  Of the jobs that have one, all that arrived; those admitted,
 * which were neither declined nor rejected; those that finished by it; and
 * how late those were that finished after it.  A job that is left met none.
 */
struct vn_deadlines {
    int64_t jobs;
    int64_t admitted;
    int64_t met;
    int64_t late;
    double late_mean_us; /* of those late; NAN without any */
    double late_max_us;
};

/*
 * Jain's index of fairness (Jain, Chiu and Hawe, DEC-TR-301, 1984): of shares
 * x of n parties, (sum x)^2 / (n sum x^2), from 1 / n to 1.  A party's x is
 * how long its jobs that finished would take on the devices that they ask for,
 * over how long they took from their submission.  NAN with fewer than two.
 */
struct vn_jain {
    double users;
    double vcs;
};

/* Finish-time fairness (sim/engine/fairness.h) of the jobs that finished; NAN
 * where it was not asked for. */
struct vn_fairness {
    double present; /* jobs, under equal shares; 0 where it was not asked */
    double mean;
    double worst;
    double above; /* share of jobs whose rho is above 1 */
};

/*
 * A run in numbers.  jct is finish - submit, queueing is start - submit, both
 * of the jobs that finished.  makespan is from the first submission to the
 * last finish, -1 where none finished or some are left; utilisation is
 * device-time held over the cluster's in that time or, where jobs are left, up
 * to the end of the run; NAN where no time passed.
 */
struct vn_summary {
    int64_t jobs; /* that arrived */
    int64_t finished;
    int64_t rejected;
    int64_t refused[VN_REFUSALS];        /* of them, by reason */
    const char *lacking[VN_LACKING_MAX]; /* types that the cluster has not */
    int64_t left;
    bool stuck; /* jobs are left, and nothing could happen any more */
    bool alike; /* all are recorded jobs, which go as fast on each type and
                 * wherever they stand, though there is a choice of these */
    int64_t declined;
    struct vn_deadlines deadlines;
    struct vn_fairness rho;
    struct vn_jain jain;
    struct vn_spread jct;
    struct vn_spread queueing;
    double preempted_us; /* mean time without devices after the first start */
    vn_time makespan;
    double utilisation;
    int64_t device_us;   /* had, over all jobs, or being released */
    int64_t overhead_us; /* of it, not at work */
    int64_t lost_us;     /* of it, at work that was lost */
    int64_t preemptions;
    int64_t failures;
    int64_t resizes;
    int64_t events; /* arrivals, ends, changes, faults and wake-ups */
};

struct vn_engine;

/* Make an engine at time 0.  Fails where the policy does not open. */
enum vn_status vn_engine_alloc(const struct vn_engine_config *config,
                               struct vn_engine **engine,
                               struct vn_error *err);

void vn_engine_free(struct vn_engine *engine);

/* A region of its policy's domain, or NULL where there is none. */
struct ed_region *vn_engine_region(const struct vn_engine *engine,
                                   enum vn_region region);

/* Go through the next instant; *more is false where there is none. */
enum vn_status vn_engine_step(struct vn_engine *engine, bool *more,
                              struct vn_error *err);

/* Step to the end, hand what is left to the observer, and check the books. */
enum vn_status vn_engine_run(struct vn_engine *engine, struct vn_error *err);

/* Let it be over at the present instant, as if it were `until`. */
void vn_engine_stop(struct vn_engine *engine);

/*
 * After either failed, hand what is there to the observer as left: what was
 * finished before can then be recorded.
 */
void vn_engine_leave(struct vn_engine *engine);

/* The present instant, and the jobs that are there. */
vn_time vn_engine_now(const struct vn_engine *engine);
int vn_engine_present(const struct vn_engine *engine);

/* What happened so far. */
enum vn_status vn_engine_summary(struct vn_engine *engine,
                                 struct vn_summary *summary,
                                 struct vn_error *err);

#endif /* SIM_ENGINE_ENGINE_H */
