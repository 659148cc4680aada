/*
 * The Standard Workload Format of the Parallel Workloads Archive: a job a
 * line, of 18 fields between blanks, -1 where a field is not known, after
 * lines of "; Key: value".
 *
 *     1 job        4 run time       8 requested   12 user   16 partition
 *     2 submitted  5 processors     9 asked time  15 queue
 *     3 waited     ...
 *
 * A processor is a device.  Where field 5 is not known, the request counts.
 * Field 11 is a status: 1 completed, 0 failed, 5 cancelled; 2, 3 and 4 mean a
 * part of a job that was preempted.  Where such a job has a line of its own
 * too ("Preemption: Double") that counts, and else what its parts add up to:
 * the first submission, all that they ran, the most processors. Files in the
 * wild are out of order, have decimals, and add fields of their own behind the
 * 18, which are passed over; UnixStartTime dates the zero.
 */
#include "config.h"

#include "traces/import/life.h"

#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    NFIELDS = 18,
    ID = 0,
    SUBMIT = 1,
    RUN = 3,
    USED = 4,
    REQUESTED = 7,
    STATUS = 10,
    USER = 11,
    QUEUE = 14
};

/* Their numbers, in messages. */
static const char *const meaning[NFIELDS] = {
    [SUBMIT] = "submit time",
    [RUN] = "run time",
    [USED] = "processors used",
    [REQUESTED] = "processors requested",
    [USER] = "user",
    [QUEUE] = "queue",
};

/* A line in hand, its fields ended by NUL. */
struct line {
    char *text;
    size_t size;
    long number;
    char *field[NFIELDS];
    int nfields;
};

static long
column_of(const struct line *line, const char *field)
{
    return (long) (field - line->text) + 1;
}

static void
split(struct line *line)
{
    char *p = line->text;

    for (line->nfields = 0; line->nfields < NFIELDS;) {
        p += strspn(p, " \t\r\n\f\v");
        if (*p == '\0')
            return;
        line->field[line->nfields++] = p;
        p += strcspn(p, " \t\r\n\f\v");
        if (*p != '\0')
            *p++ = '\0';
    }
}

static enum vn_status
read_field(const struct vn_import *im, const struct line *line, int field,
           double *value, struct vn_error *err)
{
    char why[VN_WHY_SIZE];
    const char *text = line->field[field];
    const char *wrong;

    *value = -1;
    if (vn_import_is_open(text))
        return VN_OK;
    wrong = vn_read_real(text, -1, 9e15 / (double) vn_import_scale(im, 1),
                         value, why);
    if (wrong == NULL)
        return VN_OK;
    return vn_fail_at(err, im->file, line->number, column_of(line, text),
                      "%s is '%.80s', expected %s", meaning[field], text,
                      wrong);
}

/* User 7 is called "7"; -1 has no name. */
static int
name_of(const struct line *line, int field, struct vn_names *names)
{
    return line->field[field][0] == '-'
               ? -1
               : vn_names_add(names, line->field[field]);
}

/* Lines that are a part of a job each. */
struct part {
    struct vn_job job; /* submit -1: not known */
    long line;
};

struct parts {
    struct part *all;
    size_t count;
    size_t allocated;
};

static void
keep_part(struct parts *parts, struct vn_job job, long line)
{
    if (parts->count == parts->allocated) {
        parts->allocated = 2 * parts->allocated + 64;
        parts->all =
            vn_xrealloc(parts->all, parts->allocated, sizeof *parts->all);
    }
    parts->all[parts->count++] = (struct part){.job = job, .line = line};
}

static int
compare_parts(const void *a, const void *b)
{
    const struct part *x = a, *y = b;

    if (x->job.id != y->job.id)
        return x->job.id < y->job.id ? -1 : 1;
    return x->line < y->line ? -1 : x->line > y->line;
}

