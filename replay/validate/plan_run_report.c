/* What a planned came to: segments, changes, parts, and what is to blame. */
#include "config.h"

#include "analysis/statistics.h"
#include "replay/validate/plan_run.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static double
mean_of(const double *x, int n)
{
    return vn_mean(x, (size_t) n);
}

struct vn_plan_run_error
vn_plan_run_error(double said, const double *was, int n)
{
    double errors[VN_PLAN_RUN_REPEATS_MAX], mean = 0, squares = 0;
    struct vn_plan_run_error e = {.noise = NAN};
    struct vn_interval i;

    for (int r = 0; r < n; r++) {
        errors[r] = 100 * (said / was[r] - 1);
        mean += was[r] / n;
    }
    for (int r = 0; r < n; r++)
        squares += pow(was[r] - mean, 2);
    if (n > 1)
        e.noise = 100 * sqrt(squares / (n - 1)) / mean;
    i = vn_interval_mean(errors, n, 0.95);
    e.mean = i.estimate;
    e.low = i.low;
    e.high = i.high;
    return e;
}

int
vn_plan_run_verdict(struct vn_plan_run_error e, double tolerance)
{
    double limit = 100 * tolerance;

    if (e.low > limit || e.high < -limit)
        return 1;
    return e.low >= -limit && e.high <= limit ? 0 : 3;
}

int
vn_plan_run_graver(int a, int b)
{
    return a == 1 || b == 1 ? 1 : a > b ? a : b;
}

const char *
vn_plan_run_word(int verdict)
{
    return verdict == 0   ? "equivalent"
           : verdict == 1 ? "not equivalent"
                          : "inconclusive";
}

/* "0: 2 host, 1 host:slow=2" */
static void
name_segment(const struct vn_plan_run *c, int segment, char *text, size_t size)
{
    const struct vn_mapping *m = c->segments[segment].mapping;
    size_t used = (size_t) snprintf(text, size, "%" PRId64 ":", m->from_step);

    for (int t = 0; t < c->plan.ntypes; t++) {
        int n = vn_mapping_devices(m, t);

        if (n > 0 && used < size)
            used += (size_t) snprintf(text + used, size - used, "%s %d %s",
                                      text[used - 1] == ':' ? "" : ",", n,
                                      c->plan.types[t]);
    }
}

static void
show_segments(const struct vn_plan_run *c, struct vn_findings *f)
{
    static const struct vn_findings_column columns[] = {
        {"devices", 0},       {"nodes", 0},        {"steps", 0},
        {"step sim ms", 3},   {"step hw ms", 3},   {"host ms", 3},
        {"noise %", 2},       {"error %", 2},      {"low %", 2},
        {"high %", 2},        {"sync sim ms", 3},  {"sync hw ms", 3},
        {"resize sim ms", 2}, {"resize hw ms", 2}, {NULL, 0}};
    char title[300], label[200];
    int n = c->repeats;

    snprintf(title, sizeof title,
             "%s, segment by segment: simulated (sim) and measured (hw, mean "
             "of %d), which took more by the host being slow; the resize is "
             "that before the segment",
             c->model, n);
    vn_findings_table(f, title, "from step", columns);
    for (int i = 0; i < c->nsegments; i++) {
        const struct vn_plan_run_segment *s = &c->segments[i];
        struct vn_plan_run_error e =
            vn_plan_run_error(s->price.step_s, s->was->step, n);

        name_segment(c, i, label, sizeof label);
        vn_findings_row(
            f, label,
            (double[]){s->price.devices, vn_mapping_vnodes(s->mapping),
                       (double) s->steps, 1e3 * s->price.step_s,
                       1e3 * mean_of(s->was->step, n),
                       1e3 * mean_of(s->was->host, n), e.noise, e.mean, e.low,
                       e.high, 1e3 * s->price.sync_s,
                       1e3 * mean_of(s->was->sync, n),
                       i > 0 ? 1e3 * s->change_s : NAN,
                       i > 0 ? 1e3 * mean_of(s->was->change, n) : NAN});
    }
}

enum part {
    COMPUTE,
    SYNC,
    HOST,
    RESIZE,
    START,
    PARTS
};

static const char *const part_names[] = {
    "step", "synchronisation", "the host's speed", "resize", "start"};

