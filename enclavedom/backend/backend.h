/*
 * What the files of enclavedom/ share; no other directory includes it.
 *
 * The monitor is one page, which a plug-in under mpk may read and not write:
 * it says what the gates must know without trusting their caller.
 */
#ifndef ENCLAVEDOM_BACKEND_BACKEND_H
#define ENCLAVEDOM_BACKEND_BACKEND_H

#include "enclavedom/enclavedom.h"

#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/types.h>
#include <time.h>

#define ED_UNINSTRUMENTED \
    __attribute__((__no_sanitize__("address", "undefined")))

enum {
    ED_PAGE = 4096,
    ED_HUGE = 2 << 20,
    ED_SIGNAL_STACK = 64 << 10
};

struct ed_region {
    const char *name;
    int number;
    unsigned char *base;
    size_t bytes;
    size_t *open; /* of them, that can ever be touched so far */
    size_t least; /* blocks lie in [least, most), whatever the heap says */
    size_t most;
    bool dirty; /* what runs inside may have written to it */
    int key;
    int fd; /* of the memory, where it is shared with a process */
};

/* What the runtime of a plug-in says of itself before it traps. */
enum ed_hint {
    ED_HINT_NONE,
    ED_HINT_EXHAUSTED,
    ED_HINT_EXIT,
    ED_HINT_ABORT
};

/* At the base of each region. */
struct ed_heap {
    size_t used; /* from the region's base */
    size_t limit;
    void *vacant[48]; /* lists of free blocks of 2^i bytes */
    int hint;         /* in the plug-in's: enum ed_hint */
    int status;       /* that it exits with */
};

struct ed_image {
    unsigned char *base; /* where address 0 of the object is */
    size_t bytes;
    uint64_t dynsym, dynstr, strsz, nsymbols;
    uint64_t init, init_array, init_arraysz;
    struct ed_segment {
        uint64_t address, bytes; /* whole pages, from base */
        int protection;
    } segments[16];
    int nsegments;
};

struct ed_file {
    char *path;
    const unsigned char *bytes;
    size_t size;
};

struct ed_ring;

/* How long to look before sleeping: as long as that helps, with a new try at
 * times. */
struct ed_patience {
    int looks;
    unsigned waits;
};

/* What changes while a domain is in use. */
struct ed_live {
    struct ed_violation violation;
    sigjmp_buf recover;    /* to ed_call() */
    volatile int function; /* whose gate is entered, or -1 */
    size_t open[ED_REGIONS_MAX];
    struct ed_patience patience; /* process, and all below */
    pid_t child;
    uint32_t asked; /* the number of the request that is open, or was last */
    uint64_t asks;
    uint64_t seed;
    int64_t read_us; /* when the child's own time was read, */
    int64_t used_us; /* what it was, */
    bool sampling;   /* and is it to be read before the next call? */
    int64_t idle_us; /* that the child was at work between calls */
};

/* In pages of its own, which are sealed from ed_start() to ed_close(). */
struct ed_domain {
    struct ed_live *live;
    struct ed_config config;
    char name[64];
    const struct ed_backend *backend;
    unsigned char *arena;
    size_t arena_bytes;
    struct ed_region regions[ED_REGIONS_MAX];
    struct ed_image image;
    unsigned char *stack; /* its end, where it begins */
    size_t stack_bytes;
    bool started;
    struct ed_ring *ring;   /* process */
    struct ed_domain *next; /* of those that are open */
};

enum {
    ED_DOMAIN_BYTES =
        (sizeof(struct ed_domain) + ED_PAGE - 1) / ED_PAGE * ED_PAGE
};

struct ed_backend {
    const char *name;
    const char *summary;
    bool confines; /* scan plug-ins, and choose what they may call */
    bool shared;   /* regions are shared memory */
    bool paged;    /* rules are protections of pages: have few, and large */
    bool handlers; /* calls run in this process, and faults are caught */

    /* Each may be NULL. */
    enum vn_status (*probe)(struct vn_error *err);
    enum vn_status (*open)(struct ed_domain *d, struct vn_error *err);
    void (*close)(struct ed_domain *d);
    enum vn_status (*start)(struct ed_domain *d, struct vn_error *err);
    void (*enter)(struct ed_domain *d);                  /* the plug-in */
    void (*leave)(struct ed_domain *d);                  /* it returned */
    void (*grant)(struct ed_domain *d, uint32_t rights); /* into a gate */
    void (*revoke)(struct ed_domain *d);                 /* back from it */

    /* Instead of enter and leave. */
    enum vn_status (*call)(struct ed_domain *d, const void *code,
                           const uint64_t *args, uint64_t *result,
                           struct vn_error *err);
};

