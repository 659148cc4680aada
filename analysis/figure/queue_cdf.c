/* The distribution of the time from submission to start
 * (analysis/figure/cdf.h). */
#include "config.h"

#include "analysis/figure/cdf.h"

static enum vn_status
queue_cdf_make(const struct vn_subject *subject, struct vn_plot *plot,
               struct vn_error *err)
{
    return vn_cdf_make(
        subject,
        &(struct vn_cdf){
            .column = "queue_us",
            .title = "queueing delay (shorter ones at 1 s)",
            .name = "time_s",
            .lacks =
                "that finished, expected it to be recorded with its jobs"},
        plot, err);
}

const struct vn_figure vn_figure_queue_cdf = {
    .name = "queue-cdf",
    .summary = "distribution of queueing delay, logarithmic",
    .height = 1.75,
    .make = queue_cdf_make,
};
