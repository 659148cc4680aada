#include "config.h"

#include "traces/trace.h"

#include "traces/trace_row.h"

#include <inttypes.h>

static bool
in_use(enum vn_trace_column column, const struct vn_job *job)
{
    double weight = job->priority > 0 ? job->priority : 1;

    switch (column) {
    case VN_TRACE_ID:
    case VN_TRACE_SUBMIT:
        return true;
    case VN_TRACE_DURATION:
        return !vn_job_is_modelled(job);
    case VN_TRACE_DEVICES:
        return job->devices != job->vnodes;
    case VN_TRACE_MODEL:
    case VN_TRACE_BATCH:
    case VN_TRACE_VNODES:
    case VN_TRACE_STEPS:
        return vn_job_is_modelled(job);
    case VN_TRACE_MIN_DEVICES:
        return job->min_devices != 1;
    case VN_TRACE_MAX_DEVICES:
        return job->max_devices != job->devices;
    case VN_TRACE_WEIGHT:
        return job->weight != weight;
    case VN_TRACE_PRIORITY:
        return job->priority != 0;
    case VN_TRACE_DEADLINE:
        return job->deadline >= 0;
    case VN_TRACE_USER:
        return job->user >= 0;
    case VN_TRACE_VC:
        return job->vc >= 0;
    case VN_TRACE_TYPE:
        return job->device_type >= 0;
    case VN_TRACE_NCOLUMNS:
        break;
    }
    return false;
}

static void
write_name(FILE *out, const struct vn_names *names, int number)
{
    if (number >= 0)
        vn_csv_cell(out, names->text[number]);
}

static void
write_cell(FILE *out, enum vn_trace_column column, const struct vn_job *job,
           const struct vn_trace_names *names)
{
    char text[VN_NUMBER_SIZE];

    if (!in_use(column, job) && column != VN_TRACE_DEVICES
        && column != VN_TRACE_MIN_DEVICES && column != VN_TRACE_MAX_DEVICES
        && column != VN_TRACE_WEIGHT && column != VN_TRACE_PRIORITY)
        return;
    switch (column) {
    case VN_TRACE_ID:
        fprintf(out, "%" PRId64, job->id);
        break;
    case VN_TRACE_SUBMIT:
        fputs(vn_format_time(text, job->submit), out);
        break;
    case VN_TRACE_DURATION:
        fputs(vn_format_time(text, job->duration), out);
        break;
    case VN_TRACE_DEVICES:
        fprintf(out, "%d", job->devices);
        break;
    case VN_TRACE_MODEL:
        write_name(out, &names->models, job->model);
        break;
    case VN_TRACE_BATCH:
        fprintf(out, "%" PRId64, job->global_batch);
        break;
    case VN_TRACE_VNODES:
        fprintf(out, "%d", job->vnodes);
        break;
    case VN_TRACE_STEPS:
        fprintf(out, "%" PRId64, job->steps);
        break;
    case VN_TRACE_MIN_DEVICES:
        fprintf(out, "%d", job->min_devices);
        break;
    case VN_TRACE_MAX_DEVICES:
        fprintf(out, "%d", job->max_devices);
        break;
    case VN_TRACE_WEIGHT:
        fputs(vn_format_real(text, job->weight), out);
        break;
    case VN_TRACE_PRIORITY:
        fputs(vn_format_real(text, job->priority), out);
        break;
    case VN_TRACE_DEADLINE:
        fputs(vn_format_time(text, job->deadline), out);
        break;
    case VN_TRACE_USER:
        write_name(out, &names->users, job->user);
        break;
    case VN_TRACE_VC:
        write_name(out, &names->vcs, job->vc);
        break;
    case VN_TRACE_TYPE:
        write_name(out, &names->device_types, job->device_type);
        break;
    case VN_TRACE_NCOLUMNS:
        break;
    }
}

void
vn_trace_print(FILE *out, const char *const *remarks,
               const struct vn_job *jobs, size_t njobs,
               const struct vn_trace_names *names)
{
    enum vn_trace_column used[VN_TRACE_NCOLUMNS];
    int n = 0;

    for (enum vn_trace_column c = 0; c < VN_TRACE_NCOLUMNS; c++) {
        bool needed =
            c == VN_TRACE_ID || c == VN_TRACE_SUBMIT
            || (njobs == 0
                && (c == VN_TRACE_DURATION || c == VN_TRACE_DEVICES));

        for (size_t i = 0; i < njobs && !needed; i++)
            needed = in_use(c, &jobs[i]);
        if (needed)
            used[n++] = c;
    }
    for (; remarks != NULL && *remarks != NULL; remarks++)
        fprintf(out, "# %s\n", *remarks);
    for (int c = 0; c < n; c++)
        fprintf(out, "%s%s", c > 0 ? "," : "", vn_trace_columns[used[c]].name);
    putc('\n', out);
    for (size_t i = 0; i < njobs; i++)
        for (int c = 0; c < n; c++) {
            write_cell(out, used[c], &jobs[i], names);
            putc(c + 1 < n ? ',' : '\n', out);
        }
}

enum vn_status
vn_trace_write(const char *path, const char *const *remarks,
               const struct vn_job *jobs, size_t njobs,
               const struct vn_trace_names *names, struct vn_error *err)
{
    struct vn_file file;
    enum vn_status status = vn_file_create(&file, path, err);

    if (status != VN_OK)
        return status;
    vn_trace_print(file.stream, remarks, jobs, njobs, names);
    return vn_file_commit(&file, err);
}
