#include "config.h"

#include "sim/engine/phase.h"

#include "plan/contention.h"
#include "plan/cost.h"
#include "sim/engine/fleet.h"
#include "sim/engine/supply.h"

static int *
row(const struct vn_engine *e, int *rows, int slot)
{
    return rows + slot * e->config.cluster->ntypes;
}

static vn_time
cost(struct vn_engine *e, int slot, enum vn_cost_kind kind)
{
    struct vn_entry *entry = &e->view->ledger.entries[slot];

    if (e->config.carrier != NULL) /* until it is told; see release_cost() */
        return kind == VN_COST_SHRINK || kind == VN_COST_RELEASE
                   ? 0
                   : VN_TIME_MAX - e->view->ledger.now;
    if (e->config.costs == NULL)
        return 0;
    if (e->config.free_preemption && kind == VN_COST_RESTART)
        return 0;
    return vn_costs_draw(e->config.costs, entry->cost_row, kind,
                         e->config.seed, entry->job.id, entry->drawn[kind]++);
}

/* Of devices that a job gives up all at once: its carrier says when. */
static vn_time
release_cost(struct vn_engine *e, int slot)
{
    return e->config.carrier != NULL ? VN_TIME_MAX - e->view->ledger.now
                                     : cost(e, slot, VN_COST_RELEASE);
}

/* Have the carrier start the job, or resize it, on these devices. */
static void
carry(struct vn_engine *e, int slot, const int *devices, bool start)
{
    const struct vn_carrier *c = e->config.carrier;
    struct vn_task task = {.job = &e->view->ledger.entries[slot].job,
                           .slot = slot,
                           .devices = devices,
                           .fleet = e->fleet};

    if (c != NULL)
        (start ? c->start : c->resize)(c->arg, &task);
}

void
vn_phase_schedule(struct vn_engine *e, int slot)
{
    struct vn_ledger *l = &e->view->ledger;
    const struct vn_entry *entry = &l->entries[slot];
    vn_time end =
        e->config.carrier != NULL ? VN_TIME_MAX : vn_ledger_end(l, slot);

    if (entry->until < end)
        end = entry->until;
    if (end == VN_TIME_MAX)
        vn_heap_remove(&e->ends, slot);
    else
        vn_heap_set(&e->ends, slot, end > l->now ? end : l->now, entry->order);
}

/* The job gives up devices of a type until it has so many, if it has more;
 * all that it has of every type, or not. */
static void
drop_to(struct vn_engine *e, int slot, int type, int devices, bool all)
{
    if (devices < row(e, e->view->ledger.has, slot)[type])
        vn_supply_set(e, slot, type, devices,
                      all ? release_cost(e, slot)
                          : cost(e, slot, VN_COST_RELEASE));
}

/* What its devices are slowed down by: themselves, and what is busy beside
 * them (plan/contention.h). */
static double
slowdown_of(const struct vn_engine *e, int slot)
{
    const struct vn_entry *entry = &e->view->ledger.entries[slot];
    const int *works = row(e, e->view->ledger.works, slot);
    const struct vn_profile *p = e->config.profile;
    double slowdown = vn_fleet_slowdown(e->fleet, slot), most = 1;
    int busy, own;

    if (!e->contended || entry->model < 0 || entry->works == 0)
        return slowdown;
    vn_fleet_crowd(e->fleet, slot, &busy, &own);
    for (int t = 0; t < e->config.cluster->ntypes; t++)
        if (works[t] > 0) {
            int type = vn_profile_type(p, e->config.cluster->types[t].name);
            double c = vn_contention(p, entry->model, type, busy)
                       / vn_contention(p, entry->model, type, own);

            most = c > most ? c : most;
        }
    return slowdown * most;
}

