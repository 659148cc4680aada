/*
 * Matrix products after Goto and van de Geijn ("Anatomy of high-performance
 * matrix multiplication", ACM TOMS 34(3), 2008): a block of b (DEPTH x up to
 * SPAN columns) is packed into panels as wide as a tile, a panel stays in the
 * first cache while the rows of a pass by.  Rows of a that are not adjacent
 * in memory are packed too, BLOCK at a time, into the second cache.  Parts
 * of k follow each other through c, so that each element remains one chain.
 */
#include "config.h"

#include "vnode_exec/host.h"
#include "vnode_exec/host_tile.h"

#include <string.h>

enum {
    DEPTH = 256, /* of k at a time */
    SPAN = 512,  /* columns of b at a time */
    BLOCK = 96   /* rows of a at a time; a multiple of every ROWS */
};

static int
least(int a, int b)
{
    return a < b ? a : b;
}

/* Columns [j, j + cols) of b, k in [k0, k0 + depth), as a panel. */
static void
pack_b(const struct vn_gemm *g, const float *b, int k0, int depth, int j,
       int cols, int wide, float *to)
{
    const float *from = b + k0 * g->b_row + j * g->b_col;

    if (g->b_col == 1 && cols == wide) {
        for (int k = 0; k < depth; k++, from += g->b_row, to += wide)
            for (int i = 0; i < wide; i += WIDTH)
                *(vector *) (to + i) = *(const vector *) (from + i);
        return;
    }
    if (cols < wide)
        memset(to, 0, (size_t) depth * (size_t) wide * sizeof *to);
    if (g->b_row == 1) {
        for (int k = 0; k < depth; k += WIDTH) /* a few lines at a time */
            for (int i = 0; i < cols; i++)
                for (int l = k; l < least(k + WIDTH, depth); l++)
                    to[l * wide + i] = from[l + i * g->b_col];
        return;
    }
    for (int k = 0; k < depth; k++, from += g->b_row, to += wide)
        for (int i = 0; i < cols; i++)
            to[i] = from[i * g->b_col];
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

/*
 * Rows [i, i + rows) by one panel of b.  packed: a's panels, or NULL where a
 * is read in place.
 */
static void
panel(const struct part *p, int k0, int depth, int i, int rows, int j,
      int cols, int vectors, const float *packed, const float *pb)
{
    const struct vn_gemm *g = p->g;
    int wide = vectors * WIDTH;

    for (int r0 = 0; r0 < rows; r0 += ROWS) {
        struct finish f = {.rows = least(ROWS, rows - r0),
                           .cols = cols,
                           .more = k0 > 0,
                           .last = k0 + depth >= g->k,
                           .add = g->add,
                           .relu = g->relu,
                           .bias = g->bias != NULL ? g->bias + j : NULL,
                           .has_addend = p->addend != NULL,
                           .addend = p->addend != NULL ? p->addend - p->c : 0};
        struct run run = {0, 0};
        struct tile t = {.runs = &run, .nruns = 1, .b_step = wide};
        int from = k0;

        if (g->triangle == VN_LOWER_C && j > i + r0 + f.rows - 1)
            continue;
        if (!clip(g, i + r0, f.rows, k0, depth, &from, &run.length))
            run.length = 0;
        t.b = pb + (run.length > 0 ? from - k0 : 0) * wide;
        for (int r = 0; r < ROWS; r++) {
            int row = i + r0 + least(r, f.rows - 1);

            f.c[r] = p->c + row * g->c_row + j;
            __builtin_prefetch(f.c[r] + ROWS * g->c_row);
            if (packed != NULL)
                t.a[r] = packed + (ptrdiff_t) r0 * depth
                         + (ptrdiff_t) (from - k0) * ROWS + r;
            else
                t.a[r] = p->a + row * g->a_row + from;
        }
        t.a_step = packed != NULL ? ROWS : 1;
        tile_compute(&t, &f, vectors);
    }
}

static void
multiply(const struct part *p, float *work)
{
    const struct vn_gemm *g = p->g;
    int vectors = p->j1 - p->j0 <= WIDTH ? 1 : 2, wide = vectors * WIDTH;
    float *pa = work, *pb = work + BLOCK * (ptrdiff_t) p->depth;
    bool pack = g->a_col != 1;

    for (int j0 = p->j0; j0 < p->j1; j0 += SPAN)
        for (int k0 = 0; k0 < g->k || k0 == 0; k0 += p->depth) {
            int depth = least(p->depth, g->k - k0);
            int j1 = least(j0 + SPAN, p->j1);

            for (int j = j0; j < j1; j += wide)
                pack_b(g, p->b, k0, depth, j, least(wide, j1 - j), wide,
                       pb + (ptrdiff_t) (j - j0) * depth);
            for (int i = p->i0; i < p->i1; i += BLOCK) {
                int rows = least(BLOCK, p->i1 - i);

                if (pack)
                    pack_a(g, p->a, k0, depth, i, rows, pa);
                for (int j = j0; j < j1; j += wide)
                    panel(p, k0, depth, i, rows, j, least(wide, j1 - j),
                          vectors, pack ? pa : NULL,
                          pb + (ptrdiff_t) (j - j0) * depth);
            }
        }
}

struct call {
    struct vn_device *dev;
    const struct vn_gemm *g;
    const float *a, *b;
    float *c;
    int depth;
};

/* Threads share the pairs of matrices, or the longer side of the only one. */
static void
gemm_thread(void *arg, int thread, int threads)
{
    const struct call *call = arg;
    const struct vn_gemm *g = call->g;
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
                         .depth = call->depth};

        multiply(&p, vn_host_work(call->dev, thread));
    }
}

void
VN_ISA_NAME(vn_host_gemm)(struct vn_device *dev, const struct vn_gemm *g,
                          const float *a, const float *b, float *c)
{
    /* Where c holds a value it cannot hold a part of the product. */
    int depth = g->add || g->k < DEPTH ? g->k : DEPTH;
    struct call call = {dev, g, a, b, c, depth > 0 ? depth : 1};
    int span = g->n < SPAN ? g->n + 2 * WIDTH : SPAN;

    vn_host_reserve(dev, (size_t) call.depth * (size_t) (BLOCK + span));
    vn_host_run(dev, gemm_thread, &call);
}
