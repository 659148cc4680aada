/*
 * A cluster whose devices are shared, in time: jobs arrive, wait for a place,
 * stand on it for their duration, and leave.
 *
 * At each instant those that end leave, those that come queue, and the queue
 * is gone through in its order; a job that has no place blocks those behind
 * it, is passed over, or is dropped.
 */
#ifndef SIM_PLACE_SHARED_H
#define SIM_PLACE_SHARED_H

#include "base/number.h"
#include "sim/place/place.h"

#include <stddef.h>

enum vn_shared_state {
    VN_SHARED_FINISHED,
    VN_SHARED_DROPPED, /* it had no place when its turn came */
    VN_SHARED_REJECTED /* it would have none on an empty cluster */
};

/* "finished", "dropped", "rejected". */
extern const char *const vn_shared_states[];

struct vn_shared_job {
    int64_t id;
    vn_time submit;
    vn_time duration;
    double key; /* least goes first; equal ones in order of submission */
    struct vn_ask ask;

    /* what became of it */
    enum vn_shared_state state;
    vn_time start; /* -1: never */
    int host;      /* -1: none */
    int devices[VN_HOST_DEVICES];
};

/* How things stand after an instant. */
struct vn_shared_moment {
    vn_time time;
    int64_t arrived_milli; /* of devices, asked for by all that came so far */
    int64_t present_milli; /* by those that are there */
    int64_t used_milli;    /* by those that run */
    double fragmented;     /* F over all hosts, thousandths of devices */
    int waiting;
};

struct vn_shared {
    const struct vn_score *score;
    const struct vn_host *hosts;
    int nhosts;
    struct vn_outlook outlook;
    uint64_t seed;
    bool skip; /* pass over a job that has no place */
    bool drop; /* drop it */

    struct vn_shared_job *jobs; /* in order of submission */
    size_t njobs;

    /* Told of each instant; may be NULL. */
    void (*tell)(void *arg, const struct vn_shared_moment *moment);
    void *arg;
};

void vn_shared_run(struct vn_shared *shared);

#endif /* SIM_PLACE_SHARED_H */
