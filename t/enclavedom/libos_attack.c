/*
 * A program that is run under the library OS by its tests and wants out of it:
 * one attack a word.  It is told where tables and code are
 * (ENCLAVEDOM_TABLES); natively, as a control, it takes its own.  It ends with
 * 0 where it got what it wanted, and with 7 where it was refused.
 */
#include "config.h"

#include "t/enclavedom/libos_attack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

uint64_t
find(const char *name, uint64_t own)
{
    const char *at = getenv("ENCLAVEDOM_TABLES");
    size_t n = strlen(name);

    for (; at != NULL && *at != '\0'; at = strchr(at, ',') + 1)
        if (strncmp(at, name, n) == 0 && at[n] == ':')
            return strtoull(at + n + 1, NULL, 16);
    return own;
}

long
kernel(long number, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e,
       uint64_t f)
{
    register uint64_t r10 __asm__("r10") = d;
    register uint64_t r8 __asm__("r8") = e;
    register uint64_t r9 __asm__("r9") = f;
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
                       "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

/* State that a call carries with it. */

static int
flags_set(void)
{
    char text[64];
    struct stat st;
    int i;

    memset(text, 'x', sizeof text);
    memcpy(text, "/usr/lib", 9);
    __asm__ volatile("pushf\n\torl $0x40400, (%%rsp)\n\tpopf" ::
                         : "memory", "cc");
    for (i = 0; i < 3; i++) {
        kernel(SYS_stat, (uint64_t) (uintptr_t) text,
               (uint64_t) (uintptr_t) &st, 0, 0, 0, 0);
        kernel(SYS_getcwd, (uint64_t) (uintptr_t) text, 64, 0, 0, 0, 0);
    }
    kernel(SYS_exit_group, REFUSED, 0, 0, 0, 0, 0);
    return WON;
}

static void
call_with_stack(uint64_t stack)
{
    static const char path[] = "/usr/lib/python3/../../bin";

    __asm__ volatile("mov %%rsp, %%rbx\n\tmov %0, %%rsp\n\tmov $80, %%eax\n\t"
                     "mov %1, %%rdi\n\tsyscall\n\tmov %%rbx, %%rsp"
                     :
                     : "r"(stack), "r"(path)
                     : "rax", "rbx", "rcx", "rdi", "r11", "memory");
}

static int
stack_at(uint64_t offset)
{
    uint64_t stack = find("stack", 0);

    if (stack == 0)
        return WON;
    call_with_stack(stack + offset);
    return REFUSED;
}

static int
low_stack(void)
{
    return stack_at(12 << 10);
}

static int
middle_stack(void)
{
    return stack_at(STACK / 2 - (16 << 10));
}

static int
high_stack(void)
{
    return stack_at(STACK - 64);
}

/* The byte by which calls are told apart; then one of its own. */
static int
selector(void)
{
    uint64_t at = find("selector", 0);

    if (at == 0)
        return WON;
    *(volatile char *) at = 0;
    return kernel(SYS_getpid, 0, 0, 0, 0, 0, 0) == 1000 ? REFUSED : WON;
}

/* As much as the kernel gives, by calls that nobody counts. */
static int
uncounted(void)
{
    uint64_t at = find("selector", 0);
    size_t step = 16 << 20, got = 0;
    char *p;

    if (at != 0)
        *(volatile char *) at = 0;
    while (got < (size_t) 1 << 30) {
        p = (char *) kernel(SYS_mmap, 0, step, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, (uint64_t) -1, 0);
        if ((uint64_t) p > (uint64_t) -4096)
            break;
        got += step;
    }
    return got > (size_t) 400 << 20 ? WON : REFUSED;
}

static int
mprotect_of_library(void)
{
    uint64_t at = find("mprotect", 0), table = find("paths", 0);

    if (at == 0)
        return WON;
    ((int (*)(void *, size_t, int)) at)((void *) (table & ~UINT64_C(4095)),
                                        PAGE, PROT_READ | PROT_WRITE);
    *(volatile uint64_t *) table = *(volatile uint64_t *) table;
    return WON;
}

static int
vsyscall(void)
{
    /* Virtual time begins in 2000. */
    return ((long (*)(long *)) UINT64_C(0xffffffffff600400))(NULL) > 1000000000
               ? WON
               : REFUSED;
}

/* What the library does not serve, it does not do. */
static int
all_numbers(void)
{
    uint64_t table = find("paths", 0);
    int won = 0;

    if (table == 0) /* natively not to be tried at all */
        return WON;
    for (long n = 0; n < 520; n++)
        for (int x32 = 0; x32 < 2; x32++) {
            long number = n | (x32 ? 0x40000000 : 0), result;

            if (n == 335 || n == 336) /* no filter hears of uprobes */
                continue;
            if (!x32
                && (n == SYS_read || n == SYS_pread64 || n == SYS_readv
                    || n == SYS_exit || n == SYS_exit_group
                    || n == SYS_rt_sigreturn || n == SYS_nanosleep
                    || n == SYS_write || n == SYS_writev || n == SYS_pwrite64
                    || n == SYS_close || n == SYS_brk))
                continue;
            result = kernel(number, table, table, table, table, table, table);
            if (result == -ENOSYS || (result < 0 && result > -4096 && !x32))
                continue;
            if (!x32
                && ((n >= SYS_getuid && n <= SYS_getegid && n != SYS_syslog
                     && n != SYS_setuid && n != SYS_setgid)
                    || n == SYS_getpid || n == SYS_getppid || n == SYS_gettid
                    || n == SYS_getpgrp || n == SYS_umask
                    || n == SYS_sched_yield || n == SYS_set_tid_address
                    || n == SYS_set_robust_list))
                continue;
            printf("%ld: %ld\n", number, result);
            won++;
        }
    return won > 0 ? WON : REFUSED;
}

/* Addresses and lengths. */
static int
odd_memory(void)
{
    uint64_t table = find("paths", 0) & ~UINT64_C(4095);
    char *own = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    const uint64_t at = (uint64_t) (uintptr_t) own, rw = 3, fixed = 0x32,
                   none = (uint64_t) -1, free_place = 0x100032;
    const struct {
        long number;
        uint64_t a, b, c, d, e;
    } all[] = {
        {SYS_mmap, table, PAGE, rw, free_place, none},
        {SYS_mmap, table, PAGE, rw, fixed, none},
        {SYS_mmap, 0, PAGE, rw, fixed, none},
        {SYS_mmap, PAGE, PAGE, rw, free_place, none},
        {SYS_mmap, 0, (uint64_t) -PAGE, rw, 0x22, none},
        {SYS_mmap, 0, (uint64_t) -1, rw, 0x22, none},
        {SYS_mmap, at, (uint64_t) 1 << 63, rw, fixed, none},
        {SYS_mmap, 0, PAGE, rw, 0x122, none}, /* MAP_GROWSDOWN */
        {SYS_mmap, 0, PAGE, rw, 0x20, none},  /* neither kind */
        {SYS_mmap, 0, PAGE, 7, 0x22, none},
        {SYS_mprotect, table, PAGE, rw, 0, 0},
        {SYS_mprotect, table + 1, PAGE, rw, 0, 0},
        {SYS_mprotect, at, table - at + PAGE, rw, 0, 0},
        {SYS_mprotect, at, (uint64_t) -1, rw, 0, 0},
        {SYS_mprotect, table, (uint64_t) -1, rw, 0, 0},
        {SYS_mprotect, at, PAGE, 0x1000003, 0, 0}, /* PROT_GROWSDOWN */
        {SYS_mprotect, at, PAGE, 7, 0, 0},
        {SYS_munmap, at, table - at + PAGE, 0, 0, 0},
        {SYS_munmap, table, (uint64_t) -1, 0, 0, 0},
        {SYS_munmap, at, 0, 0, 0, 0},
        {SYS_madvise, table, (uint64_t) -1, MADV_DONTNEED, 0, 0},
        {SYS_madvise, table, PAGE, MADV_REMOVE, 0, 0},
        {SYS_madvise, table, PAGE, MADV_DONTFORK, 0, 0},
        {SYS_madvise, at, table - at + PAGE, MADV_DONTNEED, 0, 0},
        {SYS_mremap, table, PAGE, 2 * PAGE, 1, 0},
        {SYS_mremap, at, 0, PAGE, 1, 0},
        {SYS_mremap, at, PAGE, PAGE, 3, table},
        {SYS_mremap, at, PAGE, PAGE, 5, 0}, /* MREMAP_DONTUNMAP */
        {SYS_mremap, at, PAGE, (uint64_t) 1 << 62, 1, 0},
        {SYS_mlock, table, PAGE, 0, 0, 0},
        {SYS_remap_file_pages, table, PAGE, 0, 0, 0},
        {SYS_brk, 0, 0, 0, 0, 0},
    };
    int won = 0;

    for (size_t i = 0; i + 1 < sizeof all / sizeof all[0]; i++) {
        long result = kernel(all[i].number, all[i].a, all[i].b, all[i].c,
                             all[i].d, all[i].e, 0);

        if (result < 0 && result > -4096)
            continue;
        printf("%zu: call %ld: %lx\n", i, all[i].number,
               (unsigned long) result);
        won++;
    }
    return won > 0 ? WON : REFUSED;
}

/* A hole in the break is not the program's any more. */
static int
hole_in_break(void)
{
    uint64_t now;

    if (find("paths", 0) == 0)
        return WON;
    now = (uint64_t) kernel(SYS_brk, 0, 0, 0, 0, 0, 0);

    kernel(SYS_brk, now + 64 * PAGE, 0, 0, 0, 0, 0);
    now = (now + PAGE - 1) & ~(uint64_t) (PAGE - 1);
    munmap((void *) (now + PAGE), 32 * PAGE);
    kernel(SYS_brk, now, 0, 0, 0, 0, 0);
    return kernel(SYS_write, 1, now + PAGE, 8, 0, 0, 0) == -EFAULT ? REFUSED
                                                                   : WON;
}

/* Files. */
static int
memory_files(int flags)
{
    static const char *const paths[] = {"/proc/self/mem",
                                        "/proc/thread-self/mem",
                                        "/proc/self/fd/../mem",
                                        "/proc/self/environ",
                                        "/proc/self/maps",
                                        "/proc/self/task/../mem",
                                        "/proc/self/root/proc/self/mem",
                                        "/proc/1/environ",
                                        "/proc/self/map_files",
                                        "/proc/self/fd"};
    int won = 0;

    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        int fd = open(paths[i], flags);

        if (fd >= 0) {
            puts(paths[i]);
            won++;
            close(fd);
        }
    }
    return won > 0 ? WON : REFUSED;
}

