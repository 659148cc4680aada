#include "config.h"

#include "sim/policy/adaptive/numbers.h"

#include "base/xalloc.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    HALVINGS = 60
};

struct problem {
    int devices;
    int njobs;
    const int *first;
    const struct vn_number *choices;
    int *pick;
};

static double
priced(const struct vn_number *o, double price)
{
    return (double) o->cost + price * o->devices;
}

/* Of a job's choices the cheapest at this price that needs at most `most`;
 * of equals the one with fewest devices. */
static int
cheapest(const struct problem *p, int job, double price, int most)
{
    int best = -1;

    for (int k = p->first[job]; k < p->first[job + 1]; k++) {
        double it = priced(&p->choices[k], price), that;

        if (p->choices[k].devices > most)
            continue;
        that = best < 0 ? INFINITY : priced(&p->choices[best], price);
        if (it < that
            || (it <= that
                && p->choices[k].devices < p->choices[best].devices))
            best = k;
    }
    return best;
}

/* What all would have at a price, and in *sum what that costs. */
static int64_t
demand(const struct problem *p, double price, double *sum)
{
    int64_t devices = 0;

    *sum = -price * p->devices;
    for (int j = 0; j < p->njobs; j++) {
        const struct vn_number *o =
            &p->choices[cheapest(p, j, price, p->devices)];

        devices += o->devices;
        *sum += priced(o, price);
    }
    return devices;
}

/* The least price at which there is enough for all; no solution costs less
 * than *bound. */
static double
find_price(const struct problem *p, double *bound)
{
    double low = 0, high = 1, sum;

    *bound = -INFINITY;
    if (demand(p, 0, &sum) <= p->devices) {
        *bound = sum;
        return 0;
    }
    while (demand(p, high, &sum) > p->devices)
        high *= 2;
    for (int i = 0; i < HALVINGS; i++) {
        double middle = (low + high) / 2;

        if (demand(p, middle, &sum) > p->devices)
            low = middle;
        else
            high = middle;
        *bound = fmax(*bound, sum);
    }
    return high;
}

/* A solution: what jobs have at the price, and then whatever is better and
 * still there; its cost. */
static int64_t
fill(const struct problem *p, double price)
{
    int left = p->devices;
    int64_t cost = 0;
    bool better = true;

    for (int j = 0; j < p->njobs; j++) {
        p->pick[j] = cheapest(p, j, price, left);
        left -= p->choices[p->pick[j]].devices;
    }
    while (better) {
        better = false;
        for (int j = 0; j < p->njobs; j++) {
            const struct vn_number *has = &p->choices[p->pick[j]];
            int other = cheapest(p, j, 0, left + has->devices);

            if (p->choices[other].cost >= has->cost)
                continue;
            left += has->devices - p->choices[other].devices;
            p->pick[j] = other;
            better = true;
        }
    }
    for (int j = 0; j < p->njobs; j++)
        cost += p->choices[p->pick[j]].cost;
    return cost;
}

/* Choices that a best solution may hold: those of job j are kept[from[j]] to
 * kept[from[j + 1]]. */
static void
strike(const struct problem *p, double price, double room, int *from,
       int *kept)
{
    int n = 0;

    for (int j = 0; j < p->njobs; j++) {
        double least =
            priced(&p->choices[cheapest(p, j, price, p->devices)], price);

        from[j] = n;
        for (int k = p->first[j]; k < p->first[j + 1]; k++)
            if (p->choices[k].devices <= p->devices
                && priced(&p->choices[k], price) - least <= room)
                kept[n++] = k;
    }
    from[p->njobs] = n;
}

/* The optimum over what was kept; the last job is added first, so that the
 * first has its preference. */
static void
solve(const struct problem *p, const int *from, const int *kept)
{
    size_t states = (size_t) p->devices + 1;
    int64_t *best = vn_xcalloc(states, sizeof *best);
    int64_t *next = vn_xcalloc(states, sizeof *next);
    uint16_t **which = vn_xcalloc((size_t) p->njobs + 1, sizeof *which);
    size_t at = (size_t) p->devices;

    for (int j = p->njobs - 1; j >= 0; j--) {
        which[j] = vn_xcalloc(states, sizeof *which[j]);
        for (size_t s = 0; s < states; s++)
            next[s] = INT64_MAX / 2;
        for (int k = from[j]; k < from[j + 1]; k++) {
            const struct vn_number *o = &p->choices[kept[k]];

            for (size_t s = (size_t) o->devices; s < states; s++) {
                int64_t sum = best[s - (size_t) o->devices] + o->cost;

                if (sum < next[s]) {
                    next[s] = sum;
                    which[j][s] = (uint16_t) (k - from[j]);
                }
            }
        }
        memcpy(best, next, states * sizeof *best);
    }
    for (int j = 0; j < p->njobs; j++) {
        p->pick[j] = kept[from[j] + which[j][at]];
        at -= (size_t) p->choices[p->pick[j]].devices;
        free(which[j]);
    }
    free(best);
    free(next);
    free(which);
}

int64_t
vn_numbers_solve(int devices, int njobs, const int *first,
                 const struct vn_number *choices, int *pick)
{
    const struct problem p = {devices, njobs, first, choices, pick};
    int *from = vn_xcalloc((size_t) njobs + 1, sizeof *from);
    int *kept = vn_xcalloc((size_t) first[njobs] + 1, sizeof *kept);
    double bound, price = find_price(&p, &bound);
    int64_t cost = fill(&p, price);

    /* Beyond what lies between the bounds: what is lost in adding. */
    strike(&p, price, (double) cost - bound + 1e-9 * (double) cost + 1, from,
           kept);
    solve(&p, from, kept);
    cost = 0;
    for (int j = 0; j < njobs; j++)
        cost += choices[pick[j]].cost;
    free(from);
    free(kept);
    return cost;
}
