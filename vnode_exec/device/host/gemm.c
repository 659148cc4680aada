/*
 * Matrix products after Goto and van de Geijn ("Anatomy of high-performance
 * matrix multiplication", ACM TOMS 34(3), 2008): a block of b (DEPTH x up to
 * SPAN columns) is packed into panels as wide as a tile, a panel stays in the
 * first cache while the rows of a pass by.  Rows of a that are not adjacent
 * in memory are packed too, BLOCK at a time, into the second cache.  Parts
 * of k follow each other through c, so that each element remains one chain.
 */
#include "config.h"

#include "vnode_exec/device/host/host.h"
#include "vnode_exec/device/host/tile.h"

#include <string.h>

enum {
    DEPTH = 256, /* of k at a time */
    SPAN = 512,  /* columns of b at a time */
    BLOCK = 96,  /* rows of a at a time; a multiple of every ROWS */
    NEAR = 65536 /* floats that stay in the second cache */
};

static int
least(int a, int b)
{
    return a < b ? a : b;
}

/*
 * Eight columns of eight, from rows that lie in memory: to[k][i] is
 * from[i][k].
 */
static inline void
transpose(const float *from, ptrdiff_t row, float *to, int wide)
{
#if defined __AVX2__
    __m256 r[8], s[8];

    for (int i = 0; i < 8; i++)
        r[i] = _mm256_loadu_ps(from + i * row);
    for (int i = 0; i < 8; i += 2) { /* pairs of rows, then fours */
        s[i] = _mm256_unpacklo_ps(r[i], r[i + 1]);
        s[i + 1] = _mm256_unpackhi_ps(r[i], r[i + 1]);
    }
    for (int i = 0; i < 8; i += 4)
        for (int j = 0; j < 2; j++) {
            __m256d x = _mm256_castps_pd(s[i + j]);
            __m256d y = _mm256_castps_pd(s[i + j + 2]);

            r[i + 2 * j] = _mm256_castpd_ps(_mm256_unpacklo_pd(x, y));
            r[i + 2 * j + 1] = _mm256_castpd_ps(_mm256_unpackhi_pd(x, y));
        }
    for (int i = 0; i < 4; i++) {
        _mm256_storeu_ps(to + i * wide,
                         _mm256_permute2f128_ps(r[i], r[i + 4], 0x20));
        _mm256_storeu_ps(to + (i + 4) * wide,
                         _mm256_permute2f128_ps(r[i], r[i + 4], 0x31));
    }
#else
    for (int i = 0; i < 8; i++)
        for (int k = 0; k < 8; k++)
            to[k * wide + i] = from[k + i * row];
#endif
}

/* The same where b's columns, not its rows, are adjacent. */
static void
pack_columns(const float *from, ptrdiff_t b_col, int depth, int cols, int wide,
             float *to)
{
    int whole = cols / 8 * 8, k = 0;

    for (; k + 8 <= depth; k += 8)
        for (int i = 0; i < whole; i += 8)
            transpose(from + k + i * b_col, b_col, to + k * wide + i, wide);
    for (; k < depth; k++)
        for (int i = 0; i < whole; i++)
            to[k * wide + i] = from[k + i * b_col];
    for (int i = whole; i < cols; i++)
        for (k = 0; k < depth; k++)
            to[k * wide + i] = from[k + i * b_col];
}

/* Columns [j, j + cols) of b, k in [k0, k0 + depth), as a panel. */
static void
pack_b(const struct vn_gemm *g, const float *b, int k0, int depth, int j,
       int cols, int wide, float *to)
{
    const float *from = b + k0 * g->b_row + j * g->b_col;

    if (cols < wide)
        memset(to, 0, (size_t) depth * (size_t) wide * sizeof *to);
    if (g->b_row == 1) {
        pack_columns(from, g->b_col, depth, cols, wide, to);
        return;
    }
    for (int k = 0; k < depth; k++, from += g->b_row, to += wide)
        for (int i = 0; i < cols; i++)
            to[i] = from[i * g->b_col];
}

/*
 * Whole panels of columns [j0, j1) of rows whose elements are adjacent: along
 * the rows, as memory is fetched best.
 */
static void
pack_rows(const struct vn_gemm *g, const float *b, int k0, int depth, int j0,
          int j1, int wide, float *to)
{
    for (int k = 0; k < depth; k++) {
        const float *from = b + (k0 + k) * g->b_row;
        float *p = to + k * wide;

        for (int j = j0; j < j1; j += wide, p += depth * wide)
            for (int i = 0; i < wide; i += WIDTH)
                *(vector *) (p + i) = *(const vector *) (from + j + i);
    }
}

/* Columns [j0, j1) of b as panels, k in [k0, k0 + depth). */
static void
pack_block(const struct vn_gemm *g, const float *b, int k0, int depth, int j0,
           int j1, int wide, float *to)
{
    int whole = g->b_col == 1 ? j0 + (j1 - j0) / wide * wide : j0;

    if (whole > j0)
        pack_rows(g, b, k0, depth, j0, whole, wide, to);
    for (int j = whole; j < j1; j += wide)
        pack_b(g, b, k0, depth, j, least(wide, j1 - j), wide,
               to + (ptrdiff_t) (j - j0) * depth);
}

