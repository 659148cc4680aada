/*
 * Slurm's accounting as `sacct -P` prints it, of any of its columns:
 *
 *     JobID|Submit|Start|End|Elapsed|AllocTRES|User|Partition|State
 *     901|2024-01-15T10:00:00|2024-01-15T10:00:30|2024-01-15T10:05:30|
 *     00:05:00|billing=4,cpu=4,gres/gpu=2,mem=8G|u1|gpu|COMPLETED
 *
 * by the cluster's clock.  Steps ("901.batch") are parts of a job and no rows
 * of ours.  Devices are the GPUs of AllocTRES, else of ReqTRES.  A job ran for
 * Elapsed where that is told, since its clock may have been changed between
 * start and end, and the job suspended.  The partition is the virtual cluster.
 */
#include "config.h"

#include "traces/import/clock.h"
#include "traces/import/life.h"

#include <stdlib.h>
#include <string.h>

enum column {
    ID,
    RAW_ID,
    SUBMIT,
    START,
    END,
    ELAPSED,
    RAW_ELAPSED,
    TRES,
    ASKED_TRES,
    USER,
    PARTITION,
    STATE,
    NAME,
    NCOLUMNS
};

static const struct vn_column columns[] = {
    [ID] = {"JobID", false},
    [RAW_ID] = {"JobIDRaw", false},
    [SUBMIT] = {"Submit", true},
    [START] = {"Start", true},
    [END] = {"End", true},
    [ELAPSED] = {"Elapsed", false},
    [RAW_ELAPSED] = {"ElapsedRaw", false},
    [TRES] = {"AllocTRES", false},
    [ASKED_TRES] = {"ReqTRES", false},
    [USER] = {"User", false},
    [PARTITION] = {"Partition", false},
    [STATE] = {"State", false},
    [NAME] = {"JobName", false},
};

/* "billing=4,gres/gpu=2": 2; the sum over "gres/gpu:a100=2" where there is no
 * total. */
static double
count_gpus(const char *tres)
{
    double sum = 0;

    while (*tres != '\0') {
        size_t length = strcspn(tres, ",");

        if (strncmp(tres, "gres/gpu=", 9) == 0)
            return strtod(tres + 9, NULL);
        if (strncmp(tres, "gres/gpu:", 9) == 0
            && memchr(tres, '=', length) != NULL)
            sum += strtod(strchr(tres, '=') + 1, NULL);
        tres += length + (tres[length] == ',');
    }
    return sum;
}

/* The time that the job ran, by Slurm's own account; or open. */
static enum vn_status
read_elapsed(const struct vn_import *im, struct vn_table *t, vn_time *elapsed,
             struct vn_error *err)
{
    const char *text = vn_table_text(t, ELAPSED), *wrong;
    char why[VN_WHY_SIZE];

    if (!vn_table_empty(t, RAW_ELAPSED))
        return vn_import_open_time(im, t, RAW_ELAPSED, 0, elapsed, err);
    *elapsed = VN_IMPORT_OPEN;
    if (vn_import_is_open(text))
        return VN_OK;
    wrong = vn_read_span(text, elapsed, why);
    return wrong == NULL
               ? VN_OK
               : vn_table_fail(t, ELAPSED, err,
                               "Elapsed is '%.80s', expected %s", text, wrong);
}

static enum vn_status
slurm_row(struct vn_import *im, struct vn_table *t, struct vn_job *job,
          bool *keep, struct vn_error *err)
{
    static const int at[] = {SUBMIT, START, END, ELAPSED};
    int id = vn_table_has(t, RAW_ID) ? RAW_ID : ID;
    int tres = vn_table_empty(t, TRES) ? ASKED_TRES : TRES;
    vn_time moment[VN_NMOMENTS] = {[VN_LASTED] = VN_IMPORT_OPEN}, elapsed;
    enum vn_status status;
    double gpus;

    if (strchr(vn_table_text(t, id), '.') != NULL) {
        *keep = false;
        im->rows--;
        return VN_OK;
    }
    for (int m = VN_SUBMITTED; m <= VN_ENDED; m++)
        if ((status = vn_import_moment(im, t, at[m], &moment[m], err)))
            return status;
    if ((status = read_elapsed(im, t, &elapsed, err))
        || (status = vn_import_life(im, t, at, moment, job, keep, err))
        || !*keep)
        return status;
    if (elapsed != VN_IMPORT_OPEN)
        job->duration = elapsed;
    gpus = count_gpus(vn_table_text(t, tres));
    if (!(gpus >= 0 && gpus <= VN_DEVICES_MAX))
        return vn_table_fail(t, tres, err, "%g GPUs, expected at most %d",
                             gpus, VN_DEVICES_MAX);
    status = vn_import_devices(im, t, tres, gpus, job, keep, err);
    if (status != VN_OK || !*keep)
        return status;
    vn_import_id(im, vn_table_text(t, id), job);
    job->user = vn_import_name(t, USER, &im->names.users);
    job->vc = vn_import_name(t, PARTITION, &im->names.vcs);
    vn_import_outcome(vn_table_text(t, STATE), job);
    job->name = vn_import_name(t, NAME, &im->names.jobs);
    return VN_OK;
}

static enum vn_status
slurm_run(struct vn_import *im, struct vn_error *err)
{
    return vn_import_table(
        im, &(struct vn_table_form){.columns = columns, .ncolumns = NCOLUMNS},
        slurm_row, err);
}

const struct vn_importer vn_import_slurm = {
    .name = "slurm",
    .summary = "Slurm's accounting, as sacct -P prints it",
    .run = slurm_run,
};