static int
memory_read(void)
{
    return memory_files(O_RDONLY);
}

static int
memory_written(void)
{
    return memory_files(O_RDWR);
}

static int
device(void)
{
    return open("/dev/zero", O_RDONLY) >= 0 ? WON : REFUSED;
}

static int
set_user(void)
{
    struct stat st;
    int fd = open("suid", O_CREAT | O_EXCL | O_WRONLY, 06755);

    return fd >= 0 && fstat(fd, &st) == 0 && (st.st_mode & 06000) != 0
               ? WON
               : REFUSED;
}

/* All that could be reached is the test's own: ../outside, by the link "up",
 * and a file in it, by "out"; so that a way out does no harm. */
static int
ways_of_opening(void)
{
    int won = 0, folder = open(".", O_RDONLY | O_DIRECTORY);

    won += open("../outside", O_PATH) >= 0;
    won += open("../outside/secret", O_RDONLY) >= 0;
    won += open(".", O_TMPFILE | O_RDWR, 0600) >= 0;
    won += openat(folder, "../w/../outside/secret", O_RDONLY) >= 0;
    won += openat(folder, "out", O_RDONLY) >= 0;
    won += openat(folder, "up/secret", O_RDONLY) >= 0;
    won += open("up/new", O_CREAT | O_WRONLY, 0600) >= 0;
    won += open("out", O_RDONLY | O_CREAT, 0600) >= 0;
    won += truncate("out", 0) == 0;
    won += rename("fine", "up/fine") == 0;
    won += rename("../outside/other", "other") == 0;
    won += unlink("up/victim") == 0;
    won += mkdir("../outside/dir", 0700) == 0;
    won += rmdir("../outside/empty") == 0;
    won += link("../outside/secret", "hard") == 0;
    won += linkat(folder, "out", folder, "x", 0) == 0;
    won += symlink("../outside/secret", "soft") == 0;
    won += access("../outside/secret", R_OK) == 0;
    won += access("out", R_OK) == 0;
    return won > 0 ? WON : REFUSED;
}

