/*
 * muri: cases of Muri's simulator, a folder with workload.csv, and
 * overhead.csv beside it, on 8 nodes of 8 devices.
 */
#include "config.h"

#include "replay/experiment/muri.h"

#include "replay/experiment/experiment.h"
#include "replay/experiment/sheet.h"

#include "base/names.h"
#include "base/table.h"
#include "base/xalloc.h"
#include "plan/cluster.h"

#include <math.h>
#include <stdlib.h>

extern const struct vn_experiment vn_experiment_muri;

enum {
    NODES = 8,
    DEVICES_PER_NODE = 8,
    DEVICES_MAX = 1 << 20
};

#define SLOWER           1.015 /* an iteration than in the workload */
#define OVERHEAD_UNKNOWN 10.0  /* seconds */
#define NUMBER_MAX       1e15

/* Overheads by model and devices. */
struct overhead {
    int devices;
    int model;
    double seconds;
};

struct tables {
    struct vn_muri *m;
    struct vn_names models;
    struct overhead *overheads;
    int noverheads;
};

enum overhead_column {
    OF_DEVICES,
    OF_MODEL,
    SECONDS,
    OVERHEAD_COLUMNS
};

static const struct vn_column overhead_columns[] = {
    [OF_DEVICES] = {"gpus", true},
    [OF_MODEL] = {"model", true},
    [SECONDS] = {"overhead_s", true}};

enum column {
    ID,
    DEVICES,
    SUBMIT,
    ITERATIONS,
    MODEL,
    ITERATION,
    DURATION, /* not looked at: a job takes its iterations */
    STAGE,
    PRIORITY = STAGE + VN_MURI_STAGES,
    NCOLUMNS
};

static const struct vn_column columns[] = {
    [ID] = {"job_id", true},
    [DEVICES] = {"gpus", true},
    [SUBMIT] = {"submit_ms", true},
    [ITERATIONS] = {"iterations", true},
    [MODEL] = {"model", true},
    [ITERATION] = {"iteration_ms", true},
    [DURATION] = {"duration_ms", false},
    [STAGE] = {"resource0_ms", false},
    [STAGE + 1] = {"resource1_ms", false},
    [STAGE + 2] = {"resource2_ms", false},
    [PRIORITY] = {"priority", false}};

static enum vn_status
read_overhead(struct tables *x, struct vn_table *t, struct vn_error *err)
{
    struct overhead o = {0};
    enum vn_status status;
    int64_t devices;

    if ((status = vn_table_int(t, OF_DEVICES, 1, DEVICES_MAX, &devices, err))
        || (status =
                vn_table_real(t, SECONDS, 0, NUMBER_MAX, &o.seconds, err)))
        return status;
    o.devices = (int) devices;
    o.model = vn_names_add(&x->models, vn_table_text(t, OF_MODEL));
    x->overheads = vn_xrealloc(x->overheads, (size_t) x->noverheads + 1,
                               sizeof *x->overheads);
    x->overheads[x->noverheads++] = o;
    return VN_OK;
}

static double
overhead_of(const struct tables *x, int devices, const char *model)
{
    int number = vn_names_find(&x->models, model);

    for (int i = 0; i < x->noverheads; i++)
        if (x->overheads[i].devices == devices
            && x->overheads[i].model == number)
            return x->overheads[i].seconds;
    return OVERHEAD_UNKNOWN;
}

static enum vn_status
read_shared(struct tables *x, struct vn_table *t, struct vn_muri_job *job,
            struct vn_error *err)
{
    enum vn_status status = VN_OK;
    int64_t priority = 0;

    if (x->m->policy != vn_muri_policies[3])
        return VN_OK;
    if (job->devices > x->m->each)
        return vn_table_fail(t, DEVICES, err,
                             "antman has no rule for %d devices on nodes of "
                             "%d, expected no more than these",
                             job->devices, x->m->each);
    for (int i = 0; i < VN_MURI_STAGES && status == VN_OK; i++)
        status =
            vn_table_real(t, STAGE + i, 0, NUMBER_MAX, &job->stages[i], err);
    if (status == VN_OK)
        status = vn_table_int(t, PRIORITY, 0, INT32_MAX, &priority, err);
    job->priority = (int) priority;
    return status;
}

static enum vn_status
read_job(struct tables *x, struct vn_table *t, struct vn_error *err)
{
    struct vn_muri *m = x->m;
    struct vn_muri_job job = {.row = m->njobs};
    enum vn_status status;
    int64_t devices;

    if ((status = vn_table_int(t, ID, 0, INT64_MAX, &job.id, err))
        || (status =
                vn_table_int(t, DEVICES, 1, m->nodes * m->each, &devices, err))
        || (status = vn_table_real(t, SUBMIT, 0, NUMBER_MAX, &job.submit, err))
        || (status = vn_table_real(t, ITERATIONS, 1, NUMBER_MAX,
                                   &job.iterations, err))
        || (status = vn_table_real(t, ITERATION, 1e-9, NUMBER_MAX,
                                   &job.iteration, err)))
        return status;
    job.devices = (int) devices;
    job.submit /= 1000;
    job.iteration = job.iteration * SLOWER / 1000;
    job.overhead = overhead_of(x, job.devices, vn_table_text(t, MODEL));
    if ((status = read_shared(x, t, &job, err)))
        return status;
    job.where = vn_xcalloc((size_t) job.devices, sizeof *job.where);
    if ((m->njobs & (m->njobs - 1)) == 0)
        m->jobs =
            vn_xrealloc(m->jobs, m->njobs > 0 ? 2 * (size_t) m->njobs : 1,
                        sizeof *m->jobs);
    m->jobs[m->njobs++] = job;
    return VN_OK;
}

