#include "config.h"

#include "sim/policy/adaptive/genetic_state.h"

#include "base/xalloc.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    GENERATIONS = 100,
    MATINGS = 101 /* a generation, at most, each of all that lack */
};

static const double hair = 0.001; /* of a speedup */

struct vn_genetic *
vn_genetic_alloc(void)
{
    return vn_xcalloc(1, sizeof(struct vn_genetic));
}

void
vn_genetic_free(struct vn_genetic *g)
{
    if (g == NULL)
        return;
    free(g->words);
    free(g->present);
    free(g->cells);
    free(g->cell);
    free(g->pick);
    free(g->used);
    free(g);
}

static size_t
state_words(const struct vn_genetic *g)
{
    return (size_t) g->njobs * (size_t) g->width;
}

/* Rows of bytes as words. */
static void
pack(const struct vn_genetic *g, const uint8_t *bytes, uint64_t *state)
{
    memset(state, 0, state_words(g) * sizeof *state);
    for (int j = 0; j < g->njobs; j++)
        for (int n = 0; n < g->nnodes; n++)
            vn_genetic_set_entry(state + j * g->width, n, *bytes++);
}

/* Room for the problem; the last run's states are carried over. */
static void
settle(struct vn_genetic *g, const struct vn_genetic_problem *p)
{
    int width = (p->nnodes + 7) / 8, nodes = 8 * width, old = g->nmembers;
    size_t words = (size_t) p->njobs * (size_t) width, cells = 0;
    uint64_t *room = vn_xcalloc(VN_GENETIC_BOTH * words, sizeof *room);
    bool alike = g->nnodes == p->nnodes;

    for (int i = 0; i < VN_GENETIC_BOTH; i++) {
        uint64_t *to = room + (size_t) i * words;

        for (int j = 0; j < p->njobs && i < old && alike; j++)
            if (p->jobs[j].from >= 0)
                memcpy(to + j * width,
                       g->members[i].state + p->jobs[j].from * width,
                       (size_t) width * sizeof *to);
        g->members[i].state = to;
    }
    free(g->words);
    g->words = room;
    g->problem = p;
    g->nmembers = alike ? old : 0;
    g->njobs = p->njobs;
    g->nnodes = p->nnodes;
    g->width = width;
    g->present = vn_xrealloc(g->present, words, sizeof *g->present);
    pack(g, p->present, g->present);
    g->used = vn_xrealloc(g->used, (size_t) nodes, sizeof *g->used);
    g->pick = vn_xrealloc(g->pick,
                          (size_t) (nodes + p->njobs + 6 * VN_GENETIC_STATES),
                          sizeof *g->pick);
    g->cell = vn_xrealloc(g->cell, (size_t) p->njobs, sizeof *g->cell);
    for (int j = 0; j < p->njobs; j++) {
        g->cell[j] = cells;
        cells += (VN_GENETIC_NODES + 1) * ((size_t) p->jobs[j].most + 1);
    }
    g->cells = vn_xrealloc(g->cells, cells, sizeof *g->cells);
    for (size_t i = 0; i < cells; i++)
        g->cells[i].speedup = -1;
    g->all = 0;
    for (int n = 0; n < p->nnodes; n++) {
        assert(p->devices[n] > 0 && p->devices[n] <= VN_GENETIC_DEVICES);
        g->all += p->devices[n];
    }
}

static struct vn_genetic_cell *
cell_of(struct vn_genetic *g, int job, int nodes, int devices)
{
    const struct vn_genetic_problem *p = g->problem;
    struct vn_genetic_cell *c =
        &g->cells[g->cell[job] + (size_t) devices * (VN_GENETIC_NODES + 1)
                  + (size_t) nodes];
    double scaled;

    if (c->speedup >= 0)
        return c;
    c->speedup = devices > 0 ? p->speedup(p->arg, job, nodes, devices) : 0;
    scaled = c->speedup * p->nnodes / g->all;
    c->stays = 1 / (scaled + hair);
    c->moves = 1 / (scaled * p->jobs[job].moved + hair);
    return c;
}

