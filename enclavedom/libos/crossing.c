/*
 * Between the program and the library OS, in one process.
 *
 * The kernel sends SIGSYS for every system call of the program, from whatever
 * address (the selector says so, which lies where the program cannot write
 * under mpk).  The handler gives the thread its own FS before any C runs,
 * since FS is the program's, serves the call, and goes back by restoring the
 * registers itself: a return from a signal would be a system call, and is one
 * that nobody may make.
 *
 * The kernel goes on on the stack for signals where the program's stack
 * pointer lies in it already: who leaves too little of it is stopped.
 *
 * Where the kernel has no such dispatch, seccomp sends the signal, for calls
 * from all code but this library's (fence.c); where FS cannot be set without a
 * call, it is set by one.
 *
 * On the way back the vector state is loaded from the signal's frame (XRSTOR),
 * then rights are given up (WRPKRU).  Behind each is a check of the rights
 * that then hold, and what follows takes its pointers from this process's own
 * memory, so that a jump to either gains nothing.
 */
#include "config.h"

#include "enclavedom/libos/inner.h"

#include <errno.h>
#include <linux/audit.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif

enum {
    SECCOMP = 1,       /* si_code: of a filter, */
    USER_DISPATCH = 2, /* and of the dispatch */
    STACK_BYTES = 512 << 10,
    GUARD_BYTES = 64 << 10, /* below it: more than any frame */
    NREGISTERS = 23
};

/* The code below knows these by their offsets. */
struct crossing {
    uint64_t host_fs;               /* 0 */
    uint64_t guest_fs;              /* 8 */
    const void *vectors;            /* 16: to be loaded, or NULL */
    uint64_t vectors_mask;          /* 24: which parts; 0 for FXRSTOR */
    uint32_t keyed;                 /* 32 */
    uint32_t guest_pkru;            /* 36 */
    uint64_t registers[NREGISTERS]; /* 40: as in gregs */
    volatile char selector;         /* 224 */
    volatile char came;             /* 225: from the program, this signal */
    volatile bool inside;           /* the program was begun */
    bool serving;                   /* a call of the program */
    uint32_t calls_fs;              /* 228: FS is set by calls */
    unsigned char *stack;           /* 232: for signals, its base */
    bool trapped;                   /* calls come by seccomp */
};

struct crossing os_crossing __attribute__((__aligned__(4096)));
struct os *os_now;

_Static_assert(offsetof(struct crossing, vectors) == 16, "as below");
_Static_assert(offsetof(struct crossing, keyed) == 32, "as below");
_Static_assert(offsetof(struct crossing, guest_pkru) == 36, "as below");
_Static_assert(offsetof(struct crossing, registers) == 40, "as below");
_Static_assert(offsetof(struct crossing, selector) == 224, "as below");
_Static_assert(offsetof(struct crossing, came) == 225, "as below");
_Static_assert(offsetof(struct crossing, calls_fs) == 228, "as below");
_Static_assert(offsetof(struct crossing, stack) == 232, "as below");
_Static_assert(STACK_BYTES == 524288, "as below");
_Static_assert(REG_R8 == 0 && REG_RDI == 8 && REG_RSP == 15 && REG_RIP == 16
                   && REG_EFL == 17,
               "as below");

void os_caught(int signal, siginfo_t *info, void *context);
void os_handler(int signal, siginfo_t *info, void *context);
void os_misplaced(void) __attribute__((__noreturn__));
void os_leave(void) __attribute__((__noreturn__));

