/*
 * One figure of a results file, from the request to what gnuplot makes of it.
 */
#ifndef ANALYSIS_DRAW_H
#define ANALYSIS_DRAW_H

#include "analysis/figure/figure.h"
#include "analysis/request.h"

/* What is drawn: a figure, and of which experiment. */
struct vn_drawing {
    const struct vn_figure *figure;
    const struct vn_request *request;
    const struct vn_results *results; /* NULL for a figure of a table */
    const struct vn_groups *groups;   /* of the experiment; may be empty */
    const char *output;               /* NULL: only see whether it could be */
    int format;
};

/*
 * Draw it.  Fails as vn_plot_draw() does, and with VN_EINVAL where the results
 * do not hold what the figure shows.
 */
enum vn_status vn_draw(const struct vn_drawing *drawing, struct vn_error *err);

/*
 * The experiment of the request, of those that the figure goes by: 0 to n - 1.
 * Fails where there is none or several; then *list, the caller's, has a line
 * for each, otherwise NULL.
 */
enum vn_status vn_draw_choose(const struct vn_request *request,
                              const struct vn_results *results,
                              const struct vn_experiments *experiments,
                              int *which, char **list, struct vn_error *err);

#endif /* ANALYSIS_DRAW_H */