/* A path that somebody changes after it was checked: "flip" is a link to a
 * file of "ok", then to one of "no", which it may not read. */
static int
race(void)
{
    int good = 0, refused = 0;

    /* Until it was seen both ways, often. */
    for (int i = 0; i < 2000000 && (good < 200 || refused < 200); i++) {
        int fd = open("flip", O_RDONLY);
        char text[2] = "";

        if (fd < 0) {
            refused++;
            continue;
        }
        if (read(fd, text, 2) == 2 && memcmp(text, "no", 2) == 0)
            return WON;
        good += memcmp(text, "ok", 2) == 0;
        close(fd);
    }
    return REFUSED;
}

static int
descriptors(void)
{
    static const int commands[] = {F_SETOWN,    F_SETSIG,    F_SETLEASE,
                                   F_NOTIFY,    F_ADD_SEALS, F_SETPIPE_SZ,
                                   F_SETOWN_EX, F_OFD_SETLK, F_SETLKW};
    int won = 0;

    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        won += fcntl(1, commands[i], 1) >= 0;
    for (int fd = 3; fd < 1024; fd++) /* the library's own */
        won += fcntl(fd, F_GETFD) >= 0;
    for (int fd = 3; fd < 1024; fd++)
        won += dup2(fd, 5) >= 0;
    won += dup2(1, 256) >= 0;
    won += dup2(1, -1) >= 0;
    won += ioctl(1, 0x5401, (void *) find("paths", 0)) >= 0;
    return won > 0 ? WON : REFUSED;
}

