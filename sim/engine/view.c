/* What a policy sees (sim/api/policy.h). */
#include "config.h"

#include "sim/engine/ledger.h"

#include <math.h>

vn_time
vn_view_now(const struct vn_view *view)
{
    return view->ledger.now;
}

int
vn_view_types(const struct vn_view *view)
{
    return view->ledger.cluster->ntypes;
}

int
vn_view_devices(const struct vn_view *view, int type)
{
    return view->ledger.cluster->types[type].devices - view->ledger.down[type];
}

const char *
vn_view_type_name(const struct vn_view *view, int type)
{
    return view->ledger.cluster->types[type].name;
}

const char *
vn_view_model_name(const struct vn_view *view, int job)
{
    const struct vn_ledger *l = &view->ledger;
    int model = l->entries[job].model;

    return model >= 0 ? vn_pricing_model_name(l->pricing, model) : NULL;
}

bool
vn_view_arriving(const struct vn_view *view)
{
    return view->ledger.arriving;
}

int
vn_view_free(const struct vn_view *view, int type)
{
    int free = view->ledger.free[type] - view->ledger.down[type];

    return free > 0 ? free : 0;
}

const struct vn_job *
vn_view_job(const struct vn_view *view, int job)
{
    return &view->ledger.entries[job].job;
}

int64_t
vn_view_order(const struct vn_view *view, int job)
{
    return view->ledger.entries[job].order;
}

int
vn_view_type(const struct vn_view *view, int job)
{
    return view->ledger.entries[job].type;
}

int
vn_view_held(const struct vn_view *view, int job, int type)
{
    return view->ledger.held[job * view->ledger.cluster->ntypes + type];
}

int
vn_view_held_all(const struct vn_view *view, int job)
{
    return view->ledger.entries[job].held;
}

bool
vn_view_runs(const struct vn_view *view, int job, int type)
{
    return view->ledger.entries[job].types >> type & 1;
}

double
vn_view_step_s(const struct vn_view *view, int job, const int *devices)
{
    const struct vn_ledger *l = &view->ledger;
    const struct vn_entry *e = &l->entries[job];
    int n = 0;

    if (e->model >= 0)
        return vn_pricing_step_s(l->pricing, &e->job, e->model, devices,
                                 false);
    for (int t = 0; t < l->cluster->ntypes; t++)
        n += devices[t];
    if (n == 0)
        return INFINITY;
    return (double) e->job.duration * 1e-6
           / (l->pricing != NULL
                  ? vn_pricing_mixed_speed(l->pricing, &e->job, devices, false)
                  : (double) n / e->job.devices);
}

int64_t
vn_view_step_ns(const struct vn_view *view, int job, int type, int n)
{
    int devices[VN_TYPES_MAX] = {0};
    double s;

    devices[type] = n > 0 ? n : 0;
    s = vn_view_step_s(view, job, devices);
    return s * 1e9 < (double) (INT64_MAX / 2) ? llround(s * 1e9) : INT64_MAX;
}

double
vn_view_mix_s(const struct vn_view *view, int job, const int *devices)
{
    const struct vn_entry *e = &view->ledger.entries[job];

    return e->model >= 0 ? vn_pricing_mix_s(view->ledger.pricing, &e->job,
                                            e->model, devices)
                         : INFINITY;
}

double
vn_view_goodput(const struct vn_view *view, int job, const int *devices)
{
    const struct vn_entry *e = &view->ledger.entries[job];
    double step_s;

    if (e->model < 0)
        return 0;
    step_s = vn_view_step_s(view, job, devices);
    return isfinite(step_s)
               ? vn_pricing_worth(view->ledger.pricing, &e->job, e->model)
                     / step_s
               : 0;
}

int
vn_view_size(const struct vn_view *view, int job, int type, int n)
{
    const struct vn_entry *e = &view->ledger.entries[job];
    int devices[VN_TYPES_MAX] = {0};

    if (n > e->job.max_devices)
        n = e->job.max_devices;
    if (n > view->ledger.cluster->types[type].devices)
        n = view->ledger.cluster->types[type].devices;
    for (; n >= e->job.min_devices; n--) {
        devices[type] = n;
        if (e->model < 0 || isfinite(vn_view_step_s(view, job, devices)))
            return n;
    }
    return 0;
}

int64_t
vn_view_steps(const struct vn_view *view, int job)
{
    const struct vn_entry *e = &view->ledger.entries[job];

    return e->model >= 0
               ? (int64_t) ceil(vn_ledger_left(&view->ledger, e) - 1e-6)
               : 1;
}

vn_time
vn_view_remaining(const struct vn_view *view, int job)
{
    const struct vn_ledger *l = &view->ledger;
    const struct vn_entry *e = &l->entries[job];
    int64_t work = e->work - (l->now - e->since) * e->works;

    if (e->model >= 0 || !l->linear)
        return (vn_time) ceil(vn_ledger_left(l, e) * e->full_us - 1e-3);
    return work / e->job.devices + (work % e->job.devices > 0);
}

vn_time
vn_view_executed(const struct vn_view *view, int job)
{
    const struct vn_entry *e = &view->ledger.entries[job];

    return e->executed + (e->has > 0 ? view->ledger.now - e->since : 0);
}

int64_t
vn_view_attained(const struct vn_view *view, int job)
{
    const struct vn_entry *e = &view->ledger.entries[job];

    return vn_entry_device_us(e) + (view->ledger.now - e->since) * e->has;
}
