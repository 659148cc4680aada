/*
 * What a call leaves, copies and lets through: the processor is the program's
 * again, an argument is what was checked, no system call is made, and domains
 * beside each other are stopped one by one.
 */
#include "config.h"

#include "enclavedom/backend/backend.h"
#include "t/enclavedom/world.h"
#include "t/tap.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>

static uint64_t stack_offset;

/* What a plug-in may leave behind in the processor. */
INSIDE static uint64_t
leaves_flags(uint64_t secret, uint64_t take)
{
    (void) secret, (void) take;
    __asm__ volatile("lea -128(%%rsp), %%rsp\n\tpushf\n\t"
                     "orq $0x40400, (%%rsp)\n\tpopf\n\t"
                     "lea 128(%%rsp), %%rsp"
                     :
                     :
                     : "cc", "memory");
    return 0;
}

INSIDE static uint64_t
leaves_rounding(uint64_t secret, uint64_t take)
{
    const unsigned mxcsr = 0x7f80, x87 = 0x0f7f; /* towards zero */

    (void) secret, (void) take;
    __asm__ volatile("ldmxcsr %0\n\tfldcw %1" : : "m"(mxcsr), "m"(x87));
    return 0;
}

INSIDE static uint64_t
flags_and_gate(uint64_t secret, uint64_t take)
{
    leaves_flags(secret, take);
    return gives_own(secret, take);
}

INSIDE static uint64_t
segment_and_gate(uint64_t secret, uint64_t take)
{
    leaves_segment(secret, take);
    return gives_own(secret, take);
}

/* Alignment checks and direction, and the rounding of both units; all are set
 * as a program wants them on the way. */
static unsigned
take_state(void)
{
    const unsigned normal = 0x1f80;
    const unsigned short normal_x87 = 0x037f;
    unsigned mxcsr = 0;
    unsigned short x87 = 0;
    uint64_t flags;

    __asm__ volatile("lea -128(%%rsp), %%rsp\n\tpushf\n\tmov (%%rsp), %0\n\t"
                     "andq $~0x40400, (%%rsp)\n\tpopf\n\t"
                     "lea 128(%%rsp), %%rsp\n\tstmxcsr %1\n\tfnstcw %2\n\t"
                     "ldmxcsr %3\n\tfldcw %4"
                     : "=&r"(flags), "=m"(mxcsr), "=m"(x87)
                     : "m"(normal), "m"(normal_x87)
                     : "cc", "memory");
    return (unsigned) (flags & 0x40400) | (mxcsr & 0x6000) | (x87 & 0x0c00);
}

INSIDE static uint64_t
calls(uint64_t number, uint64_t take)
{
    (void) take;
    return (uint64_t) call_kernel((long) number, 0, 0, 0, 0, 0);
}

/*
 * Whatever its number: there is no list of what is dangerous.  A process may
 * end itself, sleep on the ring and read the clock; and uretprobe (335) and
 * uprobe (336) no filter is asked about, which do nothing to who is not
 * probed.
 */
static void
refuses_all_calls(const struct ed_backend *backend)
{
    static const long of_process[] = {
        SYS_futex, SYS_exit_group, SYS_clock_gettime, SYS_restart_syscall, 335,
        336};
    bool process = strcmp(ed_backend_name(backend), "process") == 0;
    int let = 0, n = 0;

    for (long number = 0; number < 480; number++) {
        struct world w = {.limit_us = 5000000};
        struct vn_error err = {.text = ""};
        uint64_t args[2] = {(uint64_t) number, 0};
        struct ed_domain *d;
        struct ed_violation v;
        bool own = false;

        for (size_t i = 0; i < sizeof of_process / sizeof of_process[0]; i++)
            own = own || (process && number == of_process[i]);
        if (own)
            continue;
        d = world_open(backend, &w, true, &err);
        if (d == NULL)
            continue;
        n++;
        ed_call(d, (void *) (uintptr_t) calls, args, 2, NULL, &err);
        v = ed_violated(d);
        if (v.kind != ED_SYSCALL || v.number != number) {
            let++;
            diag("system call %ld: %s", number, err.text);
        }
        ed_close(d);
    }
    ok(n >= 474 && let == 0, "%s: %d system calls, every one is refused",
       ed_backend_name(backend), n);
}

struct flip {
    _Atomic(volatile int64_t *) word;
    atomic_bool end;
};

/* Changes the word once it is told where it is. */
static void *
flips(void *arg)
{
    struct flip *f = arg;

    while (!atomic_load(&f->end)) {
        volatile int64_t *word = atomic_load(&f->word);

        if (word != NULL)
            *word = *word + 1;
    }
    return NULL;
}

INSIDE static uint64_t
gives_word(uint64_t word, uint64_t take)
{
    return ((gate_fn) (uintptr_t) (take + 32))(word, 0);
}

/* An argument that changes while a gate is at work, by another thread: what
 * was copied does not change, what is left in place does. */
