/*
 * Elastic weighted fair sharing over device types: what wfs and wfs-ht share.
 *
 * Each type's devices are shared as sim/policy/share/shares.h says among the
 * jobs whose home it is.  Who waits stands in order of weight, the heaviest
 * first, then of submission.  The head is admitted to the type on which, with
 * the share that it would get there, a step takes it least time (a recorded
 * job: where its share is largest), of those with fewer jobs than devices and
 * no heavier running job that would get less than without the newcomer.  Where
 * there is no such type it waits, and so do all behind it that can run on the
 * same types.  It stays at home until it ends.
 *
 * Of a share that its profile has no step of a job takes the next smaller
 * number that it has.  A job whose share is below the least that is of use to
 * it holds nothing while that is so; where all of a type's do, the heaviest,
 * of equals the first that joined, take what they can of all they ask for,
 * until the set of those that share changes.  Where devices have failed and
 * more jobs share than are left, the lightest, of equals the last, wait again.
 */
#ifndef SIM_POLICY_SHARE_REALM_H
#define SIM_POLICY_SHARE_REALM_H

#include "sim/api/policy.h"
#include "sim/policy/queue/waiting.h"
#include "sim/policy/share/shares.h"

/* A plan, and for each job that it names, the share it names. */
struct vn_shared {
    struct vn_shares_plan plan;
    int *mark; /* by job; 0 where it is not named */
};

/* One type. */
struct vn_realm {
    struct vn_shares shares; /* of those at home here */
    struct vn_shared now;    /* in force */
    struct vn_shared with;   /* worked out with a newcomer, and without */
    struct vn_shared without;
    bool known;   /* without is worked out for those that share */
    bool changed; /* the set of those that share did */
    int given;    /* devices, over all jobs */
    int lifted;   /* jobs */
};

/* Those that wait and can run on the same types. */
struct vn_queue {
    uint64_t types;
    struct vn_waiting waiting; /* by (-weight, order); demand is not asked */
    bool blocked;              /* at this instant */
};

struct vn_realms_job {
    int home;    /* type, or -1 */
    int given;   /* devices of it, or VN_FRESH */
    bool lifted; /* they are more than its share, which is of no use to it */
};

enum {
    VN_FRESH = -1 /* admitted at this instant */
};

struct vn_realms {
    struct vn_realm *realms;
    int ntypes;
    struct vn_queue *queues;
    int nqueues;
    struct vn_realms_job *jobs;
    int njobs;
    int *fresh; /* jobs admitted at this instant */
    int nfresh;
    int fresh_size;
    int64_t joins; /* so far; those of equal weight share in their order */
};

void vn_realms_open(struct vn_realms *fair, const struct vn_view *view);
void vn_realms_close(struct vn_realms *fair);
void vn_realms_arrive(struct vn_realms *fair, const struct vn_view *view,
                      int job);
void vn_realms_leave(struct vn_realms *fair, int job);

/* Admit, share out, and call give(arg, job, type, devices) for each job whose
 * devices change; those that get less come in no order. */
void vn_realms_decide(struct vn_realms *fair, const struct vn_view *view,
                      void (*give)(void *arg, int job, int type, int devices),
                      void *arg);

#endif /* SIM_POLICY_SHARE_REALM_H */
