/*
 * Quasi-shortest service first (Hu et al., "Characterization and prediction of
 * deep learning workloads in large-scale GPU datacenters", SC'21: Helios): in
 * order of the duration that was predicted (sim/api/prediction.h), or else
 * that the trace tells, times the devices that a job asks for, without
 * preemption; one that does not fit blocks those behind it, or is passed over
 * (skip=yes).
 */
#include "config.h"

#include "sim/api/prediction.h"
#include "sim/policy/queue/rigid.h"

extern const struct vn_policy vn_policy_qssf;

struct qssf {
    struct vn_rigid rigid; /* first: its functions take the state */
    double error;
};

static const struct vn_policy_option qssf_options[] = {
    VN_PREDICTION_OPTION("durations"),
    VN_SKIP_OPTION("no"),
    VN_TICK_OPTION,
    {NULL, NULL, NULL, VN_OPTION_REAL, 0, 0, NULL},
};

static enum vn_status
qssf_open(void *state, const struct vn_view *view, const double *values,
          struct vn_error *err)
{
    struct qssf *s = state;

    (void) err;
    s->error = values[0];
    return vn_rigid_open(&s->rigid, view, values[1] == 0, values[2]);
}

static void
qssf_arrive(void *state, const struct vn_view *view, int job)
{
    struct qssf *s = state;
    vn_time duration = vn_predicted_duration(view, job, s->error);
    int devices = vn_view_job(view, job)->devices;

    vn_rigid_wait(&s->rigid, view, job,
                  duration < INT64_MAX / devices ? duration * devices
                                                 : INT64_MAX);
}

const struct vn_policy vn_policy_qssf = {
    .name = "qssf",
    .summary = "least predicted time x devices first, no preemption",
    .options = qssf_options,
    .knows = "durations",
    .rigid = true,
    .state_size = sizeof(struct qssf),
    .open = qssf_open,
    .close = vn_rigid_close,
    .arrive = qssf_arrive,
    .decide = vn_rigid_decide,
};
