#include "config.h"

#include "replay/live/forced.h"

#include "base/xalloc.h"

#include <stdlib.h>

enum {
    SOON = 1000 /* microseconds: not later than this something is due again */
};

/* A job that is there, by slot. */
struct pupil {
    int64_t id; /* -1: none */
    int next;   /* of the grants, of all jobs */
    vn_time
        shift; /* by which its last grant came later than it was measured */
};

struct forced_state {
    const struct vn_forced *forced;
    struct pupil *pupils;
    int npupils;
};

double
vn_forced_value(const struct vn_forced *forced)
{
    return (double) (uintptr_t) forced;
}

static enum vn_status
forced_open(void *state, const struct vn_view *view, const double *values,
            struct vn_error *err)
{
    (void) view, (void) err;
    ((struct forced_state *) state)->forced =
        (const struct vn_forced *) (uintptr_t) values[0];
    return VN_OK;
}

static void
forced_close(void *state)
{
    free(((struct forced_state *) state)->pupils);
}

static void
forced_arrive(void *state, const struct vn_view *view, int job)
{
    struct forced_state *s = state;

    if (job >= s->npupils)
        s->pupils =
            vn_xrealloc(s->pupils, (size_t) job + 1, sizeof *s->pupils);
    for (; job >= s->npupils; s->npupils++)
        s->pupils[s->npupils].id = -1;
    s->pupils[job] = (struct pupil){.id = vn_view_job(view, job)->id};
}

static void
forced_leave(void *state, const struct vn_view *view, int job)
{
    (void) view;
    ((struct forced_state *) state)->pupils[job].id = -1;
}

/* How long until the job has so many steps left, as things are. */
static vn_time
until_left(const struct vn_view *view, int job, int64_t left)
{
    int64_t more = vn_view_steps(view, job) - left;
    int devices[VN_TYPES_MAX] = {0};
    double wait;

    if (more <= 0)
        return 0;
    for (int t = 0; t < vn_view_types(view); t++)
        devices[t] = vn_view_held(view, job, t);
    wait = 1e6 * (double) more * vn_view_step_s(view, job, devices);
    return wait < SOON ? SOON : wait < 1e15 ? (vn_time) wait : (vn_time) 1e15;
}

/* Grant the job what is due: how long until the next, -1 where none is. */
static vn_time
instruct(struct forced_state *s, const struct vn_view *view, int job,
         struct vn_answer *answer)
{
    const struct vn_forced *f = s->forced;
    struct pupil *p = &s->pupils[job];
    vn_time now = vn_view_now(view), wait, time;

    while (p->next < f->n && f->grants[p->next].job != p->id)
        p->next++;
    if (p->next == f->n)
        return -1;
    time = f->grants[p->next].time;
    wait = vn_view_held_all(view, job) > 0
               ? until_left(view, job, f->grants[p->next].left)
               : time + p->shift - now;
    if (wait > 0)
        return wait;
    p->shift = now - time;
    for (; p->next < f->n && f->grants[p->next].time == time; p->next++)
        if (f->grants[p->next].job == p->id)
            vn_answer_set(answer, job, f->grants[p->next].type,
                          f->grants[p->next].devices);
    return SOON;
}

static void
forced_decide(void *state, const struct vn_view *view,
              struct vn_answer *answer)
{
    struct forced_state *s = state;
    vn_time soonest = -1;

    for (int job = 0; job < s->npupils; job++) {
        vn_time wait =
            s->pupils[job].id >= 0 ? instruct(s, view, job, answer) : -1;

        if (wait >= 0 && (soonest < 0 || wait < soonest))
            soonest = wait;
    }
    if (soonest >= 0)
        vn_answer_wake(answer, vn_view_now(view) + soonest);
}

const struct vn_policy vn_policy_forced = {
    .name = "forced",
    .summary = "what was granted in a run that is over",
    .state_size = sizeof(struct forced_state),
    .open = forced_open,
    .close = forced_close,
    .arrive = forced_arrive,
    .leave = forced_leave,
    .decide = forced_decide,
};
