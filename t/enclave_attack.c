/*
 * Attacks from inside a domain, by code that is already there: each is
 * stopped, is told rightly, changes nothing, and the next domain works.
 */
#include "config.h"

#include "enclavedom/enclavedom.h"
#include "t/tap.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define INSIDE __attribute__((__no_sanitize__("address", "undefined")))

enum {
    SECRET = ED_PLUGIN + 1,
    NREGIONS,
    HUGE_PAGE = 2 << 20
};

#define FUNCTIONS(FN)                         \
    FN(take, ED_RW(ED_PLUGIN) | ED_R(SECRET)) \
    FN(slow, ED_R(SECRET))                    \
    FN(twice, ED_RW(ED_PLUGIN) | ED_R(SECRET))

struct world {
    struct ed_domain *domain;
    volatile int64_t *secret;
    int64_t limit_us;
};

/* Copies 16 bytes from a pointer, and says what it copied. */
static uint64_t
take_gate(void *arg, const uint64_t *args)
{
    struct world *w = arg;
    unsigned char bytes[16];

    ed_copy_in(w->domain, bytes, (void *) (uintptr_t) args[0], sizeof bytes);
    return bytes[0];
}

static uint64_t
slow_gate(void *arg, const uint64_t *args)
{
    struct world *w = arg;

    (void) args;
    return (uint64_t) *w->secret;
}

/* Copies a word, and waits until it has changed where it came from: 1 for a
 * copy that did not change, 2 for an original that did. */
static uint64_t
twice_gate(void *arg, const uint64_t *args)
{
    const volatile int64_t *original = (void *) (uintptr_t) args[0];
    struct world *w = arg;
    volatile int64_t copy;
    int64_t first;

    ed_copy_in(w->domain, (void *) (uintptr_t) &copy,
               (const void *) (uintptr_t) args[0], sizeof copy);
    first = copy;
    for (long i = 0; i < 1000000000 && *original == first; i++)
        continue;
    return (uint64_t) (copy == first) | (uint64_t) (*original != first) << 1;
}

static const struct ed_function functions[] = {FUNCTIONS(ED_FN)};

static const struct ed_region_spec specs[NREGIONS] = {
    [ED_PLUGIN] = {"plug-in", 8 << 20},
    [SECRET] = {"secret", 1 << 20},
};

typedef uint64_t (*gate_fn)(uint64_t, uint64_t);

INSIDE static long
call_kernel(long number, long a, long b, long c, long d, long e)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                     : "rcx", "r11", "memory");
    return result;
}

/* Each is given the address of the secret, and that of take(). */
INSIDE static uint64_t
unmaps(uint64_t secret, uint64_t take)
{
    (void) take;
    return (uint64_t) call_kernel(SYS_munmap, (long) (secret & ~4095UL), 4096,
                                  0, 0, 0);
}

INSIDE static uint64_t
opens(uint64_t secret, uint64_t take)
{
    (void) take;
    return (uint64_t) call_kernel(SYS_mprotect, (long) (secret & ~4095UL),
                                  4096, PROT_READ | PROT_WRITE, 0, 0);
}

INSIDE static uint64_t
retags(uint64_t secret, uint64_t take)
{
    (void) take;
    return (uint64_t) call_kernel(SYS_pkey_mprotect, (long) (secret & ~4095UL),
                                  4096, PROT_READ | PROT_WRITE, 0, 0);
}

