/*
 * The model of goodput and its fit: against what Pollux' artifact computes,
 * where that is at hand, and against models whose steps were made up.
 */
#include "config.h"

#include "plan/adaptive/fit.h"
#include "plan/adaptive/goodput.h"

#include "base/rng.h"
#include "t/tap.h"
#include "t/vectors.h"

#include <math.h>
#include <stdlib.h>

enum {
    POINTS_MAX = 512,
    FITS_MAX = 512
};

#define MODEL "alpha_c,beta_c,alpha_n,beta_n,alpha_r,beta_r,gamma"

static struct vn_goodput_model
model_at(const struct vectors *v, int column)
{
    return (struct vn_goodput_model){
        vectors_real(v, column),     vectors_real(v, column + 1),
        vectors_real(v, column + 2), vectors_real(v, column + 3),
        vectors_real(v, column + 4), vectors_real(v, column + 5),
        vectors_real(v, column + 6)};
}

static struct vn_gradient
gradient_at(const struct vectors *v, int column)
{
    return (struct vn_gradient){vectors_real(v, column),
                                vectors_real(v, column + 1)};
}

static bool
near(double got, double want)
{
    return fabs(got - want) <= 1e-11 * fabs(want);
}

static void
try_eval(void)
{
    const char *says = "goodput of given cuts";
    struct vectors *v = vectors_open(
        "pollux/vectors/goodput_eval.csv",
        MODEL ",grad_sqr,grad_var,init_batch_size,num_nodes,num_replicas,"
              "atomic_bsz,accum_steps,throughput,efficiency,goodput",
        says);
    int rows = 0, good = 0;

    if (v == NULL)
        return;
    while (vectors_next(v)) {
        struct vn_goodput_model m = model_at(v, 0);
        struct vn_goodput g = vn_goodput_of(
            &m, gradient_at(v, 7), vectors_int(v, 9), vectors_int(v, 10),
            vectors_int(v, 11),
            (struct vn_cut){vectors_int(v, 12), vectors_int(v, 13)});

        rows++;
        if (near(g.throughput, vectors_real(v, 14))
            && near(g.efficiency, vectors_real(v, 15))
            && near(g.goodput, vectors_real(v, 16)))
            good++;
        else
            diag("row at line %ld", vectors_line(v));
    }
    ok(rows > 0 && good == rows, "%s: %d of %d", says, good, rows);
    vectors_close(v);
}

static void
try_best(void)
{
    const char *says = "the best batches of placements";
    struct vectors *v = vectors_open(
        "pollux/vectors/goodput_optimize.csv",
        MODEL ",grad_sqr,grad_var,init_batch_size,max_batch_size,"
              "min_local_bsz,max_local_bsz,num_nodes,num_replicas,goodput,"
              "atomic_bsz,accum_steps",
        says);
    int rows = 0, good = 0;

    if (v == NULL)
        return;
    while (vectors_next(v)) {
        struct vn_goodput_model m = model_at(v, 0);
        struct vn_batch_limits limits = {vectors_int(v, 9), vectors_int(v, 10),
                                         vectors_int(v, 11),
                                         vectors_int(v, 12), false};
        struct vn_cut cut;
        double goodput =
            vn_goodput_best(&m, gradient_at(v, 7), &limits, vectors_int(v, 13),
                            vectors_int(v, 14), &cut);

        rows++;
        if (near(goodput, vectors_real(v, 15))
            && cut.atomic == vectors_int(v, 16)
            && cut.accumulate == vectors_int(v, 17))
            good++;
        else
            diag("row at line %ld", vectors_line(v));
    }
    ok(rows > 0 && good == rows, "%s: %d of %d", says, good, rows);
    vectors_close(v);
}

struct fits {
    struct vn_fit_point points[FITS_MAX][POINTS_MAX / 16];
    int n[FITS_MAX];
};

static bool
read_fits(struct fits *f, const char *says)
{
    struct vectors *v = vectors_open(
        "pollux/vectors/fit_input.csv",
        "fit,num_nodes,num_replicas,local_bsz,step_time_s,sync_time_s", says);

    if (v == NULL)
        return false;
    while (vectors_next(v)) {
        int fit = vectors_int(v, 0);

        if (fit < 0 || fit >= FITS_MAX || f->n[fit] == POINTS_MAX / 16)
            continue;
        f->points[fit][f->n[fit]++] =
            (struct vn_fit_point){vectors_int(v, 1),
                                  vectors_int(v, 2),
                                  vectors_int(v, 3),
                                  {vectors_real(v, 4), vectors_real(v, 5)}};
    }
    vectors_close(v);
    return true;
}

