/* vnexec eval: the test set through a checkpoint's model, over devices. */
#include "config.h"

#include "vnode_exec/command/command.h"

#include "base/number.h"
#include "vnode_exec/check.h"
#include "vnode_exec/job.h"
#include "vnode_exec/train/checkpoint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The model that a checkpoint is of. */
struct trained {
    struct vn_checkpoint checkpoint;
    char model[64], data[VN_CHECKPOINT_TEXT];
};

static int
number_of(const struct vn_checkpoint *c, const char *name)
{
    char text[32];

    vn_checkpoint_value(c, name, text, sizeof text);
    return atoi(text);
}

static double
real_of(const struct vn_checkpoint *c, const char *name)
{
    char text[64];

    vn_checkpoint_value(c, name, text, sizeof text);
    return atof(text);
}

/* The data must have as many classes as were trained. */
static int
classes_of(const struct vn_checkpoint *c)
{
    char text[64];
    const char *colon;

    vn_checkpoint_value(c, "shape", text, sizeof text);
    colon = strchr(text, ':');
    return colon != NULL ? atoi(colon + 1) : 0;
}

/* Fill what the command line does not say from the checkpoint. */
static enum vn_status
complete(struct vn_options *o, bool has_data, struct trained *t,
         struct vn_error *err)
{
    const struct vn_checkpoint *c = &t->checkpoint;
    char text[32];
    enum vn_status status =
        vn_checkpoint_read(o->resume, NULL, NULL, &t->checkpoint, NULL, err);

    if (status != VN_OK)
        return status;
    vn_checkpoint_value(c, "model", t->model, sizeof t->model);
    vn_checkpoint_value(c, "data", t->data, sizeof t->data);
    o->model_name = t->model;
    o->stored_model = c->model;
    o->stored_size = c->model_size;
    if (!has_data)
        o->data_name = t->data;
    vn_checkpoint_options(c, &o->set);
    if (c->normal.channels > 0)
        o->data.given = &c->normal;
    o->data.classes = classes_of(c);
    if (o->data.validation == 0)
        o->data.validation = real_of(c, "validation");
    vn_checkpoint_value(c, "optimizer", text, sizeof text);
    o->train.optimizer = text[0] == 'a' ? VN_ADAMW : VN_SGD;
    o->has_optimizer = true;
    if (!o->has_batch)
        o->train.batch = number_of(c, "batch");
    if (!o->has_vnodes)
        o->train.vnodes = number_of(c, "vnodes");
    return VN_OK;
}

static enum vn_status
evaluate(struct vn_options *o, struct trained *t, struct vn_exec_job *job,
         struct vn_executor **x, struct vn_error *err)
{
    double loss = 0, accuracy = 0;
    struct vn_executor_job view;
    struct vn_state *state;
    enum vn_status status = complete(o, o->data_name != NULL, t, err);

    if (status == VN_OK)
        status = vn_exec_job_open(o, job, err);
    if (status == VN_OK)
        status = vn_check_ranks(job, "eval", &t->checkpoint, err);
    if (status != VN_OK)
        return status;
    view = vn_exec_job_view(job);
    status = vn_executor_open(&view, &job->stages.list[0], x, err);
    if (status != VN_OK)
        return status;
    status = vn_executor_save(*x, &state, err);
    if (status == VN_OK)
        status = vn_checkpoint_fill(o->resume, &t->checkpoint, job->graph,
                                    state, err);
    if (status == VN_OK)
        status = vn_executor_load(*x, t->checkpoint.step, err);
    if (status == VN_OK)
        status = vn_executor_evaluate(*x, vn_exec_job_test(job), &loss,
                                      &accuracy, err);
    if (status == VN_OK && job->comm.rank == 0)
        printf("step %lld: test loss %.6f, accuracy %.2f %% of %zu examples\n",
               (long long) t->checkpoint.step, loss, 100 * accuracy,
               vn_exec_job_test(job)->count * job->graph->labels);
    return status;
}

int
vn_command_eval(int argc, char **argv)
{
    struct vn_options o;
    struct vn_exec_job job = {.options = NULL};
    struct vn_executor *x = NULL;
    struct vn_error err = {0};
    struct trained t = {.model = ""};
    bool help;
    enum vn_status status = vn_options_read(argc, argv, &o, &help, &err);

    if (status == VN_OK && help) {
        printf("usage: vnexec eval --resume CHECKPOINT [options]\n\n"
               "Test a checkpoint over virtual nodes on devices.\n\n");
        vn_option_help(stdout, vn_exec_options, vn_exec_noptions);
        return 0;
    }
    if (status == VN_OK && o.resume == NULL)
        status = vn_fail(&err, VN_EUSAGE, "eval needs --resume CHECKPOINT");
    if (status == VN_OK)
        status = evaluate(&o, &t, &job, &x, &err);
    vn_executor_close(x);
    vn_checkpoint_free(&t.checkpoint);
    return vn_exec_job_end(&job, status, &err);
}