INSIDE static uint64_t
maps_over(uint64_t secret, uint64_t take)
{
    (void) take;
    return (uint64_t) call_kernel(SYS_mmap, (long) (secret & ~4095UL), 4096,
                                  PROT_READ | PROT_WRITE,
                                  MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

INSIDE static uint64_t
moves(uint64_t secret, uint64_t take)
{
    (void) take;
    return (uint64_t) call_kernel(SYS_mremap, (long) (secret & ~4095UL), 4096,
                                  8192, 1, 0);
}

INSIDE static uint64_t
drops(uint64_t secret, uint64_t take)
{
    (void) take;
    return (uint64_t) call_kernel(SYS_madvise, (long) (secret & ~4095UL), 4096,
                                  MADV_DONTNEED, 0, 0);
}

INSIDE static uint64_t
forks(uint64_t secret, uint64_t take)
{
    (void) secret, (void) take;
    if (call_kernel(SYS_fork, 0, 0, 0, 0, 0) == 0)
        call_kernel(SYS_exit_group, 0, 0, 0, 0, 0);
    return 1;
}

INSIDE static uint64_t
starts_thread(uint64_t secret, uint64_t take)
{
    (void) secret, (void) take;
    return (uint64_t) call_kernel(SYS_clone3, 0, 0, 0, 0, 0);
}

INSIDE static uint64_t
handles(uint64_t secret, uint64_t take)
{
    (void) secret, (void) take;
    return (uint64_t) call_kernel(SYS_rt_sigaction, SIGSEGV, 0, 0, 8, 0);
}

INSIDE static uint64_t
changes_stack(uint64_t secret, uint64_t take)
{
    (void) secret, (void) take;
    return (uint64_t) call_kernel(SYS_sigaltstack, 0, 0, 0, 0, 0);
}

INSIDE static uint64_t
opens_memory(uint64_t secret, uint64_t take)
{
    char path[] = "/proc/self/mem";

    (void) secret, (void) take;
    return (uint64_t) call_kernel(SYS_openat, -100, (long) path, 2, 0, 0);
}

INSIDE static uint64_t
writes_process(uint64_t secret, uint64_t take)
{
    (void) secret, (void) take;
    return (uint64_t) call_kernel(SYS_process_vm_writev, 0, 0, 0, 0, 0);
}

INSIDE static uint64_t
traces(uint64_t secret, uint64_t take)
{
    (void) secret, (void) take;
    return (uint64_t) call_kernel(SYS_ptrace, 0, 0, 0, 0, 0); /* be traced */
}

INSIDE static uint64_t
rings(uint64_t secret, uint64_t take)
{
    (void) secret, (void) take;
    return (uint64_t) call_kernel(SYS_io_uring_setup, 1, 0, 0, 0, 0);
}

INSIDE static uint64_t
exits(uint64_t secret, uint64_t take)
{
    (void) secret, (void) take;
    return (uint64_t) call_kernel(SYS_exit, 0, 0, 0, 0, 0);
}

INSIDE static uint64_t
loops(uint64_t secret, uint64_t take)
{
    volatile int going = 1;

    (void) secret, (void) take;
    while (going)
        ;
    return 0;
}

INSIDE static uint64_t
loops_in_gates(uint64_t secret, uint64_t take)
{
    volatile int going = 1;

    (void) secret;
    while (going)
        ((gate_fn) (uintptr_t) (take + 16))(0, 0);
    return 0;
}

INSIDE static uint64_t
recurses(uint64_t secret, uint64_t take)
{
    volatile char room[512];

    room[0] = (char) secret;
    if (room[0] == 1 && secret == 1)
        return 0;
    return recurses(secret + 1, take) + (uint64_t) room[0];
}

INSIDE static uint64_t
reads_secret(uint64_t secret, uint64_t take)
{
    (void) take;
    return *(volatile uint64_t *) (uintptr_t) secret;
}

INSIDE static uint64_t
gives_secret(uint64_t secret, uint64_t take)
{
    return ((gate_fn) (uintptr_t) take)(secret, 0);
}

INSIDE static uint64_t
gives_overflow(uint64_t secret, uint64_t take)
{
    (void) secret;
    return ((gate_fn) (uintptr_t) take)(UINT64_MAX - 7, 0);
}

/* The end of the stack is the end of the region. */
INSIDE static uint64_t
gives_straddling(uint64_t secret, uint64_t take)
{
    volatile char local;
    uint64_t end = ((uint64_t) (uintptr_t) &local | (HUGE_PAGE - 1)) + 1;

    (void) secret;
    return ((gate_fn) (uintptr_t) take)(end - 8, 0);
}

INSIDE static uint64_t
gives_nothing(uint64_t secret, uint64_t take)
{
    (void) secret;
    return ((gate_fn) (uintptr_t) take)(0, 0);
}

INSIDE static uint64_t
gives_own(uint64_t secret, uint64_t take)
{
    volatile char own[16] = {42};

    (void) secret;
    return ((gate_fn) (uintptr_t) take)((uint64_t) (uintptr_t) own, 0);
}

/* Within its region, below the stack, where there is nothing. */
INSIDE static uint64_t
gives_guard(uint64_t secret, uint64_t take)
{
    volatile char local;

    (void) secret;
    return ((gate_fn) (uintptr_t) take)(
        (uint64_t) (uintptr_t) &local - (3 << 19), 0);
}

INSIDE static uint64_t
calls_kernel_the_old_way(uint64_t secret, uint64_t take)
{
    long result;

    (void) secret, (void) take;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory");
    return (uint64_t) result; /* getpid */
}

INSIDE static uint64_t
calls_no_gate(uint64_t secret, uint64_t take)
{
    (void) secret;
    return ((gate_fn) (uintptr_t) (take + 16 * 40))(0, 0);
}

/* The WRPKRU at or after an address; there is one in every way in. */
INSIDE static const unsigned char *
find_wrpkru(uint64_t from, int skip)
{
    const unsigned char *p = (const unsigned char *) (uintptr_t) from;

    for (;; p++)
        if (p[0] == 0x0f && p[1] == 0x01 && p[2] == 0xef && skip-- == 0)
            return p;
}

/* Take all rights by a jump to one, and read. */
INSIDE static uint64_t
jump(const unsigned char *to, uint64_t secret)
{
    uint64_t result;

    __asm__ volatile("call *%1" /* with eax = ecx = edx = 0: all rights */
                     : "=a"(result)
                     : "r"(to), "a"(0), "c"(0), "d"(0), "r"(secret)
                     : "rsi", "rdi", "r8", "r9", "r10", "r11", "memory");
    return *(volatile uint64_t *) (uintptr_t) secret;
}

INSIDE static uint64_t
jumps_to_gate(uint64_t secret, uint64_t take)
{
    return jump(find_wrpkru(take, 0), secret);
}

INSIDE static uint64_t
jumps_to_end_of_gate(uint64_t secret, uint64_t take)
{
    return jump(find_wrpkru(take, 1), secret);
}

INSIDE static uint64_t
jumps_to_setter(uint64_t secret, uint64_t take)
{
    return jump(find_wrpkru(take, 2), secret);
}

/* FS is 0 then, and so is nothing thread-local to be found. */
INSIDE static uint64_t
leaves_segment(uint64_t secret, uint64_t take)
{
    (void) secret, (void) take;
    __asm__ volatile("mov %0, %%fs" : : "r"(0));
    return 0;
}

INSIDE static uint64_t
segment_and_gate(uint64_t secret, uint64_t take)
{
    leaves_segment(secret, take);
    return gives_own(secret, take);
}

INSIDE static uint64_t
segment_and_fault(uint64_t secret, uint64_t take)
{
    leaves_segment(secret, take);
    return *(volatile uint64_t *) (uintptr_t) 0x1000;
}

INSIDE static uint64_t
divides(uint64_t secret, uint64_t take)
{
    (void) secret, (void) take;
    __asm__ volatile("div %%ecx" : : "a"(1), "c"(0), "d"(0));
    return 0;
}

INSIDE static uint64_t
returns_from_signal(uint64_t secret, uint64_t take)
{
    (void) secret, (void) take;
    return (uint64_t) call_kernel(SYS_rt_sigreturn, 0, 0, 0, 0, 0);
}

static volatile int64_t own_data = 7;

/* What is in no region: the program's own. */
INSIDE static uint64_t
writes_program(uint64_t secret, uint64_t take)
{
    (void) secret, (void) take;
    own_data = 8;
    return 0;
}

/* The domain itself: which functions there are, and what they may touch. */
static struct ed_domain *current;

INSIDE static uint64_t
writes_domain(uint64_t secret, uint64_t take)
{
    volatile uint64_t *domain = (void *) current;

    (void) secret, (void) take;
    domain[0] = domain[0];
    return 0;
}

/* Tables that the linker has read-only once they are filled in. */
extern uint64_t _GLOBAL_OFFSET_TABLE_[];

INSIDE static void
rewrite(const void *p)
{
    volatile uint64_t *word = (void *) (uintptr_t) p;

    *word = *word;
}

INSIDE static uint64_t
writes_got(uint64_t secret, uint64_t take)
{
    (void) secret, (void) take;
    rewrite(_GLOBAL_OFFSET_TABLE_);
    return 0;
}

INSIDE static uint64_t
writes_rules(uint64_t secret, uint64_t take)
{
    (void) secret, (void) take;
    rewrite(functions);
    return 0;
}

INSIDE static uint64_t
open_and_rewrite(const void *p)
{
    long status = call_kernel(SYS_mprotect, (long) p & ~4095L, 4096,
                              PROT_READ | PROT_WRITE, 0, 0);

    if (status == 0)
        rewrite(p);
    return (uint64_t) status;
}

INSIDE static uint64_t
opens_got(uint64_t secret, uint64_t take)
{
    (void) secret, (void) take;
    return open_and_rewrite(_GLOBAL_OFFSET_TABLE_);
}

INSIDE static uint64_t
opens_rules(uint64_t secret, uint64_t take)
{
    (void) secret, (void) take;
    return open_and_rewrite(functions);
}

enum {
    IN_PROCESS = 1, /* mpk and mprotect */
    BY_KEYS = 2,
    ALL = 4,
    UNDER_NONE = 8 /* stopped even there */
};

static const struct attack {
    const char *name;
    uint64_t (*code)(uint64_t secret, uint64_t take);
    enum ed_kind kind;
    int number; /* of the system call */
    int where;
} attacks[] = {
    {"munmap of a region", unmaps, ED_SYSCALL, SYS_munmap, ALL},
    {"mprotect of a region", opens, ED_SYSCALL, SYS_mprotect, ALL},
    {"pkey_mprotect of a region", retags, ED_SYSCALL, SYS_pkey_mprotect, ALL},
    {"mmap over a region", maps_over, ED_SYSCALL, SYS_mmap, ALL},
    {"mremap of a region", moves, ED_SYSCALL, SYS_mremap, ALL},
    {"madvise of a region", drops, ED_SYSCALL, SYS_madvise, ALL},
    {"a forged return from a signal", returns_from_signal, ED_SYSCALL,
     SYS_rt_sigreturn, ALL},
    {"fork", forks, ED_SYSCALL, SYS_fork, ALL},
    {"a new thread", starts_thread, ED_SYSCALL, SYS_clone3, ALL},
    {"sigaction", handles, ED_SYSCALL, SYS_rt_sigaction, ALL},
    {"sigaltstack", changes_stack, ED_SYSCALL, SYS_sigaltstack, ALL},
    {"/proc/self/mem", opens_memory, ED_SYSCALL, SYS_openat, ALL},
    {"process_vm_writev", writes_process, ED_SYSCALL, SYS_process_vm_writev,
     ALL},
    {"ptrace", traces, ED_SYSCALL, SYS_ptrace, ALL},
    {"io_uring", rings, ED_SYSCALL, SYS_io_uring_setup, ALL},
    {"exit", exits, ED_SYSCALL, SYS_exit, ALL},
    {"a loop without end", loops, ED_OVERTIME, 0, ALL},
    {"a loop of gates without end", loops_in_gates, ED_OVERTIME, 0, ALL},
    {"recursion without end", recurses, ED_OVERFLOW, 0, ALL},
    {"a fault with FS lost", segment_and_fault, ED_ACCESS, 0, ALL},
    {"division by zero", divides, ED_TRAPPED, 0, ALL},
    {"reading what no rule lets it read", reads_secret, ED_ACCESS, 0,
     IN_PROCESS},
    {"writing the program's own data", writes_program, ED_ACCESS, 0, BY_KEYS},
    {"writing the domain", writes_domain, ED_ACCESS, 0, IN_PROCESS},
    {"writing the GOT", writes_got, ED_ACCESS, 0, ALL | UNDER_NONE},
    {"writing the table of rules", writes_rules, ED_ACCESS, 0,
     ALL | UNDER_NONE},
    {"mprotect of the GOT", opens_got, ED_SYSCALL, SYS_mprotect, ALL},
    {"mprotect of the table of rules", opens_rules, ED_SYSCALL, SYS_mprotect,
     ALL},
    {"a pointer to a region", gives_secret, ED_ARGUMENT, 0, ALL},
    {"a pointer whose range overflows", gives_overflow, ED_ARGUMENT, 0, ALL},
    {"a pointer whose range leaves the region", gives_straddling, ED_ARGUMENT,
     0, ALL},
    {"a pointer to the guard of its stack", gives_guard, ED_NONE, 0, ALL},
    {"INT 80", calls_kernel_the_old_way, ED_NONE, 0, ALL},
    {"a pointer to nothing", gives_nothing, ED_ARGUMENT, 0, ALL},
    {"a gate that is not there", calls_no_gate, ED_ARGUMENT, 0, ALL},
    {"a jump to the WRPKRU of a gate", jumps_to_gate, ED_NONE, 0, BY_KEYS},
    {"a jump to the WRPKRU at its end", jumps_to_end_of_gate, ED_NONE, 0,
     BY_KEYS},
    {"a jump to the WRPKRU of the monitor", jumps_to_setter, ED_NONE, 0,
     BY_KEYS},
};

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

static bool open_only; /* do not start what is made */

static struct ed_domain *
make(const struct ed_backend *backend, struct world *w, struct vn_error *err)
{
    struct ed_config config = {.name = "attack",
                               .backend = backend,
                               .regions = specs,
                               .nregions = NREGIONS,
                               .functions = functions,
                               .nfunctions = 3,
                               .arg = w,
                               .limit_us = w->limit_us};
    struct ed_domain *d;

    if (ed_open(&config, &d, err) != VN_OK)
        return NULL;
    w->domain = current = d;
    w->secret = ed_alloc(ed_region(d, SECRET), 1, sizeof *w->secret);
    *w->secret = 6021023;
    if (open_only || ed_start(d, err) == VN_OK)
        return d;
    ed_close(d);
    return NULL;
}

static enum vn_status
run(struct ed_domain *d, const struct world *w,
    uint64_t (*code)(uint64_t, uint64_t), uint64_t *result,
    struct vn_error *err)
{
    uint64_t args[2] = {(uint64_t) (uintptr_t) w->secret,
                        (uint64_t) (uintptr_t) ed_gate_address(0)};

    return ed_call(d, (void *) (uintptr_t) code, args, 2, result, err);
}

static void
attack(const struct ed_backend *backend, const struct attack *a)
{
    const char *name = ed_backend_name(backend);
    struct world w = {.limit_us = a->kind == ED_OVERTIME ? 30000 : 5000000};
    struct vn_error err = {.text = ""};
    struct ed_domain *d = make(backend, &w, &err);
    struct ed_violation v;
    enum vn_status status;
    uint64_t result;

    if (d == NULL) {
        ok(false, "%s: %s: %s", name, a->name, err.text);
        return;
    }
    status = run(d, &w, a->code, &result, &err);
    v = ed_violated(d);
    ok(status == VN_EPOLICY && v.kind != ED_NONE
           && (a->kind == ED_NONE || v.kind == a->kind)
           && (a->kind != ED_SYSCALL || v.number == a->number)
           && *w.secret == 6021023 && own_data == 7,
       "%s: %s: %s", name, a->name, err.text);
    ok(run(d, &w, gives_own, &result, &err) == VN_EPOLICY,
       "%s: and the domain stays closed", name);
    ed_close(d);
    d = make(backend, &w, &err);
    ok(d != NULL && run(d, &w, gives_own, &result, &err) == VN_OK
           && result == 42,
       "%s: and the next one works", name);
    ed_close(d);
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
        d = make(backend, &w, &err);
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
    open_only = true;
    d = make(backend, &w, &err);
    open_only = false;
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
        d[i] = make(backend, &w[i], &err);
        good = good && d[i] != NULL;
    }
    good = good && run(d[1], &w[1], divides, &result[1], &err) == VN_EPOLICY;
    for (int i = 0; i < 3 && good; i++)
        good = run(d[i], &w[i], gives_own, &result[i], &err)
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
        struct ed_domain *d = make(backend, &w, &err);
        enum vn_status status = VN_EINVAL;
        uint64_t result = 0;
        unsigned left = 0;

        if (none && (all[i].gate || all[i].code == leaves_segment)) {
            ed_close(d);
            continue; /* it may end this program */
        }
        if (d != NULL)
            status = run(d, &w, all[i].code, &result, &err);
        left = take_state();
        ok(status == VN_OK && (left != 0) == none
               && (!all[i].gate || result == 42),
           "%s: %s that a call leaves %s%s", name, all[i].name,
           none ? "stay" : "are gone", err.text);
        ed_close(d);
    }
}

