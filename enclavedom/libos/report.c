/* What is said of a program: what it was stopped by, and what it asked for. */
#include "config.h"

#include "enclavedom/libos/inner.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

static const char *const tables[OS_TABLES] = {
    [OS_GUEST] = "program's own", [OS_DESCRIPTORS] = "descriptors",
    [OS_PATHS] = "paths",         [OS_MAP] = "map",
    [OS_PROCESS] = "process",     [OS_ACCOUNTS] = "accounts",
    [OS_PROGRAM] = "program",     [OS_BUFFER] = "buffer"};

const char *
os_table_name(int table)
{
    return tables[table];
}

/* Of calls that are not served, those that programs are known to make. */
#define NAMES(N)                                                              \
    N(socket)                                                                 \
    N(connect)                                                                \
    N(bind)                                                                   \
    N(listen)                                                                 \
    N(sendto)                                                                 \
    N(recvfrom)                                                               \
    N(clone)                                                                  \
    N(clone3)                                                                 \
    N(fork)                                                                   \
    N(vfork)                                                                  \
    N(execve)                                                                 \
    N(execveat) N(wait4) N(kill) N(tgkill) N(ptrace) N(process_vm_readv) N(   \
        process_vm_writev) N(poll) N(select) N(pselect6) N(ppoll)             \
        N(epoll_create1) N(pipe) N(pipe2) N(eventfd2) N(timerfd_create) N(    \
            io_uring_setup) N(userfaultfd) N(pkey_mprotect) N(pkey_alloc)     \
            N(pkey_free) N(memfd_create) N(statx) N(prctl) N(symlink) N(link) \
                N(chmod) N(fchmod) N(chown) N(fchown) N(utimensat) N(statfs)  \
                    N(fstatfs) N(mlock) N(membarrier) N(getgroups) N(setuid)  \
                        N(setgid) N(setsid) N(getpgid) N(setpgid) N(bpf)      \
                            N(seccomp) N(mount) N(unshare) N(copy_file_range) \
                                N(sendfile) N(fadvise64) N(flock) N(alarm)    \
                                    N(setitimer) N(get_robust_list) N(getcpu) \
                                        N(syslog) N(msync) N(mincore)

const char *
os_number_name(int number)
{
    static const struct {
        int number;
        const char *name;
    } names[] = {
#define NAME(name) {SYS_##name, #name},
        NAMES(NAME)};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].number == number)
            return names[i].name;
    return NULL;
}

/* Calls that would reach beyond the program: to others, to other processes,
 * round the library.  What else is not served a program does without. */
#define REACHES(R)                                                         \
    R(socket)                                                              \
    R(clone)                                                               \
    R(clone3)                                                              \
    R(fork)                                                                \
    R(vfork)                                                               \
    R(execve)                                                              \
    R(execveat)                                                            \
    R(kill)                                                                \
    R(tgkill)                                                              \
    R(ptrace) R(process_vm_readv) R(process_vm_writev) R(io_uring_setup)   \
        R(userfaultfd) R(pkey_mprotect) R(pkey_alloc) R(pkey_free) R(bpf)  \
            R(seccomp) R(mount) R(unshare) R(symlink) R(link) R(symlinkat) \
                R(linkat) R(chmod) R(fchmodat) R(chown) R(truncate)

bool
os_reaches_out(uint64_t number)
{
    static const uint64_t all[] = {
#define REACH(name) SYS_##name,
        REACHES(REACH)};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i] == number)
            return true;
    return false;
}

/* Files that a program looks for in vain are no news; the first of those that
 * are there, and that it may not, is kept. */
void
os_refused(struct os *os, enum os_use use, const char *path)
{
    static const char *const what[] = {"see", "read", "write"};
    struct os_accounts *a = os->accounts;
    char text[PATH_MAX + 64];

    snprintf(text, sizeof text, "%s %s", what[use], path);
    if (a->refused++ == 0)
        snprintf(a->first, sizeof a->first, "%s", text);
    if (!os->config.strict || use == OS_SEE)
        return;
    snprintf(text, sizeof text, "may not %s %s", what[use], path);
    os_stop(os, text);
}

static void
report_calls(const struct os *os, FILE *out)
{
    for (int n = 0; n < OS_NUMBERS_MAX; n++) {
        const char *name = os_number_name(n);

        if (os->accounts->unserved[n] == 0)
            continue;
        fprintf(out, "not served: %s%.0d, %llu times\n",
                name != NULL ? name : "call ", name != NULL ? 0 : n,
                (unsigned long long) os->accounts->unserved[n]);
    }
}

enum vn_status
os_report_open(struct os *os, struct vn_error *err)
{
    const char *path = os->config.report;

    if (path == NULL)
        return VN_OK;
    os->report = strcmp(path, "-") == 0 ? stderr : fopen(path, "we");
    return os->report != NULL
               ? VN_OK
               : vn_fail(err, VN_EIO, "%s: %s", path, strerror(errno));
}

enum vn_status
os_report(struct os *os, struct vn_error *err)
{
    const struct os_accounts *a = os->accounts;
    FILE *out = os->report;

    if (out == NULL)
        return VN_OK;
    fprintf(out, "program: %s\ncalls: %llu\n", os->program->path,
            (unsigned long long) os->calls);
    fprintf(out, "refused: %llu%s%s\n", (unsigned long long) a->refused,
            a->refused > 0 ? ", the first to " : "", a->first);
    if (os->disarmed > 0)
        fprintf(out, "disarmed: %d instructions that set rights\n",
                os->disarmed);
    report_calls(os, out);
    fprintf(out, "memory: %llu KiB\n",
            (unsigned long long) (os->map->bytes >> 10));
    if (out != stderr && fclose(out) != 0)
        return vn_fail(err, VN_EIO, "%s: %s", os->config.report,
                       strerror(errno));
    return VN_OK;
}
