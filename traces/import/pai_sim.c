/*
 * The tables that Alibaba's simulator of PAI reads,
 *
 *     job_id,user,num_inst,num_gpu,num_cpu,gpu_type,submit_time,duration,...
 *     2739,4f2a,1,0.5,6.0,MISC,528458,3341
 *
 * in any order of columns.  A job is num_inst (1) instances of num_gpu GPUs
 * each, all at once.  Times are seconds.
 */
#include "config.h"

#include "traces/import/life.h"

enum column {
    ID,
    USER,
    INSTANCES,
    GPUS,
    TYPE,
    SUBMIT,
    DURATION,
    CPUS,
    MEMORY,
    SIZE,
    GROUP,
    WAIT,
    USER_DUR,
    USER_GPU_DUR,
    GROUP_DUR,
    GROUP_GPU_DUR,
    NCOLUMNS
};

static const struct vn_column columns[] = {
    [ID] = {"job_id", false},
    [USER] = {"user", false},
    [INSTANCES] = {"num_inst", false},
    [GPUS] = {"num_gpu", true},
    [TYPE] = {"gpu_type", false},
    [SUBMIT] = {"submit_time", true},
    [DURATION] = {"duration", true},
    [CPUS] = {"num_cpu", false},
    [MEMORY] = {"num_mem", false},
    [SIZE] = {"size", false},
    [GROUP] = {"group", false},
    [WAIT] = {"wait_time", false},
    [USER_DUR] = {"user_dur", false},
    [USER_GPU_DUR] = {"user_gpu_dur", false},
    [GROUP_DUR] = {"group_dur", false},
    [GROUP_GPU_DUR] = {"group_gpu_dur", false},
};

static enum vn_status
pai_sim_row(struct vn_import *im, struct vn_table *t, struct vn_job *job,
            bool *keep, struct vn_error *err)
{
    enum vn_status status;
    double gpus = 0, instances = 1;

    if ((status = vn_import_open_time(im, t, SUBMIT, 0, &job->submit, err))
        || (status = vn_import_open_time(im, t, DURATION, -VN_TIME_MAX,
                                         &job->duration, err))
        || (!vn_table_empty(t, GPUS)
            && (status =
                    vn_table_real(t, GPUS, 0, VN_DEVICES_MAX, &gpus, err)))
        || (!vn_table_empty(t, INSTANCES)
            && (status = vn_table_real(t, INSTANCES, 0, VN_DEVICES_MAX,
                                       &instances, err))))
        return status;
    status = vn_import_devices(im, t, GPUS, gpus * instances, job, keep, err);
    if (status != VN_OK || !*keep)
        return status;
    vn_import_id(im, vn_table_text(t, ID), job);
    job->user = vn_import_name(t, USER, &im->names.users);
    job->device_type = vn_import_name(t, TYPE, &im->names.device_types);
    return VN_OK;
}

static enum vn_status
pai_sim_run(struct vn_import *im, struct vn_error *err)
{
    return vn_import_table(
        im, &(struct vn_table_form){.columns = columns, .ncolumns = NCOLUMNS},
        pai_sim_row, err);
}

const struct vn_importer vn_import_pai_sim = {
    .name = "pai-sim",
    .summary = "tables of Alibaba's simulator of PAI",
    .run = pai_sim_run,
};
