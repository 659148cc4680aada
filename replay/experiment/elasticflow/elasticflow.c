/*
 * The tables of ElasticFlow's simulator:
 *
 *     data/CASE/workload.csv    job_id,submit_s,iterations,model,deadline_s,
 *                               batch,gpus,duration_s
 *     data/throughputs_GPU.csv  model,batch,gpus,iterations_per_s
 *
 * 16 nodes of 4 T4s, a slot of 60 s, where --cluster and --option say nothing
 * else.  A job that was declined has no times; one that ended late is one
 * that ended late.
 */
#include "config.h"

#include "replay/experiment/elasticflow/elasticflow.h"
#include "replay/experiment/sheet.h"

#include "base/number.h"
#include "base/table.h"
#include "base/xalloc.h"
#include "plan/cluster.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

extern const struct vn_experiment vn_experiment_elasticflow;

enum policy {
    EDF,
    EDF_ADMISSION,
    ELASTIC,
    ELASTIC_ADMISSION,
    DLAS
};

static const char *const policies[] = {
    [EDF] = "edf",       [EDF_ADMISSION] = "edf-accessctrl",
    [ELASTIC] = "ef",    [ELASTIC_ADMISSION] = "ef-accessctrl",
    [DLAS] = "dlas-gpu", NULL};

enum {
    SIZE_LIMIT = 64 /* of any job, in the published runs */
};

enum {
    ID,
    SUBMIT,
    ITERATIONS,
    MODEL,
    DEADLINE,
    BATCH,
    GPUS,
    DURATION,
    NCOLUMNS
};

static const struct vn_column columns[] = {[ID] = {"job_id", true},
                                           [SUBMIT] = {"submit_s", true},
                                           [ITERATIONS] = {"iterations", true},
                                           [MODEL] = {"model", true},
                                           [DEADLINE] = {"deadline_s", true},
                                           [BATCH] = {"batch", true},
                                           [GPUS] = {"gpus", true},
                                           [DURATION] = {"duration_s", true}};

/* A row of throughputs: NAN where it cannot run so. */
struct throughput {
    char *model;
    int64_t batch;
    int devices;
    double rate;
};

struct throughputs {
    struct throughput *rows;
    int n;
};

static void
free_throughputs(struct throughputs *t)
{
    for (int i = 0; i < t->n; i++)
        free(t->rows[i].model);
    free(t->rows);
}

static enum vn_status
read_throughputs(const char *path, struct throughputs *all,
                 struct vn_error *err)
{
    static const struct vn_column names[] = {{"model", true},
                                             {"batch", true},
                                             {"gpus", true},
                                             {"iterations_per_s", true}};
    struct vn_table_form form = {.columns = names, .ncolumns = 4};
    struct vn_table *t = NULL;
    enum vn_status status = vn_table_open(path, &form, &t, err);
    bool more;

    while (status == VN_OK && (status = vn_table_next(t, &more, err)) == VN_OK
           && more) {
        struct throughput row = {.rate = NAN};
        int64_t devices;

        if ((status = vn_table_int(t, 1, 1, INT64_MAX, &row.batch, err))
            || (status = vn_table_int(t, 2, 1, VN_DEVICES_MAX, &devices, err))
            || (strcmp(vn_table_text(t, 3), "nan") != 0
                && (status = vn_table_real(t, 3, 1e-9, 1e9, &row.rate, err))))
            break;
        row.devices = (int) devices;
        row.model = vn_xstrdup(vn_table_text(t, 0));
        all->rows =
            vn_xrealloc(all->rows, (size_t) all->n + 1, sizeof *all->rows);
        all->rows[all->n++] = row;
    }
    vn_table_close(t);
    return status;
}

/*
 * The largest size of a job: elastic policies have a table of it for this
 * type of device; the others take what the throughputs have.
 */
static int
largest(enum policy policy, const char *model, int64_t batch)
{
    if (policy == ELASTIC || policy == ELASTIC_ADMISSION) {
        if (strcmp(model, "bert") == 0 || strcmp(model, "cifar10") == 0)
            return 16;
        if (strcmp(model, "deepspeech2") == 0 && batch == 320)
            return 32;
        if (strcmp(model, "yolov3") == 0)
            return 4;
        if (strcmp(model, "ncf") == 0)
            return 1;
        return SIZE_LIMIT;
    }
    return batch < SIZE_LIMIT ? (int) batch : SIZE_LIMIT;
}

static enum vn_status
find_sizes(struct vn_table *t, const struct throughputs *all,
           enum policy policy, int devices, struct vn_ef_job *job,
           struct vn_error *err)
{
    const char *model = vn_table_text(t, MODEL);
    int64_t batch = strtoll(vn_table_text(t, BATCH), NULL, 10);
    int most = largest(policy, model, batch), n = 0;

