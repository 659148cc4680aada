/*
 * Pollux (Qiao et al., OSDI'21) in the engine.  In each round the cluster is
 * given to jobs as makes
 *
 *     fitness  1 / mean over jobs of 1 / (s + 0.001)
 *
 * greatest, where s is the speedup of a job, its speed on what it has against
 * its speed on its fair share, devices / jobs rounded up, times
 *
 *     max(age - changes x restart, 0) / (age + restart)
 *
 * where that is not what it has now; a first start changes nothing before it.
 *
 * Pollux searches for that (genetic.h), since what a job is worth hangs on
 * where its devices stand, and keeps the fittest state that it met.  Here the
 * speed of a job, as policies are told it, hangs on how many devices it has
 * and on their type alone; then a state is a number for each job, and the
 * fittest one is found outright (numbers.h), without chance.  Of states as fit
 * as each other jobs that have had least service keep what they have, or get
 * the most.
 *
 * What Pollux would have to learn is read here: true speeds, and so a job may
 * have any number of devices at once, up to what it asks for at most.  Of
 * several types, which Pollux does not know, a job belongs to one, and each is
 * divided by itself (sim/policy/share/divided.h).  A fair share that a job
 * cannot use is the nearest number that it can.  Its factor of nodes / devices
 * on all speedups is left out.  Devices that come free within a round wait for
 * the next; those that fail or are repaired begin one.
 *
 * As pollux-fixed, of jobs whose batch is fixed, speed is work done a second;
 * under --profile adapt=TABLES it is pollux, and speed is goodput
 * (vn_policy_form()).
 */
#include "config.h"

#include "sim/api/policy.h"
#include "sim/policy/adaptive/numbers.h"
#include "sim/policy/share/divided.h"

#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

extern const struct vn_policy vn_policy_pollux;
extern const struct vn_policy vn_policy_pollux_fixed;

static const double hair = 0.001; /* of a speedup */
static const double unit = 1e6;   /* of a cost, as numbers have it */

enum {
    OPTION_ROUND,
    OPTION_RESTART
};

struct member {
    vn_time since; /* it is there */
    int home;      /* type */
    int most;      /* devices that are of use to it */
    double *speed; /* [most + 1]; 0: it cannot run so */
    int changes;
    bool ran;
};

struct pollux {
    vn_time round;
    double restart_s;
    int ntypes;
    int *capacity;          /* [types] */
    double *asked;          /* [types] by those that are there */
    struct member *members; /* by slot */
    int nmembers;
    int *present; /* slots, in order of arrival */
    int npresent;
};

struct claimant {
    int slot;
    int64_t attained;
    int64_t order;
};

/* Room for the jobs of a type, and their choices. */
struct table {
    struct claimant *jobs;
    int njobs;
    int *first;
    struct vn_number *choices;
    int *pick;
};

static enum vn_status
pollux_open(void *state, const struct vn_view *view, const double *values,
            struct vn_error *err)
{
    struct pollux *s = state;

    (void) err;
    s->round = (vn_time) values[OPTION_ROUND];
    s->restart_s = values[OPTION_RESTART] / 1e6;
    s->ntypes = vn_view_types(view);
    s->capacity = vn_xcalloc((size_t) s->ntypes, sizeof *s->capacity);
    s->asked = vn_xcalloc((size_t) s->ntypes, sizeof *s->asked);
    for (int t = 0; t < s->ntypes; t++)
        s->capacity[t] = vn_view_devices(view, t);
    return VN_OK;
}

static void
pollux_close(void *state)
{
    struct pollux *s = state;

    for (int i = 0; i < s->npresent; i++)
        free(s->members[s->present[i]].speed);
    free(s->capacity);
    free(s->asked);
    free(s->members);
    free(s->present);
}