/* Rows [i, i + rows) of a, as panels of ROWS, `depth` of k each. */
static void
pack_a(const struct vn_gemm *g, const float *a, int k0, int depth, int i,
       int rows, float *to)
{
    const float *from = a + i * g->a_row + k0 * g->a_col;
    int whole = g->a_row == 1 ? rows / ROWS * ROWS : 0;

    for (int k = 0; k < depth; k++, from += g->a_col) {
        float *p = to + (ptrdiff_t) k * ROWS;

        for (int r0 = 0; r0 < whole; r0 += ROWS, p += depth * ROWS)
            for (int r = 0; r < ROWS; r++)
                p[r] = from[r0 + r];
        for (int r0 = whole; r0 < rows; r0 += ROWS, p += depth * ROWS)
            for (int r = 0; r < ROWS; r++)
                p[r] = r0 + r < rows ? from[(r0 + r) * g->a_row] : 0;
    }
}

/* What one thread multiplies: rows and columns of one pair of matrices. */
struct part {
    const struct vn_gemm *g;
    const float *a, *b, *addend;
    float *c;
    int i0, i1, j0, j1;
    int depth; /* of k at a time */
    struct sink *sink;
};

/* The k that rows [i, i + rows) need, of [k0, k0 + depth). */
static bool
clip(const struct vn_gemm *g, int i, int rows, int k0, int depth, int *from,
     int *length)
{
    int k1 = k0 + depth;

    if (g->triangle == VN_LOWER_A)
        k1 = least(k1, i + rows);
    if (g->triangle == VN_UPPER_A)
        k0 = k0 > i ? k0 : i;
    *from = k0;
    *length = k1 - k0;
    return k1 > k0;
}

/* A part of k of some rows and columns, packed. */
struct block {
    int k0, depth;
    int i0, i1, j0, j1;
    int vectors;
    const float *a; /* panels, or NULL where a is read in place */
    const float *b;
};

/*
 * What the next tile stores to.  Sums come from far away, and a tile of few k
 * is over before they are there.
 */
static inline void
fetch(const struct part *p, const float *c, bool last, ptrdiff_t ahead)
{
    ptrdiff_t at = c - p->c + ahead;

    if (p->sink == NULL || !last) {
        __builtin_prefetch(c + ahead, 1);
    } else if (p->sink->exact) {
        __builtin_prefetch((int64_t *) p->sink->sum + at, 1);
        __builtin_prefetch((int64_t *) p->sink->sum + at + 8, 1);
    } else {
        __builtin_prefetch((float *) p->sink->sum + at, 1);
    }
}

/* The tile of rows from i and columns from j on; the next is `ahead` of it. */
static void
tile(const struct part *p, const struct block *b, int i, int j,
     ptrdiff_t ahead)
{
    const struct vn_gemm *g = p->g;
    int wide = b->vectors * WIDTH, from = b->k0;
    struct finish f = {.rows = least(ROWS, b->i1 - i),
                       .cols = least(wide, b->j1 - j),
                       .more = b->k0 > 0,
                       .last = b->k0 + b->depth >= g->k,
                       .add = g->add,
                       .relu = g->relu,
                       .bias = g->bias != NULL ? g->bias + j : NULL,
                       .has_addend = p->addend != NULL,
                       .addend = p->addend != NULL ? p->addend - p->c : 0,
                       .sink = p->sink};
    struct run run = {0, 0};
    struct tile t = {.runs = &run,
                     .nruns = 1,
                     .a_step = b->a != NULL ? ROWS : 1,
                     .b = b->b + (ptrdiff_t) (j - b->j0) * b->depth,
                     .b_step = wide};

    if (g->triangle == VN_LOWER_C && j > i + f.rows - 1)
        return;
    if (!clip(g, i, f.rows, b->k0, b->depth, &from, &run.length))
        run.length = 0;
    else
        t.b += (ptrdiff_t) (from - b->k0) * wide;
    for (int r = 0; r < ROWS; r++) {
        int row = i + least(r, f.rows - 1);

        f.c[r] = p->c + row * g->c_row + j;
        fetch(p, f.c[r], f.last, ahead);
        if (b->a != NULL)
            t.a[r] = b->a + (ptrdiff_t) (i - b->i0) * b->depth
                     + (ptrdiff_t) (from - b->k0) * ROWS + r;
        else
            t.a[r] = p->a + row * g->a_row + from;
    }
    tile_compute(&t, &f, b->vectors);
}

/*
 * All tiles of a block: down the columns, so that a panel of b stays in the
 * first cache, or, where all of them fit the second, along the rows, so that
 * results are written as they lie.
 */
