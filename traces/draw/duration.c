#include "config.h"

#include "traces/draw/duration.h"

#include "base/number.h"
#include "base/option.h"
#include "base/xalloc.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_gamma.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/*
 * below: the share of durations of at most x.  at: its inverse.  part: the
 * mean over those of at most x, times their share; all of a distribution
 * that is not cut off.
 */
struct vn_family {
    const char *name;
    const char *form;
    double (*below)(const struct vn_duration *d, double x);
    double (*at)(const struct vn_duration *d, double p);
    double (*part)(const struct vn_duration *d, double x);
};

/* a is the median, b the standard deviation of the logarithm. */
static double
lognormal_below(const struct vn_duration *d, double x)
{
    return gsl_cdf_lognormal_P(x, log(d->a), d->b);
}

static double
lognormal_at(const struct vn_duration *d, double p)
{
    return gsl_cdf_lognormal_Pinv(p, log(d->a), d->b);
}

/* exp(mu + s^2 / 2) Phi((log x - mu - s^2) / s). */
static double
lognormal_part(const struct vn_duration *d, double x)
{
    double all = d->a * exp(d->b * d->b / 2);

    return isinf(x) ? all
                    : all
                          * gsl_cdf_ugaussian_P((log(x / d->a) - d->b * d->b)
                                                / d->b);
}

/* a is the scale, b the shape. */
static double
weibull_below(const struct vn_duration *d, double x)
{
    return gsl_cdf_weibull_P(x, d->a, d->b);
}

static double
weibull_at(const struct vn_duration *d, double p)
{
    return gsl_cdf_weibull_Pinv(p, d->a, d->b);
}

/* a Gamma(1 + 1 / b) P(1 + 1 / b, (x / a)^b), P the regularised one. */
static double
weibull_part(const struct vn_duration *d, double x)
{
    double k = 1 + 1 / d->b, all = d->a * gsl_sf_gamma(k);

    return isinf(x) ? all : all * gsl_sf_gamma_inc_P(k, pow(x / d->a, d->b));
}

/* a is the least, b the shape. */
static double
pareto_below(const struct vn_duration *d, double x)
{
    return x <= d->a ? 0 : gsl_cdf_pareto_P(x, d->b, d->a);
}

static double
pareto_at(const struct vn_duration *d, double p)
{
    return gsl_cdf_pareto_Pinv(p, d->b, d->a);
}

/* The integral of b a^b t^-b from a to x. */
static double
pareto_part(const struct vn_duration *d, double x)
{
    if (isinf(x))
        return d->b > 1 ? d->b * d->a / (d->b - 1) : INFINITY;
    if (x <= d->a)
        return 0;
    if (d->b == 1)
        return d->a * log(x / d->a);
    return d->b * d->a / (d->b - 1) * (1 - pow(x / d->a, 1 - d->b));
}

static double
table_at(const struct vn_duration *d, double p)
{
    const struct vn_knot *k = d->knot;
    int i = 1;

    while (i < d->nknots - 1 && k[i].share < p)
        i++;
    if (k[i].share == k[i - 1].share)
        return k[i].seconds;
    return k[i - 1].seconds
           * pow(k[i].seconds / k[i - 1].seconds,
                 (p - k[i - 1].share) / (k[i].share - k[i - 1].share));
}

/* The share at x on the line from one knot to another. */
static double
between(const struct vn_knot *low, const struct vn_knot *high, double x)
{
    return low->share
           + (high->share - low->share) * log(x / low->seconds)
                 / log(high->seconds / low->seconds);
}

static double
table_below(const struct vn_duration *d, double x)
{
    const struct vn_knot *k = d->knot;
    int i = 1;

    if (x < k[0].seconds)
        return 0;
    while (i < d->nknots && k[i].seconds <= x)
        i++;
    return i == d->nknots ? 1 : between(&k[i - 1], &k[i], x);
}

/* Between two points the quantile is exponential, and its integral known. */
static double
table_part(const struct vn_duration *d, double x)
{
    double sum = 0;

    for (int i = 1; i < d->nknots && d->knot[i - 1].seconds < x; i++) {
        struct vn_knot low = d->knot[i - 1], high = d->knot[i];

        if (high.seconds > x)
            high = (struct vn_knot){between(&low, &high, x), x};
        sum += (high.share - low.share)
               * (high.seconds > low.seconds
                      ? (high.seconds - low.seconds)
                            / log(high.seconds / low.seconds)
                      : low.seconds);
    }
    return sum;
}

static const struct vn_family families[] = {
    {"lognormal", "lognormal:MEDIAN:SIGMA", lognormal_below, lognormal_at,
     lognormal_part},
    {"weibull", "weibull:SCALE:SHAPE", weibull_below, weibull_at,
     weibull_part},
    {"pareto", "pareto:LEAST:SHAPE", pareto_below, pareto_at, pareto_part},
};

static const struct vn_family table = {"table", "", table_below, table_at,
                                       table_part};

