/*
 * PAI, Alibaba's cluster of 2020: pai_task_table.csv, which has no header,
 *
 *     job_name,task_name,inst_num,status,start_time,end_time,plan_cpu,
 *     plan_mem,plan_gpu,gpu_type
 *     6d2a..,worker,4,Terminated,494465.0,548677.0,600,29.3,50,MISC
 *
 * A row is a task of inst_num instances, each of plan_gpu hundredths of a
 * GPU; all tasks of a job run together.  So a job is the rows of one name,
 * wherever they stand: it uses the sum of its tasks' GPUs, shares of one put
 * together, from the first start of a task with GPUs to the last end.  Tasks
 * without GPUs, parameter servers and evaluators, count for nothing.  The log
 * tells no submission, so a job is submitted when it starts, seconds.
 */
#include "config.h"

#include "traces/import/life.h"

#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum column {
    JOB,
    TASK,
    INSTANCES,
    STATUS,
    START,
    END,
    CPU,
    MEMORY,
    GPU,
    TYPE,
    NCOLUMNS
};

static const struct vn_column columns[] = {
    [JOB] = {"job_name", true},       [TASK] = {"task_name", true},
    [INSTANCES] = {"inst_num", true}, [STATUS] = {"status", true},
    [START] = {"start_time", true},   [END] = {"end_time", true},
    [CPU] = {"plan_cpu", true},       [MEMORY] = {"plan_mem", true},
    [GPU] = {"plan_gpu", true},       [TYPE] = {"gpu_type", false},
};

/* What the rows of one name add up to. */
struct sum {
    long line; /* of the first */
    double percent;
    vn_time start;
    vn_time end;
    int type;
    bool types_differ;
    enum vn_job_outcome outcome; /* failed where one of its tasks did */
    const char *why;             /* it is to be dropped, or NULL */
};

struct sums {
    struct vn_names names;
    struct sum *sum; /* by the number of the job's name */
    int allocated;
};

static struct sum *
find_sum(struct sums *sums, const char *name, long line)
{
    int known = sums->names.count, i = vn_names_add(&sums->names, name);

    if (i == sums->allocated) {
        sums->allocated = 2 * sums->allocated + 64;
        sums->sum = vn_xrealloc(sums->sum, (size_t) sums->allocated,
                                sizeof *sums->sum);
    }
    if (i == known)
        sums->sum[i] = (struct sum){.line = line, .type = -1};
    return &sums->sum[i];
}

/* Add a task that has GPUs. */
static void
add_task(struct sum *sum, double percent, vn_time start, vn_time end, int type)
{
    bool first = sum->percent <= 0;

    if (start == VN_IMPORT_OPEN)
        sum->why = "a task of it never began";
    else if (end == VN_IMPORT_OPEN)
        sum->why = "a task of it had not ended";
    else if (end < start)
        sum->why = "a task of it ended before it began";
    if (first || start < sum->start)
        sum->start = start;
    if (first || end > sum->end)
        sum->end = end;
    if (first)
        sum->type = type;
    sum->types_differ = sum->types_differ || type != sum->type;
    sum->percent += percent;
}

static enum vn_status
read_task(struct vn_import *im, struct vn_table *t, struct sums *sums,
          struct vn_error *err)
{
    const double most = 100.0 * VN_DEVICES_MAX;
    double gpu = 0, instances = 1;
    enum vn_status status;
    vn_time start, end;
    vn_time moment[VN_NMOMENTS] = {[VN_SUBMITTED] = VN_IMPORT_OPEN};
    struct sum *sum;

