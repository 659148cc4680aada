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
static const struct {
    int number;
    const char *name;
} names[] = {
    {SYS_socket, "socket"},
    {SYS_connect, "connect"},
    {SYS_bind, "bind"},
    {SYS_listen, "listen"},
    {SYS_sendto, "sendto"},
    {SYS_recvfrom, "recvfrom"},
    {SYS_clone, "clone"},
    {SYS_clone3, "clone3"},
    {SYS_fork, "fork"},
    {SYS_vfork, "vfork"},
    {SYS_execve, "execve"},
    {SYS_execveat, "execveat"},
    {SYS_wait4, "wait4"},
    {SYS_kill, "kill"},
    {SYS_tgkill, "tgkill"},
    {SYS_ptrace, "ptrace"},
    {SYS_process_vm_readv, "process_vm_readv"},
    {SYS_process_vm_writev, "process_vm_writev"},
    {SYS_poll, "poll"},
    {SYS_select, "select"},
    {SYS_pselect6, "pselect6"},
    {SYS_ppoll, "ppoll"},
    {SYS_epoll_create1, "epoll_create1"},
    {SYS_pipe, "pipe"},
    {SYS_pipe2, "pipe2"},
    {SYS_eventfd2, "eventfd2"},
    {SYS_timerfd_create, "timerfd_create"},
    {SYS_io_uring_setup, "io_uring_setup"},
    {SYS_userfaultfd, "userfaultfd"},
    {SYS_pkey_mprotect, "pkey_mprotect"},
    {SYS_pkey_alloc, "pkey_alloc"},
    {SYS_pkey_free, "pkey_free"},
    {SYS_memfd_create, "memfd_create"},
    {SYS_statx, "statx"},
    {SYS_prctl, "prctl"},
    {SYS_symlink, "symlink"},
    {SYS_link, "link"},
    {SYS_chmod, "chmod"},
    {SYS_fchmod, "fchmod"},
    {SYS_chown, "chown"},
    {SYS_fchown, "fchown"},
    {SYS_utimensat, "utimensat"},
    {SYS_statfs, "statfs"},
    {SYS_fstatfs, "fstatfs"},
    {SYS_mlock, "mlock"},
    {SYS_membarrier, "membarrier"},
    {SYS_getgroups, "getgroups"},
    {SYS_setuid, "setuid"},
    {SYS_setgid, "setgid"},
    {SYS_setsid, "setsid"},
    {SYS_getpgid, "getpgid"},
    {SYS_setpgid, "setpgid"},
    {SYS_bpf, "bpf"},
    {SYS_seccomp, "seccomp"},
    {SYS_mount, "mount"},
    {SYS_unshare, "unshare"},
    {SYS_copy_file_range, "copy_file_range"},
    {SYS_sendfile, "sendfile"},
    {SYS_fadvise64, "fadvise64"},
    {SYS_flock, "flock"},
    {SYS_alarm, "alarm"},
    {SYS_setitimer, "setitimer"},
    {SYS_get_robust_list, "get_robust_list"},
    {SYS_getcpu, "getcpu"},
    {SYS_syslog, "syslog"},
    {SYS_msync, "msync"},
    {SYS_mincore, "mincore"},
};

const char *
os_number_name(int number)
{
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].number == number)
            return names[i].name;
    return NULL;
}

/* Calls that would reach beyond the program: to others, to other processes,
 * round the library.  What else is not served a program does without. */
bool
os_reaches_out(uint64_t number)
{
    static const uint64_t all[] = {
        SYS_socket,
        SYS_clone,
        SYS_clone3,
        SYS_fork,
        SYS_vfork,
        SYS_execve,
        SYS_execveat,
        SYS_kill,
        SYS_tgkill,
        SYS_ptrace,
        SYS_process_vm_readv,
        SYS_process_vm_writev,
        SYS_io_uring_setup,
        SYS_userfaultfd,
        SYS_pkey_mprotect,
        SYS_pkey_alloc,
        SYS_pkey_free,
        SYS_bpf,
        SYS_seccomp,
        SYS_mount,
        SYS_unshare,
        SYS_symlink,
        SYS_link,
        SYS_symlinkat,
        SYS_linkat,
        SYS_chmod,
        SYS_fchmodat,
        SYS_chown,
        SYS_truncate,
    };

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i] == number)
            return true;
    return false;
}

/* A name is the program's: it is not to speak to a terminal, nor to begin a
 * line of a report. */
static void
make_plain(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char) *text < ' ' || *text == 127)
            *text = '?';
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
    make_plain(text);
    if (a->refused++ == 0)
        snprintf(a->first, sizeof a->first, "%s", text);
    if (!os->config.strict || use == OS_SEE)
        return;
    snprintf(text, sizeof text, "may not %s %s", what[use], path);
    make_plain(text);
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
    if (os->disarmed + os->disarmed_here > 0)
        fprintf(out,
                "disarmed: %d instructions that set rights, %d of this "
                "process\n",
                os->disarmed, os->disarmed_here);
    report_calls(os, out);
    fprintf(out, "memory: %llu KiB\n",
            (unsigned long long) (os->map->bytes >> 10));
    if (out != stderr && fclose(out) != 0)
        return vn_fail(err, VN_EIO, "%s: %s", os->config.report,
                       strerror(errno));
    return VN_OK;
}
