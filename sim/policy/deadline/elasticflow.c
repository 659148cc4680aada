/*
 * ElasticFlow (Gu et al., ASPLOS 2023): every job with a deadline has its
 * minimum satisfactory share (sim/policy/share/deadline_plan.h), and devices
 * that nobody's minimum needs are dealt out one size at a time, by how much
 * device-time the next size costs a job in the end, a device: the cheapest
 * first, as the paper has it (order=paper), or the dearest, as its code sorts
 * (order=code); one that has nothing comes before all.  Jobs without a
 * deadline have no minimum and take part in that.
 *
 * elasticflow-admission declines a job with which more deadlines would be
 * missed than without it.  All is planned anew whenever a job comes or goes,
 * as the published code does, and the rule need not find again a plan that it
 * found before: on a cluster packed with jobs of one device one that was
 * admitted can still be late, and is counted so.
 */
#include "config.h"

#include "sim/policy/deadline/deadlines.h"

#include <math.h>

extern const struct vn_policy vn_policy_elasticflow;
extern const struct vn_policy vn_policy_elasticflow_admission;

struct elasticflow {
    struct vn_deadline_jobs jobs; /* first: deadlines.c works on it */
    double slot;
    bool dearest;
    bool admission;

    /* Of the type in hand. */
    int type;
    int devices;
    double now;
    struct vn_timeline free;
};

enum {
    OPTION_SLOT,
    OPTION_ORDER
};

static const char *const orders[] = {"paper", "code", NULL};

static const struct vn_policy_option options[] = {
    [OPTION_SLOT] = {"slot", "plans change at multiples of it, seconds", "60",
                     VN_OPTION_REAL, 1e-3, 1e9, NULL},
    [OPTION_ORDER] = {"order",
                      "spare devices where they cost least device-time "
                      "(paper) or most (code)",
                      "paper", VN_OPTION_CHOICE, 0, 0, orders},
    {NULL, NULL, NULL, VN_OPTION_REAL, 0, 0, NULL},
};

static enum vn_status
elasticflow_open(void *state, const struct vn_view *view, const double *values,
                 struct vn_error *err)
{
    struct elasticflow *s = state;

    (void) view, (void) err;
    s->slot = values[OPTION_SLOT];
    s->dearest = values[OPTION_ORDER] > 0;
    return VN_OK;
}

static enum vn_status
admission_open(void *state, const struct vn_view *view, const double *values,
               struct vn_error *err)
{
    struct elasticflow *s = state;

    s->admission = true;
    return elasticflow_open(state, view, values, err);
}

static void
elasticflow_close(void *state)
{
    struct elasticflow *s = state;

    vn_timeline_free(&s->free);
    vn_deadline_close(state);
}

/* Has it a part in the type in hand? */
static bool
here(const struct elasticflow *s, const struct vn_deadline_job *job)
{
    return job->home == s->type
           && vn_deadline_fitting(&job->claim, s->devices) > 0;
}

/* Plan everybody's minimum, `new` among them; how many are late? */
static int
plan(struct elasticflow *s, const struct vn_deadline_job *new)
{
    int late = 0;

    vn_timeline_begin(&s->free, s->now, s->devices);
    for (int i = 0; i < s->jobs.n; i++) {
        struct vn_deadline_job *job = s->jobs.all[i];

        if (job->home == s->type)
            job->devices = 0;
        if (!here(s, job) || !vn_deadline_has(job)
            || (!job->admitted && job != new))
            continue;
        vn_deadline_plan(&job->claim, s->now, s->slot, s->devices, -1,
                         &s->free, &job->plan);
        job->devices = job->plan.steps.steps[0].devices;
        late += !job->plan.meets;
    }
    return late;
}

static void
admit(struct elasticflow *s, struct vn_answer *answer)
{
    struct vn_deadline_job *new;
    int64_t after = -1;

    while ((new = vn_deadline_new(&s->jobs, after)) != NULL) {
        after = new->order;
        if (new->home != s->type)
            continue;
        new->admitted = !s->admission || !vn_deadline_has(new)
                        || plan(s, new) <= plan(s, NULL);
        if (!new->admitted)
            vn_answer_decline(answer, new->slot);
    }
}

/* Device-time until a job without a deadline is done, if it keeps k. */
static double
device_time(const struct vn_deadline_claim *claim, int k)
{
    return k > 0 ? k * claim->left / vn_deadline_rate(claim, k) : 0;
}

