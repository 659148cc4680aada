/*
 * The workloads of VirtualFlow's authors: a JSON list of
 *
 *     {"arrival_time": 1, "workload": "bert", "gpu_demand": 4, "priority": 1,
 *      "batch_size": 64, "num_steps": 105, "num_epochs": 10,
 *      "num_virtual_nodes_per_device": 2, "glue_task": "SST-2"}
 *
 * A job is a modelled one.  Its model is the workload and its data,
 * "bert/SST-2", "resnet/imagenet", since both say how long a step takes.  It
 * has num_virtual_nodes_per_device (1) x gpu_demand virtual nodes and can use
 * gpu_demand devices at most; batch_size is the global batch.
 *
 * It trains num_steps (of one epoch) x num_epochs (1).  Where num_steps is not
 * given an epoch is all full batches of the data, floor(examples / batch),
 * which reproduces the steps that the authors' logs print.
 */
#include "config.h"

#include "traces/import/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Examples of the training sets: GLUE's (gluebenchmark.com), and images. */
static const struct data {
    const char *name;
    int64_t examples;
} data[] = {
    {"CoLA", 8551},     {"MNLI", 392702},      {"MRPC", 3668},
    {"QNLI", 104743},   {"QQP", 363846},       {"RTE", 2490},
    {"SST-2", 67349},   {"STS-B", 5749},       {"WNLI", 635},
    {"cifar10", 50000}, {"imagenet", 1281167},
};

enum {
    NDATA = sizeof data / sizeof *data
};

/* What a job says of its work. */
struct work {
    const char *workload;
    const char *task; /* NULL if none */
    int64_t demand;
    int64_t batch;
    int64_t epochs;
    int64_t per_device;
    int64_t steps; /* of an epoch, 0 if not given */
};

static enum vn_status
read_work(const struct vn_import *im, const struct json_t *o, long line,
          struct work *w, struct vn_error *err)
{
    const int64_t most = INT64_C(1) << 31;
    enum vn_status status;
    bool demand, batch, found;

    *w = (struct work){.epochs = 1, .per_device = 1};
    if ((status =
             vn_import_json_text(im, o, "workload", line, &w->workload, err))
        || (status =
                vn_import_json_text(im, o, "glue_task", line, &w->task, err))
        || (w->task == NULL
            && (status = vn_import_json_text(im, o, "dataset", line, &w->task,
                                             err)))
        || (status =
                vn_import_json_int(im, o, "gpu_demand", line, 1, VN_VNODES_MAX,
                                   &w->demand, &demand, err))
        || (status = vn_import_json_int(im, o, "batch_size", line, 1, most,
                                        &w->batch, &batch, err))
        || (status = vn_import_json_int(im, o, "num_epochs", line, 1, 1 << 20,
                                        &w->epochs, &found, err))
        || (status =
                vn_import_json_int(im, o, "num_steps", line, 1,
                                   INT64_C(1) << 20, &w->steps, &found, err))
        || (status = vn_import_json_int(im, o, "num_virtual_nodes_per_device",
                                        line, 1, VN_VNODES_MAX, &w->per_device,
                                        &found, err)))
        return status;
    if (w->workload == NULL)
        return vn_import_json_lacks(im, "workload", line, err);
    if (!demand)
        return vn_import_json_lacks(im, "gpu_demand", line, err);
    if (!batch)
        return vn_import_json_lacks(im, "batch_size", line, err);
    return VN_OK;
}

/* Fill in the steps of an epoch. */
static enum vn_status
count_steps(const struct vn_import *im, long line, struct work *w,
            struct vn_error *err)
{
    int i = 0;

    if (w->steps > 0)
        return VN_OK;
    while (i < NDATA
           && (w->task == NULL || strcmp(data[i].name, w->task) != 0))
        i++;
    if (i == NDATA)
        return vn_fail_at(err, im->file, line, 1,
                          "a job without num_steps, and the size of its data "
                          "'%.40s' is not known",
                          w->task != NULL ? w->task : "");
    w->steps = data[i].examples / w->batch;
    if (w->steps == 0)
        return vn_fail_at(err, im->file, line, 1,
                          "batch_size of this job is more than its data");
    return VN_OK;
}

static enum vn_status
virtualflow_job(struct vn_import *im, const struct json_t *o, long line,
                struct vn_error *err)
{
    struct vn_job job = vn_trace_job();
    double arrival, priority = 0;
    enum vn_status status;
    struct work w;
    char model[160];
    bool found;

    if ((status = vn_import_json_real(im, o, "arrival_time", line, 0,
                                      9e15 / (double) vn_import_scale(im, 1),
                                      &arrival, &found, err)))
        return status;
    if (!found)
        return vn_import_json_lacks(im, "arrival_time", line, err);
    if ((status = vn_import_json_real(im, o, "priority", line, 0, 1e9,
                                      &priority, &found, err))
        || (status = read_work(im, o, line, &w, err))
        || (status = count_steps(im, line, &w, err)))
        return status;
    if (w.per_device * w.demand > w.batch
        || w.per_device * w.demand > VN_VNODES_MAX)
        return vn_fail_at(err, im->file, line, 1,
                          "more virtual nodes than examples in a batch");
    snprintf(model, sizeof model, "%.64s%s%.64s", w.workload,
             w.task != NULL ? "/" : "", w.task != NULL ? w.task : "");
    job.model = vn_names_add(&im->names.models, model);
    job.submit = vn_import_scale(im, arrival);
    job.priority = priority;
    job.weight = priority > 0 ? priority : 1;
    job.devices = job.max_devices = (int) w.demand;
    job.vnodes = (int) (w.per_device * w.demand);
    job.global_batch = w.batch;
    job.steps = w.steps * w.epochs;
    return vn_import_add(im, &job, line, err);
}

static enum vn_status
virtualflow_run(struct vn_import *im, struct vn_error *err)
{
    return vn_import_json(im, virtualflow_job, err);
}

const struct vn_importer vn_import_virtualflow = {
    .name = "virtualflow",
    .summary = "JSON lists of VirtualFlow's authors",
    .run = virtualflow_run,
};
