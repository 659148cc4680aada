/*
 * First in, first out, passing over what does not fit.
 *
 * In order of submission, every job that fits starts; the others wait.  A
 * large job may starve.
 */
#include "config.h"

#include "sim/policy/queue/rigid.h"

extern const struct vn_policy vn_policy_fifo_skip;

static void
fifo_skip_arrive(void *state, const struct vn_view *view, int job)
{
    vn_rigid_wait(state, view, job, 0);
}

const struct vn_policy vn_policy_fifo_skip = {
    .name = "fifo-skip",
    .summary = "first in, first out, passing over jobs that do not fit",
    .knows = "nothing",
    .rigid = true,
    .state_size = sizeof(struct vn_rigid),
    .open = vn_rigid_open,
    .close = vn_rigid_close,
    .arrive = fifo_skip_arrive,
    .decide = vn_rigid_decide_skip,
};
