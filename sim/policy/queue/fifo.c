/*
 * First in, first out.
 *
 * The oldest job gets all the devices it asks for, then the next.  A job that
 * does not fit waits, and so does everyone behind it: no backfill.
 */
#include "config.h"

#include "sim/policy/queue/rigid.h"

extern const struct vn_policy vn_policy_fifo;

static const struct vn_policy_option fifo_options[] = {
    VN_TICK_OPTION,
    {NULL, NULL, NULL, VN_OPTION_REAL, 0, 0, NULL},
};

static enum vn_status
fifo_open(void *state, const struct vn_view *view, const double *values,
          struct vn_error *err)
{
    (void) err;
    return vn_rigid_open(state, view, false, values[0]);
}

static void
fifo_arrive(void *state, const struct vn_view *view, int job)
{
    vn_rigid_wait(state, view, job, 0);
}

const struct vn_policy vn_policy_fifo = {
    .name = "fifo",
    .summary = "first in, first out; the head of the line blocks",
    .knows = "nothing",
    .options = fifo_options,
    .rigid = true,
    .state_size = sizeof(struct vn_rigid),
    .open = fifo_open,
    .close = vn_rigid_close,
    .arrive = fifo_arrive,
    .decide = vn_rigid_decide,
};
