/*
 * Faults, system calls and time, while a plug-in is inside.
 *
 * System calls are refused by the kernel's own dispatch (PR_SET_SYSCALL_USER_
 * DISPATCH): between entering the plug-in and leaving it, but for the gates
 * that it calls, no system call is made at all, from no code, whatever was
 * jumped to; so there is no list of calls to keep right.  The byte that says
 * so lies in the monitor's page.
 *
 * Handlers run on a stack of their own, with no key but 0, and leave by
 * siglongjmp() to ed_call(), which sets the keys again itself.
 */
#include "config.h"

#include "enclavedom/backend/backend.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif
#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1U << 31)
#endif
#ifndef SYS_USER_DISPATCH
#define SYS_USER_DISPATCH 2
#endif

enum {
    NSIGNALS = 7,
    NEAR_NULL = 65536,
    FRAME_MAX = 1 << 30
};

static const int signals[NSIGNALS] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE,
                                      SIGTRAP, SIGSYS, SIGALRM};
static struct sigaction former[NSIGNALS];
static pthread_mutex_t once = PTHREAD_MUTEX_INITIALIZER;
static bool opened;
static _Thread_local unsigned char *own_stack;
static _Thread_local bool dispatching;
static _Thread_local timer_t timer;
static _Thread_local int64_t timer_until_us; /* it goes off */

/* The guard is as large as the stack; a frame may be larger: then the stack
 * pointer is below the stack, and what was touched above it. */
static bool
is_overflow(const struct ed_domain *d, uintptr_t address, uintptr_t pointer)
{
    uintptr_t low = (uintptr_t) d->stack - d->stack_bytes;

    if (address >= low)
        return false;
    return address >= low - d->stack_bytes
           || (pointer < low && low - pointer < FRAME_MAX
               && address + ED_PAGE >= pointer);
}

/* What a signal means for the plug-in that is inside. */
struct ed_violation
ed_fault(const struct ed_domain *d, int signal, const void *info_,
         const void *context)
{
    const siginfo_t *info = info_;
    const greg_t *regs = ((const ucontext_t *) context)->uc_mcontext.gregs;
    const struct ed_heap *heap = (const void *) d->regions[ED_PLUGIN].base;
    struct ed_violation v = {.kind = ED_TRAPPED,
                             .function = d->live->function,
                             .region = -1,
                             .address = (uintptr_t) regs[REG_RIP],
                             .number = signal};

    if (signal == SIGSYS) {
        v.kind = ED_SYSCALL;
        v.number = info->si_syscall;
    } else if (signal == SIGALRM) {
        v.kind = ED_OVERTIME;
        v.number = 0;
    } else if (signal == SIGSEGV || signal == SIGBUS) {
        v.kind = ED_ACCESS;
        v.address = (uintptr_t) info->si_addr;
        v.write = (regs[REG_ERR] & 2) != 0;
        v.run = (regs[REG_ERR] & 16) != 0;
        v.region = ed_region_at(d, v.address);
        v.keyed = signal == SIGSEGV && info->si_code == SEGV_PKUERR;
        v.number = v.keyed ? (int) info->si_pkey : signal;
        if (is_overflow(d, v.address, (uintptr_t) regs[REG_RSP]))
            v.kind = ED_OVERFLOW;
    }
    if ((signal == SIGILL || (v.kind == ED_ACCESS && v.address < NEAR_NULL))
        && d->live->function < 0 && heap->hint != ED_HINT_NONE) {
        v.kind = heap->hint == ED_HINT_EXHAUSTED ? ED_EXHAUSTED : ED_EXITED;
        v.number = heap->hint == ED_HINT_ABORT ? -1 : heap->status;
    }
    return v;
}

static void
pass_on(int signal, siginfo_t *info, void *context)
{
    for (int i = 0; i < NSIGNALS; i++)
        if (signals[i] == signal) {
            if ((former[i].sa_flags & SA_SIGINFO) != 0)
                former[i].sa_sigaction(signal, info, context);
            else if (former[i].sa_handler != SIG_DFL
                     && former[i].sa_handler != SIG_IGN)
                former[i].sa_handler(signal);
            else if (signal != SIGALRM || info->si_code != SI_TIMER) {
                sigaction(signal, &former[i], NULL); /* and is fatal now */
                if (info->si_code <= 0 || signal == SIGALRM)
                    raise(signal);
            }
        }
}

/* The kernel leaves alignment checks as the plug-in set them. */
ED_UNINSTRUMENTED static void
clear_flags(void)
{
    __asm__ volatile("lea -128(%%rsp), %%rsp\n\tpush $2\n\tpopf\n\t"
                     "lea 128(%%rsp), %%rsp"
                     :
                     :
                     : "cc", "memory");
}

