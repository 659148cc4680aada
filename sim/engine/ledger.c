#include "config.h"

#include "sim/engine/ledger.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of a unit: nearer to a whole number than this is rounding. */
#define SLACK 1e-6

void
vn_ledger_init(struct vn_ledger *l, const struct vn_cluster *cluster,
               struct vn_pricing *pricing, struct ed_domain *domain)
{
    size_t n = (size_t) cluster->ntypes;

    *l = (struct vn_ledger){.cluster = cluster,
                            .of_jobs = vn_region(domain, VN_REGION_LEDGER),
                            .of_devices = vn_region(domain, VN_REGION_CLUSTER),
                            .pricing = pricing};
    l->linear = pricing == NULL || vn_pricing_is_linear(pricing);
    l->free = vn_region_alloc(l->of_devices, n, sizeof *l->free);
    l->at_hand = vn_region_alloc(l->of_devices, n, sizeof *l->at_hand);
    l->down = vn_region_alloc(l->of_devices, n, sizeof *l->down);
    l->leaving = vn_region_alloc(l->of_devices, n, sizeof *l->leaving);
    for (int i = 0; i < cluster->ntypes; i++)
        l->free[i] = l->at_hand[i] = cluster->types[i].devices;
}

void
vn_ledger_free(struct vn_ledger *l)
{
    vn_region_free(l->of_jobs, l->entries);
    vn_region_free(l->of_devices, l->held);
    vn_region_free(l->of_devices, l->has);
    vn_region_free(l->of_devices, l->works);
    vn_region_free(l->of_jobs, l->vacant);
    vn_region_free(l->of_devices, l->free);
    vn_region_free(l->of_devices, l->at_hand);
    vn_region_free(l->of_devices, l->down);
    vn_region_free(l->of_devices, l->leaving);
}

void
vn_ledger_advance(struct vn_ledger *l, vn_time now)
{
    l->device_us += (__int128) l->busy * (now - l->counted);
    l->release_us += (__int128) l->releasing * (now - l->counted);
    l->now = l->counted = now;
}

static void
grow(struct vn_ledger *l)
{
    size_t types = (size_t) l->cluster->ntypes, n;
    int **rows[] = {&l->held, &l->has, &l->works};

    l->allocated = l->allocated + l->allocated / 2 + 256;
    n = (size_t) l->allocated;
    l->entries =
        vn_region_realloc(l->of_jobs, l->entries, n, sizeof *l->entries);
    for (int i = 0; i < 3; i++)
        *rows[i] = vn_region_realloc(l->of_devices, *rows[i], n * types,
                                     sizeof **rows[i]);
    l->vacant = vn_region_realloc(l->of_jobs, l->vacant, n, sizeof *l->vacant);
}

/* Does this entry count work in whole device-microseconds? */
static bool
is_exact(const struct vn_ledger *l, const struct vn_entry *e)
{
    return e->model < 0 && l->linear;
}

/* Microseconds a step on all that a modelled job asks for, of its fastest
 * type. */
static double
fastest(const struct vn_ledger *l, const struct vn_entry *e, int *scratch)
{
    double best = INFINITY;

    for (int t = 0; t < l->cluster->ntypes; t++) {
        int n = l->cluster->types[t].devices;
        double s;

        if ((e->types >> t & 1) == 0)
            continue;
        for (int i = 0; i < l->cluster->ntypes; i++)
            scratch[i] = 0;
        scratch[t] = n < e->job.devices ? n : e->job.devices;
        s = vn_pricing_step_s(l->pricing, &e->job, e->model, scratch, false);
        best = s < best ? s : best;
    }
    return best * 1e6;
}

/* Microseconds, of a microsecond of a recorded job, on the fastest type that
 * it can run on. */
static double
fastest_recorded(const struct vn_ledger *l, const struct vn_entry *e)
{
    double best = 0;

    if (l->pricing == NULL || !vn_pricing_is_unlike(l->pricing))
        return 1;
    for (int t = 0; t < l->cluster->ntypes; t++)
        if (e->types >> t & 1)
            best = fmax(best, vn_pricing_type_speed(l->pricing, t));
    return best > 0 ? 1 / best : 1;
}

