/*
 * Whether a job that arrives can be simulated, and where it can run.
 *
 * One rule for all policies: a job is rejected where the policy can never run
 * it on this cluster when it is empty.  What it can be given is all that it
 * asks for under a rigid policy, and of a recorded job under one that is
 * whole; under others from its least to its most.  It must be on one type that
 * it may use, which has so many, and of a modelled job on which its profile
 * has a step.
 */
#ifndef SIM_ENGINE_ADMISSION_H
#define SIM_ENGINE_ADMISSION_H

#include "sim/engine/state.h"

struct vn_admission {
    int type;       /* its only one, or -1 */
    int model;      /* its number in the profile; -1: a recorded job */
    uint64_t types; /* on which it can run, a bit each; 0: it is rejected */
    enum vn_refusal refusal; /* why */
    const char *lacks;       /* the type that the cluster has not, or NULL */
};

/* VN_EINVAL, VN_EUNSUP: no simulation can have such a job. */
enum vn_status vn_admission_check(const struct vn_engine *engine,
                                  const struct vn_job *job,
                                  struct vn_admission *admission,
                                  struct vn_error *err);

#endif /* SIM_ENGINE_ADMISSION_H */
