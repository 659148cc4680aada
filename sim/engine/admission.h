/*
 * Whether a job that arrives can be simulated, and where it can run.
 */
#ifndef SIM_ENGINE_ADMISSION_H
#define SIM_ENGINE_ADMISSION_H

#include "sim/engine/state.h"

struct vn_admission {
    int type;       /* its only one, or -1 */
    int model;      /* its number in the profile; -1: a recorded job */
    uint64_t types; /* on which it can run, a bit each; 0: it is rejected */
};

/* VN_EINVAL, VN_EUNSUP: no simulation can have such a job. */
enum vn_status vn_admission_check(const struct vn_engine *engine,
                                  const struct vn_job *job,
                                  struct vn_admission *admission,
                                  struct vn_error *err);

#endif /* SIM_ENGINE_ADMISSION_H */