void
vn_phase_work(struct vn_engine *e, int slot, enum vn_phase phase, bool all)
{
    struct vn_ledger *l = &e->view->ledger;
    struct vn_entry *entry = &l->entries[slot];

    vn_ledger_work(l, slot, all);
    entry->phase = phase;
    entry->until = VN_TIME_MAX;
    if (e->fleet != NULL) {
        vn_fleet_work(e->fleet, slot, all);
        entry->slowdown = slowdown_of(e, slot);
    }
    vn_ledger_price(l, slot,
                    e->fleet != NULL && vn_fleet_is_spread(e->fleet, slot));
    if (e->config.observer.mapped != NULL && all)
        e->config.observer.mapped(
            e->config.observer.arg,
            &(struct vn_mapped){
                .time = l->now,
                .id = entry->job.id,
                .slot = slot,
                .model = entry->model,
                .step = entry->model >= 0 ? vn_ledger_steps_done(l, slot) : 0,
                .works = row(e, l->works, slot),
                .job = &entry->job,
                .fleet = e->fleet});
}

void
vn_phase_stop(struct vn_engine *e, int slot, bool failed)
{
    struct vn_ledger *l = &e->view->ledger;
    struct vn_entry *entry = &l->entries[slot];

    vn_supply_leave_line(e, slot);
    vn_ledger_settle(l, slot);
    if (failed)
        vn_ledger_lose(l, slot, true);
    else if (!e->config.free_preemption)
        vn_ledger_lose(l, slot,
                       entry->checkpoint > 0 && !e->config.policy->leases);
    entry->kept = entry->work;
    entry->kept_left = entry->left;
    entry->kept_us = entry->use[VN_USE_WORK];
    entry->trained = 0;
    if (e->config.carrier != NULL && entry->has > 0)
        e->config.carrier->stop(e->config.carrier->arg, slot);
    for (int t = 0; t < l->cluster->ntypes; t++)
        drop_to(e, slot, t, 0, true);
    vn_phase_work(e, slot, VN_IDLE, false);
    vn_phase_schedule(e, slot);
}

bool
vn_phase_finish(struct vn_engine *e, int slot)
{
    struct vn_ledger *l = &e->view->ledger;
    struct vn_entry *entry = &l->entries[slot];
    vn_time wait = entry->has > 0 ? release_cost(e, slot) : 0;

    vn_supply_leave_line(e, slot);
    vn_ledger_work(l, slot, false);
    if (wait == 0)
        return false;
    if (!e->config.policy->late) {
        for (int t = 0; t < l->cluster->ntypes; t++)
            vn_supply_set(e, slot, t, 0,
                          row(e, l->has, slot)[t] > 0 ? wait : 0);
        return false;
    }
    entry->phase = VN_LEAVING;
    entry->until = l->now + wait;
    vn_phase_schedule(e, slot);
    return true;
}

void
vn_phase_leave(struct vn_engine *e, int slot)
{
    struct vn_ledger *l = &e->view->ledger;

    vn_supply_leave_line(e, slot);
    for (int t = 0; t < l->cluster->ntypes; t++)
        vn_supply_set(e, slot, t, 0, 0);
}

void
vn_phase_begin(struct vn_engine *e, int slot)
{
    struct vn_ledger *l = &e->view->ledger;
    struct vn_entry *entry = &l->entries[slot];
    bool first = entry->start < 0;
    vn_time wait = cost(e, slot, first ? VN_COST_START : VN_COST_RESTART);

    if (first)
        entry->start = l->now;
    carry(e, slot, row(e, l->has, slot), true);
    if (wait == 0) {
        vn_phase_work(e, slot, VN_TRAINING, true);
        return;
    }
    vn_phase_work(e, slot, VN_STARTING, false);
    entry->until = l->now + wait;
}

void
vn_phase_resize(struct vn_engine *e, int slot)
{
    struct vn_ledger *l = &e->view->ledger;
    struct vn_entry *entry = &l->entries[slot];
    const int *held = row(e, l->held, slot), *has = row(e, l->has, slot);
    int left = 0;

    for (int t = 0; t < l->cluster->ntypes; t++)
        left += has[t] < held[t] ? has[t] : held[t];
    if (left == 0) { /* what it is granted lies elsewhere */
        entry->preemptions++;
        vn_phase_stop(e, slot, false);
        return;
    }
    for (int t = 0; t < l->cluster->ntypes; t++)
        drop_to(e, slot, t, has[t] < held[t] ? has[t] : held[t], false);
    entry->resizes++;
    vn_phase_work(e, slot, VN_TRAINING, true);
}

