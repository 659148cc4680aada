/* The distribution of slowdown: completion time over the time that the job
 * takes on the devices that it asks for (analysis/figure/cdf.h). */
#include "config.h"

#include "analysis/figure/cdf.h"

static enum vn_status
slowdown_make(const struct vn_subject *subject, struct vn_plot *plot,
              struct vn_error *err)
{
    return vn_cdf_make(
        subject,
        &(struct vn_cdf){.column = "1.0 * jct_us / max(duration_us, 1)",
                         .title = "slowdown: completion time / duration",
                         .name = "slowdown",
                         .ratio = true,
                         .lacks = "that finished and whose duration is "
                                  "recorded, expected the jobs of a recorded "
                                  "trace"},
        plot, err);
}

const struct vn_figure vn_figure_slowdown = {
    .name = "slowdown",
    .summary = "distribution of completion time over duration",
    .height = 1.75,
    .make = slowdown_make,
};
