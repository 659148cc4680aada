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

/* What a job would do in a second of what it has left, on k devices. */
static double
pace(const struct vn_claim *claim, double k)
{
    return k > 0 ? 1 / (claim->left / vn_claim_speed(claim, k) + 1e-7) : 0;
}

static double
remaining(const struct vn_claim *claim)
{
    return claim->devices > 0
               ? claim->left / vn_claim_speed(claim, claim->devices)
               : INFINITY;
}

/* Which of the two has more of one device more? */
static struct vn_claim *
contest(struct vn_claim *held, struct vn_claim *other)
{
    bool shorter = remaining(other) < remaining(held);
    struct vn_claim *low = shorter ? other : held;
    struct vn_claim *high = shorter ? held : other;
    double now_low = pace(low, low->devices);
    double now_high = pace(high, high->devices);
    double then_low = pace(low, low->devices + 1);
    double then_high = pace(high, high->devices + 1);

    if (now_low == 0)
        return then_low > then_high ? low : high;
    return (then_low - now_low) / now_low > (then_high - now_high) / then_high
               ? low
               : high;
}

void
vn_divide_afs(struct vn_claim *const *claims, int n, int devices)
{
    for (int i = 0; i < n; i++)
        claims[i]->devices = 0;
    for (; devices > 0; devices--) {
        struct vn_claim *best = NULL;

        for (int i = 0; i < n; i++)
            if (claims[i]->devices < claims[i]->demand)
                best = best == NULL ? claims[i] : contest(best, claims[i]);
        if (best == NULL)
            return;
        best->devices++;
    }
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
