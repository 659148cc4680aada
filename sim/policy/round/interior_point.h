/*
 * The programs of VirtualFlow's authors, solved as they solved them.
 *
 * Their simulator of Gavel (README of t/data/gavel_ht) asks for
 *
 *     maximise t  subject to  t <= s_m,  sum_j X_mj <= 1,
 *     sum_m d_mj X_mj <= N_j,  s_m = sum_j c_mj X_mj,  0 <= X <= 1,
 *     t, s >= 0
 *
 * whose optimum is hardly ever unique: it is the point that an interior point
 * method comes to, near the middle of the optimal face.  This is that method:
 * the homogeneous and self-dual embedding with Mehrotra's predictor and
 * corrector of Andersen and Andersen ("The MOSEK interior point optimizer for
 * linear programming", 2000), with SciPy's parameters (start at ones, beta
 * 0.1, step 0.99995 of the longest, tolerance 1e-8), variables and rows in the
 * order above.  It gives their X to all five digits that they print.
 */
#ifndef SIM_POLICY_ROUND_INTERIOR_POINT_H
#define SIM_POLICY_ROUND_INTERIOR_POINT_H

#include "base/error.h"

/*
 * Of n jobs on ntypes types: rate[m x ntypes + j] is c_mj, devices[..] is
 * d_mj >= 0, capacity[j] is N_j; writes share[m x ntypes + j] = X_mj and the
 * optimum.  Time grows with the cube of n.  Fails with VN_EINVAL where it
 * does not converge.
 */
enum vn_status vn_centre(int n, int ntypes, const double *rate,
                         const int *devices, const int *capacity,
                         double *share, double *optimum, struct vn_error *err);

#endif /* SIM_POLICY_ROUND_INTERIOR_POINT_H */
