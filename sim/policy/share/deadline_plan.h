/*
 * Plans that meet deadlines with as few devices as will do (ElasticFlow: Gu
 * et al., ASPLOS 2023): a job's minimum satisfactory share.
 *
 * Devices that nobody has planned with yet are a timeline, by which jobs are
 * planned one after another, by deadline.  A job tries caps of 1, 2, 4, ...
 * devices: walking back from its deadline it may have as many of what is free
 * as the cap allows; the first cap with which its work fits is taken, and
 * from the step on in which it fits; before that step the cap is the one
 * before, the last that did not suffice.  What cannot be done so gets all it
 * can use until its deadline, and after it.
 *
 * Plans change at multiples of a slot from now on.
 */
#ifndef SIM_POLICY_SHARE_DEADLINE_PLAN_H
#define SIM_POLICY_SHARE_DEADLINE_PLAN_H

#include "sim/policy/share/timeline.h"

#include <stdbool.h>

/* What is known of a job. */
struct vn_deadline_claim {
    double left;        /* steps still to do, > 0 */
    double deadline;    /* s; may be past */
    const int *sizes;   /* devices that it can use, rising */
    const double *rate; /* steps a second on each */
    int nsizes;
};

struct vn_deadline_plan {
    struct vn_timeline steps; /* devices, from now on */
    double end;               /* when it releases them, whole slots from now */
    double real_end;          /* when it is done, whole seconds from now */
    bool meets;               /* real_end <= deadline */
};

/* Times in slots from now on, the next one. */
double vn_slot_after(double now, double time, double slot);

/* Steps a second on so many devices, which are one of its sizes. */
double vn_deadline_rate(const struct vn_deadline_claim *claim, int devices);

/* The largest of its sizes up to so many devices, or 0. */
int vn_deadline_fitting(const struct vn_deadline_claim *claim, int devices);

/* The size after this one (0: the first), or the same. */
int vn_deadline_next(const struct vn_deadline_claim *claim, int devices);

/*
 * Plan the job from now on; take what it gets from `free`, which begins now,
 * and of which `devices` are all.  `first` devices until the next step of
 * `free`, and then as few as will do; -1: as few as will do from now on.
 */
void vn_deadline_plan(const struct vn_deadline_claim *claim, double now,
                      double slot, int devices, int first,
                      struct vn_timeline *free, struct vn_deadline_plan *plan);

/*
 * Earliest deadline first: all it can use of what is free, from now on until
 * it is done.
 */
void vn_deadline_plan_greedy(const struct vn_deadline_claim *claim, double now,
                             double slot, int devices,
                             struct vn_timeline *free,
                             struct vn_deadline_plan *plan);

#endif /* SIM_POLICY_SHARE_DEADLINE_PLAN_H */
