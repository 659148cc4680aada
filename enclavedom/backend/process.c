/*
 * The plug-in in a process of its own.
 *
 * The process is a fork, made when the domain is started, that keeps the
 * regions which some rule lets its functions read (as read-only mappings of
 * the same memory, at the same addresses) or write, and loses the others; see
 * filter.c for what else it loses, and the memory of all other domains.  A
 * call is a round trip over one page of shared memory: each request has a
 * number that cannot be foreseen, and its reply the same; each side looks for
 * a while before it sleeps.
 *
 * The plug-in may write that page as well as the child's own code may.  A
 * reply counts only where it bears the number of the request that is open; any
 * other, at any time, ends the plug-in.  One that answers by itself and does
 * not return has its time counted: the processor time of the child is to be
 * spent in calls.
 *
 * Gates run in the child, as functions: what they may touch is what the child
 * may, not what each rule says.  The parent believes nothing that it reads
 * from shared memory: it copies, then checks.
 */
#include "config.h"

#include "enclavedom/backend/backend.h"

#include "base/rng.h"

#include <errno.h>
#include <fcntl.h>
#include <immintrin.h>
#include <limits.h>
#include <linux/futex.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    RETRY = 256, /* waits between two long looks */
    KEPT_BYTES = 32 << 20,
    LOOKS = 1500,     /* before sleeping; about 30 us */
    NAP_US = 20000,   /* between looking whether the child lives */
    LOOK_US = 1000,   /* well above what looking after a call takes */
    SAMPLES = 8,      /* of such times, in a limit */
    SETUP_STEPS = 100 /* a violation's number from there: a failed step */
};

struct ed_ring {
    _Atomic uint32_t request;
    _Atomic uint32_t reply;
    _Atomic uint32_t child_sleeps;
    _Atomic uint32_t parent_sleeps;
    uint64_t code;
    uint64_t args[ED_ARGS_MAX];
    uint64_t result;
    struct ed_violation violation;
};

/* The child's own, in the child. */
static struct ed_ring *own_ring;

void
ed_wake(_Atomic uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* Wait until *word is not `old`, for a while; is it not? */
bool
ed_await(_Atomic uint32_t *word, uint32_t old, _Atomic uint32_t *sleeps,
         const struct timespec *nap, struct ed_patience *patience)
{
    if (patience->waits++ % RETRY == 0)
        patience->looks = LOOKS;
    for (int i = 0; i < patience->looks; i++) {
        if (atomic_load_explicit(word, memory_order_acquire) != old)
            return true;
        _mm_pause();
    }
    patience->looks /= 2;
    atomic_store(sleeps, 1);
    if (atomic_load(word) == old)
        syscall(SYS_futex, word, FUTEX_WAIT, old, nap, NULL, 0);
    atomic_store(sleeps, 0);
    return atomic_load_explicit(word, memory_order_acquire) != old;
}

static void
answer(struct ed_ring *ring, uint32_t number)
{
    atomic_store(&ring->reply, number);
    if (atomic_load(&ring->parent_sleeps))
        ed_wake(&ring->reply);
}

/* In the child: pass a violation on and end. */
static void __attribute__((__noreturn__))
end_here(const struct ed_violation *v)
{
    own_ring->violation = *v;
    answer(own_ring, atomic_load(&own_ring->request));
    for (;;)
        syscall(SYS_exit_group, 1);
}

/* The rights that any function has. */
static uint32_t
union_of_rules(const struct ed_domain *d)
{
    uint32_t rights = 0;

    for (int i = 0; i < d->config.nfunctions; i++)
        rights |= d->config.functions[i].rights;
    return rights;
}

static bool
keep_region(const struct ed_region *r, uint32_t right)
{
    char path[40];
    int fd;
    void *p;

    if (right == 3)
        return true;
    if (right == 0)
        return mmap(r->base, r->bytes, PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE,
                    -1, 0)
               != MAP_FAILED;
    /* A mapping of a descriptor that only reads can never be made to write. */
    snprintf(path, sizeof path, "/proc/self/fd/%d", r->fd);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    p = mmap(r->base, r->bytes, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0);
    close(fd);
    return p != MAP_FAILED;
}

/* The shared memory of other domains; their own pages are copies. */
static bool
lose_others(const struct ed_domain *d)
{
    for (struct ed_domain *o = ed_domains_first(); o != NULL; o = o->next)
        if (o != d
            && ((o->arena != NULL && munmap(o->arena, o->arena_bytes) != 0)
                || (o->ring != NULL && munmap(o->ring, ED_PAGE) != 0)))
            return false;
    return true;
}

static void __attribute__((__noreturn__)) give_up(int step)
{
    end_here(&(struct ed_violation){.kind = ED_DIED,
                                    .number = SETUP_STEPS + step,
                                    .address = (uintptr_t) errno});
}

/* Gates may need memory, and no more is to be had from the kernel soon. */
static void
keep_memory(void)
{
    mallopt(M_MMAP_THRESHOLD, KEPT_BYTES);
    mallopt(M_TRIM_THRESHOLD, INT_MAX);
    free(malloc(KEPT_BYTES - 4096));
}

/* Give up all that the plug-in is not to have. */
static void
settle(struct ed_domain *d)
{
    uint32_t rights = union_of_rules(d);
    int step;

    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != d->live->child)
        give_up(5);
    d->live->child = getpid();
    if (!lose_others(d))
        give_up(6);
    for (int i = ED_PLUGIN + 1; i < d->config.nregions; i++)
        if (!keep_region(&d->regions[i], rights >> (2 * i) & 3))
            give_up(6);
    if (ed_protect_image(d, true, NULL) != VN_OK)
        give_up(7);
    ed_signals_child();
    keep_memory();
    step = ed_confine();
    if (step != 0)
        give_up(step);
}