static void
try_fits(void)
{
    const char *says = "fits are as good as the artifact's";
    static struct fits fits;
    struct vectors *v = vectors_open("pollux/vectors/fit_output.csv",
                                     "fit,objective," MODEL, says);
    int rows = 0, good = 0;
    double worst = -INFINITY, gap = 0;

    if (v == NULL || !read_fits(&fits, says))
        return;
    while (vectors_next(v)) {
        int fit = vectors_int(v, 0), n = fits.n[fit];
        const struct vn_fit_point *points = fits.points[fit];
        struct vn_goodput_model m = {0}, theirs = model_at(v, 2);
        double want = vectors_real(v, 1), got;
        struct vn_error err = {0};

        gap = fmax(gap, fabs(vn_fit_objective(&theirs, points, n) - want));
        rows++;
        if (vn_fit(points, n, &m, &err) != VN_OK) {
            diag("%d: %s", fit, err.text);
            continue;
        }
        got = vn_fit_objective(&m, points, n);
        worst = fmax(worst, got - want);
        good += got <= want + 1e-6;
        if (got > want + 1e-6)
            diag("fit %d: %.9g, theirs %.9g", fit, got, want);
    }
    ok(rows > 0 && gap < 1e-13, "the objective of their parameters is theirs");
    ok(good == rows, "%s: %d of %d, at most %.1e above", says, good, rows,
       worst);
    vectors_close(v);
}

/* Steps that follow a model exactly are found again. */
static void
try_made_up(void)
{
    struct vn_rng rng = vn_rng_stream(15, 4711, 0);
    double worst = 0;

    for (int i = 0; i < 20; i++) {
        struct vn_goodput_model m = {0.02 + 0.2 * vn_rng_uniform(&rng),
                                     0.001 + 0.01 * vn_rng_uniform(&rng),
                                     0.1 + vn_rng_uniform(&rng),
                                     1e-4,
                                     0.05 + 0.1 * vn_rng_uniform(&rng),
                                     1e-4,
                                     1 + 0.5 * vn_rng_uniform(&rng)},
                                found;
        struct vn_fit_point p[24];
        struct vn_error err = {0};

        for (int k = 0; k < 24; k++) {
            int replicas = 1 << k % 4, nodes = k % 8 < 4 ? 1 : k % 4 + 1;
            int64_t atomic = 8 << k / 8;
            double step =
                       vn_goodput_last_s(&m, nodes, replicas, (double) atomic),
                   work = vn_goodput_accumulate_s(&m, (double) atomic);

            nodes = nodes > replicas ? replicas : nodes;
            step = vn_goodput_last_s(&m, nodes, replicas, (double) atomic);
            p[k] = (struct vn_fit_point){
                nodes, replicas, atomic, {step, step - work}};
        }
        if (vn_fit(p, 24, &found, &err) != VN_OK)
            diag("%s", err.text);
        for (int k = 0; k < 24; k++)
            worst = fmax(
                worst,
                fabs(log(vn_goodput_last_s(&found, p[k].nodes, p[k].replicas,
                                           (double) p[k].atomic)
                         / p[k].time.step_s)));
    }
    ok(worst < 0.01, "steps of a model are foretold within 1 %% (%.2g %%)",
       100 * worst);
}

static void
try_bad(void)
{
    struct vn_fit_point p = {1, 1, 8, {0.5, 0.5}};
    struct vn_goodput_model m;
    struct vn_error err = {0};

    is_int(vn_fit(&p, 1, &m, &err), VN_EINVAL,
           "a step of synchronisation alone is refused");
    is_str(err.text,
           "a step of 0.5 s with 0.5 s of synchronisation on 1 devices of 1 "
           "nodes fits no model, expected times that are > 0",
           "... in these words");
}

/* With gamma 1, one device and batches within one device, by hand. */
static void
try_by_hand(void)
{
    struct vn_goodput_model m = {1, 0.5, 3, 0.25, 2, 0.125, 1};
    struct vn_gradient g = {1, 3};
    struct vn_goodput got =
        vn_goodput_of(&m, g, 4, 2, 4, (struct vn_cut){2, 1});

    is_near(got.throughput, 16 / (2 + 2 + 3.5), 1e-12,
            "two rounds of two examples on four devices of two nodes");
    /* gain = 4 / (3/4 + 1) = 16/7 at scale 4 */
    is_near(got.efficiency, 4.0 / 7, 1e-12, "... and what they are worth");
    is_near(vn_goodput_best(&m, g,
                            &(struct vn_batch_limits){4, 64, 8, 7, false}, 1,
                            32, NULL),
            0, 0, "no batch that is allowed: no goodput");
}

int
main(void)
{
    try_by_hand();
    try_bad();
    try_made_up();
    try_eval();
    try_best();
    try_fits();
    return done_testing();
}
