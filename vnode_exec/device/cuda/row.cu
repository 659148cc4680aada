/*
 * Operations along rows: a warp to a row, a lane of a sum to a lane of it.
 */
#include "vnode_exec/device/cuda/cuda.h"

enum {
    ROWS = VN_CUDA_THREADS / VN_CUDA_WARP /* of a block */
};

static __device__ __forceinline__ size_t
row_of_warp()
{
    return (size_t) blockIdx.x * ROWS + threadIdx.x / VN_CUDA_WARP;
}

static __device__ __forceinline__ size_t
lane_of_warp()
{
    return threadIdx.x % VN_CUDA_WARP;
}

/* The lanes of a row's sum, joined: the same on every lane. */
static __device__ __forceinline__ float
join(float x)
{
    for (int w = VN_CUDA_WARP / 2; w > 0; w /= 2)
        x += __shfl_down_sync(VN_CUDA_ALL, x, (unsigned) w);
    return __shfl_sync(VN_CUDA_ALL, x, 0);
}

/* The sum along a row of (a - from) (b - from), b being 1 where NULL. */
static __device__ __forceinline__ float
along(size_t n, const float *a, const float *b, float from)
{
    float sum = 0;

    for (size_t j = lane_of_warp(); j < n; j += VN_CUDA_WARP) {
        float x = a[j] - from;

        sum = b == NULL ? sum + x : VN_FMAF(x, b[j] - from, sum);
    }
    return join(sum);
}

static __device__ __forceinline__ float
largest_of(size_t n, const float *x)
{
    float most = x[0];

    for (size_t j = lane_of_warp(); j < n; j += VN_CUDA_WARP)
        most = x[j] > most ? x[j] : most;
    for (int w = VN_CUDA_WARP / 2; w > 0; w /= 2) {
        float other = __shfl_xor_sync(VN_CUDA_ALL, most, w);

        most = other > most ? other : most;
    }
    return most;
}

__global__ void
layernorm_forward_kernel(size_t rows, size_t width, const float *x,
                         const float *gamma, const float *beta, float *y,
                         float *means, float *rstds)
{
    size_t row = row_of_warp();
    float mean, rstd;

    if (row >= rows)
        return;
    x += row * width, y += row * width;
    mean = along(width, x, NULL, 0) / (float) width;
    rstd = vn_rstd(along(width, x, x, mean) / (float) width);
    for (size_t j = lane_of_warp(); j < width; j += VN_CUDA_WARP)
        y[j] = VN_FMAF((x[j] - mean) * rstd, gamma[j], beta[j]);
    if (lane_of_warp() == 0) {
        means[row] = mean;
        rstds[row] = rstd;
    }
}

void
vn_cuda_layernorm_forward(struct vn_device *dev, size_t rows, size_t width,
                          const float *x, const float *gamma,
                          const float *beta, float *y, float *mean,
                          float *rstd)
{
    vn_cuda_launch(vn_cuda(dev), "layer norm", layernorm_forward_kernel,
                   vn_cuda_blocks(rows, ROWS), rows, width, x, gamma, beta, y,
                   mean, rstd);
}

/* dx alone; column.cu has the sums down the rows. */
__global__ void
layernorm_data_kernel(size_t rows, size_t width, const float *x,
                      const float *gamma, const float *means,
                      const float *rstds, const float *dy, bool add, float *dx)
{
    size_t row = row_of_warp();
    float g = 0, gx = 0, mean, rstd;

    if (row >= rows)
        return;
    x += row * width, dy += row * width, dx += row * width;
    mean = means[row], rstd = rstds[row];
    for (size_t j = lane_of_warp(); j < width; j += VN_CUDA_WARP) {
        float d = dy[j] * gamma[j];

        g += d;
        gx = VN_FMAF(d, (x[j] - mean) * rstd, gx);
    }
    g = join(g) / (float) width;
    gx = join(gx) / (float) width;
    for (size_t j = lane_of_warp(); j < width; j += VN_CUDA_WARP) {
        float d = VN_FMAF(dy[j], gamma[j], -g);

        d = rstd * VN_FMAF(-((x[j] - mean) * rstd), gx, d);
        dx[j] = add ? d + dx[j] : d;
    }
}

void
vn_cuda_layernorm_data(struct vn_cuda *d, size_t rows, size_t width,
                       const float *x, const float *gamma, const float *mean,
                       const float *rstd, const float *dy, bool add, float *dx)
{
    vn_cuda_launch(d, "layer norm's data", layernorm_data_kernel,
                   vn_cuda_blocks(rows, ROWS), rows, width, x, gamma, mean,
                   rstd, dy, add, dx);
}