static void
child_main(void *arg)
{
    struct ed_domain *d = arg;
    struct ed_ring *ring = d->ring;
    struct ed_patience patience = {0, 0};
    uint32_t seen = atomic_load(&ring->request);

    own_ring = ring;
    d->live->seed = 0; /* its own copy: what comes is not to be foreseen */
    ed_monitor =
        (struct ed_monitor){.domain = d,
                            .gate = (void *) (uintptr_t) ed_gate_plain,
                            .end = end_here};
    settle(d);
    answer(ring, seen);
    for (;;) {
        uint64_t result, args[ED_ARGS_MAX];

        while (!ed_await(&ring->request, seen, &ring->child_sleeps, NULL,
                         &patience))
            ;
        seen = atomic_load(&ring->request);
        memcpy(args, ring->args, sizeof args);
        ed_monitor.state = ED_INSIDE;
        result =
            ed_switch(d->stack, (const void *) (uintptr_t) ring->code, args);
        ed_monitor.state = ED_OUTSIDE;
        ring->result = result;
        answer(ring, seen);
    }
}

static int64_t
now_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t) t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* How the child ended, which it has. */
static struct ed_violation
obituary(struct ed_domain *d, int how)
{
    d->live->child = 0;
    return (struct ed_violation){.kind = ED_DIED,
                                 .function = -1,
                                 .region = -1,
                                 .number =
                                     WIFSIGNALED(how) ? WTERMSIG(how) : 0};
}

/* The violation that the child tells of, believed only as far as it may be. */
static struct ed_violation
confession(struct ed_domain *d)
{
    struct ed_violation v = d->ring->violation;

    if ((unsigned) v.kind > ED_ARGUMENT)
        v.kind = ED_DIED;
    v.own = true;
    if (v.function < -1 || v.function >= d->config.nfunctions)
        v.function = -1;
    v.region = v.kind == ED_ACCESS ? ed_region_at(d, v.address) : -1;
    return v;
}

static void
end_child(struct ed_domain *d)
{
    if (d->live->child == 0)
        return;
    kill(d->live->child, SIGKILL);
    while (waitpid(d->live->child, NULL, 0) < 0 && errno == EINTR)
        ;
    d->live->child = 0;
}

static void
stop(struct ed_domain *d, enum ed_kind kind)
{
    d->live->violation =
        (struct ed_violation){.kind = kind, .function = -1, .region = -1};
    end_child(d);
}

/* The number of the next request: not that of the last. */
static uint32_t
next_number(struct ed_live *l)
{
    uint32_t number;

    do
        number = (uint32_t) vn_mix64(l->seed + ++l->asks);
    while (number == l->asked);
    return number;
}

/* Ask for the next; what was answered before is the last reply. */
static uint32_t
ask(struct ed_domain *d)
{
    uint32_t old = d->live->asked;

    d->live->asked = next_number(d->live);
    atomic_store(&d->ring->request, d->live->asked);
    return old;
}

/* Wait for the reply after `old`; d->live->violation says why there is none.
 */
