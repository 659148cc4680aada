/* One figure, or vnplot's own word for a command. */
#include "config.h"

#include "analysis/command/command.h"

/* Of experiments that differ in their scaling alone the one under linear
 * scaling is drawn, unless another was asked for. */
static void
prefer_linear(struct vn_groups *groups)
{
    if (vn_groups_prefer_scaling(groups, "linear") > 0)
        fputs("vnplot: of experiments that differ in scaling, the one with "
              "scaling=linear (see --where, --experiment)\n",
              stderr);
}

static enum vn_status
draw_one(struct vn_drawing *d, char **list, struct vn_error *err)
{
    struct vn_results results = {.store = NULL};
    struct vn_experiments experiments = {.n = 0};
    enum vn_status status = vn_results_open(d->request, &results, err);
    int which = 0;

    if (status == VN_OK) {
        if (d->request->experiment == 0 && !d->figure->sweeps)
            prefer_linear(&results.groups);
        d->results = &results;
        vn_experiments_make(&results.groups, d->figure->loads, &experiments);
        if (!d->figure->kinds && !d->figure->sweeps)
            status = vn_draw_choose(d->request, &results, &experiments, &which,
                                    list, err);
        if (d->figure->sweeps)
            d->groups = &results.groups;
        else if (experiments.n > 0)
            d->groups = &experiments.all[which];
    }
    if (status == VN_OK)
        status = vn_draw(d, err);
    vn_experiments_free(&experiments);
    vn_results_close(&results);
    return status;
}

enum vn_status
vn_plot_figure(const struct vn_request *a, char **list, struct vn_error *err)
{
    struct vn_drawing d = {.request = a, .format = a->format};
    char fallback[64];
    enum vn_status status = vn_figure_find(a->word, &d.figure, err);

    if (status != VN_OK)
        return status;
    snprintf(fallback, sizeof fallback, "%s%s", a->word,
             vn_request_extension(a->format));
    d.output = a->output != NULL ? a->output : fallback;
    if (d.format < 0)
        status = vn_request_format(d.output, &d.format, err);
    if (status != VN_OK)
        return status;
    return d.figure->table ? vn_draw(&d, err) : draw_one(&d, list, err);
}
