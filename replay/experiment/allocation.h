/*
 * Jobs that share devices, placed one after another, none of which leaves:
 * what is used as load arrives.
 */
#ifndef REPLAY_EXPERIMENT_ALLOCATION_H
#define REPLAY_EXPERIMENT_ALLOCATION_H

#include "sim/place/place.h"

/* How things stand after a job. */
struct vn_allocation {
    int job;  /* index into the asks */
    int host; /* that it got, -1: none */
    const int *devices;
    int64_t arrived_milli; /* of devices, by all jobs so far */
    int64_t used_milli;
    int used_hosts;             /* on which a job stands */
    int64_t used_devices;       /* of these hosts */
    double parts[VN_FRAGMENTS]; /* of what is left, over all hosts */
};

typedef void (*vn_allocation_fn)(void *arg, const struct vn_allocation *a);

/*
 * Place n jobs on hosts, which come as nobody stands on them, and tell of
 * each.  `order` gives the index of the i-th job, or is NULL.
 */
void vn_allocate(const struct vn_score *score, const struct vn_host *hosts,
                 int nhosts, const struct vn_outlook *outlook, uint64_t seed,
                 const struct vn_ask *asks, const int *order, int n,
                 vn_allocation_fn tell, void *arg);

#endif /* REPLAY_EXPERIMENT_ALLOCATION_H */
