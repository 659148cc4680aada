/*
 * How a child of the search is changed, and mended.
 */
#include "config.h"

#include "sim/policy/adaptive/genetic_state.h"

#include <stdbool.h>
#include <string.h>

static const uint64_t each = 0x0101010101010101;
static const uint64_t tenth = 429496730; /* of 2^32 */

int
vn_genetic_entry(const uint64_t *row, int node)
{
    return (int) (row[node / 8] >> 8 * (node % 8) & 255);
}

void
vn_genetic_set_entry(uint64_t *row, int node, int devices)
{
    int shift = 8 * (node % 8);

    row[node / 8] = (row[node / 8] & ~((uint64_t) 255 << shift))
                    | (uint64_t) devices << shift;
}

/* The lowest bit of each byte that is not 0. */
static uint64_t
taken(uint64_t word)
{
    const uint64_t seven = 0x7f7f7f7f7f7f7f7f;

    return ((((word & seven) + seven) | word) & ~seven) >> 7;
}

int
vn_genetic_row(const struct vn_genetic *g, const uint64_t *row, int *nodes)
{
    const uint64_t even = 0x00ff00ff00ff00ff, lanes = 0x0001000100010001;
    uint64_t sum = 0, count = 0;

    for (int w = 0; w < g->width; w++) {
        sum += ((row[w] & even) + (row[w] >> 8 & even)) * lanes >> 48;
        count += taken(row[w]) * each >> 56;
    }
    *nodes = (int) count;
    return (int) sum;
}

/* Devices of each node that the state gives away. */
static void
count_used(const struct vn_genetic *g, const uint64_t *state)
{
    const uint64_t lane = 0x000000ff000000ff;

    for (int w = 0; w < g->width; w++) {
        uint64_t sum[4] = {0};
        const uint64_t *row = state + w;

        for (int j = 0; j < g->njobs; j++, row += g->width) {
            sum[0] += *row & lane;
            sum[1] += *row >> 8 & lane;
            sum[2] += *row >> 16 & lane;
            sum[3] += *row >> 24 & lane;
        }
        for (int k = 0; k < 4; k++) {
            g->used[8 * w + k] = (uint32_t) sum[k];
            g->used[8 * w + 4 + k] = (uint32_t) (sum[k] >> 32);
        }
    }
}

/* Random numbers below 2^32, two of each draw. */
struct halves {
    struct vn_rng *rng;
    uint64_t bits;
    bool half;
};

static uint64_t
draw(struct halves *h)
{
    h->half = !h->half;
    if (h->half)
        h->bits = vn_rng_bits(h->rng);
    else
        h->bits >>= 32;
    return h->bits & 0xffffffff;
}

/* Some rows are as they are at present, of some entries become 0. */
static void
mutate_rows(struct vn_genetic *g, struct halves *h, uint64_t *state)
{
    for (int j = 0; j < g->njobs; j++) {
        uint64_t *row = state + j * g->width;

        if (draw(h) < tenth)
            memcpy(row, g->present + j * g->width,
                   (size_t) g->width * sizeof *row);
        if (draw(h) >= tenth)
            continue;
        for (int n = 0; n < g->nnodes; n++)
            if (draw(h) < tenth)
                vn_genetic_set_entry(row, n, 0);
    }
}

/* Entries of a node that has a free device may grow. */
static void
mutate_node(struct vn_genetic *g, struct halves *h, uint64_t *state, int n)
{
    const double whole = 4294967296.0;
    double any = 1.0 / g->njobs, has;
    uint64_t below[2]; /* of 0, and of more */
    int count = 0, shift = 8 * (n % 8), width = g->width;
    uint64_t devices = (uint64_t) g->problem->devices[n],
             *first = state + n / 8, *end = first + g->njobs * width;

    for (const uint64_t *w = first; w < end; w += width)
        count += (*w >> shift & 255) > 0;
    has = count > 0 ? 1.0 / count : 0;
    below[0] = (uint64_t) (any * whole);
    below[1] = (uint64_t) ((any + has - any * has) * whole);
    for (uint64_t *w = first; w < end; w += width) {
        uint64_t entry = *w >> shift & 255;

        if (draw(h) < below[entry > 0])
            *w += (draw(h) * (devices - entry + 1) >> 32) << shift;
    }
}

void
vn_genetic_mutate(struct vn_genetic *g, uint64_t *state)
{
    struct halves h = {.rng = g->rng};

    mutate_rows(g, &h, state);
    count_used(g, state);
    for (int n = 0; n < g->nnodes; n++)
        if (g->used[n] < (uint32_t) g->problem->devices[n])
            mutate_node(g, &h, state, n);
}

/* On a node with two jobs that span nodes: from the second on, nothing. */
static void
part_jobs(struct vn_genetic *g, uint64_t *state)
{
    for (int w = 0; w < g->width; w++) {
        uint64_t seen = 0, closed = 0, *row = state + w;

        for (int j = 0; j < g->njobs; j++, row += g->width) {
            uint64_t here = taken(*row) * 255;

            if (here == 0)
                continue;
            if (g->pick[j] > 1) {
                closed |= seen & here;
                seen |= here;
            }
            *row &= ~closed;
        }
    }
}

/* Cut a row that has too much, in a random order of its nodes. */
static void
cut_row(struct vn_genetic *g, uint64_t *row, int most)
{
    int count = 0, sum = 0, nodes = 0, *order = g->pick;
    struct halves h = {.rng = g->rng};

    for (int n = 0; n < g->nnodes; n++)
        if (vn_genetic_entry(row, n) > 0)
            order[count++] = n;
    for (int i = 0; i < count; i++) {
        int k = i + (int) (draw(&h) * (uint64_t) (count - i) >> 32),
            n = order[k], entry = vn_genetic_entry(row, n);

        order[k] = order[i];
        if (entry > most - sum || nodes == VN_GENETIC_NODES)
            entry = nodes == VN_GENETIC_NODES ? 0 : most - sum;
        vn_genetic_set_entry(row, n, entry);
        sum += entry;
        nodes += entry > 0;
    }
}

/* First jobs first, as far as a node's devices go. */
static void
cut_node(struct vn_genetic *g, uint64_t *state, int n)
{
    int left = g->problem->devices[n];

    for (int j = 0; j < g->njobs; j++) {
        uint64_t *row = state + j * g->width;
        int entry = vn_genetic_entry(row, n);

        if (entry > left)
            vn_genetic_set_entry(row, n, entry = left);
        left -= entry;
    }
}

void
vn_genetic_mend(struct vn_genetic *g, uint64_t *state)
{
    for (int j = 0; j < g->njobs; j++)
        vn_genetic_row(g, state + j * g->width, &g->pick[j]);
    part_jobs(g, state);
    for (int j = 0; j < g->njobs; j++) {
        uint64_t *row = state + j * g->width;
        int nodes, most = g->problem->jobs[j].most;

        if (vn_genetic_row(g, row, &nodes) > most || nodes > VN_GENETIC_NODES)
            cut_row(g, row, most);
    }
    count_used(g, state);
    for (int n = 0; n < g->nnodes; n++)
        if (g->used[n] > (uint32_t) g->problem->devices[n])
            cut_node(g, state, n);
}
