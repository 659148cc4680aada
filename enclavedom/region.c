/*
 * The regions of a domain.
 *
 * The regions of a domain lie in one range of addresses, each in whole huge
 * pages, with a gap after each.  Only what has been handed out of a region is
 * ever open: under a backend that changes protections of pages since the time
 * that takes grows with the addresses, and in shared memory since whoever may
 * read it could make the kernel find pages for all of it: there the file is
 * as long as what was handed out, and what lies behind is a fault (SIGBUS).
 */
#include "config.h"

#include "enclavedom/backend/backend.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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
    if (r->fd >= 0 ? ftruncate(r->fd, (off_t) to) != 0
                   : mprotect(r->base + *r->open, to - *r->open,
                              PROT_READ | PROT_WRITE)
                         != 0)
        return false;
    *r->open = to;
    return true;
}

static enum vn_status
open_region(struct ed_domain *d, struct ed_region *r, struct vn_error *err)
{
    bool whole = r->number == ED_PLUGIN; /* what is inside cannot grow it */
    bool paged = d->backend->paged && !whole;
    bool growing = paged || (d->backend->shared && !whole);
    int flags = MAP_FIXED | MAP_NORESERVE;
    void *p;

    if (d->backend->shared) {
        r->fd = memfd_create(r->name, MFD_CLOEXEC);
        if (r->fd < 0 || (!growing && ftruncate(r->fd, (off_t) r->bytes) != 0))
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
    *r->open = growing ? 0 : r->bytes;
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
        ed_heap_open(r, ED_PAGE, r->bytes);
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
ed_limit_heap(struct ed_domain *d)
{
    struct ed_region *r = &d->regions[ED_PLUGIN];
    struct ed_heap *heap = (struct ed_heap *) r->base;
    size_t page = ED_PAGE - 1, most = d->config.heap_bytes;

    if (most != 0 && most < r->most - r->least)
        r->most = r->least + most;
    r->most &= ~page;
    heap->limit = r->most;
}

/* Pages of the image get the protection that the object asks for. */
enum vn_status
ed_protect_image(const struct ed_domain *d, bool executable,
                 struct vn_error *err)
{
    for (int i = 0; i < d->image.nsegments; i++) {
        const struct ed_segment *s = &d->image.segments[i];
        int protection = s->protection & ~(executable ? 0 : PROT_EXEC);

        if (mprotect(d->image.base + s->address, s->bytes, protection) != 0)
            return vn_fail(err, VN_EIO, "cannot protect the code of %s: %s",
                           d->name, strerror(errno));
    }
    return VN_OK;
}

bool
ed_regions_shut(struct ed_domain *d)
{
    return mprotect(d->arena, d->arena_bytes, PROT_NONE) == 0;
}

bool
ed_regions_unshut(struct ed_domain *d)
{
    const struct ed_region *r = &d->regions[ED_PLUGIN];
    size_t stack = d->started ? d->stack_bytes : 0, rest = r->bytes - stack;

    for (int i = ED_PLUGIN + 1; i < d->config.nregions; i++)
        if (mprotect(d->regions[i].base, *d->regions[i].open,
                     PROT_READ | PROT_WRITE)
            != 0)
            return false;
    if (d->started)
        rest = r->most; /* what lies between is a guard */
    return mprotect(r->base, rest, PROT_READ | PROT_WRITE) == 0
           && (stack == 0
               || mprotect(d->stack - stack, stack, PROT_READ | PROT_WRITE)
                      == 0)
           && (!d->started || ed_protect_image(d, true, NULL) == VN_OK);
}

/* Can a block for so many bytes be touched, wherever it will be? */
static bool
room(struct ed_region *r, size_t bytes)
{
    const volatile struct ed_heap *h = (const void *) r->base;
    size_t block = ed_heap_block(bytes), used = h->used;

    if (block == 0 || used > r->most || block > r->most)
        return false;
    return used + block <= *r->open || reach(r, used + block);
}

/* A block that was found, if all of it can be touched.  Where what runs inside
 * could write, it need not be zeroed. */
static void *
given(const struct ed_region *r, void *p, size_t bytes, bool fresh)
{
    size_t at = (size_t) ((unsigned char *) p - r->base);

    if (p == NULL || at > *r->open || bytes > *r->open - at)
        return NULL;
    if (fresh && r->dirty)
        memset(p, 0, bytes);
    return p;
}

void *
ed_alloc(struct ed_region *r, size_t n, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(n, size, &bytes) || !room(r, bytes))
        return NULL;
    return given(r, ed_heap_alloc(r, bytes), bytes, true);
}

void *
ed_realloc(struct ed_region *r, void *p, size_t n, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(n, size, &bytes) || !room(r, bytes))
        return NULL;
    return given(r, ed_heap_realloc(r, p, bytes), bytes, p == NULL);
}

void
ed_free(struct ed_region *r, void *p)
{
    ed_heap_free(r, p);
}