void
vn_phase_change(struct vn_engine *e, int slot)
{
    struct vn_ledger *l = &e->view->ledger;
    struct vn_entry *entry = &l->entries[slot];
    const int *held = row(e, l->held, slot);
    const int *works = row(e, l->works, slot);
    bool shrinks = false;
    vn_time wait = 0;

    vn_ledger_round(l, slot);
    for (int t = 0; t < l->cluster->ntypes; t++)
        shrinks = shrinks || held[t] < works[t];
    if (shrinks)
        wait = cost(e, slot, VN_COST_SHRINK);
    if (wait == 0) {
        vn_phase_resize(e, slot);
        return;
    }
    vn_phase_work(e, slot, VN_SHRINKING, false);
    entry->until = l->now + wait;
}

/* What the job keeps of what it has. */
static void
carry_shrinking(struct vn_engine *e, int slot)
{
    struct vn_ledger *l = &e->view->ledger;
    const int *held = row(e, l->held, slot), *has = row(e, l->has, slot);
    int kept[VN_TYPES_MAX];

    for (int t = 0; t < l->cluster->ntypes; t++)
        kept[t] = has[t] < held[t] ? has[t] : held[t];
    carry(e, slot, kept, false);
}

void
vn_phase_drain(struct vn_engine *e, int slot)
{
    struct vn_ledger *l = &e->view->ledger;
    struct vn_entry *entry = &l->entries[slot];
    vn_time end = vn_ledger_step_end(l, slot);

    if (e->config.carrier != NULL) {
        carry_shrinking(e, slot);
        end = VN_TIME_MAX;
    }
    if (end <= l->now) {
        vn_phase_change(e, slot);
        return;
    }
    entry->phase = VN_DRAINING;
    entry->until = end;
}

void
vn_phase_grow(struct vn_engine *e, int slot)
{
    struct vn_ledger *l = &e->view->ledger;
    struct vn_entry *entry = &l->entries[slot];
    vn_time wait;

    carry(e, slot, row(e, l->has, slot), false);
    wait = cost(e, slot, VN_COST_GROW);
    if (wait == 0) {
        vn_phase_drain(e, slot);
        return;
    }
    entry->phase = VN_GROWING;
    entry->until = l->now + wait;
}

void
vn_phase_shrink(struct vn_engine *e, int slot)
{
    struct vn_ledger *l = &e->view->ledger;
    vn_time wait = cost(e, slot, VN_COST_SHRINK);

    vn_phase_work(e, slot, VN_SHRINKING, false);
    l->entries[slot].until = l->now + wait;
}

void
vn_phase_reprice(struct vn_engine *e, int slot)
{
    struct vn_ledger *l = &e->view->ledger;
    struct vn_entry *entry = &l->entries[slot];

    if (entry->works == 0)
        return;
    vn_ledger_settle(l, slot);
    entry->slowdown = slowdown_of(e, slot);
    vn_ledger_price(l, slot, vn_fleet_is_spread(e->fleet, slot));
    if (entry->phase == VN_DRAINING)
        entry->until = vn_ledger_step_end(l, slot);
    vn_phase_schedule(e, slot);
}

void
vn_phase_crowd(struct vn_engine *e)
{
    const struct vn_ledger *l = &e->view->ledger;

    if (!e->contended)
        return;
    for (int slot = 0; slot < l->nentries; slot++) {
        const struct vn_entry *entry = &l->entries[slot];

        if (entry->present && entry->works > 0
            && slowdown_of(e, slot) != entry->slowdown)
            vn_phase_reprice(e, slot);
    }
}
