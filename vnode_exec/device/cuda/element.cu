/* Operations on elements, images' means and embeddings. */
#include "vnode_exec/device/cuda/cuda.h"

__global__ void
gelu_kernel(size_t n, const float *x, const float *dy, float *to)
{
    size_t i = vn_cuda_element();

    if (i < n)
        to[i] = dy == NULL ? vn_gelu(x[i]) : dy[i] * vn_gelu_slope(x[i]);
}

void
vn_cuda_gelu_forward(struct vn_device *dev, size_t n, const float *x, float *y)
{
    vn_cuda_launch(vn_cuda(dev), "gelu", gelu_kernel,
                   vn_cuda_blocks(n, VN_CUDA_THREADS), n, x, nullptr, y);
}

void
vn_cuda_gelu_backward(struct vn_device *dev, size_t n, const float *x,
                      const float *dy, float *dx)
{
    vn_cuda_launch(vn_cuda(dev), "gelu's gradient", gelu_kernel,
                   vn_cuda_blocks(n, VN_CUDA_THREADS), n, x, dy, dx);
}

__global__ void
relu_backward_kernel(size_t n, const float *y, const float *dy, float *dx)
{
    size_t i = vn_cuda_element();

    if (i < n)
        dx[i] = y[i] > 0 ? dy[i] : 0;
}

void
vn_cuda_relu_backward(struct vn_device *dev, size_t n, const float *y,
                      const float *dy, float *dx)
{
    vn_cuda_launch(vn_cuda(dev), "relu's gradient", relu_backward_kernel,
                   vn_cuda_blocks(n, VN_CUDA_THREADS), n, y, dy, dx);
}

__global__ void
add_kernel(size_t n, const float *x, float *y)
{
    size_t i = vn_cuda_element();

    if (i < n)
        y[i] += x[i];
}

void
vn_cuda_add(struct vn_device *dev, size_t n, const float *x, float *y)
{
    vn_cuda_launch(vn_cuda(dev), "a sum", add_kernel,
                   vn_cuda_blocks(n, VN_CUDA_THREADS), n, x, y);
}

__global__ void
pool_forward_kernel(size_t n, size_t pixels, size_t channels, const float *x,
                    float *y)
{
    size_t i = vn_cuda_element(), e = i / channels, c = i % channels;
    float sum = 0;

    if (i >= n)
        return;
    for (size_t p = 0; p < pixels; p++)
        sum += x[(e * pixels + p) * channels + c];
    y[i] = sum / (float) pixels;
}

void
vn_cuda_pool_forward(struct vn_device *dev, size_t examples, size_t pixels,
                     size_t channels, const float *x, float *y)
{
    size_t n = examples * channels;

    vn_cuda_launch(vn_cuda(dev), "a mean over pixels", pool_forward_kernel,
                   vn_cuda_blocks(n, VN_CUDA_THREADS), n, pixels, channels, x,
                   y);
}

__global__ void
pool_backward_kernel(size_t n, size_t pixels, size_t channels, const float *dy,
                     float *dx)
{
    size_t i = vn_cuda_element(), e = i / (pixels * channels);

    if (i < n)
        dx[i] = dy[e * channels + i % channels] / (float) pixels;
}

void
vn_cuda_pool_backward(struct vn_device *dev, size_t examples, size_t pixels,
                      size_t channels, const float *dy, float *dx)
{
    size_t n = examples * pixels * channels;

    vn_cuda_launch(vn_cuda(dev), "a mean's gradient", pool_backward_kernel,
                   vn_cuda_blocks(n, VN_CUDA_THREADS), n, pixels, channels, dy,
                   dx);
}

__global__ void
embed_forward_kernel(size_t n, size_t width, size_t context,
                     const int32_t *ids, const float *table,
                     const float *position, float *y)
{
    size_t i = vn_cuda_element(), r = i / width, j = i % width;

    if (i < n)
        y[i] = table[(size_t) ids[r] * width + j]
               + position[r % context * width + j];
}

