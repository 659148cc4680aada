/*
 * The system calls that are served, each with the tables that it may read or
 * write: a line a call.  The functions are made of this list, the gates' rules
 * and the tests as well.
 */
#ifndef ENCLAVEDOM_LIBOS_CALLS_H
#define ENCLAVEDOM_LIBOS_CALLS_H

#include "enclavedom/libos/os.h"

#define G_R ED_R(OS_GUEST)
#define G_W ED_RW(OS_GUEST)
#define D_R ED_R(OS_DESCRIPTORS)
#define D_W ED_RW(OS_DESCRIPTORS)
#define P_R ED_R(OS_PATHS)
#define P_W ED_RW(OS_PATHS)
#define M_R ED_R(OS_MAP)
#define M_W ED_RW(OS_MAP)
#define S_R ED_R(OS_PROCESS)
#define S_W ED_RW(OS_PROCESS)
#define A_W ED_RW(OS_ACCOUNTS)
#define N_R ED_R(OS_PROGRAM)
#define B_W ED_RW(OS_BUFFER)

/* Each call that has a pointer needs the map, to see whose it is. */
/* clang-format off */
#define OS_CALLS(C)                                                  \
    C(read, D_R | M_R | G_W | B_W)                                   \
    C(write, D_R | M_R | G_R | B_W)                                  \
    C(readv, D_R | M_R | G_W | B_W)                                  \
    C(writev, D_R | M_R | G_R | B_W)                                 \
    C(pread64, D_R | M_R | G_W | B_W)                                \
    C(pwrite64, D_R | M_R | G_R | B_W)                               \
    C(lseek, D_R)                                                    \
    C(fsync, D_R)                                                    \
    C(fdatasync, D_R)                                                \
    C(ftruncate, D_R)                                                \
    C(fstat, D_R | M_R | G_W)                                        \
    C(getdents64, D_R | M_R | G_W | B_W)                             \
    C(fcntl, D_W | M_R | G_W)                                        \
    C(dup, D_W)                                                      \
    C(dup2, D_W)                                                     \
    C(dup3, D_W)                                                     \
    C(close, D_W)                                                    \
    C(ioctl, D_R)                                                    \
    C(open, D_W | P_R | M_R | G_R | A_W | B_W)                       \
    C(openat, D_W | P_R | M_R | G_R | A_W | B_W)                     \
    C(stat, D_R | P_R | M_R | G_W | A_W | B_W)                       \
    C(lstat, D_R | P_R | M_R | G_W | A_W | B_W)                      \
    C(newfstatat, D_R | P_R | M_R | G_W | A_W | B_W)                 \
    C(access, D_R | P_R | M_R | G_R | A_W | B_W)                     \
    C(faccessat, D_R | P_R | M_R | G_R | A_W | B_W)                  \
    C(faccessat2, D_R | P_R | M_R | G_R | A_W | B_W)                 \
    C(readlink, D_R | P_R | M_R | G_W | A_W | B_W | N_R)             \
    C(readlinkat, D_R | P_R | M_R | G_W | A_W | B_W | N_R)           \
    C(unlink, D_R | P_R | M_R | G_R | A_W | B_W)                     \
    C(unlinkat, D_R | P_R | M_R | G_R | A_W | B_W)                   \
    C(rmdir, D_R | P_R | M_R | G_R | A_W | B_W)                      \
    C(rename, D_R | P_R | M_R | G_R | A_W | B_W)                     \
    C(renameat, D_R | P_R | M_R | G_R | A_W | B_W)                   \
    C(mkdir, D_R | P_R | M_R | G_R | A_W | B_W)                      \
    C(mkdirat, D_R | P_R | M_R | G_R | A_W | B_W)                    \
    C(getcwd, P_R | M_R | G_W)                                       \
    C(chdir, D_R | P_W | M_R | G_R | A_W | B_W)                      \
    C(mmap, D_R | M_W | G_W | B_W)                                   \
    C(munmap, M_W)                                                   \
    C(mprotect, M_R | G_W)                                           \
    C(mremap, M_W | G_R)                                             \
    C(madvise, M_R)                                                  \
    C(brk, S_W | M_W)                                                \
    C(arch_prctl, M_R | G_W)                                         \
    C(set_tid_address, S_R)                                          \
    C(set_robust_list, 0)                                            \
    C(rseq, 0)                                                       \
    C(futex, M_R | G_R)                                              \
    C(sched_yield, 0)                                                \
    C(sched_getaffinity, M_R | G_W)                                  \
    C(prlimit64, M_R | G_W)                                          \
    C(getrusage, M_R | G_W)                                          \
    C(times, M_R | G_W)                                              \
    C(rt_sigaction, S_W | M_R | G_W)                                 \
    C(rt_sigprocmask, S_W | M_R | G_W)                               \
    C(rt_sigreturn, 0)                                               \
    C(sigaltstack, M_R | G_W)                                        \
    C(getpid, S_R)                                                   \
    C(getppid, S_R)                                                  \
    C(gettid, S_R)                                                   \
    C(getpgrp, S_R)                                                  \
    C(getuid, S_R)                                                   \
    C(geteuid, S_R)                                                  \
    C(getgid, S_R)                                                   \
    C(getegid, S_R)                                                  \
    C(umask, S_R)                                                    \
    C(uname, M_R | G_W)                                              \
    C(sysinfo, M_R | G_W)                                            \
    C(clock_gettime, S_W | M_R | G_W)                                \
    C(clock_getres, M_R | G_W)                                       \
    C(gettimeofday, S_W | M_R | G_W)                                 \
    C(time, S_W | M_R | G_W)                                         \
    C(nanosleep, S_W | M_R | G_R)                                    \
    C(clock_nanosleep, S_W | M_R | G_R)                              \
    C(getrandom, S_W | M_R | G_W | B_W)                              \
    C(exit, 0)                                                       \
    C(exit_group, 0)
/* clang-format on */

/* All served calls, named and ruled, then one for every other number. */
extern const struct ed_function os_calls[];
extern const int os_ncalls;

/* The row of a system call's number; that of all others where none serves
 * it. */
int os_call_row(uint64_t number);
int os_call_number(int row); /* -1 for the last */

#endif /* ENCLAVEDOM_LIBOS_CALLS_H */
