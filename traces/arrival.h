/*
 * When jobs arrive: a Poisson process whose rate changes with the hour of the
 * day and with a hidden state, quiet or busy (a Markov-modulated one, after
 * Heffes and Lucantoni 1986).  Without hours and states it is the plain
 * Poisson process.
 *
 *     rate(t) = mean x hour[h(t)] x (busy: burst f, quiet: f)
 *
 * with f such that the long-run mean is `rate`.  The rate is constant over
 * stretches of time, so arrivals are drawn exactly: the integral of the rate
 * from one to the next is exponential of mean 1.
 */
#ifndef TRACES_ARRIVAL_H
#define TRACES_ARRIVAL_H

#include "base/error.h"

#include <gsl/gsl_rng.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    VN_HOURS = 24
};

#define VN_ARRIVAL_END 4e9 /* seconds, about 127 years: there is no later */

struct vn_arrival {
    double rate;           /* jobs a second, in the long run; > 0 */
    double hour[VN_HOURS]; /* relative, of mean 1; trace time 0 is hour 0 */
    double burst;  /* how many times the quiet rate the busy one is, >= 1 */
    double busy_s; /* mean stay in either state */
    double quiet_s;

    /* private: where it stands */
    double now;
    double until; /* the state ends */
    bool busy;
    bool started;
};

/* Poisson, 1 job a second. */
struct vn_arrival vn_arrival_poisson(void);

/* Read "RATIO:BUSY:QUIET", as in 10:10m:1h; fails with VN_EUSAGE. */
enum vn_status vn_arrival_read_burst(const char *text,
                                     struct vn_arrival *arrival,
                                     struct vn_error *err);

/*
 * Read the hours' weights: 24 numbers divided by commas, or one number in
 * [0, 1), the amplitude of a day's sine wave with its top at 15 h.
 */
enum vn_status vn_arrival_read_hours(const char *text,
                                     struct vn_arrival *arrival,
                                     struct vn_error *err);

/*
 * Fit to n submissions, seconds in order.  The hours: their share of the
 * jobs over their share of the time.  The states: the most likely ones, or
 * none where those are not clearly more likely than a process without; of a
 * long trace, by 20,000 gaps from all parts of it.
 */
struct vn_arrival vn_arrival_fit(const double *submit, size_t n);

/*
 * The part of it that fits the states to n gaps between jobs, in seconds:
 * burst, busy_s and quiet_s, left alone where there are no bursts.
 */
void vn_arrival_fit_burst(struct vn_arrival *arrival, const double *gap,
                          size_t n);

/*
 * The next arrival, seconds after the start, not before the last one; or
 * INFINITY after VN_ARRIVAL_END.
 */
double vn_arrival_next(struct vn_arrival *arrival, gsl_rng *rng);

#endif /* TRACES_ARRIVAL_H */
