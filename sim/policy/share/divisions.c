/*
 * Policies that divide devices anew whenever a job comes or goes: max-min
 * fairness and AFS.  Their rules are in sim/policy/share/division.h, what
 * becomes of an answer in sim/policy/share/divided.h.
 */
#include "config.h"

#include "sim/policy/share/divided.h"

extern const struct vn_policy vn_policy_fair;
extern const struct vn_policy vn_policy_afs;

static enum vn_status
fair_open(void *state, const struct vn_view *view, const double *values,
          struct vn_error *err)
{
    (void) values, (void) err;
    vn_divided_open(state, view, vn_divide_fair_whole, 0);
    return VN_OK;
}

static enum vn_status
afs_open(void *state, const struct vn_view *view, const double *values,
         struct vn_error *err)
{
    (void) values, (void) err;
    vn_divided_open(state, view, vn_divide_afs, 0);
    return VN_OK;
}

const struct vn_policy vn_policy_fair = {
    .name = "fair",
    .summary = "max-min fairness in whole devices",
    .knows = "nothing",
    .late = true,
    .state_size = sizeof(struct vn_divided),
    .open = fair_open,
    .close = vn_divided_close,
    .arrive = vn_divided_arrive,
    .leave = vn_divided_leave,
    .decide = vn_divided_decide,
};

const struct vn_policy vn_policy_afs = {
    .name = "afs",
    .summary = "each device where it speeds up most, the short first (AFS)",
    .knows = "step times, steps",
    .late = true,
    .state_size = sizeof(struct vn_divided),
    .open = afs_open,
    .close = vn_divided_close,
    .arrive = vn_divided_arrive,
    .leave = vn_divided_leave,
    .decide = vn_divided_decide,
};
