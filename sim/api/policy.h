/*
 * Scheduling policies.
 *
 * A policy answers one question: from now on, how many devices of which type
 * does each job hold?  It is told of every job that arrives and leaves, and
 * is asked once for each instant at which something happened; its answer
 * names only what changes.  The engine checks the answer, applies it, and
 * charges what it costs, so that starting, resizing and preempting are not a
 * policy's business, and a policy is tested as a table of questions.
 *
 * A job is known by a small number, its slot, from its arrival until it
 * leaves; slots are used again.  What a policy keeps between questions (an
 * index of what waits, usually: see sim/policy/queue/waiting.h) belongs to its
 * own state, since a decision should cost what changes and not what waits.
 *
 * To add a policy, write sim/policy/FAMILY/NAME.c, name it in vn_policies
 * (policies.c) and in sim/local.mk, and describe it in t/sim/policy.c.
 */
#ifndef SIM_API_POLICY_H
#define SIM_API_POLICY_H

#include "base/error.h"
#include "plan/job.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a policy sees: the engine, read through the functions below. */
struct vn_view;

struct ed_domain;

/* What it decides, written through vn_answer_set() and _wake(). */
struct vn_answer;

enum vn_policy_option_kind {
    VN_OPTION_REAL,   /* a number in [min, max] */
    VN_OPTION_TIME,   /* a time in [min, max] seconds, given in microseconds */
    VN_OPTION_CHOICE, /* an index into choices */
    VN_OPTION_TEXT,   /* any text: vn_policy_text() */
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
    const char *name;                       /* as given to --policy */
    const char *summary;                    /* one line for --help */
    const struct vn_policy_option *options; /* ended by a NULL name, or NULL */
    bool rigid; /* gives a job all the devices it asks for, or none */
    bool late; /* sees a job leave when its devices are released, not before */
    bool leases; /* a job saves its state before it may lose its devices */

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

    /*
     * Make the domain that the engine's books shall lie in, and the policy
     * outside of; NULL but for plug-ins (sim/outside/plugin.h).
     */
    enum vn_status (*enclose)(const struct vn_policy *policy,
                              struct ed_domain **domain, struct vn_error *err);

    /* Say what changes.  Called once an instant, after the calls above. */
    void (*decide)(void *state, const struct vn_view *view,
                   struct vn_answer *answer);
};

/* All policies, ended by NULL; the first is the default. */
extern const struct vn_policy *const vn_policies[];

/* The policy of that name; fails with VN_EUSAGE and the nearest name. */
enum vn_status vn_policy_find(const char *name,
                              const struct vn_policy **policy,
                              struct vn_error *err);

enum {
    VN_POLICY_OPTIONS_MAX = 32
};

/*
 * Set values[i] to options[i]'s value from words of the form "name=value",
 * the default where none names it; at most VN_POLICY_OPTIONS_MAX.
 */
enum vn_status vn_policy_configure(const struct vn_policy *policy,
                                   const char *const *words, int nwords,
                                   double *values, struct vn_error *err);

/*
 * The text that the value of a VN_OPTION_TEXT stands for: what the words gave,
 * or the fallback; borrowed from them.
 */
const char *vn_policy_text(double value);

/* The present instant. */
vn_time vn_view_now(const struct vn_view *view);

/*
 * Device types, numbered from 0 in the cluster's order, and their devices:
 * those that work now, which is all of them where nothing fails.
 */
int vn_view_types(const struct vn_view *view);
int vn_view_devices(const struct vn_view *view, int type);

/* The name of a type, as the cluster has it. */
const char *vn_view_type_name(const struct vn_view *view, int type);

/*
 * Are jobs still to arrive?  For the forms of built-in policies that follow a
 * published simulator, which knows its trace.
 */
bool vn_view_arriving(const struct vn_view *view);

/* Devices of the type that are granted to nobody. */
int vn_view_free(const struct vn_view *view, int type);

/* The job as the trace has it; borrowed, until it leaves. */
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

/* The same in nanoseconds, on devices of one type; INT64_MAX where it cannot
 * run so. */
int64_t vn_view_step_ns(const struct vn_view *view, int job, int type,
                        int devices);

/*
 * The same of a modelled job where each of these types takes a part of the
 * batch; vn_view_step_s() may leave one out that would only slow it down.
 */
double vn_view_mix_s(const struct vn_view *view, int job, const int *devices);

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

/*
 * The job ends at this time, now or later, on the policy's own account of its
 * progress; VN_TIME_MAX is not yet.  For the forms of built-in policies that
 * follow the accounting of a published simulator; it need hold no devices.
 */
void vn_answer_end(struct vn_answer *answer, int job, vn_time time);

/* Ask again at this time, if nothing happens before; later than now. */
void vn_answer_wake(struct vn_answer *answer, vn_time time);

#endif /* SIM_API_POLICY_H */