#define AT(register) "os_crossing+40+8*" register "(%rip)"
/* clang-format off */
__asm__(
    ".text\n.p2align 4\n"
    ".type os_handler, @function\n"
    ".globl os_crossing_begin, os_crossing_end\n"
    "os_crossing_begin:\n"
    "os_handler:\n"
    "  push $2\n  popf\n"
    "  movzbl os_crossing+224(%rip), %ebx\n"
    "  cmpl $0, os_crossing+228(%rip)\n  jne 3f\n"
    "  rdfsbase %rax\n"
    "  mov os_crossing(%rip), %rcx\n"
    "  wrfsbase %rcx\n"
    "  test %ebx, %ebx\n  je 1f\n"
    "  mov %rax, os_crossing+8(%rip)\n" /* it came from the program */
    "1: mov %bl, os_crossing+225(%rip)\n"
    "  mov %rsp, %rax\n  sub os_crossing+232(%rip), %rax\n"
    "  cmp $262144, %rax\n  jae 2f\n"
    "  mov os_crossing+232(%rip), %rsp\n  add $524280, %rsp\n"
    "  jmp os_misplaced\n"
    "2: jmp os_caught\n"
    /* The same by arch_prctl(). */
    "3: mov %rdi, %r12\n  mov %rsi, %r13\n  mov %rdx, %r14\n"
    "  movb $0, os_crossing+224(%rip)\n"
    "  test %ebx, %ebx\n  je 4f\n"
    "  mov $158, %eax\n  mov $0x1003, %edi\n"
    "  lea os_crossing+8(%rip), %rsi\n  syscall\n"
    "4: mov $158, %eax\n  mov $0x1002, %edi\n"
    "  mov os_crossing(%rip), %rsi\n  syscall\n"
    "  mov %r12, %rdi\n  mov %r13, %rsi\n  mov %r14, %rdx\n"
    "  jmp 1b\n"

    ".p2align 4\n"
    ".type os_leave, @function\n"
    "os_leave:\n"
    "  mov os_crossing+16(%rip), %rsi\n"
    "  test %rsi, %rsi\n  je 2f\n"
    "  mov os_crossing+24(%rip), %eax\n  mov os_crossing+28(%rip), %edx\n"
    "  mov %eax, %ecx\n  or %edx, %ecx\n  je 1f\n"
    "  xrstor64 (%rsi)\n  jmp 3f\n"
    "1: fxrstor64 (%rsi)\n  jmp 3f\n"
    "2: fninit\n"
    "3: cmpl $0, os_crossing+32(%rip)\n  je 4f\n"
    "  xor %ecx, %ecx\n  rdpkru\n  test %eax, %eax\n  jne 9f\n"
    "4: mov os_crossing+8(%rip), %rax\n"
    "  cmpl $0, os_crossing+228(%rip)\n  jne 6f\n"
    "  wrfsbase %rax\n  jmp 7f\n"
    "6: mov %rax, %rsi\n  mov $158, %eax\n  mov $0x1002, %edi\n"
    "  syscall\n"
    "7: movb $1, os_crossing+224(%rip)\n"
    "  mov " AT("0") ", %r8\n  mov " AT("1") ", %r9\n"
    "  mov " AT("2") ", %r10\n  mov " AT("4") ", %r12\n"
    "  mov " AT("5") ", %r13\n  mov " AT("6") ", %r14\n"
    "  mov " AT("7") ", %r15\n  mov " AT("8") ", %rdi\n"
    "  mov " AT("9") ", %rsi\n  mov " AT("10") ", %rbp\n"
    "  mov " AT("11") ", %rbx\n  mov " AT("15") ", %rsp\n"
    "  cmpl $0, os_crossing+32(%rip)\n  je 5f\n"
    "  xor %ecx, %ecx\n  xor %edx, %edx\n"
    "  mov os_crossing+36(%rip), %eax\n"
    "  wrpkru\n"
    "  cmp os_crossing+36(%rip), %eax\n  jne 9f\n"
    "5: mov " AT("12") ", %rdx\n  mov " AT("13") ", %rax\n"
    "  mov " AT("17") ", %r11\n  mov " AT("16") ", %rcx\n"
    "  jmp *%rcx\n"
    "9: ud2\n"
    "os_crossing_end:\n");
/* clang-format on */

uint64_t
os_get_fs_here(void)
{
    return os_crossing.guest_fs;
}

void
os_set_fs_here(uint64_t value)
{
    os_crossing.guest_fs = value;
}

bool
os_try_copy(void *to, const void *from, size_t bytes)
{
    struct os *os = os_now;

    if (sigsetjmp(os->recover, 0) != 0) {
        os->copying = false;
        return false;
    }
    os->copying = true;
    __asm__ volatile("" ::: "memory");
    memcpy(to, from, bytes);
    __asm__ volatile("" ::: "memory");
    os->copying = false;
    return true;
}

uint64_t
os_serve(struct os *os, uint64_t number, const uint64_t *args)
{
    const struct ed_backend *b = os->domain->backend;
    uint64_t all[OS_CALL_ARGS + 1], value;
    int row = os_call_row(number);
    uint32_t rights = os_calls[row].rights;

    memcpy(all, args, OS_CALL_ARGS * sizeof *all);
    all[OS_CALL_ARGS] = number;
    os->calls++;
    os->domain->live->function = row;
    if (b->grant != NULL)
        b->grant(os->domain, rights);
    value = os_calls[row].run(os, all);
    if (b->revoke != NULL)
        b->revoke(os->domain);
    os->domain->live->function = -1;
    return value;
}

void
os_stop(struct os *os, const char *why)
{
    snprintf(os->why, sizeof os->why, "%s", why);
    siglongjmp(os->end, 1);
}

