/*
 * Finish-time fairness, Themis' metric (Mahajan et al., NSDI 2020), as Gavel
 * asks for it (Narayanan et al., OSDI 2020, section 4.2): shares X of time
 * with
 *
 *     minimise max_m rho_m,
 *     rho_m = (t_m + steps_m / sum_j X_mj T_mj)
 *             / (t_m + steps_m / sum_j I_mj T_mj)
 *
 * where job m came t_m ago, has steps_m to do, and I is its share of a cluster
 * cut into n equal parts for the n jobs that are there: I_mj = N_j / (n d_mj),
 * scaled down where that is more than all of its time (Gavel's isolated
 * policy, which scales all jobs alike, and up too).
 *
 * rho <= r for all m is linear in X: sum_j X_mj T_mj >= steps_m / (r D_m -
 * t_m), D_m the denominator.  The program that asks for the greatest z with z
 * times that for r (sim/policy/round/program.h) has z = 1 if r is least, and a
 * greater z for a greater r; so r is found between the least that any job can
 * have by itself and 1, which X = I gives, by false position (the Illinois
 * rule), to one part in a million (sim/policy/round/solved.h).
 */
#include "config.h"

#include "sim/policy/round/solved.h"

#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>

extern const struct vn_policy vn_policy_ftf;

struct claim {
    double came_s; /* t_m */
    double steps;
    double alone_s; /* D_m */
};

struct ftf {
    struct vn_solved solved;
    struct claim *claims; /* of active jobs, in their order */
};

enum {
    TRIES_MAX = 100 /* programs for one least rho; ten are many */
};

static void
ftf_close(void *state)
{
    struct ftf *s = state;

    vn_solved_close(state);
    free(s->claims);
}

/* Steps a second on the job's part of a cluster cut into n. */
static double
isolated(const struct vn_rounds *r, int job)
{
    const double *rate = r->rate + (size_t) job * (size_t) r->ntypes;
    const int *need = r->need + (size_t) job * (size_t) r->ntypes;
    double sum = 0, all = 0;

    for (int t = 0; t < r->ntypes; t++)
        if (need[t] > 0) {
            double part = (double) r->capacity[t] / r->nactive / need[t];

            all += part;
            sum += part * rate[t];
        }
    return all > 1 ? sum / all : sum;
}

/* What the jobs claim; the least rho that all can have, each by itself. */
static double
claim(struct ftf *s, const struct vn_view *view)
{
    struct vn_rounds *r = &s->solved.rounds;
    double least = 0;

    s->claims = vn_xrealloc(s->claims, (size_t) r->nactive, sizeof *s->claims);
    for (int i = 0; i < r->nactive; i++) {
        int job = r->active[i];
        struct claim *c = &s->claims[i];
        double speed = isolated(r, job), best = 0;

        *c = (struct claim){
            .came_s =
                (double) (vn_view_now(view) - vn_view_job(view, job)->submit)
                * 1e-6,
            .steps = vn_rounds_steps(view, job)};
        if (speed <= 0)
            continue; /* what it runs on is out of order */
        for (int t = 0; t < r->ntypes; t++)
            best = fmax(best, r->rate[job * r->ntypes + t]);
        c->alone_s = c->came_s + c->steps / speed;
        least = fmax(least, (c->came_s + c->steps / best) / c->alone_s);
    }
    return least;
}

/* Ask for rho <= r of all: *z is 1 or more if that can be. */
static enum vn_status
ask(struct ftf *s, double rho, enum vn_program_goal goal, double *z,
    struct vn_error *err)
{
    struct vn_rounds *r = &s->solved.rounds;

    vn_program_clear(s->solved.program);
    for (int i = 0; i < r->nactive; i++) {
        struct claim *c = &s->claims[i];
        size_t cell = (size_t) r->active[i] * (size_t) r->ntypes;
        double *rate = vn_rounds_shares(r, r->active[i]);
        double within = rho * c->alone_s - c->came_s;

        for (int t = 0; t < r->ntypes; t++)
            rate[t] = c->alone_s > 0
                          ? r->rate[cell + (size_t) t] / c->steps * within
                          : 0;
        s->solved.class[i] =
            vn_program_join(s->solved.program, rate, r->need + cell, true);
    }
    return vn_program_solve(s->solved.program, goal, z, err);
}

/* The least rho, between low, which may be too low, and high, which is not. */
static enum vn_status
find(struct ftf *s, double low, double high, double *rho, struct vn_error *err)
{
    enum vn_status status;
    double below, above, z;
    int side = 0;

    if ((status = ask(s, low, VN_PROGRAM_ANY, &below, err)) != VN_OK
        || (status = ask(s, high, VN_PROGRAM_ANY, &above, err)) != VN_OK)
        return status;
    below -= 1;
    above -= 1;
    if (below >= 0)
        high = low;
    for (int i = 0; i < TRIES_MAX && high - low > 1e-6 * high; i++) {
        double at = (low * above - high * below) / (above - below);

        if (!(at > low && at < high))
            at = (low + high) / 2;
        status = ask(s, at, VN_PROGRAM_ANY, &z, err);
        if (status != VN_OK)
            return status;
        z -= 1;
        if (fabs(z) < 1e-7) {
            low = high = at;
        } else if (z > 0) {
            high = at;
            above = z;
            below /= side > 0 ? 2 : 1;
            side = 1;
        } else {
            low = at;
            below = z;
            above /= side < 0 ? 2 : 1;
            side = -1;
        }
    }
    *rho = high;
    return VN_OK;
}

static enum vn_status
solve(void *state, const struct vn_view *view, struct vn_error *err)
{
    struct ftf *s = state;
    double low, rho, z;
    enum vn_status status;

    low = claim(s, view) * (1 + 1e-9);
    status = find(s, low, fmax(low, 1 + 1e-9), &rho, err);
    return status == VN_OK ? ask(s, rho, VN_PROGRAM_LEAST, &z, err) : status;
}

static void
decide(void *state, const struct vn_view *view, struct vn_answer *answer)
{
    vn_solved_decide(state, view, answer, solve);
}

const struct vn_policy vn_policy_ftf = {
    .name = "finish-time-fairness",
    .summary = "least worst finish time against a cluster cut in equal "
               "parts, in rounds (Themis' metric, Gavel)",
    .knows = "step times, steps",
    .options = vn_solved_options,
    .leases = true,
    .whole = true,
    .state_size = sizeof(struct ftf),
    .open = vn_solved_open,
    .close = ftf_close,
    .arrive = vn_solved_arrive,
    .leave = vn_solved_leave,
    .decide = decide,
};
