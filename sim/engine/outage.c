#include "config.h"

#include "sim/engine/outage.h"

#include "base/xalloc.h"
#include "sim/engine/fleet.h"
#include "sim/engine/phase.h"
#include "sim/engine/transition.h"

#include <stdlib.h>

/* A device fails: the slot that had it, or -1. */
static int
fail_device(struct vn_engine *e, int type, int device)
{
    struct vn_ledger *l = &e->view->ledger;
    int slot;

    if (vn_fleet_is_leaving(e->fleet, type, device))
        return -1; /* its job is gone; the next failure will find it */
    slot = vn_fleet_fail(e->fleet, type, device);
    if (slot >= 0)
        vn_transition_strike(e, slot, type);
    l->at_hand[type]--;
    l->down[type]++;
    return slot;
}

/* Devices that are one unit fail together, and then their jobs do. */
static void
fail(struct vn_engine *e, const struct vn_fault *fault)
{
    int *slots = vn_xcalloc((size_t) fault->count, sizeof *slots);

    for (int i = 0; i < fault->count; i++)
        slots[i] = fail_device(e, fault->type, fault->first + i);
    for (int i = 0; i < fault->count; i++)
        if (slots[i] >= 0)
            vn_transition_fail(e, slots[i]);
    free(slots);
}

static void
repair_device(struct vn_engine *e, int type, int device)
{
    struct vn_ledger *l = &e->view->ledger;

    if (!vn_fleet_is_down(e->fleet, type, device))
        return;
    vn_fleet_repair(e->fleet, type, device);
    l->at_hand[type]++;
    l->down[type]--;
    e->freed = true;
}

void
vn_outage(struct vn_engine *e, const struct vn_fault *fault)
{
    int slot;

    e->events++;
    e->asking = true;
    switch (fault->kind) {
    case VN_FAULT_FAIL:
        fail(e, fault);
        break;
    case VN_FAULT_REPAIR:
        for (int i = 0; i < fault->count; i++)
            repair_device(e, fault->type, fault->first + i);
        break;
    case VN_FAULT_SLOW:
        slot = vn_fleet_slow(e->fleet, fault->type, fault->first,
                             fault->slowdown);
        if (slot >= 0)
            vn_phase_reprice(e, slot);
        break;
    }
}
