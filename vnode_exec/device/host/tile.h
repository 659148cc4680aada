/*
 * The one inner loop of products and convolutions: a tile of ROWS x up to two
 * vectors of c held in registers, acc = fmaf(a, b, acc) over k in order.  It
 * lies in a header because it must be inlined, for each instruction set.
 *
 * On AVX2: 6 x 16, 12 accumulators of 16 registers; each k takes 12 fused
 * multiply-adds, which two units do in 6 cycles, beside 8 loads (2 of b, 6
 * broadcasts of a), of which three fit in a cycle.
 */
#ifndef VNODE_EXEC_DEVICE_HOST_TILE_H
#define VNODE_EXEC_DEVICE_HOST_TILE_H

#include "vnode_exec/device/formula.h"

#include <stdbool.h>
#include <stddef.h>

#if defined __AVX512F__ || defined __AVX2__
#include <immintrin.h>
#endif

#if defined __AVX512F__
enum {
    WIDTH = 16, /* floats of a vector */
    ROWS = 12
};
#elif defined __AVX2__
enum {
    WIDTH = 8,
    ROWS = 6
};
#else
enum {
    WIDTH = 4,
    ROWS = 6
};
#endif

typedef float vector __attribute__((vector_size(WIDTH * 4), aligned(4)));
typedef int32_t mask __attribute__((vector_size(WIDTH * 4), aligned(4)));

/* A run of k at which a row's elements stand `step` apart. */
struct run {
    ptrdiff_t at; /* from the row's start */
    int length;
};

struct tile {
    const float *a[ROWS];
    ptrdiff_t a_step;
    const struct run *runs;
    int nruns;
    const float *b; /* k-th row at b + k b_step, two vectors or one */
    ptrdiff_t b_step;
};

static inline vector
fused(float a, vector b, vector c)
{
#if defined __AVX512F__
    return _mm512_fmadd_ps(_mm512_set1_ps(a), b, c);
#elif defined __AVX2__ && defined __FMA__
    return _mm256_fmadd_ps(_mm256_set1_ps(a), b, c);
#else
    for (int i = 0; i < WIDTH; i++)
        c[i] = VN_FMAF(a, b[i], c[i]);
    return c;
#endif
}

/* acc[ROWS][vectors], from 0 or, more, from itself; vectors is constant. */
static inline __attribute__((__always_inline__)) void
tile_run(const struct tile *t, int vectors, bool more, vector acc[ROWS][2])
{
    const vector zero = {0};
    vector c[ROWS][2];
    const float *b = t->b;
    ptrdiff_t a_step = t->a_step, b_step = t->b_step;

#pragma GCC unroll 12
    for (int r = 0; r < ROWS; r++)
        for (int v = 0; v < vectors; v++)
            c[r][v] = more ? acc[r][v] : zero;
    for (int i = 0; i < t->nruns; i++) {
        ptrdiff_t at = t->runs[i].at;

        for (int k = t->runs[i].length; k > 0; k--) {
            vector b0 = *(const vector *) b, b1;

            if (vectors == 2)
                b1 = *(const vector *) (b + WIDTH);
#pragma GCC unroll 12
            for (int r = 0; r < ROWS; r++) {
                float a = t->a[r][at];

                c[r][0] = fused(a, b0, c[r][0]);
                if (vectors == 2)
                    c[r][1] = fused(a, b1, c[r][1]);
            }
            at += a_step;
            b += b_step;
        }
    }
#pragma GCC unroll 12
    for (int r = 0; r < ROWS; r++)
        for (int v = 0; v < vectors; v++)
            acc[r][v] = c[r][v];
}

/* Sums that a gradient is added to instead of being stored; see vn_sum. */
struct sink {
    bool exact;
    void *sum;
    const float *c; /* the element of sum[0] */
    double scale;
    uint32_t most; /* the bits of the largest magnitude so far */
};