static struct vn_genetic_value
evaluate(struct vn_genetic *g, const uint64_t *state)
{
    double cost = 0, speed = 0;
    int busy = 0;

    for (int j = 0; j < g->njobs; j++) {
        const uint64_t *row = state + j * g->width,
                       *was = g->present + j * g->width;
        uint64_t differs = 0;
        int nodes, devices = vn_genetic_row(g, row, &nodes);
        const struct vn_genetic_cell *c = cell_of(g, j, nodes, devices);

        for (int w = 0; w < g->width; w++)
            differs |= row[w] ^ was[w];
        cost += differs != 0 ? c->moves : c->stays;
        speed += c->speedup;
    }
    for (int w = 0; w < g->width; w++) {
        uint64_t any = 0;

        for (int j = 0; j < g->njobs; j++)
            any |= state[j * g->width + w];
        for (int n = 8 * w; any != 0; n++, any >>= 8)
            if ((any & 255) != 0)
                busy += g->problem->devices[n];
    }
    return (struct vn_genetic_value){.fitness = 1 / (cost / g->njobs),
                                     .utility = busy > 0 ? speed / busy : 0};
}

static uint64_t
hash_of(const struct vn_genetic *g, const uint64_t *state)
{
    size_t words = state_words(g);
    uint64_t hash = 0;

    for (size_t i = 0; i < words; i++) {
        hash = (hash ^ state[i]) * 0x9e3779b97f4a7c15;
        hash ^= hash >> 32;
    }
    return hash;
}

/* Count the state of members[m] among those there, if it is not yet. */
static bool
admit(struct vn_genetic *g, int m)
{
    uint64_t *state = g->members[m].state, hash = hash_of(g, state);
    size_t bytes = state_words(g) * sizeof *state;
    unsigned place = (unsigned) (hash >> 20) % VN_GENETIC_SET;

    for (; g->set[place] >= 0; place = (place + 1) % VN_GENETIC_SET) {
        const struct vn_genetic_member *other = &g->members[g->set[place]];

        if (other->hash == hash && memcmp(other->state, state, bytes) == 0)
            return false;
    }
    g->set[place] = (short) m;
    g->members[m].hash = hash;
    return true;
}

static void
swap_members(struct vn_genetic *g, int a, int b)
{
    struct vn_genetic_member other = g->members[a];

    g->members[a] = g->members[b];
    g->members[b] = other;
}

static void
clear_set(struct vn_genetic *g)
{
    memset(g->set, -1, sizeof g->set);
}

/* The first states: those of the last run, mended, or the present one. */
static void
begin(struct vn_genetic *g)
{
    int n = g->nmembers;

    clear_set(g);
    if (n == 0) {
        memcpy(g->members[0].state, g->present,
               state_words(g) * sizeof *g->present);
        n = 1;
    }
    g->nmembers = 0;
    for (int i = 0; i < n; i++) {
        vn_genetic_mend(g, g->members[i].state);
        swap_members(g, g->nmembers, i);
        if (!admit(g, g->nmembers))
            continue;
        g->members[g->nmembers].value =
            evaluate(g, g->members[g->nmembers].state);
        g->nmembers++;
    }
}

/* Is a at least as good as b in both, and better in one? */
static bool
dominates(struct vn_genetic_value a, struct vn_genetic_value b)
{
    return a.fitness >= b.fitness && a.utility >= b.utility
           && (a.fitness > b.fitness || a.utility > b.utility);
}

/* The better of two: by dominance, by crowding, by a coin. */
static int
win(struct vn_genetic *g, int a, int b)
{
    const struct vn_genetic_member *ma = &g->members[a], *mb = &g->members[b];

    if (dominates(ma->value, mb->value))
        return a;
    if (dominates(mb->value, ma->value))
        return b;
    if (ma->crowding != mb->crowding)
        return ma->crowding > mb->crowding ? a : b;
    return vn_rng_below(g->rng, 2) == 0 ? a : b;
}

/* n members for tournaments: whole random orders of all, one after another. */
static void
shuffle(struct vn_genetic *g, int n)
{
    int *order = g->pick + g->njobs + g->nnodes;

    for (int done = 0; done < n; done += g->nmembers)
        for (int i = 0; i < g->nmembers; i++) {
            int k = (int) vn_rng_below(g->rng, (uint64_t) i + 1);

            order[done + i] = order[done + k];
            order[done + k] = i;
        }
}

