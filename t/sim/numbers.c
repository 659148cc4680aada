/*
 * Numbers of devices of least cost: against all of them in small problems,
 * tie rule included, and against Pollux' search, which can find nothing
 * better where a speedup hangs on the number of devices alone.
 */
#include "config.h"

#include "base/rng.h"
#include "sim/policy/adaptive/genetic.h"
#include "sim/policy/adaptive/numbers.h"
#include "t/tap.h"

#include <math.h>
#include <string.h>

enum {
    SMALL = 3000,
    JOBS = 5,
    CHOICES = 6,
    SEARCHES = 12,
    NODES = 4,
    PER_NODE = 4,
    ALL = NODES * PER_NODE,
    CROWD = 10
};

struct small {
    int devices, njobs;
    int first[JOBS + 1];
    struct vn_number choices[JOBS * CHOICES];
};

static int
below(struct vn_rng *rng, int n)
{
    return (int) vn_rng_below(rng, (uint64_t) n);
}

/* Costs of few values, so that many sums are equal. */
static struct small
make_small(uint64_t seed)
{
    struct vn_rng rng = vn_rng_stream(seed, 1, 0);
    struct small s = {.devices = below(&rng, 12),
                      .njobs = 1 + below(&rng, JOBS)};
    int values = below(&rng, 2) == 0 ? 4 : 1000000000, n = 0;

    for (int j = 0; j < s.njobs; j++) {
        int nothing = below(&rng, CHOICES);

        s.first[j] = n;
        for (int k = 0; k < CHOICES; k++)
            s.choices[n++] = (struct vn_number){
                k == nothing ? 0 : below(&rng, 8), below(&rng, values)};
    }
    s.first[s.njobs] = n;
    return s;
}

/* The first of the cheapest, in the order of places: by trying all. */
static int64_t
try_all(const struct small *s, int *best)
{
    int64_t least = INT64_MAX;
    int codes = 1;

    for (int j = 0; j < s->njobs; j++)
        codes *= CHOICES;
    for (int code = 0; code < codes; code++) {
        int pick[JOBS], used = 0, rest = code;
        int64_t cost = 0;

        for (int j = s->njobs - 1; j >= 0; j--, rest /= CHOICES)
            pick[j] = s->first[j] + rest % CHOICES;
        for (int j = 0; j < s->njobs; j++) {
            used += s->choices[pick[j]].devices;
            cost += s->choices[pick[j]].cost;
        }
        if (used <= s->devices && cost < least) {
            least = cost;
            memcpy(best, pick, sizeof pick);
        }
    }
    return least;
}

static void
check_small(void)
{
    int cheap = 0, first = 0;

    for (uint64_t seed = 0; seed < SMALL; seed++) {
        struct small s = make_small(seed);
        int pick[JOBS], best[JOBS];
        int64_t least = try_all(&s, best);

        cheap +=
            least
            == vn_numbers_solve(s.devices, s.njobs, s.first, s.choices, pick);
        first += memcmp(pick, best, (size_t) s.njobs * sizeof *pick) == 0;
    }
    is_int(cheap, SMALL, "no numbers cost less, of %d small problems", SMALL);
    is_int(first, SMALL,
           "... and of equal ones the first jobs' are preferred");
}

/* A job whose steps have a part that devices do not shorten. */
static double
amdahl(void *arg, int job, int nodes, int devices)
{
    const double *serial = arg;

    (void) nodes;
    return 1 / (serial[job] + (1 - serial[job]) / devices);
}

static void
check_search(void)
{
    double worst = 1, sum = 0;
    bool none_better = true;

    for (uint64_t seed = 0; seed < SEARCHES; seed++) {
        struct vn_rng rng = vn_rng_stream(seed, 2, 0);
        static const int devices[NODES] = {PER_NODE, PER_NODE, PER_NODE,
                                           PER_NODE};
        double serial[CROWD], exact, found;
        struct vn_genetic_job jobs[CROWD];
        uint8_t present[CROWD * NODES] = {0}, answer[CROWD * NODES];
        struct vn_genetic_problem p = {.nnodes = NODES,
                                       .devices = devices,
                                       .njobs = 2 + below(&rng, CROWD - 1),
                                       .jobs = jobs,
                                       .present = present,
                                       .speedup = amdahl,
                                       .arg = serial};
        struct vn_number choices[CROWD * (ALL + 1)];
        int first[CROWD + 1], pick[CROWD], n = 0;
        struct vn_genetic *g = vn_genetic_alloc();

        for (int j = 0; j < p.njobs; j++) {
            int has = j < NODES ? below(&rng, PER_NODE + 1) : 0;

            if (has > 0)
                present[j * NODES + j] = (uint8_t) has;
            serial[j] = vn_rng_uniform(&rng) / 4;
            jobs[j] = (struct vn_genetic_job){1 + below(&rng, ALL),
                                              vn_rng_uniform(&rng), -1};
            if (jobs[j].most < has)
                jobs[j].most = has;
            first[j] = n;
            for (int k = 0; k <= jobs[j].most; k++) {
                double s = k > 0 ? amdahl(serial, j, 1, k) * NODES / ALL : 0;

                choices[n++] = (struct vn_number){
                    k,
                    llround(1e6
                            / (s * (k != has ? jobs[j].moved : 1) + 0.001))};
            }
        }
        first[p.njobs] = n;
        exact =
            1e6 * p.njobs
            / (double) vn_numbers_solve(ALL, p.njobs, first, choices, pick);
        found = vn_genetic_run(g, &p, &rng, answer).fitness;
        none_better = none_better && found <= exact * (1 + 1e-6);
        worst = fmin(worst, found / exact);
        sum += found / exact / SEARCHES;
        vn_genetic_free(g);
    }
    diag("the search comes to %.4f of the fittest, and to %.4f at least", sum,
         worst);
    ok(none_better, "a search over places finds nothing fitter");
    ok(sum > 0.95, "... and comes near to it");
}

int
main(void)
{
    check_small();
    check_search();
    return done_testing();
}
