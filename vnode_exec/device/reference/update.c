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
                        float factor, const double *scale, int64_t *sum,
                        uint32_t *largest)
{
    (void) dev;
    for (size_t i = 0; i < n; i++) {
        float x = factor * g[i];

        sum[i] = (int64_t) ((uint64_t) sum[i] + vn_fixed(x, *scale));
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

/* Of a place: what the update of each of its elements is to know. */
struct gradient {
    const void *sum;
    double unit;
    float factor;
};

static struct gradient
gradient_of(const struct vn_update *u, int i, float factor)
{
    size_t size = u->exact ? sizeof(int64_t) : sizeof(float);

    return (struct gradient){(const char *) u->sums + u->list[i].offset * size,
                             u->exact ? 1 / u->scale[i] : 0,
                             u->list[i].trained ? factor : 1};
}

static double
square_of(const struct gradient *g, size_t n)
{
    double total = 0;

    for (size_t at = 0; at < n; at += VN_BLOCK) {
        double lanes[VN_LANES] = {0};

        for (size_t i = at; i < at + VN_BLOCK && i < n; i++) {
            double x = vn_gradient_at(g->sum, g->unit, 1, i);

            lanes[i % VN_LANES] += x * x; /* a product of floats: exact */
        }
        for (int w = VN_LANES / 2; w > 0; w /= 2)
            for (int l = 0; l < w; l++)
                lanes[l] += lanes[l + w];
        total += lanes[0];
    }
    return total;
}

static float
clip(const struct vn_update *u)
{
    double sum = 0;

    for (int i = 0; i < u->n; i++) {
        struct gradient g = gradient_of(u, i, 1);

        u->squares[i] = square_of(&g, u->list[i].size);
        if (u->list[i].trained)
            sum += u->squares[i];
    }
    u->squares[u->n] = sqrt(sum);
    u->squares[u->n + 1] = vn_clip_factor(u->squares[u->n], u->clip);
    return (float) u->squares[u->n + 1];
}

void
vn_reference_update(struct vn_device *dev, const struct vn_update *u)
{
    float factor = u->clip > 0 ? clip(u) : 1;

    (void) dev;
    for (int i = 0; i < u->n; i++) {
        const struct vn_place *p = &u->list[i];
        struct gradient g = gradient_of(u, i, factor);
        float decay = p->decayed ? u->decay : 0;

        for (size_t k = 0; k < p->size; k++) {
            float x = vn_gradient_at(g.sum, g.unit, g.factor, k);
            size_t at = p->offset + k;

            if (!p->trained)
                vn_ema_element(x, &u->params[at]);
            else if (u->adamw)
                vn_adamw_element(x, u->rates->rate, decay, u->rates->correct1,
                                 u->rates->correct2, &u->params[at],
                                 &u->first[at], &u->second[at]);
            else
                vn_sgd_element(x, u->rates->rate, u->momentum, decay,
                               &u->params[at], &u->first[at]);
        }
    }
}