/* Under `none` it does what it wants: in a process that may be lost. */
static void
control(const struct attack *a)
{
    struct world w = {0};
    struct vn_error err;
    uint64_t result = 0;
    pid_t pid = fork();
    int how;

    if (pid == 0) {
        const struct ed_backend *none;
        struct ed_domain *d;

        alarm(1);
        if (ed_backend_find("none", &none, &err) != VN_OK)
            _exit(3);
        d = make(none, &w, &err);
        if (d == NULL)
            _exit(3);
        run(d, &w, a->code, &result, &err);
        if ((int64_t) result < 0 && a->number == SYS_mprotect)
            _exit(5);
        _exit(ed_violated(d).kind == ED_NONE ? 0 : 4);
    }
    waitpid(pid, &how, 0);
    ok(WIFSIGNALED(how) || WEXITSTATUS(how) == 0,
       "none: %s: nothing stops it%s", a->name,
       WIFSIGNALED(how) ? ", and the program is lost" : "");
}

/* Is the program sealed once something was confined, and not before? */
static void
seals(void)
{
    uintptr_t page = (uintptr_t) functions & ~(uintptr_t) 4095;
    bool sealed =
        mprotect((void *) page, 4096, PROT_READ) != 0 && errno == EPERM;
    void *own =
        mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (syscall(462, own, 4096, 0) != 0) /* mseal */
        ok(true, "the table of rules # SKIP no mseal() in this kernel");
    else
        ok(sealed, "the table of rules is sealed");
}