/* gate.c knows these by their offsets. */
struct ed_monitor {
    void *host_stack;     /* 0: where ed_switch() left it */
    void *gate;           /* 8: the code of all gates */
    uint32_t plugin_pkru; /* 16 */
    uint32_t now_pkru;    /* 20: what the next switch may set */
    uint32_t keyed;       /* 24: switches set keys */
    uint32_t state;       /* enum ed_place */
    void *thread_pointer; /* 32: of who called, in FS; NULL: not to be set */
    void *signal_stack;   /* 40: its own, of ED_SIGNAL_STACK bytes */
    uint32_t vectors;     /* 48: enum ed_vectors, which there are */
    struct ed_domain *domain;
    volatile int late;   /* its time was up while it was in a gate */
    volatile int thread; /* that is inside */
    struct ed_violation violation;
    /* In the process of a plug-in, where a violation ends it. */
    void (*end)(const struct ed_violation *);
};

enum ed_place {
    ED_OUTSIDE, /* the program */
    ED_INSIDE,  /* the plug-in */
    ED_GATED    /* a function that it called */
};

/* The registers that ed_scrub() clears. */
enum ed_vectors {
    ED_SSE,
    ED_AVX,
    ED_AVX512
};

extern struct ed_monitor ed_monitor;

/* gate.c: is a system call of this thread refused (PR_SYS_DISPATCH)? and its
 * number, once it made a call. */
extern _Thread_local volatile char ed_selector;
extern _Thread_local int ed_own_thread;
void ed_stop(struct ed_domain *d, enum ed_kind kind, uint64_t value)
    __attribute__((__noreturn__));
uint64_t ed_switch(void *stack, const void *code, const uint64_t *args);
uint64_t ed_dispatch(unsigned function, const uint64_t *args);
void ed_set_pkru(uint32_t pkru); /* checks that now_pkru says the same */
uint32_t ed_get_pkru(void);
void ed_gate_plain(void);
void ed_gate_keyed(void);
/* Handles a signal: sets FS, then goes to ed_caught() (signal.c). */
void ed_handler(int signal, siginfo_t *info, void *context);
extern const char ed_gates_begin[], ed_gates_end[];

/* region.c */
enum vn_status ed_regions_open(struct ed_domain *d, struct vn_error *err);
void ed_regions_close(struct ed_domain *d);
int ed_region_at(const struct ed_domain *d, uintptr_t address);
enum vn_status ed_protect_image(const struct ed_domain *d, bool executable,
                                struct vn_error *err);
/* From here on the heap of the plug-in's region has what config says. */
void ed_limit_heap(struct ed_domain *d);
/* Close all of a domain, and open it again as it is between calls. */
bool ed_regions_shut(struct ed_domain *d);
bool ed_regions_unshut(struct ed_domain *d);

/* heap.c: blocks of a region, by lists in the region itself. */
void ed_heap_open(struct ed_region *r, size_t used, size_t limit);
size_t ed_heap_block(size_t bytes); /* what it takes; 0: too much */
void *ed_heap_alloc(const struct ed_region *r, size_t bytes);
void *ed_heap_realloc(const struct ed_region *r, void *p, size_t bytes);
bool ed_heap_free(const struct ed_region *r, void *p); /* was it a block? */
bool ed_heap_holds(const struct ed_region *r, const void *p);

/* open.c: all domains that are open, for those that must close the others. */
void ed_domains_add(struct ed_domain *d);
void ed_domains_remove(struct ed_domain *d);
struct ed_domain *ed_domains_first(void);

/* keeper.c: fork() by a thread that lives as long as the process; -1 and
 * errno where that fails. */
pid_t ed_keeper_fork(void (*child)(void *), void *arg);

/* signal.c */
void ed_caught(int signal, siginfo_t *info, void *context);
void ed_signals_open(void);
void ed_signals_child(void); /* in the child: report and end */
bool ed_signals_arm(void);   /* its stack, after one that did not return */
void ed_signals_enter(void); /* whose thread it is that goes inside */
enum vn_status ed_signals_thread(struct vn_error *err);
void ed_signals_limit(int64_t limit_us);
void ed_leave_rseq(void); /* the kernel then notes nothing for this thread */
struct ed_violation ed_fault(const struct ed_domain *d, int signal,
                             const void *info, const void *context);

/* load.c, runtime.c: what a plug-in may call, or NULL. */
void *ed_runtime(const struct ed_backend *backend, const char *name);

/* seal.c: the program's code, constants and tables, for good, where the kernel
 * can promise that. */
void ed_seal_program(void);
/* The addresses of a domain's regions: nothing can be mapped there, unmapped,
 * or protected otherwise, again; not where rules are protections of pages. */
void ed_seal_regions(const struct ed_domain *d);

/* filter.c: 0, or the step that failed, with errno. */
int ed_confine(void);

/* process.c: a word that changes, and who waits for it. */
void ed_wake(_Atomic uint32_t *word);
bool ed_await(_Atomic uint32_t *word, uint32_t old, _Atomic uint32_t *sleeps,
              const struct timespec *nap, struct ed_patience *patience);

/* report.c: why the domain is dead, as an error. */
enum vn_status ed_report(const struct ed_domain *d, struct vn_error *err);

#endif /* ENCLAVEDOM_BACKEND_BACKEND_H */
