/*
 * Workload recipes: distributions against their closed forms and against
 * integration, arrivals against what they should average to, fits against
 * the parameters that made the trace.
 */
#include "config.h"

#include "base/number.h"
#include "traces/draw/recipe.h"
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

static int
compare(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;

    return x < y ? -1 : x > y;
}

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
        vn_duration_cut(&d, durations[i].longest);
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

/*
 * The Kolmogorov-Smirnov distance of n numbers, which are sorted, from a
 * distribution function, times sqrt(n): above 1.95 once in a thousand times.
 */
static double
distance(double *x, int n, double (*below)(const void *, double),
         const void *of)
{
    double worst = 0;

    qsort(x, (size_t) n, sizeof *x, compare);
    for (int i = 0; i < n; i++) {
        double p = below(of, x[i]);

        worst = fmax(worst, fmax(p - (double) i / n, (i + 1.0) / n - p));
    }
    return worst * sqrt(n);
}

static double
duration_below(const void *d, double x)
{
    return vn_duration_below(d, x);
}

static double
exponential_below(const void *rate, double x)
{
    return 1 - exp(-*(const double *) rate * x);
}

/* What is drawn of a family is distributed as it says. */
static void
check_draws(void)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    double *x = vn_xcalloc(N, sizeof *x);
    unsigned long seed = 2385;

    gsl_rng_set(rng, seed);
    for (size_t i = 0; i < sizeof durations / sizeof durations[0]; i++) {
        struct vn_duration d;
        struct vn_error err;
        double far;

        vn_duration_read(durations[i].text, &d, &err);
        vn_duration_cut(&d, durations[i].longest);
        for (int k = 0; k < N; k++)
            x[k] = vn_duration_at(&d, gsl_rng_uniform(rng));
        far = distance(x, N, duration_below, &d);
        ok(far < 1.95, "%s: %d draws of seed %lu are of it (%.2f)",
           durations[i].text, N, seed, far);
    }
    free(x);
    gsl_rng_free(rng);
}

/* A table fitted to a sample is nowhere further from it than it says. */
static void
check_table(const char *family, double unit)
{
    double *x = vn_xcalloc(N, sizeof *x), mean = 0, worst = 0;
    struct vn_duration d, table;
    struct vn_error err;

    vn_duration_read(family, &d, &err);
    for (int i = 0; i < N; i++) {
        x[i] = vn_duration_at(&d, (i + 0.5) / N);
        if (unit > 0)
            x[i] = fmax(1, round(x[i] / unit)) * unit;
        mean += x[i] / N;
    }
    table = vn_duration_fit(x, N);
    for (int i = 0, next; i < N; i = next) {
        for (next = i; next < N && x[next] == x[i];)
            next++;
        worst = fmax(worst, fabs(vn_duration_below(&table, x[i] + unit / 2)
                                 - (double) next / N));
    }
    ok(worst <= 0.00101 && table.nknots <= VN_KNOTS,
       "%s: %d knots are off by at most %.4f", family, table.nknots, worst);
    is_near(vn_duration_mean(&table) / mean, 1, 0.04,
            "and their mean is near the sample's");
    is_near(integrate(&table) / vn_duration_mean(&table), 1, 1e-3,
            "and by integration");
    vn_duration_cut(&table, x[N / 10 * 9]);
    is_near(integrate(&table) / vn_duration_mean(&table), 1, 1e-4,
            "so when it is cut off");
    free(x);
}

/* Durations that are all the same, whole or not. */
static void
check_same(void)
{
    double whole[] = {60, 60, 60}, not [] = {0.25, 0.25};
    struct vn_duration d = vn_duration_fit(whole, 3);

    ok(round(vn_duration_at(&d, 0)) == 60
           && vn_duration_at(&d, 0.999999) < 60.5,
       "a table of one whole duration gives that");
    d = vn_duration_fit(not, 2);
    ok(vn_duration_at(&d, 0) == 0.25 && vn_duration_at(&d, 0.7) == 0.25
           && vn_duration_mean(&d) == 0.25,
       "and so of one that is not whole");
}

/* n arrivals, and the mean and variance of the gaps between them. */
static void
draw_gaps(struct vn_arrival *a, int n, unsigned long seed, double *at,
          double *mean, double *cv)
{
    gsl_rng *rng = gsl_rng_alloc(gsl_rng_mt19937);
    gsl_rng *states = gsl_rng_alloc(gsl_rng_mt19937);
    double last = 0, sum = 0, squares = 0;

    gsl_rng_set(rng, seed);
    gsl_rng_set(states, seed + 1000);
    for (int i = 0; i < n; i++) {
        double t = vn_arrival_next(a, rng, states), gap = t - last;

        at[i] = t;
        sum += gap;
        squares += gap * gap;
        last = t;
    }
    *mean = sum / n;
    *cv = sqrt(squares / n - *mean * *mean) / *mean;
    gsl_rng_free(rng);
    gsl_rng_free(states);
}

