/*
 * Gavel's max-min fairness with shares of time per type (Narayanan et al.,
 * OSDI 2020, sections 3.1 and 4.1), and VirtualFlow's extension of it by
 * heterogeneous training.
 *
 * The share X_mj of its time that job m, of weight w_m, which asks for s_m
 * devices, shall spend on type j, on which it does T_mj steps a second with
 * the d_mj devices that it takes there (s_m, or all there are), solves
 *
 *     maximise min_m (s_m / w_m) sum_j X_mj T_mj / norm_m
 *     subject to  sum_j X_mj <= 1,  sum_m d_mj X_mj <= N_j,  X >= 0
 *
 * norm_m = sum_j T_mj N_j / sum_j N_j, what the job would get of a cluster
 * dealt out in proportion, as in Gavel's code; of two jobs the heavier is owed
 * more, so w_m divides.  It is solved when jobs come or go, and water-filled
 * (sim/policy/round/program.h), so that there is one optimum.
 *
 * gavel-ht leases each job that a round runs take idle devices of other types
 * too (vn_rounds_mix()).
 *
 * form=authors is the simulator of VirtualFlow's authors
 * (sim/policy/round/authors.h), form=simulator that of Gavel's
 * (sim/policy/round/simulator.h).
 */
#include "config.h"

#include "plan/cluster.h"
#include "sim/api/policy.h"
#include "sim/api/prediction.h"
#include "sim/policy/round/authors.h"
#include "sim/policy/round/program.h"
#include "sim/policy/round/rounds.h"
#include "sim/policy/round/simulator.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

extern const struct vn_policy vn_policy_gavel;
extern const struct vn_policy vn_policy_gavel_ht;

enum form {
    EXACT,
    AUTHORS,
    SIMULATOR
};

struct gavel {
    enum form form;
    bool mix;
    struct vn_rounds rounds; /* of EXACT */
    struct vn_program *program;
    int *class; /* of each job, in the program */
    int jobs;
    double error;
    struct vn_authors *authors;
    struct vn_gavel *simulator;
};

enum {
    OPTION_FORM,
    OPTION_ROUND,
    OPTION_SOLUTIONS,
    OPTION_TRACE,
    OPTION_MODE,
    OPTION_ERROR
};

static const char *const forms[] = {"exact", "authors", "simulator", NULL};

#define FORM_HELP                                                           \
    "exact: the pool counted once and one optimum; authors: as the "        \
    "simulator of VirtualFlow's authors; simulator: as Gavel's own, whose " \
    "changes cost nothing"

static const struct vn_policy_option gavel_options[] = {
    [OPTION_FORM] = {"form", FORM_HELP, "exact", VN_OPTION_CHOICE, 0, 0,
                     forms},
    [OPTION_ROUND] = {"round", "length of a round, seconds", "360",
                      VN_OPTION_TIME, 1e-3, 1e9, NULL},
    [OPTION_SOLUTIONS] = {"solutions",
                          "form authors: a table of solutions to be followed "
                          "(t_s, job_id, x_TYPE)",
                          "", VN_OPTION_TEXT, 0, 0, NULL},
    [OPTION_TRACE] = {"trace", "the rows of it with this trace", "",
                      VN_OPTION_TEXT, 0, 0, NULL},
    [OPTION_MODE] = {"mode", "and this mode", "", VN_OPTION_TEXT, 0, 0, NULL},
    [OPTION_ERROR] =
        VN_PREDICTION_OPTION("form exact: throughputs, by model and type,"),
    {NULL, NULL, NULL, VN_OPTION_REAL, 0, 0, NULL},
};

/* What time on each type is worth to a job, T / norm x s / w, in place. */
static void
value(double *rate, const int *devices, int ntypes, double scale)
{
    double norm = 0, all = 0;

    for (int t = 0; t < ntypes; t++) {
        norm += rate[t] * devices[t];
        all += devices[t];
    }
    for (int t = 0; t < ntypes && norm > 0; t++)
        rate[t] *= scale * all / norm;
}

