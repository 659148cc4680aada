#include "config.h"

#include "sim/engine/answer.h"

#include "base/xalloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void
vn_answer_free(struct vn_answer *a)
{
    vn_region_free(a->region, a->grants);
    vn_region_free(a->region, a->words);
    vn_region_free(a->region, a->declined);
    vn_region_free(a->region, a->touched);
    vn_region_free(a->region, a->mark);
    vn_region_free(a->region, a->after);
}

void
vn_answer_fail(struct vn_answer *a, const char *why)
{
    a->failed = true;
    snprintf(a->why, sizeof a->why, "%s", why);
}

void
vn_answer_clear(struct vn_answer *a)
{
    a->ngrants = 0;
    a->nwords = 0;
    a->ndeclined = 0;
    a->waking = false;
}

void
vn_answer_set(struct vn_answer *a, int job, int type, int devices)
{
    if (a->ngrants == a->allocated) {
        a->allocated = 2 * a->allocated + 64;
        a->grants = vn_region_realloc(
            a->region, a->grants, (size_t) a->allocated, sizeof *a->grants);
    }
    a->grants[a->ngrants++] = (struct vn_grant){job, type, devices};
}

void
vn_answer_end(struct vn_answer *a, int job, vn_time time)
{
    if (a->nwords == a->words_allocated) {
        a->words_allocated = 2 * a->words_allocated + 64;
        a->words =
            vn_region_realloc(a->region, a->words, (size_t) a->words_allocated,
                              sizeof *a->words);
    }
    a->words[a->nwords++] = (struct vn_word){job, time};
}

void
vn_answer_decline(struct vn_answer *a, int job)
{
    if (a->ndeclined == a->declined_allocated) {
        a->declined_allocated = 2 * a->declined_allocated + 64;
        a->declined = vn_region_realloc(a->region, a->declined,
                                        (size_t) a->declined_allocated,
                                        sizeof *a->declined);
    }
    a->declined[a->ndeclined++] = job;
}

void
vn_answer_wake(struct vn_answer *a, vn_time time)
{
    if (!a->waking || time < a->wake)
        a->wake = time;
    a->waking = true;
}

static enum vn_status
check_slot(int slot, const struct vn_policy *policy, const struct vn_ledger *l,
           struct vn_error *err)
{
    if (slot < 0 || slot >= l->nentries || !l->entries[slot].present)
        return vn_fail(err, VN_EPOLICY,
                       "policy %s: there is no job in slot %d, expected one "
                       "that arrived and has not left",
                       policy->name, slot);
    return VN_OK;
}

static enum vn_status
check_word(const struct vn_word *w, const struct vn_policy *policy,
           const struct vn_ledger *l, struct vn_error *err)
{
    enum vn_status status = check_slot(w->slot, policy, l, err);

    if (status == VN_OK && w->time < l->now)
        status = vn_fail(err, VN_EPOLICY,
                         "policy %s: job %" PRId64 " ends at %.6f s, "
                         "expected no time before now, %.6f s",
                         policy->name, l->entries[w->slot].job.id,
                         (double) w->time / 1e6, (double) l->now / 1e6);
    return status;
}

/* One that is declined never had anything, and gets nothing now. */
static enum vn_status
check_declined(const struct vn_answer *a, int i,
               const struct vn_policy *policy, const struct vn_ledger *l,
               struct vn_error *err)
{
    int slot = a->declined[i];
    enum vn_status status = check_slot(slot, policy, l, err);
    bool had = status == VN_OK && l->entries[slot].start >= 0;

    for (int k = 0; k < a->ngrants; k++)
        had = had || (a->grants[k].slot == slot && a->grants[k].devices > 0);
    for (int k = 0; k < i; k++)
        had = had || a->declined[k] == slot;
    if (status == VN_OK && had)
        status = vn_fail(err, VN_EPOLICY,
                         "policy %s: declines job %" PRId64 ", expected one "
                         "that has not been admitted or declined",
                         policy->name, l->entries[slot].job.id);
    return status;
}

static enum vn_status
check_grant(const struct vn_grant *g, const struct vn_policy *policy,
            const struct vn_ledger *l, struct vn_error *err)
{
    enum vn_status status = check_slot(g->slot, policy, l, err);
    const struct vn_entry *e;

    if (status != VN_OK)
        return status;
    e = &l->entries[g->slot];
    if (g->type < 0 || g->type >= l->cluster->ntypes)
        return vn_fail(err, VN_EPOLICY,
                       "policy %s: job %" PRId64 ": device type %d, expected "
                       "0 to %d",
                       policy->name, e->job.id, g->type,
                       l->cluster->ntypes - 1);
    if (g->devices > 0 && e->type >= 0 && g->type != e->type)
        return vn_fail(err, VN_EPOLICY,
                       "policy %s: job %" PRId64 " given %s, expected %s, its "
                       "only type",
                       policy->name, e->job.id,
                       l->cluster->types[g->type].name,
                       l->cluster->types[e->type].name);
    if (g->devices > 0 && (e->types >> g->type & 1) == 0)
        return vn_fail(err, VN_EPOLICY,
                       "policy %s: job %" PRId64 " given %s, on which it "
                       "cannot run: its model was not profiled there, or does "
                       "not fit",
                       policy->name, e->job.id,
                       l->cluster->types[g->type].name);
    if (g->devices < 0 || g->devices > l->cluster->types[g->type].devices)
        return vn_fail(err, VN_EPOLICY,
                       "policy %s: job %" PRId64 " given %d %s, expected 0 to "
                       "%d, all there are",
                       policy->name, e->job.id, g->devices,
                       l->cluster->types[g->type].name,
                       l->cluster->types[g->type].devices);
    return VN_OK;
}

