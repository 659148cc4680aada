#include "config.h"

#include "traces/trace_row.h"

#include <inttypes.h>
#include <string.h>

const struct vn_column vn_trace_columns[VN_TRACE_NCOLUMNS] = {
    [VN_TRACE_ID] = {"job_id", true},
    [VN_TRACE_SUBMIT] = {"submit_s", true},
    [VN_TRACE_DURATION] = {"duration_s", false},
    [VN_TRACE_DEVICES] = {"devices", false},
    [VN_TRACE_MODEL] = {"model", false},
    [VN_TRACE_BATCH] = {"global_batch", false},
    [VN_TRACE_VNODES] = {"vnodes", false},
    [VN_TRACE_STEPS] = {"steps", false},
    [VN_TRACE_MIN_DEVICES] = {"min_devices", false},
    [VN_TRACE_MAX_DEVICES] = {"max_devices", false},
    [VN_TRACE_WEIGHT] = {"weight", false},
    [VN_TRACE_PRIORITY] = {"priority", false},
    [VN_TRACE_DEADLINE] = {"deadline_s", false},
    [VN_TRACE_USER] = {"user", false},
    [VN_TRACE_VC] = {"vc", false},
    [VN_TRACE_TYPE] = {"device_type", false},
    [VN_TRACE_MILLI] = {"device_milli", false},
    [VN_TRACE_CPU] = {"cpu_milli", false},
    [VN_TRACE_MEMORY] = {"memory_mib", false},
    [VN_TRACE_PREDICTED] = {"predicted_s", false},
    [VN_TRACE_STATUS] = {"status", false},
    [VN_TRACE_NAME] = {"name", false},
};

void
vn_trace_names_free(struct vn_trace_names *names)
{
    vn_names_free(&names->models);
    vn_names_free(&names->users);
    vn_names_free(&names->vcs);
    vn_names_free(&names->device_types);
    vn_names_free(&names->jobs);
}

struct vn_job
vn_trace_job(void)
{
    return (struct vn_job){.devices = 1,
                           .model = -1,
                           .min_devices = 1,
                           .max_devices = 1,
                           .weight = 1,
                           .deadline = -1,
                           .predicted = -1,
                           .name = -1,
                           .user = -1,
                           .device_milli = 1000,
                           .vc = -1,
                           .device_type = -1};
}

enum vn_status
vn_trace_table(FILE *in, const char *name, struct vn_table **table,
               struct vn_error *err)
{
    enum vn_status status =
        vn_table_read(in, name,
                      &(struct vn_table_form){.columns = vn_trace_columns,
                                              .ncolumns = VN_TRACE_NCOLUMNS},
                      table, err);

    if (status != VN_OK || vn_table_has(*table, VN_TRACE_MODEL)
        || (vn_table_has(*table, VN_TRACE_DURATION)
            && vn_table_has(*table, VN_TRACE_DEVICES)))
        return status;
    status = vn_table_fail(*table, -1, err,
                           "neither duration_s and devices nor model, "
                           "expected one of them in the header");
    vn_table_close(*table);
    *table = NULL;
    return status;
}

static int
name_of(const struct vn_table *t, enum vn_trace_column column,
        struct vn_names *names)
{
    const char *text = vn_table_text(t, (int) column);

    return *text != '\0' ? vn_names_add(names, text) : -1;
}

static enum vn_status
read_recorded(struct vn_table *t, struct vn_job *job, int64_t *devices,
              struct vn_error *err)
{
    enum vn_status status;

    status = vn_table_time(t, VN_TRACE_DURATION, 1, VN_TIME_MAX,
                           &job->duration, err);
    if (status == VN_OK)
        status =
            vn_table_int(t, VN_TRACE_DEVICES, 1, VN_DEVICES_MAX, devices, err);
    if (status == VN_OK && job->duration > VN_TRACE_WORK_MAX / *devices)
        status = vn_table_fail(t, VN_TRACE_DURATION, err,
                               "duration_s x devices is too large, expected "
                               "less than 4.6e12 device-seconds");
    return status;
}

static enum vn_status
read_modelled(struct vn_table *t, struct vn_job *job, int64_t *devices,
              struct vn_trace_names *names, struct vn_error *err)
{
    enum vn_status status;
    int64_t vnodes;

    job->model = name_of(t, VN_TRACE_MODEL, &names->models);
    if ((status = vn_table_int(t, VN_TRACE_BATCH, 1, INT64_C(1) << 40,
                               &job->global_batch, err))
        || (status = vn_table_int(t, VN_TRACE_VNODES, 1, VN_VNODES_MAX,
                                  &vnodes, err))
        || (status = vn_table_int(t, VN_TRACE_STEPS, 1, INT64_C(1) << 40,
                                  &job->steps, err)))
        return status;
    if (vnodes > job->global_batch)
        return vn_table_fail(t, VN_TRACE_VNODES, err,
                             "vnodes is %" PRId64 ", expected at most the "
                             "global batch, %" PRId64,
                             vnodes, job->global_batch);
    job->vnodes = (int) vnodes;
    *devices = vnodes;
    if (!vn_table_empty(t, VN_TRACE_DEVICES))
        status = vn_table_int(t, VN_TRACE_DEVICES, 1, vnodes, devices, err);
    return status;
}

