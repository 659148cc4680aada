/*
 * Priority, without preemption or resizing: the baseline that VirtualFlow
 * (Or, Zhang and Freedman, arXiv 2009.09523) compares with.
 *
 * Jobs wait in order of priority, highest first, then of submission.  Only
 * the head may start, with all the devices it asks for; while it does not fit
 * nothing starts, or it is passed over (skip=yes).  Priorities are told apart
 * to a millionth.
 */
#include "config.h"

#include "sim/policy/queue/rigid.h"

#include <math.h>

extern const struct vn_policy vn_policy_priority;

static const struct vn_policy_option priority_options[] = {
    VN_SKIP_OPTION("no"),
    VN_TICK_OPTION,
    {NULL, NULL, NULL, VN_OPTION_REAL, 0, 0, NULL},
};

static enum vn_status
priority_open(void *state, const struct vn_view *view, const double *values,
              struct vn_error *err)
{
    (void) err;
    return vn_rigid_open(state, view, values[0] == 0, values[1]);
}

static void
priority_arrive(void *state, const struct vn_view *view, int job)
{
    double priority = vn_view_job(view, job)->priority;

    vn_rigid_wait(state, view, job, -llround(priority * 1e6));
}

const struct vn_policy vn_policy_priority = {
    .name = "priority",
    .summary = "highest priority first, then submission; the head blocks",
    .knows = "nothing",
    .options = priority_options,
    .rigid = true,
    .state_size = sizeof(struct vn_rigid),
    .open = priority_open,
    .close = vn_rigid_close,
    .arrive = priority_arrive,
    .decide = vn_rigid_decide,
};