static enum vn_status
read_rows(const char *path, const struct vn_column *of, int n,
          enum vn_status (*row)(struct tables *, struct vn_table *,
                                struct vn_error *),
          int64_t first, struct tables *x, struct vn_error *err)
{
    struct vn_table_form form = {.columns = of, .ncolumns = n};
    struct vn_table *t = NULL;
    enum vn_status status = vn_table_open(path, &form, &t, err);
    bool more;

    while (status == VN_OK && first-- > 0
           && (status = vn_table_next(t, &more, err)) == VN_OK && more)
        status = row(x, t, err);
    vn_table_close(t);
    return status;
}

static int
by_submit(const void *a, const void *b)
{
    const struct vn_muri_job *x = a, *y = b;

    if (x->submit != y->submit)
        return x->submit < y->submit ? -1 : 1;
    return x->row - y->row;
}

static int
by_row(const void *a, const void *b)
{
    return ((const struct vn_muri_job *) a)->row
           - ((const struct vn_muri_job *) b)->row;
}

static enum vn_status
read_tables(const struct vn_request *r, struct vn_muri *m,
            struct vn_error *err)
{
    const char *folder = vn_path(r->paths, r->data, r->name);
    struct tables x = {.m = m};
    enum vn_status status;

    if ((status = read_rows(vn_path(r->paths, r->data, "overhead.csv"),
                            overhead_columns, OVERHEAD_COLUMNS, read_overhead,
                            INT64_MAX, &x, err))
        == VN_OK)
        status = read_rows(vn_path(r->paths, folder, "workload.csv"), columns,
                           NCOLUMNS, read_job, r->first, &x, err);
    vn_names_free(&x.models);
    free(x.overheads);
    if (m->njobs > 0)
        qsort(m->jobs, (size_t) m->njobs, sizeof *m->jobs, by_submit);
    return status;
}

static enum vn_status
open_cluster(const struct vn_request *r, struct vn_muri *m,
             struct vn_error *err)
{
    struct vn_cluster cluster = {0};
    enum vn_status status;

    m->nodes = NODES;
    m->each = DEVICES_PER_NODE;
    if (r->cluster == NULL)
        return VN_OK;
    if ((status = vn_cluster_read(r->cluster, &cluster, err)))
        return status;
    m->nodes = cluster.nodes;
    m->each = cluster.groups[0].devices_per_node;
    if (cluster.ngroups > 1 || cluster.devices > DEVICES_MAX)
        status = vn_fail(err, VN_EUSAGE,
                         "cluster '%.100s' has unlike nodes or more than %d "
                         "devices, expected type:nodes x devices, as in "
                         "v100:8x8",
                         r->cluster, DEVICES_MAX);
    vn_cluster_free(&cluster);
    return status;
}

static enum vn_status
write_jobs(const struct vn_request *r, struct vn_muri *m,
           struct vn_findings *findings, struct vn_error *err)
{
    static const char *const out[] = {"job_id",     "submit_s", "start_s",
                                      "finish_s",   "jct_s",    "pending_s",
                                      "executed_s", NULL};
    struct vn_sheet *sheet = vn_sheet_alloc(out);
    char name[64];
    enum vn_status status;

    if (m->njobs > 0)
        qsort(m->jobs, (size_t) m->njobs, sizeof *m->jobs, by_row);
    for (int i = 0; i < m->njobs; i++) {
        const struct vn_muri_job *job = &m->jobs[i];

        vn_sheet_cell(sheet, "%lld", (long long) job->id);
        vn_sheet_cell(sheet, "%.6f", job->submit);
        vn_sheet_cell(sheet, "%.6f", job->start);
        vn_sheet_cell(sheet, "%.6f", job->finish);
        vn_sheet_cell(sheet, "%.6f", job->finish - job->submit);
        vn_sheet_cell(sheet, "%.6f", job->pending);
        vn_sheet_cell(sheet, "%.6f", job->executed);
    }
    snprintf(name, sizeof name, "%.40s.csv", r->policy);
    status = vn_sheet_write(sheet, r->jobs, err);
    if (status == VN_OK)
        status = vn_sheet_compare(
            sheet,
            vn_path(r->paths, vn_path(r->paths, r->data, r->name), name), 1e-6,
            findings, err);
    vn_sheet_free(sheet);
    return status;
}

static enum vn_status
run_muri(const struct vn_request *r, struct vn_findings *findings,
         struct vn_error *err)
{
    const char *names[8] = {NULL};
    struct vn_muri m = {0};
    enum vn_status status;
    int policy;

    for (int p = 0; vn_muri_policies[p] != NULL; p++)
        names[p] = vn_muri_policies[p]->name;
    if ((status = vn_request_policy(r, names, &policy, err))
        || (status = open_cluster(r, &m, err)))
        return status;
    m.policy = vn_muri_policies[policy];
    status = read_tables(r, &m, err);
    if (status == VN_OK) {
        vn_muri_run(&m);
        status = write_jobs(r, &m, findings, err);
    }
    for (int i = 0; i < m.njobs; i++)
        free(m.jobs[i].where);
    free(m.jobs);
    return status;
}

const struct vn_experiment vn_experiment_muri = {
    .name = "muri",
    .summary = "queues of Muri's simulator, job by job",
    .takes = VN_REQUEST_CASE | VN_REQUEST_CLUSTER | VN_REQUEST_FIRST
             | VN_REQUEST_JOBS,
    .run = run_muri,
};
