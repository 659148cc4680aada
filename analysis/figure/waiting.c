/*
 * Jobs that wait over time, a row a policy, all on one scale: the mean over
 * replicates.
 */
#include "config.h"

#include "analysis/figure/history.h"

#include <math.h>

static enum vn_status
waiting_make(const struct vn_subject *subject, struct vn_plot *plot,
             struct vn_error *err)
{
    const struct vn_group *g = subject->group;
    struct vn_history history;
    enum vn_status status = vn_history_read(subject, &history, err);
    double most = 1;

    if (status == VN_OK) {
        for (int i = 0; i < g->npolicies * VN_HISTORY_BINS; i++)
            most = fmax(most, history.waiting[i]);
        vn_history_write(&history, g, plot->data);
        vn_history_script(&history, g, plot, 5, 1, vn_plot_step(most, 1),
                          "jobs waiting");
    }
    vn_history_free(&history);
    return status;
}

const struct vn_figure vn_figure_waiting = {
    .name = "waiting",
    .summary = "jobs that wait, over time",
    .height = 0.68,
    .row = 0.3,
    .make = waiting_make,
};
