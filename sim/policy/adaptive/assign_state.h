/* What solving an assignment consists of, for the files that carry it out. */
#ifndef SIM_POLICY_ADAPTIVE_ASSIGN_STATE_H
#define SIM_POLICY_ADAPTIVE_ASSIGN_STATE_H

#include "sim/policy/adaptive/assign.h"

/* What a job may choose; type -1: nothing. */
struct vn_choice {
    int config;
    int type;
    int devices;
    int cost;
    int weight; /* among equal costs, below 2^20 */
};

struct vn_choices {
    const struct vn_assign_problem *problem;
    struct vn_choice *of; /* those of job j: [first[j], first[j + 1]) */
    int *first;           /* [njobs + 1] */
};

/* All that a job may choose and that is no worse than nothing. */
void vn_choices_list(struct vn_choices *choices,
                     const struct vn_assign_problem *problem);
void vn_choices_free(struct vn_choices *choices);

/*
 * The best prices of devices, begun from those given, and in *bound what any
 * solution costs at least.
 */
enum vn_status vn_assign_price(const struct vn_choices *choices, double *price,
                               double *bound, struct vn_error *err);

/* A solution by these prices, mended: pick[j] is the number of a choice; its
 * cost. */
int64_t vn_assign_greedy(const struct vn_choices *choices, const double *price,
                         int *pick);

/* Solve by branch and bound, from a solution on; *bound is raised. */
enum vn_status vn_assign_branch(const struct vn_choices *choices, int *pick,
                                int64_t *cost, double *bound,
                                struct vn_error *err);

#endif /* SIM_POLICY_ADAPTIVE_ASSIGN_STATE_H */
