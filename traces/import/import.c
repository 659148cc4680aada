#include "config.h"

#include "traces/import/import.h"

#include "base/names.h"
#include "base/option.h"
#include "base/xalloc.h"
#include "traces/import/clock.h"
#include "traces/import/life.h"
#include "traces/import/pacific.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

extern const struct vn_importer vn_import_acme;
extern const struct vn_importer vn_import_gavel;
extern const struct vn_importer vn_import_helios;
extern const struct vn_importer vn_import_openb;
extern const struct vn_importer vn_import_pai;
extern const struct vn_importer vn_import_pai_sim;
extern const struct vn_importer vn_import_philly;
extern const struct vn_importer vn_import_philly_csv;
extern const struct vn_importer vn_import_pollux;
extern const struct vn_importer vn_import_sia;
extern const struct vn_importer vn_import_slurm;
extern const struct vn_importer vn_import_swf;
extern const struct vn_importer vn_import_tiresias;
extern const struct vn_importer vn_import_trace;
extern const struct vn_importer vn_import_virtualflow;

/* clang-format off */
const struct vn_importer *const vn_importers[] = {
    &vn_import_acme,
    &vn_import_gavel,
    &vn_import_helios,
    &vn_import_openb,
    &vn_import_pai,
    &vn_import_pai_sim,
    &vn_import_philly,
    &vn_import_philly_csv,
    &vn_import_pollux,
    &vn_import_sia,
    &vn_import_slurm,
    &vn_import_swf,
    &vn_import_map,
    &vn_import_tiresias,
    &vn_import_trace,
    &vn_import_virtualflow,
    NULL,
};
/* clang-format on */

enum vn_status
vn_importer_find(const char *name, const struct vn_importer **importer,
                 struct vn_error *err)
{
    enum {
        N = sizeof vn_importers / sizeof *vn_importers - 1
    };
    const char *names[N];
    enum vn_status status;
    int i;

    for (i = 0; i < N; i++)
        names[i] = vn_importers[i]->name;
    status = vn_option_choice("from", name, names, N, &i, err);
    *importer = status == VN_OK ? vn_importers[i] : NULL;
    return status;
}

void
vn_import_free(struct vn_import *im)
{
    free(im->jobs);
    vn_trace_names_free(&im->names);
    im->jobs = NULL;
    im->njobs = im->allocated = 0;
}

/* Keep the jobs for which `keep` is true, and note how many it was not. */
static void
choose(struct vn_import *im, const char *why,
       bool (*keep)(const struct vn_job *, vn_time), vn_time bound)
{
    size_t n = 0;

    for (size_t i = 0; i < im->njobs; i++)
        if (keep(&im->jobs[i], bound))
            im->jobs[n++] = im->jobs[i];
    if (n < im->njobs)
        im->notes[im->nnotes++] = (struct vn_import_note){
            .fate = VN_LEFT_OUT,
            .why = why,
            .count = (int64_t) (im->njobs - n),
        };
    im->njobs = n;
}

static bool
is_submitted_from(const struct vn_job *job, vn_time bound)
{
    return job->submit >= bound;
}

static bool
is_at_most_as_long(const struct vn_job *job, vn_time bound)
{
    return vn_job_is_modelled(job) || job->duration <= bound;
}

/* Read --from-time by the clock that the trace goes by. */
static enum vn_status
read_from_time(const struct vn_import *im, const char *text, vn_time *bound,
               struct vn_error *err)
{
    char why[VN_WHY_SIZE];
    const char *wrong = im->calendar
                            ? vn_read_clock(text, bound, NULL, why)
                            : vn_read_time(text, 0, VN_TIME_MAX, bound, why);

    if (wrong != NULL)
        return vn_args_refuse(err, "from-time", text, wrong);
    if (im->pacific)
        *bound = vn_pacific_to_utc(*bound, INT64_MIN);
    return VN_OK;
}

