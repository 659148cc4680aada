/* Who shares: groups, classes and rows.  The plans are made in shares_plan.c.
 */
#include "config.h"

#include "sim/policy/share/shares.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

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
    return 2 * vn_shares_level(demand) + ((demand & (demand - 1)) != 0);
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
                    + vn_shares_level(s->jobs[group->row[i]].demand)]++;
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
    count_place(group, j->place, vn_shares_level(j->demand), 1);
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
    count_place(group, j->place, vn_shares_level(j->demand), -1);
    if (--c->count == 0)
        group->used &= ~(UINT64_C(1) << j->class);
    if (--group->count == 0)
        drop_group(s, j->group);
    s->count--;
    j->group = -1;
}
