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
 * Files in the wild are out of order, have decimals, and add fields of their
 * own behind the 18, which are passed over; UnixStartTime dates the zero.
 */
#include "config.h"

#include "traces/import/import.h"

#include "base/xalloc.h"

#include <errno.h>
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
    const char *wrong = vn_read_real(text, -1, 9e9, value, why);

    if (wrong == NULL)
        return VN_OK;
    return vn_fail_at(err, im->file, line->number, column_of(line, text),
                      "%s is '%.80s', expected %s", meaning[field], text,
                      wrong);
}

static vn_time
from_seconds(double s)
{
    return (vn_time) llround(s * (double) VN_SECOND);
}

/* User 7 is called "7"; -1 has no name. */
static int
name_of(const struct line *line, int field, struct vn_names *names)
{
    return line->field[field][0] == '-'
               ? -1
               : vn_names_add(names, line->field[field]);
}

static enum vn_status
read_job(struct vn_import *im, struct line *line, struct vn_error *err)
{
    struct vn_job job = vn_trace_job();
    double submit, run, used, requested;
    const char *why = NULL;
    enum vn_status status;
    int at = 0;

    if (line->nfields < NFIELDS)
        return vn_fail_at(err, im->file, line->number, 1,
                          "a line of %d fields, expected %d", line->nfields,
                          NFIELDS);
    if ((status = read_field(im, line, SUBMIT, &submit, err))
        || (status = read_field(im, line, RUN, &run, err))
        || (status = read_field(im, line, USED, &used, err))
        || (status = read_field(im, line, REQUESTED, &requested, err)))
        return status;
    im->rows++;
    if (used <= 0)
        used = requested;
    if (submit < 0)
        at = SUBMIT, why = "its submit time is not known";
    else if (run < 0)
        at = RUN, why = "its run time is not known";
    else if (used <= 0)
        at = USED, why = "it has no processors";
    if (why != NULL)
        return vn_import_note(im, VN_DROPPED, line->number,
                              column_of(line, line->field[at]), why, err);
    if (used > VN_DEVICES_MAX || used != floor(used))
        return vn_fail_at(err, im->file, line->number,
                          column_of(line, line->field[USED]),
                          "%g processors, expected a whole number from 1 to "
                          "%d",
                          used, VN_DEVICES_MAX);
    vn_import_id(im, line->field[ID], &job);
    job.submit = from_seconds(submit);
    job.duration = from_seconds(run);
    job.devices = job.max_devices = (int) used;
    job.user = name_of(line, USER, &im->names.users);
    job.vc = name_of(line, QUEUE, &im->names.vcs);
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
            status = read_job(im, &line, err);
        }
    }
    if (status == VN_OK && ferror(im->in))
        status = vn_fail(err, VN_EIO, "%s: %s", im->file, strerror(errno));
    free(line.text);
    return status;
}

const struct vn_importer vn_import_swf = {
    .name = "swf",
    .summary = "the Standard Workload Format of batch systems",
    .run = swf_run,
};