void
os_end(struct os *os, int status)
{
    os->status = status;
    os->ended = true;
    siglongjmp(os->end, 1);
}

/* The vector state of a signal's frame: all that the kernel wrote but rights.
 */
static void
keep_vectors(const ucontext_t *context)
{
    const struct _libc_fpstate *fp = context->uc_mcontext.fpregs;
    uint32_t magic;
    uint64_t mask;

    memcpy(&magic, (const char *) fp + 464, sizeof magic);
    memcpy(&mask, (const char *) fp + 464 + 8, sizeof mask);
    os_crossing.vectors = fp;
    os_crossing.vectors_mask =
        magic == 0x46505853 ? mask & ~(UINT64_C(1) << 9) : 0;
}

static void
serve_call(struct os *os, const ucontext_t *context)
{
    uint64_t *r = os_crossing.registers;
    uint64_t args[OS_CALL_ARGS];

    memcpy(r, context->uc_mcontext.gregs, sizeof os_crossing.registers);
    args[0] = r[REG_RDI];
    args[1] = r[REG_RSI];
    args[2] = r[REG_RDX];
    args[3] = r[REG_R10];
    args[4] = r[REG_R8];
    args[5] = r[REG_R9];
    keep_vectors(context);
    os_crossing.serving = true;
    r[REG_RAX] = os->serve(os, r[REG_RAX], args);
    os_crossing.serving = false;
    os_leave();
}

/* Is it a call of the program's? */
static bool
is_call(int signal, const siginfo_t *info)
{
    return signal == SIGSYS && info->si_arch == AUDIT_ARCH_X86_64
           && !os_crossing.serving
           && (os_crossing.trapped
                   ? info->si_code == SECCOMP && os_crossing.came
                   : info->si_code == USER_DISPATCH);
}

/* Not the program's fault: there is nobody to go back to. */
static void __attribute__((__noreturn__)) end_process(int signal)
{
    static const char text[] = "enclavedom: a fault of the library's own\n";

    if (write(2, text, sizeof text - 1) < 0)
        _exit(127);
    _exit(128 + signal);
}

static void __attribute__((__noreturn__))
stop_for(struct os *os, const struct ed_violation *violation)
{
    os->violation = *violation;
    os->violated = true;
    if (os->stopped != NULL)
        os->stopped(&os->violation);
    siglongjmp(os->end, 1);
}

void
os_misplaced(void)
{
    os_crossing.selector = 0;
    if (os_crossing.keyed) {
        ed_monitor.now_pkru = 0;
        ed_set_pkru(0);
    }
    if (!os_crossing.inside)
        end_process(SIGSEGV);
    stop_for(os_now, &(struct ed_violation){
                         .kind = ED_OVERFLOW, .function = -1, .region = -1});
}

void
os_caught(int signal, siginfo_t *info, void *context)
{
    struct os *os = os_now;
    struct ed_violation violation;

    os_crossing.selector = 0;
    if (os_crossing.keyed) {
        ed_monitor.now_pkru = 0;
        ed_set_pkru(0);
    }
    if (os->copying) {
        if (os_crossing.keyed && os->domain->live->function >= 0)
            os->domain->backend->grant(
                os->domain, os_calls[os->domain->live->function].rights);
        siglongjmp(os->recover, 1);
    }
    if (!os_crossing.inside)
        end_process(signal);
    if (is_call(signal, info))
        serve_call(os, context);
    violation = ed_fault(os->domain, signal, info, context);
    stop_for(os, &violation);
}

static const int signals[] = {SIGSEGV, SIGBUS,  SIGILL,
                              SIGFPE,  SIGTRAP, SIGSYS};
enum {
    NSIGNALS = sizeof signals / sizeof signals[0]
};

/* Its stack for signals, with nothing below it. */
const void *
os_signal_stack(void)
{
    unsigned char *p;

    if (os_crossing.stack != NULL)
        return os_crossing.stack;
    p = mmap(NULL, STACK_BYTES + GUARD_BYTES, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED || mprotect(p, GUARD_BYTES, PROT_NONE) != 0)
        return NULL;
    os_crossing.stack = p + GUARD_BYTES;
    return os_crossing.stack;
}

const void *
os_selector(void)
{
    return (const void *) &os_crossing.selector;
}

static bool
open_stack(void)
{
    const stack_t stack = {.ss_size = STACK_BYTES,
                           .ss_sp = (void *) (uintptr_t) os_signal_stack()};

    return stack.ss_sp != NULL && sigaltstack(&stack, NULL) == 0;
}