/* Its speed at home on each number of devices. */
static void
find_speeds(struct pollux *s, const struct vn_view *view, int job)
{
    struct member *m = &s->members[job];
    const struct vn_job *j = vn_view_job(view, job);
    int *devices = vn_xcalloc((size_t) s->ntypes, sizeof *devices);

    m->most = vn_view_size(
        view, job, m->home,
        j->max_devices < VN_NUMBERS_MAX ? j->max_devices : VN_NUMBERS_MAX - 1);
    m->speed = vn_xcalloc((size_t) m->most + 1, sizeof *m->speed);
    for (int n = j->min_devices; n <= m->most; n++) {
        double step;

        devices[m->home] = n;
        step = vn_view_step_s(view, job, devices);
        if (isfinite(step) && step > 0)
            m->speed[n] = 1 / step;
    }
    free(devices);
}

static void
pollux_arrive(void *state, const struct vn_view *view, int job)
{
    struct pollux *s = state;

    if (job >= s->nmembers) {
        s->nmembers = 2 * job + 16;
        s->members =
            vn_xrealloc(s->members, (size_t) s->nmembers, sizeof *s->members);
        s->present =
            vn_xrealloc(s->present, (size_t) s->nmembers, sizeof *s->present);
    }
    s->members[job] =
        (struct member){.since = vn_view_now(view),
                        .home = vn_divided_home(s->asked, view, job)};
    s->asked[s->members[job].home] += vn_view_job(view, job)->max_devices;
    find_speeds(s, view, job);
    s->present[s->npresent++] = job;
}

static void
pollux_leave(void *state, const struct vn_view *view, int job)
{
    struct pollux *s = state;
    struct member *m = &s->members[job];
    int n = 0;

    s->asked[m->home] -= vn_view_job(view, job)->max_devices;
    free(m->speed);
    m->speed = NULL;
    for (int i = 0; i < s->npresent; i++)
        if (s->present[i] != job)
            s->present[n++] = s->present[i];
    s->npresent = n;
}

/* Devices as they are now; true where that is news. */
static bool
count_devices(struct pollux *s, const struct vn_view *view)
{
    bool news = false;

    for (int t = 0; t < s->ntypes; t++) {
        int devices = vn_view_devices(view, t);

        news = news || devices != s->capacity[t];
        s->capacity[t] = devices;
    }
    return news;
}

/* Its speed on its fair share, or the nearest number that it can use, of two
 * the smaller. */
static double
fair_speed(const struct member *m, int fair)
{
    for (int off = 0; off <= m->most + fair; off++) {
        if (fair - off > 0 && fair - off <= m->most
            && m->speed[fair - off] > 0)
            return m->speed[fair - off];
        if (fair + off <= m->most && m->speed[fair + off] > 0)
            return m->speed[fair + off];
    }
    return INFINITY;
}

/* 1 / (s + 0.001), in millionths. */
static int64_t
cost_of(double speedup)
{
    return llround(unit / (speedup + hair));
}

/* The choices of a job at `to`: what it has, then from the most down to
 * nothing; how many. */
static int
list_choices(const struct pollux *s, const struct vn_view *view, int job,
             int fair, struct vn_number *to)
{
    const struct member *m = &s->members[job];
    double age = (double) (vn_view_now(view) - m->since) / 1e6;
    double moved =
        fmax(age - m->changes * s->restart_s, 0) / (age + s->restart_s);
    double whole = fair_speed(m, fair);
    int has = vn_view_held(view, job, m->home), n = 0;
    int most = m->most < s->capacity[m->home] ? m->most : s->capacity[m->home];

    if (!(age + s->restart_s > 0))
        moved = 0;
    if (has > 0 && has <= most && m->speed[has] > 0)
        to[n++] = (struct vn_number){has, cost_of(m->speed[has] / whole)};
    for (int k = most; k > 0; k--)
        if (k != has && m->speed[k] > 0)
            to[n++] =
                (struct vn_number){k, cost_of(m->speed[k] / whole * moved)};
    to[n++] = (struct vn_number){0, cost_of(0)};
    return n;
}

static int
by_service(const void *left, const void *right)
{
    const struct claimant *a = left, *b = right;

    if (a->attained != b->attained)
        return a->attained < b->attained ? -1 : 1;
    return a->order < b->order ? -1 : 1;
}

/* Jobs of a type, those that have had least service first; how many. */
static int
sort_jobs(const struct pollux *s, const struct vn_view *view, int type,
          struct claimant *to)
{
    int n = 0;

