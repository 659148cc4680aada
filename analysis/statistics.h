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

/* The sample's standard deviation; NAN below two. */
double vn_deviation(const double *x, size_t n);

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
 * An interval that has another, independent error beside its own: a standard
 * deviation known from `rounds` of something.  Half its width becomes the root
 * of the sum of squares of what it is and of Student's quantile, with
 * rounds - 1 degrees of freedom, times that.
 */
struct vn_interval vn_interval_widen(struct vn_interval interval,
                                     double deviation, int rounds,
                                     double level);

/*
 * The ratio of x to base, paired by replicate: the geometric mean of
 * x[i] / base[i], with Student's interval of the mean of their logarithms,
 * taken back by exp().  A ratio and its inverse so say the same thing.  Pairs
 * of which one is not above 0 are left out, and n counts the others.
 */
struct vn_interval vn_interval_ratio(const double *x, const double *base,
                                     int n, double level);

/*
 * The mean m of n replicates of what is not below 0 (a time), and its interval
 * at `level`, made on the logarithm: m exp(-+ h / m) with h half of Student's
 * interval, since the logarithm of a mean varies by s / (m sqrt(n)) (delta
 * method: Wasserman, All of Statistics, 5.5).  Its low end is above 0 however
 * skewed the replicates are, and it covers the mean more often than Student's
 * or a bootstrap's: of lognormal replicates with sigma 0.8, 91 % at n = 5 and
 * 10, where Student has 86 and 88 %, BCa 80 and 86 %.  Where m is 0 it is 0.
 */
struct vn_interval vn_interval_time(const double *x, int n, double level);

/*
 * The same of shares between 0 and 1, on angles: Student's interval of the
 * mean of asin(sqrt(x)), taken back by sin squared (Anscombe 1948), between 0
 * and 1 and about the arithmetic mean.
 */
struct vn_interval vn_interval_share(const double *x, int n, double level);

/*
 * How far x and base, paired by replicate, are from being alike by chance: the
 * two-sided p-value of Student's test that the mean logarithm of x / base is
 * 0.  NAN where fewer than two pairs have a ratio; where all ratios are equal,
 * 0, or 1 for a ratio of 1.
 */
double vn_p_ratio(const double *x, const double *base, int n);

/*
 * The probability that x lies below base, of replicates paired as above: of
 * the mean logarithm of x / base, with Student's distribution about it (the
 * posterior of a normal mean under Jeffreys' prior).  NAN below two pairs;
 * 0.5 where all ratios are 1.
 */
double vn_p_below(const double *x, const double *base, int n);

/*
 * Is it known which of x and base is the smaller, where this is asked after
 * each further pair, from the second on, until it is?  If there is no
 * difference it is ever said to be with a probability of at most `error`: look
 * k has error x 6 / (pi^2 k^2) of it (their sum is `error`), against which
 * vn_p_ratio() is held.
 */
int vn_order_is_known(const double *x, const double *base, int n,
                      double error);

/*
 * Holm's correction (1979) of a family of n p-values, in place: the adjusted
 * p-value of each, so that with those below 0.05 called differences the chance
 * of one false call among all is at most 5 %.  NAN counts for none and stays.
 */
void vn_holm(double *p, int n);

/*
 * The distance of Kolmogorov and Smirnov between the distributions of two
 * ascending samples: the most that their shares at one value differ by.  NAN
 * where one is empty.  It is a distance only: jobs of one run share its queue,
 * so no p-value can be made of it.
 */
double vn_distance(const double *a, size_t na, const double *b, size_t nb);

/*
 * How many replicates it takes until the interval of a ratio at `level` is
 * expected to be no wider than estimate / (1 + share) to estimate (1 + share),
 * where the logarithms of the paired ratios vary by the standard deviation
 * sd: the least n with t(n - 1) sd / sqrt(n) <= ln(1 + share).  At most
 * 1,000,000; 2 where sd is 0.
 */
int vn_replicates_needed(double sd, double share, double level);

/* The standard deviation of the logarithms of paired ratios; NAN below two. */
double vn_log_sd(const double *x, const double *base, int n);

#endif /* ANALYSIS_STATISTICS_H */
