/*
 * Clustering: jobs of a kind together, the kinds being those that share a
 * device, those of one whole device, of two, and so on.
 *
 * 75 where the host has only jobs of its kind, 50 where it has others too, 25
 * where it has none that use devices, 0 where it has only others; and up to 25
 * more the less is left, of 8 devices.  A job that asks for no device scores 0
 * everywhere.  (As in Gandiva: Xiao et al., OSDI 2018.)
 */
#include "config.h"

#include "sim/place/place.h"

extern const struct vn_score vn_score_gpu_clustering;

static int
gpu_clustering_score(const struct vn_outlook *outlook,
                     const struct vn_host *host, const struct vn_ask *ask,
                     int *device)
{
    int kind = vn_ask_shares(ask) ? 0 : ask->devices, kinds = 0, base;

    (void) outlook;
    (void) device;
    if (ask->devices == 0)
        return 0;
    for (int k = 0; k <= host->devices; k++)
        kinds += host->jobs[k] > 0;
    if (host->jobs[kind] > 0)
        base = kinds == 1 ? 75 : 50;
    else
        base = kinds == 0 ? 25 : 0;
    return base
           + (int) (25 * (VN_MILLI_LARGEST - vn_host_left(host))
                    / VN_MILLI_LARGEST);
}

const struct vn_score vn_score_gpu_clustering = {
    .name = "gpu-clustering",
    .summary = "jobs that ask for as many devices together",
    .score = gpu_clustering_score,
};
