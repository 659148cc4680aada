#include "config.h"

#include "sim/ledger.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void
vn_ledger_init(struct vn_ledger *l, const struct vn_cluster *cluster,
               struct ed_domain *domain)
{
    *l =
        (struct vn_ledger){.cluster = cluster,
                           .of_jobs = vn_region(domain, VN_REGION_LEDGER),
                           .of_devices = vn_region(domain, VN_REGION_CLUSTER)};
    l->free = vn_region_alloc(l->of_devices, (size_t) cluster->ntypes,
                              sizeof *l->free);
    for (int i = 0; i < cluster->ntypes; i++)
        l->free[i] = cluster->types[i].devices;
}

void
vn_ledger_free(struct vn_ledger *l)
{
    vn_region_free(l->of_jobs, l->entries);
    vn_region_free(l->of_devices, l->held);
    vn_region_free(l->of_jobs, l->vacant);
    vn_region_free(l->of_devices, l->free);
}

void
vn_ledger_advance(struct vn_ledger *l, vn_time now)
{
    l->device_us += (__int128) l->busy * (now - l->counted);
    l->now = l->counted = now;
}

static void
grow(struct vn_ledger *l)
{
    size_t types = (size_t) l->cluster->ntypes;

    l->allocated = l->allocated + l->allocated / 2 + 256;
    l->entries = vn_region_realloc(l->of_jobs, l->entries,
                                   (size_t) l->allocated, sizeof *l->entries);
    l->held =
        vn_region_realloc(l->of_devices, l->held,
                          (size_t) l->allocated * types, sizeof *l->held);
    l->vacant = vn_region_realloc(l->of_jobs, l->vacant, (size_t) l->allocated,
                                  sizeof *l->vacant);
}

int
vn_ledger_admit(struct vn_ledger *l, const struct vn_job *job, int type)
{
    int slot;

    if (l->nvacant > 0)
        slot = l->vacant[--l->nvacant];
    else {
        if (l->nentries == l->allocated)
            grow(l);
        slot = l->nentries++;
    }
    l->entries[slot] = (struct vn_entry){.job = *job,
                                         .order = l->arrived++,
                                         .work = job->duration * job->devices,
                                         .since = l->now,
                                         .start = -1,
                                         .type = type,
                                         .present = true};
    for (int i = 0; i < l->cluster->ntypes; i++)
        l->held[slot * l->cluster->ntypes + i] = 0;
    l->present++;
    l->waiting++;
    return slot;
}

void
vn_ledger_settle(struct vn_ledger *l, int slot)
{
    struct vn_entry *e = &l->entries[slot];
    vn_time span = l->now - e->since;

    if (e->held > 0) {
        e->work -= span * e->held;
        e->device_us += span * e->held;
        e->executed += span;
    }
    e->since = l->now;
}

void
vn_ledger_hold(struct vn_ledger *l, int slot, int type, int devices)
{
    struct vn_entry *e = &l->entries[slot];
    int *held = &l->held[slot * l->cluster->ntypes + type];
    int more = devices - *held;

    l->waiting -= e->held == 0;
    *held = devices;
    e->held += more;
    l->free[type] -= more;
    l->busy += more;
    l->waiting += e->held == 0;
}

void
vn_ledger_release(struct vn_ledger *l, int slot)
{
    for (int i = 0; i < l->cluster->ntypes; i++)
        if (l->held[slot * l->cluster->ntypes + i] > 0)
            vn_ledger_hold(l, slot, i, 0);
}

void
vn_ledger_remove(struct vn_ledger *l, int slot)
{
    struct vn_entry *e = &l->entries[slot];
    int64_t total = e->job.duration * e->job.devices;

    l->gone_us += e->device_us;
    l->work_us += e->work > 0 ? total - e->work : total;
    l->spare_us += e->work < 0 ? -e->work : 0;
    e->present = false;
    l->present--;
    l->waiting--;
    l->vacant[l->nvacant++] = slot;
}

vn_time
vn_ledger_end(const struct vn_ledger *l, int slot)
{
    const struct vn_entry *e = &l->entries[slot];
    int64_t whole = e->work / e->held;

    return e->since + whole + (e->work % e->held > 0);
}

enum vn_status
vn_ledger_check(struct vn_ledger *l, struct vn_error *err)
{
    __int128 given = l->gone_us, done = l->work_us + l->spare_us;
    int held = 0, free = 0, present = 0;

    for (int slot = 0; slot < l->nentries; slot++) {
        const struct vn_entry *e = &l->entries[slot];

        if (!e->present)
            continue;
        vn_ledger_settle(l, slot);
        given += e->device_us;
        done += e->job.duration * e->job.devices - e->work;
        held += e->held;
        present++;
    }
    for (int i = 0; i < l->cluster->ntypes; i++) {
        if (l->free[i] < 0)
            return vn_fail(err, VN_EINVAL,
                           "the books do not agree: %d %s too "
                           "many are held",
                           -l->free[i], l->cluster->types[i].name);
        free += l->free[i];
    }
    if (held != l->busy || held + free != l->cluster->devices)
        return vn_fail(err, VN_EINVAL,
                       "the books do not agree: %d devices held by jobs, %d "
                       "in use, %d free of %d",
                       held, l->busy, free, l->cluster->devices);
    if (given != l->device_us || given != done)
        return vn_fail(err, VN_EINVAL,
                       "the books do not agree: %.0f device-microseconds "
                       "held by jobs, %.0f of the cluster, %.0f of work",
                       (double) given, (double) l->device_us, (double) done);
    if (present != l->present)
        return vn_fail(err, VN_EINVAL,
                       "the books do not agree: %d jobs, %d counted", present,
                       l->present);
    return VN_OK;
}
