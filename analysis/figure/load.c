/*
 * A metric against offered load (analysis/figure/curve.h), of the jobs that
 * every policy finished; a line marks the load of 1, which no policy can
 * serve.
 */
#include "config.h"

#include "analysis/figure/curve.h"
#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int
find_policy(const struct vn_group *g, const char *label)
{
    for (int p = 0; p < g->npolicies; p++)
        if (strcmp(g->labels[p], label) == 0)
            return p;
    return -1;
}

/* A policy at the load of a group. */
static struct vn_curve_point
make_point(const struct vn_subject *subject, const struct vn_comparison *c,
           int series, int p)
{
    const struct vn_group *g = c->group;
    struct vn_curve_point point = {
        .series = series, .x = g->first->load, .unfinished = c->unfinished[p]};

    point.y =
        subject->baseline != NULL
            ? vn_interval_ratio(vn_comparison_values(c, subject->metric, p),
                                vn_comparison_values(c, subject->metric, 0),
                                g->nreplicates, 0.95)
            : vn_comparison_interval(c, subject->metric, p, 0.95);
    return point;
}

static enum vn_status
compare(const struct vn_subject *subject, struct vn_comparison *c, int *made,
        struct vn_error *err)
{
    const struct vn_groups *all = subject->groups;
    enum vn_status status = VN_OK;

    for (*made = 0; *made < all->n && status == VN_OK;
         *made += status == VN_OK) {
        const struct vn_group *g = &all->all[*made];

        if (isnan(g->first->load))
            return vn_fail(err, VN_EINVAL,
                           "run %s has no load, expected runs of 'vnreplay "
                           "run --load'",
                           g->first->name);
        if (subject->baseline != NULL
            && !vn_group_is(g->labels[0], subject->baseline))
            return vn_fail(err, VN_EINVAL,
                           "no run of %s at load %g, to which ratios would be",
                           subject->baseline, g->first->load);
        status = vn_comparison_make(subject->store, g, &c[*made], err);
    }
    return status;
}

static enum vn_status
load_make(const struct vn_subject *subject, struct vn_plot *plot,
          struct vn_error *err)
{
    const struct vn_groups *all = subject->groups;
    const struct vn_group *g = subject->group;
    struct vn_comparison *c = vn_xcalloc((size_t) all->n, sizeof *c);
    struct vn_curves curves = {
        .labels = (const char *const *) g->labels,
        .nseries = g->npolicies,
        .points = vn_xcalloc((size_t) (all->n * g->npolicies),
                             sizeof *curves.points),
        .x_name = "load",
        .x_title = "offered load",
        .x_mark = all->all[all->n - 1].first->load >= 0.9 ? 1 : NAN,
        .metric = subject->metric,
        .baseline = subject->baseline};
    int made;
    enum vn_status status = compare(subject, c, &made, err);

    if (status == VN_OK && all->n < 2)
        status = vn_fail(err, VN_EINVAL,
                         "runs of one load, expected several (see vnreplay "
                         "run --load)");
    for (int s = 0; s < g->npolicies && status == VN_OK; s++)
        for (int i = 0; i < all->n; i++) {
            int p = find_policy(c[i].group, g->labels[s]);

            if (p >= 0)
                curves.points[curves.npoints++] =
                    make_point(subject, &c[i], s, p);
        }
    if (status == VN_OK)
        vn_curves_write(&curves, plot);
    while (made > 0)
        vn_comparison_free(&c[--made]);
    free(c);
    free(curves.points);
    return status;
}

const struct vn_figure vn_figure_load = {
    .name = "load",
    .summary = "a metric against offered load",
    .height = 1.75,
    .loads = true,
    .metric = true,
    .make = load_make,
};
