/*
 * The heterogeneous solver: how to split a global batch over devices of
 * several types so that a step takes the least time (VirtualFlow, section on
 * heterogeneous training).
 *
 *     minimise  max_i v_i t_i(b_i) + comm
 *     subject to  sum_i n_i b_i v_i = B
 *
 * n_i devices of type i each process v_i virtual nodes of b_i examples; v_i
 * is a power of two, or 0 to leave the type out; b_i a profiled batch of the
 * form 2^k or 3 2^k that fits the memory.
 */
#ifndef PLAN_SOLVER_H
#define PLAN_SOLVER_H

#include "plan/profile/profile.h"

enum {
    VN_SOLVER_TYPES_MAX = 16
};

struct vn_solver_type {
    const struct vn_profile_curve *curve; /* NULL: not profiled, left out */
    int devices;
    int64_t memory_bytes; /* 0 where unknown: no limit */
    double slowdown;      /* of what it computes; 0 where unknown: none */
};

struct vn_split {
    int64_t batch[VN_SOLVER_TYPES_MAX]; /* of a virtual node; 0: left out */
    int vnodes[VN_SOLVER_TYPES_MAX];    /* on each device of the type */
    double step_s;                      /* INFINITY where there is none */
};

struct vn_solution {
    struct vn_split best;  /* over all splits */
    struct vn_split alone; /* over those of one type */
    int64_t visited;       /* splits that were looked at */
};

/*
 * Solve exactly.  comm_s is added to every step of more than one device.
 * Ties go to the split with fewer types, then fewer virtual nodes, then the
 * earlier types.  At most VN_SOLVER_TYPES_MAX types.
 */
void vn_solve(const struct vn_solver_type *types, int ntypes, int64_t batch,
              double comm_s, struct vn_solution *solution);

/* The k best splits in order of time, at most `room`; their number. */
int vn_solve_rivals(const struct vn_solver_type *types, int ntypes,
                    int64_t batch, double comm_s, struct vn_split *splits,
                    int room);

/* The same of splits that leave no type out. */
int vn_solve_whole(const struct vn_solver_type *types, int ntypes,
                   int64_t batch, double comm_s, struct vn_split *splits,
                   int room);

#endif /* PLAN_SOLVER_H */
