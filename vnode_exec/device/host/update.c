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
                                const float *g, float factor,
                                const double *scale, int64_t *to,
                                uint32_t *largest)
{
    struct accumulation a = {.n = n,
                             .g = g,
                             .factor = factor,
                             .scale = *scale,
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

/* A place's gradient, and what its update is to know beside. */
struct part {
    const struct vn_update *u;
    const struct vn_place *p;
    const void *sum;
    double unit;
    float factor;
};

static struct part
part_of(const struct vn_update *u, int i, float factor)
{
    size_t size = u->exact ? sizeof(int64_t) : sizeof(float);

    return (struct part){.u = u,
                         .p = &u->list[i],
                         .sum =
                             (const char *) u->sums + u->list[i].offset * size,
                         .unit = u->exact ? 1 / u->scale[i] : 0,
                         .factor = factor};
}

static double
square_of(const struct part *g)
{
    double total = 0;
    size_t n = g->p->size;

    for (size_t at = 0; at < n; at += VN_BLOCK) {
        double lanes[VN_LANES] = {0};
        size_t end = at + VN_BLOCK < n ? at + VN_BLOCK : n;

        for (size_t i = at; i < end; i += VN_LANES)
            for (size_t l = 0; l < VN_LANES && i + l < end; l++) {
                double x = vn_gradient_at(g->sum, g->unit, 1, i + l);

                lanes[l] += x * x;
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
        struct part g = part_of(u, i, 1);

        u->squares[i] = square_of(&g);
        if (u->list[i].trained)
            sum += u->squares[i];
    }
    u->squares[u->n] = sqrt(sum);
    u->squares[u->n + 1] = vn_clip_factor(u->squares[u->n], u->clip);
    return (float) u->squares[u->n + 1];
}

static void
sgd_thread(void *arg, int thread, int threads)
{
    const struct part *g = arg;
    float rate = g->u->rates->rate, momentum = g->u->momentum;
    float decay = g->p->decayed ? g->u->decay : 0, factor = g->factor;
    float *restrict p = g->u->params + g->p->offset;
    float *restrict v = g->u->first + g->p->offset;
    const int64_t *sum = g->sum;
    double unit = g->unit;
    size_t from, to;

    vn_team_share(g->p->size, VN_HOST_GRAIN, thread, threads, &from, &to);
    if (unit == 0) {
        for (size_t i = from; i < to; i++)
            vn_sgd_element(vn_gradient_at(g->sum, 0, factor, i), rate,
                           momentum, decay, &p[i], &v[i]);
        return;
    }
    for (size_t i = from; i < to; i++)
        vn_sgd_element(factor * vn_from_fixed(sum[i], unit), rate, momentum,
                       decay, &p[i], &v[i]);
}

static void
adamw_thread(void *arg, int thread, int threads)
{
    const struct part *g = arg;
    struct vn_rates r = *g->u->rates;
    float decay = g->p->decayed ? g->u->decay : 0, factor = g->factor;
    float *restrict p = g->u->params + g->p->offset;
    float *restrict m = g->u->first + g->p->offset;
    float *restrict v = g->u->second + g->p->offset;
    const void *sum = g->sum;
    double unit = g->unit;
    size_t from, to;

    vn_team_share(g->p->size, VN_HOST_GRAIN, thread, threads, &from, &to);
    for (size_t i = from; i < to; i++)
        vn_adamw_element(vn_gradient_at(sum, unit, factor, i), r.rate, decay,
                         r.correct1, r.correct2, &p[i], &m[i], &v[i]);
}

static void
statistic(const struct part *g)
{
    float *p = g->u->params + g->p->offset;

    for (size_t i = 0; i < g->p->size; i++)
        vn_ema_element(vn_gradient_at(g->sum, g->unit, 1, i), &p[i]);
}

void
VN_ISA_NAME(vn_host_update)(struct vn_device *dev, const struct vn_update *u)
{
    float factor = u->clip > 0 ? clip(u) : 1;

    for (int i = 0; i < u->n; i++) {
        struct part g = part_of(u, i, factor);

        if (g.p->trained)
            vn_host_run(dev, u->adamw ? adamw_thread : sgd_thread, &g);
        else
            statistic(&g);
    }
}
