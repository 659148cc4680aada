/*
 * Third-party code against its program's own data.  A program keeps accounts
 * in a tagged region and imports two extensions: one that steals
 * (t/enclavedom/stranger.c), and a library of the distribution as it is,
 * libxxhash, which is asked to hash what it was not given.  Both do their work
 * with what they are given, and are stopped at the accounts; under `none` they
 * are not, and under `process` they may read them, as the function may that
 * they call: rules of single functions do not hold there.
 */
#include "config.h"

#include "enclavedom/enclavedom.h"
#include "t/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    ACCOUNTS = ED_PLUGIN + 1,
    NACCOUNTS = 100
};

struct accounts {
    int64_t of[NACCOUNTS];
};

static uint64_t
total_gate(void *arg, const uint64_t *args)
{
    const struct accounts *a = arg;
    uint64_t all = 0;

    (void) args;
    for (int i = 0; i < NACCOUNTS; i++)
        all += (uint64_t) a->of[i];
    return all;
}

static const struct ed_function functions[] = {
    {"total", ED_R(ACCOUNTS), total_gate}};

static const char xxhash[] = "/usr/lib/x86_64-linux-gnu/libxxhash.so.0";

struct program {
    struct ed_domain *domain;
    struct accounts *accounts;
    struct vn_error err;
};

/* The program, with an extension; false and why. */
static bool
import(struct program *p, const struct ed_backend *b, const char *path)
{
    static const struct ed_region_spec regions[] = {{"extension", 32 << 20},
                                                    {"accounts", 1 << 20}};
    const struct ed_config config = {.name = path,
                                     .backend = b,
                                     .regions = regions,
                                     .nregions = 2,
                                     .functions = functions,
                                     .nfunctions = 1};
    struct ed_file *file;
    bool good;

    *p = (struct program){.domain = NULL};
    if (ed_file_open(path, &file, &p->err) != VN_OK)
        return false;
    good = ed_open(&config, &p->domain, &p->err) == VN_OK;
    if (good) {
        p->accounts =
            ed_alloc(ed_region(p->domain, ACCOUNTS), 1, sizeof *p->accounts);
        for (int i = 0; i < NACCOUNTS; i++)
            p->accounts->of[i] = 1000 + i;
        ed_set_arg(p->domain, p->accounts);
        good = ed_load(p->domain, file, &p->err) == VN_OK;
    }
    ed_file_close(file);
    return good;
}

static enum vn_status
call(struct program *p, const char *name, uint64_t a, uint64_t b, uint64_t c,
     uint64_t *result)
{
    const uint64_t args[] = {a, b, c};

    p->err.text[0] = '\0';
    return ed_call(p->domain, ed_symbol(p->domain, name), args, 3, result,
                   &p->err);
}

/* What it is given: a copy in its own region. */
static uint64_t
give(struct program *p, const void *bytes, size_t n)
{
    void *copy = ed_alloc(ed_region(p->domain, ED_PLUGIN), 1, n + 1);

    memcpy(copy, bytes, n);
    return (uint64_t) (uintptr_t) copy;
}

static bool
is(const struct ed_backend *b, const char *name)
{
    return strcmp(ed_backend_name(b), name) == 0;
}

/* Does it get at the accounts? */
static void
takes(struct program *p, const struct ed_backend *b, const char *name,
      bool write, const char *what)
{
    const uint64_t two = write ? 4711 : sizeof(struct accounts);
    bool may = is(b, "none") || (is(b, "process") && !write);
    uint64_t result;
    enum vn_status status =
        call(p, name, (uint64_t) (uintptr_t) p->accounts, two, 0, &result);

    ok(may ? status == VN_OK
           : status == VN_EPOLICY && ed_violated(p->domain).region == ACCOUNTS
                 && strstr(p->err.text, "'accounts'") != NULL,
       "%s: %s: %s", ed_backend_name(b), what,
       status == VN_OK ? "it may" : p->err.text);
    ok(p->accounts->of[0] == (write && may ? 4711 : 1000),
       "%s: and the accounts are %s", ed_backend_name(b),
       write && may ? "spoiled" : "what they were");
}

static void
stranger(const struct ed_backend *b, const char *path)
{
    static const struct {
        const char *name, *what;
    } attempts[] = {{"steal", "an extension reads the accounts"},
                    {"spoil", "an extension writes the accounts"}};
    const int64_t numbers[] = {3, 5, 8, 13};
    const char *backend = ed_backend_name(b);

    for (int i = 0; i < 2; i++) {
        struct program p;
        uint64_t result = 0, given;
        bool good = import(&p, b, path);

        given = good ? give(&p, numbers, sizeof numbers) : 0;
        good = good && ed_start(p.domain, &p.err) == VN_OK;
        ok(good, "%s: an extension is imported%s", backend, p.err.text);
        if (good) {
            ok(call(&p, "sum", given, 4, 0, &result) == VN_OK && result == 29,
               "%s: it sums what it was given%s", backend, p.err.text);
            ok(call(&p, "ask", 0, 0, 0, &result) == VN_OK
                   && result == 100 * 1000 + 99 * 50,
               "%s: it asks for the total%s", backend, p.err.text);
            takes(&p, b, attempts[i].name, i == 1, attempts[i].what);
        }
        ed_close(p.domain);
    }
}

/* XXH64("", 0) and XXH64("abc", 0), as its specification has them. */
static void
library(const struct ed_backend *b)
{
    const char *backend = ed_backend_name(b);
    struct program p;
    uint64_t none = 0, abc = 0, given;

    if (access(xxhash, R_OK) != 0) {
        ok(true, "%s: a library # SKIP no libxxhash here", backend);
        return;
    }
    if (!import(&p, b, xxhash)) {
        ok(false, "%s: %s", backend, p.err.text);
        ed_close(p.domain);
        return;
    }
    given = give(&p, "abc", 3);
    ok(ed_start(p.domain, &p.err) == VN_OK
           && call(&p, "XXH64", given, 0, 0, &none) == VN_OK
           && call(&p, "XXH64", given, 3, 0, &abc) == VN_OK
           && none == UINT64_C(0xef46db3751d8e999)
           && abc == UINT64_C(0x44bc2cf5ad770999),
       "%s: libxxhash as it is hashes what it was given%s", backend,
       p.err.text);
    takes(&p, b, "XXH64", false, "libxxhash hashes the accounts");
    ed_close(p.domain);
}

int
main(void)
{
    const char *top = getenv("TOP_BUILDDIR");
    char path[4096];
    struct vn_error err;

#ifdef VN_COVERAGE
    skip_all("the coverage counters are writes of their own, inside");
#endif
    snprintf(path, sizeof path, "%s/t/enclavedom/stranger.so",
             top == NULL ? "." : top);
    if (access(path, R_OK) != 0)
        skip_all("there is no extension to import");
    for (int i = 0; ed_backends[i] != NULL; i++) {
        const struct ed_backend *b = ed_backends[i];

        if (ed_backend_probe(b, &err) != VN_OK) {
            ok(true, "%s # SKIP %s", ed_backend_name(b), err.text);
            continue;
        }
        stranger(b, path);
        library(b);
    }
    return done_testing();
}
