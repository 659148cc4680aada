/*
 * Gavel's traces: cells between tabs, no header, in three forms.
 *
 *     7 cells   job type, command, steps' argument, needs data, steps,
 *               arrival, scale factor
 *     10 cells  job type, command, folder, steps' argument, needs data, steps,
 *               scale factor, priority weight, SLO, arrival
 *     12 cells  the same with a mode before the weight and a duration after
 *               the SLO (Shockwave)
 *
 * A job is a modelled one.  Its model is the job type as it stands, "ResNet-50
 * (batch size 64)", which is how Gavel's throughput tables name it; the batch
 * is that of one worker, so a step takes batch x scale factor examples, of
 * which each worker is one virtual node.  A type that names no batch, A3C and
 * CycleGAN, counts one example a worker.  SLO is the deadline in multiples of
 * the job's duration, -1 for none; the form of 10 cells does not say the
 * duration, so there it is passed over.
 */
#include "config.h"

#include "traces/import/import.h"

#include <stdlib.h>
#include <string.h>

enum cell {
    TYPE,
    STEPS,
    SCALE,
    WEIGHT,
    SLO,
    DURATION,
    ARRIVAL,
    NCELLS
};

enum {
    WIDTH_MAX = 12
};

static const char *const meaning[] = {
    [TYPE] = "job_type",
    [STEPS] = "total_steps",
    [SCALE] = "scale_factor",
    [WEIGHT] = "priority_weight",
    [SLO] = "SLO",
    [DURATION] = "duration",
    [ARRIVAL] = "arrival_time",
};

/* Where each stands in a form, -1 where it does not. */
struct form {
    int width;
    int at[NCELLS];
};

/* clang-format off */
static const struct form forms[] = {
    {7,  {[TYPE] = 0, [STEPS] = 4, [SCALE] = 6, [WEIGHT] = -1, [SLO] = -1,
          [DURATION] = -1, [ARRIVAL] = 5}},
    {10, {[TYPE] = 0, [STEPS] = 5, [SCALE] = 6, [WEIGHT] = 7, [SLO] = 8,
          [DURATION] = -1, [ARRIVAL] = 9}},
    {12, {[TYPE] = 0, [STEPS] = 5, [SCALE] = 6, [WEIGHT] = 8, [SLO] = 9,
          [DURATION] = 10, [ARRIVAL] = 11}},
};
/* clang-format on */

/* "LM (batch size 80)": 80; a type without such words: 1. */
static enum vn_status
read_batch(struct vn_table *t, int64_t *batch, struct vn_error *err)
{
    static const char words[] = "(batch size ";
    const char *text = vn_table_text(t, TYPE), *found = strstr(text, words);
    char number[24], why[VN_WHY_SIZE];
    size_t length;

    *batch = 1;
    if (*text == '\0')
        return vn_table_fail(t, TYPE, err, "empty job_type, expected a name");
    if (found == NULL)
        return VN_OK;
    found += strlen(words);
    length = strcspn(found, ")");
    if (length < sizeof number && found[length] == ')') {
        memcpy(number, found, length);
        number[length] = '\0';
        if (vn_read_int(number, 1, INT64_C(1) << 20, batch, why) == NULL)
            return VN_OK;
    }
    return vn_table_fail(t, TYPE, err,
                         "'%.80s' names no batch size, expected as in "
                         "'LM (batch size 80)'",
                         text);
}

static enum vn_status
read_int(struct vn_table *t, const struct form *form, enum cell cell,
         int64_t max, int64_t *value, struct vn_error *err)
{
    const char *text = vn_table_text(t, form->at[cell]);
    char why[VN_WHY_SIZE];
    const char *wrong = vn_read_int(text, 0, max, value, why);

    if (wrong == NULL)
        return VN_OK;
    return vn_table_fail(t, form->at[cell], err, "%s is '%.80s', expected %s",
                         meaning[cell], text, wrong);
}

static enum vn_status
read_time(const struct vn_import *im, struct vn_table *t,
          const struct form *form, enum cell cell, vn_time *value,
          struct vn_error *err)
{
    const char *text = vn_table_text(t, form->at[cell]);
    char why[VN_WHY_SIZE];
    const char *wrong =
        vn_import_read_time(im, text, 0, VN_TIME_MAX, value, why);

