/*
 * The linear programs of Gavel (Narayanan et al., OSDI 2020): how much of the
 * time should jobs spend on which device type?
 *
 * Jobs that are alike are one class: all of them get the same.  A class has n
 * jobs; one of them needs d_t devices to run on type t, and r_t is what time
 * there is worth to it.  x_t is the part of its time that it spends there:
 *
 *     sum_t x_t <= 1 for each class,  sum over classes n d_t x_t <= N_t
 *     for each type,  x >= 0
 *
 * A job's level is sum_t r_t x_t.  vn_program_solve() raises the least level
 * as far as it goes; with `fill` it then raises the next, and so on: the
 * levels are max-min fair, hence unique.  Among the x that give each class its
 * level (without `fill`, the least level) it takes those that need the least
 * device time, where a device of type t costs 1 + (c + 1) (t + 1) / 1e4 to
 * class c: so the x are unique too, and leave devices to others.
 *
 * How: maximise z where z <= level of each class that may still rise; those
 * whose bound has a price (a dual value that is not zero) cannot rise any
 * more in any optimum, so their level is fixed, and the rest goes on.  A class
 * whose jobs can all be on their best type at once needs no program.
 */
#ifndef SIM_POLICY_ROUND_PROGRAM_H
#define SIM_POLICY_ROUND_PROGRAM_H

#include "base/error.h"

#include <stdbool.h>

struct vn_program;

enum vn_program_goal {
    VN_PROGRAM_FILL,  /* max-min fair levels, with the least device time */
    VN_PROGRAM_LEAST, /* the greatest least level, likewise */
    VN_PROGRAM_ANY    /* the same, at whatever vertex the dual simplex ends,
                       * which is what Gavel's solvers go by */
};

/* A program on devices[t] devices of each type; the array is copied. */
struct vn_program *vn_program_alloc(const int *devices, int ntypes);

void vn_program_free(struct vn_program *program);

/*
 * A job more; the number of its class, which is that of those that have the
 * same rates (to twelve digits) and devices or, alone, its own.  rate[t] >= 0
 * and devices[t] are copied; where the rate is 0 the job cannot run.
 */
int vn_program_join(struct vn_program *program, const double *rate,
                    const int *devices, bool alone);

/* No jobs any more. */
void vn_program_clear(struct vn_program *program);

/* A job less.  The number of a class without jobs is used again. */
void vn_program_leave(struct vn_program *program, int class);

/*
 * Solve; see above.  *least is the least level, INFINITY without jobs.  Fails
 * with VN_EINVAL where the library gives up, which says why.
 */
enum vn_status vn_program_solve(struct vn_program *program,
                                enum vn_program_goal goal, double *least,
                                struct vn_error *err);

/* Of the last solution: x_t of a job of the class, and its level. */
double vn_program_share(const struct vn_program *program, int class, int type);
double vn_program_level(const struct vn_program *program, int class);

#endif /* SIM_POLICY_ROUND_PROGRAM_H */
