/*
 * Ways out by what is shared: the ring and the regions of a process, the lists
 * of a region that what runs inside may write, other domains, the thread that
 * opened one, and what a stopped call leaves.  Controls under `none`.
 */
#include "config.h"

#include "enclavedom/backend/backend.h"
#include "t/enclavedom/world.h"
#include "t/tap.h"

#include <linux/futex.h>
#include <pthread.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    BOOKS = ED_PLUGIN + 1,
    LARGE = 64 << 20
};

static bool
is(const struct ed_backend *b, const char *name)
{
    return strcmp(ed_backend_name(b), name) == 0;
}

/* A region that one may read holds what was handed out of it, not all that it
 * could hold: reading the rest would be memory that nobody counts. */
INSIDE static uint64_t
reads_far(uint64_t books, uint64_t unused)
{
    (void) unused;
    return *(volatile unsigned char *) (uintptr_t) (books + LARGE / 2);
}

static uint64_t
look_gate(void *arg, const uint64_t *args)
{
    (void) args;
    return *(unsigned char *) arg;
}

static void
holes(const struct ed_backend *backend)
{
    static const struct ed_region_spec specs[] = {{"plug-in", 8 << 20},
                                                  {"books", LARGE}};
    static const struct ed_function functions[] = {
        {"look", ED_R(BOOKS), look_gate}};
    struct ed_config config = {.name = "holes",
                               .backend = backend,
                               .regions = specs,
                               .nregions = 2,
                               .functions = functions,
                               .nfunctions = 1};
    struct vn_error err = {.text = ""};
    struct ed_domain *d;
    enum vn_status status;
    uint64_t arg, result = 0;
    void *books;

    if (ed_open(&config, &d, &err) != VN_OK)
        return;
    books = ed_alloc(ed_region(d, BOOKS), 1, 100);
    arg = (uint64_t) (uintptr_t) books;
    ed_set_arg(d, books);
    ed_start(d, &err);
    status =
        ed_call(d, (void *) (uintptr_t) reads_far, &arg, 1, &result, &err);
    ok(is(backend, "none")
           ? status == VN_OK
           : status == VN_EPOLICY && ed_violated(d).kind == ED_ACCESS,
       "%s: what was not handed out of a region %s: %s",
       ed_backend_name(backend),
       is(backend, "none") ? "can be read" : "is not there", err.text);
    ed_close(d);
}

/* The ring: request and reply are its first words. */
INSIDE static volatile uint32_t *
ring(void)
{
    return (volatile uint32_t *) (uintptr_t) ed_monitor.domain->ring;
}

INSIDE static uint64_t
answers_before(uint64_t secret, uint64_t take)
{
    volatile int going = 1;

    (void) secret, (void) take;
    ring()[1]++;
    while (going)
        ;
    return 1;
}

INSIDE static uint64_t
answers_and_loops(uint64_t secret, uint64_t take)
{
    volatile int going = 1;

    (void) secret, (void) take;
    ring()[1] = ring()[0];
    while (going)
        ;
    return 1;
}

INSIDE static uint64_t
answers_for_ever(uint64_t secret, uint64_t take)
{
    volatile int going = 1;

    (void) secret, (void) take;
    while (going)
        ring()[1] = ring()[0];
    return 1;
}

static void
forges(const struct ed_backend *backend)
{
    static const struct {
        const char *name;
        inside_fn code;
        enum ed_kind kind;
        int calls; /* by then it is noticed */
    } all[] = {{"a reply to nothing", answers_before, ED_FORGED, 1},
               {"a reply by what goes on", answers_and_loops, ED_OVERTIME, 2},
               {"replies without end", answers_for_ever, ED_OVERTIME, 200}};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct world w = {.limit_us = 50000};
        struct vn_error err = {.text = ""};
        struct ed_domain *d = world_open(backend, &w, true, &err);
        enum vn_status status = VN_OK;
        uint64_t result;
        int n = 0;

        while (status == VN_OK && n++ < all[i].calls) {
            status = world_run(d, &w, all[i].code, &result, &err);
            usleep(50000); /* in which it should rest */
        }
        ok(status == VN_EPOLICY && ed_violated(d).kind == all[i].kind
               && !ed_violated(d).own,
           "%s: %s: %s", ed_backend_name(backend), all[i].name, err.text);
        ed_close(d);
    }
}

INSIDE static uint64_t
requeues(uint64_t secret, uint64_t take)
{
    uint32_t word = 0;

    (void) secret, (void) take;
    return (uint64_t) call_kernel(SYS_futex, (long) &word, FUTEX_REQUEUE, 1, 1,
                                  (long) &word);
}

INSIDE static uint64_t
wakes(uint64_t secret, uint64_t take)
{
    uint32_t word = 0;

    (void) secret, (void) take;
    return (uint64_t) call_kernel(SYS_futex, (long) &word, FUTEX_WAKE, 1, 0,
                                  0);
}

