/*
 * Who lives on: fronts, and crowding within one.
 */
#include "config.h"

#include "sim/policy/adaptive/genetic_state.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static bool
same_value(struct vn_genetic_value a, struct vn_genetic_value b)
{
    return a.fitness == b.fitness && a.utility == b.utility;
}

/* A member, as it is ranked. */
struct ranked {
    struct vn_genetic_value value;
    double crowding;
    uint64_t chance;
    int member;
};

static int
by_value(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;

    if (a->value.fitness != b->value.fitness)
        return a->value.fitness > b->value.fitness ? -1 : 1;
    if (a->value.utility != b->value.utility)
        return a->value.utility > b->value.utility ? -1 : 1;
    return a->member - b->member;
}

static int
by_crowding(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;

    if (a->crowding != b->crowding)
        return a->crowding > b->crowding ? -1 : 1;
    return a->chance < b->chance ? -1 : a->chance > b->chance;
}

/*
 * The front of each of n by falling fitness.  One lies behind a front where
 * that has a member of at least its utility, unless it is the same value.
 */
static int
find_fronts(const struct ranked *r, int n, int *front)
{
    double top[VN_GENETIC_BOTH]; /* the greatest utility of each, falling */
    int fronts = 0;

    for (int i = 0; i < n; i++) {
        int low = 0, high = fronts;

        if (i > 0 && same_value(r[i].value, r[i - 1].value)) {
            front[i] = front[i - 1];
            continue;
        }
        while (low < high) {
            int middle = (low + high) / 2;

            if (top[middle] >= r[i].value.utility)
                low = middle + 1;
            else
                high = middle;
        }
        front[i] = low;
        top[low] = r[i].value.utility;
        if (low == fronts)
            fronts++;
    }
    return fronts;
}

/* Crowding of a front of n, by falling fitness and rising utility. */
static void
find_crowding(struct ranked *r, int n)
{
    int unique[VN_GENETIC_BOTH], count = 0;
    double fitness, utility;

    for (int i = 0; i < n; i++) {
        r[i].crowding = n <= 2 ? INFINITY : 0;
        if (i == 0 || !same_value(r[i].value, r[i - 1].value))
            unique[count++] = i;
    }
    if (n <= 2 || count == 1)
        return;
    fitness = r[0].value.fitness - r[unique[count - 1]].value.fitness;
    utility = r[unique[count - 1]].value.utility - r[0].value.utility;
    for (int k = 1; k < count - 1; k++) {
        const struct vn_genetic_value *before = &r[unique[k - 1]].value,
                                      *after = &r[unique[k + 1]].value;

        r[unique[k]].crowding =
            ((before->fitness - after->fitness) / fitness
             + (after->utility - before->utility) / utility)
            / 2;
    }
    r[0].crowding = r[unique[count - 1]].crowding = INFINITY;
}

void
vn_genetic_survive(struct vn_genetic *g, int n)
{
    struct ranked all[VN_GENETIC_BOTH], line[VN_GENETIC_BOTH];
    struct vn_genetic_member was[VN_GENETIC_BOTH];
    int front[VN_GENETIC_BOTH], fronts, count = 0, living;

    for (int i = 0; i < n; i++)
        all[i] = (struct ranked){.value = g->members[i].value, .member = i};
    qsort(all, (size_t) n, sizeof *all, by_value);
    fronts = find_fronts(all, n, front);
    living = n < VN_GENETIC_STATES ? n : VN_GENETIC_STATES;
    for (int f = 0; f < fronts; f++) {
        int first = count;

        for (int i = 0; i < n; i++)
            if (front[i] == f)
                line[count++] = all[i];
        if (first >= living)
            continue;
        find_crowding(line + first, count - first);
        if (count <= living)
            continue;
        for (int i = first; i < count; i++)
            line[i].chance = vn_rng_bits(g->rng);
        qsort(line + first, (size_t) (count - first), sizeof *line,
              by_crowding);
    }
    memcpy(was, g->members, (size_t) n * sizeof *was);
    for (int i = 0; i < n; i++) {
        g->members[i] = was[line[i].member];
        g->members[i].crowding = line[i].crowding;
    }
    g->nmembers = living;
}
