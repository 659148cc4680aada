/*
 * Completion times of the same jobs under two policies, on logarithmic axes,
 * a point a job that both finished: one panel for each policy, against the
 * first of the group.  Points below the line finished earlier.
 */
#include "config.h"

#include "analysis/figure/figure.h"

#include <inttypes.h>
#include <math.h>

enum {
    POINTS = 4000 /* of a panel; of more jobs every so many-th */
};

/* What both axes show, in hours. */
struct range {
    double least, most;
};

static enum vn_status
write_points(const struct vn_subject *subject, int p, FILE *out,
             struct range *range, struct vn_error *err)
{
    const struct vn_group *g = subject->group;
    const struct vn_store_run *a = vn_group_run(g, 0, 0),
                              *b = vn_group_run(g, p, 0);
    int64_t most = subject->jobs > 0 ? subject->jobs : POINTS,
            every = (a->jobs + most - 1) / most, written = 0;
    struct vn_rows *rows = NULL;
    bool more;
    enum vn_status status = vn_store_query(
        subject->store,
        "SELECT a.job_id, a.jct_us, b.jct_us FROM job a JOIN job b "
        "ON b.job_id = a.job_id WHERE a.run_id = ?1 AND b.run_id = ?2 "
        "AND a.jct_us >= 0 AND b.jct_us >= 0 ORDER BY a.job_id",
        &rows, err);

    if (status == VN_OK) {
        vn_rows_bind_int(rows, 1, a->run_id);
        vn_rows_bind_int(rows, 2, b->run_id);
    }
    for (int64_t i = 0;
         status == VN_OK && (status = vn_rows_next(rows, &more, err)) == VN_OK
         && more;
         i++) {
        double x = fmax((double) vn_rows_int(rows, 1) / 3600e6, 1e-4),
               y = fmax((double) vn_rows_int(rows, 2) / 3600e6, 1e-4);

        if (every > 1 && i % every != 0)
            continue;
        fprintf(out, "%d,", p);
        vn_csv_cell(out, g->labels[p]);
        fprintf(out, ",%" PRId64 ",%.9g,%.9g\n", vn_rows_int(rows, 0), x, y);
        range->least = fmin(range->least, fmin(x, y));
        range->most = fmax(range->most, fmax(x, y));
        written++;
    }
    vn_rows_close(rows);
    if (status == VN_OK && written == 0)
        status = vn_fail(err, VN_EINVAL,
                         "runs %s and %s hold no job that both finished, "
                         "expected them to be recorded with their jobs",
                         a->name, b->name);
    return status;
}

static void
write_script(struct vn_plot *plot, const struct vn_group *g,
             const struct range *range)
{
    int n = g->npolicies - 1, columns = n < 2 ? 1 : 2;
    int rows = (n + columns - 1) / columns;
    FILE *s = plot->script;

    fprintf(s,
            "unset key\nset logscale xy\nset xrange [%g:%g]\n"
            "set yrange [%g:%g]\nset format '%%g'\nset xtics 100\n"
            "set ytics 100\nset grid xtics lw 0.4 lc rgb '#D8D8D8' dt 1\n"
            "set xlabel ",
            range->least / 1.3, range->most * 1.3, range->least / 1.3,
            range->most * 1.3);
    vn_plot_text(plot, g->labels[0]);
    fprintf(s,
            " offset 0,0.6\n"
            "set multiplot layout %d,%d margins screen 0.15,0.97,%.4f,%.4f "
            "spacing screen %.4f,screen %.4f\n",
            rows, columns, 0.42 / plot->height, 1 - 0.06 / plot->height,
            0.5 / plot->width, 0.42 / plot->height);
    for (int p = 1; p < g->npolicies; p++) {
        fputs("set ylabel ", s);
        vn_plot_text(plot, g->labels[p]);
        fprintf(s,
                " offset 1.4,0\n"
                "plot data using ($1==%d?$4:NaN):5 with points pt 7 ps 0.12 "
                "lc rgb '%s', x with lines lc rgb '#000000' lw 0.6\n",
                p, vn_plot_colour(0));
    }
    fputs("unset multiplot\n", s);
}

static enum vn_status
scatter_make(const struct vn_subject *subject, struct vn_plot *plot,
             struct vn_error *err)
{
    const struct vn_group *g = subject->group;
    struct range range = {INFINITY, 0};
    enum vn_status status = VN_OK;

    if (g->npolicies < 2)
        return vn_fail(err, VN_EINVAL,
                       "runs of one policy, expected two or more to hold "
                       "against each other");
    fputs("series,policy,job_id,first_jct_h,jct_h\n", plot->data);
    for (int p = 1; p < g->npolicies && status == VN_OK; p++)
        status = write_points(subject, p, plot->data, &range, err);
    /* Jobs that are all alike have an axis too. */
    if (range.most < 100 * range.least) {
        double middle = sqrt(range.least * range.most);

        range = (struct range){middle / 10, middle * 10};
    }
    if (status == VN_OK)
        write_script(plot, g, &range);
    return status;
}

/* Two panels a row, after the first policy. */
static double
scatter_more(const struct vn_subject *subject)
{
    int n = subject->group != NULL ? subject->group->npolicies - 1 : 1;

    return n < 2 ? 2.6 : 1.7 * ((n + 1) / 2);
}

const struct vn_figure vn_figure_scatter = {
    .name = "scatter",
    .summary = "completion times of each job under two policies",
    .height = 0.35,
    .jobs = true,
    .more = scatter_more,
    .make = scatter_make,
};