static void
tiles(const struct part *p, const struct block *b)
{
    int wide = b->vectors * WIDTH;

    if ((ptrdiff_t) b->depth * (b->j1 - b->j0) <= NEAR)
        for (int i = b->i0; i < b->i1; i += ROWS)
            for (int j = b->j0; j < b->j1; j += wide)
                tile(p, b, i, j, wide);
    else
        for (int j = b->j0; j < b->j1; j += wide)
            for (int i = b->i0; i < b->i1; i += ROWS)
                tile(p, b, i, j, ROWS * p->g->c_row);
}

static void
multiply(const struct part *p, float *work)
{
    const struct vn_gemm *g = p->g;
    struct block b = {.vectors = p->j1 - p->j0 <= WIDTH ? 1 : 2};
    int wide = b.vectors * WIDTH;
    float *pa = work, *pb = work + BLOCK * (ptrdiff_t) p->depth;

    b.a = g->a_col != 1 ? pa : NULL;
    b.b = pb;
    for (b.j0 = p->j0; b.j0 < p->j1; b.j0 += SPAN)
        for (b.k0 = 0; b.k0 < g->k || b.k0 == 0; b.k0 += p->depth) {
            b.depth = least(p->depth, g->k - b.k0);
            b.j1 = least(b.j0 + SPAN, p->j1);
            pack_block(g, p->b, b.k0, b.depth, b.j0, b.j1, wide, pb);
            for (b.i0 = p->i0; b.i0 < p->i1; b.i0 += BLOCK) {
                b.i1 = least(b.i0 + BLOCK, p->i1);
                if (b.a != NULL)
                    pack_a(g, p->a, b.k0, b.depth, b.i0, b.i1 - b.i0, pa);
                tiles(p, &b);
            }
        }
}

struct call {
    struct vn_device *dev;
    const struct vn_gemm *g;
    const float *a, *b;
    float *c;
    int depth;
    const struct vn_sum *sum; /* or NULL */
    uint32_t most[VN_DEVICE_THREADS];
};

/* Threads share the pairs of matrices, or the longer side of the only one. */
static void
gemm_thread(void *arg, int thread, int threads)
{
    struct call *call = arg;
    const struct vn_gemm *g = call->g;
    struct sink sink = {.c = call->c};
    int pairs = g->outer * g->inner;
    size_t from = 0, to = (size_t) pairs;
    size_t i0 = 0, i1 = (size_t) g->m, j0 = 0, j1 = (size_t) g->n;

    if (pairs > 1)
        vn_team_share(to, 1, thread, threads, &from, &to);
    else if (g->n >= g->m)
        vn_team_share(j1, 2 * WIDTH, thread, threads, &j0, &j1);
    else
        vn_team_share(i1, ROWS, thread, threads, &i0, &i1);
    if (i0 == i1 || j0 == j1)
        return;
    if (call->sum != NULL) {
        sink.exact = call->sum->exact;
        sink.sum = call->sum->sum;
        sink.scale = sink.exact ? *call->sum->scale : 0;
    }
    for (size_t at = from; at < to; at++) {
        ptrdiff_t o = (ptrdiff_t) at / g->inner, i = (ptrdiff_t) at % g->inner;
        ptrdiff_t c = o * g->c_outer + i * g->c_inner;
        struct part p = {.g = g,
                         .a = call->a + o * g->a_outer + i * g->a_inner,
                         .b = call->b + o * g->b_outer + i * g->b_inner,
                         .c = call->c + c,
                         .addend = g->addend != NULL ? g->addend + c : NULL,
                         .i0 = (int) i0,
                         .i1 = (int) i1,
                         .j0 = (int) j0,
                         .j1 = (int) j1,
                         .depth = call->depth,
                         .sink = call->sum != NULL ? &sink : NULL};

        multiply(&p, vn_host_work(call->dev, thread));
    }
    call->most[thread] = sink.most;
}

static void
product(struct call *call)
{
    const struct vn_gemm *g = call->g;
    int span = g->n < SPAN ? g->n + 2 * WIDTH : SPAN;

    /* Where c holds a value it cannot hold a part of the product. */
    call->depth = g->add || g->k < DEPTH ? g->k : DEPTH;
    if (call->depth < 1)
        call->depth = 1;
    vn_host_reserve(call->dev, (size_t) call->depth * (size_t) (BLOCK + span));
    vn_host_run(call->dev, gemm_thread, call);
}

void
VN_ISA_NAME(vn_host_gemm)(struct vn_device *dev, const struct vn_gemm *g,
                          const float *a, const float *b, float *c)
{
    struct call call = {.dev = dev, .g = g, .a = a, .b = b, .c = c};

    product(&call);
}

void
VN_ISA_NAME(vn_host_gemm_sum)(struct vn_device *dev, const struct vn_gemm *g,
                              const float *a, const float *b, float *c,
                              const struct vn_sum *sum)
{
    struct call call = {
        .dev = dev, .g = g, .a = a, .b = b, .c = c, .sum = sum};

    product(&call);
    if (sum->exact)
        for (int i = 0; i < dev->options.threads; i++)
            if (call.most[i] > *sum->largest)
                *sum->largest = call.most[i];
}
