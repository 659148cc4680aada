/*
 * What devices are worth to a job: the seconds of a step of a modelled job,
 * the speed of a recorded one.
 *
 * A modelled job, of V virtual nodes of B/V examples, on n devices of one
 * type takes
 *
 *     c(n) (ceil(V / n) t(B / V) + update) + sync(n, nodes)
 *
 * a step, t from the profile and c its contention (plan/contention.h), or what
 * the profile measured of n devices as a whole.  On several types the solver
 * splits the batch (plan/solver.h).  A recorded job, known at its own number
 * of devices alone, follows the scaling assumption: `linear`, `amdahl:F` (F of
 * the work is serial: speed 1 / (F + (1 - F) / n)), or a curve, a table
 * `devices,speedup`.
 */
#ifndef PLAN_PRICING_H
#define PLAN_PRICING_H

#include "plan/cluster.h"
#include "plan/job.h"
#include "plan/profile/profile.h"
#include "plan/speed.h"

#include <stdbool.h>

struct vn_pricing_config {
    const struct vn_cluster *cluster; /* kept */
    const struct vn_profile *profile; /* kept; NULL where there is none */
    const char *scaling;              /* of recorded jobs; NULL for linear */
    const char *speed; /* of recorded jobs by type (plan/speed.h); or NULL */
};

struct vn_pricing;

/* Fails where the scaling is none, or its table not well. */
enum vn_status vn_pricing_alloc(const struct vn_pricing_config *config,
                                struct vn_pricing **pricing,
                                struct vn_error *err);

void vn_pricing_free(struct vn_pricing *pricing);

/* The name of a model of the profile. */
const char *vn_pricing_model_name(const struct vn_pricing *pricing, int model);

/* The assumption in words, as results say it: "linear", "amdahl:0.1". */
const char *vn_pricing_scaling(const struct vn_pricing *pricing);

/* Is it linear and are all types alike, so that whole device-microseconds can
 * be counted? */
bool vn_pricing_is_linear(const struct vn_pricing *pricing);

/*
 * Seconds of a step of a modelled job whose model is `model` of the profile,
 * on devices[t] devices of the cluster's types; spread says that they stand
 * on more nodes than they need.  INFINITY where it cannot run so: a model or
 * type that was not profiled, a node beyond the profile or the memory, more
 * devices than virtual nodes.
 */
double vn_pricing_step_s(struct vn_pricing *pricing, const struct vn_job *job,
                         int model, const int *devices, bool spread);

/* The same of a mapping that leaves none of the types out. */
double vn_pricing_mix_s(struct vn_pricing *pricing, const struct vn_job *job,
                        int model, const int *devices);

/*
 * Examples that a step of a modelled job is worth, in such as those of its
 * application's initial batch: over all of its training, the iterations that
 * it needs times that batch, divided by its steps.  Of a model that is no
 * application, the global batch.
 */
double vn_pricing_worth(const struct vn_pricing *pricing,
                        const struct vn_job *job, int model);

/*
 * The speed of a recorded job on n devices, against that on its own; 1 on its
 * own.
 */
double vn_pricing_speed(const struct vn_pricing *pricing,
                        const struct vn_job *job, int n);

/*
 * The same on devices[t] > 0 devices of the cluster's types, whose speeds are
 * averaged over the devices; spread as above.  On its own number of the type
 * that it was recorded on it is 1.
 */
double vn_pricing_mixed_speed(const struct vn_pricing *pricing,
                              const struct vn_job *job, const int *devices,
                              bool spread);

/* Do types or placement make a difference to recorded jobs? */
bool vn_pricing_is_unlike(const struct vn_pricing *pricing);

/* The speed of a device type, against the one that jobs were recorded on. */
double vn_pricing_type_speed(const struct vn_pricing *pricing, int type);

#endif /* PLAN_PRICING_H */
