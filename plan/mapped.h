/*
 * What a step takes under a mapping that is given, device by device, as
 * plan/pricing.h prices those that the simulator chooses:
 *
 *     max over devices of c (sum of its nodes' t(b) + update) + sync
 *
 * with t(b), update and sync of the profile, and c the contention of as many
 * devices as the mapping has (plan/contention.h).  Where what probes of the
 * processors took is known, each device's part is so many times as long, and
 * sync as often as the slowest's.
 */
#ifndef PLAN_MAPPED_H
#define PLAN_MAPPED_H

#include "plan/cluster.h"
#include "plan/plan.h"
#include "plan/profile/profile.h"

struct vn_mapped_price {
    double step_s; /* INFINITY where the profile does not say */
    double sync_s; /* of it */
    int devices;
    const struct vn_share *unknown; /* that it does not say, or NULL */
};

/* Of a mapping of `plan`; cluster may be NULL, where links are not needed, and
 * so may probe_s, by device in the order in which they first have a share. */
struct vn_mapped_price vn_mapped_price(const struct vn_profile *profile,
                                       const struct vn_cluster *cluster,
                                       int model, const struct vn_plan *plan,
                                       const struct vn_mapping *mapping,
                                       const double *probe_s);

#endif /* PLAN_MAPPED_H */