    if (wrong == NULL)
        return VN_OK;
    return vn_table_fail(t, form->at[cell], err, "%s is '%.80s', expected %s",
                         meaning[cell], text, wrong);
}

static enum vn_status
read_real(struct vn_table *t, const struct form *form, enum cell cell,
          double min, double *value, struct vn_error *err)
{
    const char *text = vn_table_text(t, form->at[cell]);
    char why[VN_WHY_SIZE];
    const char *wrong = vn_read_real(text, min, 1e9, value, why);

    if (wrong == NULL)
        return VN_OK;
    return vn_table_fail(t, form->at[cell], err, "%s is '%.80s', expected %s",
                         meaning[cell], text, wrong);
}

/* Weight and deadline, where the form has them. */
static enum vn_status
read_wishes(struct vn_import *im, struct vn_table *t, const struct form *form,
            struct vn_job *job, struct vn_error *err)
{
    enum vn_status status;
    vn_time duration;
    double slo;

    if (form->at[WEIGHT] < 0)
        return VN_OK;
    if ((status = read_real(t, form, WEIGHT, 1e-9, &job->weight, err))
        || (status = read_real(t, form, SLO, -1, &slo, err)))
        return status;
    if (form->at[DURATION] >= 0
        && (status = read_time(im, t, form, DURATION, &duration, err))
               != VN_OK)
        return status;
    if (slo < 0)
        return VN_OK;
    if (form->at[DURATION] < 0)
        return vn_import_row_note(im, t, form->at[SLO], VN_REPAIRED,
                                  "an SLO without the duration it multiplies, "
                                  "passed over",
                                  err);
    if (slo * (double) duration > (double) (VN_TIME_MAX - job->submit))
        return vn_table_fail(t, form->at[SLO], err,
                             "the deadline is too far off to count");
    job->deadline = job->submit + (vn_time) (slo * (double) duration);
    return VN_OK;
}

static enum vn_status
gavel_row(struct vn_import *im, struct vn_table *t, struct vn_job *job,
          bool *keep, struct vn_error *err)
{
    const struct form *form = forms;
    int width = vn_table_width(t);
    enum vn_status status;
    int64_t scale, batch;

    while (form < forms + 3 && form->width != width)
        form++;
    if (form == forms + 3)
        return vn_table_fail(t, -1, err,
                             "a row of %d cells, expected 7, 10 or 12 between "
                             "tabs",
                             width);
    if ((status = read_batch(t, &batch, err))
        || (status =
                read_int(t, form, STEPS, INT64_C(1) << 40, &job->steps, err))
        || (status = read_int(t, form, SCALE, VN_VNODES_MAX, &scale, err))
        || (status = read_time(im, t, form, ARRIVAL, &job->submit, err))
        || (status = read_wishes(im, t, form, job, err)))
        return status;
    *keep = job->steps > 0 && scale > 0;
    if (!*keep)
        return vn_import_row_note(
            im, t, form->at[scale > 0 ? STEPS : SCALE], VN_DROPPED,
            scale > 0 ? "it has no steps" : "it has no workers", err);
    job->model = vn_import_name(t, TYPE, &im->names.models);
    job->devices = job->max_devices = job->vnodes = (int) scale;
    job->global_batch = batch * scale;
    return VN_OK;
}

static enum vn_status
gavel_run(struct vn_import *im, struct vn_error *err)
{
    static const struct vn_column columns[WIDTH_MAX] = {
        {"job_type", true}, {"", false}, {"", false}, {"", false},
        {"", false},        {"", false}, {"", false}, {"", false},
        {"", false},        {"", false}, {"", false}, {"", false},
    };

    return vn_import_table(im,
                           &(struct vn_table_form){.columns = columns,
                                                   .ncolumns = WIDTH_MAX,
                                                   .delimiter = '\t',
                                                   .headerless = true,
                                                   .no_comments = true},
                           gavel_row, err);
}

const struct vn_importer vn_import_gavel = {
    .name = "gavel",
    .summary = "Gavel's traces of 7 or 10 columns, Shockwave's of 12",
    .run = gavel_run,
};