/* Where a tile's results go, and what follows the product. */
struct finish {
    float *c[ROWS];
    int rows, cols; /* of the tile that exist */
    bool more;      /* begin from what an earlier part of k left in c */
    bool last;      /* k is complete: what follows applies */
    bool add;
    bool relu;
    const float *bias; /* of the first column, or NULL */
    bool has_addend;
    ptrdiff_t addend;  /* from c to its addend */
    struct sink *sink; /* or NULL */
};

/* sum[i] += x[i] as accumulate() does; n is constant but at edges. */
static inline __attribute__((__always_inline__)) void
sink_row(struct sink *s, ptrdiff_t at, const float *x, int n)
{
    uint32_t most = s->most;

    if (!s->exact) {
        float *restrict sum = (float *) s->sum + at;

        for (int i = 0; i < n; i++)
            sum[i] += x[i];
        return;
    }
    uint64_t *restrict sum = (uint64_t *) s->sum + at;

    for (int i = 0; i < n; i++) {
        uint32_t m = vn_magnitude(x[i]);

        sum[i] += vn_fixed(x[i], s->scale);
        most = m > most ? m : most;
    }
    s->most = most;
}

/* cols floats at p in vectors; what lies beyond is 0. */
static inline __attribute__((__always_inline__)) void
tile_load(const float *p, int cols, int vectors, vector to[2])
{
    float edge[2 * WIDTH];

    if (cols < vectors * WIDTH) {
        memset(edge, 0, sizeof edge);
        memcpy(edge, p, (size_t) cols * sizeof *p);
        p = edge;
    }
    for (int v = 0; v < vectors; v++)
        to[v] = *(const vector *) (p + v * WIDTH);
}

static inline __attribute__((__always_inline__)) void
tile_store(const struct finish *f, int r, int vectors, vector acc[2])
{
    const vector zero = {0};
    float *c = f->c[r], edge[2 * WIDTH];
    vector other[2];

    if (f->last && f->bias != NULL) {
        tile_load(f->bias, f->cols, vectors, other);
        for (int v = 0; v < vectors; v++)
            acc[v] += other[v];
    }
    if (f->last && f->add) {
        tile_load(c, f->cols, vectors, other);
        for (int v = 0; v < vectors; v++)
            acc[v] += other[v];
    }
    if (f->last && f->has_addend) {
        tile_load(c + f->addend, f->cols, vectors, other);
        for (int v = 0; v < vectors; v++)
            acc[v] += other[v];
    }
    if (f->last && f->relu)
        for (int v = 0; v < vectors; v++)
            acc[v] = (vector) ((mask) acc[v] & (mask) (acc[v] > zero));
    if (f->last && f->sink != NULL) {
        for (int v = 0; v < vectors; v++)
            *(vector *) (edge + v * WIDTH) = acc[v];
        if (f->cols == vectors * WIDTH)
            sink_row(f->sink, c - f->sink->c, edge, vectors * WIDTH);
        else
            sink_row(f->sink, c - f->sink->c, edge, f->cols);
        return;
    }
    if (f->cols == vectors * WIDTH) {
        for (int v = 0; v < vectors; v++)
            *(vector *) (c + v * WIDTH) = acc[v];
        return;
    }
    for (int v = 0; v < vectors; v++)
        *(vector *) (edge + v * WIDTH) = acc[v];
    memcpy(c, edge, (size_t) f->cols * sizeof *c);
}

static inline __attribute__((__always_inline__)) void
tile_whole(const struct tile *t, const struct finish *f, int vectors)
{
    vector acc[ROWS][2];

    if (f->more) {
        for (int r = 0; r < ROWS; r++)
            tile_load(f->c[r], f->cols, vectors, acc[r]);
        tile_run(t, vectors, true, acc);
    } else {
        tile_run(t, vectors, false, acc);
    }
    for (int r = 0; r < f->rows; r++)
        tile_store(f, r, vectors, acc[r]);
}

/* A tile of ROWS x (1 or 2) vectors, from the first k to the results. */
static void
tile_compute(const struct tile *t, const struct finish *f, int vectors)
{
    if (vectors == 1)
        tile_whole(t, f, 1);
    else
        tile_whole(t, f, 2);
}

#endif /* VNODE_EXEC_DEVICE_HOST_TILE_H */
