/*
 * What the rigid policies without preemption have in common: jobs wait in an
 * order; the first that fits starts with all the devices it asks for; and one
 * that does not fit either blocks those behind it or is passed over.  On a
 * cluster of several types a job runs on the first type that has room.
 */
#ifndef SIM_POLICY_QUEUE_RIGID_H
#define SIM_POLICY_QUEUE_RIGID_H

#include "sim/policy/queue/choice.h"
#include "sim/policy/queue/pool.h"

/* A policy's state begins with this. */
struct vn_rigid {
    struct vn_pool pool;
    int *free;
    bool skip;
    vn_time tick;
};

/* For a policy's open(): are jobs passed over, and how often does it decide
 * (sim/policy/queue/choice.h)? */
enum vn_status vn_rigid_open(struct vn_rigid *rigid,
                             const struct vn_view *view, bool skip,
                             double tick);

/* The slots of a policy's table. */
void vn_rigid_close(void *state);
void vn_rigid_decide(void *state, const struct vn_view *view,
                     struct vn_answer *answer);

/* Let a job wait at `rank`; those of equal rank stand in order of arrival. */
void vn_rigid_wait(void *state, const struct vn_view *view, int job,
                   int64_t rank);

#endif /* SIM_POLICY_QUEUE_RIGID_H */
