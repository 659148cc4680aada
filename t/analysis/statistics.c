#include "config.h"

#include "analysis/statistics.h"
#include "base/rng.h"
#include "t/tap.h"

#include <math.h>

/* Student's sleep data (1908), group 1 and 2, as R's `sleep` has it. */
static const double group1[] = {0.7, -1.6, -0.2, -1.2, -0.1,
                                3.4, 3.7,  0.8,  0.0,  2.0};
static const double group2[] = {1.9, 0.8, 1.1, 0.1, -0.1,
                                4.4, 5.5, 1.6, 4.6, 3.4};

static void
test_mean(void)
{
    double d[10];
    struct vn_interval i;

    for (int k = 0; k < 10; k++)
        d[k] = group2[k] - group1[k];
    /* R: t.test(extra ~ group, data = sleep, paired = TRUE), sign changed. */
    i = vn_interval_mean(d, 10, 0.95);
    is_near(i.estimate, 1.58, 1e-12, "the mean of Student's differences");
    is_near(i.low, 0.7001142, 1e-7, "the lower end is R's");
    is_near(i.high, 2.4598858, 1e-7, "the upper end is R's");
    /* With one degree of freedom t is Cauchy: t = tan(0.45 pi). */
    i = vn_interval_mean((const double[]){3, 7}, 2, 0.9);
    is_near(i.high - 5, 2 * tan(0.45 * M_PI), 1e-9,
            "of two replicates, it is Cauchy's");
    i = vn_interval_mean((const double[]){2.385}, 1, 0.95);
    ok(i.estimate == 2.385 && isnan(i.low) && isnan(i.high) && i.n == 1,
       "one replicate has no interval");
    ok(isnan(vn_interval_mean(d, 0, 0.95).estimate), "none has no mean");
}

static void
test_ratio(void)
{
    const double base[] = {100, 210, 330, 90}, x[] = {50, 105, 165, 45};
    double y[4], z[4];
    struct vn_interval i, j;

    i = vn_interval_ratio(x, base, 4, 0.95);
    ok(fabs(i.estimate - 0.5) < 1e-12 && i.high - i.low < 1e-9,
       "a constant ratio is certain, however the replicates differ");
    for (int k = 0; k < 4; k++) {
        y[k] = base[k] * (k % 2 == 0 ? 2 : 8);
        z[k] = base[k];
    }
    i = vn_interval_ratio(y, z, 4, 0.95);
    /* logs 1 3 1 3 (base 2): s = 2 / sqrt 3, t(0.975, 3) = 3.182446305. */
    is_near(i.estimate, 4, 1e-12, "the geometric mean of 2 and 8 is 4");
    is_near(i.high, pow(2, 2 + 3.182446305284263 / sqrt(3)), 1e-6,
            "its interval is Student's, of the logarithms");
    j = vn_interval_ratio(z, y, 4, 0.95);
    is_near(j.low * i.high, 1, 1e-12, "the inverse has the inverse interval");
    z[2] = 0;
    is_int(vn_interval_ratio(y, z, 4, 0.95).n, 3,
           "a pair without a ratio is left out");
}

static void
test_quantile(void)
{
    /* R: quantile(c(1.1, 2.7, 3.2, 9.9, 12.3), type = 7) */
    double x[] = {9.9, 1.1, 12.3, 2.7, 3.2};

    vn_sort(x, 5);
    is_near(vn_quantile(x, 5, 0.5), 3.2, 1e-12, "the median");
    is_near(vn_quantile(x, 5, 0.9), 9.9 + 0.6 * 2.4, 1e-12,
            "between two ranks it is linear");
    is_near(vn_quantile(x, 5, 1), 12.3, 1e-12, "the largest");
    ok(isnan(vn_quantile(x, 0, 0.5)), "of nothing there is none");
}

static void
test_bootstrap(void)
{
    double x[200], sd = 0;
    struct vn_rng rng = vn_rng_stream(17, 1, 0);
    struct vn_interval i, j;

    for (int k = 0; k < 200; k++)
        x[k] = vn_rng_uniform(&rng);
    i = vn_interval_bootstrap(x, 200, 0.95, 2000);
    j = vn_interval_mean(x, 200, 0.95);
    ok(fabs(i.low - j.low) < 0.008 && fabs(i.high - j.high) < 0.008,
       "for many replicates the bootstrap agrees with Student");
    sd = vn_interval_bootstrap(x, 200, 0.95, 2000).low;
    ok(sd == i.low, "it is the same each time");
    i = vn_interval_bootstrap(x, 1, 0.95, 2000);
    ok(isnan(i.low), "one replicate has no interval");
}

/*
 * A property of an interval: of 2,000 made from 6 replicates of a mean that
 * is known, 95 % cover it; the standard error of that share is 0.5 %.
 */
static void
test_coverage(void)
{
    struct vn_rng rng = vn_rng_stream(23, 2, 0);
    int covered = 0;

    for (int r = 0; r < 2000; r++) {
        double x[6];
        struct vn_interval i;

        for (int k = 0; k < 6; k++) {
            x[k] = -6;
            for (int u = 0; u < 12; u++) /* nearly normal, mean 0 */
                x[k] += vn_rng_uniform(&rng);
        }
        i = vn_interval_mean(x, 6, 0.95);
        covered += i.low <= 0 && 0 <= i.high;
    }
    ok(covered > 1900 - 40 && covered < 1900 + 40,
       "95 %% intervals cover the truth in %.1f %%", covered / 20.0);
}

int
main(void)
{
    test_mean();
    test_ratio();
    test_quantile();
    test_bootstrap();
    test_coverage();
    return done_testing();
}