/* Seconds by part, over the whole planned. */
static void
sum_parts(const struct vn_plan_run *c, double said[PARTS], double was[PARTS])
{
    int n = c->repeats;

    said[START] = c->start_s;
    was[START] = mean_of(c->start, n);
    for (int i = 0; i < c->nsegments; i++) {
        const struct vn_plan_run_segment *s = &c->segments[i];
        double steps = (double) s->steps, sync = mean_of(s->was->sync, n);

        said[SYNC] += steps * s->price.sync_s;
        was[SYNC] += steps * sync;
        said[COMPUTE] += steps * (s->price.step_s - s->price.sync_s);
        was[COMPUTE] += steps * (mean_of(s->was->step, n) - sync);
        was[HOST] += steps * mean_of(s->was->host, n);
        said[RESIZE] += s->change_s;
        was[RESIZE] += mean_of(s->was->change, n);
    }
}

static void
show_parts(const struct vn_plan_run *c, struct vn_findings *f)
{
    static const struct vn_findings_column columns[] = {
        {"sim s", 3}, {"hw s", 3}, {"by s", 3}, {"error %", 2}, {NULL, 0}};
    double said[PARTS] = {0}, was[PARTS] = {0}, whole = vn_plan_run_said(c);
    double took = mean_of(c->whole, c->repeats);
    struct vn_plan_run_error e =
        vn_plan_run_error(whole, c->whole, c->repeats);
    int most = COMPUTE;

    sum_parts(c, said, was);
    vn_findings_table(f, "Parts of the time, and the whole of it", "part",
                      columns);
    for (int p = 0; p < PARTS; p++) {
        vn_findings_row(
            f, part_names[p],
            (double[]){said[p], was[p], said[p] - was[p],
                       was[p] > 0 ? 100 * (said[p] / was[p] - 1) : NAN});
        if (fabs(said[p] - was[p]) > fabs(said[most] - was[most]))
            most = p;
    }
    vn_findings_row(f, "whole", (double[]){whole, took, whole - took, e.mean});
    if (c->repeats < 2 || fabs(e.mean) > e.noise)
        vn_findings_note(f, "the whole: most of the difference is in: %s",
                         part_names[most]);
}

/* What is to blame in a segment whose error is not noise. */
static void
blame(const struct vn_plan_run *c, int segment, struct vn_findings *f)
{
    const struct vn_plan_run_segment *s = &c->segments[segment];
    struct vn_plan_run_error e =
        vn_plan_run_error(s->price.step_s, s->was->step, c->repeats);
    double sync = mean_of(s->was->sync, c->repeats);
    double step = mean_of(s->was->step, c->repeats);
    double by[2] = {s->price.step_s - s->price.sync_s - (step - sync),
                    s->price.sync_s - sync};
    int most = fabs(by[SYNC]) > fabs(by[COMPUTE]) ? SYNC : COMPUTE;

    if (c->repeats < 2 || fabs(e.mean) <= e.noise)
        return;
    vn_findings_note(f,
                     "from step %" PRId64 ": the error of %.2f %% is above "
                     "the noise, and most of it in: %s (%+.3f ms of a step)",
                     s->mapping->from_step, e.mean, part_names[most],
                     1e3 * by[most]);
}

int
vn_plan_run_report(const struct vn_plan_run *c, double tolerance,
                   struct vn_findings *f)
{
    int verdict = 0;

    show_segments(c, f);
    show_parts(c, f);
    for (int i = 0; i < c->nsegments; i++)
        blame(c, i, f);
    for (int i = 0; i < c->nsegments; i++) {
        const struct vn_plan_run_segment *s = &c->segments[i];
        struct vn_plan_run_error e =
            vn_plan_run_error(s->price.step_s, s->was->step, c->repeats);
        int one = vn_plan_run_verdict(e, tolerance);
        char interval[VN_INTERVAL_TEXT];

        verdict = vn_plan_run_graver(verdict, one);
        vn_findings_note(f,
                         "from step %" PRId64 ": error of the step time %.2f "
                         "%% (%s), tolerance %.2f %%: %s",
                         s->mapping->from_step, e.mean,
                         vn_findings_interval(e.low, e.high, interval),
                         100 * tolerance, vn_plan_run_word(one));
    }
    return verdict;
}
