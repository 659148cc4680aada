/*
 * What a plug-in may call besides gates.
 *
 * These run inside, with the plug-in's rights and on its stack: memory from
 * its own region, strings, sorting (stable, so that ties fall alike under all
 * backends) and the mathematics of libm.  Under `none` it is the C library,
 * whole, that it gets.
 */
#include "config.h"

#include "enclavedom/backend/backend.h"

#include "base/xalloc.h"

#include <dlfcn.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

ED_UNINSTRUMENTED static const struct ed_region *
own(void)
{
    return &ed_monitor.domain->regions[ED_PLUGIN];
}

ED_UNINSTRUMENTED static struct ed_heap *
own_heap(void)
{
    return (struct ed_heap *) own()->base;
}

ED_UNINSTRUMENTED static void __attribute__((__noreturn__))
stop(enum ed_hint hint, int status)
{
    own_heap()->hint = hint;
    own_heap()->status = status;
    __builtin_trap();
}

/* Few check what malloc() gives; a fault near NULL is told as what it is. */
ED_UNINSTRUMENTED static void *
note(void *p)
{
    if (p == NULL)
        own_heap()->hint = ED_HINT_EXHAUSTED;
    return p;
}

ED_UNINSTRUMENTED static void *
rt_malloc(size_t bytes)
{
    return note(ed_heap_alloc(own(), bytes));
}

ED_UNINSTRUMENTED static void *
rt_calloc(size_t n, size_t size)
{
    size_t bytes;

    return note(__builtin_mul_overflow(n, size, &bytes)
                    ? NULL
                    : ed_heap_alloc(own(), bytes));
}

ED_UNINSTRUMENTED static void *
rt_realloc(void *p, size_t bytes)
{
    if (p != NULL && !ed_heap_holds(own(), p))
        __builtin_trap();
    return note(ed_heap_realloc(own(), p, bytes));
}

ED_UNINSTRUMENTED static void
rt_free(void *p)
{
    if (!ed_heap_free(own(), p))
        __builtin_trap();
}

ED_UNINSTRUMENTED static void *
rt_xcalloc(size_t n, size_t size)
{
    void *p = rt_calloc(n, size);

    if (p == NULL)
        stop(ED_HINT_EXHAUSTED, 0);
    return p;
}

ED_UNINSTRUMENTED static void *
rt_xrealloc(void *p, size_t n, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(n, size, &bytes)
        || (p != NULL && !ed_heap_holds(own(), p))
        || (p = ed_heap_realloc(own(), p, bytes)) == NULL)
        stop(ED_HINT_EXHAUSTED, 0);
    return p;
}

ED_UNINSTRUMENTED static void
rt_exit(int status)
{
    stop(ED_HINT_EXIT, status);
}

ED_UNINSTRUMENTED static void
rt_abort(void)
{
    stop(ED_HINT_ABORT, 0);
}

/* What a compiler makes of memcpy() and its kin where it knows how much room
 * there is (-D_FORTIFY_SOURCE). */
ED_UNINSTRUMENTED static void
check(size_t bytes, size_t room)
{
    if (bytes > room)
        rt_abort();
}

ED_UNINSTRUMENTED static void *
rt_memcpy_chk(void *to, const void *from, size_t bytes, size_t room)
{
    check(bytes, room);
    return memcpy(to, from, bytes);
}

ED_UNINSTRUMENTED static void *
rt_memmove_chk(void *to, const void *from, size_t bytes, size_t room)
{
    check(bytes, room);
    return memmove(to, from, bytes);
}

ED_UNINSTRUMENTED static void *
rt_memset_chk(void *to, int c, size_t bytes, size_t room)
{
    check(bytes, room);
    return memset(to, c, bytes);
}

typedef int (*compare_fn)(const void *, const void *);

ED_UNINSTRUMENTED static void
merge(unsigned char *base, unsigned char *spare, size_t n, size_t size,
      compare_fn compare)
{
    size_t half = n / 2, i = 0, j = half, k = 0;

    if (n < 2)
        return;
    merge(base, spare, half, size, compare);
    merge(base + half * size, spare, n - half, size, compare);
    while (i < half || j < n) {
        bool left =
            j == n
            || (i < half && compare(base + i * size, base + j * size) <= 0);
        size_t at = left ? i++ : j++;

        memcpy(spare + k++ * size, base + at * size, size);
    }
    memcpy(base, spare, n * size);
}