/* The row of `after` for a slot, made from what it holds at first touch. */
static int *
row_of(struct vn_answer *a, const struct vn_ledger *l, int slot)
{
    int types = l->cluster->ntypes;

    if (slot >= a->marks) {
        int n = l->allocated;

        a->mark =
            vn_region_realloc(a->region, a->mark, (size_t) n, sizeof *a->mark);
        memset(a->mark + a->marks, 0,
               (size_t) (n - a->marks) * sizeof *a->mark);
        a->marks = n;
    }
    if (a->mark[slot] == 0) {
        a->touched[a->ntouched] =
            (struct vn_touched){slot, l->entries[slot].held};
        memcpy(a->after + a->ntouched * types, l->held + slot * types,
               (size_t) types * sizeof *a->after);
        a->mark[slot] = ++a->ntouched;
    }
    return a->after + (a->mark[slot] - 1) * types;
}

/* A job's devices, as they shall be: are they of use to it? */
static enum vn_status
check_row(const struct vn_ledger *l, const struct vn_entry *e,
          const int *devices, const struct vn_policy *policy,
          struct vn_error *err)
{
    const struct vn_job *job = &e->job;
    int total = 0, types = 0;

    for (int t = 0; t < l->cluster->ntypes; t++) {
        total += devices[t];
        types += devices[t] > 0;
    }
    if (total == 0)
        return VN_OK;
    if (policy->rigid && total != job->devices)
        return vn_fail(err, VN_EPOLICY,
                       "policy %s: job %" PRId64 " given %d devices, expected "
                       "the %d it asks for, or none",
                       policy->name, job->id, total, job->devices);
    /* Of several types, a modelled job may use more: its nodes are split. */
    if (total < job->min_devices
        || (total > job->max_devices && (types == 1 || e->model < 0)))
        return vn_fail(err, VN_EPOLICY,
                       "policy %s: job %" PRId64 " given %d devices, expected "
                       "%d to %d, or none",
                       policy->name, job->id, total, job->min_devices,
                       job->max_devices);
    if (e->model >= 0 && e->told < 0
        && isinf(vn_pricing_step_s(l->pricing, job, e->model, devices, false)))
        return vn_fail(err, VN_EPOLICY,
                       "policy %s: job %" PRId64 " given %d devices, on which "
                       "its profile has no step, expected others, or none",
                       policy->name, job->id, total);
    return VN_OK;
}

static enum vn_status
check_all(struct vn_answer *a, const struct vn_policy *policy,
          const struct vn_ledger *l, struct vn_error *err)
{
    enum vn_status status;
    int types = l->cluster->ntypes;

    for (int i = 0; i < a->nwords; i++)
        if ((status = check_word(&a->words[i], policy, l, err)) != VN_OK)
            return status;
    for (int i = 0; i < a->ndeclined; i++)
        if ((status = check_declined(a, i, policy, l, err)) != VN_OK)
            return status;
    for (int i = 0; i < a->ngrants; i++) {
        status = check_grant(&a->grants[i], policy, l, err);
        if (status != VN_OK)
            return status;
        row_of(a, l, a->grants[i].slot)[a->grants[i].type] =
            a->grants[i].devices;
    }
    for (int i = 0; i < a->ntouched; i++) {
        status = check_row(l, &l->entries[a->touched[i].slot],
                           a->after + i * types, policy, err);
        if (status != VN_OK)
            return status;
    }
    for (int t = 0; t < types; t++) {
        int64_t free = l->free[t];

        for (int i = 0; i < a->ntouched; i++)
            free += l->held[a->touched[i].slot * types + t]
                    - a->after[i * types + t];
        if (free < 0)
            return vn_fail(err, VN_EPOLICY,
                           "policy %s: gives %" PRId64 " %s more than the %d "
                           "there are",
                           policy->name, -free, l->cluster->types[t].name,
                           l->cluster->types[t].devices);
    }
    if (a->waking && a->wake <= l->now)
        return vn_fail(err, VN_EPOLICY,
                       "policy %s: asks to be woken at %.6f s, expected a "
                       "time after now, %.6f s",
                       policy->name, (double) a->wake / 1e6,
                       (double) l->now / 1e6);
    return VN_OK;
}

enum vn_status
vn_answer_check(struct vn_answer *a, const struct vn_policy *policy,
                const struct vn_ledger *l, struct vn_error *err)
{
    enum vn_status status;

    if (a->room < a->ngrants) {
        a->room = a->allocated;
        a->touched = vn_region_realloc(a->region, a->touched, (size_t) a->room,
                                       sizeof *a->touched);
        a->after = vn_region_realloc(
            a->region, a->after,
            (size_t) a->room * (size_t) l->cluster->ntypes, sizeof *a->after);
    }
    a->ntouched = 0;
    status = check_all(a, policy, l, err);
    for (int i = 0; i < a->ntouched; i++)
        a->mark[a->touched[i].slot] = 0;
    return status;
}
