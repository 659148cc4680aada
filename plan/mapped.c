#include "config.h"

#include "plan/mapped.h"

#include "plan/contention.h"
#include "plan/sync.h"

#include <math.h>

static bool
same_device(const struct vn_share *a, const struct vn_share *b)
{
    return a->type == b->type && a->device == b->device;
}

/* Is it the first share of its device? */
static bool
is_first(const struct vn_mapping *m, int share)
{
    for (int i = 0; i < share; i++)
        if (same_device(&m->shares[i], &m->shares[share]))
            return false;
    return true;
}

/* Seconds of what the device of a share computes. */
static double
device_s(const struct vn_profile_curve *curve, const struct vn_mapping *m,
         int share)
{
    double s = curve->update_s;

    for (int i = share; i < m->nshares; i++)
        if (same_device(&m->shares[i], &m->shares[share]))
            s += m->shares[i].vnode_count
                 * vn_profile_node_s(curve, m->shares[i].batch);
    return s;
}

struct vn_mapped_price
vn_mapped_price(const struct vn_profile *profile,
                const struct vn_cluster *cluster, int model,
                const struct vn_plan *plan, const struct vn_mapping *m,
                const double *probe_s)
{
    static const struct vn_device_type nothing = {.name = NULL};
    struct vn_mapped_price price = {.devices = 0};
    double longest = 0, slowest = 0;
    int device = 0;

    for (int i = 0; i < m->nshares; i++)
        price.devices += is_first(m, i);
    for (int i = 0; i < m->nshares; i++) {
        const char *name = plan->types[m->shares[i].type];
        int type = vn_profile_type(profile, name);
        int known = cluster != NULL ? vn_cluster_type(cluster, name) : -1;
        double s = INFINITY, slowdown = 1;

        if (!is_first(m, i))
            continue;
        if (probe_s != NULL)
            slowdown = vn_host_slowdown(profile, model, type, price.devices,
                                        probe_s[device++]);
        slowest = fmax(slowest, slowdown);
        if (type >= 0)
            s = slowdown * vn_contention(profile, model, type, price.devices)
                * device_s(vn_profile_curve(profile, model, type), m, i);
        if (isinf(s) && price.unknown == NULL)
            price.unknown = &m->shares[i];
        else if (type >= 0)
            price.sync_s =
                fmax(price.sync_s,
                     vn_sync_s(profile, model, type,
                               known >= 0 ? &cluster->types[known] : &nothing,
                               price.devices, false));
        longest = fmax(longest, s);
    }
    price.sync_s *= slowest > 0 ? slowest : 1;
    price.step_s = longest + price.sync_s;
    return price;
}
