/*
 * A metric over two parameters that were swept (analysis/sweep.h): a panel a
 * policy, a cell for each pair of values with its number, darker for more; an
 * empty cell was not run.  Panels share one scale, logarithmic where values
 * differ much.
 */
#include "config.h"

#include "analysis/figure/curve.h"
#include "analysis/said.h"
#include "analysis/sweep.h"
#include "base/number.h"

#include <math.h>

enum {
    PANELS = 12 /* the most of a figure */
};

struct range {
    double least, most;
};

static struct range
find_range(const struct vn_sweep *s, double unit)
{
    struct range r = {INFINITY, -INFINITY};

    for (int i = 0; i < s->npoints; i++) {
        r.least = fmin(r.least, s->points[i].y.estimate / unit);
        r.most = fmax(r.most, s->points[i].y.estimate / unit);
    }
    return r;
}

static void
write_data(const struct vn_sweep *s, double unit, const struct range *r,
           FILE *out)
{
    bool log_scale = r->least > 0 && r->most > 8 * r->least;

    fprintf(out, "series,policy,column,row,");
    vn_csv_cell(out, s->axes[0].name);
    putc(',', out);
    vn_csv_cell(out, s->axes[1].name);
    fputs(",replicates,value,low,high,shade,text,light\n", out);
    for (int i = 0; i < s->npoints; i++) {
        const struct vn_sweep_point *p = &s->points[i];
        double y = p->y.estimate / unit,
               shade = log_scale ? log(y / r->least) / log(r->most / r->least)
                                 : (y - r->least) / (r->most - r->least);
        const double numbers[] = {y, p->y.low / unit, p->y.high / unit,
                                  isfinite(shade) ? shade : 0.5};

        fprintf(out, "%d,", p->series);
        vn_csv_cell(out, s->labels[p->series]);
        fprintf(out, ",%d,%d,", p->at[0], p->at[1]);
        vn_csv_cell(out, s->axes[0].texts[p->at[0]]);
        putc(',', out);
        vn_csv_cell(out, s->axes[1].texts[p->at[1]]);
        fprintf(out, ",%d", p->y.n);
        for (int k = 0; k < 4; k++) {
            char text[VN_NUMBER_SIZE];

            fprintf(out, ",%s",
                    isfinite(numbers[k]) ? vn_format_real(text, numbers[k])
                                         : "");
        }
        fprintf(out, ",%.*f,%d\n", vn_said_decimals(y), y, numbers[3] > 0.55);
    }
}

static void
write_tics(struct vn_plot *plot, const char *axis,
           const struct vn_sweep_axis *a)
{
    fprintf(plot->script, "set %stics scale 0 (", axis);
    for (int i = 0; i < a->n; i++) {
        vn_plot_tic(plot, a->texts[i]);
        fprintf(plot->script, " %d%s", i, i + 1 < a->n ? ", " : ")\n");
    }
}

/* Names of columns that would run into each other are turned. */
static bool
turned(const struct vn_sweep *s, double panel)
{
    return vn_plot_longest((const char *const *) s->axes[0].texts,
                           s->axes[0].n)
               * s->axes[0].n
           > 0.9 * panel;
}

/* Inches below a panel for them. */
static double
foot(const struct vn_sweep *s, double panel)
{
    double longest =
        vn_plot_longest((const char *const *) s->axes[0].texts, s->axes[0].n);

    return 0.36 + (turned(s, panel) ? fmin(longest, 1.5) : 0);
}

/* Panels stand in rows of as many as there is width for. */
static int
panel_columns(int n, double width)
{
    int columns = (int) (width / 1.6);

    columns = columns < 1 ? 1 : columns;
    return n < columns ? n : columns;
}

