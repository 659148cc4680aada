/*
 * The library OS and a program that wants its tables: what the paper claims.
 * A program's code that reads or writes a table is stopped, table and address
 * are named, and this program goes on; under `none` it succeeds.  A call that
 * is given a table's address is refused everywhere.  And every rule of every
 * call, table by table.
 */
#include "config.h"

#include "enclavedom/libos/inner.h"
#include "t/tap.h"

#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <unistd.h>

#define INSIDE __attribute__((__no_sanitize__("address", "undefined")))

enum {
    REFUSED = 7
};

static char guest[PATH_MAX];

static bool
is(const struct ed_backend *b, const char *name)
{
    return strcmp(ed_backend_name(b), name) == 0;
}

/* Run it here, and come back. */
static enum vn_status
run(const struct ed_backend *b, const char *one, const char *two,
    const char *three, int *status, struct vn_error *err)
{
    const char *words[] = {guest, one, two, three, NULL};
    char own[PATH_MAX + 8];
    const char *environment[] = {own, NULL};
    const struct os_config config = {.backend = b,
                                     .words = words,
                                     .environment = environment,
                                     .tell_tables = true,
                                     .bare = true};
    struct os_outcome outcome;
    enum vn_status result;

    snprintf(own, sizeof own, "OWN=%s", guest);
    err->text[0] = '\0';
    result = os_run(&config, &outcome, err);
    *status = outcome.status;
    return result;
}

/* The paper's claim. */
static void
touches(const struct ed_backend *b)
{
    static const char *const how[] = {"read", "write"};

    for (int t = OS_DESCRIPTORS; t < OS_TABLES; t++)
        for (int w = 0; w < 2; w++) {
            const char *name = os_table_name(t);
            char said[80];
            struct vn_error err;
            enum vn_status result;
            int status = -1;

            result = run(b, "touch", how[w], name, &status, &err);
            if (is(b, "none")) {
                ok(result == VN_OK && status == 0,
                   "none: %s of table '%s' succeeds%s", how[w], name,
                   err.text);
                continue;
            }
            snprintf(said, sizeof said, ": %s region '%s' at 0x",
                     w == 0 ? "read" : "wrote", name);
            ok(result == VN_EPOLICY && strstr(err.text, said) != NULL,
               "%s: %s of table '%s': %s", ed_backend_name(b), how[w], name,
               err.text);
        }
}

static void
calls(const struct ed_backend *b)
{
    for (int t = OS_DESCRIPTORS; t < OS_TABLES; t++) {
        const char *name = os_table_name(t);
        struct vn_error err;
        enum vn_status result;
        int status = -1;

        result = run(b, "call", "all", name, &status, &err);
        ok(result == VN_OK && status == REFUSED,
           "%s: every pointer of every call into '%s': %s", ed_backend_name(b),
           name, result == VN_OK ? "refused" : err.text);
    }
}

/* Where what is read is run, unlooked at. */
static void
all_runs(const struct ed_backend *b)
{
    int former = personality(0xffffffff), status = -1;
    struct vn_error err;
    enum vn_status result;

    if (!is(b, "mpk"))
        return;
    personality((unsigned long) former | READ_IMPLIES_EXEC);
    result = run(b, "mem", NULL, NULL, &status, &err);
    personality((unsigned long) former);
    ok(result == VN_EUNSUP
           && strcmp(err.text, "all memory is executable here "
                               "(READ_IMPLIES_EXEC), expected only code")
                  == 0,
       "mpk: %s", err.text);
}

static void
others(const struct ed_backend *b)
{
    static const struct {
        const char *name;
        bool stopped;
        const char *what;
    } all[] = {{"int80", true, "a call of 32 bits"},
               {"sigreturn", true, "a forged return from a signal"},
               {"code", false, "memory to write and run"},
               {"mem", false, "/proc/self/mem"}};

    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct vn_error err;
        int status = -1;
        enum vn_status result = run(b, all[i].name, NULL, NULL, &status, &err);

        ok(all[i].stopped ? result == VN_EPOLICY
                          : result == VN_OK && status == REFUSED,
           "%s: %s: %s", ed_backend_name(b), all[i].what,
           result == VN_OK ? "refused" : err.text);
    }
}

/* What sets rights is found wherever it lies, and is what a plain search
 * finds. */
static void
finds(void)
{
    static const unsigned char setters[][3] = {
        {0x0f, 0x01, 0xef}, {0x0f, 0xae, 0x28}, {0x0f, 0xae, 0x6d}};
    unsigned char code[80];
    int wrong = 0, n = 0;

    for (size_t bytes = 0; bytes <= sizeof code; bytes++)
        for (size_t i = 0; i + 3 <= bytes; i++)
            for (int s = 0; s < 3; s++, n++) {
                size_t at = sizeof code;

                memset(code, i % 2 == 0 ? 0x0f : 0x90, sizeof code);
                memcpy(code + i, setters[s], 3);
                if (os_sets_rights(code, bytes, &at) == NULL || at != i
                    || os_sets_rights(code, i + 2, &at) != NULL)
                    wrong++;
            }
    ok(wrong == 0, "%d places of what sets rights are found", n);
}

