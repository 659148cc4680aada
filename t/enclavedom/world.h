/*
 * A small world for tests of enclavedom/: a secret in a region of its own,
 * three functions, and code to be run inside, which is given the address of
 * the secret and that of the first gate.
 */
#ifndef T_ENCLAVEDOM_WORLD_H
#define T_ENCLAVEDOM_WORLD_H

#include "enclavedom/enclavedom.h"

/* What runs inside makes no calls of its own. */
#define INSIDE __attribute__((__no_sanitize__("address", "undefined")))

enum {
    SECRET = ED_PLUGIN + 1,
    NREGIONS,
    NFUNCTIONS = 3,
    HUGE_PAGE = 2 << 20
};

struct world {
    struct ed_domain *domain;
    volatile int64_t *secret; /* WORLD_SECRET */
    int64_t limit_us;
};

enum {
    WORLD_SECRET = 6021023
};

/*
 * take copies 16 bytes from a pointer, and gives the first; slow reads the
 * secret; twice copies a word, and waits until it has changed where it came
 * from: 1 for a copy that did not change, and 2 for an original that did.
 */
extern const struct ed_function world_functions[NFUNCTIONS];

typedef uint64_t (*gate_fn)(uint64_t, uint64_t);
typedef uint64_t (*inside_fn)(uint64_t secret, uint64_t take);

/* A domain with its secret, started or not; NULL and why. */
struct ed_domain *world_open(const struct ed_backend *backend, struct world *w,
                             bool start, struct vn_error *err);

/* Call code inside. */
enum vn_status world_run(struct ed_domain *d, const struct world *w,
                         inside_fn code, uint64_t *result,
                         struct vn_error *err);

/* To be run inside: a system call; a pointer of one's own, which is taken and
 * gives 42; FS made 0; a division by 0. */
long call_kernel(long number, long a, long b, long c, long d, long e);
uint64_t gives_own(uint64_t secret, uint64_t take);
uint64_t leaves_segment(uint64_t secret, uint64_t take);
uint64_t divides(uint64_t secret, uint64_t take);

#endif /* T_ENCLAVEDOM_WORLD_H */
