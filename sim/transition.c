#include "config.h"

#include "sim/transition.h"

#include "base/xalloc.h"
#include "plan/contention.h"
#include "plan/cost.h"
#include "sim/fleet.h"

#include <stdlib.h>

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
vn_transition_schedule(struct vn_engine *e, int slot)
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

/* The job has this many devices of a type from now on; those that it gives up
 * are at hand after `wait`. */
static void
have(struct vn_engine *e, int slot, int type, int devices, vn_time wait)
{
    struct vn_ledger *l = &e->view->ledger;
    int before = row(e, l->has, slot)[type], handle = -1;

    if (before == devices)
        return;
    if (e->config.observer.changed != NULL)
        e->config.observer.changed(
            e->config.observer.arg,
            &(struct vn_change){.time = l->now,
                                .id = l->entries[slot].job.id,
                                .type = type,
                                .before = before,
                                .after = devices});
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

/* The job gives up devices of a type until it has so many, if it has more;
 * all that it has of every type, or not. */
static void
drop_to(struct vn_engine *e, int slot, int type, int devices, bool all)
{
    if (devices < row(e, e->view->ledger.has, slot)[type])
        have(e, slot, type, devices,
             all ? release_cost(e, slot) : cost(e, slot, VN_COST_RELEASE));
}

void
vn_transition_release(struct vn_engine *e, int handle)
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

/* A device that failed is not the job's any more; what worked with it did. */
static void
lose_device(struct vn_engine *e, int slot, int type)
{
    struct vn_ledger *l = &e->view->ledger;
    int before = row(e, l->has, slot)[type];

    if (e->config.observer.changed != NULL)
        e->config.observer.changed(
            e->config.observer.arg,
            &(struct vn_change){.time = l->now,
                                .id = l->entries[slot].job.id,
                                .type = type,
                                .before = before,
                                .after = before - 1});
    vn_ledger_have(l, slot, type, before - 1, false);
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

/* The job works on all that it has, or on nothing, in this phase. */
static void
work(struct vn_engine *e, int slot, enum vn_phase phase, bool all)
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

static void
leave_line(struct vn_engine *e, int slot)
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

/*
 * Take away all that the job has, and what it did since the last checkpoint;
 * or, unless it failed, its present step alone, where there are none or the
 * policy leases devices: a job has saved its state then.
 */
static void
stop(struct vn_engine *e, int slot, bool failed)
{
    struct vn_ledger *l = &e->view->ledger;
    struct vn_entry *entry = &l->entries[slot];

    leave_line(e, slot);
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
    work(e, slot, VN_IDLE, false);
    vn_transition_schedule(e, slot);
}

bool
vn_transition_finish(struct vn_engine *e, int slot)
{
    struct vn_ledger *l = &e->view->ledger;
    struct vn_entry *entry = &l->entries[slot];
    vn_time wait = entry->has > 0 ? release_cost(e, slot) : 0;

    leave_line(e, slot);
    vn_ledger_work(l, slot, false);
    if (wait == 0)
        return false;
    if (!e->config.policy->late) {
        for (int t = 0; t < l->cluster->ntypes; t++)
            have(e, slot, t, 0, row(e, l->has, slot)[t] > 0 ? wait : 0);
        return false;
    }
    entry->phase = VN_LEAVING;
    entry->until = l->now + wait;
    vn_transition_schedule(e, slot);
    return true;
}

void
vn_transition_leave(struct vn_engine *e, int slot)
{
    struct vn_ledger *l = &e->view->ledger;

    leave_line(e, slot);
    for (int t = 0; t < l->cluster->ntypes; t++)
        have(e, slot, t, 0, 0);
}

void
vn_transition_reprice(struct vn_engine *e, int slot)
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
    vn_transition_schedule(e, slot);
}

/* The devices that it now has begin to start up, or to train. */
static void
begin(struct vn_engine *e, int slot)
{
    struct vn_ledger *l = &e->view->ledger;
    struct vn_entry *entry = &l->entries[slot];
    bool first = entry->start < 0;
    vn_time wait = cost(e, slot, first ? VN_COST_START : VN_COST_RESTART);

    if (first)
        entry->start = l->now;
    carry(e, slot, row(e, l->has, slot), true);
    if (wait == 0) {
        work(e, slot, VN_TRAINING, true);
        return;
    }
    work(e, slot, VN_STARTING, false);
    entry->until = l->now + wait;
}

/* At the end of a step: from what worked to what is granted. */
static void
resize(struct vn_engine *e, int slot)
{
    struct vn_ledger *l = &e->view->ledger;
    struct vn_entry *entry = &l->entries[slot];
    const int *held = row(e, l->held, slot), *has = row(e, l->has, slot);
    int left = 0;

    for (int t = 0; t < l->cluster->ntypes; t++)
        left += has[t] < held[t] ? has[t] : held[t];
    if (left == 0) { /* what it is granted lies elsewhere */
        entry->preemptions++;
        stop(e, slot, false);
        return;
    }
    for (int t = 0; t < l->cluster->ntypes; t++)
        drop_to(e, slot, t, has[t] < held[t] ? has[t] : held[t], false);
    entry->resizes++;
    work(e, slot, VN_TRAINING, true);
}

/* The step has ended: shrinking takes time in which nothing works. */
static void
change(struct vn_engine *e, int slot)
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
        resize(e, slot);
        return;
    }
    work(e, slot, VN_SHRINKING, false);
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