ED_UNINSTRUMENTED void
ed_caught(int signal, siginfo_t *info, void *context)
{
    struct ed_domain *d = ed_monitor.domain;
    bool mine = ed_monitor.end != NULL
                || (ed_own_thread != 0 && ed_monitor.thread == ed_own_thread);
    char selector;

    clear_flags();
    selector = ed_selector;
    ed_selector = 0;
    if (!mine || d == NULL || ed_monitor.state == ED_OUTSIDE) {
        ed_selector = selector;
        pass_on(signal, info, context);
        return;
    }
    if (signal == SIGALRM && ed_monitor.state == ED_GATED) {
        ed_monitor.late = 1; /* ed_dispatch() looks, once it is done */
        return;
    }
    if (ed_monitor.keyed) {
        ed_monitor.now_pkru = 0;
        ed_set_pkru(0);
    }
    ed_monitor.violation = ed_fault(d, signal, info, context);
    if (ed_monitor.end != NULL)
        ed_monitor.end(&ed_monitor.violation);
    siglongjmp(d->live->recover, 1);
}

static void
install(struct sigaction *old)
{
    struct sigaction action = {.sa_sigaction = ed_handler,
                               .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER
                                           | SA_RESTART};

    for (int i = 0; i < NSIGNALS; i++)
        sigaction(signals[i], &action, old == NULL ? NULL : &old[i]);
}

void
ed_signals_open(void)
{
    pthread_mutex_lock(&once);
    if (!opened)
        install(former);
    opened = true;
    pthread_mutex_unlock(&once);
}

/* The kernel takes it for a stack that is in use where the stack pointer lies
 * in it, which the plug-in chooses, and then goes on below that; but not one
 * that is disarmed by its first use (SS_AUTODISARM). */
bool
ed_signals_arm(void)
{
    const stack_t stack = {.ss_sp = own_stack,
                           .ss_size = ED_SIGNAL_STACK,
                           .ss_flags = (int) SS_AUTODISARM};

    return sigaltstack(&stack, NULL) == 0;
}

static enum vn_status
own_a_stack(struct vn_error *err)
{
    if (own_stack != NULL)
        return VN_OK;
    own_stack = mmap(NULL, ED_SIGNAL_STACK, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (own_stack == MAP_FAILED || !ed_signals_arm())
        return vn_fail(err, VN_EUNSUP, "cannot set a stack for signals: %s",
                       strerror(errno));
    return VN_OK;
}

/* The kernel says whether WRFSBASE may be used: bit 1 of AT_HWCAP2. */
void
ed_signals_enter(void)
{
    bool may = (getauxval(AT_HWCAP2) & 2) != 0;

    ed_monitor.thread_pointer = may ? __builtin_thread_pointer() : NULL;
    ed_monitor.signal_stack = own_stack;
    ed_monitor.vectors = __builtin_cpu_supports("avx512f") ? ED_AVX512
                         : __builtin_cpu_supports("avx")   ? ED_AVX
                                                           : ED_SSE;
}

void
ed_signals_child(void)
{
    own_stack = NULL;
    own_a_stack(NULL);
    ed_signals_enter();
    install(NULL);
}

/*
 * The kernel notes the processor of a thread in its rseq area, with the
 * thread's own rights, whenever it is preempted or gets a signal, and kills
 * it where it cannot: so a thread that gives up writing to key 0 gives up the
 * area as well, and the C library asks the kernel instead.
 */
void
ed_leave_rseq(void)
{
    struct rseq *area =
        (void *) ((char *) __builtin_thread_pointer() + __rseq_offset);

    if (__rseq_size == 0 || (int) area->cpu_id < 0)
        return;
    for (unsigned bytes = 32; bytes <= 64; bytes += 32)
        if (syscall(SYS_rseq, area, bytes, RSEQ_FLAG_UNREGISTER, RSEQ_SIG)
            == 0) {
            area->cpu_id = (uint32_t) RSEQ_CPU_ID_REGISTRATION_FAILED;
            return;
        }
}

enum vn_status
ed_signals_thread(struct vn_error *err)
{
    struct sigevent event = {.sigev_notify = SIGEV_THREAD_ID,
                             .sigev_signo = SIGALRM};
    enum vn_status status;

    if (dispatching)
        return VN_OK;
    status = own_a_stack(err);
    if (status != VN_OK)
        return status;
    event._sigev_un._tid = ed_own_thread;
    if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0)
        return vn_fail(err, VN_EUNSUP, "cannot make a timer: %s",
                       strerror(errno));
    if (prctl(PR_SET_SYSCALL_USER_DISPATCH, 1, 0, 0, &ed_selector) != 0)
        return vn_fail(err, VN_EUNSUP,
                       "system calls cannot be dispatched (Linux 5.11): %s",
                       strerror(errno));
    ed_leave_rseq();
    dispatching = true;
    return VN_OK;
}

/*
 * A timer that goes off between one and two limits from now; set again only
 * where it would go off earlier, so that a call seldom costs a system call.
 */
void
ed_signals_limit(int64_t limit_us)
{
    struct timespec t;
    struct itimerspec spec = {.it_interval = {0, 0}};
    int64_t now_us;

    clock_gettime(CLOCK_MONOTONIC, &t);
    now_us = (int64_t) t.tv_sec * 1000000 + t.tv_nsec / 1000;
    if (timer_until_us >= now_us + limit_us
        && timer_until_us <= now_us + 2 * limit_us)
        return;
    timer_until_us = now_us + 2 * limit_us;
    spec.it_value.tv_sec = timer_until_us / 1000000;
    spec.it_value.tv_nsec = timer_until_us % 1000000 * 1000;
    timer_settime(timer, TIMER_ABSTIME, &spec, NULL);
}