int
vn_ledger_admit(struct vn_ledger *l, const struct vn_job *job, int type,
                uint64_t types, int model)
{
    int slot, n = l->cluster->ntypes;
    struct vn_entry *e;

    if (l->nvacant > 0)
        slot = l->vacant[--l->nvacant];
    else {
        if (l->nentries == l->allocated)
            grow(l);
        slot = l->nentries++;
    }
    e = &l->entries[slot];
    *e = (struct vn_entry){.job = *job,
                           .order = l->arrived++,
                           .type = type,
                           .types = types,
                           .model = model,
                           .present = true,
                           .until = VN_TIME_MAX,
                           .before = -1,
                           .behind = -1,
                           .unit_us = INFINITY,
                           .full_us = 1,
                           .slowdown = 1,
                           .since = l->now,
                           .told = -1,
                           .start = -1,
                           .finish = -1};
    if (model >= 0) {
        e->left = (double) job->steps;
        e->full_us = fastest(l, e, l->works + slot * n);
    } else {
        e->work = job->duration * job->devices;
        e->left = (double) job->duration;
        e->full_us = fastest_recorded(l, e);
    }
    e->kept = e->work;
    e->kept_left = e->left;
    memset(l->held + slot * n, 0, (size_t) n * sizeof *l->held);
    memset(l->has + slot * n, 0, (size_t) n * sizeof *l->has);
    memset(l->works + slot * n, 0, (size_t) n * sizeof *l->works);
    l->present++;
    l->waiting++;
    return slot;
}

double
vn_ledger_left(const struct vn_ledger *l, const struct vn_entry *e)
{
    if (e->works == 0 || l->now == e->since)
        return e->left;
    return e->left - (double) (l->now - e->since) / e->unit_us;
}

/* The device-time of so much of the job, as it now works. */
static int64_t
of_units(const struct vn_entry *e, double units)
{
    return units > 0 && e->works > 0 ? llround(units * e->unit_us * e->works)
                                     : 0;
}

/* The last checkpoint of a span of training, from its begin's state on. */
static void
checkpoint(struct vn_ledger *l, struct vn_entry *e, vn_time span)
{
    vn_time passed = (e->trained + span) / e->checkpoint * e->checkpoint;

    if (passed <= e->trained)
        return;
    if (is_exact(l, e))
        e->kept = e->work - (passed - e->trained) * e->works;
    else
        e->kept_left = e->left - (double) (passed - e->trained) / e->unit_us;
    e->kept_us = e->use[VN_USE_WORK] + (passed - e->trained) * e->works;
    if (e->model >= 0) {
        double whole = ceil(e->kept_left - SLACK);

        e->kept_us -= of_units(e, whole - e->kept_left);
        e->kept_left = whole;
    }
}

void
vn_ledger_settle(struct vn_ledger *l, int slot)
{
    struct vn_entry *e = &l->entries[slot];
    vn_time span = l->now - e->since;

    if (span == 0)
        return;
    if (e->works > 0) {
        if (e->checkpoint > 0)
            checkpoint(l, e, span);
        e->trained += span;
        e->use[VN_USE_WORK] += span * e->works;
        if (is_exact(l, e))
            e->work -= span * e->works;
        else
            e->left -= (double) span / e->unit_us;
    }
    if (e->has > 0) {
        enum vn_use use = e->phase == VN_STARTING    ? VN_USE_START
                          : e->phase == VN_SHRINKING ? VN_USE_SHRINK
                          : e->phase == VN_LEAVING   ? VN_USE_RELEASE
                                                     : VN_USE_RESERVE;

        e->executed += span;
        e->use[use] += span * (e->has - e->works);
    }
    e->since = l->now;
}

void
vn_ledger_grant(struct vn_ledger *l, int slot, int type, int devices)
{
    int *held = &l->held[slot * l->cluster->ntypes + type];
    int more = devices - *held;

    *held = devices;
    l->entries[slot].held += more;
    l->free[type] -= more;
}

