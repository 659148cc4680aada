#include "config.h"

#include "analysis/figure/history.h"

#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>

enum {
    BINS = VN_HISTORY_BINS
};

/* Integrals over each bin, value x microseconds. */
struct bins {
    double held[BINS];
    double waiting[BINS];
};

/* Add a sample, cut where bins of that width end; `from` is the origin. */
static void
add(struct bins *c, const struct vn_store_sample *s, int64_t from,
    double width)
{
    double a = (double) (s->from_us - from), b = (double) (s->to_us - from);
    int first = (int) (a / width), last = (int) (b / width);

    for (int i = first; i <= last && i < BINS; i++) {
        double low = fmax(i * width, a), high = fmin((i + 1) * width, b);

        if (high <= low)
            continue;
        c->held[i] += s->held * (high - low);
        c->waiting[i] += s->waiting * (high - low);
    }
}

/* From a run's first sample to its last. */
static enum vn_status
find_span(struct vn_store *store, const struct vn_store_run *run,
          int64_t *from, int64_t *to, struct vn_error *err)
{
    struct vn_rows *rows = NULL;
    bool more;
    enum vn_status status = vn_store_query(
        store, "SELECT min(from_us), max(to_us) FROM sample WHERE run_id = ?",
        &rows, err);

    if (status != VN_OK)
        return status;
    vn_rows_bind_int(rows, 1, run->run_id);
    status = vn_rows_next(rows, &more, err);
    if (status == VN_OK && vn_rows_int(rows, 1) < 0)
        status = vn_fail(err, VN_EINVAL, "run %s was recorded without samples",
                         run->name);
    else if (status == VN_OK) {
        *from = vn_rows_int(rows, 0);
        *to = vn_rows_int(rows, 1);
    }
    vn_rows_close(rows);
    return status;
}

static enum vn_status
read_bins(struct vn_store *store, const struct vn_store_run *run, double width,
          struct bins *c, struct vn_error *err)
{
    struct vn_rows *rows = NULL;
    int64_t from = 0, to = 0;
    enum vn_status status = find_span(store, run, &from, &to, err);
    bool more;

    if (status == VN_OK)
        status =
            vn_store_read_run(store, VN_STORE_SAMPLE, run->run_id, &rows, err);
    while (status == VN_OK
           && (status = vn_rows_next(rows, &more, err)) == VN_OK && more) {
        struct vn_store_sample sample;

        vn_rows_get(rows, &sample);
        add(c, &sample, from, width);
    }
    vn_rows_close(rows);
    return status;
}

enum vn_status
vn_history_read(const struct vn_subject *subject, struct vn_history *h,
                struct vn_error *err)
{
    const struct vn_group *g = subject->group;
    size_t n = (size_t) g->npolicies * BINS;
    struct bins *c = vn_xcalloc(1, sizeof *c);
    enum vn_status status = VN_OK;
    int64_t from, to;

    *h = (struct vn_history){0, vn_xcalloc(n, sizeof *h->held),
                             vn_xcalloc(n, sizeof *h->waiting)};
    for (int i = 0; i < g->npolicies * g->nreplicates && status == VN_OK; i++)
        if ((status = find_span(subject->store, g->runs[i], &from, &to, err))
            == VN_OK)
            h->span_us = fmax(h->span_us, (double) (to - from));
    for (int p = 0; p < g->npolicies; p++)
        for (int r = 0; r < g->nreplicates && status == VN_OK; r++) {
            const struct vn_store_run *run = vn_group_run(g, p, r);
            double width = h->span_us / BINS, all = width * g->nreplicates;

            *c = (struct bins){0};
            status = read_bins(subject->store, run, width, c, err);
            for (int i = 0; i < BINS && status == VN_OK; i++) {
                h->held[p * BINS + i] +=
                    c->held[i] / all
                    / (double) (run->devices > 0 ? run->devices : 1);
                h->waiting[p * BINS + i] += c->waiting[i] / all;
            }
        }
    free(c);
    return status;
}

void
vn_history_free(struct vn_history *h)
{
    free(h->held);
    free(h->waiting);
    *h = (struct vn_history){0};
}

void
vn_history_write(const struct vn_history *h, const struct vn_group *g,
                 FILE *out)
{
    fputs("series,policy,time_h,utilisation,waiting\n", out);
    for (int p = 0; p < g->npolicies; p++)
        for (int i = 0; i < BINS; i++) {
            fprintf(out, "%d,", p);
            vn_csv_cell(out, g->labels[p]);
            fprintf(out, ",%.9g,%.6f,%.6g\n", h->span_us / BINS * i / 3600e6,
                    h->held[p * BINS + i], h->waiting[p * BINS + i]);
        }
}

static void
write_row(struct vn_plot *plot, const struct vn_group *g, int p, double scale,
          int column, double factor)
{
    FILE *s = plot->script;

    fputs("set label 1 ", s);
    vn_plot_text(plot, g->labels[p]);
    fprintf(s,
            " at graph 0,0.32 right offset -0.7,0\n"
            "plot data using ($1==%d?$3/%g:NaN):($%d*%g) with fillsteps "
            "fs solid 0.85 noborder lc rgb '%s'\n",
            p, scale, column, factor, vn_plot_colour(0));
}

void
vn_history_script(const struct vn_history *h, const struct vn_group *g,
                  struct vn_plot *plot, int column, double factor, double most,
                  const char *title)
{
    double hours = h->span_us / 3600e6, height = plot->height;
    double left =
        vn_plot_longest((const char *const *) g->labels, g->npolicies) + 0.16;
    double low = 0.42 / height, high = 1 - 0.2 / height,
           row = (high - low) / g->npolicies;
    bool days = hours > 72;
    FILE *s = plot->script;

    fprintf(s,
            "unset key\nset lmargin at screen %.4f\n"
            "set rmargin at screen 0.965\n"
            "set xrange [0:%g]\nset yrange [0:%g]\n"
            "set ytics (%g)\nset xtics %g\nset format x ''\n"
            "set multiplot\nset title ",
            fmin(left / plot->width, 0.6), hours / (days ? 24 : 1), most, most,
            vn_plot_step(hours / (days ? 24 : 1), 6));
    vn_plot_title(plot, title);
    fputs(" offset 0,-0.7\n", s);
    for (int p = 0; p < g->npolicies; p++) {
        double top = high - p * row;

        fprintf(s, "set tmargin at screen %.4f\nset bmargin at screen %.4f\n",
                top - 0.12 * row, top - row);
        if (p == g->npolicies - 1) {
            fputs("set format x '%g'\nset xlabel ", s);
            vn_plot_text(plot, days ? "time (d)" : "time (h)");
            fputs(" offset 0,0.5\n", s);
        }
        write_row(plot, g, p, days ? 24 : 1, column, factor);
        fputs("unset title\nset format y ''\n", s);
    }
    fputs("unset multiplot\n", s);
}
