#include "config.h"

#include "sim/shares.h"

#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int64_t
vn_shares_weight(double weight)
{
    int64_t millionths = llround(weight * 1e6);

    return millionths > 0 ? millionths : 1;
}

/* floor(log2(x)), x > 0. */
static int
level_of(int64_t x)
{
    return 63 - __builtin_clzll((unsigned long long) x);
}

/* 2^floor(log2(max(1, free w / sum))). */
static int
fair_share(int spare, int64_t weight, __int128 sum)
{
    __int128 whole = (__int128) spare * weight / sum;

    return whole > 1 ? 1 << level_of((int64_t) whole) : 1;
}

/*
 * The plain form, word for word.  What the header calls free is spare here.
 */

/* Halve until the shares of those in U fit; they can, since n <= free. */
static void
halve(int spare, int n, const int64_t *weight, const bool *in, int *share)
{
    for (;;) {
        int64_t sum = 0;
        int lightest = -1;

        for (int i = 0; i < n; i++) {
            if (!in[i])
                continue;
            sum += share[i];
            if (share[i] > 1 && (lightest < 0 || weight[i] < weight[lightest]))
                lightest = i;
        }
        if (sum <= spare || lightest < 0)
            return;
        share[lightest] /= 2;
    }
}

static void
double_up(int spare, int n, const int64_t *weight, const int *demand,
          int *share)
{
    int64_t below = INT64_MAX;

    for (;;) {
        int64_t heaviest = 0;

        for (int i = 0; i < n; i++)
            if (weight[i] < below && weight[i] > heaviest)
                heaviest = weight[i];
        if (heaviest == 0)
            return;
        for (int i = 0; i < n; i++)
            while (weight[i] == heaviest && spare >= share[i]
                   && 2 * share[i] <= demand[i]) {
                spare -= share[i];
                share[i] *= 2;
            }
        below = heaviest;
    }
}

void
vn_shares_plain(int devices, int n, const int64_t *weight, const int *demand,
                int *share)
{
    bool *in = vn_xcalloc((size_t) n, sizeof *in); /* of U */
    int spare = devices, left = n;

    memset(in, true, (size_t) n * sizeof *in);
    while (left > 0) {
        int before = left, room = spare;
        __int128 sum = 0;

        for (int i = 0; i < n; i++)
            sum += in[i] ? weight[i] : 0;
        for (int i = 0; i < n; i++)
            if (in[i])
                share[i] = fair_share(spare, weight[i], sum);
        halve(spare, n, weight, in, share);
        for (int i = 0; i < n; i++)
            if (in[i] && share[i] >= demand[i]) {
                share[i] = demand[i];
                room -= demand[i];
                in[i] = false;
                left--;
            }
        if (left == before)
            for (int i = 0; i < n; i++)
                room -= in[i] ? share[i] : 0;
        spare = room;
        if (left == before)
            break;
    }
    double_up(spare, n, weight, demand, share);
    free(in);
}

/*
 * The form by classes.
 */

void
vn_shares_free(struct vn_shares *s)
{
    free(s->groups);
    free(s->sorted);
    free(s->jobs);
}

void
vn_shares_plan_free(struct vn_shares_plan *plan)
{
    free(plan->base);
    free(plan->named);
}

bool
vn_shares_has(const struct vn_shares *s, int job)
{
    return job < s->allocated && s->jobs[job].group >= 0;
}

int64_t
vn_shares_heaviest(const struct vn_shares *s)
{
    return s->nsorted > 0 ? s->groups[s->sorted[0]].weight : 0;
}

