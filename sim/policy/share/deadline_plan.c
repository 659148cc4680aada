#include "config.h"

#include "sim/policy/share/deadline_plan.h"

#include <math.h>

double
vn_slot_after(double now, double time, double slot)
{
    double n = floor((time - now) / slot);

    return now + (n + (time - now - n * slot > 0)) * slot;
}

double
vn_deadline_rate(const struct vn_deadline_claim *claim, int devices)
{
    for (int i = 0; i < claim->nsizes; i++)
        if (claim->sizes[i] == devices)
            return claim->rate[i];
    return 0;
}

int
vn_deadline_fitting(const struct vn_deadline_claim *claim, int devices)
{
    int size = 0;

    for (int i = 0; i < claim->nsizes && claim->sizes[i] <= devices; i++)
        size = claim->sizes[i];
    return size;
}

int
vn_deadline_next(const struct vn_deadline_claim *claim, int devices)
{
    for (int i = 0; i < claim->nsizes; i++)
        if (claim->sizes[i] > devices)
            return claim->sizes[i];
    return devices;
}

/* A plan in the making. */
struct draft {
    const struct vn_deadline_claim *claim;
    double now;
    double slot;
    int devices;                     /* of the cluster */
    double deadline;                 /* the slot in or after it */
    double from;                     /* what is before this is settled */
    double left;                     /* steps */
    int level;                       /* free before the deadline's step */
    const struct vn_timeline *given; /* as it was */
    struct vn_timeline *free;
    struct vn_deadline_plan *plan;
};

/* What it would have of a step under a cap. */
static int
capped(const struct draft *d, const struct vn_step *step, int cap)
{
    int fits = vn_deadline_fitting(d->claim, step->devices);

    return fits < cap ? fits : cap;
}

/* Seconds until `end` that count: up to the deadline itself, not its slot. */
static double
span(const struct draft *d, double begin, double end)
{
    return (end == d->deadline ? d->claim->deadline : end) - begin;
}

/* It ends at this time, in whole slots: what it does not need is free. */
static void
finish(struct draft *d, double end, double real_end, int level)
{
    struct vn_deadline_plan *plan = d->plan;

    if (vn_timeline_find(d->given, end) < 0)
        vn_timeline_set(d->free, end, level);
    vn_timeline_merge(d->free);
    vn_timeline_merge(&plan->steps);
    plan->end = end;
    plan->real_end = real_end;
    plan->meets = real_end <= d->claim->deadline;
}

/* What was free in the last step of what was given before this time. */
static int
given_before(const struct draft *d, double time)
{
    int i = vn_timeline_before(d->given, time);

    return i >= 0 && d->given->steps[i].at >= d->from
               ? d->given->steps[i].devices
               : d->devices;
}

/* Have `first` devices until the next step; is it done then, and in time? */
static bool
begin(struct draft *d, int first)
{
    double next = d->given->n > 1 ? d->given->steps[1].at : d->deadline;
    double rate = vn_deadline_rate(d->claim, first);
    double real_end = ceil(d->now + d->left / rate);
    double end = vn_slot_after(d->now, real_end, d->slot);

    vn_timeline_set(&d->plan->steps, d->now, first);
    if (next >= end && d->claim->deadline >= real_end) {
        int level = d->free->steps[0].devices;

        vn_timeline_take(d->free, d->now, end, first);
        finish(d, end, real_end, level);
        return true;
    }
    d->left -= span(d, d->now, next) * rate;
    d->free->steps[0].devices -= first;
    d->from = next;
    vn_timeline_set(&d->plan->steps, next, 0);
    return false;
}

/* Walk back from the deadline under a cap: the time from which on it must
 * run, or NAN where the work does not fit. */
