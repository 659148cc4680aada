#include "config.h"

#include "sim/adaptive/reference_state.h"

#include "base/xalloc.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void
vn_reference_free(struct vn_reference *r)
{
    if (r == NULL)
        return;
    if (r->state != NULL && r->config.policy->close != NULL)
        r->config.policy->close(r->state);
    free(r->state);
    for (int i = 0; i < r->config.njobs; i++) {
        free(r->jobs[i].has.nodes);
        free(r->jobs[i].runs);
        free(r->next[i].nodes);
        free(r->said[i].had.nodes);
    }
    for (int t = 0; t < r->config.ntypes; t++) {
        free(r->free[t]);
        free(r->spanning[t]);
    }
    free(r->jobs);
    free(r->next);
    free(r->said);
    free(r->active);
    free(r->scratch);
    free(r);
}

static struct vn_reference *
make(const struct vn_reference_config *config)
{
    struct vn_reference *r = vn_xcalloc(1, sizeof *r);
    size_t n = (size_t) config->njobs;
    int devices = 0;

    r->config = *config;
    r->jobs = vn_xcalloc(n, sizeof *r->jobs);
    r->next = vn_xcalloc(n, sizeof *r->next);
    r->said = vn_xcalloc(n, sizeof *r->said);
    r->active = vn_xcalloc(n, sizeof *r->active);
    r->left = config->njobs;
    for (int i = 0; i < config->njobs; i++) {
        r->jobs[i] = (struct vn_reference_job){.wants = config->jobs[i],
                                               .has = {.type = -1},
                                               .first_s = NAN,
                                               .finish_s = NAN};
        r->next[i].type = r->said[i].had.type = -1;
    }
    for (int t = 0; t < config->ntypes; t++) {
        const struct vn_reference_type *type = &config->types[t];

        r->free[t] = vn_xcalloc((size_t) type->nodes, sizeof(int));
        r->spanning[t] = vn_xcalloc((size_t) type->nodes, sizeof(int));
        devices += type->nodes * type->devices;
    }
    r->scratch = vn_xcalloc((size_t) devices, sizeof(int));
    return r;
}

static void
copy(struct vn_reference_grant *to, int type, const int *nodes, int n)
{
    to->type = n > 0 ? type : -1;
    if (n > 0) {
        to->nodes = vn_xrealloc(to->nodes, (size_t) n, sizeof *nodes);
        memmove(to->nodes, nodes, (size_t) n * sizeof *nodes);
    }
    to->n = n;
}

static bool
same(const struct vn_reference_grant *a, const struct vn_reference_grant *b)
{
    return a->n == b->n
           && (a->n == 0
               || (a->type == b->type
                   && memcmp(a->nodes, b->nodes, (size_t) a->n * sizeof(int))
                          == 0));
}

bool
vn_reference_adapts(const struct vn_application *a)
{
    return strcmp(a->name, "ncf") != 0;
}

int64_t
vn_reference_widest(const struct vn_application *a, int tables, int64_t batch)
{
    return vn_reference_adapts(a) ? batch / a->on[tables].min_local : 1;
}

int
vn_reference_runs(const int *nodes, int n, int *runs)
{
    int count = 0;

    for (int i = 0; i < n; i++)
        if (i > 0 && nodes[i] == nodes[i - 1])
            runs[count - 1]++;
        else
            runs[count++] = 1;
    return count;
}

/* Mark the jobs that meet another on a node, both spanning several. */
static void
find_interference(struct vn_reference *r)
{
    if (r->config.interference == 0)
        return;
    for (int t = 0; t < r->config.ntypes; t++)
        memset(r->spanning[t], 0,
               (size_t) r->config.types[t].nodes * sizeof(int));
    for (int pass = 0; pass < 2; pass++)
        for (int k = 0; k < r->nactive; k++) {
            struct vn_reference_job *j = &r->jobs[r->active[k]];

            j->interferes = false;
            for (int i = 0; i < j->has.n && j->nruns > 1; i++) {
                int *here = &r->spanning[j->has.type][j->has.nodes[i]];
                bool counted = i > 0 && j->has.nodes[i] == j->has.nodes[i - 1];

                if (pass == 0)
                    *here += !counted;
                else if (*here > 1)
                    j->interferes = true;
            }
        }
}

