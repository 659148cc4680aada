/*
 * Elastic weighted fair sharing (VirtualFlow).
 *
 * Jobs share the devices as sim/shares.h says, in powers of two, up to what
 * they ask for; a job's virtual nodes are spread over what it gets, so it may
 * shrink and grow at any instant.  Who waits stands in order of weight, the
 * heaviest first, then of submission, and is admitted from the head while
 * there are fewer jobs than devices, unless a heavier job that runs would get
 * less than it gets without the newcomer; then all wait.  A job's weight is
 * its priority.
 *
 * A job whose share is below the least that is of use to it holds nothing
 * while that is so.
 */
#include "config.h"

#include "sim/policy.h"
#include "sim/shares.h"
#include "sim/waiting.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

extern const struct vn_policy vn_policy_wfs;

enum {
    FRESH = -1 /* admitted at this instant */
};

/* A plan, and for each job that it names, the share it names. */
struct shared {
    struct vn_shares_plan plan;
    int *mark; /* by job; 0 where it is not named */
};

struct wfs {
    struct vn_waiting waiting; /* by (-weight, order); demand is not asked */
    struct vn_shares shares;   /* of those admitted */
    struct shared now;         /* in force */
    struct shared with;        /* worked out with a newcomer, and without */
    struct shared without;
    int *given; /* given[job]: devices of one that shares, or FRESH */
    int jobs;
    int *fresh; /* jobs admitted at this instant */
    int nfresh;
    int fresh_size;
    bool changed; /* the set of those that share did */
};

static enum vn_status
wfs_open(void *state, const struct vn_view *view, const double *values,
         struct vn_error *err)
{
    struct wfs *s = state;

    (void) values;
    if (vn_view_types(view) > 1)
        return vn_fail(
            err, VN_EUNSUP,
            "policy wfs: a cluster of %d device types, expected one",
            vn_view_types(view));
    s->shares.devices = vn_view_devices(view, 0);
    return VN_OK;
}

static void
free_shared(struct shared *m)
{
    vn_shares_plan_free(&m->plan);
    free(m->mark);
}

static void
wfs_close(void *state)
{
    struct wfs *s = state;

    vn_waiting_free(&s->waiting);
    vn_shares_free(&s->shares);
    free_shared(&s->now);
    free_shared(&s->with);
    free_shared(&s->without);
    free(s->given);
    free(s->fresh);
}

static void
grow_marks(struct shared *m, int from, int to)
{
    m->mark = vn_xrealloc(m->mark, (size_t) to, sizeof *m->mark);
    memset(m->mark + from, 0, (size_t) (to - from) * sizeof *m->mark);
}

static void
wfs_arrive(void *state, const struct vn_view *view, int job)
{
    struct wfs *s = state;
    int64_t weight = vn_shares_weight(vn_view_job(view, job)->weight);

    if (job >= s->jobs) {
        int n = 2 * job + 64;

        s->given = vn_xrealloc(s->given, (size_t) n, sizeof *s->given);
        grow_marks(&s->now, s->jobs, n);
        grow_marks(&s->with, s->jobs, n);
        grow_marks(&s->without, s->jobs, n);
        s->jobs = n;
    }
    vn_waiting_add(&s->waiting, job,
                   (struct vn_key){-weight, vn_view_order(view, job)}, 1);
}

static void
wfs_leave(void *state, const struct vn_view *view, int job)
{
    struct wfs *s = state;

    (void) view;
    vn_shares_leave(&s->shares, job);
    s->changed = true;
}

static void
work_out(struct wfs *s, struct shared *m)
{
    for (int i = 0; i < m->plan.nnamed; i++)
        m->mark[m->plan.named[i].job] = 0;
    vn_shares_work_out(&s->shares, &m->plan);
    for (int i = 0; i < m->plan.nnamed; i++)
        m->mark[m->plan.named[i].job] = m->plan.named[i].share;
}

static int
share_of(const struct wfs *s, const struct shared *m, int job)
{
    return m->mark[job] > 0 ? m->mark[job]
                            : vn_shares_base(&s->shares, &m->plan, job);
}

/* Does a job that runs, and is heavier, get less with the newcomer? */
static bool
loses(const struct wfs *s, int job, int64_t weight)
{
    const struct vn_shares *sh = &s->shares;

    return vn_shares_has(sh, job) && s->given[job] != FRESH
           && sh->groups[sh->jobs[job].group].weight > weight
           && share_of(s, &s->with, job) < share_of(s, &s->without, job);
}

/* Does one of those between two orders? */
static bool
range_loses(const struct wfs *s, const struct vn_shares_group *group,
            int64_t from, int64_t to, int64_t weight)
{
    for (int i = vn_shares_place(group, from);
         i < group->length && group->order[i] < to; i++)
        if (group->row[i] >= 0 && loses(s, group->row[i], weight))
            return true;
    return false;
}

