#include "config.h"

#include "traces/duration.h"

#include "base/number.h"
#include "base/option.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

const double vn_quantile_at[VN_QUANTILES] = {
    0,   0.01, 0.05, 0.1,  0.2,  0.3,  0.4,   0.5,   0.6,
    0.7, 0.8,  0.9,  0.95, 0.98, 0.99, 0.995, 0.999, 1};

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
    int i = 1;
    double share;

    while (i < VN_QUANTILES - 1 && vn_quantile_at[i] < p)
        i++;
    share = (p - vn_quantile_at[i - 1])
            / (vn_quantile_at[i] - vn_quantile_at[i - 1]);
    return d->quantile[i - 1]
           * pow(d->quantile[i] / d->quantile[i - 1], share);
}

static double
table_below(const struct vn_duration *d, double x)
{
    int i = 1;

    if (x < d->quantile[0])
        return 0;
    while (i < VN_QUANTILES && d->quantile[i] <= x)
        i++;
    if (i == VN_QUANTILES)
        return 1;
    return vn_quantile_at[i - 1]
           + (vn_quantile_at[i] - vn_quantile_at[i - 1])
                 * log(x / d->quantile[i - 1])
                 / log(d->quantile[i] / d->quantile[i - 1]);
}

/* Between two points the quantile is exponential, and its integral known. */
static double
table_part(const struct vn_duration *d, double x)
{
    double sum = 0;

    for (int i = 1; i < VN_QUANTILES && d->quantile[i - 1] < x; i++) {
        double low = d->quantile[i - 1], high = d->quantile[i];
        double span = vn_quantile_at[i] - vn_quantile_at[i - 1];

        if (high > x) {
            span *= log(x / low) / log(high / low);
            high = x;
        }
        sum += high > low ? span * (high - low) / log(high / low) : span * low;
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
    char first[32], why[VN_WHY_SIZE];
    const char *wrong;
    vn_time time;

    *d = (struct vn_duration){.longest = INFINITY};
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
    wrong = vn_read_time(first, 1, VN_TIME_MAX / 1000, &time, why);
    if (wrong != NULL)
        return vn_args_refuse(err, "durations", first, wrong);
    wrong = vn_read_real(text + 2 + m, 0.01, 20, &d->b, why);
    if (wrong != NULL)
        return vn_args_refuse(err, "durations", text + 2 + m, wrong);
    d->a = (double) time / 1e6;
    return VN_OK;
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;

    return x < y ? -1 : x > y;
}

struct vn_duration
vn_duration_fit(double *seconds, size_t n)
{
    struct vn_duration d = {.family = &table, .longest = INFINITY};

    qsort(seconds, n, sizeof *seconds, compare);
    for (int i = 0; i < VN_QUANTILES; i++)
        d.quantile[i] = gsl_stats_quantile_from_sorted_data(seconds, 1, n,
                                                            vn_quantile_at[i]);
    return d;
}

struct vn_duration
vn_duration_table(const double quantile[VN_QUANTILES])
{
    struct vn_duration d = {.family = &table, .longest = INFINITY};

    memcpy(d.quantile, quantile, sizeof d.quantile);
    return d;
}

/* The share of the distribution that is not cut off. */
static double
kept(const struct vn_duration *d)
{
    return isinf(d->longest) ? 1 : d->family->below(d, d->longest);
}

double
vn_duration_at(const struct vn_duration *d, double u)
{
    double share = kept(d);

    return share > 0 ? d->family->at(d, u * share) : d->longest;
}

double
vn_duration_mean(const struct vn_duration *d)
{
    double share = kept(d);

    return share > 0 ? d->family->part(d, d->longest) / share : d->longest;
}
