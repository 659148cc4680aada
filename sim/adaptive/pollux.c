/*
 * Pollux in the reference form (Qiao et al., OSDI'21, and its artifact).
 *
 * A job learns from its own steps how fast it would be elsewhere
 * (plan/adaptive/learned.h) and cuts its batch as goodput is best; in each
 * round a search over all jobs and nodes (sim/policy/adaptive/genetic.h) says
 * which devices each has.  It begins with the states in which the last one
 * ended; their rows go to the jobs that are still there by position and not
 * by name, as the artifact has it, so that jobs whose order changed start
 * from each other's.
 *
 * ncf keeps its batch, on one device, as there.
 */
#include "config.h"

#include "sim/adaptive/policies.h"

#include "base/xalloc.h"
#include "plan/adaptive/learned.h"
#include "sim/policy/adaptive/genetic.h"
#include "sim/policy/adaptive/speedup.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    STREAM = 0x706f6c6c7578, /* purpose of its random numbers */
    MOST = 64                /* devices of a job */
};

struct state {
    int njobs;
    struct vn_learned *learned; /* [jobs] */
    struct vn_genetic *genetic;
    int *last; /* jobs of the last round, in the search's order */
    int nlast;
    int *order;   /* of this round */
    int *devices; /* [nodes] */
    struct vn_genetic_job *rows;
    struct vn_speedup *speedups;
    uint8_t *present, *answer; /* [jobs x nodes] */
    int *nodes;                /* a grant */
};

static enum vn_status
pollux_open(void *state, const struct vn_reference *rounds,
            struct vn_error *err)
{
    struct state *s = state;
    const struct vn_reference_config *c = vn_reference_config(rounds);
    const struct vn_reference_type *type = &c->types[0];
    size_t n = (size_t) c->njobs, nodes = (size_t) type->nodes;

    if (type->devices > VN_GENETIC_DEVICES)
        return vn_fail(err, VN_EUNSUP,
                       "nodes of %d devices, expected at most %d under pollux",
                       type->devices, VN_GENETIC_DEVICES);
    s->njobs = c->njobs;
    s->learned = vn_xcalloc(n, sizeof *s->learned);
    s->genetic = vn_genetic_alloc();
    s->last = vn_xcalloc(n, sizeof *s->last);
    s->order = vn_xcalloc(n, sizeof *s->order);
    s->devices = vn_xcalloc(nodes, sizeof *s->devices);
    for (size_t i = 0; i < nodes; i++)
        s->devices[i] = type->devices;
    s->rows = vn_xcalloc(n, sizeof *s->rows);
    s->speedups = vn_xcalloc(n, sizeof *s->speedups);
    s->present = vn_xcalloc(n * nodes, 1);
    s->answer = vn_xcalloc(n * nodes, 1);
    s->nodes = vn_xcalloc(nodes * (size_t) type->devices, sizeof *s->nodes);
    return VN_OK;
}

static void
pollux_close(void *state)
{
    struct state *s = state;

    for (int i = 0; i < s->njobs; i++)
        vn_learned_free(&s->learned[i]);
    vn_genetic_free(s->genetic);
    free(s->learned);
    free(s->last);
    free(s->order);
    free(s->devices);
    free(s->rows);
    free(s->speedups);
    free(s->present);
    free(s->answer);
    free(s->nodes);
}

static const struct vn_application_on *
on(const struct vn_reference *rounds, const struct vn_application *a)
{
    return &a->on[vn_reference_config(rounds)->types[0].tables];
}

static struct vn_batch_limits
limits_of(const struct vn_reference *rounds, const struct vn_application *a)
{
    return (struct vn_batch_limits){.init = a->init_batch,
                                    .max = a->max_batch,
                                    .min_local = on(rounds, a)->min_local,
                                    .max_local = on(rounds, a)->max_local};
}

static enum vn_status
pollux_cut(void *state, const struct vn_reference *rounds, int job,
           struct vn_cut *cut, struct vn_error *err)
{
    struct state *s = state;
    const struct vn_reference_job *j = vn_reference_job(rounds, job);
    const struct vn_application *a = j->wants.application;
    const struct vn_goodput_model *model = vn_learned_model(&s->learned[job]);
    struct vn_batch_limits limits = limits_of(rounds, a);
    int64_t least = limits.min_local * j->has.n, most;

    (void) err;
    if (!vn_reference_adapts(a))
        *cut =
            vn_application_cut(a, limits.max_local, j->wants.batch, j->has.n);
    else if (model == NULL)
        *cut = vn_application_cut(a, limits.max_local,
                                  least > limits.init ? least : limits.init,
                                  j->has.n);
    else
        vn_goodput_best(model, j->gradient, &limits, j->nruns, j->has.n, cut);
    most = limits.max / (j->has.n * (cut->accumulate + 1));
    if (cut->atomic > most)
        cut->atomic = most;
    return VN_OK;
}

static enum vn_status
pollux_measured(void *state, const struct vn_reference *rounds, int job,
                struct vn_error *err)
{
    struct state *s = state;
    const struct vn_reference_job *j = vn_reference_job(rounds, job);