/* Where in sorted a weight stands, or would stand. */
static int
rank_of(const struct vn_shares *s, int64_t weight)
{
    int low = 0, high = s->nsorted;

    while (low < high) {
        int middle = (low + high) / 2;

        if (s->groups[s->sorted[middle]].weight > weight)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The group of a weight, made where it is not there. */
static int
group_of(struct vn_shares *s, int64_t weight)
{
    int rank = rank_of(s, weight), g;

    if (rank < s->nsorted && s->groups[s->sorted[rank]].weight == weight)
        return s->sorted[rank];
    if (s->nsorted == s->ngroups) { /* none is vacant */
        s->ngroups++;
        s->groups =
            vn_xrealloc(s->groups, (size_t) s->ngroups, sizeof *s->groups);
        s->sorted =
            vn_xrealloc(s->sorted, (size_t) s->ngroups, sizeof *s->sorted);
        s->sorted[s->ngroups - 1] = s->ngroups - 1;
    }
    g = s->sorted[s->nsorted]; /* vacant groups stand behind those in use */
    memmove(s->sorted + rank + 1, s->sorted + rank,
            (size_t) (s->nsorted - rank) * sizeof *s->sorted);
    s->sorted[rank] = g;
    s->nsorted++;
    s->groups[g] = (struct vn_shares_group){.weight = weight};
    for (int k = 0; k < VN_SHARES_CLASSES; k++)
        s->groups[g].class[k].first = s->groups[g].class[k].last = -1;
    return g;
}

static void
drop_group(struct vn_shares *s, int g)
{
    int rank = rank_of(s, s->groups[g].weight);

    s->nsorted--;
    memmove(s->sorted + rank, s->sorted + rank + 1,
            (size_t) (s->nsorted - rank) * sizeof *s->sorted);
    s->sorted[s->nsorted] = g;
}

/* Class 2l holds demand 2^l, class 2l + 1 those between 2^l and 2^(l + 1). */
static int
class_of(int demand)
{
    return 2 * level_of(demand) + ((demand & (demand - 1)) != 0);
}

static void
reserve(struct vn_shares *s, int job)
{
    int n = job + s->allocated + 64;

    s->jobs = vn_xrealloc(s->jobs, (size_t) n, sizeof *s->jobs);
    for (; s->allocated < n; s->allocated++)
        s->jobs[s->allocated].group = -1;
}

void
vn_shares_join(struct vn_shares *s, int job, int64_t weight, int demand,
               int64_t order)
{
    int g = group_of(s, weight), k = class_of(demand);
    struct vn_shares_class *c = &s->groups[g].class[k];

    if (job >= s->allocated)
        reserve(s, job);
    s->jobs[job] = (struct vn_shares_job){.order = order,
                                          .group = g,
                                          .class = k,
                                          .demand = demand,
                                          .next = -1,
                                          .previous = c->last};
    if (c->last >= 0)
        s->jobs[c->last].next = job;
    else
        c->first = job;
    c->last = job;
    c->count++;
    c->demand += demand;
    s->groups[g].used |= UINT64_C(1) << k;
    s->groups[g].count++;
    s->count++;
}

void
vn_shares_leave(struct vn_shares *s, int job)
{
    struct vn_shares_job *j = &s->jobs[job];
    struct vn_shares_group *group = &s->groups[j->group];
    struct vn_shares_class *c = &group->class[j->class];

    if (j->previous >= 0)
        s->jobs[j->previous].next = j->next;
    else
        c->first = j->next;
    if (j->next >= 0)
        s->jobs[j->next].previous = j->previous;
    else
        c->last = j->previous;
    c->demand -= j->demand;
    if (--c->count == 0)
        group->used &= ~(UINT64_C(1) << j->class);
    if (--group->count == 0)
        drop_group(s, j->group);
    s->count--;
    j->group = -1;
}

int
vn_shares_base(const struct vn_shares *s, const struct vn_shares_plan *plan,
               int job)
{
    const struct vn_shares_job *j = &s->jobs[job];
    int base = plan->base[j->group * VN_SHARES_CLASSES + j->class];

    return base > 0 ? base : j->demand;
}

static void
name(struct vn_shares_plan *plan, int job, int share)
{
    if (plan->nnamed == plan->named_size) {
        plan->named_size = 2 * plan->named_size + 64;
        plan->named = vn_xrealloc(plan->named, (size_t) plan->named_size,
                                  sizeof *plan->named);
    }
    plan->named[plan->nnamed++] = (struct vn_shares_named){job, share};
}

/* Classes whose demands are all at most 2^level: bits 0 .. 2 level. */
static uint64_t
classes_within(int level)
{
    return (UINT64_C(2) << (2 * level)) - 1;
}

/*
 * The rounds of the rule, by class.  left[rank] is the set of classes still in
 * U at the end, share[rank] the s of the last round.  False where the halving
 * would be needed.
 */
static bool
rounds(const struct vn_shares *s, struct vn_shares_plan *plan, uint64_t *left,
       int *share, int *spare)
{
    for (int r = 0; r < s->nsorted; r++)
        left[r] = s->groups[s->sorted[r]].used;
    for (;;) {
        __int128 weights = 0;
        int64_t shares = 0, met = 0;
        bool any = false;

        for (int r = 0; r < s->nsorted; r++) {
            const struct vn_shares_group *group = &s->groups[s->sorted[r]];
            int n = 0;

            for (uint64_t u = left[r]; u != 0; u &= u - 1)
                n += group->class[__builtin_ctzll(u)].count;
            share[r] = n; /* for a moment */
            weights += (__int128) n * group->weight;
        }
        if (weights == 0)
            return true;
        for (int r = 0; r < s->nsorted; r++)
            if (share[r] > 0) {
                int n = share[r];

                share[r] = fair_share(*spare, s->groups[s->sorted[r]].weight,
                                      weights);
                shares += (int64_t) n * share[r];
            }
        if (shares > *spare)
            return false;
        for (int r = 0; r < s->nsorted; r++) {
            const struct vn_shares_group *group = &s->groups[s->sorted[r]];
            uint64_t done = share[r] > 0
                                ? left[r] & classes_within(level_of(share[r]))
                                : 0;

            left[r] &= ~done;
            any = any || done != 0;
            for (; done != 0; done &= done - 1)
                met += group->class[__builtin_ctzll(done)].demand;
        }
        *spare -= (int) met;
        if (any)
            continue;
        for (int r = 0; r < s->nsorted; r++)
            for (uint64_t u = left[r]; u != 0; u &= u - 1)
                plan->base[s->sorted[r] * VN_SHARES_CLASSES
                           + __builtin_ctzll(u)] = share[r];
        *spare -= (int) shares;
        return true;
    }
}

/* The doubling within a group: its classes in `left`, merged by order. */
static void
double_group(const struct vn_shares *s, struct vn_shares_plan *plan,
             const struct vn_shares_group *group, uint64_t left, int share,
             int *spare)
{
    int head[VN_SHARES_CLASSES];

    /* A demand of at least twice the share lies above class 2 level + 1. */
    left &= ~((UINT64_C(4) << (2 * level_of(share))) - 1);
    for (uint64_t u = left; u != 0; u &= u - 1)
        head[__builtin_ctzll(u)] = group->class[__builtin_ctzll(u)].first;
    while (*spare >= share) {
        int best = -1, got = share;

        for (uint64_t u = left; u != 0; u &= u - 1) {
            int k = __builtin_ctzll(u);

            if (head[k] >= 0
                && (best < 0
                    || s->jobs[head[k]].order < s->jobs[head[best]].order))
                best = k;
        }
        if (best < 0)
            return;
        while (*spare >= got && 2 * got <= s->jobs[head[best]].demand) {
            *spare -= got;
            got *= 2;
        }
        name(plan, head[best], got);
        head[best] = s->jobs[head[best]].next;
    }
}

/* In order: heaviest group first, within a group by order. */
struct ranked {
    int64_t order;
    int job;
};

static int
compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;

    return x->order < y->order ? -1 : x->order > y->order;
}

/* Every job by name, as the plain form has it. */
static void
work_out_plainly(const struct vn_shares *s, struct vn_shares_plan *plan)
{
    size_t n = (size_t) s->count;
    struct ranked *all = vn_xcalloc(n, sizeof *all);
    int64_t *weight = vn_xcalloc(n, sizeof *weight);
    int *demand = vn_xcalloc(n, sizeof *demand);
    int *share = vn_xcalloc(n, sizeof *share);
    int m = 0;

    for (int r = 0; r < s->nsorted; r++)
        for (uint64_t u = s->groups[s->sorted[r]].used; u != 0; u &= u - 1) {
            int k = __builtin_ctzll(u);

            for (int j = s->groups[s->sorted[r]].class[k].first; j >= 0;
                 j = s->jobs[j].next)
                all[m++] = (struct ranked){s->jobs[j].order, j};
        }
    qsort(all, n, sizeof *all, compare_ranked);
    for (int i = 0; i < m; i++) {
        weight[i] = s->groups[s->jobs[all[i].job].group].weight;
        demand[i] = s->jobs[all[i].job].demand;
    }
    vn_shares_plain(s->devices, m, weight, demand, share);
    for (int i = 0; i < m; i++)
        name(plan, all[i].job, share[i]);
    free(all);
    free(weight);
    free(demand);
    free(share);
}

void
vn_shares_work_out(const struct vn_shares *s, struct vn_shares_plan *plan)
{
    size_t groups = (size_t) s->nsorted;
    int size = s->ngroups * VN_SHARES_CLASSES, spare = s->devices;
    uint64_t few[16], *left = few;
    int few_shares[16], *share = few_shares;

    if (groups > sizeof few / sizeof few[0]) {
        left = vn_xcalloc(groups, sizeof *left);
        share = vn_xcalloc(groups, sizeof *share);
    }
    if (size > plan->base_size) {
        plan->base_size = size;
        plan->base =
            vn_xrealloc(plan->base, (size_t) size, sizeof *plan->base);
    }
    memset(plan->base, 0, (size_t) size * sizeof *plan->base);
    plan->nnamed = 0;
    if (!rounds(s, plan, left, share, &spare))
        work_out_plainly(s, plan);
    else
        for (int r = 0; r < s->nsorted; r++)
            if (left[r] != 0)
                double_group(s, plan, &s->groups[s->sorted[r]], left[r],
                             share[r], &spare);
    if (left != few) {
        free(left);
        free(share);
    }
}