void
vn_cuda_embed_forward(struct vn_device *dev, size_t rows, size_t width,
                      size_t context, const int32_t *ids, const float *table,
                      const float *position, float *y)
{
    size_t n = rows * width;

    vn_cuda_launch(vn_cuda(dev), "an embedding", embed_forward_kernel,
                   vn_cuda_blocks(n, VN_CUDA_THREADS), n, width, context, ids,
                   table, position, y);
}

/*
 * A thread to a row: the next row that has its id, or `rows`; and is there
 * none before it?
 */
__global__ void
rows_of_id_kernel(size_t rows, const int32_t *ids, int32_t *next,
                  int32_t *first)
{
    size_t r = vn_cuda_element(), before = 0, after = r + 1;

    if (r >= rows)
        return;
    while (before < r && ids[before] != ids[r])
        before++;
    while (after < rows && ids[after] != ids[r])
        after++;
    first[r] = before == r;
    next[r] = (int32_t) after;
}

/* A thread to an element of a row that is its id's first: all of them. */
__global__ void
table_kernel(size_t rows, size_t width, const int32_t *ids,
             const int32_t *next, const int32_t *first, const float *dy,
             float *dtable)
{
    size_t i = vn_cuda_element(), row = i / width, j = i % width;
    float sum = 0;

    if (row >= rows || first[row] == 0)
        return;
    for (size_t r = row; r < rows; r = (size_t) next[r])
        sum += dy[r * width + j];
    dtable[(size_t) ids[row] * width + j] = sum;
}

__global__ void
position_kernel(size_t rows, size_t width, size_t context, const float *dy,
                float *dposition)
{
    size_t i = vn_cuda_element(), j = i % width;
    float sum = 0;

    if (i >= context * width)
        return;
    for (size_t r = i / width; r < rows; r += context)
        sum += dy[r * width + j];
    dposition[i] = sum;
}

void
vn_cuda_embed_backward(struct vn_device *dev, size_t rows, size_t width,
                       size_t context, size_t vocabulary, const int32_t *ids,
                       const float *dy, float *dtable, float *dposition)
{
    struct vn_cuda *d = vn_cuda(dev);
    int32_t *next = (int32_t *) vn_cuda_scratch(d, 2 * rows * sizeof *next);

    if (next == NULL)
        return;
    dev->backend->zero(dev, vocabulary * width * sizeof *dtable, dtable);
    vn_cuda_launch(d, "an embedding's gradient", rows_of_id_kernel,
                   vn_cuda_blocks(rows, VN_CUDA_THREADS), rows, ids, next,
                   next + rows);
    vn_cuda_launch(d, "an embedding's gradient", table_kernel,
                   vn_cuda_blocks(rows * width, VN_CUDA_THREADS), rows, width,
                   ids, next, next + rows, dy, dtable);
    vn_cuda_launch(d, "an embedding's gradient", position_kernel,
                   vn_cuda_blocks(context * width, VN_CUDA_THREADS), rows,
                   width, context, dy, dposition);
}

__global__ void
gather_kernel(size_t n, size_t words, const uint32_t *from, const int32_t *ids,
              const int32_t *next, uint32_t *to)
{
    size_t i = vn_cuda_element(), row = i / words;

    if (i < n * words)
        to[i] = from[(size_t) ids[(size_t) *next + row] * words + i % words];
}

void
vn_cuda_gather(struct vn_device *dev, size_t n, size_t words,
               const uint32_t *from, const int32_t *ids, const int32_t *next,
               uint32_t *to)
{
    vn_cuda_launch(vn_cuda(dev), "examples", gather_kernel,
                   vn_cuda_blocks(n * words, VN_CUDA_THREADS), n, words, from,
                   ids, next, to);
}

__global__ void
advance_kernel(int32_t n, int32_t *next)
{
    if (vn_cuda_element() == 0)
        *next += n;
}

void
vn_cuda_advance(struct vn_device *dev, int32_t n, int32_t *next)
{
    vn_cuda_launch(vn_cuda(dev), "examples", advance_kernel, 1, n, next);
}
