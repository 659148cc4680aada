/*
 * lucid: cases of the simulators of Helios and Lucid, a folder with
 * workload.csv, on K nodes of 8 devices where the case's name says nK.
 */
#include "config.h"

#include "replay/experiment/lucid.h"

#include "replay/experiment/experiment.h"
#include "replay/experiment/sheet.h"

#include "base/table.h"
#include "base/xalloc.h"
#include "plan/cluster.h"
#include "plan/job.h"

#include <math.h>
#include <stdlib.h>

extern const struct vn_experiment vn_experiment_lucid;

enum {
    DEVICES_PER_NODE = 8
};

enum column {
    ID,
    SUBMIT,
    DURATION,
    DEVICES,
    PREDICTED,
    NCOLUMNS
};

static const struct vn_column columns[] = {
    [ID] = {"job_id", true},
    [SUBMIT] = {"submit_s", true},
    [DURATION] = {"duration_s", true},
    [DEVICES] = {"gpu_num", true},
    [PREDICTED] = {"predicted_s", false}};

#define SECONDS_MAX INT64_C(10000000000)

static enum vn_status
read_job(struct vn_lucid *w, struct vn_table *t, struct vn_error *err)
{
    struct vn_lucid_job job = {.start = -1, .finish = -1, .priority = NAN};
    enum vn_status status;
    int64_t devices;

    if ((status = vn_table_int(t, ID, 0, INT64_MAX, &job.id, err))
        || (status = vn_table_int(t, SUBMIT, 0, SECONDS_MAX, &job.submit, err))
        || (status =
                vn_table_int(t, DURATION, 1, SECONDS_MAX, &job.duration, err))
        || (status = vn_table_int(t, DEVICES, 1, w->devices, &devices, err)))
        return status;
    if (vn_lucid_predicts(w->policy)
        && (status = vn_table_int(t, PREDICTED, 0, SECONDS_MAX, &job.predicted,
                                  err)))
        return status;
    job.devices = (int) devices;
    job.left = job.duration;
    if ((w->njobs & (w->njobs - 1)) == 0)
        w->jobs =
            vn_xrealloc(w->jobs, w->njobs > 0 ? 2 * (size_t) w->njobs : 1,
                        sizeof *w->jobs);
    w->jobs[w->njobs++] = job;
    return VN_OK;
}

static int
by_submit(const void *a, const void *b)
{
    const struct vn_lucid_job *x = a, *y = b;

    if (x->submit != y->submit)
        return x->submit < y->submit ? -1 : 1;
    return (x->row > y->row) - (x->row < y->row);
}

static enum vn_status
read_jobs(struct vn_lucid *w, const char *path, int64_t first,
          struct vn_error *err)
{
    struct vn_table_form form = {.columns = columns, .ncolumns = NCOLUMNS};
    struct vn_table *t = NULL;
    enum vn_status status = vn_table_open(path, &form, &t, err);
    bool more = true;

    while (status == VN_OK && w->njobs < first
           && (status = vn_table_next(t, &more, err)) == VN_OK && more)
        status = read_job(w, t, err);
    vn_table_close(t);
    for (int i = 0; i < w->njobs; i++) {
        w->jobs[i].row = i;
        w->jobs[i].where =
            vn_xcalloc((size_t) w->jobs[i].devices, sizeof(int));
    }
    if (w->njobs > 0)
        qsort(w->jobs, (size_t) w->njobs, sizeof *w->jobs, by_submit);
    return status;
}

static void
close_world(struct vn_lucid *w)
{
    for (int i = 0; i < w->njobs; i++)
        free(w->jobs[i].where);
    free(w->jobs);
    vn_consolidate_free(w->nodes);
}

enum option {
    SKIP,
    PLACEMENT,
    NOPTIONS
};

static const char *const no_yes[] = {"no", "yes", NULL};
static const char *const placements[] = {"consolidated", "any", NULL};

static const struct vn_policy_option options[] = {
    [SKIP] = {"skip",
              "is a job passed over that has no place (fifo, sjf, qssf)", "no",
              VN_OPTION_CHOICE, .choices = no_yes},
    [PLACEMENT] = {"placement", "where devices are taken from", "consolidated",
                   VN_OPTION_CHOICE, .choices = placements},
    [NOPTIONS] = {NULL}};

