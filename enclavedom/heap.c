/*
 * The allocator of a region.  Blocks are powers of two, found through lists in
 * the region itself, so that a region is all there is to protect.
 *
 * What runs inside may write to some regions, and so spoil their lists: the
 * program believes none of them.  Whatever the lists say, a block is given or
 * taken only where it lies in [least, most) of the region, numbers that the
 * plug-in cannot write; so it spoils nothing but what was its own.
 */
#include "config.h"

#include "enclavedom/backend/backend.h"

#include <string.h>

enum {
    HEADER = 16, /* before a block: its class */
    CLASS_MIN = 5,
    CLASS_MAX = 47
};

void
ed_heap_open(struct ed_region *r, size_t used, size_t limit)
{
    *(struct ed_heap *) r->base =
        (struct ed_heap){.used = used, .limit = limit};
    r->least = used;
    r->most = limit;
}

/* The least class whose blocks hold this many bytes; -1 if there is none. */
ED_UNINSTRUMENTED static int
class_of(size_t bytes)
{
    int class = CLASS_MIN;

    if (bytes > ((size_t) 1 << CLASS_MAX) - HEADER)
        return -1;
    while (((size_t) 1 << class) < bytes + HEADER)
        class ++;
    return class;
}

size_t
ed_heap_block(size_t bytes)
{
    int class = class_of(bytes);

    return class < 0 ? 0 : (size_t) 1 << class;
}

/* Can there be a block of this class at p? */
ED_UNINSTRUMENTED static bool
is_block(const struct ed_region *r, const unsigned char *p, int class)
{
    size_t at = (size_t) ((uintptr_t) p - (uintptr_t) r->base) - HEADER;

    return class >= CLASS_MIN && class <= CLASS_MAX && at % HEADER == 0
           && at >= r->least && at < r->most
           && (size_t) 1 << class <= r->most - at;
}

/* Its class, read once; -1 where it is no block. */
ED_UNINSTRUMENTED static int
class_at(const struct ed_region *r, const void *p)
{
    int class = *(const volatile int *) ((const unsigned char *) p - HEADER);

    return is_block(r, p, class) ? class : -1;
}

ED_UNINSTRUMENTED bool
ed_heap_holds(const struct ed_region *r, const void *p)
{
    return class_at(r, p) >= 0;
}

ED_UNINSTRUMENTED static void
fill(unsigned char *p, size_t n)
{
    for (volatile unsigned char *q = p; n > 0; n--)
        *q++ = 0;
}

/* Run by plug-ins too, with the rights of a plug-in and in its memory. */
ED_UNINSTRUMENTED void *
ed_heap_alloc(const struct ed_region *r, size_t bytes)
{
    volatile struct ed_heap *h = (volatile struct ed_heap *) r->base;
    int class = class_of(bytes);
    unsigned char *p;
    size_t at, limit;

    if (class < 0)
        return NULL;
    p = h->vacant[class];
    if (p != NULL && is_block(r, p, class)) {
        h->vacant[class] = *(void *volatile *) p;
        fill(p, bytes > sizeof(void *) ? bytes : sizeof(void *));
        return p;
    }
    if (p != NULL)
        h->vacant[class] = NULL;
    at = h->used;
    limit = h->limit;
    p = r->base + at + HEADER;
    if (at > limit || (size_t) 1 << class > limit - at
        || !is_block(r, p, class))
        return NULL;
    h->used = at + ((size_t) 1 << class);
    *(int *) (p - HEADER) = class;
    return p;
}

ED_UNINSTRUMENTED bool
ed_heap_free(const struct ed_region *r, void *p)
{
    volatile struct ed_heap *h = (volatile struct ed_heap *) r->base;
    int class;

    if (p == NULL)
        return true;
    class = class_at(r, p);
    if (class < 0)
        return false;
    *(void **) p = h->vacant[class];
    h->vacant[class] = p;
    return true;
}

ED_UNINSTRUMENTED void *
ed_heap_realloc(const struct ed_region *r, void *p, size_t bytes)
{
    unsigned char *q;
    size_t old;
    int class;

    if (p == NULL)
        return ed_heap_alloc(r, bytes);
    class = class_at(r, p);
    if (class < 0)
        return NULL;
    old = ((size_t) 1 << class) - HEADER;
    if (bytes <= old)
        return p;
    q = ed_heap_alloc(r, bytes);
    if (q == NULL)
        return NULL;
    __builtin_memcpy(q, p, old);
    ed_heap_free(r, p);
    return q;
}