/*
 * Children of as many pairs as would give `lacking`, into the members behind
 * `first`; how many are new.
 */
static int
breed(struct vn_genetic *g, int first, int lacking)
{
    const int *order = g->pick + g->njobs + g->nnodes;
    int made = 0;

    shuffle(g, 4 * ((lacking + 1) / 2));
    for (int pair = 0; 2 * pair < lacking; pair++, order += 4) {
        int parent[2] = {win(g, order[0], order[1]),
                         win(g, order[2], order[3])};
        size_t rows = 0;

        if (vn_rng_uniform(g->rng) < 0.9)
            rows = (size_t) vn_rng_below(g->rng, (uint64_t) g->njobs);
        for (int k = 0; k < 2 && made < lacking; k++) {
            uint64_t *child = g->members[first + made].state;
            size_t part = rows * (size_t) g->width;

            memcpy(child, g->members[parent[!k]].state, part * sizeof *child);
            memcpy(child + part, g->members[parent[k]].state + part,
                   (state_words(g) - part) * sizeof *child);
            vn_genetic_mutate(g, child);
            vn_genetic_mend(g, child);
            if (!admit(g, first + made))
                continue;
            g->members[first + made].value = evaluate(g, child);
            made++;
        }
    }
    return made;
}

/* How many rows a job can have; above BOTH, it is only more. */
static int
count_rows(const struct vn_genetic *g, int most)
{
    int *ways = vn_xcalloc((size_t) most + 1, sizeof *ways), sum = 0;

    ways[0] = 1;
    for (int n = 0; n < g->nnodes; n++)
        for (int total = most; total >= 0; total--)
            for (int d = 1; d <= g->problem->devices[n] && d <= total; d++) {
                ways[total] += ways[total - d];
                if (ways[total] > VN_GENETIC_BOTH)
                    ways[total] = VN_GENETIC_BOTH + 1;
            }
    for (int total = 0; total <= most && sum <= VN_GENETIC_BOTH; total++)
        sum += ways[total];
    free(ways);
    return sum;
}

/* At most so many states can be; above BOTH, it is only more. */
static int
count_states(const struct vn_genetic *g)
{
    int states = 1;

    for (int j = 0; j < g->njobs && states <= VN_GENETIC_BOTH; j++) {
        int rows = count_rows(g, g->problem->jobs[j].most);

        states = rows > VN_GENETIC_BOTH ? rows : states * rows;
    }
    return states;
}

struct vn_genetic_value
vn_genetic_run(struct vn_genetic *g, const struct vn_genetic_problem *p,
               struct vn_rng *rng, uint8_t *answer)
{
    const struct vn_genetic_member *best = &g->members[0];
    int states;

    g->rng = rng;
    settle(g, p);
    states = count_states(g);
    begin(g);
    vn_genetic_survive(g, g->nmembers);
    for (int generation = 1; generation < GENERATIONS && g->nmembers < states;
         generation++) {
        int made = 0, room = VN_GENETIC_STATES;

        clear_set(g);
        for (int i = 0; i < g->nmembers; i++)
            admit(g, i);
        for (int i = 0;
             i < MATINGS && made < room && g->nmembers + made < states; i++)
            made += breed(g, g->nmembers + made, room - made);
        vn_genetic_survive(g, g->nmembers + made);
    }
    for (int i = 1; i < g->nmembers; i++)
        if (g->members[i].value.fitness > best->value.fitness)
            best = &g->members[i];
    for (int j = 0; j < g->njobs; j++)
        for (int n = 0; n < g->nnodes; n++)
            *answer++ =
                (uint8_t) vn_genetic_entry(best->state + j * g->width, n);
    g->problem = NULL;
    g->rng = NULL;
    return best->value;
}

struct vn_genetic_value
vn_genetic_value(const struct vn_genetic_problem *p, const uint8_t *state)
{
    struct vn_genetic *g = vn_genetic_alloc();
    struct vn_genetic_value value;

    settle(g, p);
    pack(g, state, g->members[0].state);
    value = evaluate(g, g->members[0].state);
    vn_genetic_free(g);
    return value;
}
