/* The solver against a search over everything. */
#include "config.h"

#include "plan/solver.h"
#include "t/tap.h"

#include "base/rng.h"

#include <math.h>
#include <stdlib.h>

enum {
    TYPES = 3
};

/* A profile of random points, some of sizes that the solver must not use. */
static void
random_curve(struct vn_rng *rng, struct vn_profile_curve *c)
{
    static const int64_t sizes[] = {1, 2, 3, 4, 5, 6, 7, 8, 12, 16, 24, 32};

    *c = (struct vn_profile_curve){.update_s = 0.01 * vn_rng_uniform(rng)};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (vn_rng_below(rng, 3) > 0)
            vn_profile_add_point(c,
                                 (struct vn_profile_point){
                                     .batch = sizes[i],
                                     .step_s = 0.01 + (double) sizes[i] * 0.01
                                               + 0.02 * vn_rng_uniform(rng),
                                     .peak_bytes = sizes[i] * 100});
}

static bool
is_regular(int64_t n)
{
    while (n % 2 == 0)
        n /= 2;
    return n == 1 || n == 3;
}

/* The least step of all splits of `left` over types from t on. */
static double
search(const struct vn_solver_type *types, int t, int64_t left, double step,
       int devices, double comm_s)
{
    double best = INFINITY;

    if (t == TYPES)
        return left == 0 && devices > 0 ? step + (devices > 1 ? comm_s : 0)
                                        : INFINITY;
    best = search(types, t + 1, left, step, devices, comm_s);
    if (types[t].curve == NULL)
        return best;
    for (int i = 0; i < types[t].curve->npoints; i++) {
        const struct vn_profile_point *p = &types[t].curve->points[i];

        if (!is_regular(p->batch)
            || (types[t].memory_bytes > 0
                && p->peak_bytes > types[t].memory_bytes))
            continue;
        for (int64_t v = 1; p->batch * v * types[t].devices <= left; v *= 2) {
            double mine = (double) v * p->step_s + types[t].curve->update_s;
            double s =
                search(types, t + 1, left - p->batch * v * types[t].devices,
                       fmax(step, mine), devices + types[t].devices, comm_s);

            best = fmin(best, s);
        }
    }
    return best;
}

/* The first of all rivals that leaves no type out, whatever is before it. */
static void
check_whole(const struct vn_solver_type *types, int64_t batch, double comm_s,
            int seed)
{
    enum {
        MANY = 4096
    };
    struct vn_split *all = calloc(MANY, sizeof *all);
    struct vn_split whole = {.step_s = INFINITY};
    int n = vn_solve_rivals(types, TYPES, batch, comm_s, all, MANY);
    double want = INFINITY;

    for (int i = n - 1; i >= 0; i--)
        if (all[i].batch[0] > 0 && all[i].batch[1] > 0 && all[i].batch[2] > 0)
            want = all[i].step_s;
    (void) vn_solve_whole(types, TYPES, batch, comm_s, &whole, 1);
    ok(n < MANY
           && (isinf(want) ? isinf(whole.step_s)
                           : fabs(whole.step_s - want) < 1e-12),
       "seed %d: the best split that leaves no type out", seed);
    free(all);
}

static void
check_random(int seed)
{
    struct vn_rng rng = vn_rng_stream((uint64_t) seed, 1, 2);
    struct vn_profile_curve curves[TYPES];
    struct vn_solver_type types[TYPES];
    struct vn_split rivals[8];
    struct vn_solution s;
    int64_t batch = 8 << vn_rng_below(&rng, 5), sum = 0;
    double comm_s = 0.1 * vn_rng_uniform(&rng), want;
    int n;
    bool ordered = true;

    for (int t = 0; t < TYPES; t++) {
        random_curve(&rng, &curves[t]);
        types[t] = (struct vn_solver_type){
            .curve = vn_rng_below(&rng, 6) > 0 ? &curves[t] : NULL,
            .devices = 1 + (int) vn_rng_below(&rng, 4),
            .memory_bytes = vn_rng_below(&rng, 2) > 0 ? 1300 : 0};
    }
    want = search(types, 0, batch, 0, 0, comm_s);
    vn_solve(types, TYPES, batch, comm_s, &s);
    ok((isinf(want) && isinf(s.best.step_s))
           || fabs(s.best.step_s - want) < 1e-12,
       "seed %d: the best of all splits", seed);
    n = vn_solve_rivals(types, TYPES, batch, comm_s, rivals, 8);
    for (int i = 1; i < n; i++)
        ordered = ordered && rivals[i - 1].step_s <= rivals[i].step_s;
    ok(ordered && (n == 0) == isinf(want)
           && (n == 0 || rivals[0].step_s == s.best.step_s),
       "seed %d: rivals in order, the best first", seed);
    for (int t = 0; t < TYPES && !isinf(want); t++)
        sum += s.best.batch[t] * s.best.vnodes[t] * types[t].devices;
    is_int(sum, isinf(want) ? 0 : batch, "seed %d: the batch is whole", seed);
    ok(s.alone.step_s >= s.best.step_s || isinf(s.alone.step_s),
       "seed %d: one type alone is no better", seed);
    check_whole(types, batch, comm_s, seed);
    for (int t = 0; t < TYPES; t++)
        free(curves[t].points);
}

int
main(void)
{
    for (int seed = 0; seed < 60; seed++)
        check_random(seed);
    return done_testing();
}
