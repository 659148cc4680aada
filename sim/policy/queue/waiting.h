/*
 * Jobs that wait, for policies that pass over those that do not fit: "of the
 * jobs that ask for at most so many devices, which is first?"
 *
 * Jobs of equal demand stand in one heap, and a tournament over the heaps,
 * in order of demand, answers for any limit.  Adding, asking and taking cost
 * O(log n), whatever waits; nothing is ever scanned.
 */
#ifndef SIM_POLICY_QUEUE_WAITING_H
#define SIM_POLICY_QUEUE_WAITING_H

#include "sim/policy/queue/ordered.h"

struct vn_waiting_class;

struct vn_waiting {
    struct vn_waiting_class *classes; /* in order of demand */
    int nclasses;
    int *winner; /* tournament over classes; -1 where all below are empty */
    int leaves;  /* a power of two, at least nclasses */
    int count;
};

/* Start from (struct vn_waiting) {0}. */
void vn_waiting_free(struct vn_waiting *waiting);

/* Add a job.  Keys are unique; the least is first. */
void vn_waiting_add(struct vn_waiting *waiting, int job, struct vn_key key,
                    int demand);

/* The first job of demand at most limit, and its key and demand; or -1. */
int vn_waiting_first(const struct vn_waiting *waiting, int limit,
                     struct vn_key *key, int *demand);

/* Take away the first job of exactly this demand, as vn_waiting_first() said.
 */
void vn_waiting_take(struct vn_waiting *waiting, int demand);

#endif /* SIM_POLICY_QUEUE_WAITING_H */
