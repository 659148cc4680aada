/*
 * Fitting bursts: the two-state Markov-modulated Poisson process that makes
 * the times most likely.
 *
 * With rates l0 and l1, and leaving the quiet state at rate a and the busy
 * one at rate b, the density of a gap x, by state before and after it, is
 * exp(A x) diag(l0, l1) with
 *
 *     A = [[-(a + l0), a], [b, -(b + l1)]],
 *
 * and that of all gaps the product of these (Meier-Hellstern, "A fitting
 * algorithm for Markov-modulated Poisson processes having two arrival rates",
 * EJOR 29, 1987).  It is maximised over the logarithms of the four by Nelder
 * and Mead's simplex, from a few beginnings, since there may be several
 * maxima: bursts of seconds within bursts of hours.
 */
#include "config.h"

#include "traces/draw/arrival.h"

#include <gsl/gsl_multimin.h>
#include <math.h>

enum {
    PARAMETERS = 4, /* logarithms of l0, l1 / l0, 1 / b, 1 / a */
    TURNS = 250
};

struct gaps {
    const double *x;
    size_t n;
};

/* The logarithm of the likelihood, per gap. */
static double
likelihood(const struct gaps *gaps, double l0, double l1, double a, double b)
{
    double half = (a + l0 + b + l1) / 2, tilt = (a + l0 - b - l1) / 2;
    double root = sqrt(tilt * tilt + a * b);
    double quiet = b / (a + b), busy = a / (a + b), sum = 0;

    for (size_t i = 0; i < gaps->n; i++) {
        /* exp(A x), of the eigenvalues -half + root and -half - root. */
        double x = gaps->x[i], slow = exp((root - half) * x);
        double mean = slow * (1 + exp(-2 * root * x)) / 2;
        double part = slow * -expm1(-2 * root * x) / (2 * root);
        double to_quiet =
            (quiet * (mean - tilt * part) + busy * b * part) * l0;
        double to_busy = (quiet * a * part + busy * (mean + tilt * part)) * l1;
        double all = to_quiet + to_busy;

        if (!(all > 0))
            return -1e9;
        sum += log(all);
        quiet = to_quiet / all;
        busy = to_busy / all;
    }
    return sum / (double) gaps->n;
}

static double
unlikelihood(const gsl_vector *v, void *data)
{
    double p[PARAMETERS];

    for (size_t i = 0; i < PARAMETERS; i++) {
        double x = gsl_vector_get(v, i);

        if (!(fabs(x) < 40))
            return 1e9;
        p[i] = exp(x);
    }
    if (p[1] < 1)
        return 1e9;
    return -likelihood(data, p[0], p[0] * p[1], 1 / p[3], 1 / p[2]);
}

/* Climb from where v is, and leave it at the top; how likely that is. */
static double
climb(gsl_vector *v, struct gaps *gaps)
{
    gsl_multimin_function f = {unlikelihood, PARAMETERS, gaps};
    gsl_multimin_fminimizer *m = gsl_multimin_fminimizer_alloc(
        gsl_multimin_fminimizer_nmsimplex2, PARAMETERS);
    gsl_vector *step = gsl_vector_alloc(PARAMETERS);
    double top;

    gsl_vector_set_all(step, 0.7);
    gsl_multimin_fminimizer_set(m, &f, v, step);
    for (int i = 0; i < TURNS; i++)
        if (gsl_multimin_fminimizer_iterate(m) != 0
            || gsl_multimin_fminimizer_size(m) < 0.005)
            break;
    gsl_vector_memcpy(v, m->x);
    top = -m->fval;
    gsl_vector_free(step);
    gsl_multimin_fminimizer_free(m);
    return top;
}

void
vn_burst_fit(struct vn_burst *burst, const double *x, size_t n)
{
    static const double lengths[] = {3, 30, 300}; /* jobs in a burst */
    struct gaps gaps = {x, n};
    gsl_vector *v = gsl_vector_alloc(PARAMETERS);
    double mean = 0, plain, best;

    for (size_t i = 0; i < n; i++)
        mean += x[i] / (double) n;
    /* One of a plain process: and three parameters more must be worth it, by
     * more than Schwarz' criterion asks for. */
    plain = -log(mean) - 1;
    best = plain + 3 * log((double) n) / (double) n;
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        double top;

        gsl_vector_set(v, 0, log(0.5 / mean));
        gsl_vector_set(v, 1, log(10));
        gsl_vector_set(v, 2, log(lengths[i] * mean / 5));
        gsl_vector_set(v, 3, log(lengths[i] * mean));
        top = climb(v, &gaps);
        if (top > best) {
            best = top;
            burst->ratio = exp(gsl_vector_get(v, 1));
            burst->busy_s = exp(gsl_vector_get(v, 2));
            burst->quiet_s = exp(gsl_vector_get(v, 3));
        }
    }
    gsl_vector_free(v);
}
