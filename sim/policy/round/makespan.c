/*
 * Gavel's least makespan (Narayanan et al., OSDI 2020, section 4.2): shares of
 * time with which the last of the jobs that are there ends soonest,
 *
 *     minimise max_m steps_m / (sum_j X_mj T_mj),
 *
 * steps_m still to do, T_mj steps a second on the devices that job m takes of
 * type j: as a linear program, the greatest z with sum_j X_mj T_mj / steps_m
 * >= z for all m (sim/policy/round/program.h), of its optima the one that
 * needs the least device time (sim/policy/round/solved.h).
 */
#include "config.h"

#include "sim/policy/round/solved.h"

extern const struct vn_policy vn_policy_makespan;

/* Of all that it has to do, a job does this part in a second on each type. */
static void
join(struct vn_solved *s, const struct vn_view *view, int i)
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
solve(void *state, const struct vn_view *view, struct vn_error *err)
{
    struct vn_solved *s = state;
    double least;

    vn_program_clear(s->program);
    for (int i = 0; i < s->rounds.nactive; i++)
        join(s, view, i);
    return vn_program_solve(s->program, VN_PROGRAM_LEAST, &least, err);
}

static void
decide(void *state, const struct vn_view *view, struct vn_answer *answer)
{
    vn_solved_decide(state, view, answer, solve);
}

const struct vn_policy vn_policy_makespan = {
    .name = "makespan",
    .summary = "shares of time with which the last job ends soonest, in "
               "rounds (Gavel)",
    .knows = "step times, steps",
    .options = vn_solved_options,
    .leases = true,
    .whole = true,
    .state_size = sizeof(struct vn_solved),
    .open = vn_solved_open,
    .close = vn_solved_close,
    .arrive = vn_solved_arrive,
    .leave = vn_solved_leave,
    .decide = decide,
};
