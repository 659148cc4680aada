/*
 * Sums down the rows, and the norms that are made of them: a thread to a
 * column of a chunk of VN_CHUNK rows, then a thread to a column over the
 * chunks, in double, whose block fetches for it.
 */
#include "vnode_exec/device/cuda/cuda.h"

/* The addend of row r, column c: `first` where a chunk begins. */
struct addend {
    const float *a;    /* of the sum of a, or of (a - from) (b - b_from) */
    const float *b;    /* or NULL */
    const float *from; /* of each column, or NULL for 0 */
    bool both;         /* from is b's too, and a's; else b's alone */
    const float *mean; /* of each row: b becomes (b - mean) rstd */
    const float *rstd;

    __device__ __forceinline__ float
    next(float sum, size_t r, size_t c, size_t cols) const
    {
        size_t i = r * cols + c;
        float x = a[i] - (from != NULL && both ? from[c] : 0.0F);

        if (b == NULL)
            return sum + x;
        if (mean != NULL)
            return VN_FMAF(x, (b[i] - mean[r]) * rstd[r], sum);
        return VN_FMAF(x, b[i] - (from != NULL ? from[c] : 0.0F), sum);
    }
};

__global__ void
chunks_kernel(struct addend of, size_t rows, size_t cols, float *partial)
{
    size_t i = vn_cuda_element(), c = i % cols, r = i / cols * VN_CHUNK;
    size_t end = r + VN_CHUNK < rows ? r + VN_CHUNK : rows;
    float sum = 0;

    if (r >= rows)
        return;
    for (; r < end; r++)
        sum = of.next(sum, r, c, cols);
    partial[i] = sum;
}

/* What a column's sum becomes. */
enum column_end {
    SUM,
    MEAN,
    VARIANCE,
    TIMES_RSTD
};

enum {
    COLUMNS = VN_CUDA_WARP, /* of a block of columns_kernel */
    WARPS = VN_CUDA_THREADS / COLUMNS,
    FETCHED = 8, /* partial sums that a thread fetches at a time */
    HELD = WARPS * FETCHED
};

/*
 * A thread adds up a column.  There are few columns and many chunks, so that
 * the whole block fetches their sums, the next ones while these are added.
 */
__global__ void
columns_kernel(size_t rows, size_t cols, const float *partial,
               enum column_end end, const float *given, float *to,
               float *square)
{
    __shared__ float held[HELD][COLUMNS];
    size_t chunks = (rows + VN_CHUNK - 1) / VN_CHUNK;
    size_t lane = threadIdx.x % COLUMNS, warp = threadIdx.x / COLUMNS;
    size_t c = (size_t) blockIdx.x * COLUMNS + lane;
    float mine[FETCHED];
    double total = 0;

    for (size_t at = 0; at < chunks; at += HELD) {
        VN_CUDA_UNROLLED
        for (int e = 0; e < FETCHED; e++) {
            size_t i = at + warp + (size_t) e * WARPS;

            mine[e] = i < chunks && c < cols ? partial[i * cols + c] : 0.0F;
        }
        __syncthreads(); /* what was there has been added */
        VN_CUDA_UNROLLED
        for (int e = 0; e < FETCHED; e++)
            held[warp + (size_t) e * WARPS][lane] = mine[e];
        __syncthreads();
        if (warp == 0)
            for (size_t i = 0; i < HELD && at + i < chunks; i++)
                total += held[i][lane];
    }
    if (warp != 0 || c >= cols)
        return;
    if (end == SUM) {
        to[c] = (float) total;
    } else if (end == MEAN) {
        to[c] = (float) (total / (double) rows);
    } else if (end == TIMES_RSTD) {
        to[c] = given[c] * (float) total;
    } else {
        float v = (float) (total / (double) rows), m = given[c];

        to[c] = vn_rstd(v);
        square[c] = VN_FMAF(m, m, v);
    }
}

static void
down(struct vn_cuda *d, const struct addend *of, size_t rows, size_t cols,
     enum column_end end, const float *given, float *to, float *square)
{
    size_t n = vn_cuda_blocks(rows, VN_CHUNK) * cols;
    float *partial = (float *) vn_cuda_scratch(d, n * sizeof *partial);

    if (partial == NULL)
        return;
    vn_cuda_launch(d, "a sum down the rows", chunks_kernel,
                   vn_cuda_blocks(n, VN_CUDA_THREADS), *of, rows, cols,
                   partial);
    vn_cuda_launch(d, "a sum down the rows", columns_kernel,
                   vn_cuda_blocks(cols, COLUMNS), rows, cols, partial, end,
                   given, to, square);
}

void
vn_cuda_column_sum(struct vn_device *dev, size_t rows, size_t cols,
                   const float *dy, float *db)
{
    struct addend of = {.a = dy};

    down(vn_cuda(dev), &of, rows, cols, SUM, NULL, db, NULL);
}

