/*
 * Sia's program against rounds of its simulator, where they are at hand, and
 * against all solutions of small ones.
 */
#include "config.h"

#include "sim/adaptive/policies.h"
#include "sim/policy/adaptive/assign.h"
#include "sim/policy/adaptive/assign_state.h"
#include "t/tap.h"
#include "t/vectors.h"

#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    CONFIGS_MAX = 32,
    JOBS_MAX = 1024,
    TYPES_MAX = 4
};

/* A program, with room for what it points to. */
struct sample {
    struct vn_assign_problem p;
    int capacity[TYPES_MAX];
    struct vn_assign_config configs[CONFIGS_MAX];
    struct vn_assign_job jobs[JOBS_MAX];
    int costs[JOBS_MAX][CONFIGS_MAX];
};

static void
begin(struct sample *s, int ntypes)
{
    s->p = (struct vn_assign_problem){.ntypes = ntypes,
                                      .capacity = s->capacity,
                                      .configs = s->configs,
                                      .jobs = s->jobs,
                                      .nconfigs = s->p.nconfigs};
    for (int j = 0; j < JOBS_MAX; j++)
        s->jobs[j] = (struct vn_assign_job){.id = (uint64_t) j,
                                            .has = VN_ASSIGN_NONE,
                                            .none = 110,
                                            .costs = s->costs[j]};
}

/* Does the choice fit, and what does it cost? */
static bool
judge(const struct sample *s, const int *choice, int64_t *cost)
{
    int left[TYPES_MAX];
    bool fits = true;

    memcpy(left, s->capacity, sizeof left);
    *cost = 0;
    for (int j = 0; j < s->p.njobs; j++) {
        const struct vn_assign_job *job = &s->jobs[j];

        fits = fits && (!job->keeps || choice[j] == job->has);
        if (choice[j] < 0) {
            *cost += job->none;
            continue;
        }
        *cost += job->costs[choice[j]];
        left[s->configs[choice[j]].type] -= s->configs[choice[j]].devices;
    }
    for (int t = 0; t < s->p.ntypes; t++)
        fits = fits && left[t] >= 0;
    return fits;
}

/* The best of all choices from job j on. */
static void
search(const struct sample *s, int j, int *choice, int64_t *best)
{
    int64_t cost;

    if (j == s->p.njobs) {
        if (judge(s, choice, &cost) && cost < *best)
            *best = cost;
        return;
    }
    for (choice[j] = -1; choice[j] < s->p.nconfigs; choice[j]++)
        search(s, j + 1, choice, best);
}

/* Costs fall with devices, as those of goodputs do. */
static void
draw(struct sample *s, struct vn_rng *rng, int njobs, int ntypes)
{
    begin(s, ntypes);
    s->p.njobs = njobs;
    for (int j = 0; j < njobs; j++) {
        double scale = 0.3 + 0.7 * vn_rng_uniform(rng);

        for (int i = 0; i < s->p.nconfigs; i++)
            s->costs[j][i] = (int) (100 * scale
                                    * pow(s->configs[i].devices,
                                          -0.5 * vn_rng_uniform(rng)));
        if (vn_rng_below(rng, 3) == 0)
            s->jobs[j].has = (int) vn_rng_below(rng, (uint64_t) s->p.nconfigs);
    }
}

static void
try_random(void)
{
    static struct sample s = {
        .p.nconfigs = 5, .configs = {{0, 1}, {0, 2}, {0, 4}, {1, 1}, {1, 2}}};
    struct vn_rng rng = vn_rng_stream(15, 3, 0);
    int good = 0, branched = 0, same = 0, trials = 60;

    for (int trial = 0; trial < trials; trial++) {
        struct vn_assign a = {{0}};
        struct vn_assign_result r;
        struct vn_error err;
        int choice[JOBS_MAX], all[JOBS_MAX], again[JOBS_MAX], pick[JOBS_MAX];
        int64_t best = INT64_MAX, cost;
        struct vn_choices c;
        double bound = -INFINITY;

        draw(&s, &rng, 5, 2);
        s.capacity[0] = 3 + trial % 5;
        s.capacity[1] = 1 + trial % 3;
        search(&s, 0, all, &best);
        if (vn_assign_solve(&a, &s.p, choice, &r, &err) == VN_OK
            && judge(&s, choice, &cost) && cost == best && r.cost == best
            && r.gap == 0)
            good++;
        vn_choices_list(&c, &s.p);
        cost = vn_assign_greedy(&c, (double[TYPES_MAX]){0}, pick);
        if (vn_assign_branch(&c, pick, &cost, &bound, &err) == VN_OK
            && cost == best)
            branched++;
        vn_choices_free(&c);
        a = (struct vn_assign){{50, 3}};
        same += vn_assign_solve(&a, &s.p, again, &r, &err) == VN_OK
                && memcmp(choice, again, 5 * sizeof *choice) == 0;
    }
    is_int(good, trials, "the best of all solutions of small programs");
    is_int(branched, trials, "by branch and bound too");
    is_int(same, trials, "and the same whatever the prices before");
}

