/*
 * How long jobs run: a distribution, cut off at a longest duration.
 *
 * A family is a row of the table in duration.c: its parameters, its
 * distribution function and the inverse, and its partial mean.  To add one,
 * add a row, and describe it in man/vntrace.1 and t/generate.c.  Durations
 * are drawn by inversion, one uniform number each, so that two models that
 * differ in a parameter draw from the same numbers.
 */
#ifndef TRACES_DURATION_H
#define TRACES_DURATION_H

#include "base/error.h"

enum {
    VN_QUANTILES = 18 /* points of an empirical distribution */
};

/* The probabilities at which an empirical distribution is known. */
extern const double vn_quantile_at[VN_QUANTILES];

struct vn_family;

/* Seconds. */
struct vn_duration {
    const struct vn_family *family;
    double a; /* the family's parameters */
    double b;
    double quantile[VN_QUANTILES]; /* empirical: increasing, > 0 */
    double longest; /* none is longer; INFINITY where that is not cut off */
};

/*
 * Read "lognormal:MEDIAN:SIGMA", "weibull:SCALE:SHAPE" or
 * "pareto:LEAST:SHAPE"; times may have units.  SIGMA is the standard
 * deviation of the logarithm.  Fails with VN_EUSAGE.
 */
enum vn_status vn_duration_read(const char *text, struct vn_duration *duration,
                                struct vn_error *err);

/*
 * The empirical distribution of n durations in seconds, all above 0, which
 * are sorted: its quantiles, of type 7, and between them linear in the
 * logarithm.
 */
struct vn_duration vn_duration_fit(double *seconds, size_t n);

/* The same, of known quantiles. */
struct vn_duration vn_duration_table(const double quantile[VN_QUANTILES]);

/* The duration, in seconds, that a share u of all do not exceed; u < 1. */
double vn_duration_at(const struct vn_duration *duration, double u);

/*
 * The mean, in seconds.  INFINITY where there is none: a Pareto distribution
 * of shape 1 or less that is not cut off.
 */
double vn_duration_mean(const struct vn_duration *duration);

#endif /* TRACES_DURATION_H */
