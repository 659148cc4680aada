/*
 * Devices in use and jobs that wait, over time, one curve a policy: means over
 * intervals that are the same for all, of the first replicate.
 */
#include "config.h"

#include "analysis/figure/figure.h"
#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>

enum {
    BINS = 96 /* along the axis: what a column of print can show */
};

/* Integrals over each bin, value x microseconds. */
struct course {
    double held[BINS];
    double waiting[BINS];
};

/* Add a sample, cut where bins end. */
static void
add(struct course *c, const struct vn_store_sample *s, int64_t from,
    int64_t to)
{
    double width = (double) (to - from) / BINS;
    double a = (double) (s->from_us - from), b = (double) (s->to_us - from);
    int first = (int) (a / width), last = (int) (b / width);

    for (int i = first; i <= last && i < BINS; i++) {
        double low = i * width > a ? i * width : a,
               high = (i + 1) * width < b ? (i + 1) * width : b;

        if (high <= low)
            continue;
        c->held[i] += s->held * (high - low);
        c->waiting[i] += s->waiting * (high - low);
    }
}

/* From the first sample to the last, over all policies. */
static enum vn_status
find_span(const struct vn_subject *subject, int64_t *from, int64_t *to,
          struct vn_error *err)
{
    const struct vn_group *g = subject->group;
    enum vn_status status = VN_OK;
    bool more;

    *from = INT64_MAX;
    *to = INT64_MIN;
    for (int p = 0; p < g->npolicies && status == VN_OK; p++) {
        const struct vn_store_run *run = vn_group_run(g, p, 0);
        struct vn_rows *rows;

        status = vn_store_query(subject->store,
                                "SELECT min(from_us), max(to_us) FROM sample "
                                "WHERE run_id = ?",
                                &rows, err);
        if (status != VN_OK)
            break;
        vn_rows_bind_int(rows, 1, run->run_id);
        status = vn_rows_next(rows, &more, err);
        if (status == VN_OK && vn_rows_int(rows, 1) < 0)
            status = vn_fail(err, VN_EINVAL,
                             "run %s was recorded without samples", run->name);
        else if (status == VN_OK) {
            *from =
                vn_rows_int(rows, 0) < *from ? vn_rows_int(rows, 0) : *from;
            *to = vn_rows_int(rows, 1) > *to ? vn_rows_int(rows, 1) : *to;
        }
        vn_rows_close(rows);
    }
    return status;
}

static enum vn_status
read_course(struct vn_store *store, const struct vn_store_run *run,
            int64_t from, int64_t to, struct course *c, struct vn_error *err)
{
    struct vn_rows *rows = NULL;
    enum vn_status status;
    bool more;

    status =
        vn_store_read_run(store, VN_STORE_SAMPLE, run->run_id, &rows, err);
    while (status == VN_OK
           && (status = vn_rows_next(rows, &more, err)) == VN_OK && more) {
        struct vn_store_sample sample;

        vn_rows_get(rows, &sample);
        add(c, &sample, from, to);
    }
    vn_rows_close(rows);
    return status;
}

static void
write_course(FILE *out, int series, const char *label, const struct course *c,
             int64_t from, int64_t to, int64_t devices)
{
    double width = (double) (to - from) / BINS;

    for (int i = 0; i < BINS; i++) {
        fprintf(out, "%d,", series);
        vn_csv_cell(out, label);
        fprintf(out, ",%.9g,%.6f,%.6g\n", ((double) from + i * width) / 3600e6,
                c->held[i] / width / (double) devices, c->waiting[i] / width);
    }
}

static void
write_curves(struct vn_plot *plot, const struct vn_group *g, double scale,
             int column, double factor, bool titles)
{
    FILE *s = plot->script;

    fputs("plot ", s);
    for (int p = 0; p < g->npolicies; p++) {
        fprintf(s, "data using ($1==%d?$3/%g:NaN):($%d*%g) with steps ", p,
                scale, column, factor);
        vn_plot_style(plot, p);
        fputs(titles ? " title " : " notitle", s);
        if (titles)
            vn_plot_text(plot, g->labels[p]);
        fputs(p + 1 < g->npolicies ? ", \\\n     " : "\n", s);
    }
}

static void
write_script(struct vn_plot *plot, const struct vn_group *g, double hours,
             double most)
{
    FILE *s = plot->script;
    bool days = hours > 72;
    double h = plot->height, key, low, middle;

    key = vn_plot_key_height(plot->width, (const char *const *) g->labels,
                             g->npolicies);
    vn_plot_key(plot, (const char *const *) g->labels, g->npolicies);
    low = 0.38 / h;
    middle = (1 - key / h + low) / 2;
    fprintf(s,
            "set multiplot\n"
            "set lmargin at screen 0.135\nset rmargin at screen 0.97\n"
            "set xrange [*:*] noextend\n"
            "set tmargin at screen %.3f\nset bmargin at screen %.3f\n"
            "set yrange [0:100]\nset ytics 50\nset format x ''\n"
            "set ylabel ",
            1 - (key + 0.06) / h, middle + 0.02);
    vn_plot_text(plot, "in use (%)");
    fputs(" offset 1.2,0\n", s);
    write_curves(plot, g, days ? 24 : 1, 4, 100, true);
    fprintf(s,
            "set tmargin at screen %.3f\nset bmargin at screen %.3f\n"
            "unset key\nset yrange [0:*]\nset ytics %g\n"
            "set format x '%%g'\n"
            "set ylabel 'jobs waiting' offset 1.2,0\nset xlabel ",
            middle - 0.02, low, vn_plot_step(most, 4));
    vn_plot_text(plot, days ? "time (d)" : "time (h)");
    fputs(" offset 0,0.5\n", s);
    write_curves(plot, g, days ? 24 : 1, 5, 1, false);
    fputs("unset multiplot\n", s);
}

static enum vn_status
utilisation_make(const struct vn_subject *subject, struct vn_plot *plot,
                 struct vn_error *err)
{
    const struct vn_group *g = subject->group;
    int64_t from = 0, to = 1;
    double most = 0; /* jobs waiting */
    enum vn_status status = find_span(subject, &from, &to, err);

    fputs("series,policy,time_h,utilisation,waiting\n", plot->data);
    for (int p = 0; p < g->npolicies && status == VN_OK; p++) {
        const struct vn_store_run *run = vn_group_run(g, p, 0);
        struct course *c = vn_xcalloc(1, sizeof *c);

        status = read_course(subject->store, run, from, to, c, err);
        for (int i = 0; i < BINS; i++)
            most = fmax(most, c->waiting[i] / (double) (to - from) * BINS);
        if (status == VN_OK)
            write_course(plot->data, p, g->labels[p], c, from, to,
                         run->devices > 0 ? run->devices : 1);
        free(c);
    }
    if (status == VN_OK)
        write_script(plot, g, (double) (to - from) / 3600e6, most);
    return status;
}

const struct vn_figure vn_figure_utilisation = {
    .name = "utilisation",
    .summary = "devices in use and jobs waiting, over time",
    .height = 2.1,
    .make = utilisation_make,
};
