/*
 * The program in a process of its own, the tables in this one: where there are
 * no protection keys.
 *
 * The process is a fork that has lost the tables, all descriptors and nearly
 * all calls; its system calls are dispatched to its handler as they are where
 * both share a process, and come here over one page of shared memory.  This
 * side serves them, reaches the program's memory by process_vm_readv() and
 * process_vm_writev(), and asks the other to map and unmap its own.  What
 * comes over the page is believed in nothing.
 */
#include "config.h"

#include "enclavedom/libos/inner.h"

#include "base/rng.h"

#include <asm/prctl.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum kind {
    CALL,    /* from the program */
    DONE,    /* what was to be done is done */
    STOPPED, /* by a fault */
    DO,      /* to the program's process: make this call */
    RETURN   /* let the program go on */
};

struct ring {
    _Atomic uint32_t said, heard; /* by the program's process, and by this */
    _Atomic uint32_t child_sleeps, parent_sleeps;
    int kind;
    uint64_t number;
    uint64_t args[OS_CALL_ARGS];
    uint64_t value;
    struct ed_violation violation;
};

static struct {
    struct ring *ring;
    struct ed_patience patience;
    pid_t child;
    uint32_t seen;
} remote;

/* In the program's process. */

static void
say_and_wait(struct ring *r, int kind)
{
    uint32_t old = atomic_load(&r->heard);

    r->kind = kind;
    atomic_fetch_add(&r->said, 1);
    if (atomic_load(&r->parent_sleeps))
        ed_wake(&r->said);
    while (!ed_await(&r->heard, old, &r->child_sleeps, NULL, &remote.patience))
        continue;
}

static uint64_t
do_here(uint64_t number, const uint64_t *a)
{
    long value;

    if (number == SYS_arch_prctl) {
        if (a[0] == ARCH_SET_FS)
            os_set_fs_here(a[1]);
        return os_get_fs_here();
    }
    value = syscall((long) number, a[0], a[1], a[2], a[3], a[4], a[5]);
    return (uint64_t) (value == -1 ? -errno : value);
}

static uint64_t
forward(struct os *os, uint64_t number, const uint64_t *args)
{
    struct ring *r = remote.ring;
    uint64_t all[OS_CALL_ARGS];

    (void) os;
    r->number = number;
    memcpy(r->args, args, sizeof r->args);
    say_and_wait(r, CALL);
    while (r->kind == DO) {
        memcpy(all, r->args, sizeof all);
        r->value = do_here(r->number, all);
        say_and_wait(r, DONE);
    }
    return r->value;
}

/* Of mmap() only memory of its own. */
static bool
fence_child(const struct os *os)
{
    static const unsigned calls[] = {SYS_munmap, SYS_mprotect, SYS_mremap,
                                     SYS_madvise, SYS_exit_group};
    enum {
        N = sizeof calls / sizeof calls[0]
    };
    struct sock_filter code[2 * N + OS_PREFIX_MAX + 16];
    struct sock_fprog program = {.filter = code};
    unsigned short n = os_fence_prefix(code, true);

    (void) os;
#define LOAD(offset)     \
    (struct sock_filter) \
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t) (offset))
#define JUMP(how, k, yes, no)                                         \
    (struct sock_filter)                                              \
        BPF_JUMP(BPF_JMP | (how) | BPF_K, (k), (unsigned char) (yes), \
                 (unsigned char) (no))