static enum vn_status
choose_all(struct vn_import *im, const struct vn_import_choice *choice,
           struct vn_error *err)
{
    enum vn_status status = VN_OK;
    vn_time bound;

    if (choice->from_time != NULL) {
        status = read_from_time(im, choice->from_time, &bound, err);
        if (status != VN_OK)
            return status;
        choose(im, "submitted before --from-time", is_submitted_from, bound);
    }
    if (choice->max_duration > 0)
        choose(im, "longer than --max-duration", is_at_most_as_long,
               choice->max_duration);
    if (choice->first > 0 && im->njobs > (size_t) choice->first) {
        im->notes[im->nnotes++] = (struct vn_import_note){
            .fate = VN_LEFT_OUT,
            .why = "after the --first",
            .count = (int64_t) im->njobs - choice->first,
        };
        im->njobs = (size_t) choice->first;
    }
    return VN_OK;
}

void
vn_import_remark(struct vn_import *im, const char *format, ...)
{
    va_list args;

    if (im->nremarks == VN_IMPORT_REMARKS_MAX)
        return;
    va_start(args, format);
    vsnprintf(im->remarks[im->nremarks++], VN_IMPORT_REMARK_SIZE, format,
              args);
    va_end(args);
}

/* Say which moment became 0, and by which clock. */
static void
remark_origin(struct vn_import *im)
{
    char text[VN_CLOCK_SIZE];

    if (im->calendar)
        vn_import_remark(
            im, "origin: %s %s",
            vn_format_clock(text, im->pacific ? vn_pacific_from_utc(im->origin)
                                              : im->origin),
            im->zone != NULL ? im->zone : "local time");
    else
        vn_import_remark(im, "origin: %s s of the source's clock",
                         vn_format_time(text, im->origin));
}

void
vn_import_id(struct vn_import *im, const char *text, struct vn_job *job)
{
    char why[VN_WHY_SIZE];

    im->has_ids = true;
    if (vn_read_int(text, 0, INT64_MAX, &job->id, why) != NULL)
        im->has_names = true;
}

static int
compare_ids(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return *x < *y ? -1 : *x > *y;
}

/* Whether the jobs must be numbered, since the log does not. */
static enum vn_status
lacks_ids(struct vn_import *im, bool *lacks, struct vn_error *err)
{
    enum vn_status status = VN_OK;
    int64_t *ids;

    *lacks = !im->has_ids || im->has_names;
    if (*lacks || im->njobs == 0)
        return VN_OK;
    ids = vn_xcalloc(im->njobs, sizeof *ids);
    for (size_t i = 0; i < im->njobs; i++)
        ids[i] = im->jobs[i].id;
    qsort(ids, im->njobs, sizeof *ids, compare_ids);
    for (size_t i = 1; i < im->njobs && !*lacks; i++)
        *lacks = ids[i] == ids[i - 1];
    free(ids);
    if (*lacks)
        status = vn_import_note(im, VN_REPAIRED, 0, 0,
                                "ids that stand there twice, so jobs are "
                                "numbered from 0",
                                err);
    return status;
}