/* Does any?  Those of a class have its base, but for those that are named. */
static bool
any_loses(const struct wfs *s, int64_t weight)
{
    const struct vn_shares *sh = &s->shares;

    for (int r = 0; r < sh->nsorted; r++) {
        const struct vn_shares_group *group = &sh->groups[sh->sorted[r]];
        int base = sh->sorted[r] * VN_SHARES_CLASSES;

        if (group->weight <= weight)
            break;
        if (s->with.plan.end[sh->sorted[r]]
                < s->without.plan.end[sh->sorted[r]]
            && range_loses(s, group, s->with.plan.end[sh->sorted[r]],
                           s->without.plan.end[sh->sorted[r]], weight))
            return true;
        for (int k = 0; k < VN_SHARES_CLASSES; k++) {
            if (s->with.plan.base[base + k] == s->without.plan.base[base + k])
                continue;
            for (int j = group->class[k].first; j >= 0; j = sh->jobs[j].next)
                if (loses(s, j, weight))
                    return true;
        }
    }
    for (int i = 0; i < s->with.plan.nnamed; i++)
        if (loses(s, s->with.plan.named[i].job, weight))
            return true;
    for (int i = 0; i < s->without.plan.nnamed; i++)
        if (loses(s, s->without.plan.named[i].job, weight))
            return true;
    return false;
}

static void
swap(struct shared *a, struct shared *b)
{
    struct shared c = *a;

    *a = *b;
    *b = c;
}

/* Admit from the head of the queue while nobody heavier loses. */
static void
admit(struct wfs *s, const struct vn_view *view)
{
    bool known = false; /* s->without is worked out for those that share */

    while (s->shares.count < s->shares.devices) {
        struct vn_key key;
        int demand, job = vn_waiting_first(&s->waiting, 1, &key, &demand);
        int64_t heaviest = vn_shares_heaviest(&s->shares);
        bool compare;

        if (job < 0)
            return;
        compare = heaviest > -key.major;
        if (compare && !known)
            work_out(s, &s->without);
        vn_shares_join(&s->shares, job, -key.major,
                       vn_view_job(view, job)->devices,
                       vn_view_order(view, job));
        s->given[job] = FRESH;
        if (compare) {
            work_out(s, &s->with);
            if (any_loses(s, -key.major)) {
                vn_shares_leave(&s->shares, job);
                return;
            }
            swap(&s->with, &s->without);
        }
        known = compare;
        vn_waiting_take(&s->waiting, 1);
        s->changed = true;
        if (s->nfresh == s->fresh_size) {
            s->fresh_size = 2 * s->fresh_size + 64;
            s->fresh = vn_xrealloc(s->fresh, (size_t) s->fresh_size,
                                   sizeof *s->fresh);
        }
        s->fresh[s->nfresh++] = job;
    }
}

/* Give a job that shares what s->with says, if it has not got it. */
static void
give(struct wfs *s, const struct vn_view *view, struct vn_answer *answer,
     int job)
{
    int share, before;

    if (!vn_shares_has(&s->shares, job))
        return;
    share = share_of(s, &s->with, job);
    if (share < vn_view_job(view, job)->min_devices)
        share = 0;
    before = s->given[job];
    s->given[job] = share;
    if (share != (before == FRESH ? 0 : before))
        vn_answer_set(answer, job, 0, share);
}

/* Give those of a group whom the doubling now reaches, or no longer does. */
static void
give_range(struct wfs *s, const struct vn_view *view, struct vn_answer *answer,
           struct vn_shares_group *group, int64_t end)
{
    int64_t before = group->applied_end;
    int64_t from = before < end ? before : end;
    int64_t to = before < end ? end : before;

    if (from < to)
        for (int i = vn_shares_place(group, from);
             i < group->length && group->order[i] < to; i++)
            if (group->row[i] >= 0)
                give(s, view, answer, group->row[i]);
    group->applied_end = end;
}

static void
wfs_decide(void *state, const struct vn_view *view, struct vn_answer *answer)
{
    struct wfs *s = state;
    struct vn_shares *sh = &s->shares;

    admit(s, view);
    if (!s->changed)
        return;
    work_out(s, &s->with);
    for (int r = 0; r < sh->nsorted; r++) {
        struct vn_shares_group *group = &sh->groups[sh->sorted[r]];

        for (uint64_t u = group->used; u != 0; u &= u - 1) {
            int k = __builtin_ctzll(u);
            int base =
                s->with.plan.base[sh->sorted[r] * VN_SHARES_CLASSES + k];

            if (group->class[k].applied == base + 1)
                continue;
            group->class[k].applied = base + 1;
            for (int j = group->class[k].first; j >= 0; j = sh->jobs[j].next)
                give(s, view, answer, j);
        }
        give_range(s, view, answer, group, s->with.plan.end[sh->sorted[r]]);
    }
    for (int i = 0; i < s->now.plan.nnamed; i++)
        give(s, view, answer, s->now.plan.named[i].job);
    for (int i = 0; i < s->with.plan.nnamed; i++)
        give(s, view, answer, s->with.plan.named[i].job);
    for (int i = 0; i < s->nfresh; i++)
        give(s, view, answer, s->fresh[i]);
    swap(&s->now, &s->with);
    s->nfresh = 0;
    s->changed = false;
}

const struct vn_policy vn_policy_wfs = {
    .name = "wfs",
    .summary = "elastic weighted fair sharing (VirtualFlow)",
    .state_size = sizeof(struct wfs),
    .open = wfs_open,
    .close = wfs_close,
    .arrive = wfs_arrive,
    .leave = wfs_leave,
    .decide = wfs_decide,
};
