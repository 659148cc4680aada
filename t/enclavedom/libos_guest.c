/*
 * A program that is run under the library OS by its tests.  It is told where
 * the tables are (ENCLAVEDOM_TABLES), and is what an application may be:
 *
 *     touch read|write TABLE     its own code touches a table
 *     call all TABLE             every system call is given pointers into it,
 *                                one after another, or its address to change;
 *                                those that were not refused are said
 *
 * It ends with 0 where it got what it wanted, and with 7 where a call was
 * refused.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
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

/* T is the table's address, P that of its page, U that of the page before, O
 * memory of its own, S a path of its own. */
enum word {
    ZERO,
    T,
    P,
    U,
    O,
    S,
    FD,
    DIR,
    AT_CWD,
    N8,
    N64,
    PAGE,
    RW,
    FIXED,
    FREE,
    ONE,
    TWO,
    GET_FS,
    DROP,
    LOCK,
    GETLOCK,
    HUGE,
    MINUS
};

#define REFUSE(name, ...)        \
    {                            \
#name, SYS_##name, true, \
        {                        \
            __VA_ARGS__          \
        }                        \
    }
/* Which takes it, and passes it on to nobody. */
#define IGNORE(name, ...)         \
    {                             \
#name, SYS_##name, false, \
        {                         \
            __VA_ARGS__           \
        }                         \
    }

/* Every argument of every call that is a pointer, in turn. */
static const struct attempt {
    const char *name;
    long number;
    bool refused;
    enum word args[6];
} attempts[] = {
    REFUSE(read, FD, T, N64),
    REFUSE(read, FD, U, PAGE),
    REFUSE(write, ONE, T, N64),
    REFUSE(readv, FD, T, ONE),
    REFUSE(readv, FD, O, ONE), /* O names T */
    REFUSE(writev, ONE, T, ONE),
    REFUSE(writev, ONE, O, ONE),
    REFUSE(pread64, FD, T, N64, ZERO),
    REFUSE(pwrite64, ONE, T, N64, ZERO),
    REFUSE(fstat, FD, T),
    REFUSE(getdents64, DIR, T, PAGE),
    REFUSE(fcntl, FD, LOCK, T),
    REFUSE(fcntl, FD, GETLOCK, T),
    REFUSE(ioctl, ONE, PAGE, T),
    REFUSE(open, T, ZERO),
    REFUSE(openat, AT_CWD, T, ZERO),
    REFUSE(stat, S, T),
    REFUSE(stat, T, O),
    REFUSE(lstat, S, T),
    REFUSE(lstat, T, O),
    REFUSE(newfstatat, AT_CWD, S, T),
    REFUSE(newfstatat, AT_CWD, T, O),
    REFUSE(newfstatat, DIR, T, O, PAGE), /* AT_EMPTY_PATH */
    REFUSE(access, T, ZERO),
    REFUSE(faccessat, AT_CWD, T, ZERO),
    REFUSE(faccessat2, AT_CWD, T, ZERO, ZERO),
    REFUSE(readlink, S, T, N64),
    REFUSE(readlink, T, O, N64),
    REFUSE(readlinkat, AT_CWD, T, O, N64),
    REFUSE(readlinkat, AT_CWD, S, T, N64),
    REFUSE(unlink, T),
    REFUSE(unlinkat, AT_CWD, T, ZERO),
    REFUSE(rmdir, T),
    REFUSE(rename, T, S),
    REFUSE(rename, S, T),
    REFUSE(renameat, AT_CWD, T, AT_CWD, S),
    REFUSE(renameat, AT_CWD, S, AT_CWD, T),
    REFUSE(mkdir, T, ZERO),
    REFUSE(mkdirat, AT_CWD, T, ZERO),
    REFUSE(getcwd, T, PAGE),
    REFUSE(chdir, T),
    REFUSE(mmap, P, PAGE, RW, FIXED, MINUS, ZERO),
    REFUSE(mmap, P, PAGE, RW, FREE, MINUS, ZERO),
    REFUSE(mmap, U, N64, RW, FIXED, MINUS, ONE),
    REFUSE(munmap, P, PAGE),
    REFUSE(munmap, U, HUGE),
    REFUSE(mprotect, P, PAGE, RW),
    REFUSE(mprotect, T, PAGE, RW),
    REFUSE(mprotect, P, HUGE, RW),
    REFUSE(mprotect, P, MINUS, RW),
    REFUSE(mremap, P, PAGE, PAGE, ONE),
    REFUSE(mremap, P, ZERO, PAGE, ONE),
    REFUSE(mremap, O, PAGE, PAGE, RW, P),
    REFUSE(madvise, P, PAGE, DROP),
    REFUSE(madvise, P, MINUS, DROP),
    REFUSE(arch_prctl, GET_FS, T),
    REFUSE(futex, T, ONE),
    REFUSE(futex, T, ZERO, ZERO, T),
    REFUSE(sched_getaffinity, ZERO, N64, T),
    REFUSE(prlimit64, ZERO, ONE, ZERO, T),
    REFUSE(prlimit64, ZERO, ONE, T, ZERO),
    REFUSE(getrusage, ZERO, T),
    REFUSE(times, T),
    REFUSE(rt_sigaction, N8, T, ZERO, N8),
    REFUSE(rt_sigaction, N8, ZERO, T, N8),
    REFUSE(rt_sigprocmask, ZERO, T, ZERO, N8),
    REFUSE(rt_sigprocmask, ZERO, ZERO, T, N8),
    REFUSE(sigaltstack, ZERO, T),
    REFUSE(uname, T),
    REFUSE(sysinfo, T),
    REFUSE(clock_gettime, ONE, T),
    REFUSE(clock_getres, ONE, T),
    REFUSE(gettimeofday, T),
    REFUSE(time, T),
    REFUSE(nanosleep, T, ZERO),
    REFUSE(clock_nanosleep, ONE, ZERO, T, ZERO),
    REFUSE(getrandom, T, N64, ZERO),
    IGNORE(set_tid_address, T),
    IGNORE(set_robust_list, T, N64),
    IGNORE(sigaltstack, T, ZERO),
    REFUSE(rseq, T, N64, ZERO, ZERO),
    REFUSE(process_vm_readv, ONE, O, ONE, O, ONE),
    REFUSE(process_vm_writev, ONE, O, ONE, O, ONE),
    REFUSE(ptrace, ZERO),
    REFUSE(io_uring_setup, ONE, O),
    REFUSE(userfaultfd, ZERO),
    REFUSE(memfd_create, S, ZERO),
    REFUSE(clone3, T, N64),
    REFUSE(clone, PAGE, T, T, T, T),
    REFUSE(mlock, P, PAGE),
    REFUSE(msync, P, PAGE, ONE),
    REFUSE(process_madvise, ONE, O, ONE, DROP, ZERO),
    REFUSE(recvmsg, ONE, T, ZERO),
    REFUSE(sendmsg, ONE, T, ZERO),
    REFUSE(preadv, FD, T, ONE, ZERO),
    REFUSE(pwritev, ONE, T, ONE, ZERO),
    REFUSE(vmsplice, ONE, T, ONE, ZERO),
    REFUSE(statx, AT_CWD, S, ZERO, ONE, T),
    REFUSE(pkey_mprotect, P, PAGE, RW, ZERO),
    REFUSE(pkey_alloc, ZERO, ZERO),
    REFUSE(pkey_free, ONE),
    REFUSE(execve, S, ZERO, ZERO),
    REFUSE(fork, ZERO),
    REFUSE(socket, ONE, ONE, ZERO),
    {"x32 getpid", SYS_getpid | 0x40000000, true, {ZERO}},
};

