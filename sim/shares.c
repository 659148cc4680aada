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

/* A job's place among those to be halved: the lightest first. */
struct light {
    int64_t weight;
    int job;
};

static int
compare_light(const void *a, const void *b)
{
    const struct light *x = a, *y = b;

    if (x->weight != y->weight)
        return x->weight < y->weight ? -1 : 1;
    return x->job - y->job;
}

/* Halve until the shares of those in U fit; they can, since n <= spare. */
static void
halve(int spare, int n, const struct light *light, const bool *in, int *share)
{
    int64_t sum = 0;

    for (int i = 0; i < n; i++)
        sum += in[i] ? share[i] : 0;
    for (int i = 0; i < n && sum > spare; i++) {
        int job = light[i].job;

        while (in[job] && sum > spare && share[job] > 1) {
            share[job] /= 2;
            sum -= share[job];
        }
    }
}

static void
double_up(int spare, int n, const struct light *light, const int *demand,
          int *share)
{
    for (int end = n, start; end > 0; end = start) {
        for (start = end - 1;
             start > 0 && light[start - 1].weight == light[end - 1].weight;)
            start--;
        for (int i = start; i < end; i++) {
            int job = light[i].job;

            while (spare >= share[job] && 2 * share[job] <= demand[job]) {
                spare -= share[job];
                share[job] *= 2;
            }
        }
    }
}

void
vn_shares_plain(int devices, int n, const int64_t *weight, const int *demand,
                int *share)
{
    bool *in = vn_xcalloc((size_t) n, sizeof *in); /* of U */
    struct light *light = vn_xcalloc((size_t) n, sizeof *light);
    int spare = devices, left = n;

    for (int i = 0; i < n; i++) {
        in[i] = true;
        light[i] = (struct light){weight[i], i};
    }
    qsort(light, (size_t) n, sizeof *light, compare_light);
    while (left > 0) {
        int before = left, room = spare;
        __int128 sum = 0;

        for (int i = 0; i < n; i++)
            sum += in[i] ? weight[i] : 0;
        for (int i = 0; i < n; i++)
            if (in[i])
                share[i] = fair_share(spare, weight[i], sum);
        halve(spare, n, light, in, share);
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
    double_up(spare, n, light, demand, share);
    free(light);
    free(in);
}

/*
 * The form by classes.
 */

static void
free_row(struct vn_shares_group *group)
{
    free(group->row);
    free(group->order);
    free(group->tree);
    group->row = NULL;
    group->order = NULL;
    group->tree = NULL;
    group->length = group->size = 0;
}

void
vn_shares_free(struct vn_shares *s)
{
    for (int g = 0; g < s->ngroups; g++)
        free_row(&s->groups[g]);
    free(s->groups);
    free(s->sorted);
    free(s->jobs);
}

void
vn_shares_plan_free(struct vn_shares_plan *plan)
{
    free(plan->base);
    free(plan->end);
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
        s->groups[s->ngroups - 1] = (struct vn_shares_group){.weight = 0};
    }
    g = s->sorted[s->nsorted]; /* vacant groups stand behind those in use */
    memmove(s->sorted + rank + 1, s->sorted + rank,
            (size_t) (s->nsorted - rank) * sizeof *s->sorted);
    s->sorted[rank] = g;
    s->nsorted++;
    s->groups[g] =
        (struct vn_shares_group){.weight = weight, .applied_end = INT64_MIN};
    for (int k = 0; k < VN_SHARES_CLASSES; k++)
        s->groups[g].class[k].first = s->groups[g].class[k].last = -1;
    return g;
}

static void
drop_group(struct vn_shares *s, int g)
{
    int rank = rank_of(s, s->groups[g].weight);

    free_row(&s->groups[g]);
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

/* Count a job of a level at a place of the row, or take it off again. */
static void
count_place(struct vn_shares_group *group, int place, int level, int by)
{
    for (int i = place + 1; i <= group->size; i += i & -i)
        group->tree[i * VN_SHARES_LEVELS + level] += by;
}

/* Close the gaps in a row, and make room behind it. */
static void
close_up(struct vn_shares *s, struct vn_shares_group *group)
{
    int n = 0, size = 64;

    for (int i = 0; i < group->length; i++)
        if (group->row[i] >= 0) {
            group->order[n] = group->order[i];
            group->row[n++] = group->row[i];
        }
    while (size < 2 * n)
        size *= 2;
    group->length = n;
    group->size = size;
    group->row = vn_xrealloc(group->row, (size_t) size, sizeof *group->row);
    group->order =
        vn_xrealloc(group->order, (size_t) size, sizeof *group->order);
    free(group->tree);
    group->tree = vn_xcalloc(((size_t) size + 1) * VN_SHARES_LEVELS,
                             sizeof *group->tree);
    for (int i = 0; i < n; i++) {
        s->jobs[group->row[i]].place = i;
        group->tree[(i + 1) * VN_SHARES_LEVELS
                    + level_of(s->jobs[group->row[i]].demand)]++;
    }
    for (int i = 1; i <= size; i++) {
        int above = i + (i & -i);

        for (int l = 0; above <= size && l < VN_SHARES_LEVELS; l++)
            group->tree[above * VN_SHARES_LEVELS + l] +=
                group->tree[i * VN_SHARES_LEVELS + l];
    }
}

static void
enter_row(struct vn_shares *s, int job)
{
    struct vn_shares_job *j = &s->jobs[job];
    struct vn_shares_group *group = &s->groups[j->group];

    if (group->length == group->size)
        close_up(s, group);
    j->place = group->length++;
    group->row[j->place] = job;
    group->order[j->place] = j->order;
    count_place(group, j->place, level_of(j->demand), 1);
}

int
vn_shares_place(const struct vn_shares_group *group, int64_t order)
{
    int low = 0, high = group->length;

    while (low < high) {
        int middle = (low + high) / 2;

        if (group->order[middle] < order)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
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
    enter_row(s, job);
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
    group->row[j->place] = -1;
    count_place(group, j->place, level_of(j->demand), -1);
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

    if (base == 0)
        return j->demand;
    return j->order < plan->end[j->group] ? 1 << level_of(j->demand) : base;
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
            fair_share(spare, s->groups[s->sorted[r]].weight, weights);
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
                rounds[r].left & classes_within(level_of(rounds[r].share));

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
 * The doubling within a group that had to halve: job by job.  There is little
 * left over to double with.
 */
static void
double_halved(const struct vn_shares *s, struct vn_shares_plan *plan,
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
 * The doubling within a group of equal shares: those up to end are doubled as
 * often as they can be, but for a few that spare does not suffice for.
 */
static void
double_group(const struct vn_shares *s, struct vn_shares_plan *plan, int g,
             int share, int *spare)
{
    const struct vn_shares_group *group = &s->groups[g];
    int level = level_of(share), place = 0;
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
        if (rounds[r].nhalved > 0 || rounds[r].odd >= 0)
            double_halved(s, plan, &s->groups[s->sorted[r]], &rounds[r],
                          &spare);
        else
            double_group(s, plan, s->sorted[r], rounds[r].share, &spare);
    }
    free(rounds);
}