ED_UNINSTRUMENTED static void
rt_qsort(void *base, size_t n, size_t size, compare_fn compare)
{
    unsigned char *spare = rt_xcalloc(n, size);

    merge(base, spare, n, size, compare);
    rt_free(spare);
}

/* So laid out that a failing open() says why, as vn_fail() does. */
ED_UNINSTRUMENTED static enum vn_status
rt_fail(struct vn_error *err, enum vn_status status, const char *format, ...)
{
    va_list args;

    if (err != NULL) {
        err->status = status;
        err->file = NULL;
        err->line = err->column = 0;
        va_start(args, format);
        vsnprintf(err->text, sizeof err->text, format, args);
        va_end(args);
    }
    return status;
}

#define OWN(name)                             \
    {                                         \
#name, (void *) (uintptr_t) rt_##name \
    }
#define SAME(name)                       \
    {                                    \
#name, (void *) (uintptr_t) name \
    }

struct entry {
    const char *name;
    void *address;
};

static const struct entry *
entries(size_t *n)
{
    static const struct entry all[] = {
        OWN(malloc),
        OWN(calloc),
        OWN(realloc),
        OWN(free),
        OWN(exit),
        OWN(abort),
        OWN(qsort),
        {"_exit", (void *) (uintptr_t) rt_exit},
        {"_Exit", (void *) (uintptr_t) rt_exit},
        {"__stack_chk_fail", (void *) (uintptr_t) rt_abort},
        {"__memcpy_chk", (void *) (uintptr_t) rt_memcpy_chk},
        {"__memmove_chk", (void *) (uintptr_t) rt_memmove_chk},
        {"__memset_chk", (void *) (uintptr_t) rt_memset_chk},
        {"__assert_fail", (void *) (uintptr_t) rt_abort},
        {"vn_xcalloc", (void *) (uintptr_t) rt_xcalloc},
        {"vn_xrealloc", (void *) (uintptr_t) rt_xrealloc},
        {"vn_fail", (void *) (uintptr_t) rt_fail},
        SAME(memcpy),
        SAME(memmove),
        SAME(memset),
        SAME(memcmp),
        SAME(memchr),
        SAME(strlen),
        SAME(strcmp),
        SAME(strncmp),
        SAME(strchr),
        SAME(snprintf),
        SAME(bsearch),
        SAME(abs),
        SAME(labs),
        SAME(llabs),
        SAME(ceil),
        SAME(floor),
        SAME(round),
        SAME(trunc),
        SAME(rint),
        SAME(lround),
        SAME(llround),
        SAME(lrint),
        SAME(llrint),
        SAME(fabs),
        SAME(fmin),
        SAME(fmax),
        SAME(fmod),
        SAME(sqrt),
        SAME(cbrt),
        SAME(hypot),
        SAME(exp),
        SAME(exp2),
        SAME(expm1),
        SAME(log),
        SAME(log2),
        SAME(log10),
        SAME(log1p),
        SAME(pow),
        SAME(ldexp),
        SAME(frexp),
        SAME(sin),
        SAME(cos),
        SAME(tan),
        SAME(atan),
        SAME(atan2),
        SAME(tanh),
        SAME(erf),
        SAME(lgamma),
        SAME(tgamma),
    };

    *n = sizeof all / sizeof all[0];
    return all;
}

void *
ed_runtime(const struct ed_backend *backend, const char *name)
{
    size_t n;
    const struct entry *all = entries(&n);

    if (!backend->confines) {
        void *p = dlsym(RTLD_DEFAULT, name);

        if (p != NULL)
            return p;
        if (strcmp(name, "vn_xcalloc") == 0)
            return (void *) (uintptr_t) vn_xcalloc;
        if (strcmp(name, "vn_xrealloc") == 0)
            return (void *) (uintptr_t) vn_xrealloc;
    }
    for (size_t i = 0; i < n; i++)
        if (strcmp(all[i].name, name) == 0)
            return all[i].address;
    return NULL;
}
