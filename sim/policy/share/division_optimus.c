/* Optimus' rule, without what is known of speeds: see division.h. */
#include "config.h"

#include "sim/policy/share/division.h"

#include "base/xalloc.h"

#include <stdlib.h>

/* The next number of devices above k on which it runs, or 0. */
static int
above(const struct vn_claim *c, int k)
{
    for (int next = k + 1; next <= c->demand; next++)
        if (vn_claim_speed(c, next) > 0)
            return next;
    return 0;
}

/* What a device more saves of the time left, in seconds; 0: nothing. */
static double
find_gain(const struct vn_claim *c, int k, int left)
{
    int next = above(c, k);

    if (k == 0 || next == 0 || next - k > left)
        return 0;
    return (c->left / vn_claim_speed(c, k) - c->left / vn_claim_speed(c, next))
           / (next - k);
}

void
vn_divide_optimus(struct vn_claim *const *claims, int n, int devices)
{
    double *gain = vn_xcalloc((size_t) n, sizeof *gain);

    for (int i = 0; i < n; i++) {
        int least = above(claims[i], 0);

        claims[i]->devices = least <= devices ? least : 0;
        devices -= (int) claims[i]->devices;
    }
    for (int i = 0; i < n; i++)
        gain[i] = find_gain(claims[i], (int) claims[i]->devices, devices);
    while (devices > 0) {
        int best = -1, next;

        for (int i = 0; i < n; i++)
            if (gain[i] > 0 && (best < 0 || gain[i] > gain[best]))
                best = i;
        if (best < 0)
            break;
        next = above(claims[best], (int) claims[best]->devices);
        devices -= next - (int) claims[best]->devices;
        claims[best]->devices = next;
        for (int i = 0; i < n; i++)
            if (i == best || gain[i] > 0)
                gain[i] =
                    find_gain(claims[i], (int) claims[i]->devices, devices);
    }
    free(gain);
}
