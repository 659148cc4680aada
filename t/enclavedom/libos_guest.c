/*
 * A program that is run under the library OS by its tests.  It is told where
 * the tables are (ENCLAVEDOM_TABLES), and is what an application may be:
 *
 *     touch read|write TABLE     its own code touches a table
 *     call NAME TABLE            a system call is given a pointer into it, or
 *                                its address to change
 *
 * It ends with 0 where it got what it wanted, and with 7 where a call was
 * refused.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    REFUSED = 7
};

static volatile uint64_t *
find_table(const char *name)
{
    const char *at = getenv("ENCLAVEDOM_TABLES");
    size_t n = strlen(name);

    for (; at != NULL && *at != '\0'; at = strchr(at, ',') + 1)
        if (strncmp(at, name, n) == 0 && at[n] == ':')
            return (void *) (uintptr_t) strtoull(at + n + 1, NULL, 16);
    exit(3);
}

static long
kernel(long number, long a, long b, long c, long d, long e, long f)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
                       "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

/* T is the table's address, P that of its page, O memory of its own, S a path
 * of its own. */
enum word {
    ZERO,
    T,
    P,
    O,
    S,
    FD,
    AT_CWD,
    N8,
    N64,
    PAGE,
    RW,
    FIXED,
    ONE,
    MINUS
};

static const struct attempt {
    const char *name;
    long number;
    enum word args[6];
} attempts[] = {
    {"read", SYS_read, {FD, T, N64}},
    {"write", SYS_write, {ONE, T, N64}},
    {"readv", SYS_readv, {FD, T, ONE}},
    {"readv-inner", SYS_readv, {FD, O, ONE}}, /* O names T */
    {"writev", SYS_writev, {ONE, T, ONE}},
    {"writev-inner", SYS_writev, {ONE, O, ONE}},
    {"pread64", SYS_pread64, {FD, T, N64, ZERO}},
    {"pwrite64", SYS_pwrite64, {ONE, T, N64, ZERO}},
    {"fstat", SYS_fstat, {FD, T}},
    {"getdents64", SYS_getdents64, {FD, T, N64}},
    {"open", SYS_open, {T, ZERO}},
    {"openat", SYS_openat, {AT_CWD, T, ZERO}},
    {"stat", SYS_stat, {S, T}},
    {"stat-path", SYS_stat, {T, O}},
    {"lstat", SYS_lstat, {S, T}},
    {"newfstatat", SYS_newfstatat, {AT_CWD, S, T}},
    {"access", SYS_access, {T, ZERO}},
    {"faccessat", SYS_faccessat, {AT_CWD, T, ZERO}},
    {"readlink", SYS_readlink, {S, T, N64}},
    {"readlinkat", SYS_readlinkat, {AT_CWD, T, O, N64}},
    {"unlink", SYS_unlink, {T}},
    {"rename", SYS_rename, {T, T}},
    {"mkdir", SYS_mkdir, {T, ZERO}},
    {"getcwd", SYS_getcwd, {T, PAGE}},
    {"chdir", SYS_chdir, {T}},
    {"mmap", SYS_mmap, {P, PAGE, RW, FIXED, MINUS, ZERO}},
    {"munmap", SYS_munmap, {P, PAGE}},
    {"mprotect", SYS_mprotect, {P, PAGE, RW}},
    {"mremap", SYS_mremap, {P, PAGE, PAGE, ONE}},
    {"mremap-to", SYS_mremap, {O, PAGE, PAGE, RW, P}},
    {"madvise", SYS_madvise, {P, PAGE, N8}},
    {"arch_prctl", SYS_arch_prctl, {PAGE, T}}, /* 0x1003: ARCH_GET_FS */
    {"futex", SYS_futex, {T, ONE}},
    {"prlimit64", SYS_prlimit64, {ZERO, ONE, ZERO, T}},
    {"rt_sigaction", SYS_rt_sigaction, {N8, T, ZERO, N8}},
    {"rt_sigaction-old", SYS_rt_sigaction, {N8, ZERO, T, N8}},
    {"rt_sigprocmask", SYS_rt_sigprocmask, {ZERO, T, ZERO, N8}},
    {"rt_sigprocmask-old", SYS_rt_sigprocmask, {ZERO, ZERO, T, N8}},
    {"sigaltstack", SYS_sigaltstack, {ZERO, T}},
    {"uname", SYS_uname, {T}},
    {"sysinfo", SYS_sysinfo, {T}},
    {"clock_gettime", SYS_clock_gettime, {ONE, T}},
    {"gettimeofday", SYS_gettimeofday, {T}},
    {"time", SYS_time, {T}},
    {"nanosleep", SYS_nanosleep, {T, ZERO}},
    {"getrandom", SYS_getrandom, {T, N64, ZERO}},
    {"rseq", SYS_rseq, {T, N64, ZERO, ZERO}},
    {"process_vm_writev", SYS_process_vm_writev, {ONE, O, ONE, O, ONE}},
    {"ptrace", SYS_ptrace, {ZERO}},
    {"io_uring_setup", SYS_io_uring_setup, {ONE, O}},
    {"userfaultfd", SYS_userfaultfd, {ZERO}},
    {"pkey_mprotect", SYS_pkey_mprotect, {P, PAGE, RW, ZERO}},
    {"pkey_alloc", SYS_pkey_alloc, {ZERO, ZERO}},
    {"pkey_free", SYS_pkey_free, {ONE}},
    {"execve", SYS_execve, {S, ZERO, ZERO}},
    {"fork", SYS_fork, {ZERO}},
    {"socket", SYS_socket, {ONE, ONE, ZERO}},
    {"x32-getpid", SYS_getpid | 0x40000000, {ZERO}},
};

