/*
 * Deadlines met, of all jobs that have one, by how much slack they had: the
 * time from submission to the deadline over the time that the job takes on the
 * devices that it asks for.  Those of less than 1, which cannot be met without
 * more devices than that, stand apart, on the left; all of them on the right.
 * Declined jobs count, and met none.  Means over replicates, with their
 * 95 % interval where there are several.
 */
#include "config.h"

#include "analysis/figure/figure.h"
#include "analysis/statistics.h"
#include "base/number.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* Classes of slack: below the first, up to each next, and all. */
static const double limits[] = {1, 1.25, 1.5, 2, 3, 5};

enum {
    NLIMITS = sizeof limits / sizeof *limits,
    ALL = NLIMITS + 1,
    NCLASSES
};

static const char *const class_names[NCLASSES] = {
    "< 1", "-1.25", "-1.5", "-2", "-3", "-5", "> 5", "all"};

/* Jobs with a deadline, by class. */
struct count {
    int64_t jobs[NCLASSES];
    int64_t met[NCLASSES];
};

static int
class_of(double slack)
{
    int i = 0;

    while (i < NLIMITS && !(slack < limits[i]))
        i++;
    return i;
}

static enum vn_status
count_run(struct vn_store *store, const struct vn_store_run *run,
          struct count *count, struct vn_error *err)
{
    struct vn_rows *rows = NULL;
    enum vn_status status = vn_store_query(
        store,
        "SELECT deadline_us - submit_us, coalesce(duration_us, whole_us), "
        "state = 'finished' AND "
        "finish_us <= deadline_us FROM job WHERE run_id = ? AND deadline_us "
        "IS NOT NULL AND coalesce(duration_us, whole_us) > 0",
        &rows, err);
    bool more;

    *count = (struct count){.jobs = {0}};
    if (status == VN_OK)
        vn_rows_bind_int(rows, 1, run->run_id);
    while (status == VN_OK
           && (status = vn_rows_next(rows, &more, err)) == VN_OK && more) {
        int class = class_of((double) vn_rows_int(rows, 0)
                             / (double) vn_rows_int(rows, 1));
        bool met = vn_rows_int(rows, 2) != 0;

        count->jobs[class]++;
        count->jobs[ALL]++;
        count->met[class] += met;
        count->met[ALL] += met;
    }
    vn_rows_close(rows);
    if (status == VN_OK && count->jobs[ALL] == 0)
        status = vn_fail(err, VN_EINVAL,
                         "run %s holds no jobs with a deadline, expected a "
                         "trace with deadlines, recorded with its jobs",
                         run->name);
    return status;
}

static void
write_number(FILE *out, double x)
{
    char text[VN_NUMBER_SIZE];

    fprintf(out, ",%s", isfinite(x) ? vn_format_real(text, x) : "");
}

/* A policy's points, one a class that has jobs. */
static void
write_policy(FILE *out, int p, const char *label, const struct count *counts,
             int n)
{
    double *x = vn_xcalloc((size_t) n, sizeof *x);

    for (int class = 0; class < NCLASSES; class ++) {
        struct vn_interval i;
        int64_t jobs = 0;
        int known = 0;

        for (int r = 0; r < n; r++) {
            jobs += counts[r].jobs[class];
            if (counts[r].jobs[class] > 0)
                x[known++] = (double) counts[r].met[class]
                             / (double) counts[r].jobs[class];
        }
        if (known == 0)
            continue;
        i = vn_interval_share(x, known, 0.95);
        fprintf(out, "%d,", p);
        vn_csv_cell(out, label);
        fprintf(out, ",%d,%s,%" PRId64, class, class_names[class], jobs);
        write_number(out, 100 * i.estimate);
        write_number(out, 100 * i.low);
        write_number(out, 100 * i.high);
        putc('\n', out);
    }
    free(x);
}

static enum vn_status
write_data(const struct vn_subject *subject, FILE *out, struct vn_error *err)
{
    const struct vn_group *g = subject->group;
    struct count *counts = vn_xcalloc((size_t) g->nreplicates, sizeof *counts);
    enum vn_status status = VN_OK;

    fputs("series,policy,class,slack,jobs,met_percent,low,high\n", out);
    for (int p = 0; p < g->npolicies && status == VN_OK; p++) {
        for (int r = 0; r < g->nreplicates && status == VN_OK; r++)
            status = count_run(subject->store, vn_group_run(g, p, r),
                               &counts[r], err);
        if (status == VN_OK)
            write_policy(out, p, g->labels[p], counts, g->nreplicates);
    }
    free(counts);
    return status;
}

static void
write_script(struct vn_plot *plot, const struct vn_group *g)
{
    FILE *s = plot->script;
    double step = 0.5 / g->npolicies;

    vn_plot_key(plot, (const char *const *) g->labels, g->npolicies);
    fprintf(s,
            "set yrange [0:100]\n"
            "set xrange [-0.5:%d.5]\n"
            "set ytics 25\n"
            "set grid ytics\n"
            "set xtics (",
            ALL);
    for (int class = 0; class < NCLASSES; class ++)
        fprintf(s, "%s'%s' %d", class > 0 ? ", " : "", class_names[class],
                class);
    fprintf(s,
            ")\n"
            "set arrow from 0.5, graph 0 to 0.5, graph 1 nohead lw 0.8 dt 2 "
            "lc rgb '#808080'\n"
            "set arrow from %d.5, graph 0 to %d.5, graph 1 nohead lw 0.8 dt "
            "2 lc rgb '#808080'\n"
            "set xlabel 'time to the deadline over that on the devices asked "
            "for' offset 0,0.3\n"
            "set ylabel 'deadlines met (%%)' offset 1,0\n"
            "set pointsize 0.45\n"
            "plot ",
            ALL - 1, ALL - 1);
    for (int p = 0; p < g->npolicies; p++) {
        double shift = step * (p - (g->npolicies - 1) / 2.0);

        fprintf(s,
                "data using ($1==%d?$3+%g:NaN):7:(0):($8-$7) with vectors "
                "nohead lc rgb '%s' lw 0.8 notitle, \\\n     "
                "data using ($1==%d && $3>0 && $3<%d?$3+%g:NaN):6 with lines ",
                p, shift, vn_plot_colour(p), p, ALL, shift);
        vn_plot_style(plot, p);
        fputs(" title ", s);
        vn_plot_text(plot, g->labels[p]);
        fprintf(s,
                ", \\\n     data using ($1==%d?$3+%g:NaN):6 with points pt "
                "%d lc rgb '%s' notitle%s",
                p, shift, vn_plot_point(p, true), vn_plot_colour(p),
                p + 1 < g->npolicies ? ", \\\n     " : "\n");
    }
}

static enum vn_status
slo_make(const struct vn_subject *subject, struct vn_plot *plot,
         struct vn_error *err)
{
    enum vn_status status = write_data(subject, plot->data, err);

    if (status == VN_OK)
        write_script(plot, subject->group);
    return status;
}

const struct vn_figure vn_figure_slo = {
    .name = "slo",
    .summary = "deadlines met, by slack",
    .height = 1.75,
    .make = slo_make,
};