void
vn_ledger_have(struct vn_ledger *l, int slot, int type, int devices,
               bool leaving)
{
    struct vn_entry *e = &l->entries[slot];
    int *has = &l->has[slot * l->cluster->ntypes + type];
    int more = devices - *has;

    l->waiting -= e->has == 0;
    *has = devices;
    e->has += more;
    l->waiting += e->has == 0;
    if (leaving) {
        l->leaving[type] -= more;
        l->releasing -= more;
        return;
    }
    l->at_hand[type] -= more;
    l->busy += more;
}

void
vn_ledger_released(struct vn_ledger *l, int type, int devices)
{
    l->leaving[type] -= devices;
    l->releasing -= devices;
    l->at_hand[type] += devices;
    l->busy -= devices;
}

void
vn_ledger_price(struct vn_ledger *l, int slot, bool spread)
{
    struct vn_entry *e = &l->entries[slot];
    const int *works = l->works + slot * l->cluster->ntypes;

    if (e->works == 0)
        e->unit_us = INFINITY;
    else if (e->model >= 0)
        e->unit_us =
            e->slowdown * 1e6
            * vn_pricing_step_s(l->pricing, &e->job, e->model, works, spread);
    else if (!l->linear)
        e->unit_us =
            e->slowdown
            / (l->pricing == NULL ? (double) e->works / e->job.devices
                                  : vn_pricing_mixed_speed(l->pricing, &e->job,
                                                           works, spread));
}

void
vn_ledger_work(struct vn_ledger *l, int slot, bool all)
{
    struct vn_entry *e = &l->entries[slot];
    size_t types = (size_t) l->cluster->ntypes;
    int *works = l->works + (size_t) slot * types;

    if (all)
        memcpy(works, l->has + (size_t) slot * types, types * sizeof *works);
    else
        memset(works, 0, types * sizeof *works);
    e->works = all ? e->has : 0;
}

void
vn_ledger_lose(struct vn_ledger *l, int slot, bool to_kept)
{
    struct vn_entry *e = &l->entries[slot];
    int64_t lost = e->use[VN_USE_WORK] - e->kept_us;

    if (is_exact(l, e)) {
        if (!to_kept)
            return;
        e->lost += e->kept - e->work;
        e->work = e->kept;
        return;
    }
    if (to_kept)
        e->left = e->kept_left;
    else {
        double whole = e->model >= 0 ? ceil(e->left - SLACK) : e->left;

        lost = of_units(e, whole - e->left);
        e->left = whole;
    }
    e->kept_us += lost;
    e->lost += lost;
}

int64_t
vn_entry_device_us(const struct vn_entry *e)
{
    int64_t sum = 0;

    for (int i = 0; i < VN_USES; i++)
        sum += e->use[i];
    return sum;
}

/* The device-time of the work that an entry did, and kept. */
static int64_t
work_done(const struct vn_ledger *l, const struct vn_entry *e)
{
    int64_t total = e->job.duration * e->job.devices;

    if (!is_exact(l, e) || e->told >= 0)
        return e->use[VN_USE_WORK] - e->lost;
    return e->work > 0 ? total - e->work : total;
}

/* Device-time that it worked after its work was done: its end is rounded up.
 */
static int64_t
beyond(const struct vn_ledger *l, const struct vn_entry *e)
{
    return is_exact(l, e) && e->told < 0 && e->work < 0 ? -e->work : 0;
}

void
vn_ledger_remove(struct vn_ledger *l, int slot)
{
    struct vn_entry *e = &l->entries[slot];

    l->gone_us += vn_entry_device_us(e);
    l->work_us += work_done(l, e) + e->lost;
    l->spare_us += beyond(l, e);
    for (int i = 0; i < VN_USES; i++)
        if (i != VN_USE_WORK)
            l->spare_us += e->use[i];
    e->present = false;
    l->present--;
    l->waiting--;
    l->vacant[l->nvacant++] = slot;
}

