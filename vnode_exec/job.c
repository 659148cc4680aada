#include "config.h"

#include "vnode_exec/job.h"

#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What the command line left open follows from the model. */
static void
complete_options(struct vn_exec_job *job)
{
    struct vn_options *o = job->options;
    struct vn_train *t = &o->train;

    if (!o->has_optimizer)
        t->optimizer =
            strcmp(job->model->optimizer, "adamw") == 0 ? VN_ADAMW : VN_SGD;
    if (!o->has_rate)
        t->rate = t->optimizer == VN_ADAMW ? 1e-3 : 0.1;
    if (t->decay < 0)
        t->decay = t->optimizer == VN_ADAMW ? 0.1 : 5e-4;
    if (o->epochs > 0)
        t->steps = (int64_t) ceil(o->epochs * (double) job->data.train.count
                                  / (double) t->batch);
}

/*
 * What virtual nodes replace: each device takes the same batch, so that the
 * global batch grows with the number of devices.
 */
static enum vn_status
couple(struct vn_exec_job *job, struct vn_error *err)
{
    struct vn_options *o = job->options;

    if (o->couple == 0)
        return VN_OK;
    if (o->has_batch || o->has_vnodes || o->nresizes > 0)
        return vn_fail(err, VN_EUSAGE,
                       "--couple-batch does without --batch, --vnodes and "
                       "--resize");
    o->train.vnodes = o->mpi ? job->comm.size : job->specs.n;
    o->train.batch = o->couple * o->train.vnodes;
    return VN_OK;
}

static enum vn_status
check_batch(const struct vn_exec_job *job, struct vn_error *err)
{
    const struct vn_train *t = &job->options->train;

    if (t->vnodes > t->batch)
        return vn_fail(err, VN_EUSAGE,
                       "%d virtual nodes share a batch of %lld: some would "
                       "have no example",
                       t->vnodes, (long long) t->batch);
    return VN_OK;
}

enum vn_status
vn_exec_job_open(struct vn_options *o, struct vn_exec_job *job,
                 struct vn_error *err)
{
    int devices;
    enum vn_status status;

    job->options = o;
    if (o->data_name == NULL)
        o->data_name = "synthetic";
    job->comm = (struct vn_comm){.size = 1};
    status = vn_model_find(o->model_name, &job->model, err);
    if (status == VN_OK && o->mpi)
        status = vn_comm_open(&job->comm, err);
    if (status == VN_OK)
        status = vn_specs_read(o->devices, &job->specs, err);
    if (status == VN_OK && job->comm.size > VN_SPEC_DEVICES)
        status = vn_fail(err, VN_EUSAGE, "%d ranks are too many, at most %d",
                         job->comm.size, VN_SPEC_DEVICES);
    if (status == VN_OK)
        status = couple(job, err);
    if (status == VN_OK)
        status = check_batch(job, err);
    devices = o->mpi ? job->comm.size : job->specs.n;
    if (status == VN_OK)
        status = vn_mapping_read(o->mapping, devices, o->train.vnodes,
                                 job->counts, err);
    if (status == VN_OK)
        status = vn_data_open(o->data_name, job->model, o->shape.context,
                              &job->data, err);
    if (status != VN_OK)
        return status;
    job->graph = vn_xcalloc(1, sizeof *job->graph);
    status = job->model->build(&job->data.shape, &o->shape, job->graph, err);
    complete_options(job);
    vn_train_split(&o->train);
    vn_options_describe(o, &job->data, job->text, sizeof job->text);
    return status;
}

void
vn_exec_job_close(struct vn_exec_job *job)
{
    vn_data_close(&job->data);
    free(job->graph);
    if (job->options != NULL)
        free(job->options->train.first);
    vn_comm_close(&job->comm);
}

struct vn_executor_job
vn_exec_job_view(const struct vn_exec_job *job)
{
    return (struct vn_executor_job){.graph = job->graph,
                                    .train = &job->options->train,
                                    .data = &job->data,
                                    .comm = &job->comm,
                                    .limit = job->options->limit};
}
