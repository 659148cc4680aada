#include "config.h"

#include "traces/trace.h"

#include "base/table.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum column {
    ID,
    SUBMIT,
    DURATION,
    DEVICES,
    MODEL,
    BATCH,
    VNODES,
    STEPS,
    MIN_DEVICES,
    MAX_DEVICES,
    WEIGHT,
    PRIORITY,
    DEADLINE,
    USER,
    VC,
    TYPE,
    NCOLUMNS
};

static const struct vn_column columns[] = {
    [ID] = {"job_id", true},
    [SUBMIT] = {"submit_s", true},
    [DURATION] = {"duration_s", false},
    [DEVICES] = {"devices", false},
    [MODEL] = {"model", false},
    [BATCH] = {"global_batch", false},
    [VNODES] = {"vnodes", false},
    [STEPS] = {"steps", false},
    [MIN_DEVICES] = {"min_devices", false},
    [MAX_DEVICES] = {"max_devices", false},
    [WEIGHT] = {"weight", false},
    [PRIORITY] = {"priority", false},
    [DEADLINE] = {"deadline_s", false},
    [USER] = {"user", false},
    [VC] = {"vc", false},
    [TYPE] = {"device_type", false},
};

struct vn_trace {
    struct vn_table *table;
    FILE *in;
    bool from_stdin;
    int64_t size; /* of the file, 0 if unknown */
    struct vn_trace_names names;

    /* The jobs of one submit time, and after them the one that is next. */
    struct vn_job *jobs;
    size_t njobs;
    size_t allocated;
    size_t given;
    bool ahead; /* jobs[njobs] is there, and later */
    bool ended;
};

void
vn_trace_names_free(struct vn_trace_names *names)
{
    vn_names_free(&names->models);
    vn_names_free(&names->users);
    vn_names_free(&names->vcs);
    vn_names_free(&names->device_types);
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
                           .user = -1,
                           .vc = -1,
                           .device_type = -1};
}

int
vn_trace_compare(const void *a, const void *b)
{
    const struct vn_job *x = a, *y = b;

    if (x->submit != y->submit)
        return x->submit < y->submit ? -1 : 1;
    return x->id < y->id ? -1 : x->id > y->id;
}

enum vn_status
vn_trace_open(const char *path, struct vn_trace **trace, struct vn_error *err)
{
    enum vn_status status;
    FILE *in;

    *trace = NULL;
    status = vn_file_open(path, &in, err);
    if (status == VN_OK)
        status = vn_trace_read(in, path, trace, err);
    return status;
}

enum vn_status
vn_trace_read(FILE *in, const char *name, struct vn_trace **trace,
              struct vn_error *err)
{
    struct vn_table_form form = {.columns = columns, .ncolumns = NCOLUMNS};
    struct vn_trace *t = vn_xcalloc(1, sizeof *t);
    enum vn_status status;
    struct stat st;

    *trace = NULL;
    t->in = in;
    status = vn_table_read(in, name, &form, &t->table, err);
    if (status == VN_OK && !vn_table_has(t->table, MODEL)
        && !(vn_table_has(t->table, DURATION)
             && vn_table_has(t->table, DEVICES)))
        status = vn_table_fail(t->table, -1, err,
                               "neither duration_s and devices nor model, "
                               "expected one of them in the header");
    if (status != VN_OK) {
        vn_trace_close(t);
        return status;
    }
    if (fstat(fileno(t->in), &st) == 0 && S_ISREG(st.st_mode))
        t->size = st.st_size;
    *trace = t;
    return VN_OK;
}

void
vn_trace_close(struct vn_trace *t)
{
    if (t == NULL)
        return;
    vn_table_close(t->table);
    vn_file_close(t->in);
    vn_trace_names_free(&t->names);
    free(t->jobs);
    free(t);
}

const struct vn_trace_names *
vn_trace_names(const struct vn_trace *t)
{
    return &t->names;
}

const char *
vn_trace_remark(const struct vn_trace *t, const char *key)
{
    return vn_table_remark(t->table, key);
}

double
vn_trace_share(const struct vn_trace *t)
{
    return t->size > 0 ? (double) ftell(t->in) / (double) t->size : 0;
}

static int
name_of(const struct vn_table *t, enum column column, struct vn_names *names)
{
    const char *text = vn_table_text(t, (int) column);

    return *text != '\0' ? vn_names_add(names, text) : -1;
}

static enum vn_status
read_recorded(struct vn_table *t, struct vn_job *job, int64_t *devices,
              struct vn_error *err)
{
    enum vn_status status;

