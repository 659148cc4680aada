#include "config.h"

#include "replay/compare/outcomes.h"

#include "base/xalloc.h"
#include "plan/job.h"
#include "replay/compare/grid.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct share {
    double jobs;
    double device_us; /* durations x devices */
};

/* Of one run's jobs, rejected ones too, by how they ended. */
static enum vn_status
add_shares(struct vn_store *store, int64_t run_id,
           struct share shares[VN_OUTCOMES], struct vn_error *err)
{
    struct vn_rows *rows = NULL;
    bool more;
    enum vn_status status = vn_store_query(
        store,
        "SELECT coalesce(status, 'unknown'), count(*), "
        "coalesce(sum(1.0 * duration_us * devices), 0) FROM job "
        "WHERE run_id = ? GROUP BY 1",
        &rows, err);

    if (status == VN_OK)
        vn_rows_bind_int(rows, 1, run_id);
    while (status == VN_OK
           && (status = vn_rows_next(rows, &more, err)) == VN_OK && more)
        for (int i = 0; i < VN_OUTCOMES; i++)
            if (strcmp(vn_rows_text(rows, 0),
                       vn_job_outcome_name((enum vn_job_outcome) i))
                == 0) {
                shares[i].jobs += (double) vn_rows_int(rows, 1);
                shares[i].device_us += vn_rows_real(rows, 2);
            }
    vn_rows_close(rows);
    return status;
}

/* The mean completion time, in seconds, of a replicate's completed jobs under
 * a policy, of those that finished under all; NAN of none. */
static enum vn_status
mean_completed(struct vn_store *store, const struct vn_group *g, int policy,
               int replicate, double *mean_s, struct vn_error *err)
{
    struct vn_rows *rows = NULL;
    enum vn_status status;
    char *sql = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&sql, &size);
    bool more = false;

    fputs("SELECT avg(jct_us), count(*) FROM job WHERE run_id = ? AND state = "
          "'finished' AND status = 'completed' AND job_id IN (SELECT job_id "
          "FROM job WHERE state = 'finished' AND run_id IN (",
          out);
    for (int p = 0; p < g->npolicies; p++)
        fprintf(out, "%s%lld", p > 0 ? ", " : "",
                (long long) vn_group_run(g, p, replicate)->run_id);
    fprintf(out, ") GROUP BY job_id HAVING count(*) = %d)", g->npolicies);
    fclose(out);
    *mean_s = NAN;
    status = vn_store_query(store, sql, &rows, err);
    if (status == VN_OK)
        vn_rows_bind_int(rows, 1, vn_group_run(g, policy, replicate)->run_id);
    if (status == VN_OK && (status = vn_rows_next(rows, &more, err)) == VN_OK
        && more && vn_rows_int(rows, 1) > 0)
        *mean_s = vn_rows_real(rows, 0) / 1e6;
    vn_rows_close(rows);
    free(sql);
    return status;
}

static void
print_shares(const struct share shares[VN_OUTCOMES])
{
    char text[400], *end = text;
    double jobs = 0, device_us = 0;

    for (int i = 0; i < VN_OUTCOMES; i++) {
        jobs += shares[i].jobs;
        device_us += shares[i].device_us;
    }
    end += sprintf(end, "by the trace");
    for (int i = VN_OUTCOMES - 1; i >= 0; i--)
        if (shares[i].jobs > 0) {
            end +=
                sprintf(end, "%s %.1f %% of jobs ", end > text + 12 ? "," : "",
                        100 * shares[i].jobs / jobs);
            if (device_us > 0)
                end += sprintf(end, "(%.1f %% of durations x devices) ",
                               100 * shares[i].device_us / device_us);
            end += i == VN_OUTCOME_UNKNOWN
                       ? sprintf(end, "are of an unknown end")
                       : sprintf(end, "%s%s",
                                 i == VN_OUTCOME_KILLED ? "were " : "",
                                 vn_job_outcome_name((enum vn_job_outcome) i));
        }
    putchar('\n');
    vn_grid_say(text);
}

static void
set_number(struct vn_grid *grid, int row, int column, int digits, double x)
{
    if (isnan(x))
        vn_grid_set(grid, row, column, "-");
    else
        vn_grid_set(grid, row, column, "%.*f", digits, x);
}

/* A policy's mean over replicates, and its ratio to those of the first. */
struct mean {
    double jct_s;
    double ratio;
};

static void
print_means(const struct vn_group *g, const struct mean *means)
{
    struct vn_grid grid =
        vn_grid_begin((const char *const *) g->labels, g->npolicies, 2);

    puts("of completed jobs alone, beside which the others ran (--status "
         "completed replays\nthem alone)");
    vn_grid_set(&grid, -1, 0, "JCT mean, s");
    vn_grid_set(&grid, -1, 1, "ratio to %.40s", g->labels[0]);
    for (int p = 0; p < g->npolicies; p++) {
        set_number(&grid, p, 0, 1, means[p].jct_s);
        set_number(&grid, p, 1, 3, means[p].ratio);
    }
    vn_grid_end(&grid, 0);
}

static enum vn_status
find_means(struct vn_store *store, const struct vn_group *g,
           struct mean *means, struct vn_error *err)
{
    enum vn_status status = VN_OK;

    for (int p = 0; p < g->npolicies; p++)
        means[p] = (struct mean){0, 0};
    for (int r = 0; r < g->nreplicates && status == VN_OK; r++) {
        double first = NAN, mean_s = NAN;

        for (int p = 0; p < g->npolicies && status == VN_OK; p++) {
            status = mean_completed(store, g, p, r, &mean_s, err);
            first = p == 0 ? mean_s : first;
            means[p].jct_s += mean_s / g->nreplicates;
            means[p].ratio += log(mean_s / first) / g->nreplicates;
        }
    }
    for (int p = 0; p < g->npolicies; p++)
        means[p].ratio = exp(means[p].ratio);
    return status;
}

enum vn_status
vn_outcomes_print(struct vn_store *store, const struct vn_group *g,
                  struct vn_error *err)
{
    struct share shares[VN_OUTCOMES] = {{0, 0}};
    enum vn_status status = VN_OK;
    struct mean *means;
    double known = 0;

    for (int r = 0; r < g->nreplicates && status == VN_OK; r++)
        status = add_shares(store, vn_group_run(g, 0, r)->run_id, shares, err);
    for (int i = VN_OUTCOME_UNKNOWN + 1; i < VN_OUTCOMES; i++)
        known += shares[i].jobs;
    if (status != VN_OK || known == 0)
        return status;
    print_shares(shares);
    if (shares[VN_OUTCOME_COMPLETED].jobs == known
        || shares[VN_OUTCOME_COMPLETED].jobs == 0)
        return VN_OK;
    means = vn_xcalloc((size_t) g->npolicies, sizeof *means);
    status = find_means(store, g, means, err);
    if (status == VN_OK)
        print_means(g, means);
    free(means);
    return status;
}
