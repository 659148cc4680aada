#include "config.h"

#include "traces/draw/arrival.h"

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
    struct vn_arrival a = {.rate = 1};

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

    memset(a->burst, 0, sizeof a->burst);
    for (int i = 0; i == 0 || *p != '\0'; i++) {
        char one[96], ratio[32], busy[32], quiet[32], why[VN_WHY_SIZE];
        const char *q = one;
        vn_time on, off;

        if (i == VN_BURSTS || !field(&p, ',', one, sizeof one)
            || !field(&q, ':', ratio, sizeof ratio)
            || !field(&q, ':', busy, sizeof busy)
            || !field(&q, ':', quiet, sizeof quiet) || *q != '\0'
            || vn_read_real(ratio, 1, 1e6, &a->burst[i].ratio, why) != NULL
            || vn_read_time(busy, VN_SECOND, VN_TIME_MAX / 1000, &on, why)
                   != NULL
            || vn_read_time(quiet, VN_SECOND, VN_TIME_MAX / 1000, &off, why)
                   != NULL)
            return vn_args_refuse(
                err, "burst", text,
                "RATIO:BUSY:QUIET, as in 10:10m:1h, of a "
                "ratio of at least 1 and times of at least "
                "1 s; or up to three, as in 3:1d:6d,9:1h:9h");
        a->burst[i].busy_s = (double) on / 1e6;
        a->burst[i].quiet_s = (double) off / 1e6;
    }
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

/* Tell busy windows from quiet ones; the middle between their means. */
static double
divide(const double *count, size_t n, double *quiet, double *busy)
{
    double middle = 0, before = -1;

    *quiet = *busy = 0;
    for (size_t i = 0; i < n; i++)
        middle += count[i] / (double) n;
    for (int turn = 0; turn < 100 && middle != before; turn++) {
        double sum[2] = {0}, number[2] = {0};

        for (size_t i = 0; i < n; i++) {
            sum[count[i] > middle] += count[i];
            number[count[i] > middle]++;
        }
        *quiet = number[0] > 0 ? sum[0] / number[0] : 0;
        *busy = number[1] > 0 ? sum[1] / number[1] : *quiet;
        before = middle;
        middle = (*quiet + *busy) / 2;
    }
    return middle;
}

/* The factor by which a state raises the mean rate. */
static double
factor(const struct vn_burst *b, bool busy)
{
    double stay = b->busy_s + b->quiet_s;

    if (!(b->ratio > 1))
        return 1;
    return (busy ? b->ratio : 1) * stay / (b->ratio * b->busy_s + b->quiet_s);
}

/*
 * Do days tell of states?  Their counts then vary more than those of a
 * Poisson process, of which variance is mean, and one day is like the next,
 * beyond what chance does: where it is not, what makes them vary is shorter.
 */
static bool
clustered(const double *count, size_t n)
{
    double mean = 0, squares = 0, products = 0;

    for (size_t i = 0; i < n; i++)
        mean += count[i] / (double) n;
    for (size_t i = 0; i < n; i++) {
        squares += (count[i] - mean) * (count[i] - mean);
        if (i > 0)
            products += (count[i] - mean) * (count[i - 1] - mean);
    }
    return squares >= 2 * mean * (double) n
           && products > squares * 2 / sqrt((double) n);
}

/*
 * Fit busy days, by counting the n jobs, each for weight[]; then take their
 * part out of the weights.
 */
static void
fit_days(struct vn_burst *b, const double *submit, double *weight, size_t n)
{
    static const double day = 86400;
    size_t days = (size_t) ((submit[n - 1] - submit[0]) / day) + 1;
    double *count = vn_xcalloc(days, sizeof *count);
    double stays[2] = {0}, length[2] = {0}, quiet, busy, middle;

    for (size_t i = 0; i < n; i++)
        count[(size_t) ((submit[i] - submit[0]) / day)] += weight[i];
    middle = divide(count, days, &quiet, &busy);
    for (size_t i = 0; i < days; i++) {
        bool is = count[i] > middle;

        length[is] += day;
        stays[is] += i == 0 || (count[i - 1] > middle) != is;
    }
    if (busy >= 2 * quiet && stays[1] > 1 && clustered(count, days)) {
        *b = (struct vn_burst){.ratio = busy / fmax(quiet, 0.01 * busy),
                               .busy_s = length[1] / stays[1],
                               .quiet_s = length[0] / fmax(stays[0], 1)};
        for (size_t i = 0; i < n; i++)
            weight[i] /= factor(
                b, count[(size_t) ((submit[i] - submit[0]) / day)] > middle);
    }
    free(count);
}

