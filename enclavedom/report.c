/* What is said of a violation: plug-in, function, region, address, access. */
#include "config.h"

#include "enclavedom/backend/backend.h"

#include <inttypes.h>
#include <string.h>

/* Of x86-64; those that plug-ins are known to try. */
static const char *
call_name(int number)
{
    static const struct {
        int number;
        const char *name;
    } names[] = {{0, "read"},
                 {1, "write"},
                 {2, "open"},
                 {9, "mmap"},
                 {10, "mprotect"},
                 {11, "munmap"},
                 {12, "brk"},
                 {13, "rt_sigaction"},
                 {14, "rt_sigprocmask"},
                 {15, "rt_sigreturn"},
                 {25, "mremap"},
                 {28, "madvise"},
                 {39, "getpid"},
                 {41, "socket"},
                 {56, "clone"},
                 {57, "fork"},
                 {58, "vfork"},
                 {59, "execve"},
                 {60, "exit"},
                 {62, "kill"},
                 {101, "ptrace"},
                 {131, "sigaltstack"},
                 {157, "prctl"},
                 {158, "arch_prctl"},
                 {231, "exit_group"},
                 {234, "tgkill"},
                 {257, "openat"},
                 {310, "process_vm_readv"},
                 {311, "process_vm_writev"},
                 {329, "pkey_mprotect"},
                 {330, "pkey_alloc"},
                 {425, "io_uring_setup"},
                 {435, "clone3"}};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].number == number)
            return names[i].name;
    return NULL;
}

static void
say_access(const struct ed_domain *d, const struct ed_violation *v, char *text,
           size_t size)
{
    const char *how = v->run ? "ran" : (v->write ? "wrote" : "read");

    if (v->region > ED_PLUGIN)
        snprintf(text, size, "%s region '%s' at 0x%" PRIxPTR "%s", how,
                 d->regions[v->region].name, v->address,
                 v->function >= 0 ? ", which its rule does not allow" : "");
    else if (v->region == ED_PLUGIN)
        snprintf(text, size,
                 "%s its own code or data at 0x%" PRIxPTR
                 " against its protection",
                 how, v->address);
    else
        snprintf(text, size, "%s memory that is not its own at 0x%" PRIxPTR,
                 how, v->address);
}

static void
say(const struct ed_domain *d, const struct ed_violation *v, char *text,
    size_t size)
{
    const char *name;

    switch (v->kind) {
    case ED_ACCESS:
        say_access(d, v, text, size);
        break;
    case ED_SYSCALL:
        name = call_name(v->number);
        if (name != NULL)
            snprintf(text, size, "tried the system call %s", name);
        else
            snprintf(text, size, "tried system call %d", v->number);
        break;
    case ED_OVERTIME:
        snprintf(text, size, "did not return within %.3g s",
                 (double) d->config.limit_us / 1e6);
        break;
    case ED_OVERFLOW:
        snprintf(text, size, "used up its stack of %zu KiB",
                 d->stack_bytes >> 10);
        break;
    case ED_EXHAUSTED:
        snprintf(text, size, "used up its memory");
        break;
    case ED_EXITED:
        if (v->number == -1)
            snprintf(text, size, "called abort()");
        else
            snprintf(text, size, "called exit(%d)", v->number);
        break;
    case ED_TRAPPED:
        snprintf(text, size, "was stopped by signal %d (%s) at 0x%" PRIxPTR,
                 v->number, strsignal(v->number), v->address);
        break;
    case ED_DIED:
        snprintf(text, size, "its process ended by itself%s%s",
                 v->number != 0 ? ": " : "",
                 v->number != 0 ? strsignal(v->number) : "");
        break;
    case ED_ARGUMENT:
        snprintf(text, size, "gave 0x%" PRIxPTR ", which is not its own",
                 v->address);
        break;
    case ED_FORGED:
        snprintf(text, size, "answered what it was not asked");
        break;
    case ED_NONE:
        snprintf(text, size, "did nothing wrong");
        break;
    }
}

enum vn_status
ed_report(const struct ed_domain *d, struct vn_error *err)
{
    const struct ed_violation *v = &d->live->violation;
    const char *whose = v->own ? "; by its own account" : "";
    char text[200];

    say(d, v, text, sizeof text);
    if (v->function >= 0)
        return vn_fail(err, VN_EPOLICY, "%s: in %s: %s (stopped by %s%s)",
                       d->name, d->config.functions[v->function].name, text,
                       d->backend->name, whose);
    return vn_fail(err, VN_EPOLICY, "%s: %s (stopped by %s%s)", d->name, text,
                   d->backend->name, whose);
}
