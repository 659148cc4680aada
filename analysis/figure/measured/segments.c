/*
 * Step times of plans, segment by segment: as predicted, a bar, and as
 * measured, the mean of the repeats with their range; beside them the error of
 * the prediction with its 95 % interval over the repeats.  A segment is from
 * one change of a job's devices to the next, and what its first steps take is
 * not of its mean (vn_cold_steps()).
 */
#include "config.h"

#include "analysis/figure/figure.h"
#include "analysis/statistics.h"
#include "base/number.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    REPEATS_MAX = 1000
};

/* A simulated run without a policy is what is said of a plan; its allocations
 * are the segments. */
static const char segments_query[] =
    "WITH part AS (SELECT run_id, job_id, from_us, max(to_us) AS to_us,"
    " group_concat(devices || ' ' || device_type, ', ') AS devices"
    " FROM allocation GROUP BY run_id, job_id, from_us)"
    " SELECT r.run_id, r.trace, r.options, p.job_id, p.devices, min(t.step),"
    " max(t.step), avg(t.step_us) FROM run r JOIN part p USING (run_id)"
    " JOIN step t ON t.run_id = r.run_id AND t.job_id = p.job_id"
    " AND t.start_us >= p.from_us AND t.start_us < p.to_us"
    " WHERE r.kind = 'simulated' AND r.policy IS NULL"
    " AND r.trace_hash IS NOT NULL AND r.state <> 'failed'"
    " GROUP BY r.run_id, p.job_id, p.from_us"
    " ORDER BY r.trace, r.options, r.run_id, p.job_id, p.from_us";

/* The executions of it: the mean of each, of steps ? to ? of job ?. */
static const char measured_query[] =
    "SELECT avg(t.step_us) FROM run s JOIN run m ON m.kind = 'measured'"
    " AND m.policy IS NULL AND m.state <> 'failed'"
    " AND m.trace_hash = s.trace_hash AND m.options IS s.options"
    " AND m.cluster_hash IS s.cluster_hash"
    " AND m.profile_hash IS s.profile_hash AND m.costs_hash IS s.costs_hash"
    " JOIN step t ON t.run_id = m.run_id AND t.job_id = ?1"
    " AND t.step BETWEEN ?2 AND ?3 WHERE s.run_id = ?4"
    " GROUP BY m.run_id ORDER BY m.run_id";

struct segment {
    int64_t run, job, first, last; /* steps */
    char *trace, *options, *devices;
    bool heads; /* the first of its plan, below a line with its name */
    double said;
    int n; /* repeats */
    double was, low, high;
    struct vn_interval error; /* in percent */
};

struct segments {
    struct segment *all;
    int n, rows; /* lines of the figure */
};

static void
free_segments(struct segments *s)
{
    for (int i = 0; i < s->n; i++) {
        free(s->all[i].trace);
        free(s->all[i].options);
        free(s->all[i].devices);
    }
    free(s->all);
}

static char *
copy_of(const char *text)
{
    return vn_xstrdup(text != NULL ? text : "");
}

/* What was measured of a segment; none where n stays 0. */
static enum vn_status
measure(struct vn_store *store, struct segment *s, struct vn_error *err)
{
    static const double us = 1e-6;
    double errors[REPEATS_MAX];
    struct vn_rows *rows = NULL;
    bool more = true;
    enum vn_status status = vn_store_query(store, measured_query, &rows, err);

    if (status != VN_OK)
        return status;
    vn_rows_bind_int(rows, 1, s->job);
    vn_rows_bind_int(rows, 2,
                     s->first + vn_cold_steps(s->last - s->first + 1));
    vn_rows_bind_int(rows, 3, s->last);
    vn_rows_bind_int(rows, 4, s->run);
    while (s->n < REPEATS_MAX
           && (status = vn_rows_next(rows, &more, err)) == VN_OK && more) {
        double was = vn_rows_real(rows, 0) * us;

        s->low = s->n == 0 ? was : fmin(s->low, was);
        s->high = s->n == 0 ? was : fmax(s->high, was);
        errors[s->n++] = 100 * (s->said / was - 1);
        s->was += (was - s->was) / s->n;
    }
    vn_rows_close(rows);
    s->error = vn_interval_mean(errors, s->n, 0.95);
    return status;
}

/* Append the row's segment, if it was measured. */
static enum vn_status
take(const struct vn_subject *subject, struct vn_rows *rows,
     struct segments *list, struct vn_error *err)
{
    struct segment s = {.run = vn_rows_int(rows, 0),
                        .job = vn_rows_int(rows, 3),
                        .first = vn_rows_int(rows, 5),
                        .last = vn_rows_int(rows, 6),
                        .said = vn_rows_real(rows, 7) * 1e-6};
    const struct segment *before =
        list->n > 0 ? &list->all[list->n - 1] : NULL;
    enum vn_status status = measure(subject->store, &s, err);

