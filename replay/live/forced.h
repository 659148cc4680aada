/*
 * The policy "forced": it decides nothing, and grants what was granted in a
 * run that is over.
 *
 *     struct vn_forced forced = {grants, n};
 *     double value = vn_forced_value(&forced);
 *     config.policy = &vn_policy_forced; config.options = &value;
 *
 * A job without devices gets them when it did, or as long after it lost them
 * as it did; one that has some gets others after as many steps as it had done
 * then, so that what differs in one stretch is not carried into the next.
 * What cannot be granted any more, because the job has ended, is passed over.
 */
#ifndef REPLAY_LIVE_FORCED_H
#define REPLAY_LIVE_FORCED_H

#include "replay/live/live.h"

struct vn_forced {
    const struct vn_live_grant *grants; /* by rising time */
    int n;
};

extern const struct vn_policy vn_policy_forced;

/* The value of its one option; forced is kept. */
double vn_forced_value(const struct vn_forced *forced);

#endif /* REPLAY_LIVE_FORCED_H */
