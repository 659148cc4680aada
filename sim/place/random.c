/*
 * Random: any host on which the job fits, any device with enough left.
 */
#include "config.h"

#include "sim/place/place.h"

extern const struct vn_score vn_score_random;

const struct vn_score vn_score_random = {
    .name = "random",
    .summary = "any host on which it fits",
};
