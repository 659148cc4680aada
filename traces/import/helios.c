/*
 * Helios, SenseTime's clusters of 2020: cluster_log.csv,
 *
 *     job_id,user,vc,gpu_num,cpu_num,node_num,state,submit_time,start_time,
 *     end_time,duration,queue
 *     1425512,uVMrF,vchbv,4,16,1,FAILED,2020-06-09 18:41:27,
 *     2020-06-09 18:41:27,2020-06-09 18:45:36,249,0
 *
 * by the clusters' clock.  More than half of the jobs use no GPU.  Jobs of
 * every state count, for each held its GPUs until it ended.  The columns that
 * Lucid's cluster_full_log.csv adds are passed over.
 */
#include "config.h"

#include "traces/import/life.h"

enum column {
    ID,
    USER,
    VC,
    GPUS,
    SUBMIT,
    START,
    END,
    DURATION,
    CPUS,
    NODES,
    STATE,
    QUEUE,
    DATASET,
    MODEL,
    BATCHSIZE,
    AMP,
    SPEED,
    GPU_UTIL,
    GMEM_UTIL,
    GMEM,
    NCOLUMNS
};

static const struct vn_column columns[] = {
    [ID] = {"job_id", false},
    [USER] = {"user", false},
    [VC] = {"vc", false},
    [GPUS] = {"gpu_num", true},
    [SUBMIT] = {"submit_time", true},
    [START] = {"start_time", true},
    [END] = {"end_time", true},
    [DURATION] = {"duration", false},
    [CPUS] = {"cpu_num", false},
    [NODES] = {"node_num", false},
    [STATE] = {"state", false},
    [QUEUE] = {"queue", false},
    [DATASET] = {"dataset", false},
    [MODEL] = {"model", false},
    [BATCHSIZE] = {"batchsize", false},
    [AMP] = {"amp", false},
    [SPEED] = {"speed", false},
    [GPU_UTIL] = {"gpu_util", false},
    [GMEM_UTIL] = {"gmem_util", false},
    [GMEM] = {"gmem", false},
};

static enum vn_status
helios_row(struct vn_import *im, struct vn_table *t, struct vn_job *job,
           bool *keep, struct vn_error *err)
{
    static const struct vn_import_log log = {
        ID, USER, GPUS, STATE, {SUBMIT, START, END, DURATION}, false};

    job->vc = vn_import_name(t, VC, &im->names.vcs);
    return vn_import_log_row(im, t, &log, job, keep, err);
}

static enum vn_status
helios_run(struct vn_import *im, struct vn_error *err)
{
    im->calendar = true;
    im->zone = "by the cluster's clock";
    return vn_import_table(
        im, &(struct vn_table_form){.columns = columns, .ncolumns = NCOLUMNS},
        helios_row, err);
}

const struct vn_importer vn_import_helios = {
    .name = "helios",
    .summary = "Helios' cluster_log.csv, and Lucid's longer one",
    .run = helios_run,
};
