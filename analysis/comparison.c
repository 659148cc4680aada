#include "config.h"

#include "analysis/comparison.h"

#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const vn_metric_names[VN_METRICS] = {
    [VN_METRIC_JCT_MEAN] = "jct_mean_s",
    [VN_METRIC_JCT_P50] = "jct_p50_s",
    [VN_METRIC_JCT_P99] = "jct_p99_s",
    [VN_METRIC_QUEUE_MEAN] = "queue_mean_s",
    [VN_METRIC_MAKESPAN] = "makespan_s",
    [VN_METRIC_UTILISATION] = "utilisation",
    [VN_METRIC_MET] = "deadlines_met",
    [VN_METRIC_MET_ADMITTED] = "deadlines_met_of_admitted",
    [VN_METRIC_RHO_MEAN] = "rho_mean",
    [VN_METRIC_RHO_WORST] = "rho_worst",
    [VN_METRIC_RHO_ABOVE] = "rho_above_1",
    [VN_METRIC_JAIN_USERS] = "jain_users",
    [VN_METRIC_JAIN_VCS] = "jain_vcs",
};

/* The jobs that one run finished, in order of id. */
struct finished {
    int64_t *id;
    int64_t *jct_us;
    int64_t *queue_us;
    size_t n;
    size_t at; /* of a walk over several runs' */
};

static double *
slot(struct vn_comparison *c, enum vn_metric metric, int policy, int replicate)
{
    return &c->values[((int) metric * c->group->npolicies + policy)
                          * c->group->nreplicates
                      + replicate];
}

static void
free_finished(struct finished *f)
{
    free(f->id);
    free(f->jct_us);
    free(f->queue_us);
    *f = (struct finished){0};
}

static enum vn_status
read_finished(struct vn_store *store, const struct vn_store_run *run,
              struct finished *f, struct vn_error *err)
{
    struct vn_rows *rows = NULL;
    enum vn_status status;
    int64_t measured =
        run->finished - (run->unmeasured > 0 ? run->unmeasured : 0);
    size_t room = measured > 0 ? (size_t) measured : 0;
    bool more;

    f->id = vn_xcalloc(room, sizeof *f->id);
    f->jct_us = vn_xcalloc(room, sizeof *f->jct_us);
    f->queue_us = vn_xcalloc(room, sizeof *f->queue_us);
    status = vn_store_query(store,
                            "SELECT job_id, jct_us, queue_us FROM job "
                            "WHERE run_id = ?1 AND state = 'finished' "
                            "AND submit_us >= ?2 AND submit_us < ?3 "
                            "ORDER BY job_id",
                            &rows, err);
    if (status == VN_OK) {
        vn_rows_bind_int(rows, 1, run->run_id);
        vn_rows_bind_int(rows, 2, run->measure_from_us);
        vn_rows_bind_int(
            rows, 3, run->measure_to_us >= 0 ? run->measure_to_us : INT64_MAX);
    }
    while (status == VN_OK
           && (status = vn_rows_next(rows, &more, err)) == VN_OK && more) {
        if (f->n == room)
            break;
        f->id[f->n] = vn_rows_int(rows, 0);
        f->jct_us[f->n] = vn_rows_int(rows, 1);
        f->queue_us[f->n++] = vn_rows_int(rows, 2);
    }
    vn_rows_close(rows);
    if (status == VN_OK && f->n != room)
        status = vn_fail(err, VN_EINVAL,
                         "%s: run %s was recorded without its jobs, and "
                         "not all policies finished the same jobs",
                         vn_store_path(store), run->name);
    return status;
}

