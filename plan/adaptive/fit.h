/*
 * Fitting the model of goodput.h to the steps that a job has seen.
 *
 * It minimises
 *
 *     rms(log A - log accumulate) + rms(log O - log step)
 *     + 1e-3 (gamma - 1)^2 + 1e-2 ((beta_n / alpha_n)^2
 *                                  + (beta_r / alpha_r)^2),
 *
 * each point of (nodes, replicas, atomic) being seen once, within alphas and
 * betas >= 1e-8 and 1 <= gamma <= 10.  What the points cannot tell is fixed:
 * alpha_c at half the mean time of accumulation where one atomic batch alone
 * was seen; alpha_r and beta_r without points of several devices on one, both
 * betas without more than two devices.  Without points on several nodes
 * alpha_n and beta_n are instead 1.1 times alpha_r and beta_r: a network is
 * not faster than a node.  (Pollux, OSDI'21, section 4.1, and its artifact,
 * which ties them only after it has minimised, and so to a somewhat greater
 * value.)
 *
 * The function has square roots that end in 0, where it has no derivative, so
 * where a minimiser stops is its own affair.
 */
#ifndef PLAN_ADAPTIVE_FIT_H
#define PLAN_ADAPTIVE_FIT_H

#include "base/error.h"
#include "plan/adaptive/goodput.h"

/* A step that was seen. */
struct vn_fit_point {
    int nodes;
    int replicas;
    int64_t atomic;
    struct vn_step time; /* sync_s < step_s */
};

/* The function above, without what is fixed. */
double vn_fit_objective(const struct vn_goodput_model *model,
                        const struct vn_fit_point *points, int npoints);

/*
 * The model that fits npoints > 0 points; same points, same bits.  Fails with
 * VN_EINVAL where a point is none (a time that is not positive), or where the
 * library gives up.
 */
enum vn_status vn_fit(const struct vn_fit_point *points, int npoints,
                      struct vn_goodput_model *model, struct vn_error *err);

#endif /* PLAN_ADAPTIVE_FIT_H */
