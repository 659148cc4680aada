/* How long the solver takes: 4 types of 22 profiled batches, random times. */
#include "config.h"

#include "base/rng.h"
#include "plan/solver.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum {
    TYPES = 4,
    SIZES = 22,
    RUNS = 1000
};

static double
seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double) t.tv_sec + (double) t.tv_nsec * 1e-9;
}

static int
compare(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;

    return x < y ? -1 : x > y;
}

/* Sizes 1, 2, 3, 4, 6, 8, 12, ... */
static int64_t
size_of(int i)
{
    return i == 0       ? 1
           : i % 2 == 1 ? INT64_C(2) << (i / 2)
                        : INT64_C(3) << (i / 2 - 1);
}

int
main(void)
{
    static double times[RUNS];
    double visited = 0;

    for (int run = 0; run < RUNS; run++) {
        struct vn_rng rng = vn_rng_stream(1, 2, (uint64_t) run);
        struct vn_profile_curve curves[TYPES] = {{0}};
        struct vn_solver_type types[TYPES];
        struct vn_solution s;
        double begin;

        for (int t = 0; t < TYPES; t++) {
            double slow = 1 + 15 * vn_rng_uniform(&rng);

            for (int i = 0; i < SIZES; i++)
                vn_profile_add_point(
                    &curves[t],
                    (struct vn_profile_point){
                        .batch = size_of(i),
                        .step_s = slow
                                  * (0.01 + 0.001 * (double) size_of(i)
                                     + 0.001 * vn_rng_uniform(&rng))});
            types[t] = (struct vn_solver_type){&curves[t],
                                               1 << vn_rng_below(&rng, 5), 0};
        }
        begin = seconds();
        vn_solve(types, TYPES, 65536, 0.1, &s);
        times[run] = seconds() - begin;
        visited += (double) s.visited / RUNS;
        for (int t = 0; t < TYPES; t++)
            free(curves[t].points);
    }
    qsort(times, RUNS, sizeof *times, compare);
    printf("solver, %d types x %d batches, batch 65536: median %.1f us, worst "
           "%.1f us, %.0f splits looked at\n",
           TYPES, SIZES, times[RUNS / 2] * 1e6, times[RUNS - 1] * 1e6,
           visited);
    return 0;
}