/* The nodes, by the case's name (nK: K of them) or as they are given. */
static enum vn_status
open_nodes(const struct vn_request *r, struct vn_lucid *w, bool any,
           struct vn_error *err)
{
    int64_t nodes = vn_request_number(r, "n");
    int each = DEVICES_PER_NODE;
    struct vn_cluster cluster = {0};
    enum vn_status status;

    if (r->cluster != NULL) {
        if ((status = vn_cluster_read(r->cluster, &cluster, err)))
            return status;
        nodes = cluster.nodes;
        each = cluster.groups[0].devices_per_node;
        if (cluster.ngroups > 1 || each > VN_CONSOLIDATE_DEVICES)
            status = vn_fail(err, VN_EUSAGE,
                             "cluster '%.100s' has unlike nodes or more than "
                             "%d devices on one, expected type:nodes x "
                             "devices, as in v100:4x8",
                             r->cluster, VN_CONSOLIDATE_DEVICES);
        vn_cluster_free(&cluster);
        if (status != VN_OK)
            return status;
    } else if (nodes < 1 || nodes > VN_DEVICES_MAX / DEVICES_PER_NODE) {
        return vn_fail(err, VN_EUSAGE,
                       "case '%.100s' does not say how many nodes, expected a "
                       "part like n4, or --cluster",
                       r->name);
    }
    w->devices = (int) nodes * each;
    w->each = each;
    w->nodes = any ? vn_consolidate_alloc(w->devices, 1)
                   : vn_consolidate_alloc((int) nodes, each);
    return VN_OK;
}

static enum vn_status
write_jobs(const struct vn_request *r, const struct vn_lucid *w,
           struct vn_findings *findings, struct vn_error *err)
{
    static const char *const columns_out[] = {
        "job_id", "submit_s", "start_s",     "finish_s",
        "jct_s",  "queue_s",  "preemptions", NULL};
    struct vn_sheet *sheet = vn_sheet_alloc(columns_out);
    struct vn_lucid_job **by_row =
        vn_xcalloc((size_t) w->njobs, sizeof *by_row);
    char name[64];
    enum vn_status status;

    for (int i = 0; i < w->njobs; i++)
        by_row[w->jobs[i].row] = &w->jobs[i];
    for (int i = 0; i < w->njobs; i++) {
        const struct vn_lucid_job *job = by_row[i];

        vn_sheet_cell(sheet, "%lld", (long long) job->id);
        vn_sheet_cell(sheet, "%lld", (long long) job->submit);
        vn_sheet_cell(sheet, "%lld", (long long) job->start);
        vn_sheet_cell(sheet, "%lld", (long long) job->finish);
        vn_sheet_cell(sheet, "%lld", (long long) (job->finish - job->submit));
        vn_sheet_cell(sheet, "%lld", (long long) job->queued);
        vn_sheet_cell(sheet, "%d", job->stops);
    }
    free(by_row);
    snprintf(name, sizeof name, "%.40s.csv", r->policy);
    status = vn_sheet_write(sheet, r->jobs, err);
    if (status == VN_OK)
        status = vn_sheet_compare(
            sheet,
            vn_path(r->paths, vn_path(r->paths, r->data, r->name), name), 0,
            findings, err);
    vn_sheet_free(sheet);
    return status;
}

static enum vn_status
run_lucid(const struct vn_request *r, struct vn_findings *findings,
          struct vn_error *err)
{
    double values[NOPTIONS];
    struct vn_lucid w = {0};
    enum vn_status status;
    int policy;

    if ((status = vn_request_policy(r, vn_lucid_policies, &policy, err))
        || (status = vn_request_options(r, options, values, err))
        || (status = open_nodes(r, &w, values[PLACEMENT] == 1, err)))
        return status;
    w.policy = vn_lucid_policy(policy);
    w.skip = values[SKIP] == 1;
    status = read_jobs(
        &w,
        vn_path(r->paths, vn_path(r->paths, r->data, r->name), "workload.csv"),
        r->first, err);
    if (status == VN_OK) {
        vn_lucid_run(&w);
        status = write_jobs(r, &w, findings, err);
    }
    close_world(&w);
    return status;
}

const struct vn_experiment vn_experiment_lucid = {
    .name = "lucid",
    .summary = "queues of the simulators of Helios and Lucid, job by job",
    .takes = VN_REQUEST_CASE | VN_REQUEST_CLUSTER | VN_REQUEST_OPTIONS
             | VN_REQUEST_FIRST | VN_REQUEST_JOBS,
    .run = run_lucid,
};