/* One solution for Gavel's simulator, where types are by rank. */
static enum vn_status
gavel_solve(void *arg, struct vn_gavel_job *jobs, int njobs,
            const int *capacity, int ntypes, struct vn_error *err)
{
    struct vn_program *p = vn_program_alloc(capacity, ntypes);
    size_t n = (size_t) ntypes;
    double *rate = vn_xcalloc(n, sizeof *rate), least;
    int *class = vn_xcalloc((size_t) njobs, sizeof *class);
    enum vn_status status;

    (void) arg;
    for (int i = 0; i < njobs; i++) {
        memcpy(rate, jobs[i].rate, n * sizeof *rate);
        value(rate, capacity, ntypes, jobs[i].devices / jobs[i].weight);
        class[i] = vn_program_join(p, rate, jobs[i].need, true);
    }
    status = vn_program_solve(p, VN_PROGRAM_ANY, &least, err);
    for (int i = 0; i < njobs && status == VN_OK; i++)
        for (int k = 0; k < ntypes; k++)
            jobs[i].share[k] = vn_program_share(p, class[i], k);
    vn_program_free(p);
    free(rate);
    free(class);
    return status;
}

static enum vn_status
gavel_open(void *state, const struct vn_view *view, const double *values,
           struct vn_error *err)
{
    struct gavel *s = state;
    vn_time length = (vn_time) values[OPTION_ROUND];
    struct vn_authors_config authors = {
        .length = length,
        .mix = s->mix,
        .solutions = vn_policy_text(values[OPTION_SOLUTIONS]),
        .trace = vn_policy_text(values[OPTION_TRACE]),
        .mode = vn_policy_text(values[OPTION_MODE])};

    s->form = (enum form) values[OPTION_FORM];
    s->error = values[OPTION_ERROR];
    if (s->form != EXACT && s->error > 0)
        return vn_fail(err, VN_EUSAGE,
                       "policy gavel: error is of form=exact, another was "
                       "given");
    if (s->form != AUTHORS && *authors.solutions != '\0')
        return vn_fail(err, VN_EUSAGE,
                       "policy gavel: solutions are of form=authors, which "
                       "was not given");
    if (s->form == AUTHORS)
        return vn_authors_open(&authors, view, &s->authors, err);
    if (s->form == SIMULATOR && s->mix)
        return vn_fail(err, VN_EUSAGE,
                       "policy gavel-ht: form=simulator, expected exact or "
                       "authors: Gavel's simulator does not mix types");
    if (s->form == SIMULATOR)
        s->simulator =
            vn_gavel_open(&(struct vn_gavel_config){.length = length,
                                                    .pause = VN_GAVEL_PAUSE,
                                                    .spare = true,
                                                    .solve = gavel_solve},
                          view);
    else
        vn_rounds_open(&s->rounds, view, length);
    return VN_OK;
}

static enum vn_status
gavel_ht_open(void *state, const struct vn_view *view, const double *values,
              struct vn_error *err)
{
    struct gavel *s = state;

    s->mix = true;
    return gavel_open(state, view, values, err);
}

static void
gavel_close(void *state)
{
    struct gavel *s = state;

    vn_rounds_close(&s->rounds);
    vn_program_free(s->program);
    vn_authors_close(s->authors);
    vn_gavel_close(s->simulator);
    free(s->class);
}

/* Find the job's class in the program. */
static void
join(struct gavel *s, const struct vn_view *view, int job)
{
    const struct vn_job *j = vn_view_job(view, job);
    struct vn_rounds *r = &s->rounds;
    size_t cell = (size_t) job * (size_t) r->ntypes;
    double *rate = vn_rounds_shares(r, job); /* until it is solved */

    for (int t = 0; t < r->ntypes; t++)
        rate[t] = r->rate[cell + (size_t) t]
                  * vn_prediction_factor(
                      s->error, (uint64_t) (j->model * VN_TYPES_MAX + t));
    value(rate, r->capacity, r->ntypes, j->devices / j->weight);
    s->class[job] = vn_program_join(s->program, rate, r->need + cell, false);
}

