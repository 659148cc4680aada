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
#define VN_CUDA_CODES \
    vn_emulation::asked("VN_CUDA_HOST_CODE", 1) != 0 ? 750 : 1000
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
#ifdef __CUDA_ARCH_LIST__
#define VN_CUDA_CODES __CUDA_ARCH_LIST__
#else /* of clang, which is asked to check only */
#define VN_CUDA_CODES 750
#endif
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
    bool sent_ahead; /* is anything on its way there? */
    bool no_graphs;  /* it cannot record */
    uint64_t peers;  /* devices that this one was let read, by ordinal */
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
    vn_emulation::ask(d->compute, [=] {
        vn_emulation::launch(blocks, VN_CUDA_THREADS,
                             [=] { kernel((P) arguments...); });
    });
#else
    kernel<<<blocks, VN_CUDA_THREADS, 0, d->compute>>>((P) arguments...);
#endif
    vn_cuda_check(d, cudaGetLastError(), what);
}

/*
 * A call of a library that works on the device's stream, which has it recorded
 * by itself.  The emulation's is done when the record is, with the same
 * arguments.
 */
template <typename... P, typename... A>
static int
vn_cuda_call(struct vn_cuda *d, int (*function)(P...), A... arguments)
{
#ifdef VN_CUDA_HOST
    if (d->compute->record != nullptr) {
        d->compute->record->push_back(
            [=] { (void) function((P) arguments...); });
        return 0;
    }
#else
    (void) d;
#endif
    return function((P) arguments...);
}

/* One thread to an element: where it stands. */
static __device__ __forceinline__ size_t
vn_cuda_element()
{
    return (size_t) blockIdx.x * blockDim.x + threadIdx.x;
}

/*
 * *to becomes the larger of itself and of what the block's threads, all of
 * which call it, have: one atomic operation, unless it is as large already.
 */
static __device__ __forceinline__ void
vn_cuda_largest(uint32_t most, uint32_t *to)
{
    __shared__ uint32_t warps[VN_CUDA_THREADS / VN_CUDA_WARP];

    for (int w = VN_CUDA_WARP / 2; w > 0; w /= 2) {
        uint32_t other = __shfl_xor_sync(VN_CUDA_ALL, most, w);

        most = other > most ? other : most;
    }
    if (threadIdx.x % VN_CUDA_WARP == 0)
        warps[threadIdx.x / VN_CUDA_WARP] = most;
    __syncthreads();
    if (threadIdx.x != 0)
        return;
    for (int i = 1; i < VN_CUDA_THREADS / VN_CUDA_WARP; i++)
        most = warps[i] > most ? warps[i] : most;
    if (most > *(volatile uint32_t *) to)
        atomicMax(to, most);
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
VN_CUDA_OPERATION(gather);
VN_CUDA_OPERATION(advance);
/* update.cu */
VN_CUDA_OPERATION(accumulate);
VN_CUDA_OPERATION(accumulate_fast);
VN_CUDA_OPERATION(update);
VN_CUDA_OPERATION(peer_add);
/* graph.cu */
VN_CUDA_OPERATION(record);
VN_CUDA_OPERATION(recorded);
VN_CUDA_OPERATION(replay);
VN_CUDA_OPERATION(forget);
/* blas.cu: NULL where there is no cuBLAS. */
struct vn_cublas *vn_cublas_open(struct vn_cuda *d);
void vn_cublas_close(struct vn_cublas *blas);
/* The product alone, with what was there where `add`; false: it cannot. */
bool vn_cublas_gemm(struct vn_cuda *d, const struct vn_gemm *g, const float *a,
                    const float *b, bool add, float *c);

#endif /* VNODE_EXEC_DEVICE_CUDA_CUDA_H */
