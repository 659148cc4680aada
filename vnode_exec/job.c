#include "config.h"

#include "vnode_exec/job.h"

#include "base/file.h"
#include "base/rng.h"
#include "base/xalloc.h"
#include "vnode_exec/check.h"

#include <math.h>
#include <stdio.h>
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
    if (!o->has_rate && job->model->rate > 0 && !o->has_optimizer)
        t->rate = job->model->rate;
    else if (!o->has_rate)
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
couple(struct vn_options *o, int devices, struct vn_error *err)
{
    if (o->couple == 0)
        return VN_OK;
    if (o->has_batch || o->has_vnodes || o->nresizes > 0 || o->nprofiles > 0)
        return vn_fail(err, VN_EUSAGE,
                       "--couple-batch does without --batch, --vnodes, "
                       "--profile and --resize");
    o->train.vnodes = devices;
    o->train.batch = o->couple * devices;
    return VN_OK;
}

static enum vn_status
check_batch(const struct vn_options *o, struct vn_error *err)
{
    const struct vn_train *t = &o->train;

    if (o->nprofiles > 0 && (o->has_vnodes || o->mapping != NULL || o->mpi))
        return vn_fail(err, VN_EUSAGE,
                       "--profile lets the solver choose the nodes, without "
                       "--vnodes, --mapping and --mpi");
    if (o->nprofiles == 0 && t->vnodes > t->batch)
        return vn_fail(err, VN_EUSAGE,
                       "%d virtual nodes share a batch of %lld: some would "
                       "have no example",
                       t->vnodes, (long long) t->batch);
    return VN_OK;
}

enum vn_status
vn_exec_job_stage(struct vn_exec_job *job, const char *devices,
                  struct vn_stage *stage, struct vn_error *err)
{
    struct vn_options *o = job->options;
    struct vn_stage_solved solved;
    struct vn_specs specs;
    size_t n = strcspn(devices, " ");
    const char *mapping = devices[n] != '\0' ? devices + n + 1 : NULL;
    char list[1024];
    enum vn_status status;

    snprintf(list, sizeof list, "%.*s", (int) (n < 1023 ? n : 1023), devices);
    status = vn_specs_read(list, &specs, err);
    if (status == VN_OK && o->nprofiles > 0 && mapping == NULL)
        return vn_stage_solve(o->profiles, o->nprofiles, o->model_name,
                              o->train.batch, o->limit, &specs, stage, &solved,
                              err);
    if (status == VN_OK)
        status = vn_stage_map(&o->train, &specs, specs.n, mapping, stage, err);
    return status;
}

/* The stage on the devices that the job begins with. */
static enum vn_status
first_stage(struct vn_exec_job *job, struct vn_error *err)
{
    struct vn_options *o = job->options;
    struct vn_stage *stage = vn_stages_add(&job->stages);
    struct vn_specs specs;
    int n;
    enum vn_status status = vn_specs_read(o->devices, &specs, err);

    if (status != VN_OK)
        return status;
    n = o->mpi ? job->comm.size : specs.n;
    status = couple(o, n, err);
    if (status == VN_OK)
        status = check_batch(o, err);
    if (status == VN_OK && o->nprofiles > 0)
        status = vn_stage_solve(o->profiles, o->nprofiles, o->model_name,
                                o->train.batch, o->limit, &specs, stage,
                                &job->solved, err);
    else if (status == VN_OK)
        status = vn_stage_map(&o->train, &specs, n, o->mapping, stage, err);
    return status;
}

static enum vn_status
read_plan(struct vn_exec_job *job, struct vn_error *err)
{
    struct vn_options *o = job->options;
    enum vn_status status;

    if (o->has_batch || o->has_vnodes || o->has_devices || o->couple > 0
        || o->mapping != NULL || o->nresizes > 0 || o->nprofiles > 0)
        return vn_fail(err, VN_EUSAGE,
                       "--plan says it all, without --batch, --vnodes, "
                       "--devices, --mapping, --resize, --profile and "
                       "--couple-batch");
    status = vn_stages_plan(o->plan, o->plan_job, o->standins, o->nstandins,
                            &job->stages, &o->train.batch, err);
    if (status == VN_OK && o->mpi
        && job->stages.list[0].devices > job->comm.size)
        status = vn_fail(err, VN_EUSAGE,
                         "%s: %d devices need as many ranks, and there are "
                         "%d",
                         o->plan, job->stages.list[0].devices, job->comm.size);
    return status;
}

/* All stages, from a plan or from the devices and resizes that are given. */
static enum vn_status
make_stages(struct vn_exec_job *job, struct vn_error *err)
{
    struct vn_options *o = job->options;
    enum vn_status status;

    if (o->plan != NULL)
        status = read_plan(job, err);
    else
        status = first_stage(job, err);
    for (int i = 0; status == VN_OK && i < o->nresizes; i++) {
        struct vn_stage *stage = vn_stages_add(&job->stages);

        status = vn_exec_job_stage(job, o->resizes[i].devices, stage, err);
        stage->from_step = o->resizes[i].step;
    }
    if (status == VN_OK && !vn_stage_sized(o->mapping))
        o->train.vnodes = job->stages.list[0].vnodes;
    return status;
}

/*
 * Nodes of unlike sizes are part of what is trained; but not those of a
 * mapping, which stands for a while as a resize's do.
 */
