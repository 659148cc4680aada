/*
 * Workload recipes: distributions against their closed forms and against
 * integration, arrivals against what they should average to, fits against
 * the parameters that made the trace.
 */
#include "config.h"

#include "traces/recipe.h"
#include "traces/trace.h"

#include "base/xalloc.h"
#include "t/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    N = 200000
};

/* clang-format off: a case reads as text, cut, mean and median where the
 * closed form is short. */
static const struct {
    const char *text;
    double longest;
    double mean; /* NAN: only held against integration */
    double median;
} durations[] = {
    {"lognormal:20m:1.5", INFINITY, 1200 * 3.0802168489180313, 1200},
    {"lognormal:20m:2", 86400, NAN, NAN},
    {"weibull:1h:0.5", INFINITY, 7200, 3600 * 0.4804530139182014},
    {"weibull:1h:1", 3600,
     3600 * (1 - 2 * 0.36787944117144233) / (1 - 0.36787944117144233), NAN},
    {"pareto:60:2.5", INFINITY, 100, 60 * 1.3195079107728942},
    {"pareto:60:1", 6000, 60 * 4.605170185988091 / 0.99, NAN},
    {"pareto:60:0.8", 100000, NAN, NAN},
};
/* clang-format on */

/* The mean by the midpoint rule over u. */
static double
integrate(const struct vn_duration *d)
{
    double sum = 0;

    for (int i = 0; i < N; i++)
        sum += vn_duration_at(d, (i + 0.5) / N);
    return sum / N;
}

static void
check_durations(void)
{
    for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++) {
        struct vn_duration d;
        struct vn_error err;
        double mean, sum;

        if (!ok(vn_duration_read(durations[i].text, &d, &err) == VN_OK, "%s",
                durations[i].text))
            continue;
        d.longest = durations[i].longest;
        mean = vn_duration_mean(&d);
        sum = integrate(&d);
        /* The midpoint rule misses some of a tail that is not cut off. */
        is_near(sum / mean, 1, isinf(d.longest) ? 0.03 : 1e-4,
                "its mean, integrated");
        if (!isnan(durations[i].mean))
            is_near(mean / durations[i].mean, 1, 1e-9, "in closed form");
        if (!isnan(durations[i].median))
            is_near(vn_duration_at(&d, 0.5) / durations[i].median, 1, 1e-9,
                    "and its median");
        ok(vn_duration_at(&d, 0.999999999) <= d.longest, "none is longer");
    }
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;

    return x < y ? -1 : x > y;
}

/* A table fitted to a sample has its quantiles, and its mean by integration.
 */
static void
check_table(void)
{
    double sample[1000], mean = 0;
    struct vn_duration d;
    struct vn_error err;

    vn_duration_read("lognormal:20m:1", &d, &err);
    for (int i = 0; i < 1000; i++)
        sample[i] = vn_duration_at(&d, (i + 0.5) / 1000);
    d = vn_duration_fit(sample, 1000);
    qsort(sample, 1000, sizeof *sample, compare);
    is_near(vn_duration_at(&d, 0.5), (sample[499] + sample[500]) / 2, 1e-9,
            "a table's median is the sample's");
    is_near(vn_duration_at(&d, 0.25),
            sqrt(vn_duration_at(&d, 0.2) * vn_duration_at(&d, 0.3)), 1e-9,
            "between its points it is linear in the logarithm");
    is_near(integrate(&d) / vn_duration_mean(&d), 1, 1e-3,
            "its mean, integrated");
    for (int i = 0; i < 1000; i++)
        mean += sample[i] / 1000;
    is_near(vn_duration_mean(&d) / mean, 1, 0.03, "is near the sample's");
    d.longest = sample[899];
    is_near(integrate(&d) / vn_duration_mean(&d), 1, 1e-4,
            "so when it is cut off");
}

/* n arrivals, and the mean and variance of the gaps between them. */
static void
draw_gaps(struct vn_arrival *a, int n, unsigned long seed, double *at,
          double *mean, double *cv)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    double last = 0, sum = 0, squares = 0;

    gsl_rng_set(rng, seed);
    for (int i = 0; i < n; i++) {
        double t = vn_arrival_next(a, rng), gap = t - last;

        at[i] = t;
        sum += gap;
        squares += gap * gap;
        last = t;
    }
    *mean = sum / n;
    *cv = sqrt(squares / n - *mean * *mean) / *mean;
    gsl_rng_free(rng);
}