__global__ void
softmax_forward_kernel(size_t rows, size_t n, float scale, float *p)
{
    size_t row = row_of_warp(), seen = row % n + 1;
    float most, total;

    if (row >= rows)
        return;
    p += row * n;
    most = largest_of(seen, p);
    total = 0;
    for (size_t j = lane_of_warp(); j < n; j += VN_CUDA_WARP) {
        float e = j < seen ? vn_exp((p[j] - most) * scale) : 0;

        p[j] = e;
        total = j < seen ? total + e : total;
    }
    total = 1.0F / join(total);
    for (size_t j = lane_of_warp(); j < seen; j += VN_CUDA_WARP)
        p[j] *= total;
}

void
vn_cuda_softmax_forward(struct vn_device *dev, size_t matrices, size_t n,
                        float scale, float *p)
{
    vn_cuda_launch(vn_cuda(dev), "softmax", softmax_forward_kernel,
                   vn_cuda_blocks(matrices * n, ROWS), matrices * n, n, scale,
                   p);
}

__global__ void
softmax_backward_kernel(size_t rows, size_t n, float scale, const float *p,
                        float *dp)
{
    size_t row = row_of_warp(), seen = row % n + 1;
    float dot;

    if (row >= rows)
        return;
    p += row * n, dp += row * n;
    dot = along(seen, p, dp, 0);
    for (size_t j = lane_of_warp(); j < n; j += VN_CUDA_WARP)
        dp[j] = j < seen ? p[j] * (dp[j] - dot) * scale : 0;
}

void
vn_cuda_softmax_backward(struct vn_device *dev, size_t matrices, size_t n,
                         float scale, const float *p, float *dp)
{
    vn_cuda_launch(vn_cuda(dev), "softmax's gradient", softmax_backward_kernel,
                   vn_cuda_blocks(matrices * n, ROWS), matrices * n, n, scale,
                   p, dp);
}

/* The first of the largest elements of a row, and where it stands. */
static __device__ __forceinline__ size_t
first_largest(size_t n, const float *x, float *most)
{
    size_t lane = lane_of_warp(), best = lane < n ? lane : 0;
    float value = x[best];
    unsigned at;

    for (size_t j = best + VN_CUDA_WARP; j < n; j += VN_CUDA_WARP)
        if (x[j] > value) {
            value = x[j];
            best = j;
        }
    at = (unsigned) best;
    for (int w = VN_CUDA_WARP / 2; w > 0; w /= 2) {
        float other = __shfl_xor_sync(VN_CUDA_ALL, value, w);
        unsigned there = __shfl_xor_sync(VN_CUDA_ALL, at, w);

        if (other > value || (other == value && there < at)) {
            value = other;
            at = there;
        }
    }
    *most = value;
    return at;
}

__global__ void
cross_entropy_kernel(size_t rows, size_t classes, const float *logits,
                     const int32_t *labels, float weight, float *dlogits,
                     int64_t *sums)
{
    size_t row = row_of_warp(), label, best;
    float most, total = 0, one;

    if (row >= rows)
        return;
    logits += row * classes;
    label = (size_t) labels[row];
    best = first_largest(classes, logits, &most);
    for (size_t j = lane_of_warp(); j < classes; j += VN_CUDA_WARP)
        total += vn_exp(logits[j] - most);
    total = join(total);
    if (lane_of_warp() == 0) {
        float loss = vn_log(total) - (logits[label] - most);
        unsigned long long *to = (unsigned long long *) sums;

        atomicAdd(&to[VN_TALLY_RIGHT], (unsigned long long) (best == label));
        if (vn_loss_counts(total, loss)) {
            atomicAdd(&to[VN_TALLY_PART],
                      (unsigned long long) vn_loss_part(loss));
            atomicAdd(&to[VN_TALLY_WHOLE],
                      (unsigned long long) vn_loss_whole(loss));
        } else {
            atomicAdd(&to[VN_TALLY_LOST], 1ULL);
        }
    }
    __syncwarp(VN_CUDA_ALL); /* dlogits may be logits */
    if (dlogits == NULL)
        return;
    dlogits += row * classes;
    one = 1.0F / total;
    for (size_t j = lane_of_warp(); j < classes; j += VN_CUDA_WARP) {
        float p = vn_exp(logits[j] - most) * one;

        dlogits[j] = (j == label ? p - 1.0F : p) * weight;
    }
}

void
vn_cuda_cross_entropy(struct vn_device *dev, size_t rows, size_t classes,
                      const float *logits, const int32_t *labels, float weight,
                      float *dlogits, int64_t *sums)
{
    vn_cuda_launch(vn_cuda(dev), "cross-entropy", cross_entropy_kernel,
                   vn_cuda_blocks(rows, ROWS), rows, classes, logits, labels,
                   weight, dlogits, sums);
}
