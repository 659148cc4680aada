/* The process that the program believes to be: one thread, of nobody's. */
#include "config.h"

#include "enclavedom/libos/inner.h"

#include "base/rng.h"

#include <asm/prctl.h>
#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/utsname.h>
#include <time.h>

enum {
    ID = 1000, /* of user and group */
    PID = 1000,
    SIGNALS = 64
};

#define VIRTUAL_START (INT64_C(946684800) * 1000000000) /* 2000-01-01 */

#define CONSTANT(name, value)                        \
    uint64_t os_##name(void *arg, const uint64_t *a) \
    {                                                \
        (void) arg, (void) a;                        \
        return (uint64_t) (value);                   \
    }

CONSTANT(getpid, PID)
CONSTANT(gettid, PID)
CONSTANT(getpgrp, PID)
CONSTANT(set_tid_address, PID)
CONSTANT(getppid, 1)
CONSTANT(getuid, ID)
CONSTANT(geteuid, ID)
CONSTANT(getgid, ID)
CONSTANT(getegid, ID)
CONSTANT(umask, 022)
CONSTANT(set_robust_list, 0)
CONSTANT(sched_yield, 0)
CONSTANT(rseq, -ENOSYS)

uint64_t
os_arch_prctl(void *arg, const uint64_t *a)
{
    struct os *os = arg;
    uint64_t value;

    if (a[0] == ARCH_SET_FS) {
        if (a[1] >= (uint64_t) 1 << 47)
            return (uint64_t) -EPERM;
        os->guest->set_fs(a[1]);
        return 0;
    }
    if (a[0] == ARCH_GET_FS) {
        value = os->guest->get_fs();
        return (uint64_t) os_give(os, a[1], &value, sizeof value);
    }
    return (uint64_t) -EINVAL;
}

uint64_t
os_sched_getaffinity(void *arg, const uint64_t *a)
{
    uint64_t one = 1;

    if (a[1] < sizeof one)
        return (uint64_t) -EINVAL;
    return os_give(arg, a[2], &one, sizeof one) != 0 ? (uint64_t) -EFAULT
                                                     : sizeof one;
}

uint64_t
os_prlimit64(void *arg, const uint64_t *a)
{
    struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};

    if (a[0] != 0 && a[0] != PID)
        return (uint64_t) -ESRCH;
    if (a[2] != 0)
        return (uint64_t) -EPERM;
    if (a[1] == RLIMIT_STACK)
        limit.rlim_cur = 8 << 20;
    else if (a[1] == RLIMIT_NOFILE)
        limit.rlim_cur = limit.rlim_max = OS_DESCRIPTORS_MAX;
    return (uint64_t) (a[3] == 0 ? 0
                                 : os_give(arg, a[3], &limit, sizeof limit));
}

uint64_t
os_getrusage(void *arg, const uint64_t *a)
{
    struct rusage usage;

    memset(&usage, 0, sizeof usage);
    return (uint64_t) os_give(arg, a[1], &usage, sizeof usage);
}

uint64_t
os_times(void *arg, const uint64_t *a)
{
    struct tms none = {0, 0, 0, 0};

    return (uint64_t) (a[0] == 0 ? 0 : os_give(arg, a[0], &none, sizeof none));
}

/* Kept, and never acted on: nothing here sends the program a signal. */
uint64_t
os_rt_sigaction(void *arg, const uint64_t *a)
{
    struct os *os = arg;
    uint64_t new[4], *own;

    if (a[0] < 1 || a[0] > SIGNALS || a[3] != 8)
        return (uint64_t) -EINVAL;
    own = os->process->actions[a[0]];
    if (a[1] != 0 && os_take(os, new, a[1], sizeof new) != 0)
        return (uint64_t) -EFAULT;
    if (a[2] != 0
        && os_give(os, a[2], own, sizeof os->process->actions[0]) != 0)
        return (uint64_t) -EFAULT;
    if (a[1] != 0)
        memcpy(own, new, sizeof new);
    return 0;
}

uint64_t
os_rt_sigprocmask(void *arg, const uint64_t *a)
{
    struct os *os = arg;
    uint64_t set = 0, old = os->process->mask;

    if (a[3] != 8 || (a[1] != 0 && a[0] > 2))
        return (uint64_t) -EINVAL;
    if (a[1] != 0 && os_take(os, &set, a[1], sizeof set) != 0)
        return (uint64_t) -EFAULT;
    if (a[2] != 0 && os_give(os, a[2], &old, sizeof old) != 0)
        return (uint64_t) -EFAULT;
    if (a[1] != 0)
        os->process->mask = a[0] == 0   ? old | set
                            : a[0] == 1 ? old & ~set
                                        : set;
    return 0;
}

/* No signal was sent, so there is none to return from: a forged frame. */
uint64_t
os_rt_sigreturn(void *arg, const uint64_t *a)
{
    (void) a;
    os_stop(arg, "returned from a signal that was not sent");
}

uint64_t
os_sigaltstack(void *arg, const uint64_t *a)
{
    const struct {
        uint64_t sp;
        int32_t flags, unused;
        uint64_t size;
    } none = {0, 2 /* SS_DISABLE */, 0, 0};

    return (uint64_t) (a[1] == 0 ? 0 : os_give(arg, a[1], &none, sizeof none));
}

