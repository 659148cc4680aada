/*
 * Policies that divide devices anew whenever a job comes or goes: max-min
 * fairness, AFS, and Themis' finish-time fairness by greed.  Their rules are
 * in sim/policy/share/division.h, what becomes of an answer in
 * sim/policy/share/divided.h.
 */
#include "config.h"

#include "sim/policy/share/divided.h"

extern const struct vn_policy vn_policy_fair;
extern const struct vn_policy vn_policy_afs;
extern const struct vn_policy vn_policy_themis;

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

static enum vn_status
themis_open(void *state, const struct vn_view *view, const double *values,
            struct vn_error *err)
{
    (void) err;
    vn_divided_open(state, view, vn_divide_themis, (vn_time) values[0]);
    return VN_OK;
}

static const struct vn_policy_option themis_options[] = {
    {"every", "divide again so long after, seconds; 0: when jobs come or go",
     "600", VN_OPTION_TIME, 0, 1e9, NULL},
    {NULL, NULL, NULL, VN_OPTION_REAL, 0, 0, NULL},
};

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

const struct vn_policy vn_policy_themis = {
    .name = "themis",
    .summary = "whoever is worst off against an equal part first (Themis)",
    .knows = "step times, steps",
    .options = themis_options,
    .late = true,
    .state_size = sizeof(struct vn_divided),
    .open = themis_open,
    .close = vn_divided_close,
    .arrive = vn_divided_arrive,
    .leave = vn_divided_leave,
    .decide = vn_divided_decide,
};
