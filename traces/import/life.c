#include "config.h"

#include "traces/import/life.h"

#include "traces/import/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Is it the zero of some clock, or its end? */
static bool
is_no_date(const char *text)
{
    static const char *const seconds[] = {":00:00", ":15:00", ":30:00",
                                          ":45:00"};
    int year = atoi(text);

    if (strspn(text, "0123456789") != 4 || text[4] != '-')
        return false;
    if (strncmp(text, "1970-01-01", 10) != 0)
        return year < 1970 || year > 2199;
    /* That of Unix, in a zone up to 14 hours east of Greenwich. */
    if (strlen(text) == 10)
        return true;
    for (int i = 0; i < 4 && strlen(text) >= 19; i++)
        if (strncmp(text + 13, seconds[i], 6) == 0)
            return atoi(text + 11) <= 14;
    return false;
}

bool
vn_import_is_open(const char *text)
{
    static const char *const words[] = {
        "",     "none",   "null",    "nan",   "nat",       "n/a", "na",
        "nil",  "\\N",    "unknown", "-",     "--",        "?",   "undefined",
        "#n/a", "(null)", "<na>",    "never", "unlimited", "inf"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcasecmp(text, words[i]) == 0)
            return true;
    return is_no_date(text);
}

/* "0", "-1", "0.0": no date, but a number in the place of none. */
static bool
is_no_number(const char *text)
{
    char why[VN_WHY_SIZE];
    double x;

    return vn_read_real(text, -1, 0, &x, why) == NULL;
}

enum vn_status
vn_import_open_clock(const struct vn_import *im, struct vn_table *table,
                     int column, bool zoned, vn_time *value,
                     struct vn_error *err)
{
    const char *text = vn_table_text(table, column);

    *value = VN_IMPORT_OPEN;
    if (vn_import_is_open(text) || is_no_number(text))
        return VN_OK;
    return vn_import_clock(im, table, column, zoned, value, err);
}

enum vn_status
vn_import_open_time(const struct vn_import *im, struct vn_table *table,
                    int column, vn_time min, vn_time *value,
                    struct vn_error *err)
{
    *value = VN_IMPORT_OPEN;
    if (vn_import_is_open(vn_table_text(table, column)))
        return VN_OK;
    return vn_import_time(im, table, column, min, VN_TIME_MAX, value, err);
}

enum vn_status
vn_import_moment(struct vn_import *im, struct vn_table *table, int column,
                 vn_time *value, struct vn_error *err)
{
    static const char *const kinds[] = {"", "a number", "a date",
                                        "a date with an offset from UTC"};
    const char *text = vn_table_text(table, column), *wrong;
    enum vn_import_times times = VN_TIMES_DATES;
    char why[VN_WHY_SIZE];
    bool zoned = false;
    double number;

    *value = VN_IMPORT_OPEN;
    if (vn_import_is_open(text)
        || (im->times > VN_TIMES_NUMBERS && is_no_number(text)))
        return VN_OK;
    if (im->time_format != NULL)
        wrong = vn_read_clock_as(text, im->time_format, value, &zoned, why);
    else if (vn_read_real(text, -INFINITY, INFINITY, &number, why) == NULL) {
        times = VN_TIMES_NUMBERS;
        wrong = vn_import_read_time(im, text, -VN_TIME_MAX, VN_TIME_MAX, value,
                                    why);
    } else
        wrong = vn_read_clock(text, value, &zoned, why);
    times = zoned ? VN_TIMES_ZONED : times;
    if (wrong != NULL)
        return vn_table_fail(table, column, err,
                             "'%.80s' is no time, expected %s", text, wrong);
    if (im->times != VN_TIMES_UNSEEN && im->times != times)
        return vn_table_fail(table, column, err,
                             "'%.80s' is %s, expected %s, as above it", text,
                             kinds[times], kinds[im->times]);
    im->times = times;
    im->calendar = times != VN_TIMES_NUMBERS;
    im->zone = zoned ? "UTC" : "by the cluster's clock";
    return VN_OK;
}

void
vn_import_open_zeros(vn_time moment[VN_NMOMENTS])
{
    const vn_time ten_years = INT64_C(315360000) * VN_SECOND;
    vn_time last = VN_IMPORT_OPEN;

    for (int m = VN_SUBMITTED; m <= VN_ENDED; m++)
        last = moment[m] > last ? moment[m] : last;
    for (int m = VN_SUBMITTED; m <= VN_ENDED && last > ten_years; m++)
        if (moment[m] == 0 || moment[m] == -VN_SECOND)
            moment[m] = VN_IMPORT_OPEN;
}

/* Why a job of such a life is of no use, and by which moment; NULL if it is.
 */
static const char *
reason_to_drop(const vn_time moment[VN_NMOMENTS], enum vn_import_moment *at)
{
    *at = VN_SUBMITTED;
    if (moment[VN_SUBMITTED] == VN_IMPORT_OPEN)
        return "its submission is not known";
    *at = VN_STARTED;
    if (moment[VN_STARTED] == VN_IMPORT_OPEN)
        return "it never began";
    *at = VN_ENDED;
    if (moment[VN_ENDED] == VN_IMPORT_OPEN)
        return moment[VN_LASTED] > 0 ? NULL : "it had not ended";
    if (moment[VN_ENDED] < moment[VN_STARTED])
        return "it ended before it began";
    return NULL;
}

