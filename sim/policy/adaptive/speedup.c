#include "config.h"

#include "sim/policy/adaptive/speedup.h"

#include <stddef.h>

static int
ceiling(int a, int b)
{
    return (a + b - 1) / b;
}

struct vn_speedup
vn_speedup_of(const struct vn_goodput_model *model,
              struct vn_gradient gradient,
              const struct vn_batch_limits *limits, int nodes, int devices,
              int jobs)
{
    struct vn_speedup s = {.model = model,
                           .gradient = gradient,
                           .limits = *limits,
                           .fair_devices = ceiling(devices, jobs)};
    int64_t most = limits->max / limits->min_local;

    if (model == NULL)
        return s;
    s.fair = vn_goodput_best(model, gradient, limits, ceiling(nodes, devices),
                             s.fair_devices, NULL);
    if (s.fair == 0 && most > 0 && most < s.fair_devices)
        s.fair = vn_goodput_best(model, gradient, limits,
                                 ceiling(nodes, devices), (int) most, NULL);
    return s;
}

double
vn_speedup_on(const struct vn_speedup *s, int nodes, int devices)
{
    if (s->model == NULL)
        return (double) devices / s->fair_devices;
    if (s->fair == 0)
        return 0;
    return vn_goodput_best(s->model, s->gradient, &s->limits, nodes, devices,
                           NULL)
           / s->fair;
}
