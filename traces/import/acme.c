/*
 * Acme, Shanghai AI Laboratory's clusters of 2023: trace_seren.csv,
 *
 *     job_id,user,node_num,gpu_num,cpu_num,type,state,submit_time,start_time,
 *     end_time,duration,queue,gpu_time
 *     5778432,u5907,1,8,128,Other,FAILED,2023-03-01 00:18:22+08:00,
 *     2023-03-01 00:18:54+08:00,2023-03-01 00:20:51+08:00,117,32,936.0
 *
 * and trace_kalos.csv, which has mem_per_pod_GB, shared_mem_per_pod,
 * fail_time and stop_time besides.  Every time has its offset from UTC.  A
 * duration should be the end less the start, and in Kalos it often counts
 * from the submission.
 */
#include "config.h"

#include "traces/import/life.h"

enum column {
    ID,
    USER,
    GPUS,
    SUBMIT,
    START,
    END,
    DURATION,
    NODES,
    CPUS,
    POD_MEMORY,
    SHARED_MEMORY,
    TYPE,
    STATE,
    FAIL,
    STOP,
    QUEUE,
    GPU_TIME,
    NCOLUMNS
};

static const struct vn_column columns[] = {
    [ID] = {"job_id", false},
    [USER] = {"user", false},
    [GPUS] = {"gpu_num", true},
    [SUBMIT] = {"submit_time", true},
    [START] = {"start_time", true},
    [END] = {"end_time", true},
    [DURATION] = {"duration", false},
    [NODES] = {"node_num", false},
    [CPUS] = {"cpu_num", false},
    [POD_MEMORY] = {"mem_per_pod_GB", false},
    [SHARED_MEMORY] = {"shared_mem_per_pod", false},
    [TYPE] = {"type", false},
    [STATE] = {"state", false},
    [FAIL] = {"fail_time", false},
    [STOP] = {"stop_time", false},
    [QUEUE] = {"queue", false},
    [GPU_TIME] = {"gpu_time", false},
};

static enum vn_status
acme_row(struct vn_import *im, struct vn_table *t, struct vn_job *job,
         bool *keep, struct vn_error *err)
{
    static const struct vn_import_log log = {
        ID, USER, GPUS, STATE, {SUBMIT, START, END, DURATION}, true};

    return vn_import_log_row(im, t, &log, job, keep, err);
}

static enum vn_status
acme_run(struct vn_import *im, struct vn_error *err)
{
    im->calendar = true;
    im->zone = "UTC";
    return vn_import_table(
        im, &(struct vn_table_form){.columns = columns, .ncolumns = NCOLUMNS},
        acme_row, err);
}

const struct vn_importer vn_import_acme = {
    .name = "acme",
    .summary = "Acme's trace_seren.csv and trace_kalos.csv",
    .run = acme_run,
};
