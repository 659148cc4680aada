/*
 * What devices are worth to a job, beside its fair share of the cluster: the
 * speedup of Pollux (OSDI'21, section 4.2).
 *
 *     speedup(n, r) = goodput(n, r) / goodput(fair nodes, fair devices)
 *
 * of n nodes and r devices, each with its best batch
 * (plan/adaptive/goodput.h); fair are devices / jobs, rounded up, on nodes /
 * devices, rounded up.  A job of which no model is known is worth r / fair
 * devices.
 *
 * Where no batch of the job allows its fair share, which the paper leaves
 * open, fair is what its largest batch allows.
 */
#ifndef SIM_POLICY_ADAPTIVE_SPEEDUP_H
#define SIM_POLICY_ADAPTIVE_SPEEDUP_H

#include "plan/adaptive/goodput.h"

struct vn_speedup {
    const struct vn_goodput_model *model; /* NULL: none; kept */
    struct vn_gradient gradient;
    struct vn_batch_limits limits;
    int fair_devices;
    double fair; /* its goodput */
};

/* Of a job beside others, `jobs` in all, on a cluster. */
struct vn_speedup vn_speedup_of(const struct vn_goodput_model *model,
                                struct vn_gradient gradient,
                                const struct vn_batch_limits *limits,
                                int nodes, int devices, int jobs);

/* >= 0; nodes and devices > 0. */
double vn_speedup_on(const struct vn_speedup *speedup, int nodes, int devices);

#endif /* SIM_POLICY_ADAPTIVE_SPEEDUP_H */
