/*
 * What lies below the library OS: the kernel's own refusals, for good.  They
 * know neither descriptors nor tables, but hold whatever the program gets
 * around above: Landlock the paths, seccomp the calls that the library makes
 * for anybody.  A process, a socket, a trace, a ring, a key: never.
 */
#include "config.h"

#include "enclavedom/libos/inner.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

#define OF_FILES                                                  \
    (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE \
     | LANDLOCK_ACCESS_FS_TRUNCATE | LANDLOCK_ACCESS_FS_EXECUTE)
#define TO_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define TO_WRITE                                                           \
    (TO_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_TRUNCATE \
     | LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE      \
     | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG           \
     | LANDLOCK_ACCESS_FS_REFER)

static bool
allow(int ruleset, const char *path, uint64_t rights, uint64_t handled)
{
    struct landlock_path_beneath_attr rule = {
        .parent_fd = open(path, O_PATH | O_CLOEXEC)};
    struct stat st;
    bool good = rule.parent_fd >= 0 && fstat(rule.parent_fd, &st) == 0;

    if (good) {
        rule.allowed_access = rights & handled;
        if (!S_ISDIR(st.st_mode))
            rule.allowed_access &= OF_FILES;
        good = syscall(SYS_landlock_add_rule, ruleset,
                       LANDLOCK_RULE_PATH_BENEATH, &rule, 0)
               == 0;
    }
    if (rule.parent_fd >= 0)
        close(rule.parent_fd);
    return good;
}

/* Kernels without Landlock rely on the library's own checks. */
static bool
fence_paths(const struct os *os)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0,
                           LANDLOCK_CREATE_RULESET_VERSION);
    struct landlock_ruleset_attr all = {
        .handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};
    bool good = true;
    long fd;

    if (version < 1)
        return errno == ENOSYS || errno == EOPNOTSUPP;
    if (version >= 2)
        all.handled_access_fs |= LANDLOCK_ACCESS_FS_REFER;
    if (version >= 3)
        all.handled_access_fs |= LANDLOCK_ACCESS_FS_TRUNCATE;
    fd = syscall(SYS_landlock_create_ruleset, &all, sizeof all, 0);
    if (fd < 0)
        return false;
    for (int i = 0; i < os->paths->nroots && good; i++)
        good = allow((int) fd, os->paths->roots[i].path,
                     os->paths->roots[i].write ? TO_WRITE : TO_READ,
                     all.handled_access_fs);
    good = good && syscall(SYS_landlock_restrict_self, fd, 0) == 0;
    close((int) fd);
    return good;
}

/* All that the library asks of the kernel, for itself or for the program; last
 * what it does where there are keys, or where the program is elsewhere. */
static const unsigned calls[] = {SYS_read,       SYS_write,
                                 SYS_pread64,    SYS_pwrite64,
                                 SYS_lseek,      SYS_fsync,
                                 SYS_fdatasync,  SYS_ftruncate,
                                 SYS_fstat,      SYS_newfstatat,
                                 SYS_getdents64, SYS_fcntl,
                                 SYS_close,      SYS_open,
                                 SYS_openat,     SYS_readlink,
                                 SYS_readlinkat, SYS_unlinkat,
                                 SYS_mkdirat,    SYS_renameat,
                                 SYS_renameat2,  SYS_faccessat,
                                 SYS_faccessat2, SYS_mmap,
                                 SYS_munmap,     SYS_mprotect,
                                 SYS_mremap,     SYS_madvise,
                                 SYS_brk,        SYS_clock_gettime,
                                 SYS_getrandom,  SYS_exit,
                                 SYS_exit_group, SYS_clock_nanosleep,
                                 SYS_futex,      SYS_restart_syscall,
                                 SYS_fstatfs};
static const unsigned keyed_calls[] = {SYS_pkey_mprotect};
static const unsigned remote_calls[] = {
    SYS_process_vm_readv, SYS_process_vm_writev, SYS_wait4, SYS_kill};

enum {
    NCALLS = sizeof calls / sizeof calls[0],
    NKEYED = sizeof keyed_calls / sizeof keyed_calls[0],
    NREMOTE = sizeof remote_calls / sizeof remote_calls[0]
};