/* Keep in each list only the jobs that are in all; returns how many. */
static size_t
intersect(struct finished *lists, int n)
{
    size_t kept = 0;

    for (int i = 0; i < n; i++)
        lists[i].at = 0;
    for (;;) {
        int64_t largest = INT64_MIN;
        bool equal = true;

        for (int i = 0; i < n; i++) {
            if (lists[i].at == lists[i].n)
                return kept;
            if (lists[i].id[lists[i].at] > largest)
                largest = lists[i].id[lists[i].at];
        }
        for (int i = 0; i < n; i++)
            if (lists[i].id[lists[i].at] < largest) {
                lists[i].at++;
                equal = false;
            }
        if (!equal)
            continue;
        for (int i = 0; i < n; i++) {
            struct finished *f = &lists[i];

            f->id[kept] = f->id[f->at];
            f->jct_us[kept] = f->jct_us[f->at];
            f->queue_us[kept] = f->queue_us[f->at];
            f->at++;
        }
        kept++;
    }
}

static void
measure(struct vn_comparison *c, int p, int r, const struct finished *f,
        size_t kept)
{
    double *x = vn_xcalloc(kept, sizeof *x);

    for (size_t i = 0; i < kept; i++)
        x[i] = (double) f->queue_us[i] / 1e6;
    *slot(c, VN_METRIC_QUEUE_MEAN, p, r) = vn_mean(x, kept);
    for (size_t i = 0; i < kept; i++)
        x[i] = (double) f->jct_us[i] / 1e6;
    *slot(c, VN_METRIC_JCT_MEAN, p, r) = vn_mean(x, kept);
    vn_sort(x, kept);
    *slot(c, VN_METRIC_JCT_P50, p, r) = vn_quantile(x, kept, 0.5);
    *slot(c, VN_METRIC_JCT_P99, p, r) = vn_quantile(x, kept, 0.99);
    free(x);
}

/* Did every policy finish every job of the replicate? */
static bool
all_finished(const struct vn_group *g, int r)
{
    for (int p = 0; p < g->npolicies; p++) {
        const struct vn_store_run *run = vn_group_run(g, p, r);

        if (run->measure_from_us != vn_group_run(g, 0, r)->measure_from_us
            || run->measure_to_us != vn_group_run(g, 0, r)->measure_to_us)
            return false;
        if (run->unfinished != 0 || run->rejected != 0 || run->declined > 0
            || run->jobs != vn_group_run(g, 0, r)->jobs)
            return false;
    }
    return true;
}

/* Then the summaries say it all. */
static void
take_summaries(struct vn_comparison *c, int r)
{
    for (int p = 0; p < c->group->npolicies; p++) {
        const struct vn_store_run *run = vn_group_run(c->group, p, r);

        *slot(c, VN_METRIC_QUEUE_MEAN, p, r) = run->queue_mean_us / 1e6;
        *slot(c, VN_METRIC_JCT_MEAN, p, r) = run->jct_mean_us / 1e6;
        *slot(c, VN_METRIC_JCT_P50, p, r) = run->jct_p50_us / 1e6;
        *slot(c, VN_METRIC_JCT_P99, p, r) = run->jct_p99_us / 1e6;
    }
    c->compared += vn_group_run(c->group, 0, r)->jobs;
    if (vn_group_run(c->group, 0, r)->unmeasured > 0)
        c->compared -= vn_group_run(c->group, 0, r)->unmeasured;
}

static void
add_size(struct vn_sizes *s, double devices)
{
    if ((s->n & (s->n - 1)) == 0)
        s->devices = vn_xrealloc(s->devices, s->n > 0 ? 2 * s->n : 1,
                                 sizeof *s->devices);
    s->devices[s->n++] = devices;
}

/* What all jobs of a run ask for: the first `kept` of f are compared. */
static enum vn_status
take_sizes(struct vn_comparison *c, struct vn_store *store,
           const struct vn_store_run *run, const struct finished *f,
           size_t kept, struct vn_error *err)
{
    struct vn_rows *rows = NULL;
    enum vn_status status =
        vn_store_query(store,
                       "SELECT job_id, devices FROM job WHERE run_id = ? "
                       "AND devices IS NOT NULL ORDER BY job_id",
                       &rows, err);
    size_t at = 0;
    bool more;

    if (status == VN_OK)
        vn_rows_bind_int(rows, 1, run->run_id);
    while (status == VN_OK
           && (status = vn_rows_next(rows, &more, err)) == VN_OK && more) {
        while (at < kept && f->id[at] < vn_rows_int(rows, 0))
            at++;
        add_size(at < kept && f->id[at] == vn_rows_int(rows, 0) ? &c->kept
                                                                : &c->dropped,
                 (double) vn_rows_int(rows, 1));
    }
    vn_rows_close(rows);
    return status;
}