    for (int i = 0; i < s->npresent; i++) {
        int job = s->present[i];

        if (s->members[job].home == type)
            to[n++] = (struct claimant){job, vn_view_attained(view, job),
                                        vn_view_order(view, job)};
    }
    qsort(to, (size_t) n, sizeof *to, by_service);
    return n;
}

/* Let the job have so many devices at home. */
static void
give(struct pollux *s, const struct vn_view *view, struct vn_answer *answer,
     int job, int n)
{
    struct member *m = &s->members[job];

    if (vn_view_held(view, job, m->home) == n)
        return;
    vn_answer_set(answer, job, m->home, n);
    m->changes += m->ran && n > 0;
    m->ran = m->ran || n > 0;
}

static void
decide_type(struct pollux *s, const struct vn_view *view, int type,
            struct table *t, struct vn_answer *answer)
{
    int fair, n = 0;

    t->njobs = sort_jobs(s, view, type, t->jobs);
    if (t->njobs == 0)
        return;
    fair = (s->capacity[type] + t->njobs - 1) / t->njobs;
    for (int i = 0; i < t->njobs; i++) {
        t->first[i] = n;
        n += list_choices(s, view, t->jobs[i].slot, fair, t->choices + n);
    }
    t->first[t->njobs] = n;
    vn_numbers_solve(s->capacity[type], t->njobs, t->first, t->choices,
                     t->pick);
    for (int i = 0; i < t->njobs; i++)
        give(s, view, answer, t->jobs[i].slot, t->choices[t->pick[i]].devices);
}

static void
decide_round(struct pollux *s, const struct vn_view *view,
             struct vn_answer *answer)
{
    size_t jobs = (size_t) s->npresent, choices = 0;
    struct table t;

    for (int i = 0; i < s->npresent; i++)
        choices += (size_t) s->members[s->present[i]].most + 1;
    t.jobs = vn_xcalloc(jobs, sizeof *t.jobs);
    t.first = vn_xcalloc(jobs + 1, sizeof *t.first);
    t.choices = vn_xcalloc(choices, sizeof *t.choices);
    t.pick = vn_xcalloc(jobs, sizeof *t.pick);
    for (int type = 0; type < s->ntypes; type++)
        decide_type(s, view, type, &t, answer);
    free(t.jobs);
    free(t.first);
    free(t.choices);
    free(t.pick);
}

static void
pollux_decide(void *state, const struct vn_view *view,
              struct vn_answer *answer)
{
    struct pollux *s = state;
    vn_time now = vn_view_now(view);
    bool news = count_devices(s, view);

    if (s->npresent == 0)
        return;
    if (now % s->round == 0 || news)
        decide_round(s, view, answer);
    vn_answer_wake(answer, (now / s->round + 1) * s->round);
}

static const struct vn_policy_option options[] = {
    [OPTION_ROUND] = {"round", "length of a round, seconds", "60",
                      VN_OPTION_TIME, 1e-3, 1e9, NULL},
    [OPTION_RESTART] = {"restart", "what it takes a change to cost, seconds",
                        "30", VN_OPTION_TIME, 0, 1e9, NULL},
    {NULL, NULL, NULL, VN_OPTION_REAL, 0, 0, NULL},
};

const struct vn_policy vn_policy_pollux = {
    .name = "pollux",
    .summary = "the fittest numbers of devices in each round, by goodput "
               "(Pollux)",
    .knows = "goodput",
    .options = options,
    .late = true,
    .state_size = sizeof(struct pollux),
    .open = pollux_open,
    .close = pollux_close,
    .arrive = pollux_arrive,
    .leave = pollux_leave,
    .decide = pollux_decide,
};

const struct vn_policy vn_policy_pollux_fixed = {
    .name = "pollux-fixed",
    .summary = "the same, of jobs whose batch is fixed",
    .knows = "step times",
    .options = options,
    .late = true,
    .state_size = sizeof(struct pollux),
    .open = pollux_open,
    .close = pollux_close,
    .arrive = pollux_arrive,
    .leave = pollux_leave,
    .decide = pollux_decide,
};
