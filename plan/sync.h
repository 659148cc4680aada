/*
 * Synchronisation: the time in which the devices of a step add up their
 * gradients.
 *
 * Measured links of the profile are preferred, linear between two numbers of
 * devices; those of the model and type first, then of the model on any type
 * (`*`), then of any model.  Else it is that of a ring all-reduce of n devices
 * over links of bandwidth B and latency a (Patarasuk and Yuan, "Bandwidth
 * optimal all-reduce algorithms for clusters of workstations", 2009), for P
 * parameters of 4 bytes:
 *
 *     2 (n - 1) a + 2 (n - 1) / n x 4 P / B
 *
 * within a node without the latency, whose table's column is of messages
 * between nodes.  Where nothing is known it is 0.
 */
#ifndef PLAN_SYNC_H
#define PLAN_SYNC_H

#include "plan/cluster.h"
#include "plan/profile/profile.h"

#include <stdbool.h>

/* Seconds, for n devices of a type of the profile, on one node or across. */
double vn_sync_s(const struct vn_profile *profile, int model, int type,
                 const struct vn_device_type *device, int n, bool across);

#endif /* PLAN_SYNC_H */