static void
describe(struct vn_exec_job *job)
{
    const struct vn_stage *stage = &job->stages.list[0];
    size_t n = (size_t) stage->vnodes, used;
    struct vn_stage even = {.from_step = 0};
    struct vn_error ignored;

    vn_options_describe(job->options, job->model, job->graph, &job->data,
                        job->text, sizeof job->text);
    if (vn_stage_sized(job->options->mapping))
        return;
    (void) vn_stage_map(&job->options->train, &stage->specs, 1, NULL, &even,
                        &ignored);
    used = strlen(job->text);
    if (!vn_stage_alike(stage, &even) && used < sizeof job->text)
        snprintf(job->text + used, sizeof job->text - used,
                 "node-sizes=%016llx\n",
                 (unsigned long long) vn_hash(0, stage->first,
                                              (n + 1) * sizeof *stage->first));
    vn_stage_free(&even);
}

/* The model, of a checkpoint or by name, with the options that are given. */
static enum vn_status
open_model(struct vn_exec_job *job, struct vn_error *err)
{
    struct vn_options *o = job->options;
    enum vn_status status;

    if (o->stored_model != NULL)
        status = vn_model_parse(o->stored_model, o->stored_size, o->model_name,
                                o->resume, &job->model, err);
    else
        status = vn_model_open(o->model_name, &job->model, err);
    for (int i = 0; status == VN_OK && i < o->set.n; i++)
        status =
            vn_model_set(job->model, o->set.name[i], o->set.value[i], err);
    if (status == VN_OK)
        o->model_name = job->model->name;
    return status;
}

enum vn_status
vn_exec_job_open(struct vn_options *o, struct vn_exec_job *job,
                 struct vn_error *err)
{
    int processes = vn_comm_launched();
    enum vn_status status;

    job->options = o;
    job->comm = (struct vn_comm){.size = 1};
    if (processes > 1 && !o->mpi)
        return vn_fail(err, VN_EUSAGE,
                       "mpirun or srun started %d processes, and each would "
                       "do all of this; expected --mpi, or one process",
                       processes);
    if (o->data_name == NULL)
        o->data_name = "synthetic";
    status = open_model(job, err);
    if (status == VN_OK && o->mpi)
        status = vn_comm_open(&job->comm, err);
    if (status == VN_OK && job->comm.size > VN_SPEC_DEVICES)
        status = vn_fail(err, VN_EUSAGE, "%d ranks are too many, at most %d",
                         job->comm.size, VN_SPEC_DEVICES);
    if (status == VN_OK && o->init != NULL)
        status = vn_file_hash(o->init, &o->init_hash, err);
    if (status == VN_OK)
        status = make_stages(job, err);
    if (status == VN_OK)
        status = vn_data_open(o->data_name, job->model,
                              vn_model_option(job->model, "context"), &o->data,
                              &job->data, err);
    if (status != VN_OK)
        return status;
    job->graph = vn_xcalloc(1, sizeof *job->graph);
    status = vn_model_build(job->model, &job->data.shape, job->graph, err);
    if (status != VN_OK)
        return status;
    complete_options(job);
    describe(job);
    return VN_OK;
}

void
vn_exec_job_close(struct vn_exec_job *job)
{
    vn_data_close(&job->data);
    vn_model_close(job->model);
    free(job->graph);
    vn_stages_free(&job->stages);
    vn_comm_close(&job->comm);
}

const struct vn_examples *
vn_exec_job_test(const struct vn_exec_job *job)
{
    return job->data.test.count > 0 ? &job->data.test : &job->data.validation;
}

struct vn_executor_job
vn_exec_job_view(const struct vn_exec_job *job)
{
    return (struct vn_executor_job){.graph = job->graph,
                                    .train = &job->options->train,
                                    .data = &job->data,
                                    .comm = &job->comm,
                                    .limit = job->options->limit,
                                    .no_pin = job->options->no_pin,
                                    .probe = job->options->probe};
}

int
vn_exec_job_end(struct vn_exec_job *job, enum vn_status status,
                const struct vn_error *err)
{
    int code = status == VN_OK ? 0 : vn_error_exit(err);

    if (status != VN_OK) {
        if (vn_comm_speaks(&job->comm, err->text))
            vn_error_print(stderr, "vnexec", err);
        fflush(stdout);
        vn_comm_abort(&job->comm, code);
    }
    vn_exec_job_close(job);
    return code;
}

int
vn_exec_job_command(int argc, char **argv, const char *usage,
                    enum vn_status (*fn)(struct vn_exec_job *job,
                                         struct vn_error *err))
{
    struct vn_options o;
    struct vn_exec_job job = {.options = NULL};
    struct vn_error err = {0};
    bool help;
    enum vn_status status = vn_options_read(argc, argv, &o, &help, &err);

    if (status == VN_OK && help) {
        printf("%s\n", usage);
        vn_option_help(stdout, vn_exec_options, vn_exec_noptions);
        return 0;
    }
    if (status == VN_OK && o.mpi)
        status = vn_fail(&err, VN_EUSAGE, "%s does without --mpi", argv[0]);
    if (status == VN_OK)
        status = vn_check_outputs(&o, &err);
    if (status == VN_OK)
        status = vn_exec_job_open(&o, &job, &err);
    if (status == VN_OK)
        status = fn(&job, &err);
    return vn_exec_job_end(&job, status, &err);
}
