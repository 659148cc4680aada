#include "config.h"

#include "t/enclavedom/world.h"

#define FUNCTIONS(FN)                         \
    FN(take, ED_RW(ED_PLUGIN) | ED_R(SECRET)) \
    FN(slow, ED_R(SECRET))                    \
    FN(twice, ED_RW(ED_PLUGIN) | ED_R(SECRET))

static uint64_t
take_gate(void *arg, const uint64_t *args)
{
    struct world *w = arg;
    unsigned char bytes[16];

    ed_copy_in(w->domain, bytes, (void *) (uintptr_t) args[0], sizeof bytes);
    return bytes[0];
}

static uint64_t
slow_gate(void *arg, const uint64_t *args)
{
    struct world *w = arg;

    (void) args;
    return (uint64_t) *w->secret;
}

static uint64_t
twice_gate(void *arg, const uint64_t *args)
{
    const volatile int64_t *original = (void *) (uintptr_t) args[0];
    struct world *w = arg;
    volatile int64_t copy;
    int64_t first;

    ed_copy_in(w->domain, (void *) (uintptr_t) &copy,
               (const void *) (uintptr_t) args[0], sizeof copy);
    first = copy;
    for (long i = 0; i < 1000000000 && *original == first; i++)
        continue;
    return (uint64_t) (copy == first) | (uint64_t) (*original != first) << 1;
}

const struct ed_function world_functions[NFUNCTIONS] = {FUNCTIONS(ED_FN)};

static const struct ed_region_spec specs[NREGIONS] = {
    [ED_PLUGIN] = {"plug-in", 8 << 20},
    [SECRET] = {"secret", 1 << 20},
};

INSIDE long
call_kernel(long number, long a, long b, long c, long d, long e)
{
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
                     : "rcx", "r11", "memory");
    return result;
}

INSIDE uint64_t
gives_own(uint64_t secret, uint64_t take)
{
    volatile char own[16] = {42};

    (void) secret;
    return ((gate_fn) (uintptr_t) take)((uint64_t) (uintptr_t) own, 0);
}

INSIDE uint64_t
leaves_segment(uint64_t secret, uint64_t take)
{
    (void) secret, (void) take;
    __asm__ volatile("mov %0, %%fs" : : "r"(0));
    return 0;
}

INSIDE uint64_t
divides(uint64_t secret, uint64_t take)
{
    (void) secret, (void) take;
    __asm__ volatile("div %%ecx" : : "a"(1), "c"(0), "d"(0));
    return 0;
}

struct ed_domain *
world_open(const struct ed_backend *backend, struct world *w, bool start,
           struct vn_error *err)
{
    struct ed_config config = {.name = "attack",
                               .backend = backend,
                               .regions = specs,
                               .nregions = NREGIONS,
                               .functions = world_functions,
                               .nfunctions = NFUNCTIONS,
                               .arg = w,
                               .limit_us = w->limit_us};
    struct ed_domain *d;

    if (ed_open(&config, &d, err) != VN_OK)
        return NULL;
    w->domain = d;
    w->secret = ed_alloc(ed_region(d, SECRET), 1, sizeof *w->secret);
    *w->secret = WORLD_SECRET;
    if (!start || ed_start(d, err) == VN_OK)
        return d;
    ed_close(d);
    return NULL;
}

enum vn_status
world_run(struct ed_domain *d, const struct world *w, inside_fn code,
          uint64_t *result, struct vn_error *err)
{
    uint64_t args[2] = {(uint64_t) (uintptr_t) w->secret,
                        (uint64_t) (uintptr_t) ed_gate_address(0)};

    return ed_call(d, (void *) (uintptr_t) code, args, 2, result, err);
}