    status = vn_table_time(t, DURATION, 1, VN_TIME_MAX, &job->duration, err);
    if (status == VN_OK)
        status = vn_table_int(t, DEVICES, 1, VN_DEVICES_MAX, devices, err);
    if (status == VN_OK && job->duration > VN_TRACE_WORK_MAX / *devices)
        status = vn_table_fail(t, DURATION, err,
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

    job->model = name_of(t, MODEL, &names->models);
    if ((status = vn_table_int(t, BATCH, 1, INT64_C(1) << 40,
                               &job->global_batch, err))
        || (status = vn_table_int(t, VNODES, 1, VN_VNODES_MAX, &vnodes, err))
        || (status =
                vn_table_int(t, STEPS, 1, INT64_C(1) << 40, &job->steps, err)))
        return status;
    if (vnodes > job->global_batch)
        return vn_table_fail(t, VNODES, err,
                             "vnodes is %" PRId64 ", expected at most the "
                             "global batch, %" PRId64,
                             vnodes, job->global_batch);
    job->vnodes = (int) vnodes;
    *devices = vnodes;
    if (!vn_table_empty(t, DEVICES))
        status = vn_table_int(t, DEVICES, 1, vnodes, devices, err);
    return status;
}

/* Read column where it is given; leave *value, its default, where not. */
static enum vn_status
optional_int(struct vn_table *t, enum column column, int64_t min, int64_t max,
             int *value, struct vn_error *err)
{
    enum vn_status status;
    int64_t n = *value;

    if (vn_table_empty(t, (int) column))
        return VN_OK;
    status = vn_table_int(t, (int) column, min, max, &n, err);
    *value = (int) n;
    return status;
}

static enum vn_status
read_job(struct vn_trace *trace, struct vn_job *job, struct vn_error *err)
{
    struct vn_table *t = trace->table;
    enum vn_status status;
    int64_t devices;

    *job = vn_trace_job();
    if ((status = vn_table_int(t, ID, 0, INT64_MAX, &job->id, err))
        || (status =
                vn_table_time(t, SUBMIT, 0, VN_TIME_MAX, &job->submit, err)))
        return status;
    status = vn_table_empty(t, MODEL)
                 ? read_recorded(t, job, &devices, err)
                 : read_modelled(t, job, &devices, &trace->names, err);
    if (status != VN_OK)
        return status;
    job->devices = job->max_devices = (int) devices;
    if ((status =
             optional_int(t, MIN_DEVICES, 1, devices, &job->min_devices, err))
        || (status =
                optional_int(t, MAX_DEVICES, devices,
                             job->vnodes > 0 ? job->vnodes : VN_DEVICES_MAX,
                             &job->max_devices, err)))
        return status;
    if (!vn_table_empty(t, PRIORITY))
        status = vn_table_real(t, PRIORITY, -1e9, 1e9, &job->priority, err);
    if (status == VN_OK && job->priority > 0)
        job->weight = job->priority;
    if (status == VN_OK && !vn_table_empty(t, WEIGHT))
        status = vn_table_real(t, WEIGHT, 1e-9, 1e9, &job->weight, err);
    if (status == VN_OK && !vn_table_empty(t, DEADLINE))
        status =
            vn_table_time(t, DEADLINE, 0, VN_TIME_MAX, &job->deadline, err);
    job->user = name_of(t, USER, &trace->names.users);
    job->vc = name_of(t, VC, &trace->names.vcs);
    job->device_type = name_of(t, TYPE, &trace->names.device_types);
    return status;
}

/* Append the next row to jobs; at the end of the file set `ended`. */
static enum vn_status
read_ahead(struct vn_trace *t, struct vn_error *err)
{
    enum vn_status status;
    struct vn_job *job;
    bool more;

    if (t->njobs + 1 >= t->allocated) {
        t->allocated = 2 * t->allocated + 16;
        t->jobs = vn_xrealloc(t->jobs, t->allocated, sizeof *t->jobs);
    }
    job = &t->jobs[t->njobs];
    status = vn_table_next(t->table, &more, err);
    if (status != VN_OK)
        return status;
    t->ended = !more;
    if (!more)
        return VN_OK;
    status = read_job(t, job, err);
    if (status == VN_OK && t->njobs > 0 && job->submit < job[-1].submit)
        status = vn_table_fail(
            t->table, SUBMIT, err,
            "submit_s is before the row above, expected rows in order of "
            "time (sort them with: vntrace import --from trace)");
    t->ahead = status == VN_OK;
    return status;
}

/* Gather the jobs of the next submit time, in order of id. */
static enum vn_status
read_group(struct vn_trace *t, struct vn_error *err)
{
    enum vn_status status = VN_OK;
    bool sorted = true;

    if (t->ahead)
        t->jobs[0] = t->jobs[t->njobs];
    t->njobs = t->ahead;
    t->given = 0;
    t->ahead = false;
    while (status == VN_OK && !t->ended) {
        status = read_ahead(t, err);
        if (status != VN_OK || t->ended)
            break;
        if (t->njobs > 0) {
            struct vn_job *job = &t->jobs[t->njobs];

            if (job->submit > job[-1].submit)
                break;
            if (job->id == job[-1].id)
                return vn_table_fail(t->table, ID, err,
                                     "job_id is that of the row above, "
                                     "expected one of its own");
            sorted = sorted && job->id > job[-1].id;
        }
        t->njobs++;
        t->ahead = false;
    }
    if (!sorted)
        qsort(t->jobs, t->njobs, sizeof *t->jobs, vn_trace_compare);
    return status;
}

enum vn_status
vn_trace_next(struct vn_trace *t, struct vn_job *job, bool *more,
              struct vn_error *err)
{
    if (t->given == t->njobs) {
        enum vn_status status = read_group(t, err);

        if (status != VN_OK)
            return status;
    }
    *more = t->given < t->njobs;
    if (*more)
        *job = t->jobs[t->given++];
    return VN_OK;
}

static bool
in_use(enum column column, const struct vn_job *job)
{
    double weight = job->priority > 0 ? job->priority : 1;

    switch (column) {
    case ID:
    case SUBMIT:
        return true;
    case DURATION:
        return !vn_job_is_modelled(job);
    case DEVICES:
        return job->devices != job->vnodes;
    case MODEL:
    case BATCH:
    case VNODES:
    case STEPS:
        return vn_job_is_modelled(job);
    case MIN_DEVICES:
        return job->min_devices != 1;
    case MAX_DEVICES:
        return job->max_devices != job->devices;
    case WEIGHT:
        return job->weight != weight;
    case PRIORITY:
        return job->priority != 0;
    case DEADLINE:
        return job->deadline >= 0;
    case USER:
        return job->user >= 0;
    case VC:
        return job->vc >= 0;
    case TYPE:
        return job->device_type >= 0;
    case NCOLUMNS:
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
write_cell(FILE *out, enum column column, const struct vn_job *job,
           const struct vn_trace_names *names)
{
    char text[VN_NUMBER_SIZE];

    if (!in_use(column, job) && column != DEVICES && column != MIN_DEVICES
        && column != MAX_DEVICES && column != WEIGHT && column != PRIORITY)
        return;
    switch (column) {
    case ID:
        fprintf(out, "%" PRId64, job->id);
        break;
    case SUBMIT:
        fputs(vn_format_time(text, job->submit), out);
        break;
    case DURATION:
        fputs(vn_format_time(text, job->duration), out);
        break;
    case DEVICES:
        fprintf(out, "%d", job->devices);
        break;
    case MODEL:
        write_name(out, &names->models, job->model);
        break;
    case BATCH:
        fprintf(out, "%" PRId64, job->global_batch);
        break;
    case VNODES:
        fprintf(out, "%d", job->vnodes);
        break;
    case STEPS:
        fprintf(out, "%" PRId64, job->steps);
        break;
    case MIN_DEVICES:
        fprintf(out, "%d", job->min_devices);
        break;
    case MAX_DEVICES:
        fprintf(out, "%d", job->max_devices);
        break;
    case WEIGHT:
        fputs(vn_format_real(text, job->weight), out);
        break;
    case PRIORITY:
        fputs(vn_format_real(text, job->priority), out);
        break;
    case DEADLINE:
        fputs(vn_format_time(text, job->deadline), out);
        break;
    case USER:
        write_name(out, &names->users, job->user);
        break;
    case VC:
        write_name(out, &names->vcs, job->vc);
        break;
    case TYPE:
        write_name(out, &names->device_types, job->device_type);
        break;
    case NCOLUMNS:
        break;
    }
}

void
vn_trace_print(FILE *out, const char *const *remarks,
               const struct vn_job *jobs, size_t njobs,
               const struct vn_trace_names *names)
{
    enum column used[NCOLUMNS];
    int n = 0;

    for (enum column c = 0; c < NCOLUMNS; c++) {
        bool needed = c == ID || c == SUBMIT
                      || (njobs == 0 && (c == DURATION || c == DEVICES));

        for (size_t i = 0; i < njobs && !needed; i++)
            needed = in_use(c, &jobs[i]);
        if (needed)
            used[n++] = c;
    }
    for (; remarks != NULL && *remarks != NULL; remarks++)
        fprintf(out, "# %s\n", *remarks);
    for (int c = 0; c < n; c++)
        fprintf(out, "%s%s", c > 0 ? "," : "", columns[used[c]].name);
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