/* Of equal costs: what a job has; else what the weights say. */
static void
try_ties(void)
{
    static struct sample s = {.p.nconfigs = 2, .configs = {{0, 1}, {1, 1}}};
    int counts[2] = {0}, kept = 0;

    begin(&s, 2);
    s.p.njobs = 1;
    s.capacity[0] = s.capacity[1] = 1;
    s.costs[0][0] = s.costs[0][1] = 70;
    for (uint64_t ties = 0; ties < 100; ties++) {
        struct vn_assign a = {{0}};
        struct vn_assign_result r;
        struct vn_error err;
        int choice[1];

        s.p.ties = ties;
        s.jobs[0].has = VN_ASSIGN_NONE;
        if (vn_assign_solve(&a, &s.p, choice, &r, &err) == VN_OK)
            counts[choice[0]]++;
        s.jobs[0].has = (int) (ties % 2);
        if (vn_assign_solve(&a, &s.p, choice, &r, &err) == VN_OK)
            kept += choice[0] == (int) (ties % 2);
    }
    ok(counts[0] > 25 && counts[1] > 25, "ties fall either way: %d and %d",
       counts[0], counts[1]);
    is_int(kept, 100, "but a job keeps what it has");
}

/* Rounds of the size that are to be solved, and how long they take. */
static void
try_large(void)
{
    static struct sample s = {.p.nconfigs = 19,
                              .configs = {{0, 1},
                                          {0, 2},
                                          {0, 4},
                                          {0, 8},
                                          {0, 12},
                                          {0, 16},
                                          {0, 20},
                                          {0, 24},
                                          {1, 1},
                                          {1, 2},
                                          {1, 4},
                                          {1, 8},
                                          {1, 16},
                                          {2, 1},
                                          {2, 2},
                                          {2, 4},
                                          {2, 8},
                                          {2, 16},
                                          {2, 24}}};
    static const int sizes[][4] = {{160, 24, 16, 24}, {1000, 800, 600, 600}};
    struct vn_rng rng = vn_rng_stream(15, 4, 0);

    for (int k = 0; k < 2; k++) {
        struct vn_assign a = {{0}};
        struct vn_assign_result r = {0};
        struct vn_error err = {0};
        static int choice[JOBS_MAX];
        clock_t before;
        int64_t cost = 0;

        draw(&s, &rng, sizes[k][0], 3);
        memcpy(s.capacity, sizes[k] + 1, 3 * sizeof(int));
        before = clock();
        if (vn_assign_solve(&a, &s.p, choice, &r, &err) != VN_OK)
            diag("%s", err.text);
        diag("%d jobs: %.1f ms, cost %lld, gap %lld", sizes[k][0],
             1e3 * (double) (clock() - before) / CLOCKS_PER_SEC,
             (long long) r.cost, (long long) r.gap);
        ok(judge(&s, choice, &cost) && cost == r.cost
               && (double) r.gap <= 1e-3 * (double) cost,
           "%d jobs: possible, and within a thousandth", sizes[k][0]);
    }
}

enum {
    ROUND,
    JOB,
    PREVIOUS,
    KEEP,
    FACTOR,
    CHOSEN,
    FIRST_GOODPUT
};

static int
cost_of(float entry)
{
    float cost = rintf(powf(entry, -0.5F) * 100);

    return (int) fminf(cost, 300000);
}

static void
add_job(struct sample *s, const struct vectors *v, int *theirs)
{
    int j = s->p.njobs++;
    bool had = *vectors_text(v, PREVIOUS) != '\0';
    struct vn_assign_job *job = &s->jobs[j];
    float factor = (float) vectors_real(v, FACTOR);

    job->has = had ? vectors_int(v, PREVIOUS) : VN_ASSIGN_NONE;
    job->keeps = vectors_int(v, KEEP);
    for (int i = 0; i < s->p.nconfigs; i++) {
        float entry = (float) vectors_real(v, FIRST_GOODPUT + i);

        s->costs[j][i] =
            cost_of(had && i != job->has ? entry * factor : entry);
    }
    theirs[j] = *vectors_text(v, CHOSEN) != '\0' ? vectors_int(v, CHOSEN)
                                                 : VN_ASSIGN_NONE;
}