vn_time
vn_ledger_end(const struct vn_ledger *l, int slot)
{
    const struct vn_entry *e = &l->entries[slot];
    double span;

    if (e->finish >= 0)
        return VN_TIME_MAX;
    if (e->told >= 0)
        return e->told;
    if (e->works == 0)
        return VN_TIME_MAX;
    if (is_exact(l, e))
        return e->since + e->work / e->works + (e->work % e->works > 0);
    span = ceil(e->left * e->unit_us - 1e-3);
    if (!(span < (double) (VN_TIME_MAX - e->since)))
        return VN_TIME_MAX;
    return e->since + (span > 0 ? (vn_time) span : 0);
}

vn_time
vn_ledger_step_end(struct vn_ledger *l, int slot)
{
    struct vn_entry *e = &l->entries[slot];
    double into, span;

    if (e->model < 0 || e->works == 0 || e->told >= 0)
        return l->now;
    vn_ledger_settle(l, slot);
    into = e->left - floor(e->left + SLACK);
    span = into < SLACK ? 0 : ceil(into * e->unit_us - 1e-3);
    return span < (double) (VN_TIME_MAX - l->now) ? l->now + (vn_time) span
                                                  : VN_TIME_MAX;
}

void
vn_ledger_round(struct vn_ledger *l, int slot)
{
    struct vn_entry *e = &l->entries[slot];

    if (e->model >= 0)
        e->left = nearbyint(e->left);
}

int64_t
vn_ledger_steps_done(const struct vn_ledger *l, int slot)
{
    const struct vn_entry *e = &l->entries[slot];

    return e->job.steps - (int64_t) ceil(vn_ledger_left(l, e) - SLACK);
}

/* Count what is there: devices granted, had, free; VN_EINVAL where it does not
 * add up. */
static enum vn_status
check_devices(const struct vn_ledger *l, int held, int has,
              struct vn_error *err)
{
    int free = 0, hand = 0, down = 0;

    for (int i = 0; i < l->cluster->ntypes; i++) {
        if (l->free[i] < 0 || l->at_hand[i] < 0)
            return vn_fail(err, VN_EINVAL,
                           "the books do not agree: %d %s too "
                           "many are held",
                           l->free[i] < 0 ? -l->free[i] : -l->at_hand[i],
                           l->cluster->types[i].name);
        free += l->free[i];
        hand += l->at_hand[i];
        down += l->down[i];
    }
    if (held + free != l->cluster->devices
        || has + l->releasing + hand + down != l->cluster->devices
        || has + l->releasing != l->busy)
        return vn_fail(err, VN_EINVAL,
                       "the books do not agree: %d devices had by jobs, %d "
                       "in use, %d free of %d",
                       has, l->busy, hand, l->cluster->devices);
    return VN_OK;
}

enum vn_status
vn_ledger_check(struct vn_ledger *l, struct vn_error *err)
{
    __int128 given = l->gone_us + l->release_us;
    __int128 done = l->work_us + l->spare_us + l->release_us;
    int held = 0, has = 0, present = 0;
    enum vn_status status;

    for (int slot = 0; slot < l->nentries; slot++) {
        const struct vn_entry *e = &l->entries[slot];

        if (!e->present)
            continue;
        vn_ledger_settle(l, slot);
        given += vn_entry_device_us(e);
        done += work_done(l, e) + e->lost + beyond(l, e)
                + vn_entry_device_us(e) - e->use[VN_USE_WORK];
        held += e->held;
        has += e->has;
        present++;
    }
    if ((status = check_devices(l, held, has, err)) != VN_OK)
        return status;
    if (given != l->device_us || given != done)
        return vn_fail(err, VN_EINVAL,
                       "the books do not agree: %.0f device-microseconds "
                       "had by jobs, %.0f of the cluster, %.0f of work",
                       (double) given, (double) l->device_us, (double) done);
    if (present != l->present)
        return vn_fail(err, VN_EINVAL,
                       "the books do not agree: %d jobs, %d counted", present,
                       l->present);
    return VN_OK;
}
