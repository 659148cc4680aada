/*
 * The distribution of a time, or of a ratio, over jobs, one curve a policy.
 *
 * A job that did not finish counts as longer than any other, so a curve ends
 * below 1 where there are some.  One run gives its own distribution, thinned
 * to 2,000 steps.  Of several replicates the curve is the mean of theirs, at
 * times spaced evenly on the logarithmic axis, and the 95 % interval
 * over replicates is a band.
 */
#ifndef ANALYSIS_FIGURE_CDF_H
#define ANALYSIS_FIGURE_CDF_H

#include "analysis/figure/figure.h"

/* What it is of. */
struct vn_cdf {
    const char *column; /* of job: a time ("jct_us"), or a ratio above 0 */
    const char *title;  /* names the axis */
    const char *name;   /* of the data's column, with its unit */
    bool ratio;         /* 1 is the line that should be kept */
    const char *lacks;  /* what a run has no jobs of, where it has none */
};

/* Write the data and script of a distribution. */
enum vn_status vn_cdf_make(const struct vn_subject *subject,
                           const struct vn_cdf *cdf, struct vn_plot *plot,
                           struct vn_error *err);

#endif /* ANALYSIS_FIGURE_CDF_H */
