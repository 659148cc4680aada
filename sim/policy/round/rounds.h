/*
 * Scheduling by rounds, as Gavel does it (Narayanan et al., OSDI 2020): a
 * policy says which part of its time each job should spend on which type, and
 * rounds come as near to that as whole devices allow.
 *
 * The first round begins when a job arrives at an idle cluster, and one
 * follows another while there are jobs.  A job that arrives waits for the
 * next; the devices of one that ends stay idle until then.  At its beginning
 * pairs of a job and a type are walked, highest priority first, and a job not
 * yet placed gets its devices of the type if they are free.  The priority of
 * a pair is
 *
 *     (the sum of its share over the rounds since the job came)
 *         / (rounds that it received on the type)
 *
 * infinite before the first and 0 where its share is 0 now.  While shares
 * stay the same that is Gavel's share / (part of the rounds received).  Ties
 * go to the greater share, then to the job that came first.  Pairs of
 * priority 0 are walked last, by arrival, each job's fastest type first.
 *
 * A round is a lease: a job that loses them at its
 * end has saved its state before, and loses its present step at most.
 *
 * A job takes all the devices that it asks for; a modelled one, of a type that
 * has fewer, the whole type, if that is of use to it.  One that can run so on
 * no type takes the nearest number on which it runs.
 *
 * To add a policy by rounds: open() and close(), arrive() and leave() pass on
 * to those here; decide() is
 *
 *     if (!vn_rounds_begin(rounds, view, answer))
 *         return;
 *     if (vn_rounds_changed(rounds))
 *         ... set vn_rounds_shares() of each job that is active ...
 *     vn_rounds_place(rounds, true);
 *     vn_rounds_answer(rounds, view, answer);
 */
#ifndef SIM_POLICY_ROUND_ROUNDS_H
#define SIM_POLICY_ROUND_ROUNDS_H

#include "sim/api/policy.h"

/* A pair of a job and a type on the way into a round. */
struct vn_rounds_pair {
    double priority;
    double share;
    int index; /* of the job, in `active` */
    int type;
};

struct vn_rounds {
    vn_time length;
    vn_time next; /* the next round's begin; -1: none, the cluster is idle */
    bool changed; /* jobs or devices, since shares were set */
    bool counted; /* devices, likewise */
    int ntypes;
    int *capacity; /* devices of each type at this round's begin */
    int *active;   /* jobs that are there, in order of arrival */
    int nactive;

    /* Of each job and type: [job x ntypes + type]. */
    double *rate; /* steps a second; 0: it cannot run there */
    int *need;    /* devices that it takes there; 0 likewise */
    double *share;
    double *owed;     /* the sum of shares over its rounds */
    double *received; /* rounds */
    int *plan;        /* devices in this round */
    int *place;       /* place[job]: its type in this round, or -1 */
    int room;         /* of jobs */

    int *free; /* devices that this round leaves idle */
    int *line; /* jobs that this round runs, in the order of their placing */
    int nline;
    struct vn_rounds_pair *pairs;
};

/* Start from zeros. */
void vn_rounds_open(struct vn_rounds *rounds, const struct vn_view *view,
                    vn_time length);
void vn_rounds_close(struct vn_rounds *rounds);

void vn_rounds_arrive(struct vn_rounds *rounds, const struct vn_view *view,
                      int job);
void vn_rounds_leave(struct vn_rounds *rounds, int job);

/*
 * Does a round begin now?  Asks to be woken at the next; false while one is
 * under way, or nothing is there.
 */
bool vn_rounds_begin(struct vn_rounds *rounds, const struct vn_view *view,
                     struct vn_answer *answer);

/* Are there other jobs or devices than when this was last true? */
bool vn_rounds_changed(struct vn_rounds *rounds);

/* Are there other devices?  Likewise. */
bool vn_rounds_devices_changed(struct vn_rounds *rounds);

/* The shares of a job, to be set: ntypes numbers from 0 to 1. */
double *vn_rounds_shares(struct vn_rounds *rounds, int job);

/* Whom this round runs, and where; `spare`: pairs of priority 0 too. */
void vn_rounds_place(struct vn_rounds *rounds, bool spare);

/*
 * After that: each that runs may take idle devices of other types too, in the
 * order of placing, where it then goes faster (VirtualFlow's heterogeneous
 * training): the number of each type that makes its step shortest, the
 * fewest of those, first the type that gains most.
 */
void vn_rounds_mix(struct vn_rounds *rounds, const struct vn_view *view);

/* The devices that a job takes of each type, and steps a second on them; 0
 * where it does not run. */
void vn_rounds_size(const struct vn_view *view, int job, int *need,
                    double *rate);

/*
 * Steps that a job has still to do, in those that its rates count: the part
 * of one step, of a recorded job.
 */
double vn_rounds_steps(const struct vn_view *view, int job);

/* Name what changes. */
void vn_rounds_answer(struct vn_rounds *rounds, const struct vn_view *view,
                      struct vn_answer *answer);

#endif /* SIM_POLICY_ROUND_ROUNDS_H */
