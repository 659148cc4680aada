/*
 * Best fit: least CPU and least of the devices left behind, each as a part of
 * the largest host there is (128 CPUs, 8 devices), half and half.
 *
 *     100 (1 - (c / 128000 + d / 8000) / 2), rounded down
 *
 * The published simulator spreads these over 0 to 100 before it compares
 * them, which changes the order of no two: they differ by 100 at most.
 */
#include "config.h"

#include "sim/place/place.h"

extern const struct vn_score vn_score_best_fit;

static int
best_fit_score(const struct vn_outlook *outlook, const struct vn_host *host,
               const struct vn_ask *ask, int *device)
{
    double left = 0;

    (void) outlook;
    (void) device;
    left += (double) (host->cpu_left - ask->cpu_milli) / VN_CPU_LARGEST * 0.5;
    left += (double) (vn_host_left(host) - vn_ask_milli(ask))
            / VN_MILLI_LARGEST * 0.5;
    return vn_score_clamp((1.0 - left) * 100);
}

const struct vn_score vn_score_best_fit = {
    .name = "best-fit",
    .summary = "least CPU and least of the devices left behind",
    .score = best_fit_score,
};
