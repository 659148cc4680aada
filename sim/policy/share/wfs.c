/*
 * Elastic weighted fair sharing (VirtualFlow: Or, Zhang and Freedman, arXiv
 * 2009.09523).
 *
 * Jobs share the devices as sim/policy/share/shares.h says, in powers of two,
 * up to what they ask for; a job's virtual nodes are spread over what it gets,
 * so it may shrink and grow at any instant.  Who is admitted, and to which
 * type where there are several, is told in sim/policy/share/realm.h.  A job's
 * weight is its priority.
 */
#include "config.h"

#include "sim/policy/share/realm.h"

extern const struct vn_policy vn_policy_wfs;

static enum vn_status
wfs_open(void *state, const struct vn_view *view, const double *values,
         struct vn_error *err)
{
    (void) values, (void) err;
    vn_realms_open(state, view);
    return VN_OK;
}

static void
wfs_close(void *state)
{
    vn_realms_close(state);
}

static void
wfs_arrive(void *state, const struct vn_view *view, int job)
{
    vn_realms_arrive(state, view, job);
}

static void
wfs_leave(void *state, const struct vn_view *view, int job)
{
    (void) view;
    vn_realms_leave(state, job);
}

static void
give(void *arg, int job, int type, int devices)
{
    vn_answer_set(arg, job, type, devices);
}

static void
wfs_decide(void *state, const struct vn_view *view, struct vn_answer *answer)
{
    vn_realms_decide(state, view, give, answer);
}

const struct vn_policy vn_policy_wfs = {
    .name = "wfs",
    .summary = "elastic weighted fair sharing (VirtualFlow)",
    .knows = "step times",
    .late = true,
    .state_size = sizeof(struct vn_realms),
    .open = wfs_open,
    .close = wfs_close,
    .arrive = wfs_arrive,
    .leave = wfs_leave,
    .decide = wfs_decide,
};
