/*
 * cuBLAS, for arithmetic that may be fast.  It is loaded when asked for, so
 * that a program runs without it (then on our kernels, with the same results
 * as exact products); its workspace and modes are pinned: float32 as it is,
 * or TF32 on tensor cores where that was asked for.
 */
#include "vnode_exec/device/cuda/cuda.h"

#include <dlfcn.h>

extern "C" {
#include "base/xalloc.h"
}

/* As in cublas_api.h, which is not there where the library may be. */
enum {
    OP_N = 0,
    OP_T = 1,
    DEFAULT_MATH = 0,
    TF32_MATH = 3,
    NO_ROOM = 3, /* a status */
    WORKSPACE = 32 << 20
};

struct vn_cublas {
    void *library;
    void *handle;
    int (*create)(void **handle);
    int (*destroy)(void *handle);
    int (*set_stream)(void *handle, cudaStream_t stream);
    int (*set_mode)(void *handle, int mode);
    int (*set_workspace)(void *handle, void *p, size_t bytes);
    int (*gemm)(void *handle, int op_a, int op_b, int m, int n, int k,
                const float *alpha, const float *a, int lda, long long a_step,
                const float *b, int ldb, long long b_step, const float *beta,
                float *c, int ldc, long long c_step, int count);
};

template <typename F>
static bool
find(void *library, const char *name, F *to)
{
    void *p = dlsym(library, name);

    memcpy(to, &p, sizeof p);
    return p != NULL;
}

void
vn_cublas_close(struct vn_cublas *b)
{
    if (b == NULL)
        return;
    if (b->handle != NULL)
        (void) b->destroy(b->handle);
    if (b->library != NULL)
        dlclose(b->library);
    free(b);
}

static struct vn_cublas *
open_library(struct vn_cuda *d, const char *name)
{
    struct vn_cublas *b = (struct vn_cublas *) vn_xcalloc(1, sizeof *b);
    void *workspace = NULL;
    struct vn_error ignored;

    /* It is not made to be unloaded. */
    b->library = dlopen(name, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (b->library != NULL && find(b->library, "cublasCreate_v2", &b->create)
        && find(b->library, "cublasDestroy_v2", &b->destroy)
        && find(b->library, "cublasSetStream_v2", &b->set_stream)
        && find(b->library, "cublasSetMathMode", &b->set_mode)
        && find(b->library, "cublasSetWorkspace_v2", &b->set_workspace)
        && find(b->library, "cublasSgemmStridedBatched", &b->gemm)
        && b->create(&b->handle) == 0
        && b->set_stream(b->handle, d->compute) == 0
        && b->set_mode(b->handle,
                       d->device.options.tf32 ? TF32_MATH : DEFAULT_MATH)
               == 0
        && vn_cuda_take(d, WORKSPACE, &workspace, &ignored) == VN_OK
        && b->set_workspace(b->handle, workspace, WORKSPACE) == 0)
        return b;
    vn_cublas_close(b);
    (void) cudaGetLastError();
    return NULL;
}

struct vn_cublas *
vn_cublas_open(struct vn_cuda *d)
{
    static const char *const names[] = {VN_CUBLAS ".13", VN_CUBLAS ".12",
                                        VN_CUBLAS ".11", VN_CUBLAS};

    for (int i = 0; i < 4; i++) {
        struct vn_cublas *b = open_library(d, names[i]);

        if (b != NULL)
            return b;
    }
    return NULL;
}

/*
 * A matrix in rows is its transpose in columns: c' = b' a'.  One of a
 * matrix's strides is 1; the other is its leading dimension.
 */
bool
vn_cublas_gemm(struct vn_cuda *d, const struct vn_gemm *g, const float *a,
               const float *b, bool add, float *c)
{
    bool a_plain = g->a_col == 1, b_plain = g->b_col == 1;
    ptrdiff_t lda = a_plain ? g->a_row : g->a_col;
    ptrdiff_t ldb = b_plain ? g->b_row : g->b_col;
    bool inner = g->inner >= g->outer;
    int calls = inner ? g->outer : g->inner;
    static const float zero = 0, one = 1;
    const float *beta = add ? &one : &zero;

    if ((!a_plain && g->a_row != 1) || (!b_plain && g->b_row != 1))
        return false;
    lda = lda > 1 ? lda : 1;
    ldb = ldb > 1 ? ldb : 1;
    /* One call for each of the fewer, a batch of the more. */
    for (int i = 0; i < calls; i++) {
        ptrdiff_t at_a = i * (inner ? g->a_outer : g->a_inner);
        ptrdiff_t at_b = i * (inner ? g->b_outer : g->b_inner);
        ptrdiff_t at_c = i * (inner ? g->c_outer : g->c_inner);
        int e = vn_cuda_call(
            d, d->blas->gemm, d->blas->handle, b_plain ? OP_N : OP_T,
            a_plain ? OP_N : OP_T, g->n, g->m, g->k, (const float *) &one,
            b + at_b, (int) ldb, inner ? g->b_inner : g->b_outer, a + at_a,
            (int) lda, inner ? g->a_inner : g->a_outer, beta, c + at_c,
            (int) g->c_row, inner ? g->c_inner : g->c_outer,
            inner ? g->inner : g->outer);

        if (e != 0) {
            char why[40];

            snprintf(why, sizeof why, "it answers with status %d", e);
            vn_cuda_fail(d, e == NO_ROOM ? VN_EDEVMEM : VN_EDEVICE, "cuBLAS",
                         why);
            return false;
        }
    }
    return true;
}
