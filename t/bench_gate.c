/* What a call and a gate cost under each backend, by size of the ledger. */
#include "config.h"

#include "enclavedom/enclavedom.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    LEDGER = ED_PLUGIN + 1,
    NREGIONS
};

#define FUNCTIONS(FN) FN(look, ED_R(LEDGER))

static uint64_t
look_gate(void *arg, const uint64_t *args)
{
    return *(volatile unsigned char *) arg + args[0];
}

static const struct ed_function functions[] = {FUNCTIONS(ED_FN)};

/* Inside: call the gate n times. */
static uint64_t
looks(uint64_t gate, uint64_t n)
{
    uint64_t sum = 0;

    for (uint64_t i = 0; i < n; i++)
        sum += ((uint64_t(*)(uint64_t)) gate)(i);
    return sum;
}

static double
clock_us(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double) t.tv_sec * 1e6 + (double) t.tv_nsec * 1e-3;
}

/* Microseconds of a call with n gates in it. */
static double
call(struct ed_domain *d, int rounds, uint64_t n)
{
    uint64_t args[2] = {(uint64_t) (uintptr_t) ed_gate_address(0), n};
    struct vn_error err;
    double start;

    ed_call(d, (void *) (uintptr_t) looks, args, 2, NULL, &err);
    start = clock_us();
    for (int i = 0; i < rounds; i++)
        if (ed_call(d, (void *) (uintptr_t) looks, args, 2, NULL, &err)
            != VN_OK)
            return -1;
    return (clock_us() - start) / rounds;
}

static void
measure(const struct ed_backend *backend, size_t bytes)
{
    const struct ed_region_spec specs[NREGIONS] = {
        [ED_PLUGIN] = {"plug-in", 8 << 20}, [LEDGER] = {"ledger", 1 << 28}};
    struct ed_config config = {.name = "bench",
                               .backend = backend,
                               .regions = specs,
                               .nregions = NREGIONS,
                               .functions = functions,
                               .nfunctions = 1};
    struct vn_error err;
    struct ed_domain *d;
    void *books;
    double none, gates;

    if (ed_open(&config, &d, &err) != VN_OK) {
        printf("%-10s %s\n", ed_backend_name(backend), err.text);
        return;
    }
    books = ed_alloc(ed_region(d, LEDGER), bytes, 1);
    memset(books, 1, bytes);
    ed_set_arg(d, books);
    if (ed_start(d, &err) == VN_OK) {
        none = call(d, 2000, 0);
        gates = call(d, 500, 10);
        printf("%-10s %12zu %12.3f %12.3f\n", ed_backend_name(backend), bytes,
               none, (gates - none) / 10);
    }
    ed_close(d);
}

int
main(void)
{
    /* 200 bytes a job: of 20 jobs, and of 100,000. */
    static const size_t sizes[] = {4000, 20000000};

    printf("%-10s %12s %12s %12s\n", "backend", "ledger_bytes", "us_a_call",
           "us_a_gate");
    for (int i = 0; ed_backends[i] != NULL; i++)
        for (int k = 0; k < 2; k++)
            measure(ed_backends[i], sizes[k]);
    return 0;
}
