#include "config.h"

#include "plan/contention.h"

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
measured(const struct vn_profile *p, int model, int type, int busy, double *c)
{
    struct vn_profile_crowd low = {1, 1}, high;
    const struct vn_profile_curve *curve;
    int i = 0;

    if (model < 0 || type < 0)
        return false;
    curve = vn_profile_curve(p, model, type);
    if (curve->ncrowds == 0)
        return false;
    while (i < curve->ncrowds && curve->crowds[i].busy < busy)
        low = curve->crowds[i++];
    high = i < curve->ncrowds ? curve->crowds[i] : low;
    *c = high.busy == busy || high.busy == low.busy
             ? high.slowdown
             : low.slowdown
                   + (high.slowdown - low.slowdown) * (busy - low.busy)
                         / (high.busy - low.busy);
    return true;
}

double
vn_contention(const struct vn_profile *p, int model, int type, int busy)
{
    int any_model = vn_profile_model(p, "*"), any = vn_profile_type(p, "*");
    double c = 1;

    if (busy < 2)
        return 1;
    (void) (measured(p, model, type, busy, &c)
            || measured(p, model, any, busy, &c)
            || measured(p, any_model, type, busy, &c)
            || measured(p, any_model, any, busy, &c));
    return c;
}