static int
compare_ids(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

/* Add the job that n parts, in order of their lines, make. */
static enum vn_status
join_parts(struct vn_import *im, const struct part *part, size_t n,
           struct vn_error *err)
{
    struct vn_job job = part[0].job;

    for (size_t i = 1; i < n; i++) {
        const struct vn_job *more = &part[i].job;

        if (more->submit >= 0 && (job.submit < 0 || more->submit < job.submit))
            job.submit = more->submit;
        if (more->devices > job.devices)
            job.devices = job.max_devices = more->devices;
        job.duration += more->duration;
        if (job.duration > VN_TIME_MAX)
            return vn_fail_at(err, im->file, part[i].line, 1,
                              "parts of this job add up to too much");
    }
    if (job.submit < 0 || job.devices == 0)
        return vn_import_note(im, VN_DROPPED, part[0].line, 1,
                              job.submit < 0 ? "its submit time is not known"
                                             : "it has no processors",
                              err);
    return vn_import_add(im, &job, part[0].line, err);
}

/* The jobs of which there are parts: with a line of their own, or without. */
static enum vn_status
settle_parts(struct vn_import *im, struct parts *parts, struct vn_error *err)
{
    size_t whole = im->njobs, n;
    int64_t *ids = vn_xcalloc(whole + 1, sizeof *ids);
    enum vn_status status = VN_OK;

    for (size_t i = 0; i < whole; i++)
        ids[i] = im->jobs[i].id;
    qsort(ids, whole, sizeof *ids, compare_ids);
    if (parts->count > 0)
        qsort(parts->all, parts->count, sizeof *parts->all, compare_parts);
    for (size_t i = 0; i < parts->count && status == VN_OK; i += n) {
        const struct part *part = &parts->all[i];
        bool summed =
            bsearch(&part->job.id, ids, whole, sizeof *ids, compare_ids)
            != NULL;

        for (n = 1; i + n < parts->count && part[n].job.id == part->job.id;)
            n++;
        for (size_t k = 0; k < n && status == VN_OK; k++)
            status = vn_import_note(
                im, VN_REPAIRED, part[k].line, 1,
                summed ? "a part of a job that has its own line, passed over"
                       : "a part of a job that was preempted, put together",
                err);
        if (status == VN_OK && !summed)
            status = join_parts(im, part, n, err);
    }
    free(ids);
    return status;
}

/* What a line says of a job; or why it is of no use, and at which field. */
struct entry {
    double submit; /* -1: not known, likewise below */
    double run;
    double processors;
    double status;
    const char *why;
    int at;
};

static enum vn_status
read_entry(const struct vn_import *im, const struct line *line,
           struct entry *e, struct vn_error *err)
{
    enum vn_status status;
    char why[VN_WHY_SIZE];
    double requested;

    *e = (struct entry){.why = NULL};
    if (line->nfields < NFIELDS)
        return vn_fail_at(err, im->file, line->number, 1,
                          "a line of %d fields, expected %d", line->nfields,
                          NFIELDS);
    if ((status = read_field(im, line, SUBMIT, &e->submit, err))
        || (status = read_field(im, line, RUN, &e->run, err))
        || (status = read_field(im, line, USED, &e->processors, err))
        || (status = read_field(im, line, REQUESTED, &requested, err)))
        return status;
    if (vn_read_real(line->field[STATUS], -1, 9, &e->status, why) != NULL)
        e->status = -1;
    if (e->processors <= 0)
        e->processors = requested;
    if (e->processors > VN_DEVICES_MAX
        || e->processors != floor(e->processors))
        return vn_fail_at(err, im->file, line->number,
                          column_of(line, line->field[USED]),
                          "%g processors, expected a whole number from 1 to "
                          "%d",
                          e->processors, VN_DEVICES_MAX);
    if (e->submit < 0)
        e->at = SUBMIT, e->why = "its submit time is not known";
    else if (e->run < 0)
        e->at = RUN, e->why = "its run time is not known";
    else if (e->processors <= 0)
        e->at = USED, e->why = "it has no processors";
    return VN_OK;
}

static struct vn_job
make_job(struct vn_import *im, const struct line *line, const struct entry *e)
{
    struct vn_job job = vn_trace_job();

    vn_import_id(im, line->field[ID], &job);
    job.submit = e->submit >= 0 ? vn_import_scale(im, e->submit) : -1;
    job.duration = e->run > 0 ? vn_import_scale(im, e->run) : 0;
    job.devices = job.max_devices = (int) e->processors;
    job.user = name_of(line, USER, &im->names.users);
    job.vc = name_of(line, QUEUE, &im->names.vcs);
    job.outcome = e->status == 1   ? VN_OUTCOME_COMPLETED
                  : e->status == 0 ? VN_OUTCOME_FAILED
                  : e->status == 5 ? VN_OUTCOME_KILLED
                                   : VN_OUTCOME_UNKNOWN;
    return job;
}

static enum vn_status
read_job(struct vn_import *im, struct line *line, struct parts *parts,
         struct vn_error *err)
{
    struct vn_job job;
    enum vn_status status;
    struct entry e;

    status = read_entry(im, line, &e, err);
    if (status != VN_OK)
        return status;
    im->rows++;
    if (e.status >= 2 && e.status <= 4) {
        keep_part(parts, make_job(im, line, &e), line->number);
        return VN_OK;
    }
    if (e.why != NULL)
        return vn_import_note(im, VN_DROPPED, line->number,
                              column_of(line, line->field[e.at]), e.why, err);
    job = make_job(im, line, &e);
    return vn_import_add(im, &job, line->number, err);
}

/* "; UnixStartTime: 1009839600": then times have a date. */
static enum vn_status
read_comment(struct vn_import *im, const struct line *line,
             struct vn_error *err)
{
    static const char key[] = "UnixStartTime:";
    char *text = line->text + strspn(line->text, "; \t");
    char why[VN_WHY_SIZE];
    const char *wrong;
    int64_t start;

    if (strncmp(text, key, strlen(key)) != 0)
        return VN_OK;
    text += strlen(key);
    text += strspn(text, " \t");
    text[strcspn(text, " \t\r\n")] = '\0';
    wrong = vn_read_int(text, 0, INT64_C(7258118400), &start, why);
    if (wrong != NULL)
        return vn_fail_at(err, im->file, line->number, column_of(line, text),
                          "UnixStartTime is '%.80s', expected %s", text,
                          wrong);
    /* Some files put 0 where they do not know, and count from nothing. */
    im->calendar = start > 0;
    im->zone = "UTC";
    im->epoch = start * VN_SECOND;
    return VN_OK;
}

static enum vn_status
swf_run(struct vn_import *im, struct vn_error *err)
{
    enum vn_status status = VN_OK;
    struct parts parts = {.all = NULL};
    struct line line = {0};
    ssize_t length;

    while (status == VN_OK
           && (length = getline(&line.text, &line.size, im->in)) >= 0) {
        const char *p = line.text + strspn(line.text, " \t\r\n");

        line.number++;
        if (strlen(line.text) != (size_t) length)
            status = vn_fail_at(err, im->file, line.number,
                                (long) strlen(line.text) + 1,
                                "a NUL byte, expected text");
        else if (*p == ';')
            status = read_comment(im, &line, err);
        else if (*p != '\0') {
            split(&line);
            status = read_job(im, &line, &parts, err);
        }
    }
    if (status == VN_OK && ferror(im->in))
        status = vn_file_failed(im->file, err);
    if (status == VN_OK)
        status = settle_parts(im, &parts, err);
    free(parts.all);
    free(line.text);
    return status;
}

const struct vn_importer vn_import_swf = {
    .name = "swf",
    .summary = "the Standard Workload Format of batch systems",
    .run = swf_run,
};
