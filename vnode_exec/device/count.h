/*
 * A device that computes nothing and counts what it is asked for: arithmetic,
 * and memory traffic, each operand of an operation read once and each result
 * written once.  A replica on it says what a step costs on any device: its
 * arithmetic over the device's rate is a floor; its traffic over the memory's
 * rate is one where nothing stays in a cache from one operation to the next.
 */
#ifndef VNODE_EXEC_DEVICE_COUNT_H
#define VNODE_EXEC_DEVICE_COUNT_H

#include "vnode_exec/device/device.h"

enum vn_counted {
    VN_COUNT_GEMM,
    VN_COUNT_CONV,
    VN_COUNT_NORM,
    VN_COUNT_ELEMENT,
    VN_COUNT_LOSS,
    VN_COUNT_SUM,
    VN_COUNT_UPDATE,
    VN_COUNT_COPY,
    VN_COUNT_KINDS
};

struct vn_count {
    int64_t calls;
    double operations; /* of floating point, a fused multiply-add is two */
    double bytes;
};

extern const char *const vn_count_names[VN_COUNT_KINDS];

/* Not among vn_backends: nothing can be trained on it. */
extern const struct vn_backend vn_backend_count;

/* What an open device of it counted, by enum vn_counted. */
const struct vn_count *vn_device_counts(const struct vn_device *dev);

#endif /* VNODE_EXEC_DEVICE_COUNT_H */
