/*
 * Sia (Jayaram Subramanya et al., SOSP'23) in the engine: in each round a
 * program (assign.h) gives every job one of its
 * configurations, 1, 2, 4, ... devices of one type or as many as it asks for
 * at least, mostly or at most, or none.
 *
 * With e = speed / its least speed on any, times
 *
 *     max(age - changes x restart, 0) / (age + restart)
 *
 * where that is not what the job has (1 while age < restart), a configuration
 * costs e^-1/2 and none 1.1, in hundredths.  What Sia would have to learn is
 * read here: true speeds, and so a job may have any number of devices at once.
 * Devices that come free within a round wait for the next; those that fail
 * begin one.
 *
 * As sia-fixed, of jobs whose batch is fixed, speed is work done a second, and
 * efficiency, the same on all configurations, no part of it; under --profile
 * adapt=TABLES it is sia, and speed is goodput (vn_policy_form()).
 */
#include "config.h"

#include "sim/api/policy.h"
#include "sim/policy/adaptive/assign.h"

#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

extern const struct vn_policy vn_policy_sia;
extern const struct vn_policy vn_policy_sia_fixed;

enum {
    CONFIGS_MAX = 254,
    NONE = 110, /* cost of no configuration, in hundredths */
    DEAREST = 300000
};

enum {
    OPTION_ROUND,
    OPTION_RESTART,
    OPTION_TIES
};

struct member {
    vn_time since; /* it is there */
    int64_t order; /* names it in ties */
    int type, has; /* devices that it was given; 0: none */
    int changes;
};

struct sia {
    vn_time round;
    double restart_s;
    uint64_t ties;
    int ntypes;
    int capacity[VN_ASSIGN_TYPES];
    int *devices;           /* [types], for questions; 0 between them */
    struct member *members; /* by slot */
    int nmembers;
    int *present; /* slots, in order of arrival */
    int npresent;
    struct vn_assign assign;
    struct vn_assign_config configs[CONFIGS_MAX];
    int nconfigs;
};

static enum vn_status
sia_open(void *state, const struct vn_view *view, const double *values,
         struct vn_error *err)
{
    struct sia *s = state;

    s->round = (vn_time) values[OPTION_ROUND];
    s->restart_s = values[OPTION_RESTART] / 1e6;
    s->ties = (uint64_t) values[OPTION_TIES];
    s->ntypes = vn_view_types(view);
    if (s->ntypes > VN_ASSIGN_TYPES)
        return vn_fail(err, VN_EUNSUP,
                       "policy sia-fixed: %d types of devices, expected at "
                       "most %d",
                       s->ntypes, VN_ASSIGN_TYPES);
    s->devices = vn_xcalloc((size_t) s->ntypes, sizeof *s->devices);
    for (int t = 0; t < s->ntypes; t++)
        s->capacity[t] = vn_view_devices(view, t);
    return VN_OK;
}

static void
sia_close(void *state)
{
    struct sia *s = state;

    free(s->devices);
    free(s->members);
    free(s->present);
}

static void
sia_arrive(void *state, const struct vn_view *view, int job)
{
    struct sia *s = state;

    if (job >= s->nmembers) {
        s->nmembers = 2 * job + 16;
        s->members =
            vn_xrealloc(s->members, (size_t) s->nmembers, sizeof *s->members);
        s->present =
            vn_xrealloc(s->present, (size_t) s->nmembers, sizeof *s->present);
    }
    s->members[job] = (struct member){.since = vn_view_now(view),
                                      .order = vn_view_order(view, job)};
    s->present[s->npresent++] = job;
}

static void
sia_leave(void *state, const struct vn_view *view, int job)
{
    struct sia *s = state;
    int n = 0;

    (void) view;
    for (int i = 0; i < s->npresent; i++)
        if (s->present[i] != job)
            s->present[n++] = s->present[i];
    s->npresent = n;
}

