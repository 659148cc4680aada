/*
 * What the process of a plug-in may ask of the kernel: next to nothing.
 *
 * After ed_confine() it has no file descriptor, may open no file (Landlock,
 * where there is one, and no call to do it with), start nothing, change no
 * mapping, and use no more memory than it was given.  Any other call is a
 * SIGSYS, so that the program hears which it was.
 */
#include "config.h"

#include "enclavedom/backend/backend.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static const unsigned allowed[] = {
    SYS_exit_group,    /* its end */
    SYS_clock_gettime, /* where the vDSO has no clock */
    SYS_restart_syscall,
};

/* Of a futex (the ring) only these. */
static const unsigned operations[] = {FUTEX_WAIT, FUTEX_WAKE};

enum {
    NALLOWED = sizeof allowed / sizeof allowed[0],
    NOPERATIONS = sizeof operations / sizeof operations[0]
};

static struct sock_filter
load(size_t offset)
{
    return (struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                         (uint32_t) offset);
}

static struct sock_filter
jump_if(uint32_t value, unsigned yes, unsigned no)
{
    return (struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value,
                                         (unsigned char) yes,
                                         (unsigned char) no);
}

static struct sock_filter
end(uint32_t action)
{
    return (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, action);
}

static bool
filter_calls(void)
{
    const size_t number = offsetof(struct seccomp_data, nr);
    const size_t operation = offsetof(struct seccomp_data, args[1]);
    struct sock_filter code[NALLOWED + NOPERATIONS + 12];
    struct sock_fprog program = {.filter = code};
    unsigned short n = 0;

    code[n++] = load(offsetof(struct seccomp_data, arch));
    code[n++] = jump_if(AUDIT_ARCH_X86_64, 1, 0);
    code[n++] = end(SECCOMP_RET_KILL_PROCESS);
    code[n++] = load(number);
    for (unsigned i = 0; i < NALLOWED; i++)
        code[n++] = jump_if(allowed[i], NALLOWED - i + NOPERATIONS + 4, 0);
    code[n++] = jump_if(SYS_futex, 0, NOPERATIONS + 3);
    code[n++] = load(operation + 4); /* its upper half */
    code[n++] = jump_if(0, 0, NOPERATIONS + 1);
    code[n++] = load(operation);
    for (unsigned i = 0; i < NOPERATIONS; i++)
        code[n++] = jump_if(operations[i], NOPERATIONS - i, 0);
    code[n++] = end(SECCOMP_RET_TRAP);
    code[n++] = end(SECCOMP_RET_ALLOW);
    program.len = n;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

/* No path at all; kernels without Landlock rely on the filter alone. */
static bool
close_files(void)
{
    struct landlock_ruleset_attr all = {
        .handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};
    long fd = syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);

    if (fd < 0)
        return errno == ENOSYS || errno == EOPNOTSUPP;
    return syscall(SYS_landlock_restrict_self, fd, 0) == 0;
}

static bool
limit(int what, rlim_t value)
{
    return setrlimit((__rlimit_resource_t) what,
                     &(struct rlimit){value, value})
           == 0;
}

int
ed_confine(void)
{
    if (prctl(PR_SET_DUMPABLE, 0) != 0
        || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return 1;
    if (!close_files())
        return 2;
    if (syscall(SYS_close_range, 0, ~0U, 0) != 0 || !limit(RLIMIT_NOFILE, 0)
        || !limit(RLIMIT_CORE, 0) || !limit(RLIMIT_FSIZE, 0))
        return 3;
    return filter_calls() ? 0 : 4;
}