/* Read column where it is given; leave *value, its default, where not. */
static enum vn_status
optional_int(struct vn_table *t, enum vn_trace_column column, int64_t min,
             int64_t max, int *value, struct vn_error *err)
{
    enum vn_status status;
    int64_t n = *value;

    if (vn_table_empty(t, (int) column))
        return VN_OK;
    status = vn_table_int(t, (int) column, min, max, &n, err);
    *value = (int) n;
    return status;
}

/* What it asks of a host whose devices are shared. */
static enum vn_status
read_share(struct vn_table *t, struct vn_job *job, struct vn_error *err)
{
    enum vn_status status;

    if (vn_table_empty(t, VN_TRACE_MILLI))
        job->device_milli = 1000;
    else if ((status =
                  optional_int(t, VN_TRACE_MILLI, job->devices > 1 ? 1000 : 1,
                               1000, &job->device_milli, err)))
        return status;
    if (!vn_table_empty(t, VN_TRACE_CPU)
        && (status = vn_table_int(t, VN_TRACE_CPU, 0, INT32_MAX,
                                  &job->cpu_milli, err)))
        return status;
    if (!vn_table_empty(t, VN_TRACE_MEMORY))
        return vn_table_int(t, VN_TRACE_MEMORY, 0, INT32_MAX, &job->memory_mib,
                            err);
    return VN_OK;
}

/* How it ended; empty where that is not known. */
static enum vn_status
read_outcome(struct vn_table *t, struct vn_job *job, struct vn_error *err)
{
    const char *text;

    if (vn_table_empty(t, VN_TRACE_STATUS))
        return VN_OK;
    text = vn_table_text(t, VN_TRACE_STATUS);
    for (int i = 0; i < VN_OUTCOMES; i++)
        if (strcmp(text, vn_job_outcome_name((enum vn_job_outcome) i)) == 0) {
            job->outcome = (enum vn_job_outcome) i;
            return VN_OK;
        }
    return vn_table_fail(t, VN_TRACE_STATUS, err,
                         "status is '%.80s', expected completed, failed, "
                         "killed or unknown",
                         text);
}

enum vn_status
vn_trace_row(struct vn_table *t, struct vn_job *job,
             struct vn_trace_names *names, struct vn_error *err)
{
    enum vn_status status;
    int64_t devices;

    *job = vn_trace_job();
    if ((status = vn_table_int(t, VN_TRACE_ID, 0, INT64_MAX, &job->id, err))
        || (status = vn_table_time(t, VN_TRACE_SUBMIT, 0, VN_TIME_MAX,
                                   &job->submit, err)))
        return status;
    status = vn_table_empty(t, VN_TRACE_MODEL)
                 ? read_recorded(t, job, &devices, err)
                 : read_modelled(t, job, &devices, names, err);
    if (status != VN_OK)
        return status;
    job->devices = job->max_devices = (int) devices;
    if ((status = optional_int(t, VN_TRACE_MIN_DEVICES, 1, devices,
                               &job->min_devices, err))
        || (status =
                optional_int(t, VN_TRACE_MAX_DEVICES, devices,
                             job->vnodes > 0 ? job->vnodes : VN_DEVICES_MAX,
                             &job->max_devices, err)))
        return status;
    if (!vn_table_empty(t, VN_TRACE_PRIORITY))
        status = vn_table_real(t, VN_TRACE_PRIORITY, -1e9, 1e9, &job->priority,
                               err);
    if (status == VN_OK && job->priority > 0)
        job->weight = job->priority;
    if (status == VN_OK && !vn_table_empty(t, VN_TRACE_WEIGHT))
        status =
            vn_table_real(t, VN_TRACE_WEIGHT, 1e-9, 1e9, &job->weight, err);
    if (status == VN_OK && !vn_table_empty(t, VN_TRACE_DEADLINE))
        status = vn_table_time(t, VN_TRACE_DEADLINE, 0, VN_TIME_MAX,
                               &job->deadline, err);
    if (status == VN_OK && !vn_table_empty(t, VN_TRACE_PREDICTED))
        status = vn_table_time(t, VN_TRACE_PREDICTED, 1, VN_TIME_MAX,
                               &job->predicted, err);
    job->user = name_of(t, VN_TRACE_USER, &names->users);
    job->vc = name_of(t, VN_TRACE_VC, &names->vcs);
    job->device_type = name_of(t, VN_TRACE_TYPE, &names->device_types);
    if (status == VN_OK)
        status = read_outcome(t, job, err);
    job->name = name_of(t, VN_TRACE_NAME, &names->jobs);
    return status == VN_OK ? read_share(t, job, err) : status;
}

enum vn_status
vn_trace_refuse_twice(const char *file, const struct vn_ids_twice *twice,
                      struct vn_error *err)
{
    return vn_fail_at(err, file, twice->line, 1,
                      "job_id %" PRId64 " is that of line %ld too, expected "
                      "one of its own",
                      twice->id, twice->other);
}
