/*
 * The host as it was: how much slower its processors were in a live run than
 * the profile has them, by their probes (vnode_exec/train/probe.h).
 *
 * Processors that are shared with other machines, or whose clocks change, take
 * half as long again for some seconds, whatever a simulator knows
 * (vn_host_slowdown).
 */
#ifndef REPLAY_LIVE_HOST_SPEED_H
#define REPLAY_LIVE_HOST_SPEED_H

#include "plan/cluster.h"
#include "plan/profile/profile.h"
#include "replay/live/live.h"

/*
 * A live run's processors as a table of slow devices (sim/engine/faults.h), a
 * row for each and each tenth of a second.  *known is whether there is
 * anything to say; else nothing is written.
 */
enum vn_status vn_host_write(const struct vn_live *live,
                             const struct vn_workload *workload,
                             const struct vn_cluster *cluster,
                             const struct vn_profile *profile,
                             const char *path, bool *known,
                             struct vn_error *err);

#endif /* REPLAY_LIVE_HOST_SPEED_H */
