/*
 * The plug-in in a process of its own.
 *
 * The process is a fork, made when the domain is started, that keeps the
 * regions which some rule lets its functions read (as read-only mappings of
 * the same memory, at the same addresses) or write, and loses the others; see
 * filter.c for what else it loses.  A call is a round trip over one page of
 * shared memory: a number counts requests, another replies; each side looks
 * for a while before it sleeps.
 *
 * Gates run in the child, as functions: what they may touch is what the child
 * may, not what each rule says.  The parent believes nothing that it reads
 * from shared memory: it copies, then checks.
 */
#include "config.h"

#include "enclavedom/backend/backend.h"

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
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    RETRY = 256, /* waits between two long looks */
    KEPT_BYTES = 32 << 20,
    LOOKS = 1500,     /* before sleeping; about 30 us */
    NAP_US = 20000,   /* between looking whether the child lives */
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

static void
wake(_Atomic uint32_t *word)
{
    syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

/* Wait until *word is not `old`, for a while; is it not? */
static bool
await(_Atomic uint32_t *word, uint32_t old, _Atomic uint32_t *sleeps,
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
answer(struct ed_ring *ring)
{
    atomic_fetch_add(&ring->reply, 1);
    if (atomic_load(&ring->parent_sleeps))
        wake(&ring->reply);
}

void
ed_child_end(const struct ed_violation *v)
{
    own_ring->violation = *v;
    answer(own_ring);
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

static void __attribute__((__noreturn__)) give_up(int step)
{
    ed_child_end(&(struct ed_violation){.kind = ED_DIED,
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

static void __attribute__((__noreturn__))
child_main(struct ed_domain *d, pid_t parent)
{
    struct ed_ring *ring = d->ring;
    struct ed_patience patience = {0, 0};
    uint32_t seen = 0, rights = union_of_rules(d);
    int step;

    own_ring = ring;
    ed_monitor = (struct ed_monitor){
        .domain = d, .gate = (void *) (uintptr_t) ed_gate_plain};
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
        give_up(5);
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
    answer(ring);
    for (;;) {
        uint64_t result, args[ED_ARGS_MAX];

        while (
            !await(&ring->request, seen, &ring->child_sleeps, NULL, &patience))
            ;
        seen = atomic_load(&ring->request);
        memcpy(args, ring->args, sizeof args);
        ed_monitor.state = ED_INSIDE;
        result =
            ed_switch(d->stack, (const void *) (uintptr_t) ring->code, args);
        ed_monitor.state = ED_OUTSIDE;
        ring->result = result;
        answer(ring);
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

/* Wait for reply number `old` + 1; d->live->violation says why there is none.
 */
static void
await_reply(struct ed_domain *d, uint32_t old, int64_t limit_us)
{
    const struct timespec nap = {0, NAP_US * 1000L};
    int64_t end = 0;
    int how;

    while (!await(&d->ring->reply, old, &d->ring->parent_sleeps, &nap,
                  &d->live->patience)) {
        int64_t now = now_us();

        if (end == 0)
            end = now + limit_us;
        if (waitpid(d->live->child, &how, WNOHANG) == d->live->child) {
            d->live->violation = obituary(d, how);
            return;
        }
        if (now > end) {
            d->live->violation = (struct ed_violation){
                .kind = ED_OVERTIME, .function = -1, .region = -1};
            end_child(d);
            return;
        }
    }
    if (d->ring->violation.kind != ED_NONE) {
        d->live->violation = confession(d);
        end_child(d);
    }
}

static enum vn_status
process_start(struct ed_domain *d, struct vn_error *err)
{
    static const char *const steps[] = {
        "",        "no_new_privs", "Landlock",        "file descriptors",
        "seccomp", "its parent",   "shared mappings", "its code"};
    pid_t parent = getpid();
    void *p = mmap(NULL, ED_PAGE, PROT_READ | PROT_WRITE,
                   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int step;

    if (p == MAP_FAILED)
        return vn_fail(err, VN_EIO, "cannot map a ring: %s", strerror(errno));
    d->ring = p;
    d->live->child = fork();
    if (d->live->child == 0) {
        d->live->child = getpid();
        child_main(d, parent);
    }
    if (d->live->child < 0) {
        d->live->child = 0;
        return vn_fail(err, VN_EIO, "cannot start a process: %s",
                       strerror(errno));
    }
    await_reply(d, 0, 10 * 1000000);
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

static enum vn_status
process_call(struct ed_domain *d, const void *code, const uint64_t *args,
             uint64_t *result, struct vn_error *err)
{
    struct ed_ring *ring = d->ring;
    uint32_t old = atomic_load(&ring->reply);

    (void) err;
    ring->code = (uint64_t) (uintptr_t) code;
    memcpy(ring->args, args, sizeof ring->args);
    atomic_fetch_add(&ring->request, 1);
    if (atomic_load(&ring->child_sleeps))
        wake(&ring->request);
    await_reply(d, old, d->config.limit_us);
    *result = ring->result;
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
