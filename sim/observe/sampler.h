/*
 * Means over time of a quantity or two, in a bounded number of equal
 * intervals.  Their width begins at a second and doubles whenever time has
 * outgrown them, so that what is kept depends on what happened alone.
 */
#ifndef SIM_OBSERVE_SAMPLER_H
#define SIM_OBSERVE_SAMPLER_H

#include "base/number.h"
#include "sim/api/memory.h"

enum {
    VN_SAMPLES_MAX = 512
};

/* Integrals over each interval: value x microseconds. */
struct vn_sampled {
    __int128 held;
    __int128 waiting;
};

struct vn_sampler {
    vn_time origin; /* of interval 0 */
    vn_time width;
    vn_time now; /* up to which the integrals are known */
    int held;    /* since then */
    int waiting;
    struct ed_region *region;   /* where, as of sim/api/memory.h */
    struct vn_sampled *samples; /* NULL before the first call */
};

/* Start from (struct vn_sampler) {.region}. */
void vn_sampler_free(struct vn_sampler *sampler);

/* The quantities are these from now on. */
void vn_sampler_set(struct vn_sampler *sampler, vn_time now, int held,
                    int waiting);

/* Go on to `end`; the number of intervals, the last of which may be short. */
int vn_sampler_end(struct vn_sampler *sampler, vn_time end);

/* Interval i: begin, end and means. */
void vn_sampler_get(const struct vn_sampler *sampler, int i, vn_time *from,
                    vn_time *to, double *held, double *waiting);

#endif /* SIM_OBSERVE_SAMPLER_H */
