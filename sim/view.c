/* What a policy sees (sim/policy.h). */
#include "config.h"

#include "sim/ledger.h"

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
    return view->ledger.cluster->types[type].devices;
}

int
vn_view_free(const struct vn_view *view, int type)
{
    return view->ledger.free[type];
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

vn_time
vn_view_remaining(const struct vn_view *view, int job)
{
    const struct vn_entry *e = &view->ledger.entries[job];
    int64_t work = e->work - (view->ledger.now - e->since) * e->held;

    return work / e->job.devices + (work % e->job.devices > 0);
}

vn_time
vn_view_executed(const struct vn_view *view, int job)
{
    const struct vn_entry *e = &view->ledger.entries[job];

    return e->executed + (e->held > 0 ? view->ledger.now - e->since : 0);
}

int64_t
vn_view_attained(const struct vn_view *view, int job)
{
    const struct vn_entry *e = &view->ledger.entries[job];

    return e->device_us + (view->ledger.now - e->since) * e->held;
}
