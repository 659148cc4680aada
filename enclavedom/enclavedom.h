/*
 * EnclaveDom: protected regions for a program that runs code of strangers.
 *
 * A *domain* holds one plug-in and the regions it must not touch.  Memory is
 * partitioned into tagged *regions*; each function that the plug-in may call
 * has a *rule*, the regions which it may read or write while it runs; and a
 * *gate* grants exactly that at every call and takes it back at its end
 * (Melara, Freedman and Bowman, arXiv 1907.13245).  Rules are written where
 * functions are declared, as one list from which everything else is made:
 *
 *     enum { LEDGER = ED_PLUGIN + 1, ANSWER };
 *     #define FUNCTIONS(FN)                       \
 *         FN(look, ED_R(LEDGER))                  \
 *         FN(reply, ED_R(LEDGER) | ED_RW(ANSWER))
 *     static const struct ed_function functions[] = {FUNCTIONS(ED_FN)};
 *
 * where look_gate() and reply_gate(), of type ed_fn, do the work, and the
 * plug-in calls look() and reply().  A backend (enclavedom/backend/backend.h)
 * says how a rule is enforced.  One call is in progress at a time in a
 * process; a domain that was violated is dead, and the program goes on with
 * another.
 *
 * To add a backend, write enclavedom/backend/NAME.c and name it in
 * ed_backends (domain.c).
 */
#ifndef ENCLAVEDOM_ENCLAVEDOM_H
#define ENCLAVEDOM_ENCLAVEDOM_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ED_PLUGIN = 0, /* the region of the plug-in itself: image, heap, stack */
    ED_REGIONS_MAX = 12,
    ED_FUNCTIONS_MAX = 128,
    ED_ARGS_MAX = 4
};

/* Rights: two bits a region, in one word. */
#define ED_R(region)  (UINT32_C(1) << (2 * (region)))
#define ED_RW(region) (UINT32_C(3) << (2 * (region)))

/* The work behind a gate; args are the caller's registers, to be trusted in
 * nothing.  arg is the config's.  A double is given as its bits.  Under
 * `process` it may use malloc(), and no other system call. */
typedef uint64_t (*ed_fn)(void *arg, const uint64_t *args);

struct ed_function {
    const char *name;
    uint32_t rights;
    ed_fn run;
};

/* A row of a table of functions. */
#define ED_FN(name, rights) {#name, (rights), name##_gate},

struct ed_region_spec {
    const char *name;
    size_t bytes; /* the most it can hold; only what is used takes memory */
};

struct ed_domain;
struct ed_region;
struct ed_backend;
struct ed_file;

struct ed_config {
    const char *name;                     /* of the plug-in, for messages */
    const struct ed_backend *backend;     /* NULL for ed_backend_default() */
    const struct ed_region_spec *regions; /* [ED_PLUGIN] is the plug-in's */
    int nregions;
    const struct ed_function *functions; /* kept; constant */
    int nfunctions;
    void *arg;          /* for the functions */
    size_t stack_bytes; /* of the plug-in's stack; 0 for 1 MiB */
    size_t heap_bytes;  /* beside its image, with what the program makes in
                           its region; 0 for all of its region */
    int64_t limit_us;   /* the longest call; 0 for 1 s */
};

/* How a call of the plug-in ended before its time. */
enum ed_kind {
    ED_NONE,
    ED_ACCESS,    /* touched memory that it may not */
    ED_SYSCALL,   /* tried a system call */
    ED_OVERTIME,  /* did not return in time */
    ED_OVERFLOW,  /* used up its stack */
    ED_EXHAUSTED, /* used up its memory */
    ED_EXITED,    /* called exit() or abort() */
    ED_TRAPPED,   /* ran an instruction that cannot be run */
    ED_DIED,      /* its process is gone */
    ED_ARGUMENT,  /* gave a gate something it may not */
    ED_FORGED     /* answered what it was not asked */
};

struct ed_violation {
    enum ed_kind kind;
    int function;      /* the gate it was in, -1 for the plug-in's own code */
    int region;        /* that was touched, -1 for none */
    uintptr_t address; /* touched, or of the instruction */
    bool write;
    bool run;   /* an instruction was to be fetched there */
    int number; /* of the signal, system call, exit status or key */
    bool keyed; /* the fault was a protection key's (SEGV_PKUERR) */
    bool own;   /* all this is the word of the process that was stopped */
};

/* All backends, ended by NULL, in the order in which one is chosen. */
extern const struct ed_backend *const ed_backends[];

/* "mpk", "process", "mprotect", "none", and one line about each. */
const char *ed_backend_name(const struct ed_backend *backend);
const char *ed_backend_summary(const struct ed_backend *backend);