enum {
    BLOCK = 500,     /* gaps looked at without a break */
    GAPS_MAX = 20000 /* gaps looked at */
};

/*
 * Fit the states by the gaps between jobs that count for weight[]: time passes
 * fast for the process where there are more of the jobs anyway.  Jobs of one
 * second are spread over it, since it is the clock that submits them at once.
 */
static void
fit_gaps(struct vn_burst *b, const double *submit, const double *weight,
         size_t n)
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
                gap[m++] = fmax(x, 1e-6) / weight[i];
        }
    }
    vn_burst_fit(b, gap, m);
    free(gap);
}

/* A job counts for less where there are more of them anyway. */
static void
fit_states(struct vn_arrival *a, const double *submit, size_t n, double span)
{
    double *weight = vn_xcalloc(n, sizeof *weight);

    for (size_t i = 0; i < n; i++)
        weight[i] = 1 / a->hour[hour_of(submit[i])];
    if (span >= 14 * 86400.0)
        fit_days(&a->burst[0], submit, weight, n);
    fit_gaps(&a->burst[a->burst[0].ratio > 1], submit, weight, n);
    free(weight);
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
        fit_states(&a, submit, n, span);
    return a;
}

/* Enter the state that follows, or at first one by how long they last. */
static void
change_state(struct vn_burst *b, gsl_rng *rng)
{
    if (!b->started)
        b->busy = gsl_rng_uniform(rng) < b->busy_s / (b->busy_s + b->quiet_s);
    else
        b->busy = !b->busy;
    b->started = true;
    b->until += gsl_ran_exponential(rng, b->busy ? b->busy_s : b->quiet_s);
}

/* The rate now, and until when it stays; hours are whole. */
static double
rate_now(struct vn_arrival *a, double *until, gsl_rng *states)
{
    double rate = a->rate * a->hour[hour_of(a->now)];

    *until = INFINITY;
    for (int h = 1; h < VN_HOURS; h++)
        if (a->hour[h] != a->hour[0])
            *until = (floor(a->now / 3600) + 1) * 3600;
    for (int i = 0; i < VN_BURSTS && a->burst[i].ratio > 1; i++) {
        struct vn_burst *b = &a->burst[i];

        while (!b->started || b->until <= a->now)
            change_state(b, states);
        rate *= factor(b, b->busy);
        *until = fmin(*until, b->until);
    }
    return rate;
}

/* The time at which the integral of the rate has grown by `left`. */
static double
advance(struct vn_arrival *a, double left, gsl_rng *states)
{
    while (a->now < VN_ARRIVAL_END) {
        double until, rate = rate_now(a, &until, states);

        if (rate > 0 && left <= rate * (until - a->now))
            return a->now += left / rate;
        left -= rate * (until - a->now);
        a->now = until;
    }
    return INFINITY;
}

double
vn_arrival_next(struct vn_arrival *a, gsl_rng *rng, gsl_rng *states)
{
    return advance(a, gsl_ran_exponential(rng, 1), states);
}

/* The integral of the rate up to a time. */
static double
integral(struct vn_arrival *a, double end, gsl_rng *states)
{
    double sum = 0;

    while (a->now < end) {
        double until, rate = rate_now(a, &until, states);

        until = fmin(until, end);
        sum += rate * (until - a->now);
        a->now = until;
    }
    return sum;
}

/* The n-th arrival comes at t where rate x integral(t) = the n-th sum. */
double
vn_arrival_rate(const struct vn_arrival *arrival, const gsl_rng *states,
                double first, double last, double span)
{
    double begin = 0, rate = 0;

    for (int turn = 0; turn < 30; turn++) {
        struct vn_arrival a = *arrival, b = *arrival;
        gsl_rng *one = gsl_rng_clone(states), *two = gsl_rng_clone(states);
        double before = rate;

        a.rate = 1;
        rate = last / integral(&a, fmin(begin + span, VN_ARRIVAL_END), one);
        b.rate = rate;
        begin = isfinite(rate) ? advance(&b, first, two) : 0;
        gsl_rng_free(one);
        gsl_rng_free(two);
        if (fabs(rate - before) <= 1e-9 * rate)
            break;
    }
    return rate;
}