/* Who is there now; those that are done have nothing any more. */
static void
find_active(struct vn_reference *r)
{
    r->nactive = r->left = 0;
    for (int i = 0; i < r->config.njobs; i++) {
        struct vn_reference_job *j = &r->jobs[i];

        if (!isnan(j->finish_s)) {
            copy(&j->has, -1, NULL, 0);
            j->cut = (struct vn_cut){0};
            continue;
        }
        r->left++;
        if (j->wants.submit_s <= r->now)
            r->active[r->nactive++] = i;
    }
}

static void
open_round(struct vn_reference *r)
{
    for (int t = 0; t < r->config.ntypes; t++)
        for (int n = 0; n < r->config.types[t].nodes; n++)
            r->free[t][n] = r->config.types[t].devices;
    for (int k = 0; k < r->nactive; k++) {
        int i = r->active[k];
        const struct vn_reference_grant *has = &r->jobs[i].has;

        copy(&r->next[i], has->type, has->nodes, has->n);
        for (int d = 0; d < has->n; d++)
            r->free[has->type][has->nodes[d]]--;
    }
}

/* Its placement: the runs of its nodes, or equal parts where there are more
 * of them than were profiled. */
static int
place(const struct vn_reference *r, const struct vn_reference_grant *g,
      int *runs)
{
    int most = r->config.types[g->type].most_nodes;
    int n = vn_reference_runs(g->nodes, g->n, runs);

    if (most > 0 && n > most) {
        int part = (g->n + most - 1) / most;

        n = 0;
        for (int left = g->n; left > 0; left -= part)
            runs[n++] = left < part ? left : part;
    }
    return n;
}

/* Give a job what was decided. */
static enum vn_status
apply(struct vn_reference *r, int job, struct vn_error *err)
{
    struct vn_reference_job *j = &r->jobs[job];
    const struct vn_reference_grant *next = &r->next[job];
    bool alike =
        j->has.n > 0 && next->n == j->has.n && next->type == j->has.type;
    int n;

    if (same(&j->has, next))
        return VN_OK;
    if (next->n == 0) {
        copy(&j->has, -1, NULL, 0);
        j->nruns = 0;
        j->cut = (struct vn_cut){0};
        return VN_OK;
    }
    n = place(r, next, r->scratch);
    alike = alike && n == j->nruns
            && memcmp(j->runs, r->scratch, (size_t) n * sizeof(int)) == 0;
    copy(&j->has, next->type, next->nodes, next->n);
    if (alike && r->config.moves_are_free)
        return VN_OK;
    j->runs = vn_xrealloc(j->runs, (size_t) n, sizeof(int));
    memcpy(j->runs, r->scratch, (size_t) n * sizeof(int));
    j->nruns = n;
    j->stepped = false;
    j->rescale_s = r->config.restart_s;
    if (isnan(j->rescale_s))
        j->rescale_s =
            j->wants.application->on[r->config.types[next->type].tables]
                .restart_s;
    j->restarts += j->started;
    j->started = true;
    if (isnan(j->first_s))
        j->first_s = r->now;
    return vn_reference_cut(r, job, err);
}

