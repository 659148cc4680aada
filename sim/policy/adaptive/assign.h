/*
 * Sia's integer program: which configuration should each job have?
 * (Jayaram Subramanya et al., "Sia", SOSP'23, section 3.4.)
 *
 * A configuration is a number of devices of one type.  A job has one of them,
 * or none; each has a cost, in hundredths, as the policy rounds it:
 *
 *     minimise  sum of costs
 *     subject to  devices of each type <= those that there are
 *
 * Its relaxation is solved as a price for a device of each type (the
 * Lagrangian dual, by Kelley's cutting planes, of which GLPK solves each):
 * that is a lower bound, begun from the prices of the last round.  What a job
 * would pay above its best choice at those prices is the least that the choice
 * adds to the bound, so that whatever adds more than the best known solution
 * can lose is struck.  What is left is solved exactly, over all numbers of
 * devices used where these are few (VN_ASSIGN_STATES), by GLPK's branch and
 * bound otherwise, for so many nodes.
 *
 * Costs that are equal to the hundredth leave many optima.  Of these it takes
 * the one with the least sum of weights, which belong to (ties, job,
 * configuration): random numbers below a half, and a half more for a choice
 * that is not what the job has.  So any exact solver gives the same answer.
 * That holds where the numbers of devices are few; from GLPK's branch and
 * bound comes one optimum, or what is within the gap.
 */
#ifndef SIM_POLICY_ADAPTIVE_ASSIGN_H
#define SIM_POLICY_ADAPTIVE_ASSIGN_H

#include "base/error.h"

#include <stdint.h>

enum {
    VN_ASSIGN_TYPES = 8,
    VN_ASSIGN_STATES = 1 << 16, /* combinations of devices of each type */
    VN_ASSIGN_NONE = -1
};

struct vn_assign_config {
    int type;
    int devices; /* > 0 */
};

struct vn_assign_job {
    uint64_t id;      /* for its weights; unlike others' */
    int has;          /* VN_ASSIGN_NONE: nothing */
    int keeps;        /* != 0: it must have what it has */
    int none;         /* cost of no configuration */
    const int *costs; /* [nconfigs] */
};

struct vn_assign_problem {
    int ntypes;
    const int *capacity; /* [ntypes] */
    int nconfigs;        /* at most 254 */
    const struct vn_assign_config *configs;
    int njobs;
    const struct vn_assign_job *jobs;
    uint64_t ties; /* which weights */
};

/* Keeps the prices of the last round. */
struct vn_assign {
    double price[VN_ASSIGN_TYPES];
};

struct vn_assign_result {
    int64_t cost;
    int64_t gap; /* at most so much above the optimum */
};

/*
 * choice[j]: the configuration of job j, or VN_ASSIGN_NONE.  What jobs must
 * keep has to fit.  Fails with VN_EINVAL where the library gives up.
 */
enum vn_status vn_assign_solve(struct vn_assign *assign,
                               const struct vn_assign_problem *problem,
                               int *choice, struct vn_assign_result *result,
                               struct vn_error *err);

#endif /* SIM_POLICY_ADAPTIVE_ASSIGN_H */