/* Does it work here?  Otherwise VN_EUNSUP, and why. */
enum vn_status ed_backend_probe(const struct ed_backend *backend,
                                struct vn_error *err);

/* The first of mpk and process that works here, or NULL. */
const struct ed_backend *ed_backend_default(void);

/* The backend of that name; VN_EUSAGE and the nearest name otherwise. */
enum vn_status ed_backend_find(const char *name,
                               const struct ed_backend **backend,
                               struct vn_error *err);

/*
 * Make a domain.  All its regions are open to the program until ed_start(),
 * and between calls.
 */
enum vn_status ed_open(const struct ed_config *config,
                       struct ed_domain **domain, struct vn_error *err);

/* Ends the plug-in, and its regions with all they hold. */
void ed_close(struct ed_domain *domain);

struct ed_region *ed_region(struct ed_domain *domain, int number);
const struct ed_backend *ed_domain_backend(const struct ed_domain *domain);

/* The arg of the functions; to be set before ed_start(). */
void ed_set_arg(struct ed_domain *domain, void *arg);
void *ed_domain_arg(const struct ed_domain *domain);

/* Objects in a region: zeroed; NULL where it is full, or what runs inside
 * spoiled it.  Release by ed_free().  Moving one keeps the old until it
 * succeeds. */
void *ed_alloc(struct ed_region *region, size_t n, size_t size);
void *ed_realloc(struct ed_region *region, void *p, size_t n, size_t size);
void ed_free(struct ed_region *region, void *p);

/* Is [p, p + bytes) within the region?  Sums do not overflow. */
bool ed_contains(const struct ed_region *region, const void *p, size_t bytes);

/*
 * Read a plug-in, an ELF shared object: a sealed copy, so that what is checked
 * is what is loaded, in any number of domains, whatever becomes of the file.
 */
enum vn_status ed_file_open(const char *path, struct ed_file **file,
                            struct vn_error *err);
void ed_file_close(struct ed_file *file);

/* The bytes of the copy, borrowed, and how many. */
const void *ed_file_bytes(const struct ed_file *file, size_t *size);

/*
 * Lay a plug-in out in its region; no code of it runs.  Refused, saying
 * where: executable pages that hold WRPKRU, XRSTOR, WRFSBASE, SYSCALL,
 * SYSENTER or INT 80, at any offset; text relocations; segments that are
 * writable and executable; functions that a plug-in may not call.  Under
 * `none` nothing is refused that can be loaded.
 */
enum vn_status ed_load(struct ed_domain *domain, const struct ed_file *file,
                       struct vn_error *err);

/* The address of a symbol that the plug-in exports, or NULL. */
void *ed_symbol(const struct ed_domain *domain, const char *name);

/* Close the domain round the plug-in, and run its constructors inside. */
enum vn_status ed_start(struct ed_domain *domain, struct vn_error *err);

/*
 * Call code inside, with n <= ED_ARGS_MAX arguments.  Where it is stopped,
 * VN_EPOLICY and a text naming plug-in, function, region, address and access;
 * ed_violated() has the same in parts.  result may be NULL.
 */
enum vn_status ed_call(struct ed_domain *domain, const void *code,
                       const uint64_t *args, int n, uint64_t *result,
                       struct vn_error *err);

/* Why the domain is dead; kind is ED_NONE where it is not; and the same as
 * ed_call() says it: VN_EPOLICY, or VN_OK where it is not. */
struct ed_violation ed_violated(const struct ed_domain *domain);
enum vn_status ed_explain(const struct ed_domain *domain,
                          struct vn_error *err);

/*
 * For gates: copy bytes of the plug-in's region once, so that they cannot
 * change after being checked.  A range not wholly within its region ends the
 * call as ED_ARGUMENT and does not return, so a gate holds nothing then.
 */
void ed_copy_in(struct ed_domain *domain, void *to, const void *from,
                size_t bytes);
void ed_copy_out(struct ed_domain *domain, void *to, const void *from,
                 size_t bytes);

/* For gates: refuse an argument, or say that the plug-in's region holds no
 * more; they do not return. */
void ed_refuse(struct ed_domain *domain, uint64_t value)
    __attribute__((__noreturn__));
void ed_exhaust(struct ed_domain *domain) __attribute__((__noreturn__));

/* For the program: the same copy, and a text of at most size - 1 bytes. */
enum vn_status ed_fetch(struct ed_domain *domain, void *to, const void *from,
                        size_t bytes, struct vn_error *err);
enum vn_status ed_fetch_text(struct ed_domain *domain, char *to, size_t size,
                             const char *from, struct vn_error *err);

/* The gate of function number i, as an address that the plug-in may call. */
void *ed_gate_address(int i);

#endif /* ENCLAVEDOM_ENCLAVEDOM_H */