uint64_t
os_uname(void *arg, const uint64_t *a)
{
    struct utsname name;

    memset(&name, 0, sizeof name);
    strcpy(name.sysname, "Linux");
    strcpy(name.nodename, "libos");
    strcpy(name.release, "6.1.0");
    strcpy(name.version, "EnclaveDom");
    strcpy(name.machine, "x86_64");
    return (uint64_t) os_give(arg, a[0], &name, sizeof name);
}

uint64_t
os_sysinfo(void *arg, const uint64_t *a)
{
    struct sysinfo info;

    memset(&info, 0, sizeof info);
    info.totalram = info.freeram = (uint64_t) 1 << 30;
    info.mem_unit = 1;
    info.procs = 1;
    return (uint64_t) os_give(arg, a[0], &info, sizeof info);
}

static int64_t
now_ns(struct os *os, uint64_t clock)
{
    struct timespec t;

    if (os->process->virtual_time) {
        os->process->now_ns += 1000;
        return (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE
                    ? VIRTUAL_START
                    : 0)
               + (int64_t) os->process->now_ns;
    }
    if (clock_gettime((clockid_t) clock, &t) != 0)
        return -1;
    return (int64_t) t.tv_sec * 1000000000 + t.tv_nsec;
}

uint64_t
os_clock_gettime(void *arg, const uint64_t *a)
{
    int64_t now = a[0] > 11 ? -1 : now_ns(arg, a[0]);
    struct timespec t = {now / 1000000000, now % 1000000000};

    return now < 0 ? (uint64_t) -EINVAL
                   : (uint64_t) os_give(arg, a[1], &t, sizeof t);
}

uint64_t
os_clock_getres(void *arg, const uint64_t *a)
{
    struct timespec t = {0, 1};

    if (a[0] > 11)
        return (uint64_t) -EINVAL;
    return (uint64_t) (a[1] == 0 ? 0 : os_give(arg, a[1], &t, sizeof t));
}

uint64_t
os_gettimeofday(void *arg, const uint64_t *a)
{
    int64_t now = now_ns(arg, CLOCK_REALTIME);
    struct timeval t = {now / 1000000000, now / 1000 % 1000000};

    return (uint64_t) (a[0] == 0 ? 0 : os_give(arg, a[0], &t, sizeof t));
}

uint64_t
os_time(void *arg, const uint64_t *a)
{
    int64_t seconds = now_ns(arg, CLOCK_REALTIME) / 1000000000;

    if (a[0] != 0 && os_give(arg, a[0], &seconds, sizeof seconds) != 0)
        return (uint64_t) -EFAULT;
    return (uint64_t) seconds;
}

/* In virtual time a sleep is over at once, and took its time. */
static uint64_t
sleep_for(struct os *os, uint64_t clock, int flags, uint64_t from)
{
    struct timespec t;
    int64_t until;

    if (os_take(os, &t, from, sizeof t) != 0)
        return (uint64_t) -EFAULT;
    if (t.tv_sec < 0 || t.tv_sec > INT64_C(4000000000) || t.tv_nsec < 0
        || t.tv_nsec > 999999999)
        return (uint64_t) -EINVAL;
    if (!os->process->virtual_time)
        return (uint64_t) -clock_nanosleep((clockid_t) clock, flags, &t, NULL);
    until = t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
    if ((flags & TIMER_ABSTIME) == 0)
        until += (int64_t) os->process->now_ns;
    else if (clock == CLOCK_REALTIME)
        until -= VIRTUAL_START;
    if (until > (int64_t) os->process->now_ns)
        os->process->now_ns = (uint64_t) until;
    return 0;
}

uint64_t
os_nanosleep(void *arg, const uint64_t *a)
{
    return sleep_for(arg, CLOCK_MONOTONIC, 0, a[0]);
}

uint64_t
os_clock_nanosleep(void *arg, const uint64_t *a)
{
    return a[0] > 1 ? (uint64_t) -EINVAL
                    : sleep_for(arg, a[0], (int) a[1], a[2]);
}

uint64_t
os_getrandom(void *arg, const uint64_t *a)
{
    struct os *os = arg;
    struct os_process *p = os->process;
    size_t n = a[1] < OS_BUFFER_BYTES ? a[1] : (size_t) OS_BUFFER_BYTES;
    unsigned char *bytes = os->buffer->bytes;

    if (!p->seeded) {
        if (getrandom(bytes, n, 0) != (ssize_t) n)
            return (uint64_t) -EAGAIN;
    } else
        for (size_t i = 0; i < n; i++)
            bytes[i] =
                (unsigned char) vn_mix64(vn_mix64(p->seed) + p->drawn++);
    return os_give(os, a[0], bytes, n) != 0 ? (uint64_t) -EFAULT : n;
}

uint64_t
os_exit(void *arg, const uint64_t *a)
{
    (void) arg;
    os_end(os_now, (int) a[0] & 0xff);
}

uint64_t
os_exit_group(void *arg, const uint64_t *a)
{
    return os_exit(arg, a);
}
