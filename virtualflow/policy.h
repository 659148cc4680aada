/*
 * A scheduling policy of your own, as a shared object.
 *
 *     cc -O2 -shared -fPIC -o mine.so mine.c
 *     vnsim --trace trace.csv --cluster v100:16x8 --policy ./mine.so
 *
 * (vnsim new-policy mine writes a first mine.c and its Makefile.)
 *
 * From now on, how many devices of which type does each job hold?  A policy
 * is told of every job that arrives and leaves, and is asked once for each
 * instant at which something happened; its answer names only what changes.
 * What it gives is checked and applied by the engine.  A job is known by a
 * small number, its slot, from its arrival until it leaves; slots are used
 * again.
 *
 * A policy runs confined: besides the functions here it may call malloc() and
 * its kin, qsort(), memcpy() and its kin, and the functions of <math.h>; see
 * enclavedom(7).  It has no files, threads or clock, and a limit of time,
 * memory and stack.  Times are in microseconds.
 */
#ifndef VIRTUALFLOW_POLICY_H
#define VIRTUALFLOW_POLICY_H

#include "base/error.h"
#include "plan/job.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VN_POLICY_ABI 3 /* changes where a policy must be compiled again */

/* What a policy sees and what it answers: only handles, for the functions
 * below. */
struct vn_view;
struct vn_answer;

struct ed_domain;

enum vn_policy_option_kind {
    VN_OPTION_REAL,   /* a number in [min, max] */
    VN_OPTION_TIME,   /* a time in [min, max] seconds, given in microseconds */
    VN_OPTION_CHOICE, /* an index into choices */
    VN_OPTION_TEXT,   /* any text; of built-in policies alone */
};

/* A row of a policy's options, set by --option NAME=VALUE. */
struct vn_policy_option {
    const char *name;
    const char *help;     /* with the unit */
    const char *fallback; /* the default, as one would write it */
    enum vn_policy_option_kind kind;
    double min;
    double max;
    const char *const *choices; /* ended by NULL */
};

struct vn_policy {
    const char *name;    /* as given to --policy, and in results */
    const char *summary; /* one line for --help */

    /*
     * What it goes by of jobs, beyond what they ask for: "nothing", "time
     * had", "durations", "step times", ... as the trace and the profile have
     * it, which a cluster's scheduler would have to be told or to guess; NULL
     * where nobody says.
     */
    const char *knows;
    const struct vn_policy_option *options; /* ended by a NULL name, or NULL */
    bool rigid; /* gives a job all the devices it asks for, or none */
    bool late; /* sees a job leave when its devices are released, not before */
    bool leases; /* a job saves its state before it may lose its devices */
    bool whole;  /* as rigid, but of recorded jobs alone */

    size_t state_size; /* of its state, zeroed before open() */

    /*
     * values[i] belongs to options[i].  view holds no jobs yet.  May be NULL;
     * so may close, arrive and leave.
     */
    enum vn_status (*open)(void *state, const struct vn_view *view,
                           const double *values, struct vn_error *err);
    void (*close)(void *state);

    /* A job is now there, and waits; in order of submission, then of id. */
    void (*arrive)(void *state, const struct vn_view *view, int job);

    /* A job has ended; its devices are free.  It is still to be seen. */
    void (*leave)(void *state, const struct vn_view *view, int job);

    /* NULL: where the engine's books lie is not a plug-in's to say. */
    enum vn_status (*enclose)(const struct vn_policy *policy,
                              struct ed_domain **domain, struct vn_error *err);

    /* Say what changes.  Called once an instant, after the calls above. */
    void (*decide)(void *state, const struct vn_view *view,
                   struct vn_answer *answer);
};

/* What a shared object exports: VN_POLICY_EXPORT(my_policy); at its end. */
struct vn_plugin {
    uint32_t abi;
    uint32_t size; /* of struct vn_policy */
    const struct vn_policy *policy;
};

#define VN_POLICY_EXPORT(p)                                                  \
    __attribute__((                                                          \
        __visibility__("default"))) extern const struct vn_plugin vn_plugin; \
    const struct vn_plugin vn_plugin = {VN_POLICY_ABI,                       \
                                        sizeof(struct vn_policy), &(p)}

/* The present instant. */
vn_time vn_view_now(const struct vn_view *view);

/*
 * Device types, numbered from 0 in the cluster's order, and their devices:
 * those that work now, which is all of them where nothing fails.
 */
int vn_view_types(const struct vn_view *view);
int vn_view_devices(const struct vn_view *view, int type);

/* Devices of the type that are granted to nobody. */
int vn_view_free(const struct vn_view *view, int type);

/* The job as the trace has it; to be read until the next call that arrives. */
const struct vn_job *vn_view_job(const struct vn_view *view, int job);

/* The number of jobs that arrived before this one. */
int64_t vn_view_order(const struct vn_view *view, int job);

/* The only type it may run on, or -1 where it may run on any. */
int vn_view_type(const struct vn_view *view, int job);

/* May it run on this type? */
bool vn_view_runs(const struct vn_view *view, int job, int type);

/*
 * Seconds of a step of the job on devices[t] devices of each type; INFINITY
 * where it cannot run so.  A recorded job has one step, as long as it is.
 */
double vn_view_step_s(const struct vn_view *view, int job, const int *devices);

/*
 * The most devices of the type up to n that the job can run on: at least its
 * least, and of a modelled job a number of which its profile has a step; 0
 * where there is none.
 */
int vn_view_size(const struct vn_view *view, int job, int type, int n);

/*
 * The same of a modelled job where each of these types takes a part of the
 * batch; vn_view_step_s() may leave one out that would only slow it down.
 */
double vn_view_mix_s(const struct vn_view *view, int job, const int *devices);

/*
 * Goodput: examples a second of a modelled job on devices[t] devices of each
 * type, of those that teach as much as its application's at the initial batch
 * (Pollux, OSDI'21), over all of its training; where batches adapt, with the
 * best.  Of a model that is no application, whose batch is always worth the
 * same, plainly examples a second.  0 where it cannot run so, and of a
 * recorded job, of which no examples are known.
 */
double vn_view_goodput(const struct vn_view *view, int job,
                       const int *devices);

/* Nanoseconds of a step on devices of one type; INT64_MAX where it cannot run
 * so. */
int64_t vn_view_step_ns(const struct vn_view *view, int job, int type,
                        int devices);

/* Steps that it has still to do; 1 of a recorded job. */
int64_t vn_view_steps(const struct vn_view *view, int job);

/* Devices that it is granted: of one type, and of all. */
int vn_view_held(const struct vn_view *view, int job, int type);
int vn_view_held_all(const struct vn_view *view, int job);

/*
 * How long it would still run on all the devices that it asks for, a modelled
 * one on the type where it is fastest.
 */
vn_time vn_view_remaining(const struct vn_view *view, int job);

/* How long it has held devices, and the sum of device x time (microseconds).
 */
vn_time vn_view_executed(const struct vn_view *view, int job);
int64_t vn_view_attained(const struct vn_view *view, int job);

/* From now on the job holds this many devices of the type. */
void vn_answer_set(struct vn_answer *answer, int job, int type, int devices);

/* Ask again at this time, if nothing happens before; later than now. */
void vn_answer_wake(struct vn_answer *answer, vn_time time);

#ifdef __cplusplus
}
#endif

#endif /* VIRTUALFLOW_POLICY_H */