    if (status != VN_OK || s.n == 0)
        return status;
    s.heads = before == NULL || before->run != s.run || before->job != s.job;
    s.trace = copy_of(vn_rows_text(rows, 1));
    s.options = copy_of(vn_rows_text(rows, 2));
    s.devices = copy_of(vn_rows_text(rows, 4));
    list->rows += 1 + s.heads;
    list->all =
        vn_xrealloc(list->all, (size_t) list->n + 1, sizeof *list->all);
    list->all[list->n++] = s;
    return VN_OK;
}

/* Those of the subject's runs that were predicted and measured. */
static enum vn_status
read_segments(const struct vn_subject *subject, struct segments *list,
              struct vn_error *err)
{
    struct vn_rows *rows = NULL;
    bool more = true;
    enum vn_status status =
        vn_store_query(subject->store, segments_query, &rows, err);

    *list = (struct segments){.n = 0};
    while (status == VN_OK
           && (status = vn_rows_next(rows, &more, err)) == VN_OK && more)
        if (vn_runs_have(subject->runs, vn_rows_int(rows, 0)))
            status = take(subject, rows, list, err);
    vn_rows_close(rows);
    if (status == VN_OK && list->n == 0)
        status = vn_fail(err, VN_EINVAL,
                         "%s: no plan was both simulated and measured (see "
                         "vnreplay validate --plan)",
                         vn_store_path(subject->store));
    return status;
}

static void
write_number(FILE *out, double x)
{
    char text[VN_NUMBER_SIZE];

    fprintf(out, ",%s", isfinite(x) ? vn_format_real(text, x) : "");
}

/* A line for each segment, numbered as the figure's, from above. */
static void
write_data(const struct segments *list, FILE *out)
{
    int line = 0;

    fputs("line,plan,options,job_id,from_step,steps,devices,repeats,"
          "predicted_s,measured_s,low_s,high_s,error_percent,"
          "error_low_percent,error_high_percent\n",
          out);
    for (int i = 0; i < list->n; i++) {
        const struct segment *s = &list->all[i];
        const double values[] = {
            s->said,           s->was,       s->low,       s->high,
            s->error.estimate, s->error.low, s->error.high};

        line += s->heads;
        fprintf(out, "%d,", line++);
        vn_csv_cell(out, s->trace);
        putc(',', out);
        vn_csv_cell(out, s->options);
        fprintf(out, ",%" PRId64 ",%" PRId64 ",%" PRId64 ",", s->job, s->first,
                s->last - s->first + 1);
        vn_csv_cell(out, s->devices);
        fprintf(out, ",%d", s->n);
        for (size_t k = 0; k < sizeof values / sizeof *values; k++)
            write_number(out, values[k]);
        putc('\n', out);
    }
}

/* "40: 1 host, 1 host:slow=2", the caller's. */
static char *
label_of(const struct segment *s)
{
    size_t size = strlen(s->devices) + 32;
    char *label = vn_xcalloc(size, 1);

    snprintf(label, size, "%" PRId64 ": %s", s->first, s->devices);
    return label;
}

/* "solver, mlp" of split/solver.csv and "model=mlp job=0 steps=95"; with the
 * job where it is not the first; the caller's. */
static char *
name_of(const struct segment *s)
{
    const char *slash = strrchr(s->trace, '/'),
               *stem = slash != NULL ? slash + 1 : s->trace,
               *model = strstr(s->options, "model=");
    size_t length = strlen(stem), size = length + strlen(s->options) + 48;
    char *name = vn_xcalloc(size, 1);

    if (length > 4 && strcmp(stem + length - 4, ".csv") == 0)
        length -= 4;
    if (model != NULL)
        snprintf(name, size, "%.*s, %.*s", (int) length, stem,
                 (int) strcspn(model + 6, " "), model + 6);
    else
        snprintf(name, size, "%.*s", (int) length, stem);
    if (s->job > 0)
        snprintf(name + strlen(name), size - strlen(name), ", job %" PRId64,
                 s->job);
    return name;
}

/* The names of plans over their lines, and of segments beside theirs; returns
 * where the axes begin, of the figure's width. */
static double
write_labels(struct vn_plot *plot, const struct segments *list)
{
    FILE *s = plot->script;
    double longest = 0;
    int line = 0;

    fputs("set ytics scale 0 (", s);
    for (int i = 0; i < list->n; i++) {
        char *label = label_of(&list->all[i]);

        line += list->all[i].heads;
        vn_plot_tic(plot, label);
        fprintf(s, " %d%s", line++, i + 1 < list->n ? ", " : ")\n");
        longest = fmax(longest, vn_plot_longest((const char *[]){label}, 1));
        free(label);
    }
    line = 0;
    for (int i = 0; i < list->n; i++) {
        if (list->all[i].heads) {
            char *name = name_of(&list->all[i]);

            fputs("set label ", s);
            vn_plot_text(plot, name);
            free(name);
            fprintf(s, " at screen 0.015, first %d\n", line++);
        }
        line++;
    }
    return fmin((longest + 0.12) / plot->width, 0.6);
}

