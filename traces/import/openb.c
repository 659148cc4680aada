/*
 * openb, Alibaba's cluster of 2023: the lists of pods,
 *
 *     name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,
 *     creation_time,deletion_time,scheduled_time
 *     openb-pod-0001,6000,12288,1,460,,LS,Running,427061,12902960,427061
 *
 * A pod is a job, which runs from when it was scheduled until it was deleted,
 * seconds.  gpu_milli is thousandths of each GPU; less than 1000 shares one.
 * gpu_spec is the models that the pod may run on, "V100M16|V100M32", or empty
 * for any; a job of ours may run on any type or on one.
 */
#include "config.h"

#include "traces/import/life.h"

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

/* A share of one GPU as a fraction. */
static enum vn_status
read_gpus(struct vn_table *t, double *gpus, struct vn_error *err)
{
    double milli = 1000;
    enum vn_status status =
        vn_table_real(t, GPUS, 0, VN_DEVICES_MAX, gpus, err);

    if (status == VN_OK && *gpus > 0 && !vn_table_empty(t, MILLI))
        status = vn_table_real(t, MILLI, 1, 1000, &milli, err);
    *gpus *= milli / 1000;
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

    if ((status = read_gpus(t, &gpus, err)))
        return status;
    for (int m = VN_SUBMITTED; m <= VN_ENDED && gpus > 0; m++)
        if ((status = vn_import_open_time(im, t, at[m], 0, &moment[m], err)))
            return status;
    if (gpus > 0)
        status = vn_import_life(im, t, at, moment, job, keep, err);
    if (status == VN_OK && *keep)
        status = vn_import_devices(im, t, GPUS, gpus, job, keep, err);
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