enum vn_status
vn_duration_read(const char *text, struct vn_duration *d, struct vn_error *err)
{
    size_t n = strcspn(text, ":"), m;
    char first[32];
    enum vn_status status;
    vn_time time;

    *d = (struct vn_duration){.longest = INFINITY, .kept = 1};
    for (size_t i = 0; i < sizeof families / sizeof families[0]; i++)
        if (strlen(families[i].name) == n
            && strncmp(families[i].name, text, n) == 0)
            d->family = &families[i];
    if (d->family == NULL)
        return vn_fail(err, VN_EUSAGE,
                       "--durations: '%.64s' is wrong, expected "
                       "lognormal:MEDIAN:SIGMA, weibull:SCALE:SHAPE or "
                       "pareto:LEAST:SHAPE",
                       text);
    text += n;
    m = *text == ':' ? strcspn(text + 1, ":") : 0;
    if (m == 0 || m >= sizeof first || text[1 + m] != ':')
        return vn_fail(err, VN_EUSAGE,
                       "--durations: %s has two parameters, expected %s",
                       d->family->name, d->family->form);
    memcpy(first, text + 1, m);
    first[m] = '\0';
    status =
        vn_option_time("durations", first, 1, VN_TIME_MAX / 1000, &time, err);
    if (status == VN_OK)
        status =
            vn_option_real("durations", text + 2 + m, 0.01, 20, &d->b, err);
    if (status == VN_OK)
        d->a = (double) time / 1e6;
    return status;
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;

    return x < y ? -1 : x > y;
}

/* The corners of the distribution function of sorted durations. */
static size_t
corners(const double *seconds, size_t n, struct vn_knot *corner)
{
    double half = 0.5;
    size_t count = 0;

    for (size_t i = 0; i < n; i++)
        if (seconds[i] != floor(seconds[i]))
            half = 0;
    for (size_t i = 0, next; i < n; i = next) {
        for (next = i; next < n && seconds[next] == seconds[i];)
            next++;
        if (count == 0 || seconds[i] - half > corner[count - 1].seconds)
            corner[count++] =
                (struct vn_knot){(double) i / (double) n, seconds[i] - half};
        if (half > 0 || next == n)
            corner[count++] = (struct vn_knot){(double) next / (double) n,
                                               seconds[i] + half};
    }
    return count;
}

/* Between corners a and b, the one furthest from their line; how far. */
static double
furthest(const struct vn_knot *corner, size_t a, size_t b, size_t *where)
{
    double worst = -1;

    for (size_t i = a + 1; i < b; i++) {
        double off =
            fabs(corner[i].share
                 - between(&corner[a], &corner[b], corner[i].seconds));

        if (off > worst) {
            worst = off;
            *where = i;
        }
    }
    return worst;
}

/* Insert the corner `where` among those chosen, in order. */
static void
choose(size_t *chosen, int *n, size_t where)
{
    int k = *n;

    while (k > 0 && chosen[k - 1] >= where)
        k--;
    if (k < *n && chosen[k] == where)
        return;
    memmove(&chosen[k + 1], &chosen[k], (size_t) (*n - k) * sizeof *chosen);
    chosen[k] = where;
    ++*n;
}

/* Choose the knots, at first those that keep the tail, and so the mean. */
static int
choose_knots(const struct vn_knot *corner, size_t count, double close,
             size_t *chosen)
{
    static const double tail[] = {0.9, 0.95, 0.98, 0.99, 0.995, 0.999};
    int n = 0;

    choose(chosen, &n, 0);
    choose(chosen, &n, count - 1);
    for (size_t t = 0, i = 0; t < sizeof tail / sizeof tail[0]; t++) {
        while (i < count - 1 && corner[i].share < tail[t])
            i++;
        choose(chosen, &n, i);
    }
    while (n < VN_KNOTS) {
        double worst = close;
        size_t where = 0, best = 0;

        for (int k = 1; k < n; k++) {
            double off = furthest(corner, chosen[k - 1], chosen[k], &where);

            if (off > worst) {
                worst = off;
                best = where;
            }
        }
        if (best == 0)
            break;
        choose(chosen, &n, best);
    }
    return n;
}

struct vn_duration
vn_duration_fit(double *seconds, size_t n)
{
    struct vn_duration d = {.family = &table, .longest = INFINITY, .kept = 1};
    struct vn_knot *corner = vn_xcalloc(2 * n + 2, sizeof *corner);
    size_t chosen[VN_KNOTS + 1], count;

    qsort(seconds, n, sizeof *seconds, compare);
    count = corners(seconds, n, corner);
    /* Closer than a quarter of what chance does to n draws is noise. */
    d.nknots = choose_knots(corner, count,
                            fmax(0.001, 0.25 / sqrt((double) n)), chosen);
    for (int k = 0; k < d.nknots; k++)
        d.knot[k] = corner[chosen[k]];
    free(corner);
    return d;
}

struct vn_duration
vn_duration_table(const struct vn_knot *knots, int n)
{
    struct vn_duration d = {
        .family = &table, .nknots = n, .longest = INFINITY, .kept = 1};

    memcpy(d.knot, knots, (size_t) n * sizeof *knots);
    return d;
}

void
vn_duration_cut(struct vn_duration *d, double longest)
{
    d->longest = longest;
    d->kept = isinf(longest) ? 1 : d->family->below(d, longest);
}

double
vn_duration_at(const struct vn_duration *d, double u)
{
    double x = d->kept > 0 ? d->family->at(d, u * d->kept) : d->longest;

    return fmin(x, VN_DURATION_END);
}

double
vn_duration_below(const struct vn_duration *d, double x)
{
    if (x >= d->longest)
        return 1;
    return d->kept > 0 ? d->family->below(d, x) / d->kept : 0;
}

double
vn_duration_mean(const struct vn_duration *d)
{
    return d->kept > 0 ? d->family->part(d, d->longest) / d->kept : d->longest;
}
