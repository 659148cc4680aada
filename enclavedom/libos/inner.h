/* What the files of the library OS share. */
#ifndef ENCLAVEDOM_LIBOS_INNER_H
#define ENCLAVEDOM_LIBOS_INNER_H

#include "enclavedom/backend/backend.h"
#include "enclavedom/libos/calls.h"

#include <setjmp.h>
#include <stdio.h>

/* Handles of tables are of this process and known to nobody else: each is in
 * its region, closed while the program runs. */
struct os {
    struct ed_domain *domain;
    struct os_config config;
    const struct os_guest *guest;
    struct os_descriptors *descriptors;
    struct os_paths *paths;
    struct os_map *map;
    struct os_process *process;
    struct os_accounts *accounts;
    struct os_program *program;
    struct os_buffer *buffer;
    uint64_t entry, stack; /* where the program begins */
    uint64_t calls;
    int disarmed;      /* instructions that would have set rights */
    int disarmed_here; /* of the libraries that this process uses */
    int status;        /* that it exited with */
    bool began, ended;
    sigjmp_buf end;     /* to os_enter() */
    sigjmp_buf recover; /* from a fault in a copy */
    bool copying;
    bool copies; /* a fault in one is caught by now */
    struct ed_violation violation;
    bool violated;
    int links;    /* the folder /proc/self/fd, where descriptors are links */
    FILE *report; /* what it asked for, or NULL */
    bool remote;  /* the program is in a process of its own */
    char why[OS_TEXT_MAX + PATH_MAX]; /* it was ended, where it was by us */
    /* As crossing.c calls it: os_serve(), or what passes a call on. */
    uint64_t (*serve)(struct os *, uint64_t, const uint64_t *);
    bool (*fence)(const struct os *); /* last of all before it begins */
    void (*stopped)(const struct ed_violation *); /* instead of an end here */
};

/* Addresses of code. */
struct os_text {
    uint64_t from, to;
};

/* The one that runs; a process has one at a time. */
extern struct os *os_now;

/* image.c: lay a program out with its interpreter, and its first stack. */
enum vn_status os_image_load(struct os *os, struct vn_error *err);
/* The first ELF program of that name in PATH, canonical. */
enum vn_status os_image_find(const char *name, char *path,
                             struct vn_error *err);

/* guest.c: whose addresses?  Ranges of bytes; an empty one is anybody's. */
bool os_is_own(const struct os *os, uint64_t from, uint64_t bytes);
void os_map_add(struct os *os, uint64_t from, uint64_t bytes);
void os_map_remove(struct os *os, uint64_t from, uint64_t bytes);
bool os_map_room(const struct os *os, uint64_t bytes);
/* Copy, where all of it is the program's; 0 or -EFAULT. */
long os_take(struct os *os, void *to, uint64_t from, size_t bytes);
long os_give(struct os *os, uint64_t to, const void *from, size_t bytes);
/* A text with its end, of at most size bytes. */
long os_take_text(struct os *os, char *to, uint64_t from, size_t size);
extern const struct os_guest os_guest_here;
/* The first instruction that sets rights, at any offset; NULL: none. */
const char *os_sets_rights(const unsigned char *code, size_t bytes,
                           size_t *at);
/* Make instructions undefined that set rights; how many there were. */
int os_disarm(unsigned char *code, size_t bytes);
/* Would code set rights that has these two bytes, then those? */
bool os_code_meets(const unsigned char *left, const unsigned char *right);

/* path.c: the descriptor of this process behind one of the program's. */
int os_host(const struct os *os, uint64_t descriptor);
long os_descriptor_new(struct os *os, long host, int least, int flags);
/* Open, as far as it may; the descriptor of this process, or -errno. */
long os_path_open(struct os *os, uint64_t folder, uint64_t path, int flags,
                  unsigned mode);
/* The object itself, O_PATH, that may be seen; or its folder, and the last
 * part in name. */
long os_path_object(struct os *os, uint64_t folder, uint64_t path,
                    bool follow);
long os_path_parent(struct os *os, uint64_t folder, uint64_t path, char *name);
/* To see is to ask for its state: the folders above a root may be, too. */
enum os_use {
    OS_SEE,
    OS_READ,
    OS_WRITE
};
bool os_path_allows(const struct os *os, int host, enum os_use use);
enum vn_status os_path_setup(struct os *os, struct vn_error *err);

/* library.c: the same in all that this process runs itself, but gates. */
bool os_disarm_library(int *n);
/* Where the kernel is called from on this process's behalf. */
int os_library_text(struct os_text *texts, int most);

/* fence.c: seccomp and Landlock, for good. */
enum vn_status os_fence_paths(const struct os *os, struct vn_error *err);
enum vn_status os_fence_calls(const struct os *os, struct vn_error *err);

/* Arch and addresses of calls, and the number loaded: the first instructions
 * of a filter; how many. */
enum {
    OS_PREFIX_MAX = 64
};
struct sock_filter;
unsigned short os_fence_prefix(struct sock_filter *code, bool guest);

/* crossing.c: into the program; comes back when it has ended. */
enum vn_status os_enter(struct os *os, struct vn_error *err);
void os_end(struct os *os, int status) __attribute__((__noreturn__));
bool os_is_trapped(void); /* calls come by seccomp */
bool os_sets_fs_by_calls(void);
const void *os_signal_stack(void); /* its base; NULL: no memory */
const void *os_selector(void);     /* which says whose calls are */
extern const char os_crossing_begin[], os_crossing_end[];
/* End it for what it tried; why is a text. */
void os_stop(struct os *os, const char *why) __attribute__((__noreturn__));
/* What the kernel holds of a call, while a fault means EFAULT. */
bool os_try_copy(void *to, const void *from, size_t bytes);
uint64_t os_get_fs_here(void);
void os_set_fs_here(uint64_t value);
/* The call that row is of, under its rule; a value or -errno. */
uint64_t os_serve(struct os *os, uint64_t number, const uint64_t *args);

/* remote.c: the same, in a process of its own. */
enum vn_status os_enter_remote(struct os *os, struct vn_error *err);

/* report.c */
void os_refused(struct os *os, enum os_use use, const char *path);
bool os_reaches_out(uint64_t number); /* a call that is no mere lack */
enum vn_status os_report_open(struct os *os, struct vn_error *err);
enum vn_status os_report(struct os *os, struct vn_error *err);
const char *os_number_name(int number);

#define OS_CALL(name, rights) \
    uint64_t os_##name(void *arg, const uint64_t *args);
OS_CALLS(OS_CALL)
OS_CALL(other, A_W)
#undef OS_CALL

#endif /* ENCLAVEDOM_LIBOS_INNER_H */