    most = most < devices ? most : devices;
    job->sizes = vn_xcalloc((size_t) all->n + 1, sizeof *job->sizes);
    job->rate = vn_xcalloc((size_t) all->n + 1, sizeof *job->rate);
    for (int i = 0; i < all->n; i++) {
        const struct throughput *row = &all->rows[i];

        if (row->batch != batch || row->devices > most || isnan(row->rate)
            || strcmp(row->model, model) != 0)
            continue;
        if (n > 0 && row->devices <= job->sizes[n - 1])
            return vn_table_fail(t, MODEL, err,
                                 "throughputs of '%.64s' are not by rising "
                                 "gpus",
                                 model);
        job->sizes[n] = row->devices;
        job->rate[n++] = row->rate;
    }
    if (n == 0)
        return vn_table_fail(t, MODEL, err,
                             "no throughputs of '%.64s' with a batch of "
                             "%" PRId64 " on devices that there are",
                             model, batch);
    job->claim.sizes = job->sizes;
    job->claim.rate = job->rate;
    job->claim.nsizes = n;
    return VN_OK;
}

static enum vn_status
read_job(struct vn_ef *ef, struct vn_table *t, const struct throughputs *all,
         enum policy policy, struct vn_error *err)
{
    struct vn_ef_job *job;
    int64_t submit, deadline, iterations, batch, asked;
    enum vn_status status;

    ef->jobs = vn_xrealloc(ef->jobs, (size_t) ef->njobs + 1, sizeof *ef->jobs);
    job = &ef->jobs[ef->njobs++];
    *job = (struct vn_ef_job){.start = NAN, .real_end = NAN, .old_end = NAN};
    if ((status = vn_table_int(t, ID, 0, INT64_MAX, &job->id, err))
        || (status =
                vn_table_int(t, SUBMIT, 0, INT64_C(1) << 40, &submit, err))
        || (status = vn_table_int(t, ITERATIONS, 1, INT64_C(1) << 40,
                                  &iterations, err))
        || (status =
                vn_table_int(t, DEADLINE, 0, INT64_C(1) << 40, &deadline, err))
        || (status = vn_table_int(t, BATCH, 1, INT64_C(1) << 40, &batch, err))
        || (status = vn_table_int(t, GPUS, 1, ef->devices, &asked, err))
        || (status = vn_table_int(t, DURATION, 1, INT64_C(1) << 40,
                                  &job->duration, err)))
        return status;
    job->submit = (double) submit;
    job->asked = (int) asked;
    job->claim.left = (double) iterations;
    job->claim.deadline = (double) deadline;
    return find_sizes(t, all, policy, ef->devices, job, err);
}

/* The cluster and the type that throughputs are of. */
static enum vn_status
read_cluster(struct vn_ef *ef, char *type, size_t size, struct vn_error *err)
{
    struct vn_cluster cluster = {0};
    enum vn_status status;

    snprintf(type, size, "T4");
    ef->nodes = 16;
    ef->per_node = 4;
    if (ef->request->cluster != NULL) {
        status = vn_cluster_read(ef->request->cluster, &cluster, err);
        if (status == VN_OK && cluster.ngroups != 1)
            status = vn_fail(err, VN_EUSAGE,
                             "--cluster: expected nodes that are alike");
        if (status == VN_OK) {
            snprintf(type, size, "%s", cluster.types[0].name);
            ef->nodes = cluster.nodes;
            ef->per_node = cluster.groups[0].devices_per_node;
        }
        vn_cluster_free(&cluster);
        if (status != VN_OK)
            return status;
    }
    ef->devices = ef->nodes * ef->per_node;
    return VN_OK;
}

static enum vn_status
read_case(struct vn_ef *ef, enum policy policy, struct vn_error *err)
{
    const struct vn_request *r = ef->request;
    const char *folder = vn_path(r->paths, r->data, r->name);
    struct vn_table_form form = {.columns = columns, .ncolumns = NCOLUMNS};
    struct throughputs all = {0};
    struct vn_table *t = NULL;
    char type[64], name[96];
    enum vn_status status;
    bool more;

    if ((status = read_cluster(ef, type, sizeof type, err)) != VN_OK)
        return status;
    snprintf(name, sizeof name, "throughputs_%s.csv", type);
    status = read_throughputs(vn_path(r->paths, r->data, name), &all, err);
    if (status == VN_OK)
        status = vn_table_open(vn_path(r->paths, folder, "workload.csv"),
                               &form, &t, err);
    while (status == VN_OK && ef->njobs < r->first
           && (status = vn_table_next(t, &more, err)) == VN_OK && more)
        status = read_job(ef, t, &all, policy, err);
    vn_table_close(t);
    free_throughputs(&all);
    return status;
}

