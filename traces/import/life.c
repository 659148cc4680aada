#include "config.h"

#include "traces/import/life.h"

#include <stdlib.h>
#include <string.h>

bool
vn_import_is_open(const char *text)
{
    static const char *const words[] = {"",    "None", "none", "null", "NULL",
                                        "nan", "NaN",  "NaT",  "N/A",  "\\N"};

    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

enum vn_status
vn_import_open_clock(struct vn_table *table, int column, bool zoned,
                     vn_time *value, struct vn_error *err)
{
    *value = VN_IMPORT_OPEN;
    if (vn_import_is_open(vn_table_text(table, column)))
        return VN_OK;
    return vn_import_clock(table, column, zoned, value, err);
}

enum vn_status
vn_import_open_time(struct vn_table *table, int column, vn_time min,
                    vn_time *value, struct vn_error *err)
{
    *value = VN_IMPORT_OPEN;
    if (vn_import_is_open(vn_table_text(table, column)))
        return VN_OK;
    return vn_table_time(table, column, min, VN_TIME_MAX, value, err);
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
               const int column[VN_NMOMENTS],
               const vn_time moment[VN_NMOMENTS], struct vn_job *job,
               bool *keep, struct vn_error *err)
{
    enum vn_status status = VN_OK;
    enum vn_import_moment at;
    const char *why = reason_to_drop(moment, &at);

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
            vn_import_open_clock(table, column[m], zoned, &moment[m], err);
    if (status == VN_OK)
        status = vn_import_open_time(table, column[VN_LASTED], -VN_TIME_MAX,
                                     &moment[VN_LASTED], err);
    if (status == VN_OK)
        status = vn_import_life(im, table, column, moment, job, keep, err);
    return status;
}
