/*
 * What a job trains and how: everything that its result depends on but the
 * data.  Devices and mappings are not among it.
 */
#ifndef VNODE_EXEC_TRAIN_TRAIN_H
#define VNODE_EXEC_TRAIN_TRAIN_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum vn_optimizer {
    VN_SGD,
    VN_ADAMW
};

enum vn_schedule {
    VN_CONSTANT,
    VN_COSINE, /* to 0 at the last step */
    VN_STEPS   /* a tenth from half, a hundredth from three quarters on */
};

struct vn_train {
    int64_t batch; /* examples a step, over all virtual nodes */
    int vnodes;
    uint64_t seed;
    int64_t steps;
    enum vn_optimizer optimizer;
    enum vn_schedule schedule;
    int64_t warmup; /* steps of linear growth before the schedule */
    double rate, momentum, decay;
    double clip; /* largest norm of a gradient, 0: any */
    bool exact;
    bool tf32; /* products on tensor cores, where not exact */
};

/* The learning rate of a step, from 0. */
double vn_train_rate(const struct vn_train *train, int64_t step);

/* Vectors of state beside the parameters: 1 or 2. */
int vn_train_states(const struct vn_train *train);

extern const char *const vn_optimizer_names[2];
extern const char *const vn_schedule_names[3];

#endif /* VNODE_EXEC_TRAIN_TRAIN_H */
