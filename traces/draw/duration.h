/*
 * How long jobs run: a distribution, cut off at a longest duration.
 *
 * A family is a row of the table in duration.c: its parameters, its
 * distribution function and the inverse, and its partial mean.  To add one,
 * add a row, and describe it in man/vntrace.1 and t/traces/generate.c.
 * Durations are drawn by inversion, one uniform number each, so that two
 * models that differ in a parameter draw from the same numbers.
 */
#ifndef TRACES_DRAW_DURATION_H
#define TRACES_DRAW_DURATION_H

#include "base/error.h"

enum {
    VN_KNOTS = 48 /* points of an empirical distribution, at most */
};

struct vn_family;

/* A share of at most `seconds`. */
struct vn_knot {
    double share;
    double seconds;
};

/* Seconds. */
struct vn_duration {
    const struct vn_family *family;
    double a; /* the family's parameters */
    double b;
    struct vn_knot knot[VN_KNOTS]; /* empirical: from share 0 to share 1 */
    int nknots;
    double longest; /* none is longer; INFINITY where that is not cut off */
    double kept;    /* the share that this leaves */
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
 * are sorted: a polyline of at most VN_KNOTS knots in (log seconds, share).
 * Knots are added where it is furthest off, until it is nowhere off by more
 * than a thousandth, or 1 / (4 sqrt(n)).  Where all durations are whole
 * seconds, x stands for x - 1/2 to x + 1/2, so that what is drawn and rounded
 * is distributed alike.
 */
struct vn_duration vn_duration_fit(double *seconds, size_t n);

/* The same, of known knots. */
struct vn_duration vn_duration_table(const struct vn_knot *knots, int n);

/* Let none be longer, in seconds. */
void vn_duration_cut(struct vn_duration *duration, double longest);

/* The share of durations of at most x seconds. */
double vn_duration_below(const struct vn_duration *duration, double x);

#define VN_DURATION_END 1e9 /* seconds, about 32 years: none is longer */

/*
 * The duration, in seconds, that a share u of all do not exceed; u < 1.  One
 * above VN_DURATION_END is that.
 */
double vn_duration_at(const struct vn_duration *duration, double u);

/*
 * The mean, in seconds.  INFINITY where there is none: a Pareto distribution
 * of shape 1 or less that is not cut off.
 */
double vn_duration_mean(const struct vn_duration *duration);

#endif /* TRACES_DRAW_DURATION_H */