static void
check_arrivals(void)
{
    double *at = vn_xcalloc(N, sizeof *at), mean, cv, hours[VN_HOURS] = {0};
    double worst = 0;
    struct vn_arrival a = vn_arrival_poisson(), fitted;
    struct vn_error err;

    a.rate = 0.02;
    draw_gaps(&a, N, 11, at, &mean, &cv);
    is_near(mean * 0.02, 1, 4 / sqrt(N), "a Poisson process: the rate");
    is_near(cv, 1, 0.02, "and gaps of coefficient of variation 1");
    fitted = vn_arrival_fit(at, N);
    is_near(fitted.burst, 1, 0, "in which a fit sees no bursts");

    a = vn_arrival_poisson();
    a.rate = 0.02;
    vn_arrival_read_hours("0.8", &a, &err);
    draw_gaps(&a, N, 12, at, &mean, &cv);
    is_near(mean * 0.02, 1, 0.02, "with hours of the day: the same rate");
    for (int i = 0; i < N; i++)
        hours[(int) fmod(at[i] / 3600, 24)] += 24.0 / N;
    for (int h = 0; h < VN_HOURS; h++)
        worst = fmax(worst, fabs(hours[h] - a.hour[h]));
    ok(worst < 0.08, "and the hours' shares (worst off by %.3f)", worst);
    fitted = vn_arrival_fit(at, N);
    worst = 0;
    for (int h = 0; h < VN_HOURS; h++)
        worst = fmax(worst, fabs(fitted.hour[h] - a.hour[h]));
    ok(worst < 0.08, "which a fit recovers (worst off by %.3f)", worst);

    a = vn_arrival_poisson();
    a.rate = 0.02;
    vn_arrival_read_burst("20:1h:5h", &a, &err);
    draw_gaps(&a, N, 13, at, &mean, &cv);
    is_near(mean * 0.02, 1, 0.05,
            "with bursts: the same rate in the long run");
    ok(cv > 1.5, "and gaps that vary more (%.2f)", cv);
    fitted = vn_arrival_fit(at, N);
    is_near(log(fitted.burst / 20), 0, log(1.5),
            "a fit recovers how much busier busy is, within half");
    is_near(log(fitted.busy_s / 3600), 0, log(1.5), "and for how long");
    is_near(log(fitted.quiet_s / 18000), 0, log(1.5), "and how long not");
    free(at);
}

/* A trace drawn from a recipe, fitted, and drawn again. */
static void
check_like(void)
{
    char path[] = "/tmp/vn-like-XXXXXX";
    struct vn_recipe philly, fitted;
    struct vn_trace_names names = {0};
    struct vn_job *jobs = vn_xcalloc(N, sizeof *jobs);
    struct vn_part weights[] = {{1, 0.75}, {5, 0.25}};
    struct vn_draw *draw;
    struct vn_error err;
    double shares = 0, work = 0, clipped, before;

    ok(vn_recipe_preset("philly", &philly, &err) == VN_OK, "the preset");
    for (int i = 0; i < philly.nkinds; i++)
        shares += philly.kind[i].share;
    is_near(shares, 1, 1e-4, "its shares are all the jobs");
    memcpy(philly.weight, weights, sizeof weights);
    philly.nweights = 2;
    before = vn_recipe_work(&philly);
    clipped = vn_recipe_clip(&philly, 8);
    ok(clipped > 0.001 && clipped < 0.01
           && philly.kind[philly.nkinds - 1].devices == 8
           && vn_recipe_work(&philly) < before,
       "clipped to 8 devices");
    for (int i = 0; i < philly.nkinds; i++)
        philly.kind[i].duration.longest = 86400;
    draw = vn_draw_begin(&philly, 1);
    for (int i = 0; i < N; i++) {
        vn_draw_job(draw, &jobs[i]);
        work += (double) jobs[i].duration / 1e6 * jobs[i].devices / N;
    }
    vn_draw_end(draw);
    is_near(work / vn_recipe_work(&philly), 1, 0.02,
            "the work drawn is the work foretold");
    close(mkstemp(path));
    vn_trace_write(path, NULL, jobs, N, &names, &err);
    ok(vn_recipe_fit(path, &fitted, &err) == VN_OK, "a fit");
    unlink(path);
    is_int(fitted.nkinds, philly.nkinds, "has the sizes");
    is_near(fitted.kind[3].share / philly.kind[3].share, 1, 0.05,
            "their shares");
    is_near(vn_recipe_work(&fitted) / work, 1, 0.03, "the work");
    is_near(vn_duration_at(&fitted.kind[0].duration, 0.5)
                / vn_duration_at(&philly.kind[0].duration, 0.5),
            1, 0.03, "the median of the small jobs");
    ok(fitted.nweights == 2 && fitted.weight[1].value == 5
           && fabs(fitted.weight[1].share / N - 0.25) < 0.01,
       "and the weights");
    free(jobs);
}

int
main(void)
{
    check_durations();
    check_table();
    check_arrivals();
    check_like();
    return done_testing();
}
