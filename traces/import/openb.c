/*
 * openb, Alibaba's cluster of 2023: the lists of pods,
 *
 *     name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,
 *     creation_time,deletion_time,scheduled_time
 *     openb-pod-0001,6000,12288,1,460,,LS,Running,427061,12902960,427061
 *
 * A pod is a job, which runs from when it was scheduled until it was deleted,
 * seconds.  gpu_milli is thousandths of each GPU; less than 1000 shares one,
 * and is kept as device_milli, beside cpu_milli and memory_mib.
 * gpu_spec is the models that the pod may run on, "V100M16|V100M32", or empty
 * for any; a job of ours may run on any type or on one.
 */
#include "config.h"

#include "traces/import/life.h"

#include <math.h>
#include <string.h>

enum column {
    NAME,
    GPUS,
    MILLI,
    SPEC,
    QOS,
    CREATED,
    DELETED,
    SCHEDULED,
    CPU,
    MEMORY,
    PHASE,
    NCOLUMNS
};

static const struct vn_column columns[] = {
    [NAME] = {"name", false},
    [GPUS] = {"num_gpu", true},
    [MILLI] = {"gpu_milli", false},
    [SPEC] = {"gpu_spec", false},
    [QOS] = {"qos", false},
    [CREATED] = {"creation_time", true},
    [DELETED] = {"deletion_time", true},
    [SCHEDULED] = {"scheduled_time", true},
    [CPU] = {"cpu_milli", false},
    [MEMORY] = {"memory_mib", false},
    [PHASE] = {"pod_phase", false},
};

/* GPUs, of one of them perhaps a part. */
static enum vn_status
read_gpus(struct vn_table *t, double *gpus, int *milli, struct vn_error *err)
{
    enum vn_status status =
        vn_table_real(t, GPUS, 0, VN_DEVICES_MAX, gpus, err);
    double part = 1000;

    if (status == VN_OK && *gpus > 0 && !vn_table_empty(t, MILLI))
        status = vn_table_real(t, MILLI, 1, 1000, &part, err);
    if (*gpus > 1)
        *gpus *= part / 1000;
    *milli = *gpus > 1 ? 1000 : (int) ceil(part);
    return status;
}

static enum vn_status
read_rest(struct vn_table *t, struct vn_job *job, struct vn_error *err)
{
    enum vn_status status = VN_OK;

    if (!vn_table_empty(t, CPU))
        status = vn_table_int(t, CPU, 0, INT32_MAX, &job->cpu_milli, err);
    if (status == VN_OK && !vn_table_empty(t, MEMORY))
        status = vn_table_int(t, MEMORY, 0, INT32_MAX, &job->memory_mib, err);
    return status;
}

static enum vn_status
read_spec(struct vn_import *im, struct vn_table *t, struct vn_job *job,
          struct vn_error *err)
{
    if (strchr(vn_table_text(t, SPEC), '|') != NULL)
        return vn_import_row_note(im, t, SPEC, VN_REPAIRED,
                                  "several types of GPU would do, taken as "
                                  "any",
                                  err);
    job->device_type = vn_import_name(t, SPEC, &im->names.device_types);
    return VN_OK;
}

static enum vn_status
openb_row(struct vn_import *im, struct vn_table *t, struct vn_job *job,
          bool *keep, struct vn_error *err)
{
    static const int at[] = {CREATED, SCHEDULED, DELETED, CREATED};
    vn_time moment[VN_NMOMENTS] = {[VN_LASTED] = VN_IMPORT_OPEN};
    enum vn_status status;
    double gpus;
    int milli;

    if ((status = read_gpus(t, &gpus, &milli, err)))
        return status;
    for (int m = VN_SUBMITTED; m <= VN_ENDED && gpus > 0; m++)
        if ((status = vn_import_open_time(im, t, at[m], 0, &moment[m], err)))
            return status;
    if (gpus > 0)
        status = vn_import_life(im, t, at, moment, job, keep, err);
    if (status == VN_OK && *keep)
        status = vn_import_devices(im, t, GPUS, gpus, job, keep, err);
    job->device_milli = milli;
    vn_import_outcome(vn_table_text(t, PHASE), job);
    if (status == VN_OK && *keep)
        status = read_rest(t, job, err);
    return status == VN_OK && *keep ? read_spec(im, t, job, err) : status;
}

static enum vn_status
openb_run(struct vn_import *im, struct vn_error *err)
{
    return vn_import_table(
        im, &(struct vn_table_form){.columns = columns, .ncolumns = NCOLUMNS},
        openb_row, err);
}

const struct vn_importer vn_import_openb = {
    .name = "openb",
    .summary = "pods of openb, Alibaba's cluster of 2023",
    .run = openb_run,
};
