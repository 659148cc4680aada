/*
 * Fragmentation gradient descent: where the job adds least to the expected
 * fragmentation (sim/place/fragmentation.h), or takes most from it.
 *
 *     100 / (1 + exp(-(F(before) - F(after)) / 1000)), rounded down
 *
 * A share goes to the device where that is highest, the lowest of several.
 * Whole devices and CPU are taken from the devices with least left that
 * suffice.  (Weng et al., USENIX ATC 2023.)
 */
#include "config.h"

#include "sim/place/place.h"

#include <math.h>

extern const struct vn_score vn_score_fgd;

static double
fragmentation(const struct vn_outlook *outlook, const struct vn_host *host)
{
    double parts[VN_FRAGMENTS];

    vn_fragments(host, outlook->usual, outlook->nusual, parts);
    return vn_fragmentation(parts);
}

static int
gain(double before, double after)
{
    return vn_score_clamp(1.0 / (1.0 + exp(-(before - after) / 1000)) * 100);
}

/* Is there a device before this one with as much left? */
static bool
again(const struct vn_host *host, int device)
{
    for (int d = 0; d < device; d++)
        if (host->milli_left[d] == host->milli_left[device])
            return true;
    return false;
}

static int
fgd_score(const struct vn_outlook *outlook, const struct vn_host *host,
          const struct vn_ask *ask, int *device)
{
    double before = fragmentation(outlook, host);
    struct vn_host then = *host;
    int best = -1;

    then.cpu_left -= ask->cpu_milli;
    if (!vn_ask_shares(ask)) {
        int missing = ask->devices;

        for (int d = 0; d < host->devices && missing > 0; d++)
            if (then.milli_left[d] == VN_MILLI) {
                then.milli_left[d] = 0;
                missing--;
            }
        return gain(before, fragmentation(outlook, &then));
    }
    for (int d = 0; d < host->devices; d++) {
        int score;

        if (host->milli_left[d] < ask->milli || again(host, d))
            continue;
        then.milli_left[d] -= ask->milli;
        score = gain(before, fragmentation(outlook, &then));
        then.milli_left[d] += ask->milli;
        if (score > best) {
            best = score;
            *device = d;
        }
    }
    return best;
}

const struct vn_score vn_score_fgd = {
    .name = "fgd",
    .summary = "where it adds least to the expected fragmentation",
    .score = fgd_score,
};
