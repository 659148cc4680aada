/*
 * What policies have in common that divide devices anew whenever a job comes
 * or goes: claims as of sim/policy/share/division.h, and what becomes of an
 * answer that is in no whole devices, or that is less than a job can use.
 *
 * A job belongs to one type from its arrival: of those on which it runs the
 * one where those that are there ask for the least a device.  Each type is
 * divided by itself.  A job that would get less than is of use to it gets
 * nothing: half of such jobs, the last to come, are left out, and the rest
 * divided again, until all get enough; devices that nobody has then go to
 * those left out, in order of arrival.
 *
 * To add a policy, name its rule in a table like those in divisions.c.
 */
#ifndef SIM_POLICY_SHARE_DIVIDED_H
#define SIM_POLICY_SHARE_DIVIDED_H

#include "sim/api/policy.h"
#include "sim/policy/share/division.h"

typedef void vn_divide_fn(struct vn_claim *const *claims, int n, int devices);

struct vn_divided_job {
    struct vn_claim claim;
    int slot;
    int home;       /* type; -1 where it is not there */
    int least;      /* devices that are of use to it */
    double whole;   /* vn_view_remaining() when it came */
    double unit;    /* work of a microsecond of it */
    vn_time beyond; /* predicted of it, more than is true */
    double *speed;  /* claim.speed */
    double seen;    /* the sum of the numbers of jobs present, */
    int64_t times;  /* and how many of them it saw */
};

/* A policy's state. */
struct vn_divided {
    vn_divide_fn *rule;
    vn_time every; /* divide again so long after; 0: not by the clock */
    int ntypes;
    double *asked;                /* of each type, by those that are there */
    struct vn_divided_job **jobs; /* by slot */
    int njobs;
    int *present; /* slots, in order of arrival */
    int npresent;
    struct vn_claim **claims; /* of one type, in that order */
};

void vn_divided_open(struct vn_divided *divided, const struct vn_view *view,
                     vn_divide_fn *rule, vn_time every);
void vn_divided_close(void *state);
void vn_divided_arrive(void *state, const struct vn_view *view, int job);
void vn_divided_leave(void *state, const struct vn_view *view, int job);
void vn_divided_decide(void *state, const struct vn_view *view,
                       struct vn_answer *answer);

/*
 * Of these decide() is made; for policies that decide otherwise.
 *
 * Fill divided->claims with those of a type as they stand now, in order of
 * arrival; how many.  A job that no number of devices is of use to has none.
 */
int vn_divided_gather(struct vn_divided *divided, const struct vn_view *view,
                      int type);

/* Whose claim it is, of those of struct vn_divided_job. */
struct vn_divided_job *vn_divided_job_of(struct vn_claim *claim);

/* The largest number of devices up to `devices` on which it runs, or 0. */
int vn_divided_usable(const struct vn_divided_job *job, double devices);

/* All that are there have seen how many there are. */
void vn_divided_saw(struct vn_divided *divided);

/*
 * Of the types on which a job runs, the one whose devices those that are there
 * ask for least, asked[type] of them in all, in proportion.
 */
int vn_divided_home(const double *asked, const struct vn_view *view, int job);

#endif /* SIM_POLICY_SHARE_DIVIDED_H */