static int
call(const char *name, volatile uint64_t *table)
{
    static unsigned char own[4096] __attribute__((__aligned__(4096)));
    static const char path[] = "/usr";
    struct iovec *inner = (void *) own;
    long words[] = {[T] = (long) table,
                    [P] = (long) table & ~4095L,
                    [O] = (long) own,
                    [S] = (long) path,
                    [FD] = open("/usr", O_RDONLY | O_DIRECTORY),
                    [AT_CWD] = AT_FDCWD,
                    [N8] = 8,
                    [N64] = 64,
                    [PAGE] = 4096,
                    [RW] = PROT_READ | PROT_WRITE,
                    [FIXED] = MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS,
                    [ONE] = 1,
                    [MINUS] = -1};
    long result;

    *inner = (struct iovec){(void *) (uintptr_t) table, 64};
    if (strncmp(name, "read", 4) == 0 && strncmp(name, "readl", 5) != 0)
        words[FD] = open("/proc/self/exe", O_RDONLY); /* refused: then */
    if (words[FD] < 0)
        words[FD] = open(getenv("OWN"), O_RDONLY);
    for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++) {
        const struct attempt *a = &attempts[i];
        long v[6];

        if (strcmp(a->name, name) != 0)
            continue;
        for (int k = 0; k < 6; k++)
            v[k] = words[a->args[k]];
        if (strcmp(name, "arch_prctl") == 0)
            v[0] = 0x1003;
        if (a->number == SYS_madvise)
            v[2] = MADV_DONTNEED;
        result = kernel(a->number, v[0], v[1], v[2], v[3], v[4], v[5]);
        return result < 0 && result > -4096 ? REFUSED : 0;
    }
    return 3;
}

static long
list(void)
{
    for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++)
        puts(attempts[i].name);
    return 0;
}

/* What is no call of 64 bits. */
static int
other(const char *name)
{
    long result;

    if (strcmp(name, "int80") == 0) {
        __asm__ volatile("int $0x80" : "=a"(result) : "a"(20) : "memory");
        return result > 0 ? 0 : REFUSED;
    }
    if (strcmp(name, "sigreturn") == 0) {
        ucontext_t forged;

        memset(&forged, 0, sizeof forged);
        __asm__ volatile("mov %0, %%rsp\n\tmov $15, %%eax\n\tsyscall"
                         :
                         : "r"(&forged)
                         : "memory");
    }
    if (strcmp(name, "code") == 0)
        return mmap(NULL, 4096, PROT_WRITE | PROT_EXEC,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1,
                    0) == MAP_FAILED
                   ? REFUSED
                   : 0;
    if (strcmp(name, "mem") == 0)
        return open("/proc/self/mem", O_RDWR) < 0 ? REFUSED : 0;
    return 3;
}

int
main(int argc, char **argv)
{
    volatile uint64_t *table;

    if (argc == 2)
        return strcmp(argv[1], "list") == 0 ? (int) list() : other(argv[1]);
    if (argc != 4)
        return 3;
    table = find_table(argv[3]);
    if (strcmp(argv[1], "call") == 0)
        return call(argv[2], table);
    if (strcmp(argv[2], "write") == 0)
        *table = *table;
    return (int) (*table & 0);
}
