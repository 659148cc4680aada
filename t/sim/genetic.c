/*
 * Pollux' search: its objectives and whole rounds against the artifact's,
 * where they are at hand, and against all states of small clusters.
 */
#include "config.h"

#include "sim/policy/adaptive/genetic.h"
#include "sim/policy/adaptive/speedup.h"
#include "t/tap.h"
#include "t/vectors.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    JOBS_MAX = 64,
    NODES_MAX = 32,
    FITS_MAX = 512,
    SEEDS = 9
};

/* A case of the vectors. */
struct world {
    int nodes, njobs;
    int devices[NODES_MAX];
    char names[JOBS_MAX][32];
    struct vn_genetic_job jobs[JOBS_MAX];
    struct vn_speedup speedups[JOBS_MAX];
    double attained[JOBS_MAX];
    uint8_t present[JOBS_MAX * NODES_MAX];
    struct vn_genetic_problem problem;
};

static struct vn_goodput_model models[FITS_MAX];

static double
world_speedup(void *arg, int job, int nodes, int devices)
{
    const struct world *w = arg;

    return vn_speedup_on(&w->speedups[job], nodes, devices);
}

static bool
read_models(const char *says)
{
    struct vectors *v = vectors_open(
        "pollux/vectors/fit_output.csv",
        "fit,alpha_c,beta_c,alpha_n,beta_n,alpha_r,beta_r,gamma", says);

    if (v == NULL)
        return false;
    while (vectors_next(v))
        if (vectors_int(v, 0) >= 0 && vectors_int(v, 0) < FITS_MAX)
            models[vectors_int(v, 0)] = (struct vn_goodput_model){
                vectors_real(v, 1), vectors_real(v, 2), vectors_real(v, 3),
                vectors_real(v, 4), vectors_real(v, 5), vectors_real(v, 6),
                vectors_real(v, 7)};
    vectors_close(v);
    return true;
}

enum {
    CASE,
    NODES,
    PER_NODE,
    JOB,
    FIT,
    SQR,
    VAR,
    INIT,
    MAX,
    MIN_LOCAL,
    MAX_LOCAL,
    MAX_REPLICAS,
    RESTARTS,
    AGE,
    ATTAINED,
    CURRENT
};

#define COLUMNS                                                             \
    "case,nodes,gpus_per_node,job,fit,grad_sqr,grad_var,init_batch_size,"   \
    "max_batch_size,min_local_bsz,max_local_bsz,max_replicas,num_restarts," \
    "age_s"

/* The job of the row in hand; its speedup is not yet beside the others'. */
static void
add_job(struct world *w, const struct vectors *v)
{
    int j = w->njobs++, age = vectors_int(v, AGE);
    bool fitted = *vectors_text(v, FIT) != '\0';

    w->nodes = vectors_int(v, NODES);
    for (int n = 0; n < w->nodes; n++)
        w->devices[n] = vectors_int(v, PER_NODE);
    snprintf(w->names[j], sizeof w->names[j], "%s", vectors_text(v, JOB));
    w->jobs[j] = (struct vn_genetic_job){
        .most = vectors_int(v, MAX_REPLICAS),
        .moved = fmax(age - 30 * vectors_int(v, RESTARTS), 0) / (age + 30),
        .from = -1};
    w->speedups[j] = (struct vn_speedup){
        .model = fitted ? &models[vectors_int(v, FIT)] : NULL,
        .gradient = {vectors_real(v, SQR), vectors_real(v, VAR)},
        .limits = {vectors_int(v, INIT), vectors_int(v, MAX),
                   vectors_int(v, MIN_LOCAL), vectors_int(v, MAX_LOCAL),
                   false}};
}

static void
finish_world(struct world *w)
{
    int all = 0;

    for (int n = 0; n < w->nodes; n++)
        all += w->devices[n];
    for (int j = 0; j < w->njobs; j++)
        w->speedups[j] =
            vn_speedup_of(w->speedups[j].model, w->speedups[j].gradient,
                          &w->speedups[j].limits, w->nodes, all, w->njobs);
    w->problem = (struct vn_genetic_problem){.nnodes = w->nodes,
                                             .devices = w->devices,
                                             .njobs = w->njobs,
                                             .jobs = w->jobs,
                                             .present = w->present,
                                             .speedup = world_speedup,
                                             .arg = w};
}

/* "1-0-0/0-2-0" as a matrix. */
static void
parse_state(const char *text, uint8_t *state)
{
    while (*text != '\0') {
        char *end;

        *state++ = (uint8_t) strtol(text, &end, 10);
        text = *end == '\0' ? end : end + 1;
    }
}

