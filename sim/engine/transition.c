#include "config.h"

#include "sim/engine/transition.h"

#include "sim/engine/phase.h"
#include "sim/engine/supply.h"

/* How what is granted stands to what a job has. */
struct gap {
    bool shrinks;
    bool grows;
    bool apart; /* they have nothing in common */
};

static struct gap
gap_of(const struct vn_engine *e, int slot)
{
    struct vn_ledger *l = &e->view->ledger;
    int types = l->cluster->ntypes;
    const int *held = l->held + slot * types, *has = l->has + slot * types;
    struct gap gap = {.apart = true};

    for (int t = 0; t < types; t++) {
        gap.shrinks = gap.shrinks || held[t] < has[t];
        gap.grows = gap.grows || held[t] > has[t];
        gap.apart = gap.apart && (held[t] == 0 || has[t] == 0);
    }
    return gap;
}

static void
from_training(struct vn_engine *e, int slot, struct gap gap)
{
    if (gap.shrinks) {
        vn_supply_leave_line(e, slot);
        vn_phase_drain(e, slot);
        return;
    }
    if (!gap.grows) {
        vn_supply_leave_line(e, slot);
        return;
    }
    if (vn_supply_obtain(e, slot))
        vn_phase_grow(e, slot);
}

/* One move towards what is granted; does another follow? */
static bool
move(struct vn_engine *e, int slot)
{
    struct vn_ledger *l = &e->view->ledger;
    struct vn_entry *entry = &l->entries[slot];
    enum vn_phase phase = entry->phase;
    struct gap gap;

    if (phase == VN_LEAVING)
        return false;
    if (phase == VN_IDLE) {
        if (entry->held == 0)
            vn_supply_leave_line(e, slot);
        else if (vn_supply_obtain(e, slot))
            vn_phase_begin(e, slot);
        return false;
    }
    gap = gap_of(e, slot);
    if (gap.apart) {
        entry->preemptions++;
        vn_phase_stop(e, slot, false);
        return entry->held > 0;
    }
    if (phase != VN_TRAINING)
        return false; /* what is under way is finished first */
    from_training(e, slot, gap);
    return entry->phase == VN_IDLE
           || (entry->phase == VN_TRAINING && gap.shrinks && gap.grows);
}

void
vn_transition(struct vn_engine *e, int slot)
{
    vn_ledger_settle(&e->view->ledger, slot);
    while (move(e, slot))
        ;
    vn_phase_schedule(e, slot);
}

void
vn_transition_end(struct vn_engine *e, int slot)
{
    struct vn_ledger *l = &e->view->ledger;
    struct vn_entry *entry = &l->entries[slot];

    vn_ledger_settle(l, slot);
    entry->until = VN_TIME_MAX;
    switch (entry->phase) {
    case VN_STARTING:
        vn_phase_work(e, slot, VN_TRAINING, true);
        break;
    case VN_GROWING:
        vn_phase_drain(e, slot);
        break;
    case VN_DRAINING:
        vn_phase_change(e, slot);
        break;
    case VN_SHRINKING:
        vn_phase_resize(e, slot);
        break;
    case VN_IDLE:
    case VN_TRAINING:
    case VN_LEAVING:
        break;
    }
    vn_transition(e, slot);
}

void
vn_transition_strike(struct vn_engine *e, int slot, int type)
{
    vn_ledger_settle(&e->view->ledger, slot);
    vn_supply_lose(e, slot, type);
    e->view->ledger.entries[slot].struck = true;
}

void
vn_transition_fail(struct vn_engine *e, int slot)
{
    struct vn_ledger *l = &e->view->ledger;
    struct vn_entry *entry = &l->entries[slot];

    if (!entry->struck)
        return;
    entry->struck = false;
    entry->failures++;
    if (entry->phase == VN_LEAVING)
        return;
    if (e->config.policy->rigid || entry->has == 0) {
        vn_phase_stop(e, slot, true);
        vn_transition(e, slot);
        return;
    }
    if (entry->phase == VN_STARTING || entry->phase == VN_SHRINKING)
        return;
    vn_ledger_lose(l, slot, false);
    vn_phase_shrink(e, slot);
    if (entry->until == l->now)
        vn_transition_end(e, slot);
    else
        vn_phase_schedule(e, slot);
}

void
vn_transition_serve(struct vn_engine *e)
{
    const struct vn_entry *entries = e->view->ledger.entries;

    while (e->freed) {
        e->freed = false;
        for (int slot = e->first, behind; slot >= 0; slot = behind) {
            behind = entries[slot].behind;
            vn_transition(e, slot);
        }
    }
}

/* The steps that the job has done, as its carrier counts them. */
static void
count_steps(struct vn_engine *e, int slot, int64_t steps)
{
    struct vn_entry *entry = &e->view->ledger.entries[slot];

    vn_ledger_settle(&e->view->ledger, slot);
    entry->left = (double) (entry->job.steps - steps);
}

/* What was asked for last has come about. */
static void
changed(struct vn_engine *e, int slot)
{
    struct vn_entry *entry = &e->view->ledger.entries[slot];

    if (entry->phase == VN_STARTING)
        vn_phase_work(e, slot, VN_TRAINING, true);
    else if (entry->phase == VN_GROWING || entry->phase == VN_DRAINING)
        vn_phase_change(e, slot);
    vn_transition(e, slot);
}

void
vn_transition_told(struct vn_engine *e, const struct vn_told *told)
{
    struct vn_entry *entry = &e->view->ledger.entries[told->slot];
    int slot = told->slot;

    switch (told->kind) {
    case VN_TOLD_STEP:
        count_steps(e, slot, told->steps);
        break;
    case VN_TOLD_CHANGED:
        count_steps(e, slot, told->steps);
        changed(e, slot);
        break;
    case VN_TOLD_GONE:
        if (entry->works == 0)
            count_steps(e, slot, told->steps);
        vn_supply_release_all(e, slot);
        break;
    case VN_TOLD_DIED:
        entry->failures++;
        vn_phase_stop(e, slot, true);
        count_steps(e, slot, told->steps);
        vn_supply_release_all(e, slot);
        vn_transition(e, slot);
        break;
    case VN_TOLD_NOTHING:
    case VN_TOLD_DONE:
    case VN_TOLD_END:
        break;
    }
}