/* A file of its own, that can be read; 10 is no descriptor. */
static int
call_all(volatile uint64_t *table)
{
    static unsigned char own[4096] __attribute__((__aligned__(4096)));
    static const char path[] = "/usr";
    struct iovec *inner = (void *) own;
    int file = open(getenv("OWN"), O_RDONLY);
    int folder = open("/usr", O_RDONLY | O_DIRECTORY);
    long words[] = {[T] = (long) table,
                    [P] = (long) table & ~4095L,
                    [U] = ((long) table & ~4095L) - 4096,
                    [O] = (long) own,
                    [S] = (long) path,
                    [FD] = file,
                    [DIR] = folder,
                    [AT_CWD] = AT_FDCWD,
                    [N8] = 8,
                    [N64] = 64,
                    [PAGE] = 4096,
                    [RW] = PROT_READ | PROT_WRITE,
                    [FIXED] = MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS,
                    [FREE] = MAP_FIXED_NOREPLACE | MAP_PRIVATE | MAP_ANONYMOUS,
                    [ONE] = 1,
                    [TWO] = 2,
                    [GET_FS] = 0x1003,
                    [DROP] = MADV_DONTNEED,
                    [LOCK] = F_SETLK,
                    [GETLOCK] = F_GETLK,
                    [HUGE] = -4096,
                    [MINUS] = -1};
    int wrong = 0;

    for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++) {
        const struct attempt *a = &attempts[i];
        long v[6], result;

        *inner = (struct iovec){(void *) (uintptr_t) table, 64};
        for (int k = 0; k < 6; k++)
            v[k] = words[a->args[k]];
        result = kernel(a->number, v[0], v[1], v[2], v[3], v[4], v[5]);
        if ((result < 0 && result > -4096) != a->refused) {
            printf("# %s: %ld\n", a->name, result);
            wrong++;
        }
    }
    printf("# %d attempts, %d wrong\n",
           (int) (sizeof attempts / sizeof attempts[0]), wrong);
    return wrong == 0 ? REFUSED : 0;
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
        return other(argv[1]);
    if (argc != 4)
        return 3;
    table = find_table(argv[3]);
    if (strcmp(argv[1], "call") == 0)
        return call_all(table);
    if (strcmp(argv[2], "write") == 0)
        table[1] = 0; /* which is no harm to what ends at once */
    else
        (void) *table;
    return 0;
}