/* The library's environment, which lies below its program's name. */
static int
environment(void)
{
    const char *at = (const char *) find("name", 0);
    const char secret[] = "SECRET=";

    if (at == NULL || getenv("SECRET") != NULL)
        return WON;
    for (int i = 0; i < 8 * PAGE; i++, at--)
        if (memcmp(at, secret, sizeof secret - 1) == 0)
            return WON;
    return REFUSED;
}

static const struct {
    const char *name;
    int (*run)(void);
} attacks[] = {
    {"own-code", own_code},
    {"own-vectors", own_vectors},
    {"dropped", dropped},
    {"read-only", read_only},
    {"written-after", written_after},
    {"two-mappings", two_mappings},
    {"grown", grown},
    {"across", across},
    {"rewritten", rewritten},
    {"pkey-set-of-library", pkey_set_of_library},
    {"switch-of-library", switch_of_library},
    {"gate-of-library", gate_of_library},
    {"back-by-rights", back_by_rights},
    {"back-by-vectors", back_by_vectors},
    {"flags", flags_set},
    {"low-stack", low_stack},
    {"middle-stack", middle_stack},
    {"high-stack", high_stack},
    {"selector", selector},
    {"uncounted", uncounted},
    {"mprotect-of-library", mprotect_of_library},
    {"vsyscall", vsyscall},
    {"all-numbers", all_numbers},
    {"odd-memory", odd_memory},
    {"hole-in-break", hole_in_break},
    {"memory-read", memory_read},
    {"memory-written", memory_written},
    {"device", device},
    {"set-user", set_user},
    {"ways-of-opening", ways_of_opening},
    {"race", race},
    {"descriptors", descriptors},
    {"environment", environment},
};

int
main(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < sizeof attacks / sizeof attacks[0];
         i++)
        if (strcmp(argv[1], attacks[i].name) == 0)
            return attacks[i].run();
    return 3;
}
