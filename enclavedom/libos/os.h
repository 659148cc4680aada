/*
 * The library operating system: an unmodified program for Linux, in this
 * address space, whose system calls are functions here.
 *
 * Its own tables lie in tagged regions (enclavedom/enclavedom.h), closed while
 * the program runs; each call opens those that its rule names (calls.h), and
 * no others, and closes them at its end.  This is the use for which Melara,
 * Freedman and Bowman made EnclaveDom (arXiv 1907.13245).
 *
 * A system call of the program is a signal (Syscall User Dispatch, Linux
 * 5.11): crossing.c takes it, gives the thread its own FS again, grants, calls
 * the function, revokes, and goes back without a system call.  No address is
 * exempt from dispatch, so there is no stub that the program could jump to.
 * Below it lie seccomp and Landlock (fence.c), which know the paths and the
 * calls that can be wanted at all.
 *
 * Files: calls.h, the rules; call_*.c, what the calls do, by kind; path.c,
 * what of the file system the program may see; guest.c and remote.c, how its
 * memory is reached, here or in a process of its own; image.c, its loader.
 *
 * To add a call, add its line to OS_CALLS in calls.h and its function
 * os_NAME() to the call_*.c of its kind; t/enclavedom/libos.c tries it.
 */
#ifndef ENCLAVEDOM_LIBOS_OS_H
#define ENCLAVEDOM_LIBOS_OS_H

#include "enclavedom/enclavedom.h"

#include <limits.h>

#define OS_LEAST_ADDRESS UINT64_C(0x10000) /* of the program's */

enum os_table {
    OS_GUEST = ED_PLUGIN, /* the program's own memory, wherever it lies */
    OS_DESCRIPTORS,       /* what it has open */
    OS_PATHS,             /* what it may open, and where it stands */
    OS_MAP,               /* which addresses are its own */
    OS_PROCESS,           /* break, clock, random numbers, signals */
    OS_ACCOUNTS,          /* what it did, and what was refused */
    OS_PROGRAM,           /* its name and words */
    OS_BUFFER,            /* copies of what calls take and give */
    OS_TABLES
};

enum {
    OS_CALL_ARGS = 6,
    OS_DESCRIPTORS_MAX = 256,
    OS_ROOTS_MAX = 128,
    OS_RANGES_MAX = 4096,
    OS_NUMBERS_MAX = 512, /* of system calls */
    OS_BUFFER_BYTES = 256 << 10,
    OS_TEXT_MAX = 200
};

struct os_descriptors {
    struct {
        int host;  /* of this process, or -1 */
        int flags; /* FD_CLOEXEC */
    } at[OS_DESCRIPTORS_MAX];
};

struct os_paths {
    struct {
        char path[PATH_MAX]; /* canonical: no link, no dots */
        bool write, proc;    /* may be written; is in a file system of
                                processes */
    } roots[OS_ROOTS_MAX];
    int nroots;
    char here[PATH_MAX]; /* the folder of relative paths */
};

/* Sorted, apart. */
struct os_map {
    struct {
        uint64_t from, to;
    } ranges[OS_RANGES_MAX];
    int nranges;
    uint64_t bytes, most; /* of all; most is 0 where there is no limit */
};

struct os_process {
    uint64_t break_base, break_now, break_end;
    bool virtual_time;
    uint64_t now_ns; /* of virtual time: a microsecond for each question */
    bool seeded;
    uint64_t seed, drawn;
    uint64_t actions[65][4]; /* what rt_sigaction() was given */
    uint64_t mask;
};

struct os_accounts {
    uint64_t calls[OS_NUMBERS_MAX];
    uint64_t unserved[OS_NUMBERS_MAX];
    uint64_t refused; /* that the paths do not allow */
    char first[PATH_MAX + OS_TEXT_MAX];
};

struct os_program {
    char name[OS_TEXT_MAX];
    char path[PATH_MAX]; /* canonical */
};

struct os_buffer {
    unsigned char bytes[OS_BUFFER_BYTES];
};

/* How the program's memory is reached.  Addresses were found to be its own;
 * false where there is no memory, or none with that right. */
struct os_guest {
    bool (*read)(void *to, uint64_t from, size_t bytes);
    bool (*write)(uint64_t to, const void *from, size_t bytes);
    /* mmap(), munmap(), mprotect(), mremap(), madvise() there. */
    long (*call)(long number, const uint64_t *args);
    uint64_t (*get_fs)(void);
    void (*set_fs)(uint64_t value);
    bool direct; /* the kernel may read and write it for this process */
};

enum os_time {
    OS_TIME_REAL,
    OS_TIME_VIRTUAL
};

struct os_config {
    const struct ed_backend *backend; /* NULL for the default */
    const char *const *words;         /* the program and its words, NULL */
    const char *const *environment;   /* NULL-ended */
    const char *const *read;          /* paths, NULL-ended; or NULL */
    const char *const *write;
    enum os_time time;
    bool seeded; /* random numbers are of `seed` */
    uint64_t seed;
    uint64_t memory_bytes; /* the most that it may map; 0 for any */
    bool strict;           /* end it at the first thing that it may not */
    const char *report;    /* a path, "-", or NULL */
    bool tell_tables;      /* in its environment, for tests */
    bool old_kernel;       /* do without what Linux before 5.11 lacks */
    bool bare; /* no seccomp and Landlock: for tests that go on afterwards */
};

struct os_outcome {
    int status; /* that it exited with */
    uint64_t calls;
};

/*
 * Run a program to its end.  VN_EPOLICY and a text where it was stopped: it
 * touched a table, or trapped.  It is this process that the program may use
 * up: without `bare` what seccomp and Landlock refuse stays refused.
 */
enum vn_status os_run(const struct os_config *config,
                      struct os_outcome *outcome, struct vn_error *err);

/* A table's name, "descriptors". */
const char *os_table_name(int table);

#endif /* ENCLAVEDOM_LIBOS_OS_H */
