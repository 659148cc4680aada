/*
 * Mean job completion time against offered load, one curve a policy, on a
 * logarithmic axis, with the 95 % interval over replicates where
 * there are several.  A point whose runs left jobs unfinished is open: its
 * mean leaves those jobs out, and would be larger with them.
 */
#include "config.h"

#include "analysis/comparison.h"
#include "analysis/figure/figure.h"
#include "base/number.h"
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

static void
write_number(FILE *out, double x)
{
    char text[VN_NUMBER_SIZE];

    fprintf(out, ",%s", isfinite(x) ? vn_format_real(text, x) : "");
}

/* One point: a policy at the load of a group. */
static void
write_point(FILE *out, int series, const struct vn_comparison *c, int p)
{
    const struct vn_group *g = c->group;
    struct vn_interval i = vn_comparison_interval(c, VN_METRIC_JCT_MEAN, p, 0.95);

    fprintf(out, "%d,", series);
    vn_csv_cell(out, g->labels[p]);
    write_number(out, g->first->load);
    fprintf(out, ",%d", g->nreplicates);
    write_number(out, i.estimate / 3600);
    write_number(out, i.low / 3600);
    write_number(out, i.high / 3600);
    fprintf(out, ",%lld\n", (long long) c->unfinished[p]);
}

/* The curves of the policies that the first load has, one after another. */
static enum vn_status
write_data(const struct vn_subject *subject, FILE *out, struct vn_error *err)
{
    const struct vn_groups *all = subject->groups;
    struct vn_comparison *c = vn_xcalloc((size_t) all->n, sizeof *c);
    enum vn_status status = VN_OK;
    int made = 0;

    while (made < all->n && status == VN_OK) {
        const struct vn_group *g = &all->all[made];

        if (isnan(g->first->load))
            status = vn_fail(err, VN_EINVAL,
                             "run %s has no load, expected runs of 'vnreplay "
                             "run --load'",
                             g->first->name);
        else
            status = vn_comparison_make(subject->store, g, &c[made], err);
        made += status == VN_OK;
    }
    fputs("series,policy,load,replicates,jct_h,low_h,high_h,unfinished\n",
          out);
    for (int s = 0; s < subject->group->npolicies && status == VN_OK; s++)
        for (int i = 0; i < all->n; i++) {
            int p = find_policy(c[i].group, subject->group->labels[s]);

            if (p >= 0)
                write_point(out, s, &c[i], p);
        }
    while (made > 0)
        vn_comparison_free(&c[--made]);
    free(c);
    return status;
}

static void
write_script(struct vn_plot *plot, const struct vn_group *g)
{
    FILE *s = plot->script;

    vn_plot_key(plot, (const char *const *) g->labels, g->npolicies);
    fputs("set logscale y\n"
          "set yrange [*:*] noextend\n"
          "set mytics 1\n"
          "set ytics (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, "
          "100, 200, 500, 1000, 2000, 5000, 10000)\n"
          "set offsets graph 0.04, graph 0.04, graph 0.06, graph 0.06\n"
          "set xlabel 'offered load' offset 0,0.3\n"
          "set ylabel 'mean completion time (h)' offset 1,0\n"
          "set errorbars small\n"
          "set pointsize 0.45\n"
          "plot ",
          s);
    for (int p = 0; p < g->npolicies; p++) {
        fprintf(s, "data using ($1==%d?$3:NaN):5 with lines ", p);
        vn_plot_style(plot, p);
        fputs(" title ", s);
        vn_plot_text(plot, g->labels[p]);
        fprintf(s,
                ", \\\n     data using ($1==%d?$3:NaN):6:(0):($7-$6) with "
                "vectors nohead lc rgb '%s' lw 0.8 notitle",
                p, vn_plot_colour(p));
        for (int filled = 0; filled < 2; filled++)
            fprintf(s,
                    ", \\\n     data using ($1==%d && ($8>0)==%d?$3:NaN):5 "
                    "with points pt %d lc rgb '%s' notitle",
                    p, !filled, vn_plot_point(p, filled), vn_plot_colour(p));
        fputs(p + 1 < g->npolicies ? ", \\\n     " : "\n", s);
    }
}

static enum vn_status
load_make(const struct vn_subject *subject, struct vn_plot *plot,
          struct vn_error *err)
{
    enum vn_status status = write_data(subject, plot->data, err);

    if (status == VN_OK)
        write_script(plot, subject->group);
    return status;
}

const struct vn_figure vn_figure_load = {
    .name = "load",
    .summary = "mean completion time against offered load",
    .height = 1.75,
    .loads = true,
    .make = load_make,
};
