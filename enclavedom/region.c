/*
 * Regions and their allocators.
 *
 * The regions of a domain lie in one range of addresses, each in whole huge
 * pages, with a gap after each.  Under a backend that changes protections of
 * pages only what has been handed out of a region is ever open, since the time
 * that takes grows with the addresses.  Blocks are powers of two, found
 * through lists in the region itself, so that a region is all there is to
 * protect.
 */
#include "config.h"

#include "enclavedom/backend/backend.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
    HEADER = 16, /* before a block: its class */
    CLASS_MIN = 5,
    CLASS_MAX = 47
};

static size_t
round_up(size_t n, size_t unit)
{
    return (n + unit - 1) / unit * unit;
}

/* Open the first bytes of a region, a quarter more than it had. */
static bool
reach(struct ed_region *r, size_t bytes)
{
    size_t to = *r->open + *r->open / 4;

    if (bytes <= *r->open)
        return true;
    if (bytes > r->bytes)
        return false;
    to = round_up(to > bytes ? to : bytes, ED_HUGE);
    to = to < r->bytes ? to : r->bytes;
    if (mprotect(r->base + *r->open, to - *r->open, PROT_READ | PROT_WRITE)
        != 0)
        return false;
    *r->open = to;
    return true;
}

static enum vn_status
open_region(struct ed_domain *d, struct ed_region *r, struct vn_error *err)
{
    bool paged = d->backend->paged && r->number != ED_PLUGIN;
    int flags = MAP_FIXED | MAP_NORESERVE;
    void *p;

    if (d->backend->shared) {
        r->fd = memfd_create(r->name, MFD_CLOEXEC);
        if (r->fd < 0 || ftruncate(r->fd, (off_t) r->bytes) != 0)
            return vn_fail(err, VN_EIO, "cannot make region '%s': %s", r->name,
                           strerror(errno));
        flags |= MAP_SHARED;
    } else
        flags |= MAP_PRIVATE | MAP_ANONYMOUS;
    p = mmap(r->base, r->bytes, paged ? PROT_NONE : PROT_READ | PROT_WRITE,
             flags, r->fd, 0);
    if (p == MAP_FAILED)
        return vn_fail(err, VN_EIO, "cannot map region '%s': %s", r->name,
                       strerror(errno));
    r->open = &d->live->open[r->number];
    *r->open = paged ? 0 : r->bytes;
    if (paged)
        madvise(r->base, r->bytes, MADV_HUGEPAGE);
    if (!reach(r, ED_PAGE))
        return vn_fail(err, VN_EIO, "cannot open region '%s': %s", r->name,
                       strerror(errno));
    return VN_OK;
}

