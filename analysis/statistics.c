#include "config.h"

#include "analysis/statistics.h"

#include "base/xalloc.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

int64_t
vn_cold_steps(int64_t steps)
{
    return steps > 5 ? 2 : 0;
}

double
vn_mean(const double *x, size_t n)
{
    return n > 0 ? gsl_stats_mean(x, 1, n) : NAN;
}

double
vn_deviation(const double *x, size_t n)
{
    return n > 1 ? gsl_stats_sd(x, 1, n) : NAN;
}

void
vn_sort(double *x, size_t n)
{
    gsl_sort(x, 1, n);
}

double
vn_quantile(const double *sorted, size_t n, double q)
{
    return n > 0 ? gsl_stats_quantile_from_sorted_data(sorted, 1, n, q) : NAN;
}

struct vn_interval
vn_interval_mean(const double *x, int n, double level)
{
    struct vn_interval interval = {vn_mean(x, (size_t) n), NAN, NAN, n};
    double half;

    if (n < 2 || isnan(interval.estimate))
        return interval;
    half = gsl_cdf_tdist_Pinv((1 + level) / 2, n - 1)
           * gsl_stats_sd(x, 1, (size_t) n) / sqrt(n);
    interval.low = interval.estimate - half;
    interval.high = interval.estimate + half;
    return interval;
}

struct vn_interval
vn_interval_time(const double *x, int n, double level)
{
    struct vn_interval i = vn_interval_mean(x, n, level);
    double wide;

    if (isnan(i.low) || !(i.estimate > 0))
        return i;
    wide = (i.high - i.estimate) / i.estimate;
    i.low = i.estimate * exp(-wide);
    i.high = i.estimate * exp(wide);
    return i;
}

struct vn_interval
vn_interval_share(const double *x, int n, double level)
{
    struct vn_interval i = {vn_mean(x, (size_t) n), NAN, NAN, n}, angle;
    double *angles = vn_xcalloc((size_t) n, sizeof *angles);

    for (int k = 0; k < n; k++)
        angles[k] = asin(sqrt(fmin(fmax(x[k], 0), 1)));
    angle = vn_interval_mean(angles, n, level);
    if (!isnan(angle.low)) {
        double low = sin(fmax(angle.low, 0)),
               high = sin(fmin(angle.high, M_PI_2));

        /* The mean of squared sines lies near that of the angles, not on it.
         */
        i.low = fmin(low * low, i.estimate);
        i.high = fmax(high * high, i.estimate);
    }
    free(angles);
    return i;
}

/* The logarithms of the ratios that there are; how many. */
static int
take_logs(const double *x, const double *base, int n, double *logs)
{
    int used = 0;

    for (int i = 0; i < n; i++)
        if (x[i] > 0 && base[i] > 0)
            logs[used++] = log(x[i] / base[i]);
    return used;
}

struct vn_interval
vn_interval_widen(struct vn_interval i, double deviation, int rounds,
                  double level)
{
    double other =
        rounds > 1
            ? deviation * gsl_cdf_tdist_Pinv((1 + level) / 2, rounds - 1)
            : NAN;
    double half = hypot((i.high - i.low) / 2, other);

    i.low = i.estimate - half;
    i.high = i.estimate + half;
    return i;
}

struct vn_interval
vn_interval_ratio(const double *x, const double *base, int n, double level)
{
    double *logs = vn_xcalloc((size_t) n, sizeof *logs);
    int used = take_logs(x, base, n, logs);
    struct vn_interval interval = vn_interval_mean(logs, used, level);

    interval.estimate = exp(interval.estimate);
    interval.low = exp(interval.low);
    interval.high = exp(interval.high);
    free(logs);
    return interval;
}

double
vn_log_sd(const double *x, const double *base, int n)
{
    double *logs = vn_xcalloc((size_t) n, sizeof *logs);
    int used = take_logs(x, base, n, logs);
    double sd = used > 1 ? gsl_stats_sd(logs, 1, (size_t) used) : NAN;

    free(logs);
    return sd;
}

double
vn_p_ratio(const double *x, const double *base, int n)
{
    double *logs = vn_xcalloc((size_t) n, sizeof *logs);
    int used = take_logs(x, base, n, logs);
    double mean = vn_mean(logs, (size_t) used), p = NAN;

    if (used > 1) {
        double sd = gsl_stats_sd(logs, 1, (size_t) used);

        p = sd > 0
                ? 2 * gsl_cdf_tdist_Q(fabs(mean) / (sd / sqrt(used)), used - 1)
                : mean == 0;
    }
    free(logs);
    return p;
}

double
vn_p_below(const double *x, const double *base, int n)
{
    double p = vn_p_ratio(x, base, n);
    double ratio = vn_interval_ratio(x, base, n, 0.95).estimate;

    if (isnan(p) || ratio == 1)
        return isnan(p) ? NAN : 0.5;
    return ratio < 1 ? 1 - p / 2 : p / 2;
}

int
vn_order_is_known(const double *x, const double *base, int n, double error)
{
    double look = n - 1;

    return n > 1
           && vn_p_ratio(x, base, n) < error * 6 / (M_PI * M_PI * look * look);
}

void
vn_holm(double *p, int n)
{
    double *adjusted = vn_xcalloc((size_t) n + 1, sizeof *adjusted), least = 0;
    int family = 0;

    for (int i = 0; i < n; i++) {
        adjusted[i] = NAN;
        family += !isnan(p[i]);
    }
    /* From the smallest on: each step has one hypothesis fewer. */
    for (int left = family; left > 0; left--) {
        int next = -1;

        for (int i = 0; i < n; i++)
            if (!isnan(p[i]) && isnan(adjusted[i])
                && (next < 0 || p[i] < p[next]))
                next = i;
        least = fmax(least, fmin(1, left * p[next]));
        adjusted[next] = least;
    }
    for (int i = 0; i < n; i++)
        p[i] = adjusted[i];
    free(adjusted);
}

double
vn_distance(const double *a, size_t na, const double *b, size_t nb)
{
    size_t i = 0, k = 0;
    double most = 0;

    if (na == 0 || nb == 0)
        return NAN;
    while (i < na && k < nb) {
        double at = fmin(a[i], b[k]);

        while (i < na && a[i] <= at)
            i++;
        while (k < nb && b[k] <= at)
            k++;
        most = fmax(most,
                    fabs((double) i / (double) na - (double) k / (double) nb));
    }
    return most;
}

/* Is the interval of n replicates narrow enough? */
static bool
narrow(int n, double sd, double share, double level)
{
    return gsl_cdf_tdist_Pinv((1 + level) / 2, n - 1) * sd / sqrt(n)
           <= log1p(share);
}

int
vn_replicates_needed(double sd, double share, double level)
{
    enum {
        MOST = 1000000
    };
    int low = 2, high = 2;

    while (high < MOST && !narrow(high, sd, share, level)) {
        low = high + 1;
        high = 2 * high < MOST ? 2 * high : MOST;
    }
    while (low < high) {
        int middle = low + (high - low) / 2;

        if (narrow(middle, sd, share, level))
            high = middle;
        else
            low = middle + 1;
    }
    return high;
}