static void
check_arrivals(void)
{
    double *at = vn_xcalloc(N, sizeof *at), mean, cv, hours[VN_HOURS] = {0};
    double worst = 0, *gaps = vn_xcalloc(N, sizeof *gaps);
    struct vn_arrival a = vn_arrival_poisson(), fitted;
    struct vn_error err;

    a.rate = 0.02;
    draw_gaps(&a, N, 11, at, &mean, &cv);
    is_near(mean * 0.02, 1, 4 / sqrt(N), "a Poisson process: the rate");
    is_near(cv, 1, 0.02, "and gaps of coefficient of variation 1");
    for (int i = N - 1; i > 0; i--)
        gaps[i] = at[i] - at[i - 1];
    gaps[0] = at[0];
    ok(distance(gaps, N, exponential_below, &a.rate) < 1.95,
       "which are exponential");
    fitted = vn_arrival_fit(at, N);
    is_near(fitted.burst[0].ratio, 0, 0, "in which a fit sees no bursts");

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
    is_near(log(fitted.burst[0].ratio / 20), 0, log(1.5),
            "a fit recovers how much busier busy is, within half");
    is_near(log(fitted.burst[0].busy_s / 3600), 0, log(1.5),
            "and for how long");
    is_near(log(fitted.burst[0].quiet_s / 18000), 0, log(1.5),
            "and how long not");

    a = vn_arrival_poisson();
    a.rate = 0.02;
    vn_arrival_read_burst("50:2m:40m", &a, &err);
    draw_gaps(&a, N, 14, at, &mean, &cv);
    fitted = vn_arrival_fit(at, N);
    is_near(log(fitted.burst[0].ratio / 50), 0, log(1.25),
            "so of bursts of a few jobs each, within a quarter");
    is_near(log(fitted.burst[0].busy_s / 120), 0, log(1.25),
            "and for how long");
    is_near(log(fitted.burst[0].quiet_s / 2400), 0, log(1.25),
            "and how long not");

    a = vn_arrival_poisson();
    a.rate = 0.02;
    vn_arrival_read_burst("5:2d:4d,20:5m:50m", &a, &err);
    draw_gaps(&a, N, 14, at, &mean, &cv);
    fitted = vn_arrival_fit(at, N);
    is_near(log(fitted.burst[0].ratio / 5), 0, log(1.6),
            "with busy days and minutes: a fit recovers those of the days");
    is_near(log(fitted.burst[0].busy_s / 172800), 0, log(1.6),
            "and how long they are");
    is_near(log(fitted.burst[1].ratio / 20), 0, log(1.6),
            "those of the minutes");
    is_near(log(fitted.burst[1].busy_s / 300), 0, log(1.6),
            "and how long they are");
    free(gaps);
    free(at);
}

/* The jobs of a recipe, and their work. */
static double
draw(struct vn_recipe *w, struct vn_job *jobs)
{
    struct vn_draw *draw = vn_draw_begin(w, 1);
    double work = 0;

    for (int i = 0; i < N; i++) {
        vn_draw_job(draw, &jobs[i]);
        work += (double) jobs[i].duration / 1e6 * jobs[i].devices / N;
    }
    vn_draw_end(draw);
    return work;
}

/* Presets that are no fits: what was published of them. */
static void
check_published(void)
{
    struct vn_recipe w;
    struct vn_error err;
    double devices = 0, most = 0;

    ok(vn_recipe_preset("helios", &w, &err) == VN_OK && w.nclasses == 1,
       "helios");
    for (int i = 0; i < w.devices.n; i++) {
        devices += w.devices.parts[i].share * w.devices.parts[i].value;
        most = fmax(most, w.devices.parts[i].value);
    }
    is_near(devices, 3.72, 0.001, "3.72 devices on the average");
    is_near(most, 2048, 0, "2,048 at most");
    is_near(vn_duration_at(&w.class[0].duration, 0.5), 206, 0.1,
            "a median duration of 206 s");
    is_near(vn_duration_mean(&w.class[0].duration), 6652, 1,
            "a mean duration of 6,652 s");
    is_near(w.arrival.rate * 183 * 86400, 1580464, 10,
            "1,580,464 jobs in half a year");
    vn_recipe_free(&w);
    ok(vn_recipe_preset("pai", &w, &err) == VN_OK && w.nclasses == 1, "pai");
    is_near(vn_duration_at(&w.class[0].duration, 0.5), 23 * 60, 0.1,
            "a median run time of 23 minutes");
    is_near(vn_duration_at(&w.class[0].duration, 0.9), 4.5 * 3600, 1,
            "nine in ten run 4.5 hours at most");
    devices = 0;
    for (int i = 0; i < w.devices.n; i++)
        devices += w.devices.parts[i].share * w.devices.parts[i].value;
    is_near(devices, 6.25, 0.001, "6.25 instances a task");
    vn_recipe_free(&w);
}