/* The duration; a repair is said in *why, with its moment. */
static vn_time
duration_of(const vn_time moment[VN_NMOMENTS], const char **why,
            enum vn_import_moment *at)
{
    vn_time lasted = moment[VN_LASTED], ran;

    if (moment[VN_ENDED] == VN_IMPORT_OPEN) {
        *at = VN_ENDED;
        *why = "its end is not known, its duration was taken";
        return lasted;
    }
    ran = moment[VN_ENDED] - moment[VN_STARTED];
    if (lasted != VN_IMPORT_OPEN && llabs(lasted - ran) > VN_SECOND) {
        *at = VN_LASTED;
        *why = "its duration is not its end less its start, which was taken";
    }
    return ran;
}

enum vn_status
vn_import_life(struct vn_import *im, struct vn_table *table,
               const int column[VN_NMOMENTS], const vn_time given[VN_NMOMENTS],
               struct vn_job *job, bool *keep, struct vn_error *err)
{
    enum vn_status status = VN_OK;
    vn_time moment[VN_NMOMENTS];
    enum vn_import_moment at;
    const char *why;

    memcpy(moment, given, sizeof moment);
    vn_import_open_zeros(moment);
    why = reason_to_drop(moment, &at);
    *keep = why == NULL;
    if (why != NULL)
        return vn_import_row_note(im, table, column[at], VN_DROPPED, why, err);
    job->duration = duration_of(moment, &why, &at);
    if (why != NULL)
        status =
            vn_import_row_note(im, table, column[at], VN_REPAIRED, why, err);
    job->submit = moment[VN_SUBMITTED];
    if (status == VN_OK && moment[VN_STARTED] < job->submit) {
        job->submit = moment[VN_STARTED];
        status = vn_import_row_note(
            im, table, column[VN_STARTED], VN_REPAIRED,
            "it began before its submission, which was moved there", err);
    }
    return status;
}

enum vn_status
vn_import_clock_life(struct vn_import *im, struct vn_table *table,
                     const int column[VN_NMOMENTS], bool zoned,
                     struct vn_job *job, bool *keep, struct vn_error *err)
{
    vn_time moment[VN_NMOMENTS];
    enum vn_status status = VN_OK;

    for (int m = VN_SUBMITTED; m <= VN_ENDED && status == VN_OK; m++)
        status =
            vn_import_open_clock(im, table, column[m], zoned, &moment[m], err);
    if (status == VN_OK)
        status = vn_import_open_time(im, table, column[VN_LASTED],
                                     -VN_TIME_MAX, &moment[VN_LASTED], err);
    if (status == VN_OK)
        status = vn_import_life(im, table, column, moment, job, keep, err);
    return status;
}

void
vn_import_outcome(const char *word, struct vn_job *job)
{
    /* Slurm's "CANCELLED by 1003" begins like the others. */
    static const struct {
        const char *begin;
        enum vn_job_outcome outcome;
    } words[] = {
        {"pass", VN_OUTCOME_COMPLETED},
        {"complete", VN_OUTCOME_COMPLETED},
        {"terminated", VN_OUTCOME_COMPLETED},
        {"succe", VN_OUTCOME_COMPLETED},
        {"finished", VN_OUTCOME_COMPLETED},
        {"fail", VN_OUTCOME_FAILED},
        {"node_fail", VN_OUTCOME_FAILED},
        {"out_of_mem", VN_OUTCOME_FAILED},
        {"boot_fail", VN_OUTCOME_FAILED},
        {"kill", VN_OUTCOME_KILLED},
        {"cancel", VN_OUTCOME_KILLED},
        {"timeout", VN_OUTCOME_KILLED},
        {"preempted", VN_OUTCOME_KILLED},
        {"deadline", VN_OUTCOME_KILLED},
        {"revoked", VN_OUTCOME_KILLED},
    };

    for (size_t i = 0; word != NULL && i < sizeof words / sizeof *words; i++)
        if (strncasecmp(word, words[i].begin, strlen(words[i].begin)) == 0)
            job->outcome = words[i].outcome;
}

enum vn_status
vn_import_log_row(struct vn_import *im, struct vn_table *t,
                  const struct vn_import_log *log, struct vn_job *job,
                  bool *keep, struct vn_error *err)
{
    enum vn_status status;
    double gpus;

    if ((status = vn_table_real(t, log->gpus, 0, VN_DEVICES_MAX, &gpus, err))
        || (status = vn_import_devices(im, t, log->gpus, gpus, job, keep, err))
        || !*keep)
        return status;
    vn_import_id(im, vn_table_text(t, log->id), job);
    job->user = vn_import_name(t, log->user, &im->names.users);
    vn_import_outcome(vn_table_text(t, log->state), job);
    return vn_import_clock_life(im, t, log->moments, log->zoned, job, keep,
                                err);
}