/* Solve the round, and hold it against its optimum. */
static bool
solve_round(struct sample *s, const int *theirs, double objective, int *same)
{
    struct vn_assign a = {{0}};
    struct vn_assign_result r;
    struct vn_error err;
    int choice[JOBS_MAX];
    double sum = 0;

    if (vn_assign_solve(&a, &s->p, choice, &r, &err) != VN_OK)
        return false;
    for (int j = 0; j < s->p.njobs; j++) {
        *same += choice[j] == theirs[j];
        sum += choice[j] < 0 ? 1.1
                             : (double) ((float) s->costs[j][choice[j]] / 100);
    }
    if (fabs(sum - objective) <= 1e-7 && r.gap == 0)
        return true;
    diag("%.10f, theirs %.10f", sum, objective);
    return false;
}

static void
try_rounds(void)
{
    const char *says = "rounds of Sia's simulator";
    static struct sample s;
    int theirs[JOBS_MAX], same = 0, jobs = 0, rounds = 0, good = 0;
    struct vectors *v = vectors_open("sia/vectors/sia_configs.csv",
                                     "gpu_type,num_gpus", says),
                   *o;
    char type[32] = "";
    int ntypes = 0;
    bool more;

    if (v == NULL)
        return;
    while (vectors_next(v)) {
        if (strcmp(type, vectors_text(v, 0)) != 0)
            ntypes++;
        snprintf(type, sizeof type, "%s", vectors_text(v, 0));
        s.configs[s.p.nconfigs++] =
            (struct vn_assign_config){ntypes - 1, vectors_int(v, 1)};
    }
    vectors_close(v);
    v = vectors_open("sia/vectors/sia_round.csv",
                     "round,job,prev_config,must_keep,realloc_factor,"
                     "chosen_config,g0,g1,g2,g3,g4,g5,g6,g7,g8,g9,g10,g11,"
                     "g12,g13,g14,g15,g16,g17,g18",
                     says);
    o = vectors_open("sia/vectors/sia_round_objective.csv", "round,objective",
                     says);
    if (v == NULL || o == NULL)
        return;
    more = vectors_next(v);
    while (vectors_next(o)) {
        begin(&s, ntypes);
        s.capacity[0] = 24;
        s.capacity[1] = 16;
        s.capacity[2] = 24;
        for (; more && vectors_int(v, ROUND) == vectors_int(o, 0);
             more = vectors_next(v))
            add_job(&s, v, theirs);
        jobs += s.p.njobs;
        rounds++;
        good += solve_round(&s, theirs, vectors_real(o, 1), &same);
    }
    vectors_close(v);
    vectors_close(o);
    ok(rounds > 0 && good == rounds, "%s: their optimum in %d of %d", says,
       good, rounds);
    diag("the same configuration, of those that tie: %d of %d jobs", same,
         jobs);
}

/* Nodes of jobs whose configurations are given, round by round. */
static void
try_places(void)
{
    const char *says = "where jobs are put";
    static const char *const types[] = {"aws", "dgx-ext", "rtx"};
    static const int nodes[] = {6, 2, 3}, size[] = {4, 8, 8};
    struct vectors *v =
        vectors_open("sia/vectors/sia_round.csv",
                     "round,gpu_type,num_gpus,placement_nodes", says);
    int good = 0, all = 0;

    for (int t = 0; t < 3 && v != NULL; t++) {
        static int room[64][64], *lists[64];
        static char want[64][256];
        int wants[64], order[64], free_on[8], round = -1, n = 0;
        bool more = true;

        if (t > 0)
            v = vectors_open("sia/vectors/sia_round.csv",
                             "round,gpu_type,num_gpus,placement_nodes", says);
        while (more) {
            more = vectors_next(v);
            if (!more || vectors_int(v, 0) != round) {
                vn_sia_place(nodes[t], size[t], wants, n, lists, free_on,
                             order);
                for (int i = 0; i < n; i++) {
                    char text[256] = "";

                    for (int d = 0; d < wants[i]; d++)
                        snprintf(text + strlen(text),
                                 sizeof text - strlen(text), "%s%d",
                                 d > 0 ? "-" : "", lists[i][d]);
                    good += strcmp(text, want[i]) == 0;
                }
                all += n;
                n = 0;
            }
            if (!more || n == 64)
                break;
            round = vectors_int(v, 0);
            if (strcmp(vectors_text(v, 1), types[t]) != 0)
                continue;
            lists[n] = room[n];
            wants[n] = vectors_int(v, 2);
            snprintf(want[n++], sizeof want[0], "%s", vectors_text(v, 3));
        }
        vectors_close(v);
    }
    if (all > 0)
        ok(good == all, "%s: %d of %d", says, good, all);
}

int
main(void)
{
    try_random();
    try_ties();
    try_large();
    try_rounds();
    try_places();
    return done_testing();
}
