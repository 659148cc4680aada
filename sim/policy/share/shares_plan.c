/* The rule of sim/policy/share/shares.h by classes, so that few jobs are
 * looked at. */
#include "config.h"

#include "sim/policy/share/shares.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

void
vn_shares_plan_free(struct vn_shares_plan *plan)
{
    free(plan->base);
    free(plan->end);
    free(plan->named);
}

int
vn_shares_base(const struct vn_shares *s, const struct vn_shares_plan *plan,
               int job)
{
    const struct vn_shares_job *j = &s->jobs[job];
    int base = plan->base[j->group * VN_SHARES_CLASSES + j->class];

    if (base == 0)
        return j->demand;
    return j->order < plan->end[j->group] ? 1 << vn_shares_level(j->demand)
                                          : base;
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

/* Where a group stands in the rounds.  Members are counted by class. */
struct round {
    uint64_t left;                 /* classes with members in U */
    int share;                     /* s, but for those that were halved: */
    int halved[VN_SHARES_CLASSES]; /* of the first members, down to 1 */
    int odd;                       /* one that was halved in part, or -1 */
    int odd_share;
    int count[VN_SHARES_CLASSES]; /* the first members, which are in U */
    int64_t demand[VN_SHARES_CLASSES];
    int64_t halved_demand[VN_SHARES_CLASSES];
    int nhalved;
};

/* Walks the members of a group that are in U, in order. */
struct walk {
    const struct vn_shares *shares;
    const struct round *round;
    uint64_t left;
    int head[VN_SHARES_CLASSES];
    int seen[VN_SHARES_CLASSES];
};

static struct walk
begin_walk(const struct vn_shares *s, const struct vn_shares_group *group,
           const struct round *round, uint64_t left)
{
    struct walk w = {.shares = s, .round = round, .left = left};

    for (uint64_t u = left; u != 0; u &= u - 1)
        w.head[__builtin_ctzll(u)] = group->class[__builtin_ctzll(u)].first;
    return w;
}

/* The next job, and its class, or -1. */
static int
next_member(struct walk *w, int *class)
{
    const struct vn_shares_job *jobs = w->shares->jobs;
    int best = -1, job;

    for (uint64_t u = w->left; u != 0; u &= u - 1) {
        int k = __builtin_ctzll(u);

        if (best < 0 || jobs[w->head[k]].order < jobs[w->head[best]].order)
            best = k;
    }
    if (best < 0)
        return -1;
    job = w->head[best];
    w->head[best] = jobs[job].next;
    if (++w->seen[best] == w->round->count[best])
        w->left &= ~(UINT64_C(1) << best);
    *class = best;
    return job;
}

static int
members(const struct round *round)
{
    int n = 0;

    for (uint64_t u = round->left; u != 0; u &= u - 1)
        n += round->count[__builtin_ctzll(u)];
    return n;
}

/* Halve the shares of a group, the first in order first, by up to excess. */
static void
halve_group(const struct vn_shares *s, const struct vn_shares_group *group,
            struct round *round, int64_t *excess)
{
    int64_t all = (int64_t) members(round) * (round->share - 1);
    struct walk w;

    if (all <= *excess) {
        round->share = 1;
        *excess -= all;
        return;
    }
    w = begin_walk(s, group, round, round->left);
    while (*excess > 0) {
        int k, job = next_member(&w, &k), share = round->share;

        while (*excess > 0 && share > 1) {
            share /= 2;
            *excess -= share;
        }
        if (share == 1) {
            round->halved[k]++;
            round->halved_demand[k] += s->jobs[job].demand;
            round->nhalved++;
        } else {
            round->odd = job;
            round->odd_share = share;
        }
    }
}

/* Let those of a class whose share meets their demand leave U. */
static int64_t
meet_class(const struct vn_shares *s, struct round *round, int k)
{
    int count = k > 0 ? round->halved[k] : 0;
    int64_t demand = k > 0 ? round->halved_demand[k] : 0, met;

    if (round->odd >= 0 && s->jobs[round->odd].class == k
        && round->odd_share < s->jobs[round->odd].demand) {
        count++;
        demand += s->jobs[round->odd].demand;
    }
    met = round->demand[k] - demand;
    round->count[k] = count;
    round->demand[k] = demand;
    if (count == 0)
        round->left &= ~(UINT64_C(1) << k);
    return met;
}

static void
forget_halving(struct round *round)
{
    if (round->nhalved > 0) {
        memset(round->halved, 0, sizeof round->halved);
        memset(round->halved_demand, 0, sizeof round->halved_demand);
    }
    round->nhalved = 0;
    round->odd = -1;
}

/* The first part of a round: s for each of U, halved until they fit. */
static bool
deal(const struct vn_shares *s, struct round *rounds, int spare,
     int64_t *dealt)
{
    __int128 weights = 0;
    int64_t excess;

    *dealt = 0;
    for (int r = 0; r < s->nsorted; r++) {
        weights +=
            (__int128) members(&rounds[r]) * s->groups[s->sorted[r]].weight;
        forget_halving(&rounds[r]);
    }
    if (weights == 0)
        return false;
    for (int r = 0; r < s->nsorted; r++) {
        struct round *round = &rounds[r];

        round->share =
            vn_shares_fair(spare, s->groups[s->sorted[r]].weight, weights);
        *dealt += (int64_t) members(round) * round->share;
    }
    excess = *dealt - spare;
    for (int r = s->nsorted - 1; r >= 0 && excess > 0; r--) {
        int64_t before = excess;

        halve_group(s, &s->groups[s->sorted[r]], &rounds[r], &excess);
        *dealt -= before - excess;
    }
    return true;
}

/* The rounds of the rule; what is left over in *spare. */
static void
go_round(const struct vn_shares *s, struct round *rounds, int *spare)
{
    int64_t dealt;

    while (deal(s, rounds, *spare, &dealt)) {
        int64_t met = 0;
        bool any = false;

        for (int r = 0; r < s->nsorted; r++) {
            uint64_t within =
                rounds[r].left
                & classes_within(vn_shares_level(rounds[r].share));

            for (; within != 0; within &= within - 1) {
                int k = __builtin_ctzll(within);
                int before = rounds[r].count[k];

                met += meet_class(s, &rounds[r], k);
                any = any || rounds[r].count[k] < before;
            }
        }
        if (!any) {
            *spare -= (int) dealt;
            return;
        }
        *spare -= (int) met;
    }
}

/* Write down what a group that is left in U gets. */
static void
settle_group(const struct vn_shares *s, struct vn_shares_plan *plan, int g,
             const struct round *round)
{
    for (uint64_t u = round->left; u != 0; u &= u - 1) {
        int k = __builtin_ctzll(u), i = 0;
        const struct vn_shares_class *c = &s->groups[g].class[k];
        bool whole = round->count[k] == c->count;

        if (whole)
            plan->base[g * VN_SHARES_CLASSES + k] = round->share;
        for (int job = c->first;
             i < (whole ? round->halved[k] : round->count[k]);
             job = s->jobs[job].next, i++)
            name(plan, job, i < round->halved[k] ? 1 : round->share);
    }
    if (round->odd >= 0)
        name(plan, round->odd, round->odd_share);
}

/*
 * The doubling job by job, within a group that had to halve or that some have
 * left.  There is little left over to double with.
 */
static void
double_walk(const struct vn_shares *s, struct vn_shares_plan *plan,
            const struct vn_shares_group *group, const struct round *round,
            int *spare)
{
    struct walk w = begin_walk(s, group, round, round->left);
    int job, k;

    for (int i = 0; *spare >= (i > round->nhalved ? round->share : 1); i++) {
        int share, got;

        if ((job = next_member(&w, &k)) < 0)
            return;
        share = w.seen[k] <= round->halved[k] ? 1
                : job == round->odd           ? round->odd_share
                                              : round->share;
        for (got = share; *spare >= got && 2 * got <= s->jobs[job].demand;
             got *= 2)
            *spare -= got;
        if (got != share)
            name(plan, job, got);
    }
}

/*
 * What the jobs of a node of the tree take beyond their share of 2^level when
 * they are doubled as often as they can be.
 */
static int64_t
wanted(const struct vn_shares_group *group, int node, int level, int top)
{
    const int *count = group->tree + node * VN_SHARES_LEVELS;
    int64_t sum = 0;

    for (int l = level + 1; l <= top; l++)
        sum += (int64_t) count[l] * ((1 << l) - (1 << level));
    return sum;
}

/*
 * How far from `place` does spare double all, as often as they can be?  The
 * first place beyond, and in *spare what is left.
 */
static int
double_all(const struct vn_shares_group *group, int place, int level, int top,
           int *spare)
{
    int64_t before = 0, sum = 0;
    int at = 0;

    for (int i = place; i > 0; i -= i & -i)
        before += wanted(group, i, level, top);
    for (int step = group->size; step > 0; step /= 2) {
        int64_t more;

        if (at + step > group->size)
            continue;
        more = wanted(group, at + step, level, top);
        if (sum + more <= before + *spare) {
            at += step;
            sum += more;
        }
    }
    *spare -= (int) (sum - before);
    return at;
}

/*
 * Did some leave U that would count as wanting more of the present share?  It
 * falls where light jobs took more than their part, one each.
 */
static bool
some_are_gone(const struct vn_shares_group *group, const struct round *round)
{
    int level = vn_shares_level(round->share);
    uint64_t above = group->used & ~(classes_within(level) * 2 + 1);

    for (; above != 0; above &= above - 1) {
        int k = __builtin_ctzll(above);

        if ((round->left >> k & 1) == 0
            || round->count[k] < group->class[k].count)
            return true;
    }
    return false;
}

/*
 * The doubling within a group of equal shares: those up to end are doubled as
 * often as they can be, but for a few that spare does not suffice for.
 */
static void
double_group(const struct vn_shares *s, struct vn_shares_plan *plan, int g,
             int share, int *spare)
{
    const struct vn_shares_group *group = &s->groups[g];
    int level = vn_shares_level(share), place = 0;
    int top = (63 - __builtin_clzll(group->used)) / 2;

    while (*spare >= share) {
        int job, got = share;

        place = double_all(group, place, level, top, spare);
        if (place >= group->length) {
            plan->end[g] = INT64_MAX;
            return;
        }
        plan->end[g] = group->order[place];
        if (*spare < share)
            return;
        job = group->row[place];
        for (; *spare >= got && 2 * got <= s->jobs[job].demand; got *= 2)
            *spare -= got;
        name(plan, job, got);
        plan->end[g] = group->order[place++] + 1;
    }
}

void
vn_shares_work_out(const struct vn_shares *s, struct vn_shares_plan *plan)
{
    size_t n = (size_t) s->nsorted;
    size_t all = (size_t) s->ngroups;
    int spare = s->devices;
    struct round *rounds;

    if (s->ngroups > plan->groups) {
        plan->groups = s->ngroups;
        plan->base = vn_xrealloc(plan->base, all * VN_SHARES_CLASSES,
                                 sizeof *plan->base);
        plan->end = vn_xrealloc(plan->end, all, sizeof *plan->end);
    }
    if (all > 0)
        memset(plan->base, 0, all * VN_SHARES_CLASSES * sizeof *plan->base);
    for (int g = 0; g < s->ngroups; g++)
        plan->end[g] = INT64_MIN;
    plan->nnamed = 0;
    rounds = vn_xcalloc(n, sizeof *rounds);
    for (size_t r = 0; r < n; r++) {
        const struct vn_shares_group *group = &s->groups[s->sorted[r]];

        rounds[r].left = group->used;
        rounds[r].odd = -1;
        for (uint64_t u = group->used; u != 0; u &= u - 1) {
            int k = __builtin_ctzll(u);

            rounds[r].count[k] = group->class[k].count;
            rounds[r].demand[k] = group->class[k].demand;
        }
    }
    go_round(s, rounds, &spare);
    for (size_t r = 0; r < n; r++)
        settle_group(s, plan, s->sorted[r], &rounds[r]);
    for (size_t r = 0; r < n; r++) {
        if (rounds[r].left == 0)
            continue;
        if (rounds[r].nhalved > 0 || rounds[r].odd >= 0
            || some_are_gone(&s->groups[s->sorted[r]], &rounds[r]))
            double_walk(s, plan, &s->groups[s->sorted[r]], &rounds[r], &spare);
        else
            double_group(s, plan, s->sorted[r], rounds[r].share, &spare);
    }
    free(rounds);
}