static double
latest_start(const struct draft *d, int cap)
{
    double end = d->deadline, done = 0;

    for (int i = vn_timeline_before(d->free, d->deadline); i >= 0; i--) {
        const struct vn_step *step = &d->free->steps[i];
        int size = capped(d, step, cap);

        if (step->at < d->from)
            break;
        if (size > 0)
            done += span(d, step->at, end) * vn_deadline_rate(d->claim, size);
        if (size > 0 && done >= d->left)
            return step->at;
        end = step->at;
    }
    return NAN;
}

/* Lay the plan forward, `low` before `point` and `high` from it on. */
static void
lay(struct draft *d, double point, int low, int high)
{
    int i = vn_timeline_before(d->free, d->from) + 1;
    double begin = d->from, real_s, end;
    int size = 0;

    for (; i < d->free->n && d->free->steps[i].at <= d->deadline; i++) {
        struct vn_step *step = &d->free->steps[i];
        bool last = i + 1 == d->free->n || step->at >= d->deadline;
        double until = last ? INFINITY : step[1].at, done;

        begin = step->at;
        size = capped(d, step, begin >= point ? high : low);
        vn_timeline_set(&d->plan->steps, begin, size);
        step->devices -= size;
        if (size == 0)
            continue;
        done = span(d, begin, until) * vn_deadline_rate(d->claim, size);
        if (begin >= point && done >= d->left)
            break;
        d->left -= done;
    }
    /* Without any in the last step only rounding is left to be done. */
    real_s = size > 0 ? ceil(d->left / vn_deadline_rate(d->claim, size)) : 0;
    end = begin + vn_slot_after(0, real_s, d->slot);
    finish(d, end, begin + real_s, given_before(d, end));
}

/* Steps of the plan in which it has nothing. */
static void
lay_nothing(struct draft *d)
{
    for (int i = 0; i < d->free->n && d->free->steps[i].at < d->deadline; i++)
        if (vn_timeline_find(&d->plan->steps, d->free->steps[i].at) < 0)
            vn_timeline_set(&d->plan->steps, d->free->steps[i].at, 0);
}

/* All it can have until the deadline, which is not enough. */
static void
lay_until_deadline(struct draft *d, int cap)
{
    for (int i = vn_timeline_before(d->free, d->from) + 1;
         i + 1 < d->free->n && d->free->steps[i].at < d->deadline; i++) {
        struct vn_step *step = &d->free->steps[i];
        int size = capped(d, step, cap);

        vn_timeline_set(&d->plan->steps, step->at, size);
        step->devices -= size;
        if (size > 0)
            d->left -= span(d, step->at, step[1].at)
                       * vn_deadline_rate(d->claim, size);
    }
}

/* The step beginning at `begin` of what is free is where it ends. */
static void
end_late(struct draft *d, double begin, int size)
{
    double rate = vn_deadline_rate(d->claim, size);
    double real_end = ceil(begin + d->left / rate);
    double end = vn_slot_after(d->now, real_end, d->slot);
    int i = vn_timeline_before(d->given, end);

    if (i >= 0 && d->given->steps[i].at >= d->deadline)
        d->level = d->given->steps[i].devices;
    vn_timeline_take(d->free, begin, end, size);
    if (begin != end)
        vn_timeline_set(d->free, begin, d->level - size);
    finish(d, end, real_end, d->level);
}

