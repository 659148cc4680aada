#include "config.h"

#include "analysis/statistics.h"

#include "base/rng.h"
#include "base/xalloc.h"

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

enum {
    BOOTSTRAP_STREAM = 0x626f6f74 /* "boot": the purpose of its numbers */
};

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
vn_interval_ratio(const double *x, const double *base, int n, double level)
{
    double *logs = vn_xcalloc((size_t) n, sizeof *logs);
    struct vn_interval interval;
    int used = 0;

    for (int i = 0; i < n; i++)
        if (x[i] > 0 && base[i] > 0)
            logs[used++] = log(x[i] / base[i]);
    interval = vn_interval_mean(logs, used, level);
    interval.estimate = exp(interval.estimate);
    interval.low = exp(interval.low);
    interval.high = exp(interval.high);
    free(logs);
    return interval;
}

struct vn_interval
vn_interval_bootstrap(const double *x, int n, double level, int rounds)
{
    struct vn_interval interval = {vn_mean(x, (size_t) n), NAN, NAN, n};
    struct vn_rng rng = vn_rng_stream(0, BOOTSTRAP_STREAM, (uint64_t) n);
    double *means;

    if (n < 2)
        return interval;
    means = vn_xcalloc((size_t) rounds, sizeof *means);
    for (int r = 0; r < rounds; r++) {
        for (int i = 0; i < n; i++)
            means[r] += x[vn_rng_below(&rng, (uint64_t) n)];
        means[r] /= n;
    }
    vn_sort(means, (size_t) rounds);
    interval.low = vn_quantile(means, (size_t) rounds, (1 - level) / 2);
    interval.high = vn_quantile(means, (size_t) rounds, (1 + level) / 2);
    free(means);
    return interval;
}
