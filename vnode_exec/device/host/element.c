/* What needs no sums but a chain of few: activations, pooling, embedding. */
#include "config.h"

#include "vnode_exec/device/formula.h"
#include "vnode_exec/device/host/host.h"

#include <string.h>

static void
gelu_range(const struct vn_host_job *j, size_t from, size_t to)
{
    const float *restrict x = j->x;
    float *restrict y = j->out;

    for (size_t i = from; i < to; i++)
        y[i] = vn_gelu(x[i]);
}

void
VN_ISA_NAME(vn_host_gelu_forward)(struct vn_device *dev, size_t n,
                                  const float *x, float *y)
{
    vn_host_share(dev, n, VN_HOST_GRAIN, gelu_range,
                  &(struct vn_host_job){.x = x, .out = y});
}

static void
gelu_backward_range(const struct vn_host_job *j, size_t from, size_t to)
{
    const float *x = j->x, *dy = j->dy;
    float *dx = j->out;

#pragma GCC ivdep
    for (size_t i = from; i < to; i++)
        dx[i] = dy[i] * vn_gelu_slope(x[i]);
}

void
VN_ISA_NAME(vn_host_gelu_backward)(struct vn_device *dev, size_t n,
                                   const float *x, const float *dy, float *dx)
{
    vn_host_share(dev, n, VN_HOST_GRAIN, gelu_backward_range,
                  &(struct vn_host_job){.x = x, .dy = dy, .out = dx});
}

static void
relu_backward_range(const struct vn_host_job *j, size_t from, size_t to)
{
    const float *y = j->y, *dy = j->dy;
    float *dx = j->out;

#pragma GCC ivdep
    for (size_t i = from; i < to; i++)
        dx[i] = y[i] > 0 ? dy[i] : 0;
}

void
VN_ISA_NAME(vn_host_relu_backward)(struct vn_device *dev, size_t n,
                                   const float *y, const float *dy, float *dx)
{
    vn_host_share(dev, n, VN_HOST_GRAIN, relu_backward_range,
                  &(struct vn_host_job){.y = y, .dy = dy, .out = dx});
}

static void
add_range(const struct vn_host_job *j, size_t from, size_t to)
{
    const float *restrict x = j->x;
    float *restrict y = j->out;

    for (size_t i = from; i < to; i++)
        y[i] += x[i];
}

void
VN_ISA_NAME(vn_host_add)(struct vn_device *dev, size_t n, const float *x,
                         float *y)
{
    vn_host_share(dev, n, VN_HOST_GRAIN, add_range,
                  &(struct vn_host_job){.x = x, .out = y});
}

static void
pool_range(const struct vn_host_job *j, size_t from, size_t to)
{
    size_t pixels = j->rows, channels = j->width;

    for (size_t e = from; e < to; e++) {
        float *restrict y = j->out + e * channels;

        memset(y, 0, channels * sizeof *y);
        for (size_t i = 0; i < pixels; i++)
            for (size_t c = 0; c < channels; c++)
                y[c] += j->x[(e * pixels + i) * channels + c];
        for (size_t c = 0; c < channels; c++)
            y[c] /= (float) pixels;
    }
}

void
VN_ISA_NAME(vn_host_pool_forward)(struct vn_device *dev, size_t examples,
                                  size_t pixels, size_t channels,
                                  const float *x, float *y)
{
    vn_host_share(dev, examples, vn_host_rows_grain(pixels * channels),
                  pool_range,
                  &(struct vn_host_job){
                      .rows = pixels, .width = channels, .x = x, .out = y});
}

static void
pool_backward_range(const struct vn_host_job *j, size_t from, size_t to)
{
    size_t pixels = j->rows, channels = j->width;

    for (size_t i = from * pixels; i < to * pixels; i++)
        for (size_t c = 0; c < channels; c++)
            j->out[i * channels + c] =
                j->dy[i / pixels * channels + c] / (float) pixels;
}

void
VN_ISA_NAME(vn_host_pool_backward)(struct vn_device *dev, size_t examples,
                                   size_t pixels, size_t channels,
                                   const float *dy, float *dx)
{
    vn_host_share(dev, examples, vn_host_rows_grain(pixels * channels),
                  pool_backward_range,
                  &(struct vn_host_job){
                      .rows = pixels, .width = channels, .dy = dy, .out = dx});
}

static void
embed_range(const struct vn_host_job *j, size_t from, size_t to)
{
    size_t width = j->width;

    for (size_t r = from; r < to; r++) {
        const float *restrict t = j->x + (size_t) j->ids[r] * width;
        const float *restrict p = j->y + r % j->context * width;
        float *restrict y = j->out + r * width;

        for (size_t i = 0; i < width; i++)
            y[i] = t[i] + p[i];
    }
}

void
VN_ISA_NAME(vn_host_embed_forward)(struct vn_device *dev, size_t rows,
                                   size_t width, size_t context,
                                   const int32_t *ids, const float *table,
                                   const float *position, float *y)
{
    vn_host_share(dev, rows, vn_host_rows_grain(width), embed_range,
                  &(struct vn_host_job){.width = width,
                                        .context = context,
                                        .ids = ids,
                                        .x = table,
                                        .y = position,
                                        .out = y});
}

/* Columns [from, to): every thread goes down all the rows. */
static void
embed_backward_range(const struct vn_host_job *j, size_t from, size_t to)
{
    size_t width = j->width;

    for (size_t r = 0; r < j->rows; r++) {
        const float *restrict dy = j->dy + r * width;
        float *restrict t = j->out + (size_t) j->ids[r] * width;
        float *restrict p = j->other + r % j->context * width;

        for (size_t i = from; i < to; i++) {
            t[i] += dy[i];
            p[i] += dy[i];
        }
    }
}

void
VN_ISA_NAME(vn_host_embed_backward)(struct vn_device *dev, size_t rows,
                                    size_t width, size_t context,
                                    size_t vocabulary, const int32_t *ids,
                                    const float *dy, float *dtable,
                                    float *dposition)
{
    memset(dtable, 0, vocabulary * width * sizeof *dtable);
    memset(dposition, 0, context * width * sizeof *dposition);
    vn_host_share(dev, width, VN_HOST_GROUP, embed_backward_range,
                  &(struct vn_host_job){.rows = rows,
                                        .width = width,
                                        .context = context,
                                        .ids = ids,
                                        .dy = dy,
                                        .out = dtable,
                                        .other = dposition});
}