/* Tell the observer what is not as it was told before. */
static void
tell(struct vn_reference *r, double objective)
{
    const struct vn_reference_observer *o = &r->config.observer;
    int used[VN_REFERENCE_TYPES] = {0};

    for (int k = 0; k < r->nactive; k++) {
        const struct vn_reference_grant *has = &r->jobs[r->active[k]].has;

        if (has->n > 0)
            used[has->type] += has->n;
    }
    if (o->decided != NULL)
        o->decided(o->arg, r, r->nactive, used, objective);
    for (int i = 0; i < r->config.njobs && o->changed != NULL; i++) {
        const struct vn_reference_job *j = &r->jobs[i];
        struct vn_reference_said *s = &r->said[i];

        if (same(&s->had, &j->has) && s->cut.atomic == j->cut.atomic
            && s->cut.accumulate == j->cut.accumulate)
            continue;
        copy(&s->had, j->has.type, j->has.nodes, j->has.n);
        s->cut = j->cut;
        o->changed(o->arg, r, i);
    }
}

static enum vn_status
decide(struct vn_reference *r, struct vn_error *err)
{
    double objective = NAN;
    enum vn_status status = VN_OK;

    if (r->nactive > 0) {
        open_round(r);
        r->count++;
        status = r->config.policy->decide(r->state, r, &objective, err);
    }
    for (int k = 0; k < r->nactive && status == VN_OK; k++)
        status = apply(r, r->active[k], err);
    if (status == VN_OK)
        tell(r, objective);
    return status;
}

enum vn_status
vn_reference_run(const struct vn_reference_config *config,
                 struct vn_reference **rounds, struct vn_error *err)
{
    struct vn_reference *r = *rounds = make(config);
    enum vn_status status = VN_OK;

    r->state = vn_xcalloc(1, config->policy->state_size + 1);
    if (config->policy->open != NULL)
        status = config->policy->open(r->state, r, err);
    while (status == VN_OK && r->left > 0) {
        find_interference(r);
        for (int i = 0; i < config->njobs && status == VN_OK; i++)
            if (isnan(r->jobs[i].finish_s))
                status = vn_reference_advance(r, i, err);
        if (status != VN_OK)
            break;
        r->now += config->interval_s;
        find_active(r);
        status = decide(r, err);
        if (status == VN_OK && r->now > config->limit_s)
            status = vn_fail(err, VN_EPOLICY,
                             "%d jobs are left after %.0f s under %s", r->left,
                             r->now, config->policy->name);
    }
    return status;
}

const struct vn_reference_config *
vn_reference_config(const struct vn_reference *r)
{
    return &r->config;
}

double
vn_reference_now(const struct vn_reference *r)
{
    return r->now;
}

int64_t
vn_reference_count(const struct vn_reference *r)
{
    return r->count;
}

const struct vn_reference_job *
vn_reference_job(const struct vn_reference *r, int job)
{
    return &r->jobs[job];
}

const int *
vn_reference_active(const struct vn_reference *r, int *n)
{
    *n = r->nactive;
    return r->active;
}

int
vn_reference_free_on(const struct vn_reference *r, int type, int node)
{
    return r->free[type][node];
}

const struct vn_reference_grant *
vn_reference_next(const struct vn_reference *r, int job)
{
    return &r->next[job];
}

void
vn_reference_take(struct vn_reference *r, int job)
{
    struct vn_reference_grant *g = &r->next[job];

    for (int i = 0; i < g->n; i++)
        r->free[g->type][g->nodes[i]]++;
    copy(g, -1, NULL, 0);
}

void
vn_reference_give(struct vn_reference *r, int job, int type, const int *nodes,
                  int n)
{
    vn_reference_take(r, job);
    for (int i = 0; i < n; i++) {
        r->free[type][nodes[i]]--;
        assert(r->free[type][nodes[i]] >= 0);
    }
    copy(&r->next[job], type, nodes, n);
}

void
vn_reference_pack(struct vn_reference *r, int job, int type, int n)
{
    int *free_on = r->free[type], got = 0;

    vn_reference_take(r, job);
    while (got < n) {
        int best = 0;

        for (int i = 1; i < r->config.types[type].nodes; i++)
            if (free_on[i] > free_on[best])
                best = i;
        assert(free_on[best] > 0);
        while (got < n && free_on[best] > 0) {
            r->scratch[got++] = best;
            free_on[best]--;
        }
    }
    copy(&r->next[job], type, r->scratch, n);
}
