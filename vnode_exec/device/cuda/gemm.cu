/*
 * Matrix products, exact: tiles of 128 x 128 (8 x 8 elements a thread), 64 x
 * 64 or 32 x 32, the largest of which the product has two for each
 * multiprocessor.
 *
 * A 128 x 128 tile does 2 * 128 * 128 operations on 4 * 256 bytes of global
 * memory for each k: 32 a byte, where an H100 balances at 20 (67 Tflop/s of
 * float32 beside 3.35 TB/s), an A100 at 10.  From shared memory a thread takes
 * 16 floats, in four reads, for 64 fmaf's.  Its 64 sums and two slices of 4
 * elements take 125 to 128 registers, so that two blocks of 256 threads, 16
 * warps, share a multiprocessor's 65,536: 25 % of its threads, enough since
 * each has 64 independent chains.
 */
#include "vnode_exec/device/cuda/tile.h"

/* What becomes of an element of the product. */
struct ending {
    const float *bias, *addend;
    float *c;
    int c_row;
    bool add, relu;
    void *sum; /* where it is added instead, or NULL */
    bool exact;
    const double *scale; /* read for each element: no register is left */

    /* The magnitude's bits where it went into an exact sum, else 0. */
    __device__ __forceinline__ uint32_t
    give(int row, int column, float x) const
    {
        ptrdiff_t to = (ptrdiff_t) row * c_row + column;

        if (bias != NULL)
            x += bias[column];
        if (add)
            x += c[to];
        if (addend != NULL)
            x += addend[to];
        x = relu && !(x > 0) ? 0 : x;
        if (sum == NULL) {
            c[to] = x;
        } else if (exact) {
            uint64_t *at = &((uint64_t *) sum)[to];

            *at += vn_fixed(x, *(const volatile double *) scale);
            return vn_magnitude(x);
        } else {
            float *at = &((float *) sum)[to];

            *at = VN_FMAF(1.0F, x, *at);
        }
        return 0;
    }
};

/* By value to the kernel: C pointers of one product, and the batch's steps. */
struct task {
    struct vn_gemm g;
    const float *a, *b;
    float *c;
    void *sum;
    bool exact;
    const double *scale; /* where exact */
    uint32_t *largest;
    int row_tiles, column_tiles;
};

/* The terms that a tile's rows may leave out. */
static __device__ __forceinline__ void
terms(const struct vn_gemm &g, int row, int rows, int *from, int *to)
{
    *from = g.triangle == VN_UPPER_A ? row : 0;
    *to = g.triangle == VN_LOWER_A && row + rows < g.k ? row + rows : g.k;
    *from = *from < *to ? *from : *to;
}

template <int R, int C, int DEPTH>
__global__ void
__launch_bounds__(VN_CUDA_THREADS, 2) gemm_kernel(struct task t)
{
    const struct vn_gemm &g = t.g;
    int tiles = t.row_tiles * t.column_tiles;
    int pair = (int) blockIdx.x / tiles, tile = (int) blockIdx.x % tiles;
    int row = tile / t.column_tiles * VN_TILE_SIDE * R;
    int column = tile % t.column_tiles * VN_TILE_SIDE * C;
    int outer = pair / g.inner, inner = pair % g.inner, from, to;
    ptrdiff_t at = outer * g.c_outer + inner * g.c_inner;
    vn_matrix left = {t.a + outer * g.a_outer + inner * g.a_inner, g.m,
                      (int) g.a_row, (int) g.a_col};
    vn_matrix right = {t.b + outer * g.b_outer + inner * g.b_inner, g.n,
                       (int) g.b_col, (int) g.b_row};
    ending e = {g.bias,   g.addend != NULL ? g.addend + at : NULL,
                t.c + at, (int) g.c_row,
                g.add,    g.relu,
                t.sum,    t.exact,
                t.scale};
    float acc[R][C];
    uint32_t most = 0;

    if (g.triangle == VN_LOWER_C && column >= row + VN_TILE_SIDE * R)
        return;
    terms(g, row, VN_TILE_SIDE * R, &from, &to);
    vn_tile_product<R, C, DEPTH>(left, right, row, column, from, to, acc);
    vn_tile_give<R, C>(row, column, g.m, g.n, acc, [&](int i, int j, float x) {
        uint32_t u = e.give(i, j, x);

        most = u > most ? u : most;
    });
    if (t.largest == NULL)
        return;
    vn_cuda_largest(most, t.largest);
}

