#include "config.h"

#include "analysis/figure/cdf.h"

#include "analysis/statistics.h"
#include "base/number.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

enum {
    STEPS = 2000, /* of a single run's curve */
    TIMES = 400   /* of a curve of several */
};

/* The times or ratios of a run's jobs, ascending; of `all` jobs, n have one.
 */
struct times {
    double *s;
    size_t n;
    size_t all;
};

/* A time under a second has no place on a logarithmic axis but its end. */
static double
clip(double seconds)
{
    return seconds < 1 ? 1 : seconds;
}

static enum vn_status
read_times(struct vn_store *store, const struct vn_store_run *run,
           const struct vn_cdf *cdf, struct times *t, struct vn_error *err)
{
    struct vn_rows *rows = NULL;
    enum vn_status status;
    size_t room = 0;
    char sql[160];
    bool more;

    *t = (struct times){0};
    snprintf(sql, sizeof sql,
             "SELECT %s FROM job WHERE run_id = ? AND state <> 'rejected'",
             cdf->column);
    status = vn_store_query(store, sql, &rows, err);
    if (status == VN_OK)
        vn_rows_bind_int(rows, 1, run->run_id);
    while (status == VN_OK
           && (status = vn_rows_next(rows, &more, err)) == VN_OK && more) {
        double x = cdf->ratio ? vn_rows_real(rows, 0)
                              : (double) vn_rows_int(rows, 0) / 1e6;

        t->all++;
        if (!(x >= 0))
            continue;
        if (t->n == room) {
            room = 2 * room + 1024;
            t->s = vn_xrealloc(t->s, room, sizeof *t->s);
        }
        t->s[t->n++] = cdf->ratio ? x : clip(x);
    }
    vn_rows_close(rows);
    if (status == VN_OK && t->n == 0)
        status = vn_fail(err, VN_EINVAL, "run %s holds no jobs %s", run->name,
                         cdf->lacks);
    if (status == VN_OK)
        vn_sort(t->s, t->n);
    return status;
}

static void
write_point(FILE *out, int series, const char *label, double time,
            const struct vn_interval *share)
{
    const double x[] = {time, share->estimate, share->low, share->high};
    char text[VN_NUMBER_SIZE];

    fprintf(out, "%d,", series);
    vn_csv_cell(out, label);
    for (int i = 0; i < 4; i++)
        fprintf(out, ",%s", isfinite(x[i]) ? vn_format_real(text, x[i]) : "");
    putc('\n', out);
}

/* The steps of one run: the share of jobs that took at most so long. */
static void
write_steps(FILE *out, int series, const char *label, const struct times *t)
{
    size_t last = 0;

    /* It rises from 0, so that one job is a step too. */
    write_point(out, series, label, t->s[0],
                &(struct vn_interval){.low = NAN, .high = NAN});
    for (size_t k = 0; k < STEPS; k++) {
        size_t i = (t->n - 1) * k / (STEPS - 1);

        if (k > 0 && i == last)
            continue;
        /* Of equal times the last: a step is as high as it goes. */
        while (i + 1 < t->n && t->s[i + 1] <= t->s[i])
            i++;
        if (k > 0 && i <= last)
            continue;
        write_point(out, series, label, t->s[i],
                    &(struct vn_interval){.estimate = (double) (i + 1)
                                                      / (double) t->all,
                                          .low = NAN,
                                          .high = NAN});
        last = i;
    }
}

/* The share of a run's jobs that took at most so long. */
static double
share_within(const struct times *t, double seconds)
{
    size_t low = 0, high = t->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (t->s[middle] <= seconds)
            low = middle + 1;
        else
            high = middle;
    }
    return (double) low / (double) t->all;
}

