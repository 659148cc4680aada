#include "config.h"

#include "traces/arrival.h"

#include "base/number.h"
#include "base/option.h"
#include "base/xalloc.h"

#include <gsl/gsl_randist.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct vn_arrival
vn_arrival_poisson(void)
{
    struct vn_arrival a = {.rate = 1, .burst = 1};

    for (int h = 0; h < VN_HOURS; h++)
        a.hour[h] = 1;
    return a;
}

/* Copy the field of text up to one of `ends`; false where it is too long. */
static bool
field(const char **text, char ends, char *out, size_t size)
{
    size_t n = strcspn(*text, (char[]){ends, '\0'});

    if (n >= size)
        return false;
    memcpy(out, *text, n);
    out[n] = '\0';
    *text += n + ((*text)[n] != '\0');
    return true;
}

enum vn_status
vn_arrival_read_burst(const char *text, struct vn_arrival *a,
                      struct vn_error *err)
{
    const char *p = text;
    char ratio[32], busy[32], quiet[32], why[VN_WHY_SIZE];
    vn_time on, off;

    if (!field(&p, ':', ratio, sizeof ratio)
        || !field(&p, ':', busy, sizeof busy)
        || !field(&p, ':', quiet, sizeof quiet) || *p != '\0'
        || vn_read_real(ratio, 1, 1e6, &a->burst, why) != NULL
        || vn_read_time(busy, VN_SECOND, VN_TIME_MAX / 1000, &on, why) != NULL
        || vn_read_time(quiet, VN_SECOND, VN_TIME_MAX / 1000, &off, why)
               != NULL)
        return vn_args_refuse(err, "burst", text,
                              "RATIO:BUSY:QUIET, as in 10:10m:1h, of a ratio "
                              "of at least 1 and times of at least 1 s");
    a->busy_s = (double) on / 1e6;
    a->quiet_s = (double) off / 1e6;
    return VN_OK;
}

/* Make the mean of the hours 1. */
static void
normalise(double hour[VN_HOURS])
{
    double sum = 0;

    for (int h = 0; h < VN_HOURS; h++)
        sum += hour[h];
    for (int h = 0; h < VN_HOURS; h++)
        hour[h] *= VN_HOURS / sum;
}

enum vn_status
vn_arrival_read_hours(const char *text, struct vn_arrival *a,
                      struct vn_error *err)
{
    static const double pi = 3.14159265358979323846;
    char why[VN_WHY_SIZE], word[32];
    const char *p = text;
    double x, sum = 0;

    if (strchr(text, ',') == NULL) {
        const char *wrong = vn_read_real(text, 0, 0.999, &x, why);

        if (wrong != NULL)
            return vn_args_refuse(err, "hours", text,
                                  "24 weights, or an amplitude from 0 to "
                                  "0.999");
        for (int h = 0; h < VN_HOURS; h++)
            a->hour[h] = 1 + x * cos(2 * pi * (h - 15) / VN_HOURS);
        return VN_OK;
    }
    for (int h = 0; h < VN_HOURS; h++) {
        if (!field(&p, ',', word, sizeof word)
            || vn_read_real(word, 0, 1e6, &a->hour[h], why) != NULL)
            return vn_args_refuse(err, "hours", text,
                                  "24 weights of at least 0, or an amplitude");
        sum += a->hour[h];
    }
    if (*p != '\0' || !(sum > 0))
        return vn_args_refuse(err, "hours", text,
                              "24 weights, one of them above 0");
    normalise(a->hour);
    return VN_OK;
}

static int
hour_of(double t)
{
    return (int) fmod(t / 3600, VN_HOURS);
}

/* The share of each hour of the day in a span that begins at hour 0. */
static void
hours_in(double span, double hours[VN_HOURS])
{
    for (int h = 0; h < VN_HOURS; h++) {
        double day = 86400, begin = 3600.0 * h;
        double whole = floor(span / day), rest = span - whole * day - begin;

        hours[h] = whole * 3600 + fmin(fmax(rest, 0), 3600);
    }
}

