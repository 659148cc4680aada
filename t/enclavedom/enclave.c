/*
 * The rule matrix: every function x region x access, from the main and from
 * another thread, under every backend; and `none` as the control, under which
 * all of it succeeds.
 */
#include "config.h"

#include "enclavedom/enclavedom.h"
#include "t/tap.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INSIDE __attribute__((__no_sanitize__("address", "undefined")))

enum {
    LEDGER = ED_PLUGIN + 1,
    ANSWER,
    SECRET,
    NREGIONS
};

#define FUNCTIONS(FN)                           \
    FN(with_nothing, 0)                         \
    FN(with_ledger_r, ED_R(LEDGER))             \
    FN(with_answer_w, ED_RW(ANSWER))            \
    FN(with_both, ED_R(LEDGER) | ED_RW(ANSWER)) \
    FN(with_plugin, ED_RW(ED_PLUGIN) | ED_R(LEDGER))

struct world {
    volatile int64_t *object[NREGIONS]; /* one in each region */
};

INSIDE static uint64_t
touch(volatile int64_t *object, bool write)
{
    if (write)
        *object = 4711;
    return (uint64_t) *object;
}

static uint64_t
work(void *arg, const uint64_t *args)
{
    struct world *w = arg;

    return touch(w->object[args[0]], args[1] != 0);
}

#define with_nothing_gate  work
#define with_ledger_r_gate work
#define with_answer_w_gate work
#define with_both_gate     work
#define with_plugin_gate   work

static const struct ed_function functions[] = {FUNCTIONS(ED_FN)};
enum {
    NFUNCTIONS = sizeof functions / sizeof functions[0]
};

static const struct ed_region_spec specs[NREGIONS] = {
    [ED_PLUGIN] = {"plug-in", 8 << 20},
    [LEDGER] = {"ledger", 1 << 20},
    [ANSWER] = {"answer", 1 << 20},
    [SECRET] = {"secret", 1 << 20},
};

/* The plug-in's code: touch directly, or through a gate. */
INSIDE static uint64_t
direct(uint64_t object, uint64_t write)
{
    return touch((volatile int64_t *) (uintptr_t) object, write != 0);
}

typedef uint64_t (*gate_fn)(uint64_t region, uint64_t write);

INSIDE static uint64_t
through(uint64_t gate, uint64_t region, uint64_t write)
{
    return ((gate_fn) (uintptr_t) gate)(region, write);
}

struct attempt {
    const struct ed_backend *backend;
    int function; /* -1: no gate */
    int region;
    bool write;
    bool open; /* is it to succeed? */
};

static uint32_t
of_any_rule(void)
{
    uint32_t rights = 0;

    for (int f = 0; f < NFUNCTIONS; f++)
        rights |= functions[f].rights;
    return rights;
}

static bool
expected(const struct attempt *a)
{
    const char *name = ed_backend_name(a->backend);
    uint32_t rights = a->function < 0 ? 0 : functions[a->function].rights;
    uint32_t right;

    if (strcmp(name, "none") == 0)
        return true;
    if (strcmp(name, "process") == 0)
        rights = of_any_rule();
    right = rights >> (2 * a->region) & 3;
    return a->write ? right == 3 : right != 0;
}

static bool
say_wrong(const struct attempt *a, const char *what, const struct vn_error *e)
{
    diag("%s, %s, %s of %s: %s: %s", ed_backend_name(a->backend),
         a->function < 0 ? "directly" : functions[a->function].name,
         a->write ? "write" : "read", specs[a->region].name, what, e->text);
    return false;
}

/* The protection key of an address, as the kernel says it; -1 if unsaid. */
static int
key_at(uintptr_t address)
{
    FILE *in = fopen("/proc/self/smaps", "re");
    bool here = false;
    char line[512];
    int key = -1;

    while (in != NULL && key < 0 && fgets(line, sizeof line, in) != NULL) {
        unsigned long from, to;

        if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
            here = address >= from && address < to;
        else if (here && strncmp(line, "ProtectionKey:", 14) == 0)
            key = atoi(line + 14);
    }
    if (in != NULL)
        fclose(in);
    return key;
}

