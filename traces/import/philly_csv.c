/*
 * The table of Philly's jobs that Pollux's artifact made of Microsoft's log:
 *
 *     timestamp,duration,num_gpus,gpu_time,cluster
 *     2017-10-09 07:01:55,66.0,1,66.0,11cb48
 *
 * The timestamp is the submission by the cluster's clock, Pacific time with
 * daylight saving (pacific.h), and rows are not in its order; cluster is the
 * hash of a virtual cluster. gpu_time, seconds times GPUs, must agree with the
 * two it is made from.
 */
#include "config.h"

#include "traces/import/life.h"
#include "traces/import/pacific.h"

#include <math.h>

enum column {
    TIMESTAMP,
    DURATION,
    GPUS,
    GPU_TIME,
    CLUSTER,
    NCOLUMNS
};

static const struct vn_column columns[] = {
    [TIMESTAMP] = {"timestamp", true}, [DURATION] = {"duration", true},
    [GPUS] = {"num_gpus", true},       [GPU_TIME] = {"gpu_time", false},
    [CLUSTER] = {"cluster", false},
};

static enum vn_status
philly_csv_row(struct vn_import *im, struct vn_table *t, struct vn_job *job,
               bool *keep, struct vn_error *err)
{
    enum vn_status status;
    double gpus, gpu_time, product;

    if ((status =
             vn_import_open_clock(im, t, TIMESTAMP, false, &job->submit, err))
        || (status = vn_import_open_time(im, t, DURATION, -VN_TIME_MAX,
                                         &job->duration, err))
        || (status = vn_table_real(t, GPUS, 0, VN_DEVICES_MAX, &gpus, err))
        || (status = vn_import_devices(im, t, GPUS, gpus, job, keep, err)))
        return status;
    if (job->submit != VN_IMPORT_OPEN)
        job->submit = vn_pacific_to_utc(job->submit, INT64_MIN);
    job->vc = vn_import_name(t, CLUSTER, &im->names.vcs);
    if (job->duration <= 0 || vn_table_empty(t, GPU_TIME))
        return VN_OK;
    status = vn_table_real(t, GPU_TIME, 0, 1e18, &gpu_time, err);
    product = (double) job->duration / VN_SECOND * gpus;
    if (status == VN_OK && fabs(gpu_time - product) > 1e-6 * product + 1)
        status = vn_import_row_note(im, t, GPU_TIME, VN_REPAIRED,
                                    "gpu_time is not duration times num_gpus, "
                                    "passed over",
                                    err);
    return status;
}

static enum vn_status
philly_csv_run(struct vn_import *im, struct vn_error *err)
{
    im->calendar = true;
    im->pacific = true;
    im->zone = "Pacific time";
    return vn_import_table(
        im, &(struct vn_table_form){.columns = columns, .ncolumns = NCOLUMNS},
        philly_csv_row, err);
}

const struct vn_importer vn_import_philly_csv = {
    .name = "philly-csv",
    .summary = "Philly's jobs as a table, from Pollux's artifact",
    .run = philly_csv_run,
};