static void
write_script(struct vn_plot *plot, const struct vn_sweep *s, const char *title)
{
    int columns = panel_columns(s->nseries, plot->width),
        rows = (s->nseries + columns - 1) / columns;
    double left =
        vn_plot_longest((const char *const *) s->axes[1].texts, s->axes[1].n)
        + 0.28;
    double panel = (plot->width - left) / columns, below = foot(s, panel);
    FILE *s_ = plot->script;

    fprintf(s_,
            "unset key\nunset grid\nunset colorbox\nset cbrange [0:1]\n"
            "set palette defined (0 '#F1F6FB', 0.5 '#6BAED6', 1 '#08306B')\n"
            "set border 0\nset xrange [-0.5:%g]\nset yrange [-0.5:%g]\n"
            "set label 100 at screen 0.5, screen %.4f center\n"
            "set label 100 ",
            s->axes[0].n - 0.5, s->axes[1].n - 0.5, 1 - 0.09 / plot->height);
    vn_plot_title(plot, title);
    fputs("\n", s_);
    write_tics(plot, "x", &s->axes[0]);
    if (turned(s, panel))
        fputs("set xtics rotate by 90 right\n", s_);
    write_tics(plot, "y", &s->axes[1]);
    fprintf(s_,
            "set multiplot layout %d,%d margins screen %.4f,0.98,%.4f,%.4f "
            "spacing screen %.4f,screen %.4f\n",
            rows, columns, fmin(left / plot->width, 0.4), below / plot->height,
            1 - 0.38 / plot->height, 0.12 / plot->width,
            (below + 0.14) / plot->height);
    for (int p = 0; p < s->nseries; p++) {
        fputs("set title ", s_);
        vn_plot_text(plot, s->labels[p]);
        fputs(" offset 0,-0.8\nset xlabel ", s_);
        vn_plot_title(plot, s->axes[0].name);
        fputs(turned(s, panel) ? "\n" : " offset 0,0.6\n", s_);
        if (p % columns == 0) {
            fputs("set ylabel ", s_);
            vn_plot_title(plot, s->axes[1].name);
            fputs(" offset 0.6,0\nset format y '%g'\n", s_);
            write_tics(plot, "y", &s->axes[1]);
        } else
            fputs("unset ylabel\nunset ytics\n", s_);
        fprintf(s_,
                "plot data using ($1==%d?$3:NaN):4:($3-0.48):($3+0.48):"
                "($4-0.48):($4+0.48):11 with boxxyerror fs solid 1 noborder "
                "lc palette, \\\n"
                "     data using ($1==%d && $13==0?$3:NaN):4:12 with labels "
                "tc rgb '#000000', \\\n"
                "     data using ($1==%d && $13==1?$3:NaN):4:12 with labels "
                "tc rgb '#FFFFFF'\n"
                "unset label 100\n",
                p, p, p);
    }
    fputs("unset multiplot\n", s_);
}

static enum vn_status
heat_make(const struct vn_subject *subject, struct vn_plot *plot,
          struct vn_error *err)
{
    struct vn_sweep sweep;
    enum vn_status status =
        vn_sweep_make(subject->runs, subject->by, 2, subject->metric,
                      subject->baseline, &sweep, err);

    if (status == VN_OK && sweep.nseries > PANELS)
        status = vn_fail(err, VN_EINVAL,
                         "%d policies, expected --policy with at most %d",
                         sweep.nseries, PANELS);
    if (status == VN_OK) {
        char title[120];
        double unit = vn_curve_title(subject->metric, subject->baseline, title,
                                     sizeof title);
        struct range r = find_range(&sweep, unit);

        write_data(&sweep, unit, &r, plot->data);
        write_script(plot, &sweep, title);
    }
    vn_sweep_free(&sweep);
    return status;
}

/* A row of panels for as many policies as stand beside each other. */
static double
heat_more(const struct vn_subject *subject)
{
    struct vn_sweep sweep;
    struct vn_error err;
    double more = 1;

    if (vn_sweep_make(subject->runs, subject->by, 2, subject->metric,
                      subject->baseline, &sweep, &err)
        == VN_OK) {
        int columns = panel_columns(sweep.nseries, subject->width);

        more = (0.16 + foot(&sweep, subject->width / columns - 0.2)
                + 0.2 * sweep.axes[1].n)
               * ((sweep.nseries + columns - 1) / columns);
    }
    vn_sweep_free(&sweep);
    return more;
}

const struct vn_figure vn_figure_heat = {
    .name = "heat",
    .summary = "a metric over two parameters that were swept",
    .height = 0.4,
    .width = 7,
    .sweeps = true,
    .metric = true,
    .by = true,
    .more = heat_more,
    .make = heat_make,
};
