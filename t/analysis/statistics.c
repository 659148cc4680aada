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

/* With scipy 1.17: h = t.ppf(0.975, 4) * sem(x) / mean, mean * exp(-+h). */
static void
test_time(void)
{
    const double x[] = {1.2, 0.7, 9.5, 2.2, 31}, zero[] = {0, 0, 0};
    struct vn_interval i = vn_interval_time(x, 5, 0.95);

    is_near(i.estimate, 8.92, 1e-12, "the mean is that of the replicates");
    is_near(i.low, 1.4918022156941753, 1e-9, "the lower end is scipy's");
    is_near(i.high, 53.33575668606689, 1e-8, "the upper end is scipy's");
    i = vn_interval_time(zero, 3, 0.95);
    ok(i.estimate == 0 && i.low == 0 && i.high == 0, "of zeros it is 0");
    i = vn_interval_time(x, 1, 0.95);
    ok(i.estimate == 1.2 && isnan(i.low), "one replicate has no interval");
}

static void
test_share(void)
{
    const double x[] = {0.91, 0.99, 0.95, 0.999}, all[] = {1, 1},
                 half[] = {0.41, 0.5, 0.45, 0.39};
    struct vn_interval i = vn_interval_share(x, 4, 0.95);

    /* scipy: a = arcsin(sqrt(x)); sin(a.mean() -+ t.ppf(0.975, 3) * sem(a)) **
     * 2
     */
    is_near(i.low, 0.875411679980011, 1e-10, "of a share too");
    is_near(i.high, 1.0, 1e-10, "it ends at all");
    i = vn_interval_share(half, 4, 0.95);
    is_near(i.low, 0.36109870744235617, 1e-10, "or between");
    is_near(i.high, 0.515008607955578, 1e-10, "at both ends");
    i = vn_interval_share(all, 2, 0.95);
    ok(i.low == 1 && i.high == 1, "of ones it is 1");
}

static void
test_family(void)
{
    const double x[] = {5.1, 4.2, 6.3, 7.7}, base[] = {5.0, 3.1, 4.4, 7.1},
                 twice[] = {10, 6.2, 8.8, 14.2};
    double p[] = {0.01, 0.04, NAN, 0.03, 0.005};

    /* scipy: ttest_rel(log(x), log(base)).pvalue */
    is_near(vn_p_ratio(x, base, 4), 0.10448633783135348, 1e-10,
            "the p-value is scipy's");
    is_near(vn_p_ratio(base, base, 4), 1, 0, "with itself there is none");
    is_near(vn_p_ratio(twice, base, 4), 0, 1e-9,
            "a ratio that never varies is no chance");
    ok(isnan(vn_p_ratio(x, base, 1)), "one pair says nothing");
    vn_holm(p, 5);
    /* R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm") */
    is_near(p[0], 0.03, 1e-12, "Holm's second is R's");
    is_near(p[1], 0.06, 1e-12, "the last is no smaller than that before");
    is_near(p[3], 0.06, 1e-12, "the third is R's");
    is_near(p[4], 0.02, 1e-12, "the first is R's");
    ok(isnan(p[2]), "what has no p-value is of no family");
}

static void
test_distance(void)
{
    const double a[] = {1, 2, 2, 3, 5, 8, 13}, b[] = {2, 3, 3, 4, 9};

    /* scipy: ks_2samp(a, b).statistic */
    is_near(vn_distance(a, 7, b, 5), 0.22857142857142856, 1e-12,
            "the distance is scipy's");
    is_near(vn_distance(a, 7, a, 7), 0, 0, "none lies between like ones");
    is_near(vn_distance(a, 3, b + 4, 1), 1, 0, "1 is the most");
    ok(isnan(vn_distance(a, 0, b, 5)), "nothing is near to nothing");
}

static void
test_needed(void)
{
    int n = vn_replicates_needed(0.4, 0.1, 0.95);

    /* By trying n = 2, 3, ... with scipy's t.ppf. */
    is_int(n, 71, "as many as scipy's quantiles say");
    is_int(vn_replicates_needed(0, 0.1, 0.95), 2, "what is certain needs two");
    is_int(vn_replicates_needed(1e9, 0.01, 0.95), 1000000, "there is an end");
}

/*
 * A property of an interval: of 2,000 made from 6 replicates of a mean that
 * is known, 95 % cover it; the standard error of that share is 0.5 %.
 */