static enum vn_status
take_jobs(struct vn_comparison *c, struct vn_store *store, int r,
          struct vn_error *err)
{
    const struct vn_group *g = c->group;
    struct finished *lists = vn_xcalloc((size_t) g->npolicies, sizeof *lists);
    enum vn_status status = VN_OK;
    size_t kept;

    for (int p = 0; p < g->npolicies && status == VN_OK; p++)
        status = read_finished(store, vn_group_run(g, p, r), &lists[p], err);
    if (status == VN_OK) {
        kept = intersect(lists, g->npolicies);
        c->compared += (int64_t) kept;
        for (int p = 0; p < g->npolicies; p++) {
            measure(c, p, r, &lists[p], kept);
            c->censored[p] += (int64_t) (lists[p].n - kept);
        }
        status =
            take_sizes(c, store, vn_group_run(g, 0, r), &lists[0], kept, err);
    }
    for (int p = 0; p < g->npolicies; p++)
        free_finished(&lists[p]);
    free(lists);
    return status;
}

static void
add_deadlines(struct vn_met *met, const struct vn_store_run *run)
{
    met->declined += run->declined > 0 ? run->declined : 0;
    if (run->deadlines <= 0)
        return;
    met->all += run->deadlines;
    met->admitted += run->deadlines_admitted;
    met->met += run->deadlines_met;
    met->latest_us = fmax(met->latest_us, run->late_max_us);
}

double
vn_metric_met(const struct vn_store_run *run, bool admitted)
{
    int64_t all = admitted ? run->deadlines_admitted : run->deadlines;

    return run->deadlines > 0 && all > 0
               ? (double) run->deadlines_met / (double) all
               : NAN;
}

/* Deadlines and fairness, as the run's own numbers have them. */
static void
take_shares(struct vn_comparison *c, const struct vn_store_run *run, int p,
            int r)
{
    *slot(c, VN_METRIC_MET, p, r) = vn_metric_met(run, false);
    *slot(c, VN_METRIC_MET_ADMITTED, p, r) = vn_metric_met(run, true);
    *slot(c, VN_METRIC_RHO_MEAN, p, r) = run->rho_mean;
    *slot(c, VN_METRIC_RHO_WORST, p, r) = run->rho_worst;
    *slot(c, VN_METRIC_RHO_ABOVE, p, r) = run->rho_above;
    *slot(c, VN_METRIC_JAIN_USERS, p, r) = run->jain_users;
    *slot(c, VN_METRIC_JAIN_VCS, p, r) = run->jain_vcs;
}

enum vn_status
vn_comparison_make(struct vn_store *store, const struct vn_group *g,
                   struct vn_comparison *c, struct vn_error *err)
{
    size_t policies = (size_t) g->npolicies;
    enum vn_status status = VN_OK;

    *c = (struct vn_comparison){.group = g};
    c->values = vn_xcalloc(VN_METRICS * policies * (size_t) g->nreplicates,
                           sizeof *c->values);
    c->unfinished = vn_xcalloc(policies, sizeof *c->unfinished);
    c->censored = vn_xcalloc(policies, sizeof *c->censored);
    c->rejected = vn_xcalloc(policies, sizeof *c->rejected);
    c->met = vn_xcalloc(policies, sizeof *c->met);
    for (int p = 0; p < g->npolicies; p++)
        c->met[p].latest_us = NAN;
    for (int r = 0; r < g->nreplicates && status == VN_OK; r++) {
        for (int p = 0; p < g->npolicies; p++) {
            const struct vn_store_run *run = vn_group_run(g, p, r);

            c->unfinished[p] += run->unfinished > 0 ? run->unfinished : 0;
            c->rejected[p] += run->rejected > 0 ? run->rejected : 0;
            add_deadlines(&c->met[p], run);
            *slot(c, VN_METRIC_MAKESPAN, p, r) =
                run->makespan_us >= 0 ? (double) run->makespan_us / 1e6 : NAN;
            *slot(c, VN_METRIC_UTILISATION, p, r) = run->utilisation;
            take_shares(c, run, p, r);
        }
        if (all_finished(g, r))
            take_summaries(c, r);
        else
            status = take_jobs(c, store, r, err);
    }
    if (c->kept.n > 0)
        vn_sort(c->kept.devices, c->kept.n);
    if (c->dropped.n > 0)
        vn_sort(c->dropped.devices, c->dropped.n);
    if (status != VN_OK)
        vn_comparison_free(c);
    return status;
}

