/* Sums of gradients, their norm, and the updates. */
#include "vnode_exec/device/cuda/cuda.h"

__global__ void
accumulate_kernel(size_t n, const float *g, float weight, const double *scale,
                  uint64_t *sum, uint32_t *largest)
{
    size_t i = vn_cuda_element();
    uint32_t most = 0;

    if (i < n) {
        float x = weight * g[i];

        sum[i] += vn_fixed(x, *scale);
        most = vn_magnitude(x);
    }
    vn_cuda_largest(most, largest);
}

void
vn_cuda_accumulate(struct vn_device *dev, size_t n, const float *g,
                   float weight, const double *scale, int64_t *sum,
                   uint32_t *largest)
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

/* The last place whose KEY is at most `at`; the first's is 0. */
template <size_t vn_place::*KEY>
static __device__ __forceinline__ const struct vn_place *
place_of(const struct vn_update &u, size_t at, int *number)
{
    int low = 0, high = u.n - 1;

    while (low < high) {
        int middle = (low + high + 1) / 2;

        if (u.places[middle].*KEY <= at)
            low = middle;
        else
            high = middle - 1;
    }
    *number = low;
    return &u.places[low];
}

static __device__ __forceinline__ float
gradient_at(const struct vn_update &u, int place, float factor, size_t i)
{
    return vn_gradient_at(u.sums, u.exact ? 1 / u.scale[place] : 0, factor, i);
}

/* A warp to a block of VN_BLOCK elements of a place. */
__global__ void
squares_kernel(struct vn_update u, double *partial)
{
    size_t thread = vn_cuda_element(), lane = thread % VN_CUDA_WARP;
    size_t block = thread / VN_CUDA_WARP;
    double sum = 0;

    if (block < u.blocks) {
        int number;
        const struct vn_place *p =
            place_of<&vn_place::block>(u, block, &number);
        size_t from = (block - p->block) * VN_BLOCK;

        for (size_t i = from + lane; i < from + VN_BLOCK && i < p->size;
             i += VN_CUDA_WARP) {
            double g = gradient_at(u, number, 1, p->offset + i);

            sum += g * g;
        }
    }
    for (unsigned w = VN_CUDA_WARP / 2; w > 0; w /= 2)
        sum += __shfl_down_sync(VN_CUDA_ALL, sum, w);
    if (lane == 0 && block < u.blocks)
        partial[block] = sum;
}

/* One block: each place's square, the norm, the factor. */
__global__ void
clip_kernel(struct vn_update u, const double *partial)
{
    for (int i = (int) threadIdx.x; i < u.n; i += VN_CUDA_THREADS) {
        size_t end = i + 1 < u.n ? u.places[i + 1].block : u.blocks;
        double total = 0;

        VN_CUDA_UNROLL(8)
        for (size_t b = u.places[i].block; b < end; b++)
            total += partial[b];
        u.squares[i] = total;
    }
    __syncthreads();
    if (threadIdx.x == 0) {
        double sum = 0;

        for (int i = 0; i < u.n; i++)
            if (u.places[i].trained)
                sum += u.squares[i];
        u.squares[u.n] = sqrt(sum);
        u.squares[u.n + 1] = vn_clip_factor(u.squares[u.n], u.clip);
    }
}

/* A thread to an element of the vectors. */
__global__ void
update_kernel(struct vn_update u)
{
    size_t at = vn_cuda_element();
    int number;
    const struct vn_place *p = place_of<&vn_place::offset>(u, at, &number);
    float factor = u.clip > 0 && p->trained ? (float) u.squares[u.n + 1] : 1;
    float decay = p->decayed ? u.decay : 0, g;

    if (at - p->offset >= p->size)
        return;
    g = gradient_at(u, number, factor, at);
    if (!p->trained)
        vn_ema_element(g, &u.params[at]);
    else if (u.adamw)
        vn_adamw_element(g, u.rates->rate, decay, u.rates->correct1,
                         u.rates->correct2, &u.params[at], &u.first[at],
                         &u.second[at]);
    else
        vn_sgd_element(g, u.rates->rate, u.momentum, decay, &u.params[at],
                       &u.first[at]);
}

void
vn_cuda_update(struct vn_device *dev, const struct vn_update *u)
{
    struct vn_cuda *d = vn_cuda(dev);
    const struct vn_place *last = &u->list[u->n - 1];

    if (u->clip > 0) {
        double *partial =
            (double *) vn_cuda_scratch(d, u->blocks * sizeof *partial);

        if (partial == NULL)
            return;
        vn_cuda_launch(
            d, "a norm", squares_kernel,
            vn_cuda_blocks(u->blocks, VN_CUDA_THREADS / VN_CUDA_WARP), *u,
            partial);
        vn_cuda_launch(d, "a norm", clip_kernel, 1, *u, partial);
    }
    vn_cuda_launch(d, "an update", update_kernel,
                   vn_cuda_blocks(last->offset + last->size, VN_CUDA_THREADS),
                   *u);
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
