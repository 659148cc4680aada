/*
 * Workloads of Pollux and Sia:
 *
 *     name,time,application,num_replicas,batch_size
 *     cifar10-0,107,cifar10,6,2048
 *
 * or, in tables made of them, job and submit_s for name and time.
 *
 * Time is seconds.  A job is a modelled one, each replica a virtual node.
 * The table does not say how long a job trains: its application does, by a
 * number of passes over its data, so the steps are passes x examples / batch,
 * rounded up.  (Pollux' own simulator counts more steps at large batches,
 * where an example teaches less.)
 *
 * With the artifact's tables of applications (--adaptive) steps are those that
 * they say a job of this batch makes until its last epoch ends, and a job may
 * grow to as many devices as leave each the least that it works on; so what
 * runs it (vnsim --profile, the same folder) knows its batch's efficiency.
 *
 * The applications are those of the simulator of OSDI'21
 * (github.com/petuum/adaptdl, simulator/applications.py); examples are what
 * its validation-*.csv count in one pass, steps times batch.
 */
#include "config.h"

#include "traces/import/life.h"

#include "base/names.h"

#include <math.h>
#include <string.h>

enum column {
    NAME,
    TIME,
    APPLICATION,
    REPLICAS,
    BATCH,
    JOB,
    SUBMIT,
    NCOLUMNS
};

static const struct vn_column columns[] = {
    [NAME] = {"name", false},
    [TIME] = {"time", false},
    [APPLICATION] = {"application", true},
    [REPLICAS] = {"num_replicas", true},
    [BATCH] = {"batch_size", true},
    [JOB] = {"job", false},
    [SUBMIT] = {"submit_s", false},
};

static const struct application {
    const char *name;
    int64_t passes;
    int64_t examples;
} applications[] = {
    {"bert", 2, 88644},        {"cifar10", 100, 50000},
    {"deepspeech2", 80, 7156}, {"imagenet", 90, 1281167},
    {"ncf", 10, 4970845},      {"yolov3", 50, 16551},
};

enum {
    NAPPLICATIONS = sizeof applications / sizeof *applications
};

static enum vn_status
find_application(struct vn_table *t, const struct application **found,
                 struct vn_error *err)
{
    const char *name = vn_table_text(t, APPLICATION), *near;
    const char *names[NAPPLICATIONS];

    for (int i = 0; i < NAPPLICATIONS; i++) {
        names[i] = applications[i].name;
        if (strcmp(name, names[i]) == 0) {
            *found = &applications[i];
            return VN_OK;
        }
    }
    near = vn_names_nearest(name, names, NAPPLICATIONS);
    if (near != NULL)
        return vn_table_fail(t, APPLICATION, err,
                             "unknown application '%.64s', did you mean "
                             "'%s'?",
                             name, near);
    return vn_table_fail(t, APPLICATION, err,
                         "unknown application '%.64s', expected one of bert, "
                         "cifar10, deepspeech2, imagenet, ncf, yolov3",
                         name);
}

/* What tables of applications say of the job, which has batch and devices. */
static enum vn_status
adapt(const struct vn_import *im, struct vn_table *t, struct vn_job *job,
      struct vn_error *err)
{
    const struct vn_application *a = NULL;
    int64_t widest = 0;
    struct vn_error why;
    double steps;

    if (vn_applications_demand(im->applications, vn_table_text(t, APPLICATION),
                               &a, &why)
        != VN_OK)
        return vn_table_fail(t, APPLICATION, err, "%s", why.text);
    steps = vn_application_steps(a, job->global_batch);
    if (!isfinite(steps))
        return vn_table_fail(t, BATCH, err,
                             "a batch of %lld lies outside of those measured "
                             "of '%.64s'",
                             (long long) job->global_batch, a->name);
    for (int k = 0; k < im->applications->types.count; k++)
        if (a->on[k].surface != NULL
            && job->global_batch / a->on[k].min_local > widest)
            widest = job->global_batch / a->on[k].min_local;
    job->steps = (int64_t) ceil(steps);
    if (widest > job->vnodes)
        job->vnodes = (int) (widest < VN_VNODES_MAX ? widest : VN_VNODES_MAX);
    job->max_devices = job->vnodes;
    return VN_OK;
}

static enum vn_status
pollux_row(struct vn_import *im, struct vn_table *t, struct vn_job *job,
           bool *keep, struct vn_error *err)
{
    const struct application *app = NULL;
    enum vn_status status;
    int64_t replicas, batch;
    int time = vn_table_has(t, SUBMIT) ? SUBMIT : TIME;

    if (!vn_table_has(t, time))
        return vn_table_fail(t, -1, err,
                             "no time of submission, expected the column time "
                             "or submit_s");
    if ((status = vn_import_open_time(im, t, time, 0, &job->submit, err))
        || (im->applications == NULL
            && (status = find_application(t, &app, err)))
        || (status =
                vn_table_int(t, REPLICAS, 0, VN_VNODES_MAX, &replicas, err))
        || (status = vn_table_int(t, BATCH, 1, INT64_C(1) << 40, &batch, err)))
        return status;
    if (replicas > batch)
        return vn_table_fail(t, REPLICAS, err,
                             "more replicas than examples in a batch");
    status =
        vn_import_devices(im, t, REPLICAS, (double) replicas, job, keep, err);
    job->vnodes = job->devices;
    job->model = vn_import_name(t, APPLICATION, &im->names.models);
    job->global_batch = batch;
    if (status == VN_OK && im->applications != NULL && *keep)
        return adapt(im, t, job, err);
    if (app != NULL)
        job->steps = (app->passes * app->examples + batch - 1) / batch;
    return status;
}

static enum vn_status
pollux_run(struct vn_import *im, struct vn_error *err)
{
    return vn_import_table(
        im, &(struct vn_table_form){.columns = columns, .ncolumns = NCOLUMNS},
        pollux_row, err);
}

const struct vn_importer vn_import_pollux = {
    .name = "pollux",
    .summary = "workloads of Pollux",
    .adaptive = true,
    .run = pollux_run,
};

const struct vn_importer vn_import_sia = {
    .name = "sia",
    .summary = "workloads of Sia, in the same columns",
    .adaptive = true,
    .run = pollux_run,
};
