#include "config.h"

#include "traces/trace.h"

#include "traces/trace_row.h"

#include <stdint.h>

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
    case VN_TRACE_MILLI:
        return job->device_milli > 0 && job->device_milli < 1000;
    case VN_TRACE_CPU:
        return job->cpu_milli > 0;
    case VN_TRACE_MEMORY:
        return job->memory_mib > 0;
    case VN_TRACE_PREDICTED:
        return job->predicted > 0;
    case VN_TRACE_STATUS:
        return job->outcome != VN_OUTCOME_UNKNOWN;
    case VN_TRACE_NAME:
        return job->name >= 0;
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

/* printf() would take half of the time it takes to draw a trace. */
static void
write_int(FILE *out, int64_t n)
{
    uint64_t rest = n < 0 ? -(uint64_t) n : (uint64_t) n;
    char digits[VN_NUMBER_SIZE];
    char *p = digits + sizeof digits;

    do
        *--p = (char) ('0' + rest % 10);
    while ((rest /= 10) > 0);
    if (n < 0)
        *--p = '-';
    fwrite(p, 1, (size_t) (digits + sizeof digits - p), out);
}

static void
write_time(FILE *out, vn_time t)
{
    char text[VN_NUMBER_SIZE];

    if (t % VN_SECOND == 0)
        write_int(out, t / VN_SECOND);
    else
        fputs(vn_format_time(text, t), out);
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
        write_int(out, job->id);
        break;
    case VN_TRACE_SUBMIT:
        write_time(out, job->submit);
        break;
    case VN_TRACE_DURATION:
        write_time(out, job->duration);
        break;
    case VN_TRACE_DEVICES:
        write_int(out, job->devices);
        break;
    case VN_TRACE_MODEL:
        write_name(out, &names->models, job->model);
        break;
    case VN_TRACE_BATCH:
        write_int(out, job->global_batch);
        break;
    case VN_TRACE_VNODES:
        write_int(out, job->vnodes);
        break;
    case VN_TRACE_STEPS:
        write_int(out, job->steps);
        break;
    case VN_TRACE_MIN_DEVICES:
        write_int(out, job->min_devices);
        break;
    case VN_TRACE_MAX_DEVICES:
        write_int(out, job->max_devices);
        break;
    case VN_TRACE_WEIGHT:
        fputs(vn_format_real(text, job->weight), out);
        break;
    case VN_TRACE_PRIORITY:
        fputs(vn_format_real(text, job->priority), out);
        break;
    case VN_TRACE_DEADLINE:
        write_time(out, job->deadline);
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
    case VN_TRACE_MILLI:
        write_int(out, job->device_milli);
        break;
    case VN_TRACE_CPU:
        write_int(out, job->cpu_milli);
        break;
    case VN_TRACE_MEMORY:
        write_int(out, job->memory_mib);
        break;
    case VN_TRACE_PREDICTED:
        write_time(out, job->predicted);
        break;
    case VN_TRACE_STATUS:
        fputs(vn_job_outcome_name(job->outcome), out);
        break;
    case VN_TRACE_NAME:
        write_name(out, &names->jobs, job->name);
        break;
    case VN_TRACE_NCOLUMNS:
        break;
    }
}

struct vn_trace_writer
vn_trace_writer(FILE *out, const struct vn_trace_names *names)
{
    return (struct vn_trace_writer){.out = out, .names = names};
}

void
vn_trace_expect(struct vn_trace_writer *w, const struct vn_job *job)
{
    for (enum vn_trace_column c = 0; c < VN_TRACE_NCOLUMNS; c++)
        if (in_use(c, job))
            w->columns |= 1u << c;
}

void
vn_trace_head(struct vn_trace_writer *w, const char *const *remarks)
{
    const char *comma = "";

    if (w->columns == 0)
        w->columns = 1u << VN_TRACE_ID | 1u << VN_TRACE_SUBMIT
                     | 1u << VN_TRACE_DURATION | 1u << VN_TRACE_DEVICES;
    for (; remarks != NULL && *remarks != NULL; remarks++)
        fprintf(w->out, "# %s\n", *remarks);
    for (enum vn_trace_column c = 0; c < VN_TRACE_NCOLUMNS; c++)
        if (w->columns >> c & 1) {
            fprintf(w->out, "%s%s", comma, vn_trace_columns[c].name);
            comma = ",";
        }
    putc('\n', w->out);
}

void
vn_trace_put(struct vn_trace_writer *w, const struct vn_job *job)
{
    for (enum vn_trace_column c = 0; c < VN_TRACE_NCOLUMNS; c++)
        if (w->columns >> c & 1) {
            if (c != VN_TRACE_ID)
                putc(',', w->out);
            write_cell(w->out, c, job, w->names);
        }
    putc('\n', w->out);
}

void
vn_trace_print(FILE *out, const char *const *remarks,
               const struct vn_job *jobs, size_t njobs,
               const struct vn_trace_names *names)
{
    struct vn_trace_writer w = vn_trace_writer(out, names);

    for (size_t i = 0; i < njobs; i++)
        vn_trace_expect(&w, &jobs[i]);
    vn_trace_head(&w, remarks);
    for (size_t i = 0; i < njobs; i++)
        vn_trace_put(&w, &jobs[i]);
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
