#include "config.h"

#include "plan/contention.h"

#include <math.h>

bool
vn_contention_is_known(const struct vn_profile *p)
{
    for (int i = 0; i < p->nmodels * p->ntypes; i++)
        if (p->curves[i].ncrowds > 0)
            return true;
    return false;
}

/* From the rows of a model and type; false where there are none. */
static bool
measured(const struct vn_profile *p, int model, int type, int busy,
         struct vn_profile_crowd *crowd)
{
    struct vn_profile_crowd low = {1, 1, 1}, high;
    const struct vn_profile_curve *curve;
    double part = 0;
    int i = 0;

    if (model < 0 || type < 0)
        return false;
    curve = vn_profile_curve(p, model, type);
    if (curve->ncrowds == 0)
        return false;
    while (i < curve->ncrowds && curve->crowds[i].busy < busy)
        low = curve->crowds[i++];
    high = i < curve->ncrowds ? curve->crowds[i] : low;
    if (high.busy > low.busy)
        part = (double) (busy - low.busy) / (high.busy - low.busy);
    crowd->slowdown = low.slowdown + part * (high.slowdown - low.slowdown);
    crowd->probe_slowdown =
        low.probe_slowdown + part * (high.probe_slowdown - low.probe_slowdown);
    return true;
}

static struct vn_profile_crowd
crowd_of(const struct vn_profile *p, int model, int type, int busy)
{
    int any_model = vn_profile_model(p, "*"), any = vn_profile_type(p, "*");
    struct vn_profile_crowd crowd = {busy, 1, 1};

    if (busy > 1)
        (void) (measured(p, model, type, busy, &crowd)
                || measured(p, model, any, busy, &crowd)
                || measured(p, any_model, type, busy, &crowd)
                || measured(p, any_model, any, busy, &crowd));
    return crowd;
}

double
vn_contention(const struct vn_profile *p, int model, int type, int busy)
{
    return crowd_of(p, model, type, busy).slowdown;
}

double
vn_probe_expected(const struct vn_profile *p, int model, int type, int busy)
{
    if (model < 0 || type < 0)
        return 0;
    return vn_profile_curve(p, model, type)->probe_s
           * crowd_of(p, model, type, busy).probe_slowdown;
}

double
vn_host_slowdown(const struct vn_profile *p, int model, int type, int busy,
                 double probe_s)
{
    double known = vn_probe_expected(p, model, type, busy);

    return known > 0 && probe_s > 0
               ? pow(probe_s / known,
                     vn_profile_probe_power(vn_profile_curve(p, model, type)))
               : 1;
}
