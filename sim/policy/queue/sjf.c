/*
 * Shortest job first, by the duration that was predicted
 * (sim/api/prediction.h) or else that the trace tells, without preemption;
 * jobs that do not fit are passed over, or block those behind them (skip=no).
 */
#include "config.h"

#include "sim/api/prediction.h"
#include "sim/policy/queue/rigid.h"

extern const struct vn_policy vn_policy_sjf;

struct sjf {
    struct vn_rigid rigid; /* first: its functions take the state */
    double error;
};

static const struct vn_policy_option sjf_options[] = {
    VN_PREDICTION_OPTION("durations"),
    VN_SKIP_OPTION("yes"),
    VN_TICK_OPTION,
    {NULL, NULL, NULL, VN_OPTION_REAL, 0, 0, NULL},
};

static enum vn_status
sjf_open(void *state, const struct vn_view *view, const double *values,
         struct vn_error *err)
{
    struct sjf *s = state;

    (void) err;
    s->error = values[0];
    return vn_rigid_open(&s->rigid, view, values[1] == 0, values[2]);
}

static void
sjf_arrive(void *state, const struct vn_view *view, int job)
{
    struct sjf *s = state;

    vn_rigid_wait(&s->rigid, view, job,
                  vn_predicted_duration(view, job, s->error));
}

const struct vn_policy vn_policy_sjf = {
    .name = "sjf",
    .summary = "shortest job first, passing over, no preemption",
    .options = sjf_options,
    .knows = "durations",
    .rigid = true,
    .state_size = sizeof(struct sjf),
    .open = sjf_open,
    .close = vn_rigid_close,
    .arrive = sjf_arrive,
    .decide = vn_rigid_decide,
};