enum vn_status
vn_import_run(const struct vn_importer *importer, struct vn_import *im,
              const struct vn_import_choice *choice, struct vn_error *err)
{
    enum vn_status status;
    struct vn_job *jobs;
    bool number = false;

    if (im->unit != 0 && (importer->dated || importer->own))
        return vn_fail(err, VN_EUSAGE,
                       "--unit: times of %s are %s, expected no unit",
                       importer->name, importer->own ? "seconds" : "dates");
    status = importer->run(im, err);
    jobs = im->jobs;
    if (status == VN_OK && im->rows == 0)
        return vn_fail(err, VN_EFORMAT,
                       "%s: no job in it, expected at least one", im->file);
    if (status == VN_OK && !importer->own)
        status = lacks_ids(im, &number, err);
    if (status != VN_OK)
        return status;
    /* Ids by the order of the file first: so equal times stay. */
    for (size_t i = 0; i < im->njobs && !importer->own; i++) {
        if (number)
            jobs[i].id = (int64_t) i;
        jobs[i].submit += im->epoch;
        if (jobs[i].deadline >= 0)
            jobs[i].deadline += im->epoch;
    }
    if (im->njobs > 0)
        qsort(jobs, im->njobs, sizeof *jobs, vn_trace_compare);
    status = choose_all(im, choice, err);
    if (status != VN_OK || importer->own)
        return status;
    im->origin = im->njobs > 0 ? jobs[0].submit : 0;
    for (size_t i = 0; i < im->njobs; i++) {
        if (number)
            jobs[i].id = (int64_t) i;
        jobs[i].submit -= im->origin;
        if (jobs[i].deadline >= 0) {
            jobs[i].deadline -= im->origin;
            jobs[i].deadline = jobs[i].deadline < 0 ? 0 : jobs[i].deadline;
        }
    }
    remark_origin(im);
    vn_import_remark(im, "source: %s", importer->name);
    return VN_OK;
}

static void
count_note(struct vn_import *im, enum vn_import_fate fate, long line,
           const char *why)
{
    int i = 0;

    while (
        i < im->nnotes
        && (im->notes[i].fate != fate || strcmp(im->notes[i].why, why) != 0))
        i++;
    if (i == im->nnotes)
        im->notes[im->nnotes++] =
            (struct vn_import_note){.fate = fate, .why = why, .line = line};
    im->notes[i].count++;
}

static const char *const consequence[] = {
    [VN_DROPPED] = "without --strict it is dropped",
    [VN_REPAIRED] = "without --strict it is repaired",
};

enum vn_status
vn_import_note(struct vn_import *im, enum vn_import_fate fate, long line,
               long column, const char *why, struct vn_error *err)
{
    if (im->strict && line == 0)
        return vn_fail(err, VN_EFORMAT, "%s: %s (%s)", im->file, why,
                       consequence[fate]);
    if (im->strict)
        return vn_fail_at(err, im->file, line, column, "%s (%s)", why,
                          consequence[fate]);
    count_note(im, fate, line, why);
    return VN_OK;
}

enum vn_status
vn_import_row_note(struct vn_import *im, struct vn_table *table, int column,
                   enum vn_import_fate fate, const char *why,
                   struct vn_error *err)
{
    if (im->strict)
        return vn_table_fail(table, column, err, "%s (%s)", why,
                             consequence[fate]);
    count_note(im, fate, vn_table_line(table), why);
    return VN_OK;
}

static const char *
reason_to_drop(vn_time duration)
{
    if (duration == 0)
        return "it ran for no time";
    return duration == VN_IMPORT_OPEN ? "its duration is not known"
                                      : "its duration is negative";
}

enum vn_status
vn_import_add(struct vn_import *im, const struct vn_job *job, long line,
              struct vn_error *err)
{
    if (job->submit == VN_IMPORT_OPEN)
        return vn_import_note(im, VN_DROPPED, line, 1,
                              "its submission is not known", err);
    if (!vn_job_is_modelled(job) && job->duration <= 0)
        return vn_import_note(im, VN_DROPPED, line, 1,
                              reason_to_drop(job->duration), err);
    if (job->duration > VN_TRACE_WORK_MAX / job->devices)
        return vn_fail_at(err, im->file, line, 1,
                          "its duration times its devices is too large, "
                          "expected less than 4.6e12 device-seconds");
    if (im->njobs == im->allocated) {
        im->allocated = 2 * im->allocated + 1024;
        im->jobs = vn_xrealloc(im->jobs, im->allocated, sizeof *im->jobs);
    }
    im->jobs[im->njobs++] = *job;
    return VN_OK;
}

