#include "config.h"

#include "analysis/figure/curve.h"

#include "base/number.h"

#include <inttypes.h>
#include <math.h>

enum {
    LINEAR = 8 /* the most that values differ by on a linear axis */
};

static const struct {
    const char *words;
    const char *unit;
    double size;
} axes[VN_METRICS] = {
    [VN_METRIC_JCT_MEAN] = {"mean completion time", "h", 3600},
    [VN_METRIC_JCT_P50] = {"median completion time", "h", 3600},
    [VN_METRIC_JCT_P99] = {"p99 completion time", "h", 3600},
    [VN_METRIC_QUEUE_MEAN] = {"mean queueing delay", "h", 3600},
    [VN_METRIC_MAKESPAN] = {"makespan", "h", 3600},
    [VN_METRIC_UTILISATION] = {"devices in use", "%", 0.01},
    [VN_METRIC_MET] = {"deadlines met", "%", 0.01},
    [VN_METRIC_MET_ADMITTED] = {"deadlines met, of admitted", "%", 0.01},
    [VN_METRIC_RHO_MEAN] = {"mean finish-time fairness", "1", 1},
    [VN_METRIC_RHO_WORST] = {"worst finish-time fairness", "1", 1},
    [VN_METRIC_RHO_ABOVE] = {"jobs with rho above 1", "%", 0.01},
    [VN_METRIC_JAIN_USERS] = {"Jain's index over users", "1", 1},
    [VN_METRIC_JAIN_VCS] = {"Jain's index over clusters", "1", 1},
};

double
vn_curve_title(enum vn_metric metric, const char *baseline, char *title,
               size_t size)
{
    if (baseline != NULL) {
        snprintf(title, size, "%s / %.40s", axes[metric].words, baseline);
        return 1;
    }
    snprintf(title, size, "%s (%s)", axes[metric].words, axes[metric].unit);
    return axes[metric].size;
}

static void
write_number(FILE *out, double x)
{
    char text[VN_NUMBER_SIZE];

    fprintf(out, ",%s", isfinite(x) ? vn_format_real(text, x) : "");
}

static void
write_data(const struct vn_curves *c, FILE *out, double unit)
{
    fprintf(out, "series,policy,%s,replicates,%s,low,high,unfinished\n",
            c->x_name, c->baseline != NULL ? "ratio" : "value");
    for (int i = 0; i < c->npoints; i++) {
        const struct vn_curve_point *p = &c->points[i];

        fprintf(out, "%d,", p->series);
        vn_csv_cell(out, c->labels[p->series]);
        write_number(out, p->x);
        fprintf(out, ",%d", p->y.n);
        write_number(out, p->y.estimate / unit);
        write_number(out, p->y.low / unit);
        write_number(out, p->y.high / unit);
        fprintf(out, ",%" PRId64 "\n", p->unfinished);
    }
}

/* Logarithmic where the values, all above 0, differ by more than LINEAR. */
static void
write_y(const struct vn_curves *c, FILE *s)
{
    double least = INFINITY, most = 0;

    for (int i = 0; i < c->npoints; i++) {
        double y = c->points[i].y.estimate;

        if (isnan(y))
            continue;
        least = fmin(least, y);
        most = fmax(most, y);
    }
    fputs("set format y '%g'\n", s);
    if (c->metric == VN_METRIC_UTILISATION && c->baseline == NULL)
        fputs("set yrange [0:100]\n", s);
    else if (least > 0 && most > LINEAR * least) {
        fputs("set logscale y\nset yrange [*:*] noextend\nset mytics 1\n", s);
        if (most > 1000 * least)
            fputs("set ytics 10\n", s);
        else
            for (double p = 1e-6; p < 1e6; p *= 10)
                fprintf(s, "set ytics %s(%g, %g, %g)\n",
                        p > 1e-6 ? "add " : "", p, 2 * p, 5 * p);
    } else if (c->baseline == NULL)
        fputs("set yrange [0:*]\n", s);
}

static void
write_x(const struct vn_curves *c, struct vn_plot *plot)
{
    FILE *s = plot->script;

    if (c->x_texts != NULL) {
        fputs("set xtics (", s);
        for (int i = 0; i < c->nx_texts; i++) {
            vn_plot_tic(plot, c->x_texts[i]);
            fprintf(s, " %d%s", i, i + 1 < c->nx_texts ? ", " : ")\n");
        }
        fprintf(s, "set xrange [-0.4:%g]\n", c->nx_texts - 0.6);
    } else if (c->x_log)
        fputs("set logscale x\nset format x '%g'\nset xtics (0.0001, 0.001, "
              "0.01, 0.1, 1, 10, 100, 1000, 1e4, 1e5, 1e6, 1e7, 1e8)\n",
              s);
    else if (c->npoints > 0)
        fprintf(s, "set xtics %g\n",
                vn_plot_step(c->points[c->npoints - 1].x - c->points[0].x, 6));
    fputs("set xlabel ", s);
    vn_plot_title(plot, c->x_title);
    fputs(" offset 0,0.3\n", s);
    if (!isnan(c->x_mark))
        fprintf(s,
                "set arrow from %g, graph 0 to %g, graph 1 nohead lw 0.8 "
                "dt 2 lc rgb '#808080'\n",
                c->x_mark, c->x_mark);
}

static void
write_curve(const struct vn_curves *c, int series, struct vn_plot *plot)
{
    FILE *s = plot->script;

    fprintf(s, "data using ($1==%d?$3:NaN):5 with lines ", series);
    vn_plot_style(plot, series);
    fprintf(s,
            " notitle, \\\n     data using ($1==%d?$3:NaN):6:(0):($7-$6) with "
            "vectors nohead lc rgb '%s' lw 0.8 notitle",
            series, vn_plot_colour(series));
    for (int filled = 0; filled < 2; filled++)
        fprintf(s,
                ", \\\n     data using ($1==%d && ($8>0)==%d?$3:NaN):5 "
                "with points pt %d lc rgb '%s' notitle",
                series, !filled, vn_plot_point(series, filled),
                vn_plot_colour(series));
    fputs(", \\\n     keyentry with linespoints ", s);
    vn_plot_style(plot, series);
    fprintf(s, " pt %d title ", vn_plot_point(series, true));
    vn_plot_text(plot, c->labels[series]);
}

void
vn_curves_write(const struct vn_curves *c, struct vn_plot *plot)
{
    char title[120];
    double unit = vn_curve_title(c->metric, c->baseline, title, sizeof title);
    FILE *s = plot->script;

    write_data(c, plot->data, unit);
    vn_plot_key(plot, c->labels, c->nseries);
    write_y(c, s);
    write_x(c, plot);
    fputs("set offsets graph 0.04, graph 0.04, graph 0.06, graph 0.06\n"
          "set errorbars small\n"
          "set pointsize 0.45\n"
          "set ylabel ",
          s);
    vn_plot_title(plot, title);
    fputs(" offset 1,0\n", s);
    if (c->baseline != NULL)
        fputs("set arrow from graph 0, first 1 to graph 1, first 1 nohead "
              "lw 0.8 dt 2 lc rgb '#808080'\n",
              s);
    fputs("plot ", s);
    for (int p = 0; p < c->nseries; p++) {
        write_curve(c, p, plot);
        fputs(p + 1 < c->nseries ? ", \\\n     " : "\n", s);
    }
}