static void
await_reply(struct ed_domain *d, uint32_t old, int64_t limit_us)
{
    const struct timespec nap = {0, NAP_US * 1000L};
    int64_t end = 0;
    int how;

    while (!ed_await(&d->ring->reply, old, &d->ring->parent_sleeps, &nap,
                     &d->live->patience)) {
        int64_t now = now_us();

        if (end == 0)
            end = now + limit_us;
        if (waitpid(d->live->child, &how, WNOHANG) == d->live->child) {
            d->live->violation = obituary(d, how);
            return;
        }
        if (now > end) {
            stop(d, ED_OVERTIME);
            return;
        }
    }
    if (atomic_load(&d->ring->reply) != d->live->asked)
        stop(d, ED_FORGED);
    else if (d->ring->violation.kind != ED_NONE) {
        d->live->violation = confession(d);
        end_child(d);
    }
}

/* The processor time that the child has used. */
static int64_t
child_us(pid_t child)
{
    struct timespec t = {0, 0};
    clockid_t clock;

    if (clock_getcpuclockid(child, &clock) == 0)
        clock_gettime(clock, &t);
    return (int64_t) t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static enum vn_status
process_start(struct ed_domain *d, struct vn_error *err)
{
    static const char *const steps[] = {
        "",        "no_new_privs", "Landlock",        "file descriptors",
        "seccomp", "its parent",   "shared mappings", "its code"};
    void *p = mmap(NULL, ED_PAGE, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    uint32_t old;
    int step;

    if (p == MAP_FAILED)
        return vn_fail(err, VN_EIO, "cannot map a ring: %s", strerror(errno));
    d->ring = p;
    if (getrandom(&d->live->seed, sizeof d->live->seed, 0) < 0)
        return vn_fail(err, VN_EIO, "no random numbers: %s", strerror(errno));
    old = ask(d);
    d->live->child = getpid(); /* the child's parent, as the child reads it */
    d->live->child = ed_keeper_fork(child_main, d);
    if (d->live->child < 0) {
        d->live->child = 0;
        return vn_fail(err, VN_EIO, "cannot start a process: %s",
                       strerror(errno));
    }
    await_reply(d, old, 10 * 1000000);
    step = d->live->violation.number - SETUP_STEPS;
    if (d->live->violation.kind == ED_DIED && step > 0 && step < 8)
        return vn_fail(err, VN_EUNSUP,
                       "process: a plug-in cannot be confined here: %s: %s",
                       steps[step],
                       strerror((int) d->live->violation.address));
    return d->live->violation.kind == ED_NONE ? VN_OK : ed_report(d, err);
}

static void
process_close(struct ed_domain *d)
{
    end_child(d);
    if (d->ring != NULL)
        munmap(d->ring, ED_PAGE);
}

/* At times, between two calls: has the child been at work meanwhile?  It looks
 * for the next request for a while, which is far less than what is let go. */
static void
count_time(struct ed_domain *d)
{
    struct ed_live *l = d->live;
    int64_t idle;

    if (!l->sampling)
        return;
    l->sampling = false;
    idle = child_us(l->child) - l->used_us - LOOK_US;
    l->idle_us += idle > 0 ? idle : 0;
    if (l->idle_us > d->config.limit_us)
        stop(d, ED_OVERTIME);
}

static void
begin_to_count(struct ed_domain *d)
{
    struct ed_live *l = d->live;
    int64_t now = now_us();

    if (now - l->read_us < d->config.limit_us / SAMPLES)
        return;
    l->read_us = now;
    l->used_us = child_us(l->child);
    l->sampling = true;
}

static enum vn_status
process_call(struct ed_domain *d, const void *code, const uint64_t *args,
             uint64_t *result, struct vn_error *err)
{
    struct ed_ring *ring = d->ring;
    uint32_t old;

    (void) err;
    count_time(d);
    if (d->live->violation.kind != ED_NONE)
        return VN_OK;
    if (atomic_load(&ring->reply) != d->live->asked) {
        stop(d, ED_FORGED);
        return VN_OK;
    }
    ring->code = (uint64_t) (uintptr_t) code;
    memcpy(ring->args, args, sizeof ring->args);
    old = ask(d);
    if (atomic_load(&ring->child_sleeps))
        ed_wake(&ring->request);
    await_reply(d, old, d->config.limit_us);
    *result = ring->result;
    if (d->live->violation.kind == ED_NONE)
        begin_to_count(d);
    return VN_OK;
}

const struct ed_backend ed_backend_process = {
    .name = "process",
    .summary = "a process with next to no rights: one round trip a call",
    .confines = true,
    .shared = true,
    .start = process_start,
    .close = process_close,
    .call = process_call,
};
