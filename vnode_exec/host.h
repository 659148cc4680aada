/*
 * The host backend's inside.
 *
 * host_gemm.c, host_conv.c and host_row.c are compiled once for each
 * instruction set (VN_ISA names it; see local.mk), each time into a whole
 * table of operations; device_host.c opens a device with the best that the
 * processor has.  All of them give the reference's bits: a vector holds
 * different elements of a result, never parts of one sum but the lanes that
 * device.h prescribes.
 */
#ifndef VNODE_EXEC_HOST_H
#define VNODE_EXEC_HOST_H

#include "vnode_exec/device.h"
#include "vnode_exec/team.h"

#define VN_PASTE_(a, b) a##b
#define VN_PASTE(a, b)  VN_PASTE_(a, b)
#define VN_ISA_NAME(a)  VN_PASTE(a, VN_ISA)

/* A host device.  Work memory is one piece for each thread. */
struct vn_host {
    struct vn_device device;
    struct vn_team *team;
    float **work;
    size_t work_size; /* floats in each */
};

/* A thread's work memory, as large as was reserved last. */
float *vn_host_work(struct vn_device *dev, int thread);

/* Run on the device's threads. */
void vn_host_run(struct vn_device *dev, vn_team_fn fn, void *arg);

/*
 * Make each thread's work memory at least n floats; it is counted as the
 * device's.  Not from within a team's function.
 */
void vn_host_reserve(struct vn_device *dev, size_t n);

/* What does not depend on the instruction set. */
int vn_host_count(const char **why);
void vn_host_describe(int ordinal, char *text, size_t size);
enum vn_status vn_host_open(const struct vn_device_options *options,
                            struct vn_device **dev, struct vn_error *err);
void vn_host_close(struct vn_device *dev);
enum vn_status vn_host_alloc(struct vn_device *dev, size_t bytes, void **p,
                             struct vn_error *err);
void vn_host_free(struct vn_device *dev, void *p, size_t bytes);
enum vn_status vn_host_sync(struct vn_device *dev, struct vn_error *err);
void vn_host_copy(struct vn_device *dev, size_t bytes, const void *from,
                  void *to);
void vn_host_zero(struct vn_device *dev, size_t bytes, void *p);

/* The table for any processor, and those for x86-64-v3 and -v4. */
extern const struct vn_backend vn_host_base;
extern const struct vn_backend vn_host_v3;
extern const struct vn_backend vn_host_v4;

#ifdef VN_ISA
void VN_ISA_NAME(vn_host_gemm)(struct vn_device *dev, const struct vn_gemm *g,
                               const float *a, const float *b, float *c);
void VN_ISA_NAME(vn_host_gemm_sum)(struct vn_device *dev,
                                   const struct vn_gemm *g, const float *a,
                                   const float *b, float *c,
                                   const struct vn_sum *sum);
void VN_ISA_NAME(vn_host_conv_forward)(struct vn_device *dev,
                                       const struct vn_conv *s, const float *x,
                                       const float *w, float *y);
void VN_ISA_NAME(vn_host_conv_backward_data)(struct vn_device *dev,
                                             const struct vn_conv *s,
                                             const float *dy, const float *w,
                                             bool add, float *dx);
void VN_ISA_NAME(vn_host_conv_backward_weights)(struct vn_device *dev,
                                                const struct vn_conv *s,
                                                const float *x,
                                                const float *dy, float *dw);
#endif

#endif /* VNODE_EXEC_HOST_H */