static void
futexes(const struct ed_backend *backend)
{
    struct world w = {.limit_us = 5000000};
    struct vn_error err = {.text = ""};
    struct ed_domain *d = world_open(backend, &w, true, &err);
    uint64_t result = 1;

    ok(world_run(d, &w, wakes, &result, &err) == VN_OK && result == 0
           && world_run(d, &w, requeues, &result, &err) == VN_EPOLICY
           && ed_violated(d).kind == ED_SYSCALL,
       "%s: a futex is for waiting and waking: %s", ed_backend_name(backend),
       err.text);
    ed_close(d);
}

/* Another domain beside it. */
INSIDE static uint64_t
reads(uint64_t address, uint64_t unused)
{
    (void) unused;
    return *(volatile uint64_t *) (uintptr_t) address;
}

INSIDE static uint64_t
writes(uint64_t address, uint64_t unused)
{
    (void) unused;
    *(volatile uint64_t *) (uintptr_t) address = 1;
    return 0;
}

static void
others(const struct ed_backend *backend)
{
    bool none = is(backend, "none");

    for (int k = 0; k < 4; k++) {
        struct world w[2] = {{.limit_us = 5000000}, {.limit_us = 5000000}};
        struct vn_error err = {.text = ""};
        struct ed_domain *d[2];
        uint64_t address, own = 0, result = 0;
        enum vn_status status = VN_EINVAL;
        volatile int64_t *word = NULL;

        for (int i = 0; i < 2; i++)
            d[i] = world_open(backend, &w[i], false, &err);
        if (d[0] != NULL && d[1] != NULL) {
            word = k < 2 ? w[1].secret
                         : ed_alloc(ed_region(d[1], ED_PLUGIN), 1, 64);
            *word = WORLD_SECRET;
            address = (uint64_t) (uintptr_t) word;
            ed_start(d[0], &err);
            ed_start(d[1], &err);
            status = ed_call(
                d[0], (void *) (uintptr_t) (k % 2 == 0 ? reads : writes),
                &address, 1, &result, &err);
        }
        ok((status == VN_OK) == none && (none || *word == WORLD_SECRET)
               && world_run(d[1], &w[1], gives_own, &own, &err) == VN_OK
               && own == 42,
           "%s: %s of %s of another domain: %s", ed_backend_name(backend),
           k % 2 == 0 ? "a read" : "a write",
           k < 2 ? "a region" : "the plug-in's region",
           none ? "nothing stops it" : err.text);
        ed_close(d[0]);
        ed_close(d[1]);
    }
}

/* Its heap, spoiled: the lists lead to the program, blocks have any class. */
static uint64_t victim[8] = {5, 5, 5, 5, 5, 5, 5, 5};

INSIDE static uint64_t
spoils(uint64_t block, uint64_t base)
{
    volatile struct ed_heap *h = (void *) (uintptr_t) base;

    for (int i = 0; i < 48; i++)
        h->vacant[i] = victim + 2;
    *(volatile int *) (uintptr_t) (block - 16) = 46;
    return 1;
}

INSIDE static uint64_t
stretches(uint64_t block, uint64_t base)
{
    volatile struct ed_heap *h = (void *) (uintptr_t) base;

    h->used = (size_t) (uintptr_t) victim - base;
    h->limit = SIZE_MAX;
    *(volatile int *) (uintptr_t) (block - 16) = -7;
    return 1;
}

static void
spoiled(const struct ed_backend *backend, inside_fn code, const char *what)
{
    struct world w = {.limit_us = 5000000};
    struct vn_error err = {.text = ""};
    struct ed_domain *d = world_open(backend, &w, false, &err);
    struct ed_region *own = ed_region(d, ED_PLUGIN);
    void *block = ed_alloc(own, 1, 100), *p = NULL, *q = NULL;
    uint64_t args[2] = {(uint64_t) (uintptr_t) block,
                        (uint64_t) (uintptr_t) own->base};
    enum vn_status status = ed_start(d, &err);

    if (status == VN_OK)
        status = ed_call(d, (void *) (uintptr_t) code, args, 2, NULL, &err);
    for (int i = 0; i < 48; i++) {
        p = ed_alloc(own, 1, (size_t) 1 << i % 24);
        if (p != NULL)
            memset(p, 0xff, (size_t) 1 << i % 24);
        if (p != NULL && !ed_contains(own, p, (size_t) 1 << i % 24))
            status = VN_EINVAL;
    }
    q = ed_realloc(own, block, 1, 5000);
    if (q != NULL && !ed_contains(own, q, 5000))
        status = VN_EINVAL;
    ed_free(own, block);
    ed_free(own, q);
    ed_free(own, p);
    for (int i = 0; i < 8; i++)
        status = victim[i] == 5 ? status : VN_EINVAL;
    ok(status == VN_OK,
       "%s: %s: the program gets what is in the region, or "
       "nothing",
       ed_backend_name(backend), what);
    ed_close(d);
}

struct opening {
    const struct ed_backend *backend;
    struct world w;
    struct ed_domain *d;
    struct vn_error err;
};

