#include "config.h"

#include "sim/policy/share/auction.h"

#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>

static const double EQUAL = 1e-9; /* logarithms of products */

static int
lesser(int a, int b)
{
    return a < b ? a : b;
}

/* to[d] is the best of one bidder's with k of d devices and of others' with
 * the rest, from[d - k]. */
static void
extend(const struct vn_bid *bid, const double *from, double *to, int devices)
{
    for (int d = 0; d <= devices; d++) {
        to[d] = -INFINITY;
        for (int k = 0; k <= lesser(bid->most, d); k++)
            to[d] = fmax(to[d], bid->value[k] + from[d - k]);
    }
}

/* The best of two groups that divide the devices. */
static double
join(const double *a, const double *b, int devices)
{
    double best = -INFINITY;

    for (int d = 0; d <= devices; d++)
        best = fmax(best, a[d] + b[devices - d]);
    return best;
}

void
vn_auction(struct vn_bid *bids, int n, int devices)
{
    size_t width, rows = (size_t) n + 1;
    double *before, *after, sum = 0;
    int most = 0, left;

    for (int i = 0; i < n; i++)
        most += lesser(bids[i].most, devices - most);
    devices = most;
    width = (size_t) devices + 1;
    /* Row i: the best of the bidders before i, and of i and those after it. */
    before = vn_xcalloc(rows * width, sizeof *before);
    after = vn_xcalloc(rows * width, sizeof *after);
    for (int i = 0; i < n; i++)
        extend(&bids[i], before + (size_t) i * width,
               before + (size_t) (i + 1) * width, devices);
    for (int i = n; i-- > 0;)
        extend(&bids[i], after + (size_t) (i + 1) * width,
               after + (size_t) i * width, devices);

    left = devices;
    for (int i = 0; i < n; i++) {
        const double *best = after + (size_t) i * width;
        const double *rest = after + (size_t) (i + 1) * width;
        int k = lesser(bids[i].most, left);

        while (bids[i].value[k] + rest[left - k] < best[left] - EQUAL)
            k--;
        bids[i].won = k;
        left -= k;
        sum += bids[i].value[k];
    }
    for (int i = 0; i < n; i++) {
        double without = join(before + (size_t) i * width,
                              after + (size_t) (i + 1) * width, devices);
        double others = sum - bids[i].value[bids[i].won];

        bids[i].keeps = others < without - EQUAL ? exp(others - without) : 1;
    }
    free(before);
    free(after);
}