/* In this program's own code, of the same files, only gates have them. */
static int
look_at_own(struct dl_phdr_info *info, size_t size, void *arg)
{
    int *others = arg;

    (void) size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        const unsigned char *code =
            (const unsigned char *) (info->dlpi_addr + p->p_vaddr);
        size_t at;

        if (p->p_type != PT_LOAD || (p->p_flags & PF_X) == 0)
            continue;
        for (size_t k = 0;
             os_sets_rights(code + k, p->p_memsz - k, &at) != NULL;
             k += at + 1) {
            const char *c = (const char *) code + k + at;

            if ((c < ed_gates_begin || c >= ed_gates_end)
                && (c < os_crossing_begin || c >= os_crossing_end))
                ++*others;
        }
    }
    return 1;
}

/* The rules: every call, table and access, by functions of the same rights. */
struct touch {
    volatile int64_t *object[OS_TABLES];
};

static uint64_t
touch_gate(void *arg, const uint64_t *args)
{
    struct touch *w = arg;

    if (args[1] != 0)
        *w->object[args[0]] = 4711;
    return (uint64_t) *w->object[args[0]];
}

typedef uint64_t (*gate_fn)(uint64_t table, uint64_t write);

INSIDE static uint64_t
through(uint64_t gate, uint64_t table, uint64_t write)
{
    return ((gate_fn) (uintptr_t) gate)(table, write);
}

static struct ed_domain *
open_rules(const struct ed_backend *b, struct touch *w)
{
    static struct ed_region_spec specs[OS_TABLES];
    static struct ed_function functions[ED_FUNCTIONS_MAX];
    struct ed_config config = {.name = "rules",
                               .backend = b,
                               .regions = specs,
                               .nregions = OS_TABLES,
                               .functions = functions,
                               .nfunctions = os_ncalls,
                               .arg = w};
    struct ed_domain *d;
    struct vn_error err;

    for (int i = 0; i < os_ncalls; i++)
        functions[i] = (struct ed_function){os_calls[i].name,
                                            os_calls[i].rights, touch_gate};
    for (int t = 0; t < OS_TABLES; t++)
        specs[t] = (struct ed_region_spec){os_table_name(t), 8 << 20};
    if (ed_open(&config, &d, &err) != VN_OK)
        return NULL;
    for (int t = 0; t < OS_TABLES; t++)
        w->object[t] = ed_alloc(ed_region(d, t), 1, 64);
    return ed_start(d, &err) == VN_OK ? d : NULL;
}

static void
rules(const struct ed_backend *b)
{
    bool none = is(b, "none");
    struct touch w;
    struct ed_domain *d = open_rules(b, &w);
    int wrong = 0, n = 0;

    for (int i = 0; i < os_ncalls; i++)
        for (int t = OS_DESCRIPTORS; t < OS_TABLES; t++)
            for (int write = 0; write < 2; write++) {
                uint32_t right = os_calls[i].rights >> (2 * t) & 3;
                bool may = none || (write ? right == 3 : right != 0);
                uint64_t args[3] = {(uint64_t) (uintptr_t) ed_gate_address(i),
                                    (uint64_t) t, (uint64_t) write};
                struct vn_error err;
                enum vn_status status;

                if (d == NULL)
                    break;
                status = ed_call(d, (void *) (uintptr_t) through, args, 3,
                                 NULL, &err);
                n++;
                if ((status == VN_OK) != may
                    || (!may && ed_violated(d).region != t)) {
                    wrong++;
                    diag("%s: %s of %s: %s", os_calls[i].name,
                         write ? "write" : "read", os_table_name(t), err.text);
                }
                if (status != VN_OK) {
                    ed_close(d);
                    d = open_rules(b, &w);
                }
            }
    ok(wrong == 0 && n == os_ncalls * (OS_TABLES - 1) * 2,
       "%s: %d of calls, tables and accesses: each is what its rule says%s",
       ed_backend_name(b), n, none ? " to be, or more" : "");
    ed_close(d);
}

int
main(void)
{
    const char *top = getenv("TOP_BUILDDIR");
    char path[PATH_MAX];
    struct vn_error err;
    int chance = 0;

#ifdef VN_COVERAGE
    skip_all("the coverage counters are writes of their own, inside");
#endif
#ifdef __SANITIZE_ADDRESS__
    skip_all("the sanitizer makes system calls of its own, inside");
#endif
    snprintf(path, sizeof path, "%s/t/enclavedom/libos_guest",
             top == NULL ? "." : top);
    if (realpath(path, guest) == NULL)
        skip_all("there is no program to run");
    finds();
    dl_iterate_phdr(look_at_own, &chance);
    ok(chance == 0, "only gates set rights, %d others do", chance);
    for (int i = 0; ed_backends[i] != NULL; i++) {
        const struct ed_backend *b = ed_backends[i];

        if (ed_backend_probe(b, &err) != VN_OK) {
            ok(true, "%s # SKIP %s", ed_backend_name(b), err.text);
            continue;
        }
        touches(b);
        calls(b);
        others(b);
        all_runs(b);
        if (!is(b, "process"))
            rules(b);
    }
    return done_testing();
}
