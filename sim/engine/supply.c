#include "config.h"

#include "sim/engine/supply.h"

#include "sim/engine/fleet.h"

static int *
row(const struct vn_engine *e, int *rows, int slot)
{
    return rows + slot * e->config.cluster->ntypes;
}

/* A record of devices that are being released. */
static int
new_leaving(struct vn_engine *e)
{
    int handle = e->unused;

    if (handle >= 0) {
        e->unused = e->leaving[handle].next;
        return handle;
    }
    e->leaving =
        vn_region_realloc(e->ends.region, e->leaving, (size_t) e->nleaving + 1,
                          sizeof *e->leaving);
    return e->nleaving++;
}

/* The job's devices of a type change. */
static void
tell(struct vn_engine *e, int slot, int type, int before, int after)
{
    const struct vn_ledger *l = &e->view->ledger;

    if (e->config.observer.changed != NULL)
        e->config.observer.changed(
            e->config.observer.arg,
            &(struct vn_change){.time = l->now,
                                .id = l->entries[slot].job.id,
                                .type = type,
                                .before = before,
                                .after = after});
}

void
vn_supply_set(struct vn_engine *e, int slot, int type, int devices,
              vn_time wait)
{
    struct vn_ledger *l = &e->view->ledger;
    int before = row(e, l->has, slot)[type], handle = -1;

    if (before == devices)
        return;
    tell(e, slot, type, before, devices);
    if (wait > 0) {
        handle = new_leaving(e);
        e->leaving[handle] = (struct vn_leaving){
            .slot = slot, .type = type, .devices = before - devices};
        vn_heap_set(&e->releases, handle, l->now + wait, e->releasings++);
    }
    if (e->fleet != NULL)
        vn_fleet_set(e->fleet, slot, type, devices, handle);
    vn_ledger_have(l, slot, type, devices, handle >= 0);
    e->freed = e->freed || (devices < before && handle < 0);
}

void
vn_supply_release(struct vn_engine *e, int handle)
{
    struct vn_leaving *leaving = &e->leaving[handle];

    e->asking = true;
    vn_heap_remove(&e->releases, handle);
    vn_ledger_released(&e->view->ledger, leaving->type, leaving->devices);
    if (e->fleet != NULL)
        vn_fleet_released(e->fleet, handle);
    leaving->slot = -1;
    leaving->next = e->unused;
    e->unused = handle;
    e->freed = true;
}

void
vn_supply_release_all(struct vn_engine *e, int slot)
{
    for (int i = 0; i < e->nleaving; i++)
        if (e->leaving[i].slot == slot)
            vn_supply_release(e, i);
}

void
vn_supply_lose(struct vn_engine *e, int slot, int type)
{
    struct vn_ledger *l = &e->view->ledger;
    int before = row(e, l->has, slot)[type];

    tell(e, slot, type, before, before - 1);
    vn_ledger_have(l, slot, type, before - 1, false);
}

void
vn_supply_leave_line(struct vn_engine *e, int slot)
{
    struct vn_entry *entries = e->view->ledger.entries;
    struct vn_entry *entry = &entries[slot];

    if (!entry->queued)
        return;
    if (entry->before >= 0)
        entries[entry->before].behind = entry->behind;
    else
        e->first = entry->behind;
    if (entry->behind >= 0)
        entries[entry->behind].before = entry->before;
    else
        e->last = entry->before;
    entry->queued = false;
    e->freed = e->freed || e->config.placement == VN_PLACEMENT_STRICT;
}

static void
join_line(struct vn_engine *e, int slot)
{
    struct vn_entry *entries = e->view->ledger.entries;
    struct vn_entry *entry = &entries[slot];

    if (entry->queued)
        return;
    entry->before = e->last;
    entry->behind = -1;
    if (e->last >= 0)
        entries[e->last].behind = slot;
    else
        e->first = slot;
    e->last = slot;
    entry->queued = true;
}

/* Under strict placement: does another job wait before this one, or is there
 * no place for all that it lacks? */
static bool
must_wait(const struct vn_engine *e, int slot, const int *held, const int *has)
{
    if (e->config.placement != VN_PLACEMENT_STRICT)
        return false;
    if (e->first >= 0 && e->first != slot)
        return true;
    for (int t = 0; t < e->config.cluster->ntypes; t++)
        if (!vn_fleet_has_place(e->fleet, t, held[t] - has[t]))
            return true;
    return false;
}

bool
vn_supply_obtain(struct vn_engine *e, int slot)
{
    struct vn_ledger *l = &e->view->ledger;
    const int *held = row(e, l->held, slot), *has = row(e, l->has, slot);

    for (int t = 0; t < l->cluster->ntypes; t++)
        if (held[t] - has[t] > l->at_hand[t]) {
            join_line(e, slot);
            return false;
        }
    if (must_wait(e, slot, held, has)) {
        join_line(e, slot);
        return false;
    }
    vn_supply_leave_line(e, slot);
    vn_ledger_settle(l, slot);
    for (int t = 0; t < l->cluster->ntypes; t++)
        if (held[t] > has[t])
            vn_supply_set(e, slot, t, held[t], 0);
    return true;
}
