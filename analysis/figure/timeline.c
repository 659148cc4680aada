/* How many devices each job had over time: bars as tall as that
 * (analysis/figure/bars.h). */
#include "config.h"

#include "analysis/figure/bars.h"

enum {
    ROWS = 16 /* of a panel, that steps can be seen in */
};

static enum vn_status
timeline_make(const struct vn_subject *subject, struct vn_plot *plot,
              struct vn_error *err)
{
    return vn_bars_make(subject, &(struct vn_bars){.rows = ROWS, .tall = true},
                        plot, err);
}

const struct vn_figure vn_figure_timeline = {
    .name = "timeline",
    .summary = "devices of each job over time, by device type",
    .height = 0.48,
    .row = 1.7,
    .jobs = true,
    .make = timeline_make,
};
