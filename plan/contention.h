/*
 * Contention: devices of one host share its memory, its caches and what feeds
 * them, so that each is slower the more of them are busy.
 *
 * The profile has, per model and type, the factor c(k) by which computing on a
 * device slows down where k devices of its host are busy, itself among them;
 * c(1) is 1.  Those of the model and type are preferred, then of the model on
 * any type (`*`), then of any model; linear between two numbers of devices,
 * and beyond the last as there.  Where nothing is known it is 1.
 *
 * A step on n devices of a host, of which k >= n are busy, takes
 *
 *     c(k) / c(n) x (c(n) (ceil(V / n) t + update) + sync(n))
 *
 * of which plan/pricing.h says what stands behind the first fraction, and
 * the simulator, which knows what else is busy, adds that.
 */
#ifndef PLAN_CONTENTION_H
#define PLAN_CONTENTION_H

#include "plan/profile/profile.h"

#include <stdbool.h>

/* Is any known? */
bool vn_contention_is_known(const struct vn_profile *profile);

/* c(busy) of a model on a type of the profile, either of which may be -1. */
double vn_contention(const struct vn_profile *profile, int model, int type,
                     int busy);

/* What a probe (vnode_exec/train/probe.h) takes beside so many busy devices,
 * itself among them, on the host as the profile has it; 0 where that is not
 * known.  model and type may be -1. */
double vn_probe_expected(const struct vn_profile *profile, int model, int type,
                         int busy);

/*
 * How many times slower a processor was than the profile has it, where probes
 * took so long in the mean: probe_s over what was expected, to the profile's
 * power.  1 where something is unknown; model and type may be -1.
 *
 * probe_s is to be a mean over about as long as those that the power was
 * fitted to (VN_CALIBRATION_SPAN_S).  Steps divided one by one by the power of
 * one noisy probe each come out too long: where a probe's deviation is a part
 * d of its mean, by about p (p + 1) d^2 / 2, by Jensen's inequality.
 */
double vn_host_slowdown(const struct vn_profile *profile, int model, int type,
                        int busy, double probe_s);

#endif /* PLAN_CONTENTION_H */
