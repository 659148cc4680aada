/*
 * The reference: what needs no sums but a chain of few: activations, pooling,
 * embedding.
 */
#include "config.h"

#include "vnode_exec/device/reference/reference.h"

#include "vnode_exec/device/formula.h"

#include <string.h>

void
vn_reference_gelu_forward(struct vn_device *dev, size_t n, const float *x,
                          float *y)
{
    (void) dev;
    for (size_t i = 0; i < n; i++)
        y[i] = vn_gelu(x[i]);
}

void
vn_reference_gelu_backward(struct vn_device *dev, size_t n, const float *x,
                           const float *dy, float *dx)
{
    (void) dev;
    for (size_t i = 0; i < n; i++)
        dx[i] = dy[i] * vn_gelu_slope(x[i]);
}

void
vn_reference_relu_backward(struct vn_device *dev, size_t n, const float *y,
                           const float *dy, float *dx)
{
    (void) dev;
    for (size_t i = 0; i < n; i++)
        dx[i] = y[i] > 0 ? dy[i] : 0;
}

void
vn_reference_add(struct vn_device *dev, size_t n, const float *x, float *y)
{
    (void) dev;
    for (size_t i = 0; i < n; i++)
        y[i] += x[i];
}

void
vn_reference_pool_forward(struct vn_device *dev, size_t examples,
                          size_t pixels, size_t channels, const float *x,
                          float *y)
{
    (void) dev;
    for (size_t e = 0; e < examples; e++)
        for (size_t c = 0; c < channels; c++) {
            float acc = 0;

            for (size_t i = 0; i < pixels; i++)
                acc += x[(e * pixels + i) * channels + c];
            y[e * channels + c] = acc / (float) pixels;
        }
}

void
vn_reference_pool_backward(struct vn_device *dev, size_t examples,
                           size_t pixels, size_t channels, const float *dy,
                           float *dx)
{
    (void) dev;
    for (size_t i = 0; i < examples * pixels * channels; i++) {
        size_t e = i / (pixels * channels);

        dx[i] = dy[e * channels + i % channels] / (float) pixels;
    }
}

void
vn_reference_embed_forward(struct vn_device *dev, size_t rows, size_t width,
                           size_t context, const int32_t *ids,
                           const float *table, const float *position, float *y)
{
    (void) dev;
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < width; j++)
            y[r * width + j] = table[(size_t) ids[r] * width + j]
                               + position[r % context * width + j];
}

void
vn_reference_embed_backward(struct vn_device *dev, size_t rows, size_t width,
                            size_t context, size_t vocabulary,
                            const int32_t *ids, const float *dy, float *dtable,
                            float *dposition)
{
    (void) dev;
    memset(dtable, 0, vocabulary * width * sizeof *dtable);
    memset(dposition, 0, context * width * sizeof *dposition);
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < width; j++) {
            dtable[(size_t) ids[r] * width + j] += dy[r * width + j];
            dposition[r % context * width + j] += dy[r * width + j];
        }
}

void
vn_reference_gather(struct vn_device *dev, size_t n, size_t words,
                    const uint32_t *from, const int32_t *ids,
                    const int32_t *next, uint32_t *to)
{
    (void) dev;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < words; k++)
            to[i * words + k] =
                from[(size_t) ids[(size_t) *next + i] * words + k];
}

void
vn_reference_advance(struct vn_device *dev, int32_t n, int32_t *next)
{
    (void) dev;
    *next += n;
}
