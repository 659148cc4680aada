/*
 * A metric along an axis, a curve a policy, with its 95 % interval over
 * replicates where there are several: what figures over loads and over other
 * parameters share.  A point whose runs left jobs is open: its numbers leave
 * those jobs out.
 */
#ifndef ANALYSIS_FIGURE_CURVE_H
#define ANALYSIS_FIGURE_CURVE_H

#include "analysis/figure/figure.h"

struct vn_curve_point {
    int series;
    double x;
    struct vn_interval y; /* seconds, a share, or a ratio */
    int64_t unfinished;   /* jobs left by any run of it */
};

struct vn_curves {
    const char *const *labels; /* of the series */
    int nseries;
    struct vn_curve_point *points; /* of a series by x */
    int npoints;
    const char *x_name;         /* of the data's column */
    const char *x_title;        /* names the axis */
    bool x_log;                 /* its numbers differ by much */
    const char *const *x_texts; /* of x = 0, 1 ...; NULL: it is a number */
    int nx_texts;
    double x_mark; /* a line there; NAN for none */
    enum vn_metric metric;
    const char *baseline; /* it is a ratio to it; NULL: the metric itself */
};

/* Write data and script. */
void vn_curves_write(const struct vn_curves *curves, struct vn_plot *plot);

/* What a vertical axis of a metric is called, and its unit in seconds (0.01 of
 * a share); of a ratio 1. */
double vn_curve_title(enum vn_metric metric, const char *baseline, char *title,
                      size_t size);

#endif /* ANALYSIS_FIGURE_CURVE_H */
