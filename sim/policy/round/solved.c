#include "config.h"

#include "sim/policy/round/solved.h"

#include "base/xalloc.h"

#include <stdlib.h>

enum {
    OPTION_ROUND
};

const struct vn_policy_option vn_solved_options[] = {
    [OPTION_ROUND] = {"round", "length of a round, seconds", "360",
                      VN_OPTION_TIME, 1e-3, 1e9, NULL},
    {NULL, NULL, NULL, VN_OPTION_REAL, 0, 0, NULL},
};

enum vn_status
vn_solved_open(void *state, const struct vn_view *view, const double *values,
               struct vn_error *err)
{
    struct vn_solved *s = state;

    (void) err;
    vn_rounds_open(&s->rounds, view, (vn_time) values[OPTION_ROUND]);
    return VN_OK;
}

void
vn_solved_close(void *state)
{
    struct vn_solved *s = state;

    vn_rounds_close(&s->rounds);
    vn_program_free(s->program);
    free(s->class);
}

void
vn_solved_arrive(void *state, const struct vn_view *view, int job)
{
    struct vn_solved *s = state;

    vn_rounds_arrive(&s->rounds, view, job);
}

void
vn_solved_leave(void *state, const struct vn_view *view, int job)
{
    struct vn_solved *s = state;

    (void) view;
    vn_rounds_leave(&s->rounds, job);
}

/* Solve, and take the shares of those that are active. */
static enum vn_status
share(struct vn_solved *s, const struct vn_view *view, vn_solved_solve *solve,
      struct vn_error *err)
{
    struct vn_rounds *r = &s->rounds;
    enum vn_status status;

    if (vn_rounds_devices_changed(r)) {
        vn_program_free(s->program);
        s->program = vn_program_alloc(r->capacity, r->ntypes);
    }
    s->class = vn_xrealloc(s->class, (size_t) r->nactive, sizeof *s->class);
    status = solve(s, view, err);
    for (int i = 0; i < r->nactive && status == VN_OK; i++)
        for (int t = 0; t < r->ntypes; t++)
            vn_rounds_shares(r, r->active[i])[t] =
                vn_program_share(s->program, s->class[i], t);
    return status;
}

void
vn_solved_decide(void *state, const struct vn_view *view,
                 struct vn_answer *answer, vn_solved_solve *solve)
{
    struct vn_solved *s = state;
    struct vn_error err = {0};

    if (!vn_rounds_begin(&s->rounds, view, answer))
        return;
    if (vn_rounds_changed(&s->rounds)
        && share(s, view, solve, &err) != VN_OK) {
        vn_answer_fail(answer, err.text);
        return;
    }
    vn_rounds_place(&s->rounds, true);
    vn_rounds_answer(&s->rounds, view, answer);
}
