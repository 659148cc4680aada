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
#ifndef SIM_POLICY_SHARE_SHARES_H
#define SIM_POLICY_SHARE_SHARES_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Shares of n jobs, in the order that settles ties: share[i], from weight[i]
 * (as vn_shares_weight() makes it) and demand[i] > 0.  n must not exceed
 * devices.
 */
void vn_shares_plain(int devices, int n, const int64_t *weight,
                     const int *demand, int *share);

/* floor(log2(x)), x > 0. */
int vn_shares_level(int64_t x);

/* 2^floor(log2(max(1, spare w / sum))). */
int vn_shares_fair(int spare, int64_t weight, __int128 sum);

/* A weight in whole millionths, at least one, so that sums are exact. */
int64_t vn_shares_weight(double weight);

enum {
    VN_SHARES_LEVELS = 25, /* powers of two up to 2^24 */
    VN_SHARES_CLASSES = 2 * VN_SHARES_LEVELS
};

/* Jobs of one weight and similar demand, in order of joining. */
struct vn_shares_class {
    int count;
    int64_t demand; /* the sum */
    int first;      /* job, -1 if none */
    int last;
    int applied; /* the user's: 0 in a class of a new group */
};

/*
 * Jobs of one weight.  They also stand in a row, in order of joining, with a
 * Fenwick tree over it that counts them by the power of two below their
 * demand: how far along the row does what is left over double all?
 */
struct vn_shares_group {
    int64_t weight;
    int count;
    uint64_t used; /* bit k: class[k] is not empty */
    struct vn_shares_class class[VN_SHARES_CLASSES];
    int64_t applied_end; /* the user's; INT64_MIN in a new group */

    int *row;       /* jobs, -1 for one that left */
    int64_t *order; /* theirs */
    int *tree;      /* tree[i x VN_SHARES_LEVELS + level], i from 1 */
    int length;     /* of the row */
    int size;       /* room in it, a power of two */
};

struct vn_shares_job {
    int64_t order; /* settles ties; later joiners of a group have more */
    int group;     /* -1 where the job does not share */
    int class;
    int demand;
    int place; /* in the group's row */
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
 * The shares in short.  A job gets named[i] where it is one of those (the
 * last, if several).  Else it gets base[group x VN_SHARES_CLASSES + class],
 * or its demand where that is 0; and twice that as often as its demand
 * allows where its order is below end[group].
 */
struct vn_shares_plan {
    int *base;
    int64_t *end;
    int groups; /* room in both */
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

/* The first place of a group's row whose job's order is at least this. */
int vn_shares_place(const struct vn_shares_group *group, int64_t order);

/* The share of a job that is not named in the plan. */
int vn_shares_base(const struct vn_shares *shares,
                   const struct vn_shares_plan *plan, int job);

#endif /* SIM_POLICY_SHARE_SHARES_H */