/* rstd NULL: from `square`, as inference has it. */
__global__ void
apply_kernel(size_t n, size_t channels, const float *x, const float *gamma,
             const float *beta, const float *residual, bool relu,
             const float *mean, const float *rstd, const float *square,
             float *y)
{
    size_t i = vn_cuda_element(), c = i % channels;
    float scale, z;

    if (i >= n)
        return;
    if (rstd != NULL) {
        scale = gamma[c] * rstd[c];
    } else {
        float v = VN_FMAF(-mean[c], mean[c], square[c]);

        scale = gamma[c] * vn_rstd(v > 0 ? v : 0);
    }
    z = VN_FMAF(x[i], scale, VN_FMAF(-mean[c], scale, beta[c]));
    if (residual != NULL)
        z += residual[i];
    y[i] = relu && !(z > 0) ? 0 : z;
}

void
vn_cuda_batchnorm_forward(struct vn_device *dev, size_t rows, size_t channels,
                          const float *x, const float *gamma,
                          const float *beta, const float *residual, bool relu,
                          float *y, float *mean, float *rstd, float *square)
{
    struct vn_cuda *d = vn_cuda(dev);
    struct addend sum = {.a = x};
    struct addend squares = {.a = x, .b = x, .from = mean, .both = true};
    size_t n = rows * channels;

    down(d, &sum, rows, channels, MEAN, NULL, mean, NULL);
    down(d, &squares, rows, channels, VARIANCE, mean, rstd, square);
    vn_cuda_launch(d, "batch norm", apply_kernel,
                   vn_cuda_blocks(n, VN_CUDA_THREADS), n, channels, x, gamma,
                   beta, residual, relu, mean, rstd, nullptr, y);
}

void
vn_cuda_batchnorm_infer(struct vn_device *dev, size_t rows, size_t channels,
                        const float *x, const float *gamma, const float *beta,
                        const float *residual, bool relu, const float *mean,
                        const float *square, float *y)
{
    size_t n = rows * channels;

    vn_cuda_launch(vn_cuda(dev), "batch norm", apply_kernel,
                   vn_cuda_blocks(n, VN_CUDA_THREADS), n, channels, x, gamma,
                   beta, residual, relu, mean, nullptr, square, y);
}

/* dz, the gradient behind the ReLU, into dx and the residual's. */
__global__ void
behind_kernel(size_t n, bool relu, const float *y, const float *dy, float *dx,
              bool add, float *dresidual)
{
    size_t i = vn_cuda_element();
    float dz;

    if (i >= n)
        return;
    dz = relu && !(y[i] > 0) ? 0 : dy[i];
    dx[i] = dz;
    if (dresidual != NULL)
        dresidual[i] = add ? dz + dresidual[i] : dz;
}

/* dx = p dz + q x + r; reference/column.c has the derivation. */
__global__ void
gradient_kernel(size_t n, size_t rows, size_t channels, const float *x,
                const float *gamma, const float *mean, const float *rstd,
                const float *dgamma, const float *dbeta, float *dx)
{
    size_t i = vn_cuda_element(), c = i % channels;
    float p, q, r, count = (float) rows;

    if (i >= n)
        return;
    p = gamma[c] * rstd[c];
    q = -(p * rstd[c] * dgamma[c]) / count;
    r = VN_FMAF(-mean[c], q, -(p * dbeta[c]) / count);
    dx[i] = VN_FMAF(p, dx[i], VN_FMAF(q, x[i], r));
}

void
vn_cuda_batchnorm_backward(struct vn_device *dev, size_t rows, size_t channels,
                           const float *x, const float *gamma, bool relu,
                           const float *y, const float *mean,
                           const float *rstd, const float *dy, float *dx,
                           bool add_residual, float *dresidual, float *dgamma,
                           float *dbeta)
{
    struct vn_cuda *d = vn_cuda(dev);
    struct addend b = {.a = dx};
    struct addend g = {.a = dx, .b = x, .from = mean};
    size_t n = rows * channels;

    vn_cuda_launch(d, "batch norm's gradient", behind_kernel,
                   vn_cuda_blocks(n, VN_CUDA_THREADS), n, relu, y, dy, dx,
                   add_residual, dresidual);
    down(d, &b, rows, channels, SUM, NULL, dbeta, NULL);
    down(d, &g, rows, channels, TIMES_RSTD, rstd, dgamma, NULL);
    vn_cuda_launch(d, "batch norm's gradient", gradient_kernel,
                   vn_cuda_blocks(n, VN_CUDA_THREADS), n, rows, channels, x,
                   gamma, mean, rstd, dgamma, dbeta, dx);
}

void
vn_cuda_layernorm_backward(struct vn_device *dev, size_t rows, size_t width,
                           const float *x, const float *gamma,
                           const float *mean, const float *rstd,
                           const float *dy, bool add, float *dx, float *dgamma,
                           float *dbeta)
{
    struct vn_cuda *d = vn_cuda(dev);
    struct addend g = {.a = dy, .b = x, .mean = mean, .rstd = rstd};
    struct addend b = {.a = dy};

    down(d, &g, rows, width, SUM, NULL, dgamma, NULL);
    down(d, &b, rows, width, SUM, NULL, dbeta, NULL);
    vn_cuda_layernorm_data(d, rows, width, x, gamma, mean, rstd, dy, add, dx);
}
