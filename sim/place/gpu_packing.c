/*
 * Packing of devices: first a device that is shared already, then free
 * devices of a host in use, then a free host.
 *
 * On devices in use alone, taken from the one with least left: 100 less a
 * tenth of the per cent left on them, at least 50.  Where free ones must be
 * opened: 50 less their number, at least 33.  On a host all of whose devices
 * are free: 33 less their number, at least that number.  A job that asks for
 * no device scores 0 everywhere.
 */
#include "config.h"

#include "sim/place/place.h"

extern const struct vn_score vn_score_gpu_packing;

static int
max(int a, int b)
{
    return a > b ? a : b;
}

/* The devices of a host, those with least left first. */
static void
by_left(const struct vn_host *host, int *order)
{
    for (int d = 0; d < host->devices; d++) {
        int at = d;

        while (at > 0
               && host->milli_left[order[at - 1]] > host->milli_left[d]) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = d;
    }
}

static int
gpu_packing_score(const struct vn_outlook *outlook, const struct vn_host *host,
                  const struct vn_ask *ask, int *device)
{
    int order[VN_HOST_DEVICES], free = 0, opened = 0, left = 0;
    int missing = ask->devices;

    (void) outlook;
    (void) device;
    if (ask->devices == 0)
        return 0;
    for (int d = 0; d < host->devices; d++)
        free += host->milli_left[d] == VN_MILLI;
    if (free == host->devices)
        return max(33 - free, free);
    by_left(host, order);
    for (int i = 0; i < host->devices && missing > 0; i++) {
        int milli = host->milli_left[order[i]];

        if (milli < ask->milli)
            continue;
        missing--;
        opened += milli == VN_MILLI;
        left += milli * 100 / VN_MILLI;
    }
    return opened > 0 ? max(50 - opened, 33) : max(100 - left / 10, 50);
}

const struct vn_score vn_score_gpu_packing = {
    .name = "gpu-packing",
    .summary = "devices in use first, then hosts in use, then free hosts",
    .score = gpu_packing_score,
};
