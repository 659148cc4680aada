/*
 * When jobs arrive: a Poisson process whose rate changes with the hour of the
 * day and with hidden states, quiet or busy (a Markov-modulated one, after
 * Heffes and Lucantoni 1986), of their own on up to three scales of time:
 * busy days, busy hours, busy minutes.  Without hours and states it is the
 * plain Poisson process.
 *
 *     rate(t) = rate x hour[h(t)] x product over scales of
 *               (busy: ratio f, quiet: f)
 *
 * with f such that each factor has mean 1.  The rate is constant over
 * stretches of time, so arrivals are drawn exactly: the integral of the rate
 * from one to the next is exponential of mean 1.
 */
#ifndef TRACES_DRAW_ARRIVAL_H
#define TRACES_DRAW_ARRIVAL_H

#include "base/error.h"

#include <gsl/gsl_rng.h>
#include <stdbool.h>
#include <stddef.h>

enum {
    VN_HOURS = 24,
    VN_BURSTS = 3
};

#define VN_ARRIVAL_END 4e9 /* seconds, about 127 years: there is no later */

/* States on one scale of time. */
struct vn_burst {
    double ratio;  /* of the busy rate to the quiet one; 1 or 0: no bursts */
    double busy_s; /* mean stay in either state */
    double quiet_s;

    /* private: where it stands */
    double until; /* the state ends */
    bool busy;
    bool started;
};

struct vn_arrival {
    double rate;           /* jobs a second, in the long run; > 0 */
    double hour[VN_HOURS]; /* relative, of mean 1; trace time 0 is hour 0 */
    struct vn_burst burst[VN_BURSTS];
    double now; /* private: seconds */
};

/* Poisson, 1 job a second. */
struct vn_arrival vn_arrival_poisson(void);

/*
 * Read "RATIO:BUSY:QUIET", as in 10:10m:1h, or up to three of them divided by
 * commas; fails with VN_EUSAGE.
 */
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
 * jobs over their share of the time.  Busy days, of two weeks or more: days
 * are told apart by whether they hold more than the middle between the means
 * of either kind, iterated until none changes side, as k-means does with two
 * centres; there are none where the busy rate is below twice the quiet one,
 * the counts vary no more than twice as a Poisson process's, or busy days do
 * not come together.  Shorter states: the most likely ones, or none where
 * those are not clearly more likely than a process without; of a long trace,
 * by 20,000 gaps from all parts of it.
 */
struct vn_arrival vn_arrival_fit(const double *submit, size_t n);

/*
 * The part of it that fits states to n gaps between jobs, in seconds; *burst
 * is left alone where there are none.
 */
void vn_burst_fit(struct vn_burst *burst, const double *gap, size_t n);

/*
 * The next arrival, seconds after the start, not before the last one; or
 * INFINITY after VN_ARRIVAL_END.  The states have random numbers of their
 * own, so that they do not depend on the rate.
 */
double vn_arrival_next(struct vn_arrival *arrival, gsl_rng *rng,
                       gsl_rng *states);

/*
 * The rate at which a new process would have `span` seconds from its first
 * arrival to its last, where the exponential numbers drawn up to them add up
 * to `first` and `last`.  Not finite where there is none.
 */
double vn_arrival_rate(const struct vn_arrival *arrival, const gsl_rng *states,
                       double first, double last, double span);

#endif /* TRACES_DRAW_ARRIVAL_H */