/* Devices as they are now; true where that is news. */
static bool
count_devices(struct sia *s, const struct vn_view *view)
{
    bool news = false;

    for (int t = 0; t < s->ntypes; t++) {
        int devices = vn_view_devices(view, t);

        news = news || devices != s->capacity[t];
        s->capacity[t] = devices;
    }
    return news;
}

static bool
add_config(struct sia *s, int type, int devices)
{
    for (int i = 0; i < s->nconfigs; i++)
        if (s->configs[i].type == type && s->configs[i].devices == devices)
            return true;
    if (s->nconfigs == CONFIGS_MAX)
        return false;
    s->configs[s->nconfigs++] = (struct vn_assign_config){type, devices};
    return true;
}

/* Powers of two, and what jobs ask for; false where they are too many. */
static bool
list_configs(struct sia *s, const struct vn_view *view)
{
    bool room = true;

    s->nconfigs = 0;
    for (int t = 0; t < s->ntypes; t++) {
        for (int n = 1; n <= s->capacity[t]; n *= 2)
            room = add_config(s, t, n) && room;
        for (int i = 0; i < s->npresent; i++) {
            const struct vn_job *j = vn_view_job(view, s->present[i]);
            const int asked[] = {j->min_devices, j->devices, j->max_devices};

            for (int k = 0; k < 3; k++)
                if (asked[k] > 0 && asked[k] <= s->capacity[t])
                    room = add_config(s, t, asked[k]) && room;
        }
    }
    return room;
}

/* Its speed on a configuration; 0 where it is none of its own. */
static double
speed_on(struct sia *s, const struct vn_view *view, int job, int i)
{
    const struct vn_job *j = vn_view_job(view, job);
    int type = s->configs[i].type, n = s->configs[i].devices;
    double step;

    if (n < j->min_devices || n > j->max_devices
        || !vn_view_runs(view, job, type))
        return 0;
    s->devices[type] = n;
    step = vn_view_step_s(view, job, s->devices);
    s->devices[type] = 0;
    return isfinite(step) && step > 0 ? 1 / step : 0;
}

/* For jobs that can run on none of these, a number that they can run on;
 * false where that makes too many. */
static bool
add_odd_configs(struct sia *s, const struct vn_view *view)
{
    bool room = true;

    for (int k = 0; k < s->npresent; k++) {
        int job = s->present[k], i = 0, n;
        bool none;

        while (i < s->nconfigs && speed_on(s, view, job, i) <= 0)
            i++;
        none = i == s->nconfigs;
        for (int t = 0; t < s->ntypes && none; t++)
            if (vn_view_runs(view, job, t)
                && (n = vn_view_size(view, job, t, s->capacity[t])) > 0)
                room = add_config(s, t, n) && room;
    }
    return room;
}

/* The job as the program has it; costs [nconfigs]. */
static struct vn_assign_job
describe(struct sia *s, const struct vn_view *view, int job, int *costs)
{
    const struct member *m = &s->members[job];
    struct vn_assign_job to = {.id = (uint64_t) m->order,
                               .has = VN_ASSIGN_NONE,
                               .none = NONE,
                               .costs = costs};
    double speed[CONFIGS_MAX], least = INFINITY, factor = 1;
    double age = (double) (vn_view_now(view) - m->since) / 1e6;

    for (int i = 0; i < s->nconfigs; i++) {
        speed[i] = speed_on(s, view, job, i);
        if (speed[i] > 0)
            least = fmin(least, speed[i]);
        if (m->has == s->configs[i].devices && m->type == s->configs[i].type)
            to.has = i;
    }
    if (age >= s->restart_s && age > 0)
        factor =
            fmax(age - m->changes * s->restart_s, 0) / (age + s->restart_s);
    for (int i = 0; i < s->nconfigs; i++) {
        double e = speed[i] / least;

        if (to.has != VN_ASSIGN_NONE && i != to.has)
            e *= factor;
        costs[i] = speed[i] > 0 && e > 0
                       ? (int) fmin(rint(pow(e, -0.5) * 100), DEAREST)
                       : DEAREST;
    }
    return to;
}

