/*
 * The host backend's inside.
 *
 * gemm.c, conv.c and what local.mk names beside them are compiled
 * once for each instruction set (VN_ISA names it), each time into a whole
 * table of operations (table.c); host.c opens a device with the
 * best that the processor has.  All of them give the reference's bits: a
 * vector holds different elements of a result, never parts of one sum but the
 * lanes that device.h prescribes.
 */
#ifndef VNODE_EXEC_DEVICE_HOST_HOST_H
#define VNODE_EXEC_DEVICE_HOST_HOST_H

#include "vnode_exec/device/device.h"
#include "vnode_exec/device/host/team.h"

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

enum {
    VN_HOST_GRAIN = 1024, /* elements below which a thread is not worth it */
    VN_HOST_GROUP = 64    /* columns summed together */
};

/* The arguments of any operation on rows, columns or elements. */
struct vn_host_job {
    size_t rows, width;
    const float *x, *y, *dy, *gamma, *beta, *residual, *mean, *rstd;
    float *out, *other, *a, *b, *c;
    const int32_t *ids;
    size_t context;
    float factor;
    double scale;
    bool relu, add;
};

/* An operation on [from, to) of what the threads share. */
typedef void (*vn_host_range_fn)(const struct vn_host_job *j, size_t from,
                                 size_t to);

/* Share [0, n) over the device's threads, at least `grain` each. */
void vn_host_share(struct vn_device *dev, size_t n, size_t grain,
                   vn_host_range_fn fn, const struct vn_host_job *job);

/* Rows a thread should have at least. */
size_t vn_host_rows_grain(size_t width);

/* The end of the group of columns that c is in, at most `to`. */
size_t vn_host_group_end(size_t c, size_t to);

/* An operation of the table, for this instruction set. */
#define VN_HOST_OPERATION(name)                                     \
    __typeof__(*((const struct vn_backend *) 0)->name) VN_ISA_NAME( \
        vn_host_##name)

#ifdef VN_ISA
VN_HOST_OPERATION(gemm);
VN_HOST_OPERATION(gemm_sum);
VN_HOST_OPERATION(conv_forward);
VN_HOST_OPERATION(conv_backward_data);
VN_HOST_OPERATION(conv_backward_weights);
VN_HOST_OPERATION(column_sum);
VN_HOST_OPERATION(batchnorm_forward);
VN_HOST_OPERATION(batchnorm_infer);
VN_HOST_OPERATION(batchnorm_backward);
VN_HOST_OPERATION(layernorm_forward);
VN_HOST_OPERATION(layernorm_backward);
VN_HOST_OPERATION(softmax_forward);
VN_HOST_OPERATION(softmax_backward);
VN_HOST_OPERATION(gelu_forward);
VN_HOST_OPERATION(gelu_backward);
VN_HOST_OPERATION(relu_backward);
VN_HOST_OPERATION(add);
VN_HOST_OPERATION(pool_forward);
VN_HOST_OPERATION(pool_backward);
VN_HOST_OPERATION(embed_forward);
VN_HOST_OPERATION(embed_backward);
VN_HOST_OPERATION(cross_entropy);
VN_HOST_OPERATION(accumulate);
VN_HOST_OPERATION(accumulate_fast);
VN_HOST_OPERATION(update);
#endif

#endif /* VNODE_EXEC_DEVICE_HOST_HOST_H */