/* What the next size costs, as things stand. */
static void
price(const struct elasticflow *s, struct vn_deadline_job *job)
{
    struct vn_timeline *free = &job->grown_free;
    const struct vn_timeline *steps = &job->plan.steps;
    int more = job->next - job->devices, had = 0;

    if (!vn_deadline_has(job)) {
        job->growth = (device_time(&job->claim, job->next)
                       - device_time(&job->claim, job->devices))
                      / more;
    } else {
        vn_timeline_copy(free, &s->free);
        vn_timeline_cut(free, job->plan.end);
        for (int i = 0; i < steps->n; i++) {
            vn_timeline_cut(free, steps->steps[i].at);
            vn_timeline_take(free, steps->steps[i].at, job->plan.end,
                             had - steps->steps[i].devices);
            had = steps->steps[i].devices;
        }
        vn_timeline_merge(free);
        vn_deadline_plan(&job->claim, s->now, s->slot, s->devices, job->next,
                         free, &job->grown);
        job->growth = (vn_timeline_area(&job->grown.steps, job->grown.end)
                       - vn_timeline_area(&job->plan.steps, job->plan.end))
                      / more;
    }
    if (job->devices == 0)
        job->growth = s->dearest ? INFINITY : -INFINITY;
}

/* It takes its next size. */
static void
grow(struct elasticflow *s, struct vn_deadline_job *job)
{
    if (vn_deadline_has(job)) {
        vn_timeline_copy(&s->free, &job->grown_free);
        vn_timeline_copy(&job->plan.steps, &job->grown.steps);
        job->plan.end = job->grown.end;
    } else {
        s->free.steps[0].devices -= job->next - job->devices;
    }
    job->devices = job->next;
    job->next = vn_deadline_next(&job->claim, job->devices);
}

/* Whose turn it is, of those whose next size is spare; NULL: nobody's. */
static struct vn_deadline_job *
choose(const struct elasticflow *s)
{
    struct vn_deadline_job *best = NULL;
    int spare = s->free.steps[0].devices;

    for (int i = 0; i < s->jobs.n; i++) {
        struct vn_deadline_job *job = s->jobs.all[i];
        int more = job->next - job->devices;

        if (!here(s, job) || !job->admitted || more == 0 || more > spare)
            continue;
        if (best == NULL
            || (s->dearest ? job->growth > best->growth
                           : job->growth < best->growth))
            best = job;
    }
    return best;
}

static void
deal(struct elasticflow *s)
{
    struct vn_deadline_job *job;

    /* What is free now is free of everybody's plan until its next step. */
    for (int i = 0; i < s->jobs.n; i++) {
        job = s->jobs.all[i];
        if (!here(s, job) || !job->admitted)
            continue;
        job->next = vn_deadline_next(&job->claim, job->devices);
        if (job->next - job->devices > s->free.steps[0].devices)
            job->growth = 0;
        else if (job->next > job->devices)
            price(s, job);
    }
    while ((job = choose(s)) != NULL) {
        price(s, job); /* others have grown since */
        grow(s, job);
        if (job->next - job->devices <= s->free.steps[0].devices
            && job->next > job->devices)
            price(s, job);
    }
}

/* Ask again when somebody's plan changes next. */
static void
wake(const struct elasticflow *s, const struct vn_view *view,
     struct vn_answer *answer)
{
    double next = INFINITY;

    for (int i = 0; i < s->jobs.n; i++) {
        const struct vn_deadline_job *job = s->jobs.all[i];

        for (int k = 1; k < job->plan.steps.n && here(s, job)
                        && vn_deadline_has(job) && job->admitted;
             k++)
            next = fmin(next, job->plan.steps.steps[k].at);
    }
    if (!isinf(next))
        vn_answer_wake(answer,
                       vn_view_now(view)
                           + (vn_time) fmax(ceil((next - s->now) * 1e6), 1));
}

static void
elasticflow_decide(void *state, const struct vn_view *view,
                   struct vn_answer *answer)
{
    struct elasticflow *s = state;

    s->now = vn_deadline_now(view);
    vn_deadline_update(&s->jobs, view);
    for (s->type = 0; s->type < vn_view_types(view); s->type++) {
        s->devices = vn_view_devices(view, s->type);
        admit(s, answer);
        plan(s, NULL);
        deal(s);
        wake(s, view, answer);
    }
    vn_deadline_answer(&s->jobs, view, answer);
}

const struct vn_policy vn_policy_elasticflow = {
    .name = "elasticflow",
    .summary = "as few devices as deadlines need, the rest where they cost "
               "least (ElasticFlow)",
    .knows = "deadlines, durations, step times",
    .options = options,
    .late = true,
    .state_size = sizeof(struct elasticflow),
    .open = elasticflow_open,
    .close = elasticflow_close,
    .arrive = vn_deadline_arrive,
    .leave = vn_deadline_leave,
    .decide = elasticflow_decide,
};

const struct vn_policy vn_policy_elasticflow_admission = {
    .name = "elasticflow-admission",
    .summary = "the same, declining what would make somebody late",
    .knows = "deadlines, durations, step times",
    .options = options,
    .late = true,
    .state_size = sizeof(struct elasticflow),
    .open = admission_open,
    .close = elasticflow_close,
    .arrive = vn_deadline_arrive,
    .leave = vn_deadline_leave,
    .decide = elasticflow_decide,
};
