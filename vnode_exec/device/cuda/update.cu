/* Sums of gradients, their norm, and the updates. */
#include "vnode_exec/device/cuda/cuda.h"

__global__ void
accumulate_kernel(size_t n, const float *g, float weight, double scale,
                  uint64_t *sum, uint32_t *largest)
{
    size_t i = vn_cuda_element();
    uint32_t most = 0;

    if (i < n) {
        float x = weight * g[i];

        sum[i] += vn_fixed(x, scale);
        most = vn_magnitude(x);
    }
    for (int w = VN_CUDA_WARP / 2; w > 0; w /= 2) {
        uint32_t other = __shfl_xor_sync(VN_CUDA_ALL, most, w);

        most = other > most ? other : most;
    }
    if (threadIdx.x % VN_CUDA_WARP == 0 && most > 0)
        atomicMax(largest, most);
}

void
vn_cuda_accumulate(struct vn_device *dev, size_t n, const float *g,
                   float weight, double scale, int64_t *sum, uint32_t *largest)
{
    vn_cuda_launch(vn_cuda(dev), "a sum of gradients", accumulate_kernel,
                   vn_cuda_blocks(n, VN_CUDA_THREADS), n, g, weight, scale,
                   (uint64_t *) sum, largest);
}

__global__ void
accumulate_fast_kernel(size_t n, const float *g, float weight, float *sum)
{
    size_t i = vn_cuda_element();

    if (i < n)
        sum[i] = VN_FMAF(weight, g[i], sum[i]);
}

void
vn_cuda_accumulate_fast(struct vn_device *dev, size_t n, const float *g,
                        float weight, float *sum)
{
    vn_cuda_launch(vn_cuda(dev), "a sum of gradients", accumulate_fast_kernel,
                   vn_cuda_blocks(n, VN_CUDA_THREADS), n, g, weight, sum);
}

/* A warp to a block of VN_BLOCK elements. */
__global__ void
squares_kernel(size_t n, struct vn_gradient of, double *partial)
{
    size_t thread = vn_cuda_element(), lane = thread % VN_CUDA_WARP;
    size_t block = thread / VN_CUDA_WARP, from = block * VN_BLOCK;
    double sum = 0;

    for (size_t i = from + lane; i < from + VN_BLOCK && i < n;
         i += VN_CUDA_WARP) {
        double g = vn_gradient_at(of.sum, of.unit, 1, i);

        sum += g * g;
    }
    for (unsigned w = VN_CUDA_WARP / 2; w > 0; w /= 2)
        sum += __shfl_down_sync(VN_CUDA_ALL, sum, w);
    if (lane == 0 && from < n)
        partial[block] = sum;
}

__global__ void
chain_kernel(size_t n, const double *partial, double *to)
{
    double total = 0;

    if (vn_cuda_element() != 0)
        return;
    for (size_t i = 0; i < n; i++)
        total += partial[i];
    *to = total;
}

void
vn_cuda_norm(struct vn_device *dev, size_t n,
             const struct vn_gradient *gradient, double *square)
{
    struct vn_cuda *d = vn_cuda(dev);
    size_t blocks = vn_cuda_blocks(n, VN_BLOCK);
    double *partial = (double *) vn_cuda_scratch(d, blocks * sizeof *partial);

    if (partial == NULL)
        return;
    vn_cuda_launch(d, "a norm", squares_kernel,
                   vn_cuda_blocks(blocks, VN_CUDA_THREADS / VN_CUDA_WARP), n,
                   *gradient, partial);
    vn_cuda_launch(d, "a norm", chain_kernel, 1, blocks, partial, square);
}

__global__ void
sgd_kernel(size_t n, struct vn_gradient of, float rate, float momentum,
           float decay, float *p, float *velocity)
{
    size_t i = vn_cuda_element();

    if (i < n)
        vn_sgd_element(vn_gradient_at(of.sum, of.unit, of.factor, i), rate,
                       momentum, decay, &p[i], &velocity[i]);
}

void
vn_cuda_sgd(struct vn_device *dev, size_t n,
            const struct vn_gradient *gradient, float rate, float momentum,
            float decay, float *p, float *velocity)
{
    vn_cuda_launch(vn_cuda(dev), "an update", sgd_kernel,
                   vn_cuda_blocks(n, VN_CUDA_THREADS), n, *gradient, rate,
                   momentum, decay, p, velocity);
}

__global__ void
adamw_kernel(size_t n, struct vn_gradient of, float rate, float decay,
             float correct1, float correct2, float *p, float *first,
             float *second)
{
    size_t i = vn_cuda_element();

    if (i < n)
        vn_adamw_element(vn_gradient_at(of.sum, of.unit, of.factor, i), rate,
                         decay, correct1, correct2, &p[i], &first[i],
                         &second[i]);
}

void
vn_cuda_adamw(struct vn_device *dev, size_t n,
              const struct vn_gradient *gradient, float rate, float decay,
              int64_t step, float *p, float *first, float *second)
{
    float correct1 = (float) (1 / (1 - pow(0.9, (double) step)));
    float correct2 = (float) (1 / (1 - pow(0.95, (double) step)));

    vn_cuda_launch(vn_cuda(dev), "an update", adamw_kernel,
                   vn_cuda_blocks(n, VN_CUDA_THREADS), n, *gradient, rate,
                   decay, correct1, correct2, p, first, second);
}

__global__ void
ema_kernel(size_t n, struct vn_gradient of, float rate, float *p)
{
    size_t i = vn_cuda_element();

    if (i < n) {
        float g = vn_gradient_at(of.sum, of.unit, of.factor, i);

        p[i] = VN_FMAF(rate, g - p[i], p[i]);
    }
}

void
vn_cuda_ema(struct vn_device *dev, size_t n,
            const struct vn_gradient *gradient, float rate, float *p)
{
    vn_cuda_launch(vn_cuda(dev), "an update", ema_kernel,
                   vn_cuda_blocks(n, VN_CUDA_THREADS), n, *gradient, rate, p);
}

/* Another device's sums, here by now, added to this one's. */
__global__ void
sum_kernel(size_t n, bool exact, const void *from, void *to)
{
    size_t i = vn_cuda_element();

    if (i >= n)
        return;
    if (exact)
        ((uint64_t *) to)[i] += ((const uint64_t *) from)[i];
    else
        ((float *) to)[i] += ((const float *) from)[i];
}

void
vn_cuda_peer_add(struct vn_device *dev, struct vn_device *peer, size_t n,
                 bool exact, const void *from, void *to)
{
    const size_t most = 1 << 20; /* elements on their way at once */
    struct vn_cuda *d = vn_cuda(dev);
    size_t size = exact ? sizeof(int64_t) : sizeof(float);
    void *here = vn_cuda_scratch(d, (n < most ? n : most) * size);

    if (here == NULL)
        return;
    for (size_t i = 0; i < n; i += most) {
        size_t count = n - i < most ? n - i : most;

        vn_cuda_from_peer(d, peer, count * size,
                          (const char *) from + i * size, here);
        vn_cuda_launch(d, "a sum of devices", sum_kernel,
                       vn_cuda_blocks(count, VN_CUDA_THREADS), count, exact,
                       here, (char *) to + i * size);
    }
}