static struct sock_filter
load(size_t offset)
{
    return (struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                                         (uint32_t) offset);
}

static struct sock_filter
jump(unsigned short how, uint64_t k, unsigned yes, unsigned no)
{
    return (struct sock_filter) BPF_JUMP(
        (unsigned short) (BPF_JMP | BPF_K | how), (uint32_t) k,
        (unsigned char) yes, (unsigned char) no);
}

static struct sock_filter
end(uint32_t action)
{
    return (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, action);
}

static unsigned short
add(struct sock_filter *code, const unsigned *numbers, unsigned n)
{
    unsigned short k = 0;

    for (unsigned i = 0; i < n; i++) {
        code[k++] = jump(BPF_JEQ, numbers[i], 0, 1);
        code[k++] = end(SECCOMP_RET_ALLOW);
    }
    return k;
}

/* Go on `over` instructions behind these where the call comes from text that
 * has one upper half. */
static unsigned short
from_text(struct sock_filter *code, uint64_t from, uint64_t to, unsigned over)
{
    const size_t at = offsetof(struct seccomp_data, instruction_pointer);

    code[0] = load(at + 4);
    code[1] = jump(BPF_JEQ, from >> 32, 0, 3);
    code[2] = load(at);
    code[3] = jump(BPF_JGE, from, 0, 1);
    code[4] = jump(BPF_JGE, to, 0, over);
    return 5;
}

enum {
    TEXTS_MAX = 4
};

unsigned short
os_fence_prefix(struct sock_filter *code, bool guest)
{
    struct os_text texts[2 * TEXTS_MAX];
    unsigned short n = 0;
    int ntexts =
        guest && os_is_trapped() ? os_library_text(texts, TEXTS_MAX) : 0;

    code[n++] = load(offsetof(struct seccomp_data, arch));
    code[n++] = jump(BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0);
    code[n++] = end(SECCOMP_RET_TRAP);
    for (int i = 0, all = ntexts; i < all; i++) { /* cut at upper halves */
        uint64_t cut = texts[i].to & ~UINT64_C(0xffffffff);

        if (cut <= texts[i].from || cut == texts[i].to)
            continue;
        texts[ntexts++] = (struct os_text){cut, texts[i].to};
        texts[i].to = cut - 1;
    }
    for (int i = 0; i < ntexts; i++)
        n += from_text(code + n, texts[i].from, texts[i].to,
                       (unsigned) (5 * (ntexts - i - 1) + 1));
    if (ntexts > 0)
        code[n++] = end(SECCOMP_RET_TRAP);
    code[n++] = load(offsetof(struct seccomp_data, nr));
    return n;
}

/* A return from a signal would set any rights that a frame names. */
static bool
fence_calls(const struct os *os)
{
    struct sock_filter
        code[2 * (NCALLS + NKEYED + NREMOTE) + OS_PREFIX_MAX + 4];
    struct sock_fprog program = {.filter = code};
    unsigned short n = os_fence_prefix(code, !os->remote);

    n += add(code + n, calls, NCALLS);
    if (os->domain->regions[ED_PLUGIN].key > 0)
        n += add(code + n, keyed_calls, NKEYED);
    if (os->remote)
        n += add(code + n, remote_calls, NREMOTE);
    if (os_sets_fs_by_calls())
        n += add(code + n, (unsigned[]){SYS_arch_prctl}, 1);
    code[n++] = end(SECCOMP_RET_TRAP);
    program.len = n;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

enum vn_status
os_fence_paths(const struct os *os, struct vn_error *err)
{
    if ((!os->remote && prctl(PR_SET_DUMPABLE, 0) != 0)
        || setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}) != 0
        || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return vn_fail(err, VN_EUNSUP, "no_new_privs: %s", strerror(errno));
    if (!fence_paths(os))
        return vn_fail(err, VN_EUNSUP, "Landlock: %s", strerror(errno));
    return VN_OK;
}

enum vn_status
os_fence_calls(const struct os *os, struct vn_error *err)
{
    return fence_calls(os)
               ? VN_OK
               : vn_fail(err, VN_EUNSUP, "seccomp: %s", strerror(errno));
}
