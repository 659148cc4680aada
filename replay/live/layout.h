/*
 * How a job of a live run is laid out on the devices that it is granted: the
 * words that tell its executor (vnexec(1), --devices and --mapping).
 *
 * On devices of one type its virtual nodes are shared evenly, which the
 * executor does unasked; on several types the solver's split is used, which
 * the simulator prices such devices by (plan/mix.h).  Types that take no part
 * in that are not named.
 */
#ifndef REPLAY_LIVE_LAYOUT_H
#define REPLAY_LIVE_LAYOUT_H

#include "plan/mix.h"
#include "sim/engine/carrier.h"

#include <stddef.h>

struct vn_layout {
    const struct vn_cluster *cluster;
    const struct vn_profile *profile; /* NULL: devices are shared evenly */
    const int *offset; /* of a type's devices among the host's processors */
};

/* The processor of the host that a device of the cluster, counted over all
 * types, is on: one after another, and again from the first. */
int vn_layout_cpu(int device);

/*
 * "host:cpu=0,host:slow=2.5:cpu=1 2x24,1x16" into text: the devices and, where
 * they are of several types, the mapping; model is the name of the job's.
 * Which devices they are, of all that the cluster has, goes to device, which
 * has room for as many as the task has.  Returns their number, or -1 where
 * the words do not fit.
 */
int vn_layout_write(const struct vn_layout *layout, const struct vn_task *task,
                    const char *model, char *text, size_t size, int *device);

#endif /* REPLAY_LIVE_LAYOUT_H */
