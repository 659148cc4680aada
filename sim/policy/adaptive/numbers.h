/*
 * How many devices should each job have, where each number has a cost and the
 * sum of costs is to be least?
 *
 *     minimise  sum over jobs of cost(job, number)
 *     subject to  sum of numbers <= devices
 *
 * A price of a device (the Lagrangian dual, by bisection) bounds it from below
 * and a solution by that price from above; a number that adds more to the
 * bound than lies between the two is struck.  What is left is solved exactly
 * over all numbers of devices used.
 *
 * Of equal sums that one is taken in which the first job's number stands
 * first among its choices, then the second's, and so on: order jobs and
 * choices as they are preferred.
 */
#ifndef SIM_POLICY_ADAPTIVE_NUMBERS_H
#define SIM_POLICY_ADAPTIVE_NUMBERS_H

#include <stdint.h>

enum {
    VN_NUMBERS_MAX = 65535 /* choices of a job, at most */
};

struct vn_number {
    int devices;  /* >= 0 */
    int64_t cost; /* below 2^40 */
};

/*
 * choices[first[j]] to choices[first[j + 1]] (not included) are those of job
 * j, of which at least one has no devices; pick[j] becomes the place of one
 * in choices.  Returns the sum of costs.
 */
int64_t vn_numbers_solve(int devices, int njobs, const int *first,
                         const struct vn_number *choices, int *pick);

#endif /* SIM_POLICY_ADAPTIVE_NUMBERS_H */