static enum vn_status
report(const struct vn_ef *ef, enum policy policy,
       struct vn_findings *findings, struct vn_error *err)
{
    static const char *const names[] = {
        "job_id",       "submit_s",    "start_s",     "finish_s", "jct_s",
        "deadline_met", "gpus_at_end", "preemptions", NULL};
    struct vn_sheet *sheet = vn_sheet_alloc(names);
    enum vn_status status;

    for (int i = 0; i < ef->njobs; i++) {
        const struct vn_ef_job *job = &ef->jobs[i];
        bool ended = job->state == VN_EF_ENDED;

        vn_sheet_cell(sheet, "%" PRId64, job->id);
        vn_sheet_cell(sheet, "%.0f", job->submit);
        vn_sheet_cell(sheet, ended ? "%.0f" : "", job->start);
        vn_sheet_cell(sheet, ended ? "%.1f" : "", job->end);
        vn_sheet_cell(sheet, ended ? "%.1f" : "", job->end - job->submit);
        vn_sheet_cell(sheet, "%d", ended && job->end <= job->claim.deadline);
        vn_sheet_cell(sheet, ended ? "%d" : "", job->devices);
        vn_sheet_cell(sheet, policy == DLAS ? "%d" : "", job->preemptions);
    }
    status = vn_sheet_write(sheet, ef->request->jobs, err);
    if (status == VN_OK)
        status =
            vn_sheet_compare_case(sheet, ef->request, 1e-6, findings, err);
    vn_sheet_free(sheet);
    return status;
}

/* Jobs start in order of submission, of equals in the table's. */
static void
list_starts(struct vn_ef *ef)
{
    struct vn_ef_list order = {0};

    for (int i = 0; i < ef->njobs; i++) {
        int at = order.n;

        vn_ef_list_add(&order, i);
        for (; at > 0
               && ef->jobs[order.jobs[at - 1]].submit > ef->jobs[i].submit;
             at--)
            order.jobs[at] = order.jobs[at - 1];
        order.jobs[at] = i;
    }
    for (int i = 0; i < order.n; i++) {
        int event = vn_ef_events_at(ef, ef->jobs[order.jobs[i]].submit);

        vn_ef_list_add(&ef->events[event].start, order.jobs[i]);
    }
    vn_ef_list_free(&order);
    vn_ef_events_sort(ef);
    if (ef->nevents > 0)
        ef->now = ef->events[0].time;
}

static void
simulate(struct vn_ef *ef, enum policy policy)
{
    list_starts(ef);
    switch (policy) {
    case EDF:
        vn_ef_run_edf(ef);
        break;
    case EDF_ADMISSION:
        vn_ef_run_edf_admission(ef);
        break;
    case ELASTIC:
    case ELASTIC_ADMISSION:
        vn_ef_run_elastic(ef, policy == ELASTIC_ADMISSION);
        break;
    case DLAS:
        vn_ef_run_dlas(ef);
        break;
    }
}

static void
free_case(struct vn_ef *ef)
{
    for (int i = 0; i < ef->njobs; i++) {
        struct vn_ef_job *job = &ef->jobs[i];

        free(job->sizes);
        free(job->rate);
        vn_timeline_free(&job->plan.steps);
        vn_timeline_free(&job->grown.steps);
        vn_timeline_free(&job->grown_free);
    }
    free(ef->jobs);
    while (ef->nevents > 0)
        vn_ef_events_remove(ef, 0);
    free(ef->events);
    vn_ef_list_free(&ef->runnable);
    vn_ef_list_free(&ef->pending);
    vn_ef_list_free(&ef->running);
    vn_timeline_free(&ef->free);
    vn_ef_place_free(ef);
}

static enum vn_status
run(const struct vn_request *request, struct vn_findings *findings,
    struct vn_error *err)
{
    static const struct vn_policy_option options[] = {
        {"slot", "between two events at least, s", "60", VN_OPTION_REAL, 1,
         1e6, NULL},
        {NULL, NULL, NULL, VN_OPTION_REAL, 0, 0, NULL}};
    struct vn_ef ef = {.request = request};
    enum vn_status status;
    int policy;

    if ((status = vn_request_policy(request, policies, &policy, err)) == VN_OK
        && (status = vn_request_options(request, options, &ef.slot, err))
               == VN_OK
        && (status = read_case(&ef, (enum policy) policy, err)) == VN_OK) {
        ef.slot = floor(ef.slot);
        simulate(&ef, (enum policy) policy);
        status = report(&ef, (enum policy) policy, findings, err);
    }
    free_case(&ef);
    return status;
}

const struct vn_experiment vn_experiment_elasticflow = {
    .name = "elasticflow",
    .summary = "ElasticFlow's simulator: edf, ef, with admission, dlas-gpu",
    .takes = VN_REQUEST_CASE | VN_REQUEST_CLUSTER | VN_REQUEST_OPTIONS
             | VN_REQUEST_JOBS | VN_REQUEST_FIRST,
    .run = run,
};
