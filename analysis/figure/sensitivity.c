/*
 * A metric against one parameter that was swept, a column of the table run or
 * an option of policies (analysis/sweep.h), a curve a policy.
 */
#include "config.h"

#include "analysis/figure/curve.h"
#include "analysis/sweep.h"
#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>

static enum vn_status
sensitivity_make(const struct vn_subject *subject, struct vn_plot *plot,
                 struct vn_error *err)
{
    struct vn_sweep sweep;
    enum vn_status status =
        vn_sweep_make(subject->runs, subject->by, 1, subject->metric,
                      subject->baseline, &sweep, err);
    const struct vn_sweep_axis *axis = &sweep.axes[0];
    struct vn_curves curves = {.x_mark = NAN,
                               .metric = subject->metric,
                               .baseline = subject->baseline};

    if (status == VN_OK && sweep.nseries > VN_PLOT_SERIES)
        status = vn_fail(err, VN_EINVAL,
                         "%d policies, of which %d can be told apart in a "
                         "figure, expected --policy to choose some",
                         sweep.nseries, VN_PLOT_SERIES);
    if (status == VN_OK) {
        curves.labels = (const char *const *) sweep.labels;
        curves.nseries = sweep.nseries;
        curves.points =
            vn_xcalloc((size_t) sweep.npoints, sizeof *curves.points);
        curves.x_name = curves.x_title = axis->name;
        if (!axis->numeric) {
            curves.x_texts = (const char *const *) axis->texts;
            curves.nx_texts = axis->n;
        } else
            curves.x_log =
                axis->numbers[0] > 0
                && axis->numbers[axis->n - 1] > 30 * axis->numbers[0];
        for (int i = 0; i < sweep.npoints; i++) {
            const struct vn_sweep_point *p = &sweep.points[i];

            curves.points[curves.npoints++] = (struct vn_curve_point){
                .series = p->series,
                .x = axis->numeric ? axis->numbers[p->at[0]] : p->at[0],
                .y = p->y,
                .unfinished = p->unfinished};
        }
        vn_curves_write(&curves, plot);
        free(curves.points);
    }
    vn_sweep_free(&sweep);
    return status;
}

const struct vn_figure vn_figure_sensitivity = {
    .name = "sensitivity",
    .summary = "a metric against a parameter that was swept",
    .height = 2.1,
    .sweeps = true,
    .metric = true,
    .by = true,
    .make = sensitivity_make,
};