    if (vn_table_empty(t, JOB))
        return vn_table_fail(t, JOB, err, "empty job_name, expected a name");
    if ((status = vn_import_open_time(im, t, START, 0, &start, err))
        || (status = vn_import_open_time(im, t, END, 0, &end, err))
        || (!vn_import_is_open(vn_table_text(t, GPU))
            && (status = vn_table_real(t, GPU, 0, most, &gpu, err)))
        || (!vn_import_is_open(vn_table_text(t, INSTANCES))
            && (status = vn_table_real(t, INSTANCES, 0, VN_DEVICES_MAX,
                                       &instances, err))))
        return status;
    moment[VN_STARTED] = start;
    moment[VN_ENDED] = end;
    vn_import_open_zeros(moment);
    start = moment[VN_STARTED];
    end = moment[VN_ENDED];
    sum = find_sum(sums, vn_table_text(t, JOB), vn_table_line(t));
    if (gpu > 0 && vn_import_is_open(vn_table_text(t, INSTANCES)))
        status =
            vn_import_row_note(im, t, INSTANCES, VN_REPAIRED,
                               "its inst_num is not known, taken as 1", err);
    if (gpu * instances > 0) {
        struct vn_job task = vn_trace_job();

        vn_import_outcome(vn_table_text(t, STATUS), &task);
        if (sum->outcome != VN_OUTCOME_FAILED)
            sum->outcome = task.outcome;
        add_task(sum, gpu * instances, start, end,
                 vn_import_name(t, TYPE, &im->names.device_types));
    }
    return status;
}

/* Make the job that a name's rows add up to. */
static enum vn_status
add_job(struct vn_import *im, const struct sum *sum, struct vn_error *err)
{
    struct vn_job job = vn_trace_job();
    double gpus = sum->percent / 100;
    const char *why = gpus <= 0 ? "it has no GPU" : sum->why;
    enum vn_status status = VN_OK;

    if (why != NULL)
        return vn_import_note(im, VN_DROPPED, sum->line, 1, why, err);
    if (gpus > VN_DEVICES_MAX)
        return vn_fail_at(err, im->file, sum->line, 1,
                          "%.0f devices, expected at most %d", gpus,
                          VN_DEVICES_MAX);
    job.submit = sum->start;
    job.duration = sum->end - sum->start;
    job.outcome = sum->outcome;
    job.devices = job.max_devices = (int) ceil(gpus);
    if (job.devices > gpus)
        status = vn_import_note(im, VN_REPAIRED, sum->line, 1,
                                "a part of a GPU, taken as a whole one", err);
    if (status == VN_OK && sum->types_differ)
        status = vn_import_note(im, VN_REPAIRED, sum->line, 1,
                                "several types of GPU, taken as any", err);
    job.device_type = sum->types_differ ? -1 : sum->type;
    return status == VN_OK ? vn_import_add(im, &job, sum->line, err) : status;
}

static enum vn_status
read_tasks(struct vn_import *im, struct vn_table *t, struct sums *sums,
           struct vn_error *err)
{
    enum vn_status status;
    bool more;

    while ((status = vn_table_next(t, &more, err)) == VN_OK && more) {
        /* Some copies have been given a header. */
        if (im->rows == 0 && strcmp(vn_table_text(t, JOB), "job_name") == 0)
            continue;
        im->rows++;
        status = read_task(im, t, sums, err);
        if (status != VN_OK)
            break;
    }
    return status;
}

static enum vn_status
pai_run(struct vn_import *im, struct vn_error *err)
{
    struct sums sums = {.sum = NULL};
    struct vn_table *table;
    enum vn_status status;

    status = vn_table_read(im->in, im->file,
                           &(struct vn_table_form){.columns = columns,
                                                   .ncolumns = NCOLUMNS,
                                                   .headerless = true},
                           &table, err);
    if (status != VN_OK)
        return status;
    status = read_tasks(im, table, &sums, err);
    for (int i = 0; i < sums.names.count && status == VN_OK; i++)
        status = add_job(im, &sums.sum[i], err);
    vn_names_free(&sums.names);
    free(sums.sum);
    vn_table_close(table);
    return status;
}

const struct vn_importer vn_import_pai = {
    .name = "pai",
    .summary = "pai_task_table.csv of PAI, Alibaba's cluster of 2020",
    .run = pai_run,
};