enum {
    BLOCK = 500,     /* gaps looked at without a break */
    GAPS_MAX = 20000 /* gaps looked at */
};

/*
 * Time as it passes for the process: fast in hours that have more of the jobs
 * anyway.  Jobs of one second are spread over it, since it is the clock that
 * submits them at once.
 */
static void
fit_states(struct vn_arrival *a, const double *submit, size_t n)
{
    double *gap = vn_xcalloc(n, sizeof *gap), unit = 1;
    size_t blocks = (n + GAPS_MAX - 1) / GAPS_MAX, m = 0, k;

    for (size_t i = 0; i < n && unit > 0; i++)
        unit = submit[i] == floor(submit[i]) ? 1 : 0;
    for (size_t i = 0; i < n; i += k) {
        double wait = i > 0 ? submit[i] - submit[i - 1] : 0;

        for (k = 1; i + k < n && submit[i + k] == submit[i];)
            k++;
        for (size_t j = 0; j < k && i > 0; j++) {
            double x = j > 0 ? unit / (double) k : wait;

            if ((i + j) / BLOCK % blocks == 0)
                gap[m++] = fmax(x, 1e-6) * a->hour[hour_of(submit[i])];
        }
    }
    vn_arrival_fit_burst(a, gap, m);
    free(gap);
}

struct vn_arrival
vn_arrival_fit(const double *submit, size_t n)
{
    struct vn_arrival a = vn_arrival_poisson();
    double span = n > 1 ? submit[n - 1] - submit[0] : 0;
    double hours[VN_HOURS], jobs[VN_HOURS] = {0};

    if (!(span > 0))
        return a;
    a.rate = (double) (n - 1) / span;
    if (span >= 2 * 86400) {
        hours_in(submit[n - 1], hours);
        for (size_t i = 0; i < n; i++)
            jobs[hour_of(submit[i])]++;
        /* One job more in each, so that no hour is without any. */
        for (int h = 0; h < VN_HOURS; h++)
            a.hour[h] = (jobs[h] + 1) / hours[h];
        normalise(a.hour);
    }
    if (n >= 100)
        fit_states(&a, submit, n);
    return a;
}

/* The rate of the quiet state at an hour of weight 1. */
static double
quiet_rate(const struct vn_arrival *a)
{
    double stay = a->busy_s + a->quiet_s;

    return a->burst > 1 ? a->rate * stay / (a->burst * a->busy_s + a->quiet_s)
                        : a->rate;
}

/* Enter the state that follows, or at first one by how long they last. */
static void
change_state(struct vn_arrival *a, gsl_rng *rng)
{
    if (!a->started)
        a->busy = gsl_rng_uniform(rng) < a->busy_s / (a->busy_s + a->quiet_s);
    else
        a->busy = !a->busy;
    a->started = true;
    a->until += gsl_ran_exponential(rng, a->busy ? a->busy_s : a->quiet_s);
}

/* Until when the rate stays as it is; it does for whole hours. */
static double
steady_until(const struct vn_arrival *a)
{
    double hour = INFINITY;

    for (int h = 1; h < VN_HOURS; h++)
        if (a->hour[h] != a->hour[0])
            hour = (floor(a->now / 3600) + 1) * 3600;
    return a->burst > 1 ? fmin(hour, a->until) : hour;
}

double
vn_arrival_next(struct vn_arrival *a, gsl_rng *rng)
{
    double left = gsl_ran_exponential(rng, 1), quiet = quiet_rate(a);

    if (a->burst > 1 && !a->started)
        change_state(a, rng);
    while (a->now < VN_ARRIVAL_END) {
        double rate = quiet * a->hour[hour_of(a->now)]
                      * (a->burst > 1 && a->busy ? a->burst : 1);
        double until = steady_until(a);

        if (rate > 0 && left <= rate * (until - a->now))
            return a->now += left / rate;
        left -= rate * (until - a->now);
        a->now = until;
        if (a->burst > 1 && until == a->until)
            change_state(a, rng);
    }
    return INFINITY;
}