int
main(void)
{
    size_t n = sizeof attacks / sizeof attacks[0];
    struct vn_error err;

#ifdef VN_COVERAGE
    skip_all("the coverage counters are writes of their own, inside");
#endif
#ifdef __SANITIZE_ADDRESS__
    skip_all("the sanitizer makes system calls of its own, inside");
#endif
    for (size_t k = 0; k < n; k++)
        if ((attacks[k].where & UNDER_NONE) == 0)
            control(&attacks[k]);
    for (int i = 0; ed_backends[i] != NULL; i++) {
        const char *name = ed_backend_name(ed_backends[i]);
        int where = ALL;

        if (ed_backend_probe(ed_backends[i], &err) != VN_OK) {
            ok(true, "%s # SKIP %s", name, err.text);
            continue;
        }
        leave(ed_backends[i]);
        if (strcmp(name, "none") == 0)
            continue;
        if (strcmp(name, "mpk") == 0)
            where |= IN_PROCESS | BY_KEYS;
        if (strcmp(name, "mprotect") == 0)
            where |= IN_PROCESS;
        refuses_all_calls(ed_backends[i]);
        copies_once(ed_backends[i]);
        several(ed_backends[i]);
        for (size_t k = 0; k < n; k++)
            if ((attacks[k].where & where) != 0)
                attack(ed_backends[i], &attacks[k]);
    }
    seals();
    return done_testing();
}