static void
test_coverage(void)
{
    struct vn_rng rng = vn_rng_stream(23, 2, 0);
    int covered = 0, skewed = 0, students = 0;

    for (int r = 0; r < 2000; r++) {
        double x[6], y[6];
        struct vn_interval i;

        for (int k = 0; k < 6; k++) {
            x[k] = -6;
            for (int u = 0; u < 12; u++) /* nearly normal, mean 0 */
                x[k] += vn_rng_uniform(&rng);
            y[k] = exp(0.8 * x[k]); /* mean exp(0.32) */
        }
        i = vn_interval_mean(x, 6, 0.95);
        covered += i.low <= 0 && 0 <= i.high;
        i = vn_interval_mean(y, 6, 0.95);
        students += i.low <= exp(0.32) && exp(0.32) <= i.high;
        i = vn_interval_time(y, 6, 0.95);
        skewed += i.low <= exp(0.32) && exp(0.32) <= i.high;
    }
    ok(covered > 1900 - 40 && covered < 1900 + 40,
       "95 %% intervals cover the truth in %.1f %%", covered / 20.0);
    /* By NumPy, of 20,000: 86 % of Student's at n = 5, 91 % of these. */
    ok(skewed > students + 40 && skewed > 1780,
       "of skewed replicates in %.1f %%, where Student's do in %.1f %%",
       skewed / 20.0, students / 20.0);
}

/* A normal number, by Box and Muller. */
static double
normal(struct vn_rng *rng)
{
    double radius = sqrt(-2 * log(1 - vn_rng_uniform(rng)));

    return radius * cos(2 * M_PI * vn_rng_uniform(rng));
}

/* After how many of at most 30 pairs, whose logarithms differ by so much where
 * their deviation is 1, the order is said to be known; 0: never. */
static int
looks(struct vn_rng *rng, double difference, double error)
{
    double x[30], base[30];

    for (int n = 0; n < 30; n++) {
        x[n] = exp(difference + normal(rng));
        base[n] = 1;
        if (vn_order_is_known(x, base, n + 1, error))
            return n + 1;
    }
    return 0;
}

static void
test_widen(void)
{
    const struct vn_interval i = {.estimate = 2, .low = 1, .high = 3, .n = 4};
    struct vn_interval wide = vn_interval_widen(i, 0, 6, 0.95);

    is_near(wide.high, 3, 1e-12, "an error of 0 changes nothing");
    /* t(5) at 0.975 is 2.5705818366147395 (scipy); 1^2 + (2 t)^2 */
    wide = vn_interval_widen(i, 2, 6, 0.95);
    is_near(wide.high, 2 + sqrt(1 + pow(2 * 2.5705818366147395, 2)), 1e-8,
            "squares of halves are added");
    is_near(wide.low, 4 - wide.high, 1e-12, "on both sides");
    ok(isnan(vn_interval_widen(i, 2, 1, 0.95).low),
       "of one round nothing is known");
}

static void
test_order(void)
{
    static const double x[] = {1.1, 0.8, 0.9, 0.7}, base[] = {1, 1, 1, 1};
    struct vn_rng rng = vn_rng_stream(1, 2, 3);
    int wrong = 0, right = 0, often = 0;

    /* scipy: t.cdf(-mean / (sd / 2), 3) of log(x) */
    is_near(vn_p_below(x, base, 4), 0.8892613035888153, 1e-10,
            "the probability of an order is scipy's");
    is_near(vn_p_below(base, x, 4), 1 - 0.8892613035888153, 1e-10,
            "and that of the other the rest");
    is_near(vn_p_below(base, base, 4), 0.5, 0, "of none, a half");
    ok(isnan(vn_p_below(x, base, 1)), "one pair says nothing");
    for (int i = 0; i < 1000; i++) {
        double value[30], one[30];
        bool peeked = false;

        wrong += looks(&rng, 0, 0.05) > 0;
        right += looks(&rng, -2, 0.05) > 0;
        for (int n = 0; n < 30; n++) {
            value[n] = exp(normal(&rng));
            one[n] = 1;
            peeked = peeked || vn_p_ratio(value, one, n + 1) < 0.05;
        }
        often += peeked;
    }
    ok(wrong <= 50, "of 1,000 pairs that are alike %d are told apart", wrong);
    ok(often > 150, "where as many looks at 5 %% each tell %d apart", often);
    is_int(right, 1000, "those that differ are");
}

int
main(void)
{
    test_order();
    test_widen();
    test_mean();
    test_ratio();
    test_quantile();
    test_time();
    test_share();
    test_family();
    test_distance();
    test_needed();
    test_coverage();
    return done_testing();
}