static void
write_band(FILE *out, int series, const char *label, const struct times *t,
           size_t n)
{
    double *x = vn_xcalloc(n, sizeof *x), longest = 0, least = INFINITY;

    for (size_t r = 0; r < n; r++) {
        longest = fmax(longest, t[r].s[t[r].n - 1]);
        least = fmin(least, t[r].s[0]);
    }
    write_point(out, series, label, least,
                &(struct vn_interval){.n = (int) n});
    for (int k = 0; k < TIMES; k++) {
        double time = least * pow(longest / least, (double) k / (TIMES - 1));
        struct vn_interval i;

        if (k == TIMES - 1)
            time = longest;
        for (size_t r = 0; r < n; r++)
            x[r] = share_within(&t[r], time);
        i = vn_interval_share(x, (int) n, 0.95);
        write_point(out, series, label, time, &i);
    }
    free(x);
}

static enum vn_status
write_policy(const struct vn_subject *subject, const struct vn_cdf *cdf, int p,
             FILE *out, struct vn_error *err)
{
    const struct vn_group *g = subject->group;
    struct times *t = vn_xcalloc((size_t) g->nreplicates, sizeof *t);
    enum vn_status status = VN_OK;

    for (int r = 0; r < g->nreplicates && status == VN_OK; r++)
        status =
            read_times(subject->store, vn_group_run(g, p, r), cdf, &t[r], err);
    if (status == VN_OK && g->nreplicates == 1)
        write_steps(out, p, g->labels[p], &t[0]);
    else if (status == VN_OK)
        write_band(out, p, g->labels[p], t, (size_t) g->nreplicates);
    for (int r = 0; r < g->nreplicates; r++)
        free(t[r].s);
    free(t);
    return status;
}

static void
write_script(struct vn_plot *plot, const struct vn_group *g,
             const struct vn_cdf *cdf)
{
    FILE *s = plot->script;
    bool band = g->nreplicates > 1;

    vn_plot_key(plot, (const char *const *) g->labels, g->npolicies);
    fputs("set logscale x\n"
          "set yrange [0:1]\n"
          "set ytics 0.25\n"
          "set grid xtics ytics\n"
          "set ylabel 'share of jobs' offset 1,0\n"
          "set xlabel ",
          s);
    vn_plot_title(plot, cdf->title);
    fputs(" offset 0,0.3\n", s);
    fputs(cdf->ratio
              ? "set xtics 10\nset mxtics 10\nset format x '%g'\n"
                "set arrow from 1, graph 0 to 1, graph 1 nohead lw 0.8 "
                "dt 2 lc rgb '#808080'\n"
              : "set xrange [1:*] noextend\n"
                "set xtics ('1 s' 1, '1 min' 60, '1 h' 3600, '1 d' 86400, "
                "'10 d' 864000, '' 10 1, '' 600 1, '' 36000 1)\n",
          s);
    fputs("set style fill transparent solid 0.18 noborder\n"
          "plot ",
          s);
    for (int p = 0; band && p < g->npolicies; p++)
        fprintf(s,
                "data using ($1==%d?$3:NaN):5:6 with filledcurves lc rgb '%s' "
                "notitle, \\\n     ",
                p, vn_plot_colour(p));
    for (int p = 0; p < g->npolicies; p++) {
        fprintf(s, "data using ($1==%d?$3:NaN):4 with %s ", p,
                band ? "lines" : "steps");
        vn_plot_style(plot, p);
        fputs(" title ", s);
        vn_plot_text(plot, g->labels[p]);
        fputs(p + 1 < g->npolicies ? ", \\\n     " : "\n", s);
    }
}

enum vn_status
vn_cdf_make(const struct vn_subject *subject, const struct vn_cdf *cdf,
            struct vn_plot *plot, struct vn_error *err)
{
    const struct vn_group *g = subject->group;
    enum vn_status status = VN_OK;

    fprintf(plot->data, "series,policy,%s,share,low,high\n", cdf->name);
    for (int p = 0; p < g->npolicies && status == VN_OK; p++)
        status = write_policy(subject, cdf, p, plot->data, err);
    if (status == VN_OK)
        write_script(plot, g, cdf);
    return status;
}
