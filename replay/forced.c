#include "config.h"

#include "replay/forced.h"

#include "base/xalloc.h"

#include <stdlib.h>

struct forced_state {
    const struct vn_forced *forced;
    int next;     /* of the grants */
    int64_t *ids; /* by slot; -1: none */
    int nids;
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
    free(((struct forced_state *) state)->ids);
}

static void
forced_arrive(void *state, const struct vn_view *view, int job)
{
    struct forced_state *s = state;

    if (job >= s->nids) {
        s->ids = vn_xrealloc(s->ids, (size_t) job + 1, sizeof *s->ids);
        while (s->nids <= job)
            s->ids[s->nids++] = -1;
    }
    s->ids[job] = vn_view_job(view, job)->id;
}

static void
forced_leave(void *state, const struct vn_view *view, int job)
{
    (void) view;
    ((struct forced_state *) state)->ids[job] = -1;
}

static void
forced_decide(void *state, const struct vn_view *view,
              struct vn_answer *answer)
{
    struct forced_state *s = state;
    const struct vn_forced *f = s->forced;

    for (; s->next < f->n && f->grants[s->next].time <= vn_view_now(view);
         s->next++)
        for (int job = 0; job < s->nids; job++)
            if (s->ids[job] == f->grants[s->next].job)
                vn_answer_set(answer, job, f->grants[s->next].type,
                              f->grants[s->next].devices);
    if (s->next < f->n)
        vn_answer_wake(answer, f->grants[s->next].time);
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
