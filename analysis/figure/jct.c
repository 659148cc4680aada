/*
 * Mean, median and 99th percentile of job completion time by policy: three
 * panels of bars, each with a scale of its own, with the 95 %
 * bootstrap interval over replicates where there are several.
 */
#include "config.h"

#include "analysis/comparison.h"
#include "analysis/figure/figure.h"
#include "base/number.h"

#include <math.h>

enum {
    ROUNDS = 10000, /* of the bootstrap */
    LINEAR = 25     /* the most that bars differ by on a linear axis */
};

static const struct {
    enum vn_metric metric;
    const char *title;
} panels[] = {
    {VN_METRIC_JCT_MEAN, "mean"},
    {VN_METRIC_JCT_P50, "median"},
    {VN_METRIC_JCT_P99, "p99"},
};

enum {
    PANELS = sizeof panels / sizeof *panels
};

static void
write_value(FILE *out, double x)
{
    char text[VN_NUMBER_SIZE];

    fprintf(out, ",%s", isfinite(x) ? vn_format_real(text, x) : "");
}

static void
write_data(FILE *out, const struct vn_comparison *c)
{
    const struct vn_group *g = c->group;

    fputs("panel,series,policy,replicates,jct_h,low_h,high_h\n", out);
    for (int k = 0; k < PANELS; k++)
        for (int p = 0; p < g->npolicies; p++) {
            struct vn_interval i = vn_interval_bootstrap(
                vn_comparison_values(c, panels[k].metric, p), g->nreplicates,
                0.95, ROUNDS);

            fprintf(out, "%d,%d,", k, p);
            vn_csv_cell(out, g->labels[p]);
            fprintf(out, ",%d", g->nreplicates);
            write_value(out, i.estimate / 3600);
            write_value(out, i.low / 3600);
            write_value(out, i.high / 3600);
            putc('\n', out);
        }
}

/* The least and the greatest that a panel shows, in hours. */
static void
find_range(const struct vn_comparison *c, enum vn_metric metric, double *least,
           double *most)
{
    *least = INFINITY;
    *most = 0;
    for (int p = 0; p < c->group->npolicies; p++) {
        struct vn_interval i =
            vn_interval_bootstrap(vn_comparison_values(c, metric, p),
                                  c->group->nreplicates, 0.95, ROUNDS);

        *most = fmax(*most, fmax(i.estimate, i.high) / 3600);
        *least = fmin(*least, fmin(i.estimate, i.low) / 3600);
    }
}

/* Bars from zero, or, where the least would not be seen, logarithmic ones. */
static void
write_axis(FILE *s, const struct vn_comparison *c, enum vn_metric metric)
{
    double least, most;

    find_range(c, metric, &least, &most);
    if (least > 0 && most / least > LINEAR)
        fprintf(s, "set logscale y\nset yrange [%g:*]\nset ytics 10\n",
                pow(10, floor(log10(least))
                            - (log10(least) - floor(log10(least)) < 0.1)));
    else
        fprintf(s, "unset logscale y\nset yrange [0:*]\nset ytics %g\n",
                vn_plot_step(most, 5));
}

static void
write_panel(struct vn_plot *plot, const struct vn_comparison *c, int k)
{
    FILE *s = plot->script;

    fputs("set title ", s);
    vn_plot_text(plot, panels[k].title);
    fputs(" offset 0,-0.6\n", s);
    write_axis(s, c, panels[k].metric);
    if (k == 0)
        fputs("set ylabel 'completion time (h)' offset 0.8,0\n", s);
    else
        fputs("unset ylabel\n", s);
    fprintf(s,
            "plot data using 2:($1==%d?$5:NaN):xtic(3) with boxes "
            "lc rgb '%s'",
            k, vn_plot_colour(0));
    if (c->group->nreplicates > 1)
        fprintf(s,
                ", \\\n     data using 2:($1==%d?$6:NaN):(0):($7-$6) with "
                "vectors arrowstyle 1",
                k);
    putc('\n', s);
}

static void
write_script(struct vn_plot *plot, const struct vn_comparison *c)
{
    const struct vn_group *g = c->group;
    double below =
        vn_plot_longest((const char *const *) g->labels, g->npolicies) + 0.12;
    FILE *s = plot->script;

    fprintf(s,
            "unset key\n"
            "set style arrow 1 heads size screen 0.008,90 lw 0.8 "
            "lc rgb '#000000'\n"
            "set boxwidth 0.72\n"
            "set style fill solid 0.85 noborder\n"
            "set xrange [-0.7:%d.7]\n"
            "set xtics scale 0 rotate by 90 right offset 0,0.2\n"
            "set multiplot layout 1,%d margins screen 0.165,0.985,%.3f,%.3f "
            "spacing screen 0.105\n",
            g->npolicies - 1, PANELS, fmin(below / plot->height, 0.6),
            1 - 0.18 / plot->height);
    for (int k = 0; k < PANELS; k++)
        write_panel(plot, c, k);
    fputs("unset multiplot\n", s);
}

static enum vn_status
jct_make(const struct vn_subject *subject, struct vn_plot *plot,
         struct vn_error *err)
{
    struct vn_comparison c;
    enum vn_status status =
        vn_comparison_make(subject->store, subject->group, &c, err);

    if (status != VN_OK)
        return status;
    write_data(plot->data, &c);
    write_script(plot, &c);
    vn_comparison_free(&c);
    return VN_OK;
}

const struct vn_figure vn_figure_jct = {
    .name = "jct",
    .summary = "mean, median and 99th percentile of completion time",
    .height = 1.4,
    .below = true,
    .make = jct_make,
};
