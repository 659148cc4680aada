/*
 * Goodput: how fast a job whose batch adapts would learn on other devices.
 *
 * A model of seven parameters, fitted to the steps that a job has seen
 * (fit.h), says how long a step takes on `nodes` nodes with `replicas` devices
 * in all, each of which works on `atomic` examples at once:
 *
 *     accumulate  A = alpha_c + beta_c atomic
 *     synchronise N = alpha_n + beta_n max(replicas - 2, 1e-8)  on nodes > 1,
 *                     alpha_r + beta_r max(replicas - 2, 1e-8)  on one,
 *                     (1 + max(replicas - 2, 1e-8)) 1e-8        on one device
 *     last part   O = (A^gamma + N^gamma)^(1/gamma)
 *     throughput    = replicas atomic (a + 1) / (a A + O)
 *
 * where gradients are gathered `a` times before the last part.  Efficiency is
 * gain / scale (vn_gradient_gain()) of the whole batch; their product, in
 * examples a second that are worth as much as those of the initial batch, is
 * the goodput (Qiao et al., "Pollux", OSDI'21, section 3).
 */
#ifndef PLAN_ADAPTIVE_GOODPUT_H
#define PLAN_ADAPTIVE_GOODPUT_H

#include "plan/adaptive/application.h"

#include <stdbool.h>
#include <stdint.h>

/* Seconds, but for gamma in [1, 10]. */
struct vn_goodput_model {
    double alpha_c;
    double beta_c;
    double alpha_n;
    double beta_n;
    double alpha_r;
    double beta_r;
    double gamma;
};

/* What a batch may be, in examples. */
struct vn_batch_limits {
    int64_t init;
    int64_t max;
    int64_t min_local; /* of a device at once */
    int64_t max_local;
    bool single; /* try the batches that single precision comes to, as Sia's
                    simulator does */
};

struct vn_goodput {
    double throughput; /* examples a second */
    double efficiency; /* 0 .. 1 */
    double goodput;
};

/* Seconds of A and O above; nodes and replicas > 0. */
double vn_goodput_accumulate_s(const struct vn_goodput_model *model,
                               double atomic);
double vn_goodput_last_s(const struct vn_goodput_model *model, int nodes,
                         int replicas, double atomic);

/* Of one cut of the batch, whose limits are not looked at. */
struct vn_goodput vn_goodput_of(const struct vn_goodput_model *model,
                                struct vn_gradient gradient,
                                int64_t init_batch, int nodes, int replicas,
                                struct vn_cut cut);

/*
 * The best of fifty batches in geometric sequence from the least that is
 * allowed to the largest: its goodput, and in *cut, which may be NULL, how it
 * is cut.  The first of equals; 0 and the first where none is within limits.
 */
double vn_goodput_best(const struct vn_goodput_model *model,
                       struct vn_gradient gradient,
                       const struct vn_batch_limits *limits, int nodes,
                       int replicas, struct vn_cut *cut);

#endif /* PLAN_ADAPTIVE_GOODPUT_H */
