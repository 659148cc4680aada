/* The distribution of finish-time fairness (analysis/figure/cdf.h). */
#include "config.h"

#include "analysis/figure/cdf.h"

static enum vn_status
rho_cdf_make(const struct vn_subject *subject, struct vn_plot *plot,
             struct vn_error *err)
{
    return vn_cdf_make(
        subject,
        &(struct vn_cdf){.column = "rho",
                         .title = "completion time over that on an equal part",
                         .name = "rho",
                         .ratio = true,
                         .lacks =
                             "with it, expected it to be recorded with --rho"},
        plot, err);
}

const struct vn_figure vn_figure_rho_cdf = {
    .name = "rho-cdf",
    .summary = "distribution of finish-time fairness, logarithmic",
    .height = 1.75,
    .make = rho_cdf_make,
};