void
vn_comparison_decline_late(struct vn_comparison *c, int policy)
{
    struct vn_met *met = &c->met[policy];

    met->late += met->admitted - met->met;
    met->admitted = met->met;
    for (int r = 0; r < c->group->nreplicates; r++) {
        double *share = slot(c, VN_METRIC_MET_ADMITTED, policy, r);

        if (!isnan(*share))
            *share = *share > 0 ? 1 : NAN;
    }
}

void
vn_comparison_free(struct vn_comparison *c)
{
    free(c->values);
    free(c->unfinished);
    free(c->censored);
    free(c->rejected);
    free(c->met);
    free(c->kept.devices);
    free(c->dropped.devices);
    *c = (struct vn_comparison){0};
}

const double *
vn_comparison_values(const struct vn_comparison *c, enum vn_metric metric,
                     int policy)
{
    return &c->values[((int) metric * c->group->npolicies + policy)
                      * c->group->nreplicates];
}

struct vn_interval
vn_comparison_interval(const struct vn_comparison *c, enum vn_metric metric,
                       int policy, double level)
{
    const double *x = vn_comparison_values(c, metric, policy);

    return metric >= VN_METRIC_UTILISATION && metric != VN_METRIC_RHO_MEAN
                   && metric != VN_METRIC_RHO_WORST
               ? vn_interval_share(x, c->group->nreplicates, level)
               : vn_interval_time(x, c->group->nreplicates, level);
}

/* All completion times of a run, ascending; *n is 0 where none are there. */
static enum vn_status
read_times(struct vn_store *store, const struct vn_store_run *run, double **x,
           size_t *n, struct vn_error *err)
{
    size_t room = run->jobs > 0 ? (size_t) run->jobs : 0;
    struct vn_rows *rows = NULL;
    enum vn_status status;
    bool more;

    *n = 0;
    *x = vn_xcalloc(room + 1, sizeof **x);
    status = vn_store_query(store,
                            "SELECT jct_us FROM job WHERE run_id = ? AND "
                            "state <> 'rejected'",
                            &rows, err);
    if (status == VN_OK)
        vn_rows_bind_int(rows, 1, run->run_id);
    while (status == VN_OK
           && (status = vn_rows_next(rows, &more, err)) == VN_OK && more
           && *n < room) {
        int64_t us = vn_rows_int(rows, 0);

        (*x)[(*n)++] = us >= 0 ? (double) us : INFINITY;
    }
    vn_rows_close(rows);
    vn_sort(*x, *n);
    return status;
}

enum vn_status
vn_comparison_distances(struct vn_store *store, const struct vn_group *g,
                        double *distances, struct vn_error *err)
{
    enum vn_status status = VN_OK;

    for (int p = 0; p < g->npolicies; p++)
        distances[p] = g->nreplicates > 0 ? 0 : NAN;
    for (int r = 0; r < g->nreplicates && status == VN_OK; r++) {
        double *base = NULL, *x = NULL;
        size_t n, m;

        status = read_times(store, vn_group_run(g, 0, r), &base, &n, err);
        for (int p = 0; p < g->npolicies && status == VN_OK; p++) {
            status = read_times(store, vn_group_run(g, p, r), &x, &m, err);
            distances[p] += vn_distance(x, m, base, n) / g->nreplicates;
            free(x);
        }
        free(base);
    }
    return status;
}
