/*
 * The distribution of a time over jobs, one curve a policy.
 *
 * A job that did not finish counts as longer than any other, so a curve ends
 * below 1 where there are some.  One run gives its own distribution, thinned
 * to 2,000 steps.  Of several replicates the curve is the mean of theirs, at
 * times spaced evenly on the logarithmic axis, and the 95 % bootstrap interval
 * over replicates is a band.
 */
#ifndef ANALYSIS_FIGURE_CDF_H
#define ANALYSIS_FIGURE_CDF_H

#include "analysis/figure/figure.h"

/*
 * Write the data and script of the distribution of a column of job
 * ("jct_us"); title names the axis.
 */
enum vn_status vn_cdf_make(const struct vn_subject *subject,
                           const char *column, const char *title,
                           struct vn_plot *plot, struct vn_error *err);

#endif /* ANALYSIS_FIGURE_CDF_H */
