/*
 * Gavel's least makespan (Narayanan et al., OSDI 2020, section 4.2): shares of
 * time with which the last of the jobs that are there ends soonest,
 *
 *     minimise max_m steps_m / (sum_j X_mj T_mj),
 *
 * steps_m still to do, T_mj steps a second on the devices that job m takes of
 * type j: as a linear program, the greatest z with sum_j X_mj T_mj / steps_m
 * >= z for all m (sim/policy/round/program.h), of its optima the one that
 * needs the least device time.  Solved when jobs come or go; in rounds
 * (sim/policy/round/rounds.h), whose leftovers run too.
 */
#include "config.h"

#include "sim/policy/round/program.h"
#include "sim/policy/round/rounds.h"

#include "base/xalloc.h"

#include <stdlib.h>

extern const struct vn_policy vn_policy_makespan;

struct makespan {
    struct vn_rounds rounds;
    struct vn_program *program;
    int *class; /* of each active job, in their order */
};

enum {
    OPTION_ROUND
};

static const struct vn_policy_option makespan_options[] = {
    [OPTION_ROUND] = {"round", "length of a round, seconds", "360",
                      VN_OPTION_TIME, 1e-3, 1e9, NULL},
    {NULL, NULL, NULL, VN_OPTION_REAL, 0, 0, NULL},
};

static enum vn_status
makespan_open(void *state, const struct vn_view *view, const double *values,
              struct vn_error *err)
{
    struct makespan *s = state;

    (void) err;
    vn_rounds_open(&s->rounds, view, (vn_time) values[OPTION_ROUND]);
    return VN_OK;
}

static void
makespan_close(void *state)
{
    struct makespan *s = state;

    vn_rounds_close(&s->rounds);
    vn_program_free(s->program);
    free(s->class);
}

static void
makespan_arrive(void *state, const struct vn_view *view, int job)
{
    struct makespan *s = state;

    vn_rounds_arrive(&s->rounds, view, job);
}

static void
makespan_leave(void *state, const struct vn_view *view, int job)
{
    struct makespan *s = state;

    (void) view;
    vn_rounds_leave(&s->rounds, job);
}

/* Of all that it has to do, a job does this part in a second on each type. */
static void
join(struct makespan *s, const struct vn_view *view, int i)
{
    struct vn_rounds *r = &s->rounds;
    int job = r->active[i];
    size_t cell = (size_t) job * (size_t) r->ntypes;
    double *rate = vn_rounds_shares(r, job); /* until it is solved */

    for (int t = 0; t < r->ntypes; t++)
        rate[t] = r->rate[cell + (size_t) t] / vn_rounds_steps(view, job);
    s->class[i] = vn_program_join(s->program, rate, r->need + cell, false);
}

static enum vn_status
solve(struct makespan *s, const struct vn_view *view, struct vn_error *err)
{
    struct vn_rounds *r = &s->rounds;
    enum vn_status status;
    double least;

    if (vn_rounds_devices_changed(r)) {
        vn_program_free(s->program);
        s->program = vn_program_alloc(r->capacity, r->ntypes);
    }
    vn_program_clear(s->program);
    s->class = vn_xrealloc(s->class, (size_t) r->nactive, sizeof *s->class);
    for (int i = 0; i < r->nactive; i++)
        join(s, view, i);
    status = vn_program_solve(s->program, VN_PROGRAM_LEAST, &least, err);
    for (int i = 0; i < r->nactive && status == VN_OK; i++)
        for (int t = 0; t < r->ntypes; t++)
            vn_rounds_shares(r, r->active[i])[t] =
                vn_program_share(s->program, s->class[i], t);
    return status;
}

static void
makespan_decide(void *state, const struct vn_view *view,
                struct vn_answer *answer)
{
    struct makespan *s = state;
    struct vn_error err = {0};

    if (!vn_rounds_begin(&s->rounds, view, answer))
        return;
    if (vn_rounds_changed(&s->rounds) && solve(s, view, &err) != VN_OK) {
        vn_answer_fail(answer, err.text);
        return;
    }
    vn_rounds_place(&s->rounds, true);
    vn_rounds_answer(&s->rounds, view, answer);
}

const struct vn_policy vn_policy_makespan = {
    .name = "makespan",
    .summary = "shares of time with which the last job ends soonest, in "
               "rounds (Gavel)",
    .options = makespan_options,
    .leases = true,
    .state_size = sizeof(struct makespan),
    .open = makespan_open,
    .close = makespan_close,
    .arrive = makespan_arrive,
    .leave = makespan_leave,
    .decide = makespan_decide,
};