#define END(action) (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, (action))
    for (unsigned i = 0; i < N; i++) {
        code[n++] = JUMP(BPF_JEQ, calls[i], 0, 1);
        code[n++] = END(SECCOMP_RET_ALLOW);
    }
    if (os_sets_fs_by_calls()) {
        code[n++] = JUMP(BPF_JEQ, SYS_arch_prctl, 0, 1);
        code[n++] = END(SECCOMP_RET_ALLOW);
    }
    code[n++] = JUMP(BPF_JEQ, SYS_futex, 0, 5);
    code[n++] = LOAD(offsetof(struct seccomp_data, args[1]));
    code[n++] = JUMP(BPF_JEQ, FUTEX_WAIT, 1, 0);
    code[n++] = JUMP(BPF_JEQ, FUTEX_WAKE, 0, 1);
    code[n++] = END(SECCOMP_RET_ALLOW);
    code[n++] = END(SECCOMP_RET_TRAP);
    code[n++] = JUMP(BPF_JEQ, SYS_mmap, 0, 3);
    code[n++] = LOAD(offsetof(struct seccomp_data, args[3]));
    code[n++] = JUMP(BPF_JSET, MAP_ANONYMOUS, 0, 1);
    code[n++] = END(SECCOMP_RET_ALLOW);
    code[n++] = END(SECCOMP_RET_TRAP);
#undef LOAD
#undef JUMP
#undef END
    program.len = n;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0
           && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* What was here of the tables is a copy; it goes too. */
static bool
lose_tables(struct os *os)
{
    for (int i = OS_DESCRIPTORS; i < OS_TABLES; i++) {
        struct ed_region *r = &os->domain->regions[i];

        if (mmap(r->base, r->bytes, PROT_NONE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE, -1,
                 0)
            == MAP_FAILED)
            return false;
    }
    return true;
}

static void __attribute__((__noreturn__))
end_here(const struct ed_violation *v)
{
    remote.ring->violation = *v;
    remote.ring->kind = STOPPED;
    atomic_fetch_add(&remote.ring->said, 1);
    ed_wake(&remote.ring->said);
    for (;;)
        syscall(SYS_exit_group, 1);
}

/* The program can call mmap() itself, round what is counted here: with what it
 * has already, no more than this in all; 0 where that is not known. */
static uint64_t
most_memory(const struct os *os)
{
    FILE *f = fopen("/proc/self/statm", "re");
    unsigned long pages = 0;

    if (f != NULL) {
        if (fscanf(f, "%lu", &pages) != 1)
            pages = 0;
        fclose(f);
    }
    return pages == 0
               ? 0
               : (uint64_t) pages * ED_PAGE + os->map->most - os->map->bytes;
}

static bool
limit_memory(const struct os *os, uint64_t most)
{
    return os->map->most == 0
           || (most > 0
               && setrlimit(RLIMIT_AS, &(struct rlimit){most, most}) == 0);
}

static void __attribute__((__noreturn__))
child_main(struct os *os, pid_t parent, uint64_t most)
{
    struct vn_error err;

    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && getppid() == parent
        && limit_memory(os, most) && lose_tables(os)
        && syscall(SYS_close_range, 0, ~0U, 0) == 0
        && setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}) == 0) {
        os->serve = forward;
        os->fence = fence_child;
        os->stopped = end_here;
        os_enter(os, &err);
    }
    end_here(&(struct ed_violation){
        .kind = ED_DIED, .function = -1, .region = -1, .number = 0});
}

/* In this one. */

static void
answer(int kind)
{
    struct ring *r = remote.ring;

    r->kind = kind;
    atomic_fetch_add(&r->heard, 1);
    if (atomic_load(&r->child_sleeps))
        ed_wake(&r->heard);
}

static void __attribute__((__noreturn__))
give_up(struct os *os, const struct ed_violation *v)
{
    os->violation = *v;
    os->violated = true;
    siglongjmp(os->end, 1);
}

/* Wait for what it says; its end is an end of ours. */
static int
hear(struct os *os)
{
    const struct timespec nap = {0, 20000000};
    struct ring *r = remote.ring;
    struct ed_violation v = {.kind = ED_DIED, .function = -1, .region = -1};
    int how;

    while (!ed_await(&r->said, remote.seen, &r->parent_sleeps, &nap,
                     &remote.patience))
        if (waitpid(remote.child, &how, WNOHANG) == remote.child) {
            remote.child = 0;
            v.number = WIFSIGNALED(how) ? WTERMSIG(how) : 0;
            give_up(os, &v);
        }
    remote.seen = atomic_load(&r->said);
    if (r->kind == STOPPED) {
        v = r->violation;
        if ((unsigned) v.kind > ED_ARGUMENT)
            v.kind = ED_DIED;
        v.function = -1;
        v.region =
            v.kind == ED_ACCESS ? ed_region_at(os->domain, v.address) : -1;
        v.own = true;
        give_up(os, &v);
    }
    return r->kind;
}

