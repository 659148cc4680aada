/*
 * Shortest job first, by the duration that the trace tells, without
 * preemption; jobs that do not fit are passed over.
 */
#include "config.h"

#include "sim/policy/queue/rigid.h"

extern const struct vn_policy vn_policy_sjf;

static void
sjf_arrive(void *state, const struct vn_view *view, int job)
{
    vn_rigid_wait(state, view, job, vn_view_remaining(view, job));
}

const struct vn_policy vn_policy_sjf = {
    .name = "sjf",
    .summary = "shortest job first, passing over, no preemption",
    .knows = "durations",
    .rigid = true,
    .state_size = sizeof(struct vn_rigid),
    .open = vn_rigid_open,
    .close = vn_rigid_close,
    .arrive = sjf_arrive,
    .decide = vn_rigid_decide_skip,
};