static bool
speedups_match(struct world *w, const uint8_t *state, const char *text)
{
    for (int j = 0; j < w->njobs; j++) {
        int nodes = 0, devices = 0;
        double want, got;
        char *end;

        for (int n = 0; n < w->nodes; n++) {
            nodes += state[j * w->nodes + n] > 0;
            devices += state[j * w->nodes + n];
        }
        want = strtod(text, &end);
        text = end + (*end != '\0');
        got = devices > 0 ? world_speedup(w, j, nodes, devices) : 0;
        if (fabs(got - want) > 1e-9 * fabs(want))
            return false;
    }
    return true;
}

static void
try_objectives(void)
{
    const char *says = "objectives of given states";
    static struct world worlds[32];
    struct vectors *v =
        vectors_open("pollux/vectors/pollux_jobs.csv", COLUMNS, says);
    int rows = 0, good = 0;

    if (v == NULL || !read_models(says))
        return;
    while (vectors_next(v))
        if (vectors_int(v, CASE) < 32)
            add_job(&worlds[vectors_int(v, CASE)], v);
    vectors_close(v);
    for (int i = 0; i < 32; i++)
        if (worlds[i].njobs > 0)
            finish_world(&worlds[i]);
    v = vectors_open("pollux/vectors/pollux_objective.csv",
                     "case,base_state,allocation,speedups,minus_fitness,"
                     "minus_utility",
                     says);
    while (v != NULL && vectors_next(v)) {
        struct world *w = &worlds[vectors_int(v, 0)];
        uint8_t state[JOBS_MAX * NODES_MAX];
        struct vn_genetic_value value;

        parse_state(vectors_text(v, 1), w->present);
        parse_state(vectors_text(v, 2), state);
        value = vn_genetic_value(&w->problem, state);
        rows++;
        if (speedups_match(w, state, vectors_text(v, 3))
            && fabs(value.fitness + vectors_real(v, 4)) <= 1e-9 * value.fitness
            && fabs(value.utility + vectors_real(v, 5))
                   <= 1e-9 * fabs(value.utility))
            good++;
        else
            diag("line %ld: %.17g %.17g", vectors_line(v), value.fitness,
                 value.utility);
    }
    ok(rows > 0 && good == rows, "%s: %d of %d", says, good, rows);
    vectors_close(v);
}

/* Is no device given twice, no node shared by two that span nodes? */
static bool
is_possible(const struct world *w, const uint8_t *state)
{
    int nodes[JOBS_MAX] = {0};

    for (int j = 0; j < w->njobs; j++) {
        int devices = 0;

        for (int n = 0; n < w->nodes; n++) {
            nodes[j] += state[j * w->nodes + n] > 0;
            devices += state[j * w->nodes + n];
        }
        if (devices > w->jobs[j].most)
            return false;
    }
    for (int n = 0; n < w->nodes; n++) {
        int used = 0, spanning = 0;

        for (int j = 0; j < w->njobs; j++) {
            used += state[j * w->nodes + n];
            spanning += state[j * w->nodes + n] > 0 && nodes[j] > 1;
        }
        if (used > w->devices[n] || spanning > 1)
            return false;
    }
    return true;
}

static int
by_attained(const void *left, const void *right)
{
    const double *a = left, *b = right;

    return a[0] != b[0] ? (a[0] > b[0] ? 1 : -1) : (a[1] > b[1] ? 1 : -1);
}

/* Jobs in order of what they had, as the policy has them. */
static void
sort_jobs(struct world *w)
{
    static struct world was;
    double order[JOBS_MAX][2];

    was = *w;
    for (int j = 0; j < w->njobs; j++) {
        order[j][0] = was.attained[j];
        order[j][1] = j;
    }
    qsort(order, (size_t) w->njobs, sizeof *order, by_attained);
    for (int j = 0; j < w->njobs; j++) {
        int from = (int) order[j][1];

        w->jobs[j] = was.jobs[from];
        w->speedups[j] = was.speedups[from];
        memcpy(w->present + j * w->nodes, was.present + from * w->nodes,
               (size_t) w->nodes);
    }
}

static int
by_size(const void *left, const void *right)
{
    const double *a = left, *b = right;

    return *a > *b ? 1 : *a < *b ? -1 : 0;
}

/* A whole round of each case, by several seeds, beside the artifact's three.
 */
