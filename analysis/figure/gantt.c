/* Which jobs had devices when, in rows all alike (analysis/figure/bars.h). */
#include "config.h"

#include "analysis/figure/bars.h"

enum {
    ROWS = 150 /* of a panel: what an inch of print can show */
};

static enum vn_status
gantt_make(const struct vn_subject *subject, struct vn_plot *plot,
           struct vn_error *err)
{
    return vn_bars_make(subject, &(struct vn_bars){.rows = ROWS}, plot, err);
}

const struct vn_figure vn_figure_gantt = {
    .name = "gantt",
    .summary = "which jobs had devices when, by device type",
    .height = 0.48,
    .row = 1.1,
    .jobs = true,
    .make = gantt_make,
};