static bool
judge(const struct attempt *a, const struct ed_domain *d,
      const struct world *w, enum vn_status status, const struct vn_error *e)
{
    struct ed_violation v = ed_violated(d);
    bool in_process = strcmp(ed_backend_name(a->backend), "process") != 0;

    if (a->open)
        return status == VN_OK ? true : say_wrong(a, "was stopped", e);
    if (status == VN_OK)
        return say_wrong(a, "was not stopped", e);
    if (v.kind != ED_ACCESS || v.region != a->region || v.write != a->write
        || v.address != (uintptr_t) w->object[a->region]
        || v.function != a->function)
        return say_wrong(a, "is told wrongly", e);
    if (strcmp(ed_backend_name(a->backend), "mpk") == 0
        && (!v.keyed || v.number != key_at((uintptr_t) w->object[a->region])))
        return say_wrong(a, "was no fault of its region's key", e);
    if (in_process && *w->object[a->region] != 17)
        return say_wrong(a, "was changed", e);
    return true;
}

static bool
try_one(const struct attempt *a)
{
    struct world w = {{NULL}};
    struct ed_config config = {.name = "matrix",
                               .backend = a->backend,
                               .regions = specs,
                               .nregions = NREGIONS,
                               .functions = functions,
                               .nfunctions = NFUNCTIONS,
                               .arg = &w};
    struct vn_error err = {.text = ""};
    struct ed_domain *d;
    enum vn_status status;
    uint64_t result = 0;
    bool good;

    if (ed_open(&config, &d, &err) != VN_OK)
        return say_wrong(a, "did not open", &err);
    for (int r = LEDGER; r < NREGIONS; r++) {
        w.object[r] = ed_alloc(ed_region(d, r), 1, sizeof *w.object[r]);
        *w.object[r] = 17;
    }
    status = ed_start(d, &err);
    if (status == VN_OK && a->function < 0)
        status = ed_call(
            d, (void *) (uintptr_t) direct,
            (uint64_t[]){(uint64_t) (uintptr_t) w.object[a->region], a->write},
            2, &result, &err);
    else if (status == VN_OK)
        status = ed_call(
            d, (void *) (uintptr_t) through,
            (uint64_t[]){(uint64_t) (uintptr_t) ed_gate_address(a->function),
                         (uint64_t) a->region, a->write},
            3, &result, &err);
    good = judge(a, d, &w, status, &err);
    if (good && a->open && result != (a->write ? 4711 : 17))
        good = say_wrong(a, "gave another value", &err);
    ed_close(d);
    return good;
}

/* By FS; pthread_self() would be asked once. */
static uintptr_t
thread_now(void)
{
    uintptr_t now;

    __asm__ volatile("mov %%fs:0, %0" : "=r"(now));
    return now;
}

static void *
try_all(void *arg)
{
    struct attempt a = {.backend = arg};
    uintptr_t self = thread_now(); /* and stays who it is */
    size_t wrong = 0;

    for (a.function = -1; a.function < NFUNCTIONS; a.function++)
        for (a.region = LEDGER; a.region < NREGIONS; a.region++)
            for (int write = 0; write < 2; write++) {
                a.write = write != 0;
                a.open = expected(&a);
                wrong += !try_one(&a) || thread_now() != self;
            }
    return (void *) wrong;
}

int
main(void)
{
#ifdef VN_COVERAGE
    skip_all("the coverage counters are writes of their own, inside");
#endif
    for (int i = 0; ed_backends[i] != NULL; i++) {
        void *backend = (void *) (uintptr_t) ed_backends[i];
        const char *name = ed_backend_name(ed_backends[i]);
        struct vn_error err;
        pthread_t thread;
        void *wrong;

        if (ed_backend_probe(ed_backends[i], &err) != VN_OK) {
            ok(true, "%s # SKIP %s", name, err.text);
            continue;
        }
        ok(try_all(backend) == NULL,
           "%s: every access is as the table says, on the main thread", name);
        pthread_create(&thread, NULL, try_all, backend);
        pthread_join(thread, &wrong);
        ok(wrong == NULL, "%s: and on another", name);
    }
    return done_testing();
}