static void
gavel_arrive(void *state, const struct vn_view *view, int job)
{
    struct gavel *s = state;

    switch (s->form) {
    case AUTHORS:
        vn_authors_arrive(s->authors, view, job);
        return;
    case SIMULATOR:
        vn_gavel_arrive(s->simulator, view, job);
        return;
    case EXACT:
        break;
    }
    vn_rounds_arrive(&s->rounds, view, job);
    if (job >= s->jobs) {
        s->jobs = 2 * job + 64;
        s->class = vn_xrealloc(s->class, (size_t) s->jobs, sizeof *s->class);
    }
    s->class[job] = -1;
}

static void
gavel_leave(void *state, const struct vn_view *view, int job)
{
    struct gavel *s = state;

    (void) view;
    switch (s->form) {
    case AUTHORS:
        vn_authors_leave(s->authors, job);
        return;
    case SIMULATOR:
        vn_gavel_leave(s->simulator, job);
        return;
    case EXACT:
        break;
    }
    vn_rounds_leave(&s->rounds, job);
    if (s->class[job] >= 0)
        vn_program_leave(s->program, s->class[job]);
}

/* Solve for the jobs that are there, and take the shares. */
static enum vn_status
solve(struct gavel *s, const struct vn_view *view, struct vn_error *err)
{
    struct vn_rounds *r = &s->rounds;
    enum vn_status status;
    double least;

    if (vn_rounds_devices_changed(r)) {
        vn_program_free(s->program);
        s->program = vn_program_alloc(r->capacity, r->ntypes);
        for (int i = 0; i < r->nactive; i++)
            s->class[r->active[i]] = -1;
    }
    for (int i = 0; i < r->nactive; i++)
        if (s->class[r->active[i]] < 0)
            join(s, view, r->active[i]);
    status = vn_program_solve(s->program, VN_PROGRAM_FILL, &least, err);
    for (int i = 0; i < r->nactive && status == VN_OK; i++)
        for (int t = 0; t < r->ntypes; t++)
            vn_rounds_shares(r, r->active[i])[t] =
                vn_program_share(s->program, s->class[r->active[i]], t);
    return status;
}

static void
gavel_decide(void *state, const struct vn_view *view, struct vn_answer *answer)
{
    struct gavel *s = state;
    struct vn_error err = {0};

    switch (s->form) {
    case AUTHORS:
        vn_authors_decide(s->authors, view, answer);
        return;
    case SIMULATOR:
        vn_gavel_decide(s->simulator, view, answer);
        return;
    case EXACT:
        break;
    }
    if (!vn_rounds_begin(&s->rounds, view, answer))
        return;
    if (vn_rounds_changed(&s->rounds) && solve(s, view, &err) != VN_OK) {
        vn_answer_fail(answer, err.text);
        return;
    }
    vn_rounds_place(&s->rounds, true);
    if (s->mix)
        vn_rounds_mix(&s->rounds, view);
    vn_rounds_answer(&s->rounds, view, answer);
}

const struct vn_policy vn_policy_gavel = {
    .name = "gavel",
    .summary = "max-min fair shares of time on each device type, in rounds "
               "(Gavel)",
    .knows = "step times",
    .options = gavel_options,
    .leases = true,
    .whole = true,
    .state_size = sizeof(struct gavel),
    .open = gavel_open,
    .close = gavel_close,
    .arrive = gavel_arrive,
    .leave = gavel_leave,
    .decide = gavel_decide,
};

const struct vn_policy vn_policy_gavel_ht = {
    .name = "gavel-ht",
    .summary = "gavel, and jobs that run take idle devices of other types too "
               "(VirtualFlow)",
    .knows = "step times",
    .options = gavel_options,
    .leases = true,
    .whole = true,
    .state_size = sizeof(struct gavel),
    .open = gavel_ht_open,
    .close = gavel_close,
    .arrive = gavel_arrive,
    .leave = gavel_leave,
    .decide = gavel_decide,
};
