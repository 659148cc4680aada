#include "config.h"

#include "plan/adaptive/application.h"

#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>

void
vn_applications_free(struct vn_applications *as)
{
    for (int i = 0; i < as->nof; i++) {
        struct vn_application *a = &as->of[i];

        for (int b = 0; b < a->nbatches; b++)
            free(a->batches[b].epochs);
        free(a->batches);
        free(a->needed);
        for (int t = 0; t < as->types.count && a->on != NULL; t++)
            vn_surface_free(a->on[t].surface);
        free(a->on);
    }
    free(as->of);
    vn_names_free(&as->paths);
    vn_names_free(&as->names);
    vn_names_free(&as->types);
    *as = (struct vn_applications){0};
}

const struct vn_application *
vn_applications_find(const struct vn_applications *as, const char *name)
{
    int i = vn_names_find(&as->names, name);

    return i >= 0 ? &as->of[i] : NULL;
}

/* What its tables lack to run a job, or NULL. */
static const char *
lacking(const struct vn_application *a)
{
    if (a->nbatches == 0)
        return "gradient statistics (validation.csv)";
    if (a->nneeded <= a->nepochs)
        return "the progress that ends each epoch (epoch_progress.csv)";
    return NULL;
}

enum vn_status
vn_applications_demand(const struct vn_applications *as, const char *name,
                       const struct vn_application **application,
                       struct vn_error *err)
{
    const struct vn_application *a = vn_applications_find(as, name);
    const char *near;

    *application = a;
    if (a == NULL) {
        near = vn_names_nearest(name, (const char *const *) as->names.text,
                                (size_t) as->names.count);
        return vn_fail(err, VN_EFORMAT,
                       "'%.64s' is no application of the tables%s%s%s", name,
                       near != NULL ? "; did you mean '" : "",
                       near != NULL ? near : "", near != NULL ? "'?" : "");
    }
    if (lacking(a) != NULL)
        return vn_fail(err, VN_EFORMAT,
                       "application '%.64s' cannot run: the tables lack %s",
                       name, lacking(a));
    return VN_OK;
}

static double
mixed(double low, double high, double batch, double from, double to)
{
    return ((batch - from) * high + (to - batch) * low) / (to - from);
}

bool
vn_application_epoch(const struct vn_application *a, int64_t batch, int epoch,
                     struct vn_epoch *at)
{
    int i = 0;
    const struct vn_epoch *low, *high;
    double x = (double) batch, from, to;

    while (i < a->nbatches && a->batches[i].batch < batch)
        i++;
    if (i == a->nbatches || epoch < 0 || epoch >= a->nepochs)
        return false;
    high = &a->batches[i].epochs[epoch];
    if (a->batches[i].batch == batch) {
        *at = *high;
        return true;
    }
    if (i == 0)
        return false;
    low = &a->batches[i - 1].epochs[epoch];
    from = (double) a->batches[i - 1].batch;
    to = (double) a->batches[i].batch;
    *at = (struct vn_epoch){
        .progress = mixed(low->progress, high->progress, x, from, to),
        .iteration = mixed(low->iteration, high->iteration, x, from, to),
        .gradient = {
            .sqr = mixed(low->gradient.sqr, high->gradient.sqr, x, from, to),
            .var = mixed(low->gradient.var, high->gradient.var, x, from, to)}};
    return true;
}

double
vn_gradient_gain(struct vn_gradient g, double scale)
{
    return (g.var + g.sqr) / (g.var / scale + g.sqr);
}

double
vn_cut_step_s(struct vn_cut cut, struct vn_step step)
{
    return step.step_s + (step.step_s - step.sync_s) * cut.accumulate;
}

/* Rounded up, but not for what rounding errors add. */
static int64_t
up(double x)
{
    return (int64_t) ceil(x - 1e-8);
}

struct vn_cut
vn_application_cut(const struct vn_application *a, int64_t max_local,
                   int64_t batch, int replicas)
{
    int64_t local = up((double) batch / replicas);
    int64_t accumulate = up((double) local / (double) max_local) - 1;
    int64_t most;
    struct vn_cut cut;

    if (replicas == 1 && batch > a->init_batch && accumulate < 1)
        accumulate = 1;
    cut.accumulate = (int) accumulate;
    cut.atomic = up((double) local / (double) (accumulate + 1));
    most = a->max_batch / (replicas * (accumulate + 1));
    if (cut.atomic > most)
        cut.atomic = most;
    return cut;
}

double
vn_application_step_s(const struct vn_application *a,
                      const struct vn_application_on *on, int64_t batch, int n,
                      int per_node)
{
    struct vn_cut cut = vn_application_cut(a, on->max_local, batch, n);
    int *placement = vn_xcalloc((size_t) n, sizeof *placement), nodes = 0;
    struct vn_step step;
    bool known;

    for (int left = n; left > 0; left -= per_node)
        placement[nodes++] = left < per_node ? left : per_node;
    known =
        cut.atomic > 0
        && vn_surface_time(on->surface, placement, nodes, cut.atomic, &step);
    free(placement);
    return known ? vn_cut_step_s(cut, step) : INFINITY;
}

double
vn_application_steps(const struct vn_application *a, int64_t batch)
{
    double steps = 0, scale = (double) batch / (double) a->init_batch;

    for (int e = 0; e < a->nepochs; e++) {
        struct vn_epoch epoch;

        if (!vn_application_epoch(a, batch, e, &epoch))
            return INFINITY;
        steps += (a->needed[e + 1] - a->needed[e])
                 / vn_gradient_gain(epoch.gradient, scale);
    }
    return steps;
}

/* Seconds that all of training takes with the batch that a cut comes to. */
static double
training_s(const struct vn_application *a, const struct vn_application_on *on,
           int64_t batch, int n, int per_node)
{
    struct vn_cut cut = vn_application_cut(a, on->max_local, batch, n);
    double step_s = vn_application_step_s(a, on, batch, n, per_node);

    if (cut.atomic < on->min_local || !isfinite(step_s))
        return INFINITY;
    return step_s
           * vn_application_steps(a, n * cut.atomic * (cut.accumulate + 1));
}

double
vn_application_best_step_s(const struct vn_application *a,
                           const struct vn_application_on *on, int64_t batch,
                           int n, int per_node)
{
    enum {
        TRIED = 50
    };
    double steps = vn_application_steps(a, batch), low, high, best;

    if (!isfinite(steps)) /* there is nothing to count progress in */
        return INFINITY;
    best = vn_application_step_s(a, on, batch, n, per_node) * steps;
    low = fmax((double) a->init_batch, (double) on->min_local * n);
    high = (double) a->max_batch;
    for (int i = 0; i < TRIED; i++) {
        double tried = low * pow(high / low, i / (TRIED - 1.0));

        if (tried <= high)
            best = fmin(
                best, training_s(a, on, (int64_t) round(tried), n, per_node));
    }
    return best / steps;
}
