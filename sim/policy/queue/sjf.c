/*
 * Shortest job first, by the duration that the trace tells or, with an error,
 * that was predicted, without preemption; jobs that do not fit are passed
 * over.
 */
#include "config.h"

#include "sim/api/prediction.h"
#include "sim/policy/queue/rigid.h"

#include "base/number.h"

extern const struct vn_policy vn_policy_sjf;

struct sjf {
    struct vn_rigid rigid; /* first: its functions take the state */
    double error;
};

static const struct vn_policy_option sjf_options[] = {
    VN_PREDICTION_OPTION("durations"),
    {NULL, NULL, NULL, VN_OPTION_REAL, 0, 0, NULL},
};

static enum vn_status
sjf_open(void *state, const struct vn_view *view, const double *values,
         struct vn_error *err)
{
    struct sjf *s = state;

    s->error = values[0];
    return vn_rigid_open(&s->rigid, view, values, err);
}

static void
sjf_arrive(void *state, const struct vn_view *view, int job)
{
    struct sjf *s = state;
    double duration = (double) vn_view_remaining(view, job)
                      * vn_prediction_factor(
                          s->error, (uint64_t) vn_view_job(view, job)->id);

    vn_rigid_wait(&s->rigid, view, job,
                  duration < VN_TIME_MAX ? (int64_t) duration : VN_TIME_MAX);
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
    .decide = vn_rigid_decide_skip,
};