    return vn_learned_see(
        &s->learned[job],
        (struct vn_fit_point){j->nruns, j->has.n, j->cut.atomic, j->step},
        err);
}

/* Jobs by what they have had, then by submission. */
static void
sort_jobs(struct state *s, const struct vn_reference *rounds, int n)
{
    const int *active = vn_reference_active(rounds, &n);

    for (int i = 0; i < n; i++) {
        const struct vn_reference_job *j = vn_reference_job(rounds, active[i]);
        int k = i;

        for (; k > 0; k--) {
            const struct vn_reference_job *before =
                vn_reference_job(rounds, s->order[k - 1]);

            if (before->attained_s < j->attained_s
                || (before->attained_s == j->attained_s
                    && before->wants.submit_s <= j->wants.submit_s))
                break;
            s->order[k] = s->order[k - 1];
        }
        s->order[k] = active[i];
    }
}

static bool
contains(const int *list, int n, int job)
{
    for (int i = 0; i < n; i++)
        if (list[i] == job)
            return true;
    return false;
}

/* Which rows of the last search the jobs of this one begin with. */
static void
carry_over(struct state *s, int n)
{
    int from = 0;

    for (int i = 0; i < n; i++) {
        s->rows[i].from = -1;
        if (!contains(s->last, s->nlast, s->order[i]))
            continue;
        while (!contains(s->order, n, s->last[from]))
            from++;
        s->rows[i].from = from++;
    }
}

/* A job as the search has it. */
static void
describe(struct state *s, const struct vn_reference *rounds, int i, int n)
{
    const struct vn_reference_config *c = vn_reference_config(rounds);
    const struct vn_reference_type *type = &c->types[0];
    int job = s->order[i], nodes = type->nodes;
    const struct vn_reference_job *j = vn_reference_job(rounds, job);
    const struct vn_application *a = j->wants.application;
    struct vn_batch_limits limits = limits_of(rounds, a);
    double age = vn_reference_now(rounds) - j->wants.submit_s;
    int64_t most = vn_reference_widest(a, type->tables, limits.max);

    if (most > MOST)
        most = MOST;
    if (most > 2 * s->learned[job].most)
        most = 2 * s->learned[job].most > 1 ? 2 * s->learned[job].most : 1;
    s->rows[i].most = (int) most;
    s->rows[i].moved =
        fmax(age - c->restart_s * j->restarts, 0) / (age + c->restart_s);
    s->speedups[i] =
        vn_speedup_of(vn_learned_model(&s->learned[job]), j->gradient, &limits,
                      nodes, nodes * type->devices, n);
    memset(s->present + (size_t) i * (size_t) nodes, 0, (size_t) nodes);
    for (int k = 0; k < j->has.n; k++)
        s->present[i * nodes + j->has.nodes[k]]++;
}

static double
speedup(void *arg, int row, int nodes, int devices)
{
    const struct state *s = arg;

    return vn_speedup_on(&s->speedups[row], nodes, devices);
}

static void
give(struct state *s, struct vn_reference *rounds, int i)
{
    int nodes = vn_reference_config(rounds)->types[0].nodes, n = 0;

    for (int k = 0; k < nodes; k++)
        for (int d = 0; d < s->answer[i * nodes + k]; d++)
            s->nodes[n++] = k;
    if (n > 0)
        vn_reference_give(rounds, s->order[i], 0, s->nodes, n);
}

static enum vn_status
pollux_decide(void *state, struct vn_reference *rounds, double *objective,
              struct vn_error *err)
{
    struct state *s = state;
    const struct vn_reference_config *c = vn_reference_config(rounds);
    struct vn_rng rng =
        vn_rng_stream(c->seed, STREAM, (uint64_t) vn_reference_count(rounds));
    struct vn_genetic_problem p = {.nnodes = c->types[0].nodes,
                                   .devices = s->devices,
                                   .jobs = s->rows,
                                   .present = s->present,
                                   .speedup = speedup,
                                   .arg = s};

    (void) err;
    vn_reference_active(rounds, &p.njobs);
    sort_jobs(s, rounds, p.njobs);
    carry_over(s, p.njobs);
    for (int i = 0; i < p.njobs; i++)
        describe(s, rounds, i, p.njobs);
    *objective = vn_genetic_run(s->genetic, &p, &rng, s->answer).fitness;
    for (int i = 0; i < p.njobs; i++)
        vn_reference_take(rounds, s->order[i]);
    for (int i = 0; i < p.njobs; i++)
        give(s, rounds, i);
    memcpy(s->last, s->order, (size_t) p.njobs * sizeof *s->last);
    s->nlast = p.njobs;
    return VN_OK;
}

const struct vn_reference_policy vn_reference_pollux = {
    .name = "pollux",
    .state_size = sizeof(struct state),
    .open = pollux_open,
    .close = pollux_close,
    .cut = pollux_cut,
    .measured = pollux_measured,
    .decide = pollux_decide,
};