/* Let the job have a configuration, or nothing. */
static void
give(struct sia *s, const struct vn_view *view, struct vn_answer *answer,
     int job, int choice)
{
    struct member *m = &s->members[job];
    int type = choice >= 0 ? s->configs[choice].type : -1,
        n = choice >= 0 ? s->configs[choice].devices : 0;

    for (int t = 0; t < s->ntypes; t++)
        if (vn_view_held(view, job, t) != (t == type ? n : 0))
            vn_answer_set(answer, job, t, t == type ? n : 0);
    if (m->has > 0 && n > 0 && (m->has != n || m->type != type))
        m->changes++;
    m->has = n;
    m->type = type;
}

static void
decide_round(struct sia *s, const struct vn_view *view,
             struct vn_answer *answer)
{
    size_t n = (size_t) s->npresent;
    int *costs = vn_xcalloc(n * (size_t) s->nconfigs + 1, sizeof *costs);
    int *choice = vn_xcalloc(n + 1, sizeof *choice);
    struct vn_assign_job *jobs = vn_xcalloc(n + 1, sizeof *jobs);
    struct vn_assign_problem p = {.ntypes = s->ntypes,
                                  .capacity = s->capacity,
                                  .nconfigs = s->nconfigs,
                                  .configs = s->configs,
                                  .njobs = s->npresent,
                                  .jobs = jobs,
                                  .ties = s->ties};
    struct vn_assign_result result;
    struct vn_error err = {0};

    for (int i = 0; i < s->npresent; i++)
        jobs[i] = describe(s, view, s->present[i],
                           costs + (size_t) i * (size_t) s->nconfigs);
    if (vn_assign_solve(&s->assign, &p, choice, &result, &err) == VN_OK)
        for (int i = 0; i < s->npresent; i++)
            give(s, view, answer, s->present[i], choice[i]);
    else
        vn_answer_fail(answer, err.text);
    free(costs);
    free(choice);
    free(jobs);
}

static void
sia_decide(void *state, const struct vn_view *view, struct vn_answer *answer)
{
    struct sia *s = state;
    vn_time now = vn_view_now(view);
    bool news = count_devices(s, view);

    if (s->npresent == 0)
        return;
    if (now % s->round == 0 || news) {
        if (!list_configs(s, view) || !add_odd_configs(s, view)) {
            vn_answer_fail(answer,
                           "jobs ask for more different numbers of devices "
                           "than sia-fixed takes");
            return;
        }
        decide_round(s, view, answer);
    }
    vn_answer_wake(answer, (now / s->round + 1) * s->round);
}

static const struct vn_policy_option options[] = {
    [OPTION_ROUND] = {"round", "length of a round, seconds", "60",
                      VN_OPTION_TIME, 1e-3, 1e9, NULL},
    [OPTION_RESTART] = {"restart", "what it takes a change to cost, seconds",
                        "30", VN_OPTION_TIME, 0, 1e9, NULL},
    [OPTION_TIES] = {"ties", "how equal costs fall, a whole number", "1",
                     VN_OPTION_REAL, 0, 1e15, NULL},
    {NULL, NULL, NULL, VN_OPTION_REAL, 0, 0, NULL},
};

const struct vn_policy vn_policy_sia = {
    .name = "sia",
    .summary = "a program of configurations in each round, by goodput (Sia)",
    .knows = "goodput",
    .options = options,
    .late = true,
    .state_size = sizeof(struct sia),
    .open = sia_open,
    .close = sia_close,
    .arrive = sia_arrive,
    .leave = sia_leave,
    .decide = sia_decide,
};

const struct vn_policy vn_policy_sia_fixed = {
    .name = "sia-fixed",
    .summary = "the same, of jobs whose batch is fixed",
    .knows = "step times",
    .options = options,
    .late = true,
    .state_size = sizeof(struct sia),
    .open = sia_open,
    .close = sia_close,
    .arrive = sia_arrive,
    .leave = sia_leave,
    .decide = sia_decide,
};
