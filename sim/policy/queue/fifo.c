/*
 * First in, first out.
 *
 * The oldest job gets all the devices it asks for, then the next.  A job that
 * does not fit waits, and so does everyone behind it: no backfill.
 */
#include "config.h"

#include "sim/policy/queue/rigid.h"

extern const struct vn_policy vn_policy_fifo;

static void
fifo_arrive(void *state, const struct vn_view *view, int job)
{
    vn_rigid_wait(state, view, job, 0);
}

const struct vn_policy vn_policy_fifo = {
    .name = "fifo",
    .summary = "first in, first out; the head of the line blocks",
    .knows = "nothing",
    .rigid = true,
    .state_size = sizeof(struct vn_rigid),
    .open = vn_rigid_open,
    .close = vn_rigid_close,
    .arrive = fifo_arrive,
    .decide = vn_rigid_decide_block,
};
