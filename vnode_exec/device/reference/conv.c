/* The reference: convolutions. */
#include "config.h"

#include "vnode_exec/device/reference/reference.h"

#include "vnode_exec/device/formula.h"

/* An input pixel's first channel's index, or -1 outside the image. */
static ptrdiff_t
in_pixel(const struct vn_conv *s, int example, int y, int x)
{
    if (y < 0 || y >= s->in_height || x < 0 || x >= s->in_width)
        return -1;
    return (((ptrdiff_t) example * s->in_height + y) * s->in_width + x)
           * s->in_channels;
}

static ptrdiff_t
out_pixel(const struct vn_conv *s, int example, int y, int x)
{
    if (y < 0 || y >= s->out_height || x < 0 || x >= s->out_width)
        return -1;
    return (((ptrdiff_t) example * s->out_height + y) * s->out_width + x)
           * s->out_channels;
}

/* The weight of (row, column, in-channel, out-channel). */
static ptrdiff_t
weight(const struct vn_conv *s, int i, int j, int in, int out)
{
    return (((ptrdiff_t) i * s->size + j) * s->in_channels + in)
               * s->out_channels
           + out;
}

static float
conv_pixel(const struct vn_conv *s, const float *x, const float *w, int e,
           int oy, int ox, int oc)
{
    float acc = 0;

    for (int i = 0; i < s->size; i++)
        for (int j = 0; j < s->size; j++) {
            ptrdiff_t at = in_pixel(s, e, oy * s->stride - s->pad + i,
                                    ox * s->stride - s->pad + j);

            for (int ic = 0; ic < s->in_channels; ic++)
                acc = VN_FMAF(at < 0 ? 0 : x[at + ic],
                              w[weight(s, i, j, ic, oc)], acc);
        }
    return acc;
}

void
vn_reference_conv_forward(struct vn_device *dev, const struct vn_conv *s,
                          const float *x, const float *w, float *y)
{
    (void) dev;
    for (int e = 0; e < s->examples; e++)
        for (int oy = 0; oy < s->out_height; oy++)
            for (int ox = 0; ox < s->out_width; ox++)
                for (int oc = 0; oc < s->out_channels; oc++)
                    *y++ = conv_pixel(s, x, w, e, oy, ox, oc);
}

/* Output pixels in ascending order are window positions in descending. */
static float
conv_gradient(const struct vn_conv *s, const float *dy, const float *w, int e,
              int iy, int ix, int ic)
{
    float acc = 0;

    for (int i = s->size - 1; i >= 0; i--) {
        int y = iy + s->pad - i;

        if (y % s->stride != 0)
            continue;
        for (int j = s->size - 1; j >= 0; j--) {
            int x = ix + s->pad - j;
            ptrdiff_t at;

            if (x % s->stride != 0)
                continue;
            at = out_pixel(s, e, y / s->stride, x / s->stride);
            for (int oc = 0; oc < s->out_channels; oc++)
                acc = VN_FMAF(at < 0 ? 0 : dy[at + oc],
                              w[weight(s, i, j, ic, oc)], acc);
        }
    }
    return acc;
}

void
vn_reference_conv_backward_data(struct vn_device *dev, const struct vn_conv *s,
                                const float *dy, const float *w, bool add,
                                float *dx)
{
    (void) dev;
    for (int e = 0; e < s->examples; e++)
        for (int iy = 0; iy < s->in_height; iy++)
            for (int ix = 0; ix < s->in_width; ix++)
                for (int ic = 0; ic < s->in_channels; ic++, dx++) {
                    float g = conv_gradient(s, dy, w, e, iy, ix, ic);

                    *dx = add ? g + *dx : g;
                }
}

/* Of the images [from, to). */
static float
weight_chunk(const struct vn_conv *s, const float *x, const float *dy,
             int from, int to, int i, int j, int ic, int oc)
{
    float acc = 0;

    for (int e = from; e < to; e++)
        for (int oy = 0; oy < s->out_height; oy++)
            for (int ox = 0; ox < s->out_width; ox++) {
                ptrdiff_t at = in_pixel(s, e, oy * s->stride - s->pad + i,
                                        ox * s->stride - s->pad + j);

                acc = VN_FMAF(at < 0 ? 0 : x[at + ic],
                              dy[out_pixel(s, e, oy, ox) + oc], acc);
            }
    return acc;
}

static float
weight_gradient(const struct vn_conv *s, const float *x, const float *dy,
                int i, int j, int ic, int oc)
{
    int chunk = vn_conv_chunk(s);
    float sum = 0;

    for (int e = 0; e < s->examples; e += chunk) {
        int to = e + chunk < s->examples ? e + chunk : s->examples;
        float acc = weight_chunk(s, x, dy, e, to, i, j, ic, oc);

        sum = e == 0 ? acc : sum + acc;
    }
    return sum;
}

void
vn_reference_conv_backward_weights(struct vn_device *dev,
                                   const struct vn_conv *s, const float *x,
                                   const float *dy, float *dw)
{
    (void) dev;
    for (int i = 0; i < s->size; i++)
        for (int j = 0; j < s->size; j++)
            for (int ic = 0; ic < s->in_channels; ic++)
                for (int oc = 0; oc < s->out_channels; oc++)
                    *dw++ = weight_gradient(s, x, dy, i, j, ic, oc);
}
