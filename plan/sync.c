#include "config.h"

#include "plan/sync.h"

/* From measured links; false where n lies beyond them. */
static bool
measured(const struct vn_profile *p, int model, int type, int n, double *s)
{
    const struct vn_profile_curve *c;
    const struct vn_profile_link *l;
    int i = 0;

    if (model < 0 || type < 0)
        return false;
    c = vn_profile_curve(p, model, type);
    l = c->links;
    if (c->nlinks == 0 || n < l[0].devices || n > l[c->nlinks - 1].devices)
        return false;
    while (l[i].devices < n)
        i++;
    *s = l[i].sync_s;
    if (l[i].devices > n)
        *s -= (l[i].sync_s - l[i - 1].sync_s) * (l[i].devices - n)
              / (l[i].devices - l[i - 1].devices);
    return true;
}

double
vn_sync_s(const struct vn_profile *p, int model, int type,
          const struct vn_device_type *device, int n, bool across)
{
    int any_model = vn_profile_model(p, "*"), any = vn_profile_type(p, "*");
    double bandwidth = across ? device->inter_node_bytes_per_s
                              : device->intra_node_bytes_per_s;
    double bytes = 4.0 * (double) vn_profile_curve(p, model, type)->parameters;
    double s = 0;

    if (n < 2 || measured(p, model, type, n, &s)
        || measured(p, model, any, n, &s)
        || measured(p, any_model, type, n, &s)
        || measured(p, any_model, any, n, &s))
        return s;
    if (across)
        s += 2.0 * (n - 1) * device->latency_s;
    if (bandwidth > 0)
        s += 2.0 * (n - 1) / n * bytes / bandwidth;
    return s;
}