/* The greatest of step times in ms, and of errors in percent. */
static void
find_most(const struct segments *list, double *step, double *error)
{
    *step = *error = 0;
    for (int i = 0; i < list->n; i++) {
        const struct segment *s = &list->all[i];

        *step = fmax(*step, 1e3 * fmax(s->said, s->high));
        *error = fmax(*error, fabs(s->error.estimate));
        *error = fmax(*error, fmax(fabs(s->error.low), fabs(s->error.high)));
    }
}

/* Over both panels, since one is too narrow for it. */
static void
write_key(struct vn_plot *plot)
{
    fprintf(plot->script,
            "set lmargin at screen 0.02\nset rmargin at screen 0.98\n"
            "set key at screen 0.5, screen %.4f center horizontal maxrows 1\n"
            "unset border\nunset xtics\nunset ytics\n"
            "set xrange [0:1]\nset yrange [0:1]\n"
            "plot NaN with boxes fs solid 0.55 noborder lc rgb '%s' title "
            "'predicted', \\\n"
            "     data using (NaN):(NaN):(NaN):(NaN) with xerrorbars pt 7 ps "
            "0.35 lc rgb '%s' title "
            "'measured'\n"
            "unset key\nset tics textcolor rgb '#202020'\n",
            1 - 0.09 / plot->height, vn_plot_colour(0), vn_plot_colour(1));
}

/* Step times. */
static void
write_left(struct vn_plot *plot, const struct segments *list, double right,
           double most)
{
    FILE *s = plot->script;
    double left = write_labels(plot, list);

    fprintf(s,
            "set lmargin at screen %.4f\nset rmargin at screen %.4f\n"
            "set border 1\n"
            "set grid xtics lw 0.4 lc rgb '#D8D8D8' dt 1\n"
            "set xlabel 'step time (ms)' offset 0,0.6\n"
            "set xrange [0:*]\nset xtics nomirror %g\n"
            "set yrange [%g:-0.6]\n"
            "plot data using (0):1:(0):($9*1e3):($1-0.34):($1+0.34) with "
            "boxxyerror fs solid 0.55 noborder lc rgb '%s', \\\n"
            "     data using ($10*1e3):1:($11*1e3):($12*1e3) with xerrorbars "
            "pt 7 ps 0.35 lc rgb '%s'\n"
            "unset label\n",
            left, left + right * (0.97 - left), vn_plot_step(most, 4),
            list->rows - 0.4, vn_plot_colour(0), vn_plot_colour(1));
    fprintf(s, "set lmargin at screen %.4f\nset rmargin at screen 0.97\n",
            left + (right + 0.17) * (0.97 - left));
}

/* Errors, about a line at 0. */
static void
write_right(struct vn_plot *plot, double most)
{
    double end = fmax(1.25 * most, 1);

    fprintf(plot->script,
            "unset ytics\n"
            "set xlabel 'error (%%)' offset 0,0.6\n"
            "set xrange [-%g:%g]\nset xtics nomirror %g\n"
            "set arrow 1 from 0, graph 0 to 0, graph 1 nohead lw 0.6 "
            "lc rgb '#404040'\n"
            "plot data using 14:1:($15-$14):(0) with vectors nohead lw 1.2 "
            "lc rgb '%s', \\\n"
            "     data using 13:1 with points pt 7 ps 0.35 lc rgb '%s'\n",
            end, end, vn_plot_step(end, 2), vn_plot_colour(6),
            vn_plot_colour(6));
}

static void
write_script(struct vn_plot *plot, const struct segments *list)
{
    double step, error;

    find_most(list, &step, &error);
    fprintf(plot->script,
            "set errorbars small\n"
            "unset grid\n"
            "set tmargin at screen %.4f\nset bmargin at screen %.4f\n"
            "set multiplot\n",
            1 - 0.2 / plot->height, 0.34 / plot->height);
    write_key(plot);
    write_left(plot, list, 0.5, step);
    write_right(plot, error);
    fputs("unset multiplot\n", plot->script);
}

static double
segments_more(const struct vn_subject *subject)
{
    struct segments list;
    struct vn_error err;
    double lines;

    (void) read_segments(subject, &list, &err);
    lines = list.rows;
    free_segments(&list);
    return 0.16 * lines;
}

static enum vn_status
segments_make(const struct vn_subject *subject, struct vn_plot *plot,
              struct vn_error *err)
{
    struct segments list;
    enum vn_status status = read_segments(subject, &list, err);

    if (status == VN_OK) {
        write_data(&list, plot->data);
        write_script(plot, &list);
    }
    free_segments(&list);
    return status;
}

const struct vn_figure vn_figure_segments = {
    .name = "segments",
    .summary = "step times of a plan's segments, predicted and measured",
    .height = 0.6,
    .kinds = true,
    .more = segments_more,
    .make = segments_make,
};
