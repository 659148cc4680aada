/*
 * A run as it is simulated: its jobs' times and the decisions that took
 * effect.
 */
#include "config.h"

#include "replay/experiment/elastic.h"
#include "sim/policy/policies.h"

#include "plan/pricing.h"
#include "sim/engine/engine.h"

#include <stdlib.h>

static int
compare_decisions(const void *a, const void *b)
{
    const struct vn_elastic_decision *x = a, *y = b;

    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return x->job < y->job ? -1 : x->job > y->job;
}

void
vn_elastic_sort(struct vn_elastic_outcome *o)
{
    qsort(o->decisions, (size_t) o->ndecisions, sizeof *o->decisions,
          compare_decisions);
}

/* A simulation on its way. */
struct watch {
    struct vn_elastic_outcome *outcome;
    struct vn_reader reader;
    char names[VN_ELASTIC_JOBS][16]; /* of own models */
    bool own;
};

static void
on_ended(void *arg, const struct vn_record *r)
{
    struct vn_elastic_outcome *o = ((struct watch *) arg)->outcome;

    o->submit[r->id] = r->submit;
    o->start[r->id] = r->start;
    o->finish[r->id] = r->finish;
    if (r->id >= o->njobs)
        o->njobs = (int) r->id + 1;
}

static void
on_granted(void *arg, const struct vn_change *c)
{
    struct vn_elastic_outcome *o = ((struct watch *) arg)->outcome;

    if (c->after > 0 && o->ndecisions < VN_ELASTIC_STEPS)
        o->decisions[o->ndecisions++] = (struct vn_elastic_decision){
            c->time, c->id, c->before, c->after, false};
}

/* A job trains on so many devices: the first decision for it is done. */
static void
on_mapped(void *arg, const struct vn_mapped *mapped)
{
    struct vn_elastic_outcome *o = ((struct watch *) arg)->outcome;

    for (int i = 0; i < o->ndecisions; i++) {
        struct vn_elastic_decision *d = &o->decisions[i];

        if (d->job == mapped->id && !d->done && d->to == mapped->works[0]) {
            d->done = true;
            return;
        }
    }
}

/* Leave out what did not take effect. */
static void
keep_done(struct vn_elastic_outcome *o)
{
    int n = 0;

    for (int i = 0; i < o->ndecisions; i++)
        if (o->decisions[i].done)
            o->decisions[n++] = o->decisions[i];
    o->ndecisions = n;
}

static enum vn_status
next_job(void *arg, struct vn_job *job, bool *more, struct vn_error *err)
{
    struct watch *w = arg;
    struct vn_source source = vn_workload_source(&w->reader);
    enum vn_status status = source.next(source.arg, job, more, err);

    if (status == VN_OK && *more && w->own)
        job->model = (int) job->id;
    return status;
}

static const char *
model(void *arg, int number)
{
    struct watch *w = arg;

    return w->own ? w->names[number]
                  : w->reader.workload->names->models.text[number];
}

enum vn_status
vn_elastic_simulate(struct vn_elastic_lab *lab, const char *name,
                    const struct vn_profile *profile,
                    const struct vn_costs *costs, bool own,
                    struct vn_elastic_outcome *o, struct vn_error *err)
{
    struct watch watch = {.outcome = o, .own = own};
    double values[VN_POLICY_OPTIONS_MAX];
    struct vn_engine_config config = {
        .cluster = &lab->cluster,
        .source = {next_job, &watch, NULL, model},
        .options = values,
        .profile = profile,
        .costs = costs,
        .observer = {.arg = &watch,
                     .ended = on_ended,
                     .granted = on_granted,
                     .mapped = on_mapped}};
    struct vn_pricing_config pricing = {.cluster = &lab->cluster,
                                        .profile = profile};
    struct vn_engine *engine = NULL;
    struct vn_summary summary;
    enum vn_status status;

    *o = (struct vn_elastic_outcome){0};
    watch.reader.workload = &lab->workload;
    for (int i = 0; i < VN_ELASTIC_JOBS; i++)
        snprintf(watch.names[i], sizeof watch.names[i], "job-%d", i);
    if ((status = vn_policy_find(name, &config.policy, err)) == VN_OK
        && (status = vn_policy_configure(config.policy, NULL, 0, values, err))
               == VN_OK
        && (status = vn_pricing_alloc(&pricing, &config.pricing, err)) == VN_OK
        && (status = vn_engine_alloc(&config, &engine, err)) == VN_OK
        && (status = vn_engine_run(engine, err)) == VN_OK)
        status = vn_engine_summary(engine, &summary, err);
    if (status == VN_OK)
        o->utilisation = summary.utilisation;
    vn_engine_free(engine);
    vn_pricing_free(config.pricing);
    keep_done(o);
    vn_elastic_sort(o);
    return status;
}