enum vn_status
ed_regions_open(struct ed_domain *d, struct vn_error *err)
{
    size_t gap = ED_HUGE, at = ED_HUGE;
    enum vn_status status;
    void *p;

    for (int i = 0; i < d->config.nregions; i++) {
        struct ed_region *r = &d->regions[i];

        *r = (struct ed_region){
            .name = d->config.regions[i].name,
            .number = i,
            .bytes = round_up(d->config.regions[i].bytes, ED_HUGE),
            .key = -1,
            .fd = -1};
        at += r->bytes + gap;
    }
    d->arena_bytes = at + ED_HUGE;
    p = mmap(NULL, d->arena_bytes, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (p == MAP_FAILED)
        return vn_fail(err, VN_EIO,
                       "cannot reserve %zu bytes of addresses: %s",
                       d->arena_bytes, strerror(errno));
    d->arena = p;
    at = round_up((uintptr_t) p, ED_HUGE) - (uintptr_t) p;
    for (int i = 0; i < d->config.nregions; i++) {
        struct ed_region *r = &d->regions[i];

        r->base = d->arena + at;
        at += r->bytes + gap;
        status = open_region(d, r, err);
        if (status != VN_OK)
            return status;
        ed_heap_open((struct ed_heap *) r->base, ED_PAGE, r->bytes);
    }
    return VN_OK;
}

void
ed_regions_close(struct ed_domain *d)
{
    for (int i = 0; i < d->config.nregions; i++)
        if (d->regions[i].fd >= 0)
            close(d->regions[i].fd);
    if (d->arena != NULL)
        munmap(d->arena, d->arena_bytes);
}

int
ed_region_at(const struct ed_domain *d, uintptr_t address)
{
    for (int i = 0; i < d->config.nregions; i++)
        if (address - (uintptr_t) d->regions[i].base < d->regions[i].bytes)
            return i;
    return -1;
}

bool
ed_contains(const struct ed_region *r, const void *p, size_t bytes)
{
    size_t at = (size_t) ((uintptr_t) p - (uintptr_t) r->base);

    return at <= r->bytes && bytes <= r->bytes - at;
}

void
ed_heap_open(struct ed_heap *h, size_t used, size_t limit)
{
    *h = (struct ed_heap){.used = used, .limit = limit};
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

ED_UNINSTRUMENTED static void
fill(unsigned char *p, size_t n)
{
    for (volatile unsigned char *q = p; n > 0; n--)
        *q++ = 0;
}

/*
 * Run by plug-ins too, with the rights of a plug-in and in its memory; a
 * plug-in that spoils its lists spoils nothing else.
 */
ED_UNINSTRUMENTED void *
ed_heap_alloc(struct ed_heap *h, size_t bytes)
{
    int class = class_of(bytes);
    unsigned char *p;

    if (class < 0)
        return NULL;
    if (h->vacant[class] != NULL) {
        p = h->vacant[class];
        h->vacant[class] = *(void **) p;
        fill(p, bytes > sizeof(void *) ? bytes : sizeof(void *));
        return p;
    }
    if (((size_t) 1 << class) > h->limit - h->used)
        return NULL;
    p = (unsigned char *) h + h->used;
    h->used += (size_t) 1 << class;
    *(int *) p = class;
    return p + HEADER;
}

ED_UNINSTRUMENTED void
ed_heap_free(struct ed_heap *h, void *p)
{
    int class;

    if (p == NULL)
        return;
    class = *(int *) ((unsigned char *) p - HEADER);
    if (class < CLASS_MIN || class > CLASS_MAX)
        __builtin_trap();
    *(void **) p = h->vacant[class];
    h->vacant[class] = p;
}

ED_UNINSTRUMENTED void *
ed_heap_realloc(struct ed_heap *h, void *p, size_t bytes)
{
    unsigned char *q;
    size_t old;
    int class;

    if (p == NULL)
        return ed_heap_alloc(h, bytes);
    class = *(int *) ((unsigned char *) p - HEADER);
    if (class < CLASS_MIN || class > CLASS_MAX)
        __builtin_trap();
    old = ((size_t) 1 << class) - HEADER;
    if (bytes <= old)
        return p;
    q = ed_heap_alloc(h, bytes);
    if (q == NULL)
        return NULL;
    __builtin_memcpy(q, p, old);
    ed_heap_free(h, p);
    return q;
}

/* Can a block for so many bytes be touched, wherever it will be? */
static bool
room(struct ed_region *r, size_t bytes)
{
    const struct ed_heap *h = (const void *) r->base;
    int class = class_of(bytes);

    if (class < 0)
        return false;
    return h->used + ((size_t) 1 << class) <= *r->open
           || h->vacant[class] != NULL
           || reach(r, h->used + ((size_t) 1 << class));
}

void *
ed_alloc(struct ed_region *r, size_t n, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(n, size, &bytes) || !room(r, bytes))
        return NULL;
    return ed_heap_alloc((struct ed_heap *) r->base, bytes);
}

void *
ed_realloc(struct ed_region *r, void *p, size_t n, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(n, size, &bytes) || !room(r, bytes))
        return NULL;
    return ed_heap_realloc((struct ed_heap *) r->base, p, bytes);
}

void
ed_free(struct ed_region *r, void *p)
{
    ed_heap_free((struct ed_heap *) r->base, p);
}