static void
try_rounds(void)
{
    const char *says = "whole rounds";
    static struct world worlds[8];
    double least[8], most[8];
    struct vectors *v =
        vectors_open("pollux/vectors/pollux_round_jobs.csv",
                     COLUMNS ",attained_gpu_s,current_nodes", says);

    if (v == NULL || !read_models(says))
        return;
    while (vectors_next(v)) {
        struct world *w = &worlds[vectors_int(v, CASE) % 8];
        const char *text = vectors_text(v, CURRENT);
        int j = w->njobs;

        add_job(w, v);
        w->attained[j] = vectors_real(v, ATTAINED);
        while (*text != '\0') {
            char *end;

            w->present[j * w->nodes + strtol(text, &end, 10)]++;
            text = *end == '\0' ? end : end + 1;
        }
    }
    vectors_close(v);
    v = vectors_open("pollux/vectors/pollux_round_result.csv", "case,fitness",
                     says);
    for (int i = 0; i < 8; i++) {
        least[i] = INFINITY;
        most[i] = 0;
    }
    while (v != NULL && vectors_next(v)) {
        int i = vectors_int(v, 0) % 8;

        least[i] = fmin(least[i], vectors_real(v, 1));
        most[i] = fmax(most[i], vectors_real(v, 1));
    }
    vectors_close(v);
    for (int i = 0; i < 8; i++) {
        struct world *w = &worlds[i];
        uint8_t answer[JOBS_MAX * NODES_MAX];
        double fitness[SEEDS];
        bool possible = true;

        if (w->njobs == 0)
            continue;
        sort_jobs(w);
        finish_world(w);
        for (int k = 0; k < SEEDS; k++) {
            struct vn_genetic *g = vn_genetic_alloc();
            struct vn_rng rng = vn_rng_stream((uint64_t) k, 15, 0);

            fitness[k] = vn_genetic_run(g, &w->problem, &rng, answer).fitness;
            possible =
                possible && is_possible(w, answer)
                && fitness[k] == vn_genetic_value(&w->problem, answer).fitness;
            vn_genetic_free(g);
        }
        qsort(fitness, SEEDS, sizeof *fitness, by_size);
        ok(possible, "case %d: possible states, whose value is as said", i);
        ok(fitness[SEEDS / 2] > least[i] * 0.98
               && fitness[SEEDS / 2] < most[i] * 1.02,
           "case %d: a median fitness of %.5g beside theirs, %.5g to %.5g", i,
           fitness[SEEDS / 2], least[i], most[i]);
    }
}

/* Square roots of devices, less on two nodes. */
static double
root_speedup(void *arg, int job, int nodes, int devices)
{
    (void) arg;
    return sqrt(devices) * (nodes > 1 ? 0.7 : 1) * (1 + job * 0.1);
}

/* All states of two nodes and two jobs, one after another. */
static double
best_of_all(const struct vn_genetic_problem *p, struct world *w)
{
    double best = 0;

    for (int code = 0; code < 5 * 5 * 5 * 5; code++) {
        uint8_t state[4];
        int rest = code;

        for (int i = 0; i < 4; i++, rest /= 5)
            state[i] = (uint8_t) (rest % 5);
        if (is_possible(w, state))
            best = fmax(best, vn_genetic_value(p, state).fitness);
    }
    return best;
}

static void
try_small(void)
{
    static struct world w = {.nodes = 2,
                             .njobs = 2,
                             .devices = {4, 4},
                             .jobs = {{3, 0.5, -1}, {8, 0.9, -1}}};
    struct vn_genetic_problem p = {.nnodes = 2,
                                   .devices = w.devices,
                                   .njobs = 2,
                                   .jobs = w.jobs,
                                   .present = w.present,
                                   .speedup = root_speedup};
    struct vn_genetic *g = vn_genetic_alloc();
    struct vn_rng rng = vn_rng_stream(1, 2, 3);
    uint8_t answer[4], again[4];
    struct vn_genetic_value value;

    w.present[0] = 1;
    value = vn_genetic_run(g, &p, &rng, answer);
    is_near(value.fitness, best_of_all(&p, &w), 1e-15,
            "on a small cluster it finds the best of all states");
    vn_genetic_free(g);
    g = vn_genetic_alloc();
    rng = vn_rng_stream(1, 2, 3);
    vn_genetic_run(g, &p, &rng, again);
    ok(memcmp(answer, again, sizeof answer) == 0,
       "the same stream gives the same answer");
    w.jobs[0].from = 1;
    w.jobs[1].from = 0;
    memcpy(w.present, answer, sizeof answer);
    value = vn_genetic_run(g, &p, &rng, again);
    is_near(value.fitness, best_of_all(&p, &w), 1e-15,
            "so it does from the states of the last run");
    vn_genetic_free(g);
}

int
main(void)
{
    try_small();
    try_objectives();
    try_rounds();
    return done_testing();
}