static void *
opens(void *arg)
{
    struct opening *o = arg;

    o->d = world_open(o->backend, &o->w, true, &o->err);
    return NULL;
}

static void
outlives(const struct ed_backend *backend)
{
    struct opening o = {.backend = backend, .w = {.limit_us = 5000000}};
    uint64_t result = 0;
    pthread_t thread;

    pthread_create(&thread, NULL, opens, &o);
    pthread_join(thread, NULL);
    usleep(20000);
    ok(o.d != NULL && world_run(o.d, &o.w, gives_own, &result, &o.err) == VN_OK
           && result == 42,
       "%s: a domain outlives the thread that opened it %s",
       ed_backend_name(backend), result == 42 ? "" : o.err.text);
    ed_close(o.d);
}

/* Denormals are zero here, and after a call that was stopped. */
static void
keeps_rounding(const struct ed_backend *backend)
{
    const unsigned mine = 0x9fc0;
    const unsigned short mine_x87 = 0x0f7f;
    struct world w = {.limit_us = 5000000};
    struct vn_error err = {.text = ""};
    struct ed_domain *d = world_open(backend, &w, true, &err);
    unsigned before = 0, after = 0;
    unsigned short x87_before = 0, x87 = 0;
    enum vn_status status;
    uint64_t result;

    __asm__ volatile("stmxcsr %0\n\tfnstcw %1\n\tldmxcsr %2\n\tfldcw %3"
                     : "=m"(before), "=m"(x87_before)
                     : "m"(mine), "m"(mine_x87));
    status = world_run(d, &w, divides, &result, &err);
    __asm__ volatile("stmxcsr %0\n\tfnstcw %1\n\tldmxcsr %2\n\tfldcw %3"
                     : "=m"(after), "=m"(x87)
                     : "m"(before), "m"(x87_before));
    ok(status == VN_EPOLICY && (after & 0xffc0) == mine && x87 == mine_x87,
       "%s: a stopped call leaves rounding as it was (%#x, %#x)",
       ed_backend_name(backend), after, (unsigned) x87);
    ed_close(d);
}

/* All of XMM, or-ed; the upper halves too where there are some. */
INSIDE static uint64_t
sees_vectors(void)
{
    unsigned char all[16 * 32] __attribute__((__aligned__(32))) = {0};
    uint64_t sum = 0;

    if (ed_monitor.vectors >= ED_AVX)
        __asm__ volatile(".irp r, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
                         "vmovdqa %%ymm\\r, 32*\\r(%0)\n.endr"
                         :
                         : "r"(all)
                         : "memory");
    else
        __asm__ volatile(".irp r, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15\n"
                         "movdqa %%xmm\\r, 32*\\r(%0)\n.endr"
                         :
                         : "r"(all)
                         : "memory");
    for (size_t i = 8; i < sizeof all; i++) /* but a result */
        sum |= ((volatile unsigned char *) all)[i];
    return sum;
}

__attribute__((__naked__)) static uint64_t
vectors_on_entry(uint64_t secret, uint64_t take)
{
    (void) secret, (void) take;
    __asm__("jmp %P0" : : "i"(sees_vectors));
}

INSIDE static uint64_t
vectors_of_a_gate(uint64_t secret, uint64_t take)
{
    ((gate_fn) (uintptr_t) (take + 16))(secret, 0);
    return sees_vectors();
}

static void
clears_vectors(const struct ed_backend *backend)
{
    struct world w = {.limit_us = 5000000};
    struct vn_error err = {.text = ""};
    struct ed_domain *d = world_open(backend, &w, true, &err);
    uint64_t entry = 1, gate = 1;
    bool good = world_run(d, &w, vectors_on_entry, &entry, &err) == VN_OK
                && world_run(d, &w, vectors_of_a_gate, &gate, &err) == VN_OK;

    ok(good && entry == 0 && gate == 0,
       "%s: vector registers are clear inside, and after a gate (%lx, %lx)",
       ed_backend_name(backend), (unsigned long) entry, (unsigned long) gate);
    ed_close(d);
}

int
main(void)
{
    struct vn_error err;

#ifdef VN_COVERAGE
    skip_all("the coverage counters are writes of their own, inside");
#endif
#ifdef __SANITIZE_ADDRESS__
    skip_all("the sanitizer makes system calls of its own, inside");
#endif
    for (int i = 0; ed_backends[i] != NULL; i++) {
        const struct ed_backend *b = ed_backends[i];

        if (ed_backend_probe(b, &err) != VN_OK) {
            ok(true, "%s # SKIP %s", ed_backend_name(b), err.text);
            continue;
        }
        holes(b);
        others(b);
        if (is(b, "none"))
            continue;
        if (is(b, "process")) {
            forges(b);
            futexes(b);
        }
        spoiled(b, spoils, "lists that lead elsewhere");
        spoiled(b, stretches, "a heap without an end");
        outlives(b);
        keeps_rounding(b);
        clears_vectors(b);
    }
    return done_testing();
}
