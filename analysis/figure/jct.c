/*
 * Mean, median and 99th percentile of job completion time by policy: three
 * panels of bars or points, a row a policy, with the 95 % interval over
 * replicates where there are several.
 */
#include "config.h"

#include "analysis/comparison.h"
#include "analysis/figure/figure.h"
#include "base/number.h"

#include <math.h>

enum {
    LINEAR = 25 /* the most that bars differ by on a linear axis */
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
            struct vn_interval i =
                vn_comparison_interval(c, panels[k].metric, p, 0.95);

            fprintf(out, "%d,%d,", k, p);
            vn_csv_cell(out, g->labels[p]);
            fprintf(out, ",%d", g->nreplicates);
            write_value(out, i.estimate / 3600);
            write_value(out, i.low / 3600);
            write_value(out, i.high / 3600);
            putc('\n', out);
        }
}

/* The least and the greatest that the figure shows, in hours. */
static void
find_range(const struct vn_comparison *c, double *least, double *most)
{
    *least = INFINITY;
    *most = 0;
    for (int k = 0; k < PANELS; k++)
        for (int p = 0; p < c->group->npolicies; p++) {
            struct vn_interval i =
                vn_comparison_interval(c, panels[k].metric, p, 0.95);

            *most = fmax(*most, fmax(i.estimate, i.high) / 3600);
            *least = fmin(*least, fmin(i.estimate, i.low) / 3600);
        }
}

/*
 * Bars from zero, each panel on a scale of its own; or, where the least would
 * not be seen, points, all on one logarithmic scale, whose least is returned:
 * a bar has no length where there is no zero.
 */
static double
write_axis(FILE *s, const struct vn_comparison *c)
{
    double least, most, begin;

    find_range(c, &least, &most);
    if (!(least > 0 && most / least > LINEAR)) {
        fputs("set xrange [0:*]\n", s);
        return 0;
    }
    begin = pow(10, floor(log10(least))
                        - (log10(least) - floor(log10(least)) < 0.1));
    fprintf(s,
            "set logscale x\nset xrange [%g:%g]\n"
            "set xtics %d\nset mxtics 10\nset format x '%%g'\n"
            "set grid ytics lw 0.4 lc rgb '#D8D8D8' dt 1\n",
            begin, most * 1.3, most / begin > 150 ? 100 : 10);
    return begin;
}

static void
write_panel(struct vn_plot *plot, const struct vn_comparison *c, int k,
            double begin)
{
    FILE *s = plot->script;

    fputs("set title ", s);
    vn_plot_text(plot, panels[k].title);
    fputs(" offset 0,-0.7\n", s);
    if (begin == 0) {
        double most = 0;

        for (int p = 0; p < c->group->npolicies; p++)
            for (int r = 0; r < c->group->nreplicates; r++)
                most =
                    fmax(most, vn_comparison_values(c, panels[k].metric, p)[r]
                                   / 3600);
        fprintf(s, "set xtics %g\n",
                vn_plot_step(most, vn_plot_longest(
                                       (const char *const *) c->group->labels,
                                       c->group->npolicies)
                                           > 1
                                       ? 2
                                       : 3));
    }
    if (k > 0)
        fputs("unset ytics\n", s);
    if (begin == 0)
        fprintf(s,
                "plot data using (0):($1==%d?$2:NaN):(0):5:($2-0.36):"
                "($2+0.36) with boxxyerror lc rgb '%s'",
                k, vn_plot_colour(0));
    else
        fprintf(s,
                "plot data using 5:($1==%d?$2:NaN) with points pt 7 ps 0.5 "
                "lc rgb '%s'",
                k, vn_plot_colour(0));
    if (c->group->nreplicates > 1)
        fprintf(s,
                ", \\\n     data using 6:($1==%d?$2:NaN):($7-$6):(0) with "
                "vectors arrowstyle 1",
                k);
    putc('\n', s);
}

static void
write_script(struct vn_plot *plot, const struct vn_comparison *c)
{
    const struct vn_group *g = c->group;
    double names =
        vn_plot_longest((const char *const *) g->labels, g->npolicies) + 0.16;
    double left = fmin(names / plot->width, 0.58), gap = 0.16 / plot->width;
    double wide = (0.965 - left - (PANELS - 1) * gap) / PANELS, begin;
    FILE *s = plot->script;

    fprintf(s,
            "unset key\n"
            "set style arrow 1 heads size screen 0.006,90 lw 0.8 "
            "lc rgb '#000000'\n"
            "set style fill solid 0.85 noborder\n"
            "set yrange [%d.6:-0.6]\n"
            "unset grid\nset grid xtics lw 0.4 lc rgb '#D8D8D8' dt 1\n"
            "set tmargin at screen %.4f\nset bmargin at screen %.4f\n",
            g->npolicies - 1, 1 - 0.2 / plot->height, 0.42 / plot->height);
    vn_plot_rows(plot, (const char *const *) g->labels, g->npolicies);
    begin = write_axis(s, c);
    fputs("set multiplot\n", s);
    for (int k = 0; k < PANELS; k++) {
        double at = left + k * (wide + gap);

        fprintf(s, "set lmargin at screen %.4f\nset rmargin at screen %.4f\n",
                at, at + wide);
        fputs(k == PANELS / 2
                  ? "set xlabel 'completion time (h)' offset 0,0.4\n"
                  : "unset xlabel\n",
              s);
        write_panel(plot, c, k, begin);
    }
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
    .height = 0.68,
    .row = 0.14,
    .make = jct_make,
};
