/*
 * Shortest remaining service first, with preemption: jobs stand in order of
 * the time that they still need times the devices that they ask for, those
 * that run before those that wait in a tie, then by arrival; an empty cluster
 * is filled in that order, passing over what does not fit, or up to
 * it (skip=no).  Where it was predicted (sim/api/prediction.h), the time still
 * needed is that, less what the job has done since.
 *
 * Jobs that run come nearer their end each at its own pace, so their order
 * does not last; it is made anew at each instant, in O(n log n).
 */
#include "config.h"

#include "sim/api/prediction.h"
#include "sim/policy/queue/choice.h"

#include "base/xalloc.h"

#include <stdlib.h>

extern const struct vn_policy vn_policy_srsf;

struct place {
    double service; /* still needed, device-microseconds */
    int64_t order;
    vn_time beyond; /* predicted, more than is true */
    int job;
    int type; /* where it runs, or -1 */
};

struct srsf {
    struct place *line; /* jobs that are there */
    int n;
    int room;
    int *free;
    int ntypes;
    double error;
    bool skip;
    vn_time tick;
};

static const struct vn_policy_option srsf_options[] = {
    VN_PREDICTION_OPTION("durations"),
    VN_SKIP_OPTION("yes"),
    VN_TICK_OPTION,
    {NULL, NULL, NULL, VN_OPTION_REAL, 0, 0, NULL},
};

static enum vn_status
srsf_open(void *state, const struct vn_view *view, const double *values,
          struct vn_error *err)
{
    struct srsf *s = state;

    (void) err;
    s->error = values[0];
    s->skip = values[1] == 0;
    s->tick = (vn_time) values[2];
    s->ntypes = vn_view_types(view);
    s->free = vn_xcalloc((size_t) s->ntypes, sizeof *s->free);
    return VN_OK;
}

static void
srsf_close(void *state)
{
    struct srsf *s = state;

    free(s->line);
    free(s->free);
}

static void
srsf_arrive(void *state, const struct vn_view *view, int job)
{
    struct srsf *s = state;

    if (s->n == s->room) {
        s->room = 2 * s->room + 64;
        s->line = vn_xrealloc(s->line, (size_t) s->room, sizeof *s->line);
    }
    s->line[s->n++] =
        (struct place){.job = job,
                       .order = vn_view_order(view, job),
                       .beyond = vn_predicted_beyond(view, job, s->error),
                       .type = -1};
}

static void
srsf_leave(void *state, const struct vn_view *view, int job)
{
    struct srsf *s = state;
    int at = 0;

    (void) view;
    while (s->line[at].job != job)
        at++;
    s->line[at] = s->line[--s->n];
}

static int
compare(const void *a, const void *b)
{
    const struct place *x = a, *y = b;

    if (x->service != y->service)
        return x->service < y->service ? -1 : 1;
    if ((x->type < 0) != (y->type < 0))
        return x->type < 0 ? 1 : -1;
    return (x->order > y->order) - (x->order < y->order);
}

/* The type on which it would run: where it does, else the first with room. */
static int
find_type(const struct srsf *s, const struct vn_view *view,
          const struct place *p, int devices)
{
    if (p->type >= 0 && s->free[p->type] >= devices)
        return p->type;
    for (int t = 0; t < s->ntypes; t++)
        if (vn_view_runs(view, p->job, t) && s->free[t] >= devices)
            return t;
    return -1;
}

static void
srsf_decide(void *state, const struct vn_view *view, struct vn_answer *answer)
{
    struct srsf *s = state;
    bool blocked = false;

    if (vn_tick_waits(s->tick, view, answer))
        return;
    for (int t = 0; t < s->ntypes; t++)
        s->free[t] = vn_view_devices(view, t);
    for (int i = 0; i < s->n; i++) {
        struct place *p = &s->line[i];

        p->service = (double) vn_predicted_left(view, p->job, p->beyond)
                     * vn_view_job(view, p->job)->devices;
        p->type = -1;
        for (int t = 0; t < s->ntypes; t++)
            if (vn_view_held(view, p->job, t) > 0)
                p->type = t;
    }
    if (s->n > 0)
        qsort(s->line, (size_t) s->n, sizeof *s->line, compare);
    for (int i = 0; i < s->n; i++) {
        struct place *p = &s->line[i];
        int devices = vn_view_job(view, p->job)->devices;
        int type = blocked ? -1 : find_type(s, view, p, devices);

        blocked = blocked || (type < 0 && !s->skip);
        if (type >= 0)
            s->free[type] -= devices;
        if (p->type >= 0 && type != p->type)
            vn_answer_set(answer, p->job, p->type, 0);
        if (type >= 0 && type != p->type)
            vn_answer_set(answer, p->job, type, devices);
    }
}

const struct vn_policy vn_policy_srsf = {
    .name = "srsf",
    .summary = "least remaining time x devices first, with preemption",
    .options = srsf_options,
    .knows = "durations",
    .rigid = true,
    .state_size = sizeof(struct srsf),
    .open = srsf_open,
    .close = srsf_close,
    .arrive = srsf_arrive,
    .leave = srsf_leave,
    .decide = srsf_decide,
};
