/*
 * What policies by deadline have in common: who is there, in order of
 * deadline, and what each could do with how many devices, as claims of
 * sim/policy/share/deadline_plan.h.
 *
 * A job can use powers of two of devices from its min_devices on, and all
 * that it asks for; work is counted in seconds on those.  One without a
 * deadline stands behind all that have one; ties are as they arrived.  A job
 * belongs to one type, whose devices those that are there ask for least in
 * proportion (vn_divided_home()); each type is planned by itself.
 *
 * To add a policy by deadline, begin its state with struct vn_deadline_jobs.
 */
#ifndef SIM_POLICY_DEADLINE_DEADLINES_H
#define SIM_POLICY_DEADLINE_DEADLINES_H

#include "sim/api/policy.h"
#include "sim/policy/share/deadline_plan.h"

enum {
    VN_DEADLINE_SIZES = 32
};

struct vn_deadline_job {
    struct vn_deadline_claim claim;
    struct vn_deadline_plan plan;
    int sizes[VN_DEADLINE_SIZES];
    double rate[VN_DEADLINE_SIZES];
    int slot;
    int home;       /* type */
    int asks;       /* for so many devices of it */
    int64_t order;  /* of arrival */
    vn_time beyond; /* predicted of it, more than is true */
    bool admitted;
    int devices; /* that it is to have now */

    /* With its next size. */
    int next;
    double growth; /* device-seconds more, a device */
    struct vn_deadline_plan grown;
    struct vn_timeline grown_free;
};

struct vn_deadline_jobs {
    struct vn_deadline_job **all; /* in order of deadline */
    double *asked;                /* by type, of those that are there */
    int n;
    int room;
};

void vn_deadline_close(void *state);
void vn_deadline_arrive(void *state, const struct vn_view *view, int job);
void vn_deadline_leave(void *state, const struct vn_view *view, int job);

/* Bring what each has still to do up to now. */
void vn_deadline_update(struct vn_deadline_jobs *jobs,
                        const struct vn_view *view);

bool vn_deadline_has(const struct vn_deadline_job *job);

/* Of those that came after the one of that order, and are not yet admitted,
 * the first; NULL without one. */
struct vn_deadline_job *vn_deadline_new(struct vn_deadline_jobs *jobs,
                                        int64_t after);

/* Answer with `devices` of each that was admitted. */
void vn_deadline_answer(struct vn_deadline_jobs *jobs,
                        const struct vn_view *view, struct vn_answer *answer);

/* The present, in the seconds of plans. */
double vn_deadline_now(const struct vn_view *view);

#endif /* SIM_POLICY_DEADLINE_DEADLINES_H */
