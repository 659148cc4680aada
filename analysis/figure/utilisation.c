/*
 * Devices in use over time, a row a policy: the mean over replicates.
 */
#include "config.h"

#include "analysis/figure/history.h"

static enum vn_status
utilisation_make(const struct vn_subject *subject, struct vn_plot *plot,
                 struct vn_error *err)
{
    struct vn_history history;
    enum vn_status status = vn_history_read(subject, &history, err);

    if (status == VN_OK) {
        vn_history_write(&history, subject->group, plot->data);
        vn_history_script(&history, subject->group, plot, 4, 100, 100,
                          "devices in use (%)");
    }
    vn_history_free(&history);
    return status;
}

const struct vn_figure vn_figure_utilisation = {
    .name = "utilisation",
    .summary = "devices in use, over time",
    .height = 0.68,
    .row = 0.3,
    .make = utilisation_make,
};
