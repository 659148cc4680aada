/* Where gradients are summed, and what becomes of the parameters. */
#include "config.h"

#include "vnode_exec/device/formula.h"
#include "vnode_exec/device/host/host.h"

#include <string.h>

struct accumulation {
    size_t n;
    const float *g;
    float factor;
    double scale;
    uint64_t *sum;
    uint32_t *largest; /* of each thread, in its work memory */
    struct vn_device *dev;
};

static void
accumulate_thread(void *arg, int thread, int threads)
{
    const struct accumulation *a = arg;
    const float *restrict g = a->g;
    uint64_t *restrict sums = a->sum;
    float factor = a->factor;
    double scale = a->scale;
    uint32_t most = 0;
    size_t from, to;

    vn_team_share(a->n, VN_HOST_GRAIN, thread, threads, &from, &to);
    for (size_t i = from; i < to; i++) {
        float x = factor * g[i];
        uint32_t m = vn_magnitude(x);

        sums[i] += vn_fixed(x, scale);
        most = m > most ? m : most;
    }
    memcpy(vn_host_work(a->dev, thread), &most, sizeof most);
}

void
VN_ISA_NAME(vn_host_accumulate)(struct vn_device *dev, size_t n,
                                const float *g, float factor, double scale,
                                int64_t *to, uint32_t *largest)
{
    struct accumulation a = {.n = n,
                             .g = g,
                             .factor = factor,
                             .scale = scale,
                             .sum = (uint64_t *) to,
                             .dev = dev};
    struct vn_host *host = (struct vn_host *) dev;

    vn_host_reserve(dev, 16);
    for (int i = 0; i < host->device.options.threads; i++)
        memset(vn_host_work(dev, i), 0, sizeof(uint32_t));
    vn_host_run(dev, accumulate_thread, &a);
    for (int i = 0; i < host->device.options.threads; i++) {
        uint32_t most;

        memcpy(&most, vn_host_work(dev, i), sizeof most);
        *largest = most > *largest ? most : *largest;
    }
}

static void
accumulate_fast_range(const struct vn_host_job *j, size_t from, size_t to)
{
    const float *restrict g = j->x;
    float *restrict out = j->out;
    float factor = j->factor;

    for (size_t i = from; i < to; i++)
        out[i] = VN_FMAF(factor, g[i], out[i]);
}

void
VN_ISA_NAME(vn_host_accumulate_fast)(struct vn_device *dev, size_t n,
                                     const float *g, float factor, float *to)
{
    vn_host_share(dev, n, VN_HOST_GRAIN, accumulate_fast_range,
                  &(struct vn_host_job){.x = g, .factor = factor, .out = to});
}

void
VN_ISA_NAME(vn_host_norm)(struct vn_device *dev, size_t n,
                          const struct vn_gradient *gradient, double *square)
{
    double total = 0;

    (void) dev;
    for (size_t at = 0; at < n; at += VN_BLOCK) {
        double lanes[VN_LANES] = {0};
        size_t end = at + VN_BLOCK < n ? at + VN_BLOCK : n;

        for (size_t i = at; i < end; i += VN_LANES)
            for (size_t l = 0; l < VN_LANES && i + l < end; l++) {
                double g =
                    vn_gradient_at(gradient->sum, gradient->unit, 1, i + l);

                lanes[l] += g * g;
            }
        for (int w = VN_LANES / 2; w > 0; w /= 2)
            for (int l = 0; l < w; l++)
                lanes[l] += lanes[l + w];
        total += lanes[0];
    }
    *square = total;
}

/* An update: what it needs of its arguments. */
struct update {
    struct vn_gradient g;
    float rate, momentum, decay, correct1, correct2;
    float *p, *first, *second;
    size_t n;
};

static void
sgd_thread(void *arg, int thread, int threads)
{
    const struct update *u = arg;
    struct vn_gradient g = u->g;
    float rate = u->rate, momentum = u->momentum, decay = u->decay;
    float *restrict p = u->p, *restrict v = u->first;
    size_t from, to;

    vn_team_share(u->n, VN_HOST_GRAIN, thread, threads, &from, &to);
    if (g.unit == 0) {
        for (size_t i = from; i < to; i++)
            vn_sgd_element(vn_gradient_at(g.sum, 0, g.factor, i), rate,
                           momentum, decay, &p[i], &v[i]);
        return;
    }
    for (size_t i = from; i < to; i++)
        vn_sgd_element(
            g.factor * vn_from_fixed(((const int64_t *) g.sum)[i], g.unit),
            rate, momentum, decay, &p[i], &v[i]);
}

void
VN_ISA_NAME(vn_host_sgd)(struct vn_device *dev, size_t n,
                         const struct vn_gradient *gradient, float rate,
                         float momentum, float decay, float *p,
                         float *velocity)
{
    struct update u = {.g = *gradient,
                       .rate = rate,
                       .momentum = momentum,
                       .decay = decay,
                       .p = p,
                       .first = velocity,
                       .n = n};

    vn_host_run(dev, sgd_thread, &u);
}

static void
adamw_thread(void *arg, int thread, int threads)
{
    const struct update *u = arg;
    struct vn_gradient g = u->g;
    float rate = u->rate, decay = u->decay;
    float correct1 = u->correct1, correct2 = u->correct2;
    float *restrict p = u->p, *restrict m = u->first, *restrict v = u->second;
    size_t from, to;

    vn_team_share(u->n, VN_HOST_GRAIN, thread, threads, &from, &to);
    for (size_t i = from; i < to; i++)
        vn_adamw_element(vn_gradient_at(g.sum, g.unit, g.factor, i), rate,
                         decay, correct1, correct2, &p[i], &m[i], &v[i]);
}

void
VN_ISA_NAME(vn_host_adamw)(struct vn_device *dev, size_t n,
                           const struct vn_gradient *gradient, float rate,
                           float decay, int64_t step, float *p, float *first,
                           float *second)
{
    struct update u = {.g = *gradient,
                       .rate = rate,
                       .decay = decay,
                       .correct1 = (float) (1 / (1 - pow(0.9, (double) step))),
                       .correct2 =
                           (float) (1 / (1 - pow(0.95, (double) step))),
                       .p = p,
                       .first = first,
                       .second = second,
                       .n = n};

    vn_host_run(dev, adamw_thread, &u);
}

void
VN_ISA_NAME(vn_host_ema)(struct vn_device *dev, size_t n,
                         const struct vn_gradient *gradient, float rate,
                         float *p)
{
    (void) dev;
    for (size_t i = 0; i < n; i++) {
        float g =
            vn_gradient_at(gradient->sum, gradient->unit, gradient->factor, i);

        p[i] = VN_FMAF(rate, g - p[i], p[i]);
    }
}
