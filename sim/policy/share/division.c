#include "config.h"

#include "sim/policy/share/division.h"

#include "base/xalloc.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

double
vn_claim_speed(const struct vn_claim *claim, double devices)
{
    int whole = (int) devices;
    double part = devices - whole, below;

    if (claim->speed == NULL)
        return devices;
    below = claim->speed[whole];
    return part > 0 ? below + (claim->speed[whole + 1] - below) * part : below;
}

void
vn_divide_in_order(struct vn_claim *const *claims, int n, int devices)
{
    for (int i = 0; i < n; i++) {
        int had = devices < claims[i]->demand ? devices : claims[i]->demand;

        claims[i]->devices = had;
        devices -= had;
    }
}

static int
by_demand(const void *a, const void *b)
{
    const struct vn_claim *x = *(struct vn_claim *const *) a;
    const struct vn_claim *y = *(struct vn_claim *const *) b;

    return (x->demand > y->demand) - (x->demand < y->demand);
}

void
vn_divide_fair(struct vn_claim *const *claims, int n, int devices)
{
    struct vn_claim **sorted = vn_xcalloc((size_t) n + 1, sizeof *sorted);
    double left = devices;

    for (int i = 0; i < n; i++)
        sorted[i] = claims[i];
    /* Equal demands get the same, whichever is first. */
    qsort(sorted, (size_t) n, sizeof *sorted, by_demand);
    for (int i = 0; i < n; i++) {
        sorted[i]->devices = fmin(sorted[i]->demand, left / (n - i));
        left -= sorted[i]->devices;
    }
    free(sorted);
}

void
vn_divide_fair_whole(struct vn_claim *const *claims, int n, int devices)
{
    struct vn_claim **sorted = vn_xcalloc((size_t) n + 1, sizeof *sorted);
    int left = devices, level = 0, more = 0;

    for (int i = 0; i < n; i++)
        sorted[i] = claims[i];
    qsort(sorted, (size_t) n, sizeof *sorted, by_demand);
    for (int i = 0; i < n; i++) {
        level = left / (n - i);
        more = left % (n - i);
        if (sorted[i]->demand > level)
            break;
        left -= sorted[i]->demand;
    }
    free(sorted);
    for (int i = 0; i < n; i++) {
        bool one = claims[i]->demand > level && more > 0;

        claims[i]->devices =
            claims[i]->demand > level ? level + one : claims[i]->demand;
        more -= one;
    }
}

/* What a job would do in a second of what it has left, on k devices. */
static double
pace(const struct vn_claim *claim, double k)
{
    return k > 0 ? 1 / (claim->left / vn_claim_speed(claim, k) + 1e-7) : 0;
}

/* A job in the contest for the next device. */
struct contestant {
    struct vn_claim *claim;
    double remaining; /* on what it has */
    double now;       /* its pace, */
    double then;      /* with one more */
    double of_now;    /* the gain, in proportion to the one, */
    double of_then;   /* and to the other */
};

static void
look(struct contestant *c)
{
    double k = c->claim->devices;

    c->remaining =
        k > 0 ? c->claim->left / vn_claim_speed(c->claim, k) : INFINITY;
    if (k >= c->claim->demand)
        return;
    c->now = pace(c->claim, k);
    c->then = pace(c->claim, k + 1);
    c->of_now = (c->then - c->now) / c->now;
    c->of_then = (c->then - c->now) / c->then;
}

/* Which of the two has more of one device more? */
static struct contestant *
contest(struct contestant *held, struct contestant *other)
{
    bool shorter = other->remaining < held->remaining;
    struct contestant *low = shorter ? other : held;
    struct contestant *high = shorter ? held : other;

    if (low->now == 0)
        return low->then > high->then ? low : high;
    return low->of_now > high->of_then ? low : high;
}

void
vn_divide_afs(struct vn_claim *const *claims, int n, int devices)
{
    struct contestant *all = vn_xcalloc((size_t) n + 1, sizeof *all);

    for (int i = 0; i < n; i++) {
        claims[i]->devices = 0;
        all[i].claim = claims[i];
        look(&all[i]);
    }
    for (; devices > 0 && n > 0; devices--) {
        struct contestant *best = &all[0];

        for (int i = 1; i < n; i++)
            best = contest(best, &all[i]);
        best->claim->devices++;
        look(best);
        if (best->claim->devices < best->claim->demand)
            continue;
        n--; /* it can use no more */
        for (; best < &all[n]; best++)
            *best = best[1];
    }
    free(all);
}

static double
finish_time_fairness(const struct vn_claim *claim, int cluster, int left)
{
    int k = left < claim->demand ? left : claim->demand;
    double alone = fmin(cluster / claim->present, claim->demand);

    return (claim->age + claim->left / k) / (claim->service / alone);
}

void
vn_divide_themis(struct vn_claim *const *claims, int n, int devices)
{
    int left = devices;

    for (int i = 0; i < n; i++)
        claims[i]->devices = 0;
    for (int round = 0; round < n && left > 0; round++) {
        struct vn_claim *best = NULL;
        double most = 0;

        for (int i = 0; i < n; i++)
            if (claims[i]->devices == 0) {
                double rho = finish_time_fairness(claims[i], devices, left);

                if (best == NULL || rho > most) {
                    best = claims[i];
                    most = rho;
                }
            }
        best->devices = left < best->demand ? left : best->demand;
        left -= (int) best->devices;
    }
}
