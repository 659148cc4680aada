/*
 * The reference: where gradients are summed, and what becomes of the
 * parameters.
 */
#include "config.h"

#include "vnode_exec/device/reference/reference.h"

#include "vnode_exec/device/formula.h"

#include <math.h>

void
vn_reference_accumulate(struct vn_device *dev, size_t n, const float *g,
                        float factor, double scale, int64_t *sum,
                        uint32_t *largest)
{
    (void) dev;
    for (size_t i = 0; i < n; i++) {
        float x = factor * g[i];

        sum[i] = (int64_t) ((uint64_t) sum[i] + vn_fixed(x, scale));
        if (vn_magnitude(x) > *largest)
            *largest = vn_magnitude(x);
    }
}

void
vn_reference_accumulate_fast(struct vn_device *dev, size_t n, const float *g,
                             float factor, float *sum)
{
    (void) dev;
    for (size_t i = 0; i < n; i++)
        sum[i] = VN_FMAF(factor, g[i], sum[i]);
}

void
vn_reference_norm(struct vn_device *dev, size_t n,
                  const struct vn_gradient *gradient, double *square)
{
    double total = 0;

    (void) dev;
    for (size_t at = 0; at < n; at += VN_BLOCK) {
        double lanes[VN_LANES] = {0};

        for (size_t i = at; i < at + VN_BLOCK && i < n; i++) {
            double g = vn_gradient_at(gradient->sum, gradient->unit, 1, i);

            lanes[i % VN_LANES] += g * g; /* a product of floats: exact */
        }
        for (int w = VN_LANES / 2; w > 0; w /= 2)
            for (int l = 0; l < w; l++)
                lanes[l] += lanes[l + w];
        total += lanes[0];
    }
    *square = total;
}

void
vn_reference_sgd(struct vn_device *dev, size_t n,
                 const struct vn_gradient *gradient, float rate,
                 float momentum, float decay, float *p, float *velocity)
{
    (void) dev;
    for (size_t i = 0; i < n; i++)
        vn_sgd_element(
            vn_gradient_at(gradient->sum, gradient->unit, gradient->factor, i),
            rate, momentum, decay, &p[i], &velocity[i]);
}

void
vn_reference_adamw(struct vn_device *dev, size_t n,
                   const struct vn_gradient *gradient, float rate, float decay,
                   int64_t step, float *p, float *first, float *second)
{
    float correct1 = (float) (1 / (1 - pow(0.9, (double) step)));
    float correct2 = (float) (1 / (1 - pow(0.95, (double) step)));

    (void) dev;
    for (size_t i = 0; i < n; i++)
        vn_adamw_element(
            vn_gradient_at(gradient->sum, gradient->unit, gradient->factor, i),
            rate, decay, correct1, correct2, &p[i], &first[i], &second[i]);
}

void
vn_reference_ema(struct vn_device *dev, size_t n,
                 const struct vn_gradient *gradient, float rate, float *p)
{
    (void) dev;
    for (size_t i = 0; i < n; i++) {
        float g =
            vn_gradient_at(gradient->sum, gradient->unit, gradient->factor, i);

        p[i] = VN_FMAF(rate, g - p[i], p[i]);
    }
}