template <int R, int C, int DEPTH>
static void
launch(struct vn_cuda *d, struct task t)
{
    const struct vn_gemm *g = &t.g;

    t.row_tiles = (int) vn_cuda_blocks((size_t) g->m, VN_TILE_SIDE * R);
    t.column_tiles = (int) vn_cuda_blocks((size_t) g->n, VN_TILE_SIDE * C);
    vn_cuda_launch(d, "a matrix product", gemm_kernel<R, C, DEPTH>,
                   (unsigned) t.row_tiles * (unsigned) t.column_tiles
                       * (unsigned) (g->outer * g->inner),
                   t);
}

/* Are there two tiles of that side for each multiprocessor? */
static bool
enough(const struct vn_cuda *d, const struct vn_gemm *g, size_t side)
{
    return (size_t) vn_cuda_blocks((size_t) g->m, side)
               * vn_cuda_blocks((size_t) g->n, side) * (size_t) g->outer
               * (size_t) g->inner
           >= 2 * (size_t) d->processors;
}

static void
run(struct vn_cuda *d, const struct task *t)
{
    if (t->g.m > 64 && t->g.n > 64 && enough(d, &t->g, 128))
        launch<8, 8, 8>(d, *t);
    else if (t->g.m > 32 && t->g.n > 32 && enough(d, &t->g, 64))
        launch<4, 4, 16>(d, *t);
    else
        launch<2, 2, 32>(d, *t);
}

/* What cuBLAS leaves undone of a product. */
__global__ void
ending_kernel(struct task t)
{
    const struct vn_gemm &g = t.g;
    size_t i = vn_cuda_element();
    size_t each = (size_t) g.m * (size_t) g.n;
    int pair = (int) (i / each);
    int row = (int) (i % each / (size_t) g.n);
    int column = (int) (i % each % (size_t) g.n);
    ptrdiff_t at = pair / g.inner * g.c_outer + pair % g.inner * g.c_inner;
    ending e = {g.bias,   g.addend != NULL ? g.addend + at : NULL,
                t.c + at, (int) g.c_row,
                false,    g.relu,
                t.sum,    t.exact,
                t.scale};

    if (i < each * (size_t) (g.outer * g.inner))
        e.give(row, column, t.c[at + row * g.c_row + column]);
}

static bool
by_library(struct vn_cuda *d, const struct task *t)
{
    const struct vn_gemm *g = &t->g;

    if (d->blas == NULL || !vn_cublas_gemm(d, g, t->a, t->b, g->add, t->c))
        return false;
    if (g->bias != NULL || g->addend != NULL || g->relu || t->sum != NULL)
        vn_cuda_launch(d, "a product's ending", ending_kernel,
                       vn_cuda_blocks((size_t) g->m * (size_t) g->n
                                          * (size_t) (g->outer * g->inner),
                                      VN_CUDA_THREADS),
                       *t);
    return true;
}

void
vn_cuda_gemm(struct vn_device *dev, const struct vn_gemm *g, const float *a,
             const float *b, float *c)
{
    struct vn_cuda *d = vn_cuda(dev);
    struct task t = {.g = *g, .a = a, .b = b, .c = c};

    if (!by_library(d, &t))
        run(d, &t);
}

void
vn_cuda_gemm_sum(struct vn_device *dev, const struct vn_gemm *g,
                 const float *a, const float *b, float *c,
                 const struct vn_sum *sum)
{
    struct vn_cuda *d = vn_cuda(dev);
    struct task t = {.g = *g,
                     .a = a,
                     .b = b,
                     .c = c,
                     .sum = sum->sum,
                     .exact = sum->exact,
                     .scale = sum->scale,
                     .largest = sum->exact ? sum->largest : NULL};

    if (sum->exact || !by_library(d, &t))
        run(d, &t);
}
