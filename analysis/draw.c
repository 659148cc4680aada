#include "config.h"

#include "analysis/draw.h"

#include <stdlib.h>

enum vn_status
vn_draw_choose(const struct vn_request *a, const struct vn_results *r,
               const struct vn_experiments *e, int *which, char **list,
               struct vn_error *err)
{
    size_t size = 0;
    FILE *out;

    *list = NULL;
    *which = a->experiment > 0 ? (int) a->experiment - 1 : 0;
    if (e->n == 0)
        return vn_fail(err, VN_EINVAL,
                       "%s: holds no run under a policy, which is what this "
                       "figure is of",
                       a->results);
    if (*which >= e->n)
        return vn_fail(err, VN_EUSAGE,
                       "--experiment: '%d' is wrong, %s holds %d (see vnplot "
                       "list)",
                       *which + 1, a->results, e->n);
    if (a->experiment > 0 || e->n == 1)
        return VN_OK;
    out = open_memstream(list, &size);
    vn_experiments_list(&r->groups, e, out);
    fclose(out);
    return vn_fail(err, VN_EUSAGE,
                   "%s holds %d experiments, expected --experiment N or "
                   "--where to choose one:",
                   a->results, e->n);
}

/* Every group of an experiment has a replicate to show. */
static enum vn_status
check_replicates(const struct vn_drawing *d, struct vn_error *err)
{
    if (d->groups == NULL || d->groups->n == 0)
        return vn_fail(err, VN_EINVAL,
                       "%s: holds no run under a policy, which is what this "
                       "figure is of",
                       d->request->results);
    for (int i = 0; i < d->groups->n; i++)
        if (d->groups->all[i].nreplicates == 0)
            return vn_fail(err, VN_EINVAL,
                           "%s: no replicate was run under every policy, "
                           "expected --policy with those that were",
                           d->request->results);
    return VN_OK;
}

/* Options that the figure does not go by are refused, not ignored. */
static enum vn_status
check_options(const struct vn_drawing *d, struct vn_error *err)
{
    const struct vn_request *a = d->request;
    const struct vn_figure *f = d->figure;
    const char *what = NULL;

    if (a->metric >= 0 && !f->metric)
        what = "metric";
    else if (a->by != NULL && !f->by)
        what = "by";
    else if (a->jobs > 0 && !f->jobs)
        what = "jobs";
    if (what == NULL)
        return VN_OK;
    return vn_fail(err, VN_EUSAGE, "--%s: the figure %s does not go by it",
                   what, f->name);
}

static double
choose_width(const struct vn_drawing *d)
{
    double own = d->figure->width > 0 ? d->figure->width : 3.3;

    return d->request->width > 0 ? d->request->width : own;
}

/* What the figure needs, with room for the names of the policies. */
static double
choose_height(const struct vn_drawing *d, const struct vn_subject *subject)
{
    const struct vn_group *g = subject->group;

    if (d->request->height > 0)
        return d->request->height;
    if (d->figure->more != NULL)
        return d->figure->height + d->figure->more(subject);
    if (g == NULL)
        return d->figure->height;
    if (d->figure->row > 0)
        return d->figure->height + d->figure->row * g->npolicies;
    return d->figure->height
           + vn_plot_key_height(subject->width,
                                (const char *const *) g->labels, g->npolicies);
}

/* More curves than can be told apart are a figure that lies. */
static enum vn_status
check_series(const struct vn_drawing *d, const struct vn_group *g,
             struct vn_error *err)
{
    if (g == NULL || d->figure->row > 0 || d->figure->more != NULL
        || g->npolicies <= VN_PLOT_SERIES)
        return VN_OK;
    return vn_fail(err, VN_EINVAL,
                   "%d policies, of which %d can be told apart in a "
                   "figure, expected --policy to choose some",
                   g->npolicies, VN_PLOT_SERIES);
}

static enum vn_status
make(const struct vn_drawing *d, const struct vn_subject *subject,
     struct vn_error *err)
{
    double height = choose_height(d, subject);
    struct vn_plot plot;
    enum vn_status status;

    if (d->output == NULL)
        status = vn_plot_probe(&plot, subject->width, height, err);
    else
        status =
            vn_plot_begin(&plot, d->output, (enum vn_plot_format) d->format,
                          subject->width, height, err);
    if (status != VN_OK)
        return status;
    status = d->figure->make(subject, &plot, err);
    if (status == VN_OK && d->output != NULL)
        status = vn_plot_draw(&plot, err);
    vn_plot_discard(&plot);
    return status;
}

enum vn_status
vn_draw(const struct vn_drawing *d, struct vn_error *err)
{
    const struct vn_request *a = d->request;
    struct vn_subject subject = {.width = choose_width(d),
                                 .metric = a->metric >= 0
                                               ? (enum vn_metric) a->metric
                                               : VN_METRIC_JCT_MEAN,
                                 .baseline = a->baseline,
                                 .by = a->by,
                                 .jobs = a->jobs};
    enum vn_status status = check_options(d, err);

    if (status != VN_OK)
        return status;
    if (d->figure->table) {
        subject.table = a->results;
        return make(d, &subject, err);
    }
    subject.store = d->results->store;
    subject.runs = &d->results->runs;
    subject.groups = d->groups;
    subject.group =
        d->groups != NULL && d->groups->n > 0 ? &d->groups->all[0] : NULL;
    if (!d->figure->kinds) {
        status = check_replicates(d, err);
        if (status == VN_OK)
            status = check_series(d, subject.group, err);
    }
    return status == VN_OK ? make(d, &subject, err) : status;
}