/* A trace drawn from a recipe, fitted, and drawn again. */
static void
check_like(void)
{
    char path[] = "/tmp/vn-like-XXXXXX";
    struct vn_recipe philly, fitted;
    struct vn_job *jobs = vn_xcalloc(N, sizeof *jobs);
    struct vn_error err;
    double work, before, clipped, worst = 0;

    ok(vn_recipe_preset("philly", &philly, &err) == VN_OK, "the preset");
    vn_weighted_add(&philly.weight, 1, 0.75);
    vn_weighted_add(&philly.weight, 5, 0.25);
    vn_weighted_settle(&philly.weight);
    before = vn_recipe_work(&philly);
    clipped = vn_recipe_clip(&philly, 8);
    ok(clipped > 0.001 && clipped < 0.01
           && philly.devices.parts[philly.devices.n - 1].value == 8
           && vn_recipe_work(&philly) < before,
       "clipped to 8 devices");
    for (int i = 0; i < philly.nclasses; i++)
        vn_duration_cut(&philly.class[i].duration, 86400);
    work = draw(&philly, jobs);
    is_near(work / vn_recipe_work(&philly), 1, 0.02,
            "the work drawn is the work foretold");
    close(mkstemp(path));
    vn_trace_write(path, NULL, jobs, N, &philly.names, &err);
    ok(vn_recipe_fit(path, &fitted, &err) == VN_OK, "a fit");
    unlink(path);
    is_int(fitted.devices.n, philly.devices.n, "has the sizes");
    is_near(fitted.devices.parts[3].share / philly.devices.parts[3].share, 1,
            0.05, "their shares");
    is_near(vn_recipe_work(&fitted) / work, 1, 0.03, "the work");
    for (double u = 0.05; u < 1; u += 0.05)
        worst =
            fmax(worst, fabs(vn_duration_below(
                                 &fitted.class[0].duration,
                                 vn_duration_at(&philly.class[0].duration, u))
                             - u));
    ok(worst < 0.01, "how long the small jobs run (off by %.4f)", worst);
    ok(fitted.weight.n == 2 && fitted.weight.parts[1].value == 5
           && fabs(fitted.weight.parts[1].share - 0.25) < 0.01,
       "and the weights");
    worst = 0;
    for (int i = 0; i < philly.vc.n; i++) {
        const char *name = philly.names.vcs.text[i];
        int k = vn_names_find(&fitted.names.vcs, name);

        worst = fmax(worst, fabs(philly.vc.parts[i].share
                                 - (k < 0 ? 0 : fitted.vc.parts[k].share)));
    }
    ok(worst < 0.005, "and the virtual clusters (off by %.4f)", worst);
    vn_recipe_free(&fitted);
    vn_recipe_free(&philly);
    free(jobs);
}

/* A trace of more sizes than there are distributions. */
static void
check_many_sizes(void)
{
    char path[] = "/tmp/vn-like-XXXXXX";
    struct vn_trace_names names = {0};
    struct vn_recipe fitted;
    struct vn_job *jobs = vn_xcalloc(N, sizeof *jobs);
    struct vn_error err;
    bool rising = true;

    for (int i = 0; i < N; i++) {
        jobs[i] = vn_trace_job();
        jobs[i].id = i;
        jobs[i].submit = i * VN_SECOND;
        jobs[i].devices = jobs[i].max_devices = 1 + i % 500;
        jobs[i].duration = jobs[i].devices * 10 * VN_SECOND;
    }
    close(mkstemp(path));
    vn_trace_write(path, NULL, jobs, N, &names, &err);
    ok(vn_recipe_fit(path, &fitted, &err) == VN_OK, "a trace of 500 sizes");
    is_int(fitted.devices.n, 500, "has them all");
    for (int c = 1; c < fitted.nclasses; c++)
        rising = rising && fitted.class[c].least > fitted.class[c - 1].least
                 && vn_duration_mean(&fitted.class[c].duration)
                        > vn_duration_mean(&fitted.class[c - 1].duration);
    ok(rising && fitted.nclasses > 20, "in %d classes", fitted.nclasses);
    is_near(vn_recipe_work(&fitted) / (10 * 83583.5), 1, 0.01,
            "which keep the work");
    vn_recipe_free(&fitted);
    for (int i = 0; i < N; i++)
        jobs[i].devices = jobs[i].max_devices = 1 + i % 1025;
    vn_trace_write(path, NULL, jobs, N, &names, &err);
    is_int(vn_recipe_fit(path, &fitted, &err), VN_EINVAL,
           "more than 1024 are refused");
    ok(strstr(err.text, "more than 1024 numbers of devices, expected fewer")
           != NULL,
       "and said so");
    vn_recipe_free(&fitted);
    unlink(path);
    free(jobs);
}

int
main(void)
{
    check_durations();
    check_draws();
    check_table("lognormal:20m:1", 1);
    check_table("weibull:1h:0.7", 0);
    check_same();
    check_arrivals();
    check_published();
    check_like();
    check_many_sizes();
    return done_testing();
}
