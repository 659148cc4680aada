/*
 * What a call and a gate cost under each backend, by size of the ledger; and
 * beside them the plain ways to a process and back: a byte through two pipes,
 * and a word of shared memory with a futex.
 */
#include "config.h"

#include "enclavedom/enclavedom.h"

#include <linux/futex.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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

enum {
    TRIPS = 20000
};

static double
pipe_trip(void)
{
    int there[2], back[2];
    double start = 0;
    char byte = 0;
    pid_t child;

    if (pipe(there) != 0 || pipe(back) != 0 || (child = fork()) < 0)
        return -1;
    if (child == 0) {
        close(there[1]);
        while (read(there[0], &byte, 1) == 1 && write(back[1], &byte, 1) == 1)
            continue;
        _exit(0);
    }
    for (int i = -100; i < TRIPS; i++) {
        if (i == 0)
            start = clock_us();
        if (write(there[1], &byte, 1) != 1 || read(back[0], &byte, 1) != 1)
            return -1;
    }
    start = clock_us() - start;
    close(there[1]);
    waitpid(child, NULL, 0);
    close(there[0]);
    close(back[0]);
    close(back[1]);
    return start / TRIPS;
}

static void
wait_for(atomic_uint *word, unsigned value)
{
    unsigned now;

    while ((now = atomic_load(word)) != value)
        syscall(SYS_futex, word, FUTEX_WAIT, now, NULL, NULL, 0);
}

static void
tell(atomic_uint *word, unsigned value)
{
    atomic_store(word, value);
    syscall(SYS_futex, word, FUTEX_WAKE, 1, NULL, NULL, 0);
}

static double
futex_trip(void)
{
    atomic_uint *word = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    double start = 0;
    pid_t child;

    if (word == MAP_FAILED || (child = fork()) < 0)
        return -1;
    if (child == 0) {
        for (unsigned i = 0; i < TRIPS + 100; i++) {
            wait_for(&word[0], i + 1);
            tell(&word[64], i + 1);
        }
        _exit(0);
    }
    for (unsigned i = 0; i < TRIPS + 100; i++) {
        if (i == 100)
            start = clock_us();
        tell(&word[0], i + 1);
        wait_for(&word[64], i + 1);
    }
    start = clock_us() - start;
    waitpid(child, NULL, 0);
    munmap(word, 4096);
    return start / TRIPS;
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
    printf("%-10s %12s %12.3f\n", "pipes", "-", pipe_trip());
    printf("%-10s %12s %12.3f\n", "futex", "-", futex_trip());
    return 0;
}
