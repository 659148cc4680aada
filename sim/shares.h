/*
 * The shares of elastic weighted fair sharing (VirtualFlow: Or, Zhang and
 * Freedman, arXiv 2009.09523; the rule as its authors' scheduler logged it).
 *
 * G devices are shared among jobs with weight w and demand d:
 *
 *     U = all jobs, free = G
 *     while U is not empty:
 *         s = 2^floor(log2(max(1, free w / sum of w over U))) for each of U
 *         while the s of U are more than free together:
 *             halve that of the lightest with s > 1, the first of equals
 *         D = those of U with s >= d
 *         if D is empty: each of U gets s; stop
 *         each of D gets d; free less that; U without D
 *     by weight, the heaviest first, the first of equals first:
 *         while free and demand allow it: double what the job has
 *
 * vn_shares_plain() is that, word for word.  struct vn_shares gives the same
 * numbers without looking at every job: jobs of one weight whose demands lie
 * between the same powers of two are alike but for the halving and doubling,
 * so they are counted as a class, and only those that are halved or doubled
 * are looked at and named.
 */
#ifndef SIM_SHARES_H
#define SIM_SHARES_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Shares of n jobs, in the order that settles ties: share[i], from weight[i]
 * (as vn_shares_weight() makes it) and demand[i] > 0.  n must not exceed
 * devices.
 */
void vn_shares_plain(int devices, int n, const int64_t *weight,
                     const int *demand, int *share);

/* A weight in whole millionths, at least one, so that sums are exact. */
int64_t vn_shares_weight(double weight);

enum {
    VN_SHARES_CLASSES = 50 /* two for each power of two up to 2^24 */
};

/* Jobs of one weight and similar demand, in order of joining. */
struct vn_shares_class {
    int count;
    int64_t demand; /* the sum */
    int first;      /* job, -1 if none */
    int last;
    int applied; /* the user's: 0 in a class of a new group */
};

struct vn_shares_group {
    int64_t weight;
    int count;
    uint64_t used; /* bit k: class[k] is not empty */
    struct vn_shares_class class[VN_SHARES_CLASSES];
};

struct vn_shares_job {
    int64_t order; /* settles ties; later joiners of a group have more */
    int group;     /* -1 where the job does not share */
    int class;
    int demand;
    int next;
    int previous;
};

struct vn_shares {
    int devices;
    struct vn_shares_group *groups;
    int ngroups;
    int *sorted; /* groups in use, the heaviest first */
    int nsorted;
    struct vn_shares_job *jobs;
    int allocated;
    int count; /* jobs that share */
};

/*
 * The shares in short.  A job gets named[i] where it is one of those, else
 * base[group x VN_SHARES_CLASSES + class], else (where that is 0) its demand.
 */
struct vn_shares_plan {
    int *base;
    int base_size;
    struct vn_shares_named {
        int job;
        int share;
    } * named;
    int nnamed;
    int named_size;
};

/* Start from (struct vn_shares) {.devices = n}. */
void vn_shares_free(struct vn_shares *shares);

/* A job joins; order must be above those of its weight that joined before. */
void vn_shares_join(struct vn_shares *shares, int job, int64_t weight,
                    int demand, int64_t order);

/* A job that joined leaves. */
void vn_shares_leave(struct vn_shares *shares, int job);

/* Does it share? */
bool vn_shares_has(const struct vn_shares *shares, int job);

/* The heaviest weight that shares, or 0. */
int64_t vn_shares_heaviest(const struct vn_shares *shares);

/* Start from (struct vn_shares_plan) {0}. */
void vn_shares_plan_free(struct vn_shares_plan *plan);

/* Work out the shares.  count must not exceed devices. */
void vn_shares_work_out(const struct vn_shares *shares,
                        struct vn_shares_plan *plan);

/* The share of a job that is not named in the plan. */
int vn_shares_base(const struct vn_shares *shares,
                   const struct vn_shares_plan *plan, int job);

#endif /* SIM_SHARES_H */