static void
copies_once(const struct ed_backend *backend)
{
    struct flip f;
    struct world w = {.limit_us = 5000000};
    struct vn_error err = {.text = ""};
    struct ed_domain *d = NULL;
    uint64_t args[2], result = 0;
    pthread_t thread;
    int64_t *word;

    atomic_init(&f.word, NULL);
    atomic_init(&f.end, false);
    d = world_open(backend, &w, false, &err);
    word = ed_alloc(ed_region(d, ED_PLUGIN), 1, sizeof *word);
    args[0] = (uint64_t) (uintptr_t) word;
    args[1] = (uint64_t) (uintptr_t) ed_gate_address(0);
    atomic_store(&f.word, word);
    pthread_create(&thread, NULL, flips, &f); /* with the rights of now */
    if (ed_start(d, &err) == VN_OK)
        ed_call(d, (void *) (uintptr_t) gives_word, args, 2, &result, &err);
    atomic_store(&f.end, true);
    pthread_join(thread, NULL);
    ok(result == 3,
       "%s: an argument that changes after the check: the copy does not%s",
       ed_backend_name(backend), err.text);
    ed_close(d);
}

/* A fault with the stack pointer in the stack of signals. */
INSIDE static uint64_t
moves_stack(uint64_t secret, uint64_t take)
{
    __asm__ volatile("mov %0, %%rsp\n\tud2"
                     :
                     : "r"((uint64_t) ed_monitor.signal_stack + stack_offset)
                     : "memory");
    return secret + take;
}

static void
stack_of_signals(const struct ed_backend *backend)
{
    static const uint64_t offsets[] = {
        64, 1024, 4096, 6000, 9000, 16384, 40000, ED_SIGNAL_STACK - 8};
    int stopped = 0, n = sizeof offsets / sizeof offsets[0];
    struct vn_error err = {.text = ""};

    for (int i = 0; i < n; i++) {
        struct world w = {.limit_us = 5000000};
        struct ed_domain *d;
        uint64_t result;

        stack_offset = offsets[i];
        d = world_open(backend, &w, true, &err);
        stopped +=
            d != NULL
            && world_run(d, &w, moves_stack, &result, &err) == VN_EPOLICY;
        ed_close(d);
    }
    ok(stopped == n,
       "%s: a stack pointer in the stack of signals is no matter: %s",
       ed_backend_name(backend), err.text);
}

/* Domains beside each other: what stops one is nothing to the others. */
static void
several(const struct ed_backend *backend)
{
    struct world w[3] = {
        {.limit_us = 5000000}, {.limit_us = 5000000}, {.limit_us = 5000000}};
    struct vn_error err = {.text = ""};
    struct ed_domain *d[3];
    uint64_t result[3] = {0};
    bool good = true;

    for (int i = 0; i < 3; i++) {
        d[i] = world_open(backend, &w[i], true, &err);
        good = good && d[i] != NULL;
    }
    good = good
           && world_run(d[1], &w[1], divides, &result[1], &err) == VN_EPOLICY;
    for (int i = 0; i < 3 && good; i++)
        good = world_run(d[i], &w[i], gives_own, &result[i], &err)
               == (i == 1 ? VN_EPOLICY : VN_OK);
    ok(good && result[0] == 42 && result[2] == 42,
       "%s: domains are stopped one by one%s%s", ed_backend_name(backend),
       good ? "" : ": ", good ? "" : err.text);
    for (int i = 0; i < 3; i++)
        ed_close(d[i]);
}

/* Is the processor the program's again, once a call is over? */
static void
leave(const struct ed_backend *backend)
{
    static const struct {
        const char *name;
        uint64_t (*code)(uint64_t, uint64_t);
        bool gate;
    } all[] = {{"flags", leaves_flags, false},
               {"rounding", leaves_rounding, false},
               {"flags, into a gate", flags_and_gate, true},
               {"a segment", leaves_segment, false},
               {"a segment, into a gate", segment_and_gate, true}};
    const char *name = ed_backend_name(backend);
    bool none = strcmp(name, "none") == 0;

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct world w = {.limit_us = 5000000};
        struct vn_error err = {.text = ""};
        struct ed_domain *d = world_open(backend, &w, true, &err);
        enum vn_status status = VN_EINVAL;
        uint64_t result = 0;
        unsigned left = 0;

        if (none && (all[i].gate || all[i].code == leaves_segment)) {
            ed_close(d);
            continue; /* it may end this program */
        }
        if (d != NULL)
            status = world_run(d, &w, all[i].code, &result, &err);
        left = take_state();
        ok(status == VN_OK && (left != 0) == none
               && (!all[i].gate || result == 42),
           "%s: %s that a call leaves %s%s", name, all[i].name,
           none ? "stay" : "are gone", err.text);
        ed_close(d);
    }
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
        const char *name = ed_backend_name(ed_backends[i]);

        if (ed_backend_probe(ed_backends[i], &err) != VN_OK) {
            ok(true, "%s # SKIP %s", name, err.text);
            continue;
        }
        leave(ed_backends[i]);
        if (strcmp(name, "none") == 0)
            continue;
        refuses_all_calls(ed_backends[i]);
        copies_once(ed_backends[i]);
        several(ed_backends[i]);
        stack_of_signals(ed_backends[i]);
    }
    return done_testing();
}
