/*
 * Tiresias' job tables, and those of Chronus, which add columns to them:
 *
 *     job_id,num_gpu,submit_time,iterations,model_name,duration,interval
 *     1,8,30,133,vgg11,147,23
 *
 * Times are seconds; the interval is that to the job before, and iterations
 * and model are not what says how long a job runs, so both are passed over.
 * Of Chronus' expectations nothing is taken: its best-effort jobs and its
 * worths of a late end have no place in a trace of ours.
 */
#include "config.h"

#include "traces/import/life.h"

enum column {
    ID,
    GPUS,
    SUBMIT,
    DURATION,
    USER,
    ITERATIONS,
    MODEL,
    INTERVAL,
    EXPECT_TIMES,
    EXPECT_VALUES,
    BEST_EFFORT,
    JOB_TYPE,
    NCOLUMNS
};

static const struct vn_column columns[] = {
    [ID] = {"job_id", false},
    [GPUS] = {"num_gpu", true},
    [SUBMIT] = {"submit_time", true},
    [DURATION] = {"duration", true},
    [USER] = {"user", false},
    [ITERATIONS] = {"iterations", false},
    [MODEL] = {"model_name", false},
    [INTERVAL] = {"interval", false},
    [EXPECT_TIMES] = {"expect_time_list", false},
    [EXPECT_VALUES] = {"expect_value_list", false},
    [BEST_EFFORT] = {"best_effort", false},
    [JOB_TYPE] = {"job_type", false},
};

static enum vn_status
tiresias_row(struct vn_import *im, struct vn_table *t, struct vn_job *job,
             bool *keep, struct vn_error *err)
{
    enum vn_status status;
    double gpus;

    if ((status = vn_import_open_time(im, t, SUBMIT, 0, &job->submit, err))
        || (status = vn_import_open_time(im, t, DURATION, -VN_TIME_MAX,
                                         &job->duration, err))
        || (status = vn_table_real(t, GPUS, 0, VN_DEVICES_MAX, &gpus, err)))
        return status;
    vn_import_id(im, vn_table_text(t, ID), job);
    job->user = vn_import_name(t, USER, &im->names.users);
    return vn_import_devices(im, t, GPUS, gpus, job, keep, err);
}

static enum vn_status
tiresias_run(struct vn_import *im, struct vn_error *err)
{
    return vn_import_table(
        im, &(struct vn_table_form){.columns = columns, .ncolumns = NCOLUMNS},
        tiresias_row, err);
}

const struct vn_importer vn_import_tiresias = {
    .name = "tiresias",
    .summary = "job tables of Tiresias and Chronus",
    .run = tiresias_run,
};
