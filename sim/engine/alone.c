#include "config.h"

#include "sim/engine/alone.h"

#include <math.h>

/* Its whole work in a microsecond on k devices of a type, by parts. */
static double
rate(const struct vn_ledger *l, const struct vn_entry *e, int type, int k)
{
    const struct vn_job *job = &e->job;
    int devices[VN_TYPES_MAX] = {0};

    if (k <= 0)
        return 0;
    devices[type] = k;
    if (e->model >= 0)
        return 1
               / (vn_pricing_step_s(l->pricing, job, e->model, devices, false)
                  * 1e6 * (double) job->steps);
    return (l->pricing != NULL
                ? vn_pricing_mixed_speed(l->pricing, job, devices, false)
                : (double) k / job->devices)
           / (double) job->duration;
}

double
vn_alone_us(const struct vn_ledger *l, const struct vn_entry *e,
            double present)
{
    double time = 0, speed = 0;

    for (int t = 0; t < l->cluster->ntypes; t++) {
        double part = l->cluster->types[t].devices / present, k = part, x;
        int whole;

        if ((e->types >> t & 1) == 0)
            continue;
        k = fmin(fmax(k, e->job.min_devices), e->job.devices);
        x = fmin(part / k, 1);
        whole = (int) k;
        time += x;
        speed +=
            x
            * (rate(l, e, t, whole) * (1 - (k - whole))
               + (k > whole ? rate(l, e, t, whole + 1) * (k - whole) : 0));
    }
    return (time > 1 ? time : 1) / speed;
}
