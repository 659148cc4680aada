/*
 * The statistics of results, on GSL.
 *
 * A replicate is one run of an experiment that differs from the others only
 * in its random numbers or in the part of a trace that it replays.  Intervals
 * are over replicates: the jobs of one run share its queue and are not
 * independent, so they are never resampled.
 */
#ifndef ANALYSIS_STATISTICS_H
#define ANALYSIS_STATISTICS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Of so many steps under one mapping, how many at its beginning are cold
 * (caches, threads, the allocator) and not of its mean: 2, or none where there
 * are no more than 5.
 */
int64_t vn_cold_steps(int64_t steps);

/* An estimate from n replicates; low and high are NAN where n < 2. */
struct vn_interval {
    double estimate;
    double low;
    double high;
    int n;
};

/* The arithmetic mean; NAN where n is 0. */
double vn_mean(const double *x, size_t n);

/* Put x in ascending order. */
void vn_sort(double *x, size_t n);

/*
 * The quantile at q in [0, 1] of ascending x: with k = q (n - 1), linear
 * between the values of rank floor(k) and ceil(k) (Hyndman and Fan's type 7,
 * as R and NumPy do by default).  NAN where n is 0.
 */
double vn_quantile(const double *sorted, size_t n, double q);

/*
 * The mean m of n replicates, and its interval at `level` (0.95):
 * m -+ t s / sqrt(n), with s the sample's standard deviation and t Student's
 * quantile at (1 + level) / 2 with n - 1 degrees of freedom.
 */
struct vn_interval vn_interval_mean(const double *x, int n, double level);

/*
 * The ratio of x to base, paired by replicate: the geometric mean of
 * x[i] / base[i], with Student's interval of the mean of their logarithms,
 * taken back by exp().  A ratio and its inverse so say the same thing.  Pairs
 * of which one is not above 0 are left out, and n counts the others.
 */
struct vn_interval vn_interval_ratio(const double *x, const double *base,
                                     int n, double level);

/*
 * The mean of n replicates with a percentile bootstrap interval (Efron 1979):
 * of `rounds` means of n replicates drawn with replacement, the quantiles at
 * (1 -+ level) / 2.  The draws are the same in every call of the same n.
 */
struct vn_interval vn_interval_bootstrap(const double *x, int n, double level,
                                         int rounds);

#endif /* ANALYSIS_STATISTICS_H */