/* Go on after the deadline, with all it can have. */
static void
lay_late(struct draft *d, int first)
{
    double begin = d->deadline > d->from ? d->deadline : d->from, real_end;
    int size;

    for (int i = 0; i < d->free->n; i++) {
        double until = d->free->steps[i].at, done;
        int at = vn_timeline_find(d->free, begin);

        if (until <= d->deadline)
            continue;
        size = at < 0
                   ? 0
                   : vn_deadline_fitting(d->claim, d->free->steps[at].devices);
        vn_timeline_set(&d->plan->steps, begin, size);
        done = (until - begin) * vn_deadline_rate(d->claim, size);
        if (size > 0 && done >= d->left) {
            end_late(d, begin, size);
            return;
        }
        d->left -= size > 0 ? done : 0;
        if (size > 0) {
            int before = vn_timeline_before(d->given, begin);

            if (before >= 0)
                d->level = d->free
                               ->steps[vn_timeline_find(
                                   d->free, d->given->steps[before].at)]
                               .devices;
            vn_timeline_take(d->free, begin, until, size);
        }
        begin = until;
    }
    size = first >= 0 ? first : vn_deadline_fitting(d->claim, d->devices);
    vn_timeline_set(&d->plan->steps, begin, size);
    real_end = ceil(begin + d->left / vn_deadline_rate(d->claim, size));
    vn_timeline_set(d->free, begin, d->devices - size);
    vn_timeline_set(d->free, vn_slot_after(d->now, real_end, d->slot),
                    d->devices);
    finish(d, vn_slot_after(d->now, real_end, d->slot), real_end, d->devices);
}

void
vn_deadline_plan(const struct vn_deadline_claim *claim, double now,
                 double slot, int devices, int first, struct vn_timeline *free,
                 struct vn_deadline_plan *plan)
{
    struct vn_timeline given = {0};
    struct draft d = {.claim = claim,
                      .now = now,
                      .slot = slot,
                      .devices = devices,
                      .deadline = vn_slot_after(now, claim->deadline, slot),
                      .from = now,
                      .left = claim->left,
                      .level = devices,
                      .given = &given,
                      .free = free,
                      .plan = plan};
    int low = 0, high = 0;
    double point = NAN;

    vn_timeline_copy(&given, free);
    vn_timeline_begin(&plan->steps, now, 0);
    if (d.deadline >= now && vn_timeline_find(free, d.deadline) < 0) {
        d.level = free->steps[vn_timeline_before(free, d.deadline)].devices;
        vn_timeline_set(free, d.deadline, d.level);
    }
    if (first >= 0 && begin(&d, first)) {
        vn_timeline_free(&given);
        return;
    }
    lay_nothing(&d);
    for (int cap = vn_deadline_next(claim, 0);
         cap > high && cap <= devices && isnan(point);
         cap = vn_deadline_next(claim, cap)) {
        point = latest_start(&d, cap);
        low = high;
        high = cap;
    }
    if (!isnan(point)) {
        lay(&d, point, low, high);
    } else {
        lay_until_deadline(&d, high);
        lay_late(&d, first);
    }
    vn_timeline_free(&given);
}

void
vn_deadline_plan_greedy(const struct vn_deadline_claim *claim, double now,
                        double slot, int devices, struct vn_timeline *free,
                        struct vn_deadline_plan *plan)
{
    struct vn_timeline given = {0};
    double left = claim->left;
    bool late = false;

    vn_timeline_copy(&given, free);
    vn_timeline_begin(&plan->steps, now, 0);
    for (int i = 0; i < given.n; i++) {
        double begin = given.steps[i].at;
        bool last = i + 1 == given.n;
        int had = last ? devices : given.steps[i].devices;
        int size = vn_deadline_fitting(claim, had);
        double rate = vn_deadline_rate(claim, size), end;

        late = late || begin > claim->deadline;
        vn_timeline_set(&plan->steps, begin, size);
        if (size == 0)
            continue;
        end = ceil(begin + left / rate);
        if (!last && given.steps[i + 1].at < end) {
            left -= (given.steps[i + 1].at - begin) * rate;
            vn_timeline_take(free, begin, given.steps[i + 1].at, size);
            continue;
        }
        vn_timeline_set(free, begin, had - size);
        if (last || vn_timeline_find(&given, end) < 0)
            vn_timeline_set(free, vn_slot_after(now, end, slot), had);
        vn_timeline_merge(free);
        vn_timeline_merge(&plan->steps);
        plan->end = plan->real_end = end;
        plan->meets = !late && end <= claim->deadline;
        break;
    }
    vn_timeline_free(&given);
}