enum vn_status
vn_import_table(struct vn_import *im, const struct vn_table_form *form,
                vn_import_row_fn *row, struct vn_error *err)
{
    struct vn_table_form foreign = *form;
    struct vn_table *table;
    enum vn_status status;
    bool more;

    foreign.foreign = true;
    status = vn_table_read(im->in, im->file, &foreign, &table, err);
    if (status != VN_OK)
        return status;
    while ((status = vn_table_next(table, &more, err)) == VN_OK && more) {
        struct vn_job job = vn_trace_job();
        bool keep = true;

        im->rows++;
        status = row(im, table, &job, &keep, err);
        if (status == VN_OK && keep)
            status = vn_import_add(im, &job, vn_table_line(table), err);
        if (status != VN_OK)
            break;
    }
    vn_table_close(table);
    return status;
}

enum vn_status
vn_import_devices(struct vn_import *im, struct vn_table *table, int column,
                  double n, struct vn_job *job, bool *keep,
                  struct vn_error *err)
{
    enum vn_status status = VN_OK;

    if (n <= 0) {
        *keep = false;
        return vn_import_row_note(im, table, column, VN_DROPPED,
                                  "it has no GPU", err);
    }
    if (n > VN_DEVICES_MAX)
        return vn_table_fail(table, column, err,
                             "%.0f devices, expected at most %d", n,
                             VN_DEVICES_MAX);
    job->devices = (int) n;
    if (job->devices < n) {
        job->devices++;
        status =
            vn_import_row_note(im, table, column, VN_REPAIRED,
                               "a part of a GPU, taken as a whole one", err);
    }
    job->max_devices = job->devices;
    return status;
}

enum vn_status
vn_import_clock(const struct vn_import *im, struct vn_table *table, int column,
                bool zoned, vn_time *value, struct vn_error *err)
{
    const char *text = vn_table_text(table, column), *wrong;
    char why[VN_WHY_SIZE];
    bool has_zone;

    wrong =
        im->time_format != NULL
            ? vn_read_clock_as(text, im->time_format, value, &has_zone, why)
            : vn_read_clock(text, value, &has_zone, why);
    if (wrong != NULL)
        return vn_table_fail(table, column, err,
                             "'%.80s' is no time, expected %s", text, wrong);
    if (has_zone != zoned)
        return vn_table_fail(table, column, err,
                             "'%.80s' has %s offset from UTC, expected %s",
                             text, has_zone ? "an" : "no",
                             zoned ? "one, such as +08:00" : "none");
    return VN_OK;
}

vn_time
vn_import_scale(const struct vn_import *im, double time)
{
    return (vn_time) llround(
        time * (im->unit != 0 ? im->unit : (double) VN_SECOND));
}

const char *
vn_import_read_time(const struct vn_import *im, const char *text, vn_time min,
                    vn_time max, vn_time *value, char *why)
{
    double unit = im->unit, number;
    const char *wrong;

    if (im->unit == 0)
        return vn_read_time(text, min, max, value, why);
    wrong = vn_read_real(text, (double) min / unit, (double) max / unit,
                         &number, why);
    if (wrong == NULL)
        *value = vn_import_scale(im, number);
    return wrong;
}

enum vn_status
vn_import_time(const struct vn_import *im, struct vn_table *table, int column,
               vn_time min, vn_time max, vn_time *value, struct vn_error *err)
{
    const char *text = vn_table_text(table, column), *wrong;
    char why[VN_WHY_SIZE];

    if (im->unit == 0 || *text == '\0')
        return vn_table_time(table, column, min, max, value, err);
    wrong = vn_import_read_time(im, text, min, max, value, why);
    return wrong == NULL ? VN_OK
                         : vn_table_fail(table, column, err,
                                         "'%.80s' is no time in the unit "
                                         "given, expected %s",
                                         text, wrong);
}

int
vn_import_name(const struct vn_table *table, int column,
               struct vn_names *names)
{
    return vn_table_empty(table, column)
               ? -1
               : vn_names_add(names, vn_table_text(table, column));
}
