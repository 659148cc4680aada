/*
 * How fast recorded jobs go on a device type, against the one that they were
 * recorded on, and how much longer they take where their devices stand on
 * more nodes than they need: assumptions, since a log holds neither.
 */
#ifndef PLAN_SPEED_H
#define PLAN_SPEED_H

#include "plan/cluster.h"

#include <stdbool.h>

struct vn_speeds {
    double of[VN_TYPES_MAX]; /* by the cluster's types, above 0 */
    double spread;           /* at least 1 */
    bool unlike;             /* one of them is not 1 */
};

/*
 * Read "v100=1,p100=0.6,k80=0.25,spread=1.2"; NULL is 1 for all.  Where a
 * type is named each of the cluster's must be; others may be.  Fails with
 * VN_EUSAGE and what was expected.
 */
enum vn_status vn_speeds_read(const char *words,
                              const struct vn_cluster *cluster,
                              struct vn_speeds *speeds, struct vn_error *err);

#endif /* PLAN_SPEED_H */
