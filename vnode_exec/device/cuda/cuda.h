/*
 * The CUDA backend's inside.
 *
 * cuda.cu opens devices and moves memory; each other file here holds
 * the kernels of a kind of operation and the functions that launch them, with
 * the signatures of struct vn_backend.  The kernels give the reference's bits
 * (device.h has the rules): every sum is a chain of one thread or joins the
 * lanes of a warp, products that feed a sum are explicit fmaf's, and nvcc's
 * -fmad=false leaves the rest alone.  Of the device they use shared memory,
 * barriers, full-warp shuffles and integer atomics, nothing else.  A grid and
 * a block have one dimension.  Kernels are not static, so that tools which
 * take the program's PTX find them by name.
 *
 * The same sources compile for the host (emulation.h), where the tests run
 * every one of them.
 *
 * To add an operation, write a kernel and the function that launches it, name
 * the function here and in cuda.cu's table; t/exec/device.c runs it.
 */
#ifndef VNODE_EXEC_DEVICE_CUDA_CUDA_H
#define VNODE_EXEC_DEVICE_CUDA_CUDA_H

#ifdef VN_CUDA_HOST
#include "vnode_exec/device/cuda/emulation.h"
/* Never the library itself, which would be handed memory of the host. */
#define VN_CUBLAS "libcublas_host.so"
#define VN_CUDA_UNROLLED
#define VN_CUDA_ROLLED
#define VN_CUDA_UNROLL(n)
#else
#include <cuda_runtime.h>
#define VN_CUBLAS         "libcublas.so"
#define VN_CUDA_PRAGMA(x) _Pragma(#x)
#define VN_CUDA_UNROLLED  _Pragma("unroll")
#define VN_CUDA_ROLLED    _Pragma("unroll 1")
#define VN_CUDA_UNROLL(n) VN_CUDA_PRAGMA(unroll n)
#endif

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <math.h>
#include <string.h>

extern "C" {
#include "vnode_exec/device/device.h"
#include "vnode_exec/device/formula.h"
}

enum {
    VN_CUDA_THREADS = 256, /* of a block, where nothing else is said */
    VN_CUDA_WARP = VN_LANES
};

#define VN_CUDA_ALL 0xffffffffU /* lanes of a warp */

struct vn_arena;
struct vn_cublas;

/* An open device. */
struct vn_cuda {
    struct vn_device device;
    cudaStream_t compute;
    cudaStream_t ahead;   /* uploads that compute need not wait for */
    cudaEvent_t uploaded; /* the last of them */
    cudaEvent_t marks[VN_DEVICE_MARKS];
    uint64_t peers; /* devices that this one was let read, by ordinal */
    struct vn_arena *arena;
    void *scratch; /* for one operation's own use */
    size_t scratch_size;
    int processors;
    struct vn_cublas *blas; /* NULL: our kernels */
    enum vn_status status;  /* of what was asked since the last sync() */
    struct vn_error err;
};

/* The device's inside, made this thread's current device. */
struct vn_cuda *vn_cuda(struct vn_device *dev);

/* Keep the first failure; true where there is none. */
bool vn_cuda_check(struct vn_cuda *d, cudaError_t e, const char *what);
void vn_cuda_fail(struct vn_cuda *d, enum vn_status status, const char *what,
                  const char *why);

/* Memory that is the backend's own, held until the device closes. */
enum vn_status vn_cuda_take(struct vn_cuda *d, size_t bytes, void **p,
                            struct vn_error *err);

/*
 * Device memory for one operation: it holds until the next call.  NULL where
 * there is no room; the device then has failed.
 */
void *vn_cuda_scratch(struct vn_cuda *d, size_t bytes);

/* Copy from another device, in the order of this one's calls. */
void vn_cuda_from_peer(struct vn_cuda *d, struct vn_device *peer, size_t bytes,
                       const void *from, void *to);

/* Blocks of `each` for n things. */
unsigned vn_cuda_blocks(size_t n, size_t each);

/* Launch on a device whose earlier calls have not failed. */
template <typename... P, typename... A>
static void
vn_cuda_launch(struct vn_cuda *d, const char *what, void (*kernel)(P...),
               unsigned blocks, A... arguments)
{
    if (d->status != VN_OK || blocks == 0)
        return;
#ifdef VN_CUDA_HOST
    vn_emulation::await(d->compute);
    vn_emulation::launch(blocks, VN_CUDA_THREADS,
                         [=] { kernel((P) arguments...); });
#else
    kernel<<<blocks, VN_CUDA_THREADS, 0, d->compute>>>((P) arguments...);
#endif
    vn_cuda_check(d, cudaGetLastError(), what);
}

/* One thread to an element: where it stands. */
static __device__ __forceinline__ size_t
vn_cuda_element()
{
    return (size_t) blockIdx.x * blockDim.x + threadIdx.x;
}

/* The operations, by file; each is the table's of that name. */
#define VN_CUDA_OPERATION(name) \
    __typeof__(*((const struct vn_backend *) 0)->name) vn_cuda_##name

/* gemm.cu */
VN_CUDA_OPERATION(gemm);
VN_CUDA_OPERATION(gemm_sum);
/* conv.cu */
VN_CUDA_OPERATION(conv_forward);
VN_CUDA_OPERATION(conv_backward_data);
VN_CUDA_OPERATION(conv_backward_weights);
/* column.cu */
VN_CUDA_OPERATION(column_sum);
VN_CUDA_OPERATION(batchnorm_forward);
VN_CUDA_OPERATION(batchnorm_infer);
VN_CUDA_OPERATION(batchnorm_backward);
VN_CUDA_OPERATION(layernorm_backward);
/* row.cu */
VN_CUDA_OPERATION(layernorm_forward);
VN_CUDA_OPERATION(softmax_forward);
VN_CUDA_OPERATION(softmax_backward);
VN_CUDA_OPERATION(cross_entropy);
void vn_cuda_layernorm_data(struct vn_cuda *d, size_t rows, size_t width,
                            const float *x, const float *gamma,
                            const float *mean, const float *rstd,
                            const float *dy, bool add, float *dx);
/* element.cu */
VN_CUDA_OPERATION(gelu_forward);
VN_CUDA_OPERATION(gelu_backward);
VN_CUDA_OPERATION(relu_backward);
VN_CUDA_OPERATION(add);
VN_CUDA_OPERATION(pool_forward);
VN_CUDA_OPERATION(pool_backward);
VN_CUDA_OPERATION(embed_forward);
VN_CUDA_OPERATION(embed_backward);
/* update.cu */
VN_CUDA_OPERATION(accumulate);
VN_CUDA_OPERATION(accumulate_fast);
VN_CUDA_OPERATION(norm);
VN_CUDA_OPERATION(sgd);
VN_CUDA_OPERATION(adamw);
VN_CUDA_OPERATION(ema);
VN_CUDA_OPERATION(peer_add);
/* blas.cu: NULL where there is no cuBLAS. */
struct vn_cublas *vn_cublas_open(struct vn_cuda *d);
void vn_cublas_close(struct vn_cublas *blas);
/* The product alone, c = a b + beta c; false where cuBLAS cannot. */
bool vn_cublas_gemm(struct vn_cuda *d, const struct vn_gemm *g, const float *a,
                    const float *b, float beta, float *c);

#endif /* VNODE_EXEC_DEVICE_CUDA_CUDA_H */
