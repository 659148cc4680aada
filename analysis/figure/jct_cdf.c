/* The distribution of job completion time (analysis/figure/cdf.h). */
#include "config.h"

#include "analysis/figure/cdf.h"

static enum vn_status
jct_cdf_make(const struct vn_subject *subject, struct vn_plot *plot,
             struct vn_error *err)
{
    return vn_cdf_make(
        subject,
        &(struct vn_cdf){
            .column = "jct_us",
            .title = "job completion time",
            .name = "time_s",
            .lacks =
                "that finished, expected it to be recorded with its jobs"},
        plot, err);
}

const struct vn_figure vn_figure_jct_cdf = {
    .name = "jct-cdf",
    .summary = "distribution of completion time, logarithmic",
    .height = 1.75,
    .make = jct_cdf_make,
};
