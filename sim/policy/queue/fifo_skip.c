/*
 * First in, first out, passing over what does not fit.
 *
 * In order of submission, every job that fits starts; the others wait.  A
 * large job may starve.
 */
#include "config.h"

#include "sim/policy/queue/rigid.h"

extern const struct vn_policy vn_policy_fifo_skip;

static const struct vn_policy_option fifo_skip_options[] = {
    VN_TICK_OPTION,
    {NULL, NULL, NULL, VN_OPTION_REAL, 0, 0, NULL},
};

static enum vn_status
fifo_skip_open(void *state, const struct vn_view *view, const double *values,
               struct vn_error *err)
{
    (void) err;
    return vn_rigid_open(state, view, true, values[0]);
}

static void
fifo_skip_arrive(void *state, const struct vn_view *view, int job)
{
    vn_rigid_wait(state, view, job, 0);
}

const struct vn_policy vn_policy_fifo_skip = {
    .name = "fifo-skip",
    .summary = "first in, first out, passing over jobs that do not fit",
    .knows = "nothing",
    .options = fifo_skip_options,
    .rigid = true,
    .state_size = sizeof(struct vn_rigid),
    .open = fifo_skip_open,
    .close = vn_rigid_close,
    .arrive = fifo_skip_arrive,
    .decide = vn_rigid_decide,
};