/* Work on to the end of the step; then change. */
static void
drain(struct vn_engine *e, int slot)
{
    struct vn_ledger *l = &e->view->ledger;
    struct vn_entry *entry = &l->entries[slot];
    vn_time end = vn_ledger_step_end(l, slot);

    if (e->config.carrier != NULL) {
        carry_shrinking(e, slot);
        end = VN_TIME_MAX;
    }
    if (end <= l->now) {
        change(e, slot);
        return;
    }
    entry->phase = VN_DRAINING;
    entry->until = end;
}

/* Take the devices that are missing, if all of them are at hand. */
static bool
obtain(struct vn_engine *e, int slot)
{
    struct vn_ledger *l = &e->view->ledger;
    const int *held = row(e, l->held, slot), *has = row(e, l->has, slot);

    for (int t = 0; t < l->cluster->ntypes; t++)
        if (held[t] - has[t] > l->at_hand[t]) {
            join_line(e, slot);
            return false;
        }
    leave_line(e, slot);
    vn_ledger_settle(l, slot);
    for (int t = 0; t < l->cluster->ntypes; t++)
        if (held[t] > has[t])
            have(e, slot, t, held[t], 0);
    return true;
}

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
    const int *held = row(e, l->held, slot), *has = row(e, l->has, slot);
    struct gap gap = {.apart = true};

    for (int t = 0; t < l->cluster->ntypes; t++) {
        gap.shrinks = gap.shrinks || held[t] < has[t];
        gap.grows = gap.grows || held[t] > has[t];
        gap.apart = gap.apart && (held[t] == 0 || has[t] == 0);
    }
    return gap;
}

void
vn_transition_strike(struct vn_engine *e, int slot, int type)
{
    vn_ledger_settle(&e->view->ledger, slot);
    lose_device(e, slot, type);
    e->view->ledger.entries[slot].struck = true;
}

void
vn_transition_fail(struct vn_engine *e, int slot)
{
    struct vn_ledger *l = &e->view->ledger;
    struct vn_entry *entry = &l->entries[slot];
    vn_time wait;

    if (!entry->struck)
        return;
    entry->struck = false;
    entry->failures++;
    if (entry->phase == VN_LEAVING)
        return;
    if (e->config.policy->rigid || entry->has == 0) {
        stop(e, slot, true);
        vn_transition(e, slot);
        return;
    }
    if (entry->phase == VN_STARTING || entry->phase == VN_SHRINKING)
        return;
    vn_ledger_lose(l, slot, false);
    wait = cost(e, slot, VN_COST_SHRINK);
    work(e, slot, VN_SHRINKING, false);
    entry->until = l->now + wait;
    if (wait == 0)
        vn_transition_end(e, slot);
    else
        vn_transition_schedule(e, slot);
}

static void
from_training(struct vn_engine *e, int slot, struct gap gap)
{
    struct vn_ledger *l = &e->view->ledger;
    struct vn_entry *entry = &l->entries[slot];
    vn_time wait;

    if (gap.shrinks) {
        leave_line(e, slot);
        drain(e, slot);
        return;
    }
    if (!gap.grows) {
        leave_line(e, slot);
        return;
    }
    if (!obtain(e, slot))
        return;
    carry(e, slot, row(e, l->has, slot), false);
    wait = cost(e, slot, VN_COST_GROW);
    if (wait == 0) {
        drain(e, slot);
        return;
    }
    entry->phase = VN_GROWING;
    entry->until = l->now + wait;
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
            leave_line(e, slot);
        else if (obtain(e, slot))
            begin(e, slot);
        return false;
    }
    gap = gap_of(e, slot);
    if (gap.apart) {
        entry->preemptions++;
        stop(e, slot, false);
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
    vn_transition_schedule(e, slot);
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
        work(e, slot, VN_TRAINING, true);
        break;
    case VN_GROWING:
        drain(e, slot);
        break;
    case VN_DRAINING:
        change(e, slot);
        break;
    case VN_SHRINKING:
        resize(e, slot);
        break;
    case VN_IDLE:
    case VN_TRAINING:
    case VN_LEAVING:
        break;
    }
    vn_transition(e, slot);
}

void
vn_transition_crowd(struct vn_engine *e)
{
    const struct vn_ledger *l = &e->view->ledger;

    if (!e->contended)
        return;
    for (int slot = 0; slot < l->nentries; slot++) {
        const struct vn_entry *entry = &l->entries[slot];

        if (entry->present && entry->works > 0
            && slowdown_of(e, slot) != entry->slowdown)
            vn_transition_reprice(e, slot);
    }
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
        work(e, slot, VN_TRAINING, true);
    else if (entry->phase == VN_GROWING || entry->phase == VN_DRAINING)
        change(e, slot);
    vn_transition(e, slot);
}

/* The devices that the job gave up last are free. */
static void
free_devices(struct vn_engine *e, int slot)
{
    for (int i = 0; i < e->nleaving; i++)
        if (e->leaving[i].slot == slot)
            vn_transition_release(e, i);
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
        free_devices(e, slot);
        break;
    case VN_TOLD_DIED:
        entry->failures++;
        stop(e, slot, true);
        count_steps(e, slot, told->steps);
        free_devices(e, slot);
        vn_transition(e, slot);
        break;
    case VN_TOLD_NOTHING:
    case VN_TOLD_DONE:
    case VN_TOLD_END:
        break;
    }
}