static bool
dispatch(bool on)
{
    return prctl(PR_SET_SYSCALL_USER_DISPATCH, on ? 1 : 0, 0, 0,
                 on ? (unsigned long) &os_crossing.selector : 0)
           == 0;
}

/* How calls and FS are taken here; both ways can be had, for tests. */
static enum vn_status
choose_ways(const struct os *os, struct vn_error *err)
{
    bool old = os->config.old_kernel;

    os_crossing.calls_fs = old || (getauxval(AT_HWCAP2) & 2) == 0;
    os_crossing.trapped = old || !dispatch(true);
    if (os_crossing.trapped && (os_crossing.keyed || os->config.bare))
        return vn_fail(err, VN_EUNSUP,
                       "system calls cannot be dispatched (Linux 5.11), "
                       "expected that %s",
                       os_crossing.keyed ? "under mpk"
                                         : "where the process goes on");
    return VN_OK;
}

/* Pages that are read would be pages that are run, unlooked at. */
static enum vn_status
check_personality(struct vn_error *err)
{
    return os_crossing.keyed
                   && (personality(0xffffffff) & READ_IMPLIES_EXEC) != 0
               ? vn_fail(err, VN_EUNSUP,
                         "all memory is executable here (READ_IMPLIES_EXEC), "
                         "expected only code")
               : VN_OK;
}

/* Where the program begins: all registers are 0 but two. */
static void
begin(const struct os *os)
{
    memset(os_crossing.registers, 0, sizeof os_crossing.registers);
    os_crossing.registers[REG_RIP] = os->entry;
    os_crossing.registers[REG_RSP] = os->stack;
    os_crossing.registers[REG_EFL] = 2;
    os_crossing.vectors = NULL;
    os_crossing.guest_fs = 0;
    os_crossing.host_fs = (uint64_t) (uintptr_t) __builtin_thread_pointer();
}

bool
os_is_trapped(void)
{
    return os_crossing.trapped;
}

bool
os_sets_fs_by_calls(void)
{
    return os_crossing.calls_fs != 0;
}

static enum vn_status
fence(struct os *os, struct vn_error *err)
{
    enum vn_status status;

    if (os->fence != NULL)
        return os->fence(os)
                   ? VN_OK
                   : vn_fail(err, VN_EUNSUP, "seccomp: %s", strerror(errno));
    if (os->config.bare)
        return VN_OK;
    if (os_crossing.keyed && !os_disarm_library(&os->disarmed_here))
        return vn_fail(err, VN_EIO,
                       "cannot take away what sets rights here: %s",
                       strerror(errno));
    if (os_crossing.keyed) {
        ed_seal_program();
        ed_seal_regions(os->domain);
    }
    status = os_fence_paths(os, err);
    return status == VN_OK ? os_fence_calls(os, err) : status;
}

/* Into the program, and back at its end. */
static void
run(struct os *os)
{
    const struct ed_backend *b = os->domain->backend;

    if (sigsetjmp(os->end, 0) == 0) {
        if (b->enter != NULL)
            b->enter(os->domain);
        /* A gate that is jumped to finds no stack. */
        ed_monitor.host_stack = NULL;
        os_crossing.guest_pkru = ed_monitor.plugin_pkru;
        os_crossing.inside = true;
        os_leave();
    }
    os_crossing.inside = false;
    if (b->leave != NULL)
        b->leave(os->domain);
}

enum vn_status
os_enter(struct os *os, struct vn_error *err)
{
    struct sigaction action = {.sa_sigaction = os_handler,
                               .sa_flags =
                                   SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    struct sigaction former[NSIGNALS];
    enum vn_status status;

    os_crossing.keyed = os->domain->regions[ED_PLUGIN].key > 0;
    if (!open_stack())
        return vn_fail(err, VN_EUNSUP, "cannot set a stack for signals: %s",
                       strerror(errno));
    for (int i = 0; i < NSIGNALS; i++)
        sigaction(signals[i], &action, &former[i]);
    os_now = os;
    os->copies = true;
    begin(os);
    ed_leave_rseq();
    status = choose_ways(os, err);
    if (status == VN_OK && (status = check_personality(err)) == VN_OK
        && (status = fence(os, err)) == VN_OK)
        run(os);
    os_crossing.serving = false;
    os->copies = false;
    if (os->config.bare) {
        dispatch(false);
        for (int i = 0; i < NSIGNALS; i++)
            sigaction(signals[i], &former[i], NULL);
        sigaltstack(&(stack_t){.ss_flags = SS_DISABLE}, NULL);
        munmap(os_crossing.stack - GUARD_BYTES, STACK_BYTES + GUARD_BYTES);
        os_crossing.stack = NULL;
    }
    return status;
}