static long
call_there(long number, const uint64_t *args)
{
    struct ring *r = remote.ring;
    uint64_t value;

    r->number = (uint64_t) number;
    memcpy(r->args, args, sizeof r->args);
    answer(DO);
    if (hear(os_now) != DONE)
        return -EIO;
    value = r->value;
    /* An address of a program's, a small result, or an error. */
    return value < (uint64_t) 1 << 47 || value > (uint64_t) -4096
               ? (long) value
               : -EIO;
}

static uint64_t
get_fs_there(void)
{
    return (uint64_t) call_there(SYS_arch_prctl,
                                 (uint64_t[OS_CALL_ARGS]){ARCH_GET_FS});
}

static void
set_fs_there(uint64_t value)
{
    call_there(SYS_arch_prctl, (uint64_t[OS_CALL_ARGS]){ARCH_SET_FS, value});
}

static bool
read_there(void *to, uint64_t from, size_t bytes)
{
    struct iovec here = {to, bytes},
                 there = {(void *) (uintptr_t) from, bytes};

    return bytes == 0
           || process_vm_readv(remote.child, &here, 1, &there, 1, 0)
                  == (ssize_t) bytes;
}

static bool
write_there(uint64_t to, const void *from, size_t bytes)
{
    struct iovec here = {(void *) (uintptr_t) from, bytes},
                 there = {(void *) (uintptr_t) to, bytes};

    return bytes == 0
           || process_vm_writev(remote.child, &here, 1, &there, 1, 0)
                  == (ssize_t) bytes;
}

static const struct os_guest guest_there = {.read = read_there,
                                            .write = write_there,
                                            .call = call_there,
                                            .get_fs = get_fs_there,
                                            .set_fs = set_fs_there};

static void __attribute__((__noreturn__)) serve_all(struct os *os)
{
    struct ring *r = remote.ring;

    for (;;) {
        uint64_t number, args[OS_CALL_ARGS], value;

        if (hear(os) != CALL)
            give_up(os, &(struct ed_violation){
                            .kind = ED_FORGED, .function = -1, .region = -1});
        number = r->number;
        memcpy(args, r->args, sizeof args);
        value = os_serve(os, number, args);
        r->value = value;
        answer(RETURN);
    }
}

static void
serve_to_end(struct os *os)
{
    if (sigsetjmp(os->end, 0) == 0)
        serve_all(os);
}

enum vn_status
os_enter_remote(struct os *os, struct vn_error *err)
{
    enum vn_status status = VN_OK;
    uint64_t most = most_memory(os);
    pid_t parent = getpid();

    remote.ring = mmap(NULL, ED_PAGE, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    remote.seen = 0;
    if (remote.ring == MAP_FAILED)
        return vn_fail(err, VN_EIO, "cannot map a ring: %s", strerror(errno));
    fflush(NULL);
    os->remote = true;
    /* Before the fork: who is fenced in reaches only who is, too. */
    if (!os->config.bare)
        status = os_fence_paths(os, err);
    if (status != VN_OK)
        return status;
    remote.child = fork();
    if (remote.child == 0)
        child_main(os, parent, most);
    if (remote.child < 0)
        return vn_fail(err, VN_EIO, "cannot start a process: %s",
                       strerror(errno));
    os->guest = &guest_there;
    if (!os->config.bare)
        status = os_fence_calls(os, err);
    if (status == VN_OK)
        serve_to_end(os);
    if (remote.child > 0) {
        kill(remote.child, SIGKILL);
        while (waitpid(remote.child, NULL, 0) < 0 && errno == EINTR)
            continue;
    }
    munmap(remote.ring, ED_PAGE);
    os->guest = &os_guest_here;
    return status;
}
