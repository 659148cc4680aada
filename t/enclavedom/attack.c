/*
 * Attacks from inside a domain, by code that is already there: each is
 * stopped, is told rightly, changes nothing, and the next domain works.
 */
#include "config.h"

#include "t/enclavedom/world.h"
#include "t/tap.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

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

INSIDE static uint64_t
segment_and_fault(uint64_t secret, uint64_t take)
{
    leaves_segment(secret, take);
    return *(volatile uint64_t *) (uintptr_t) 0x1000;
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
    rewrite(world_functions);
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
    return open_and_rewrite(world_functions);
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

static void
attack(const struct ed_backend *backend, const struct attack *a)
{
    const char *name = ed_backend_name(backend);
    struct world w = {.limit_us = a->kind == ED_OVERTIME ? 30000 : 5000000};
    struct vn_error err = {.text = ""};
    struct ed_domain *d = world_open(backend, &w, true, &err);
    struct ed_violation v;
    enum vn_status status;
    uint64_t result;

    if (d == NULL) {
        ok(false, "%s: %s: %s", name, a->name, err.text);
        return;
    }
    current = d;
    status = world_run(d, &w, a->code, &result, &err);
    v = ed_violated(d);
    ok(status == VN_EPOLICY && v.kind != ED_NONE
           && (a->kind == ED_NONE || v.kind == a->kind)
           && (a->kind != ED_SYSCALL || v.number == a->number)
           && *w.secret == WORLD_SECRET && own_data == 7,
       "%s: %s: %s", name, a->name, err.text);
    ok(world_run(d, &w, gives_own, &result, &err) == VN_EPOLICY,
       "%s: and the domain stays closed", name);
    ed_close(d);
    d = world_open(backend, &w, true, &err);
    ok(d != NULL && world_run(d, &w, gives_own, &result, &err) == VN_OK
           && result == 42,
       "%s: and the next one works", name);
    ed_close(d);
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
        d = world_open(none, &w, true, &err);
        if (d == NULL)
            _exit(3);
        current = d;
        world_run(d, &w, a->code, &result, &err);
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
    uintptr_t page = (uintptr_t) world_functions & ~(uintptr_t) 4095;
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
        if (strcmp(name, "none") == 0)
            continue;
        if (strcmp(name, "mpk") == 0)
            where |= IN_PROCESS | BY_KEYS;
        if (strcmp(name, "mprotect") == 0)
            where |= IN_PROCESS;
        for (size_t k = 0; k < n; k++)
            if ((attacks[k].where & where) != 0)
                attack(ed_backends[i], &attacks[k]);
    }
    seals();
    return done_testing();
}
