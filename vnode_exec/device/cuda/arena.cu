/*
 * A device's memory: regions taken from CUDA, given out in pieces.  cudaMalloc
 * waits for the device and cudaFree too; pieces do not.
 */
#include "vnode_exec/device/cuda/arena.h"

extern "C" {
#include "base/xalloc.h"
}

enum {
    PIECE = 256,      /* bytes, a piece is a multiple of */
    REGION = 32 << 20 /* and a region has at least, where there is room */
};

/* Pieces and what lies free between them, in the order of their addresses. */
struct piece {
    char *at;
    size_t size;
    bool used;
    bool first; /* of a region */
};

struct vn_arena {
    struct piece *pieces;
    int n;
};

struct vn_arena *
vn_arena_alloc()
{
    return (struct vn_arena *) vn_xcalloc(1, sizeof(struct vn_arena));
}

void
vn_arena_free(struct vn_arena *a)
{
    if (a == NULL)
        return;
    for (int i = 0; i < a->n; i++)
        if (a->pieces[i].first)
            (void) cudaFree(a->pieces[i].at);
    free(a->pieces);
    free(a);
}

static void
insert(struct vn_arena *a, int at, struct piece p)
{
    a->pieces = (struct piece *) vn_xrealloc(a->pieces, (size_t) a->n + 1,
                                             sizeof *a->pieces);
    memmove(&a->pieces[at + 1], &a->pieces[at],
            (size_t) (a->n - at) * sizeof *a->pieces);
    a->pieces[at] = p;
    a->n++;
}

static void
drop(struct vn_arena *a, int at)
{
    a->n--;
    memmove(&a->pieces[at], &a->pieces[at + 1],
            (size_t) (a->n - at) * sizeof *a->pieces);
}

/* The first free piece of that size, or -1. */
static int
fitting(const struct vn_arena *a, size_t size)
{
    for (int i = 0; i < a->n; i++)
        if (!a->pieces[i].used && a->pieces[i].size >= size)
            return i;
    return -1;
}

/* Return the regions of which nothing is used to CUDA. */
static void
give_back(struct vn_arena *a)
{
    for (int i = a->n - 1; i >= 0; i--)
        if (a->pieces[i].first && !a->pieces[i].used
            && (i + 1 == a->n || a->pieces[i + 1].first)) {
            (void) cudaFree(a->pieces[i].at);
            drop(a, i);
        }
}

static cudaError_t
add_region(struct vn_arena *a, size_t size)
{
    size_t take = size > REGION ? size : (size_t) REGION;
    void *p = NULL;
    cudaError_t e = cudaMalloc(&p, take);
    int at = 0;

    if (e == cudaErrorMemoryAllocation && take > size) {
        (void) cudaGetLastError(); /* it is remembered until asked for */
        take = size;
        e = cudaMalloc(&p, take);
    }
    if (e == cudaErrorMemoryAllocation && a->n > 0) {
        (void) cudaGetLastError();
        give_back(a);
        e = cudaMalloc(&p, take);
    }
    if (e != cudaSuccess)
        return e;
    while (at < a->n && a->pieces[at].at < (char *) p)
        at++;
    insert(a, at, {(char *) p, take, false, true});
    return cudaSuccess;
}

cudaError_t
vn_arena_take(struct vn_arena *a, size_t bytes, void **p)
{
    size_t size = (bytes + PIECE - 1) / PIECE * PIECE;
    int i = fitting(a, size);
    struct piece *found;

    if (i < 0) {
        cudaError_t e = add_region(a, size);

        if (e != cudaSuccess)
            return e;
        i = fitting(a, size);
    }
    found = &a->pieces[i];
    *p = found->at;
    found->used = true;
    if (found->size > size) {
        struct piece rest = {found->at + size, found->size - size, false,
                             false};

        found->size = size;
        insert(a, i + 1, rest);
    }
    return cudaSuccess;
}

/* Join a free piece with the one behind it, if that is free too. */
static void
join(struct vn_arena *a, int i)
{
    if (i < 0 || i + 1 >= a->n || a->pieces[i].used || a->pieces[i + 1].used
        || a->pieces[i + 1].first)
        return;
    a->pieces[i].size += a->pieces[i + 1].size;
    drop(a, i + 1);
}

void
vn_arena_give(struct vn_arena *a, void *p)
{
    for (int i = 0; i < a->n; i++)
        if (a->pieces[i].at == p && a->pieces[i].used) {
            a->pieces[i].used = false;
            join(a, i);
            join(a, i - 1);
            return;
        }
}
