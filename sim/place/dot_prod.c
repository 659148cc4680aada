/*
 * Dot product: away from hosts that have much of what the job wants much of,
 * as parts of the largest host there is.  (Grandl, Ananthanarayanan, Kandula,
 * Rao and Akella, "Multi-resource packing for cluster schedulers", SIGCOMM
 * 2014, whose Tetris aligns; the simulator of FGD turns it round.)
 *
 *     100 (1 - (c_left c_job + d_left d_job) / 2), rounded down
 */
#include "config.h"

#include "sim/place/place.h"

extern const struct vn_score vn_score_dot_prod;

static int
dot_prod_score(const struct vn_outlook *outlook, const struct vn_host *host,
               const struct vn_ask *ask, int *device)
{
    double product = 0;

    (void) outlook;
    (void) device;
    product += (double) host->cpu_left / VN_CPU_LARGEST
               * ((double) ask->cpu_milli / VN_CPU_LARGEST);
    product += (double) vn_host_left(host) / VN_MILLI_LARGEST
               * ((double) vn_ask_milli(ask) / VN_MILLI_LARGEST);
    return vn_score_clamp(100 * (1 - product / 2));
}

const struct vn_score vn_score_dot_prod = {
    .name = "dot-prod",
    .summary = "where the product of what is left and what is asked is least",
    .score = dot_prod_score,
};
