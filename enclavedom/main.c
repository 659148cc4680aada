/* enclavedom: run a program under the library OS. */
#include "config.h"

#include "base/command.h"
#include "base/option.h"
#include "base/xalloc.h"
#include "enclavedom/libos/os.h"

#include <stdlib.h>
#include <string.h>

enum {
    ALLOW_READ,
    ALLOW_WRITE,
    BACKEND,
    HELP,
    MEMORY,
    OLD_KERNEL,
    RANDOM,
    REPORT,
    SHOW_TABLES,
    STRICT,
    TIME,
    OPTIONS
};

static const struct vn_option options[OPTIONS] = {
    [ALLOW_READ] = {"allow-read", "PATH",
                    "a file, or a folder with all in it, that may be read"},
    [ALLOW_WRITE] = {"allow-write", "PATH", "the same, to read and write"},
    [BACKEND] = {"backend", "NAME",
                 "mpk, process, mprotect or none [the first that works]"},
    [HELP] = {"help", NULL, "print this and exit", 'h'},
    [MEMORY] = {"memory", "BYTES", "the most that it may map [4GiB]"},
    [OLD_KERNEL] = {"old-kernel", NULL,
                    "do without what Linux before 5.11 lacks, for tests"},
    [RANDOM] = {"random", "SEED", "random numbers are those of a seed"},
    [REPORT] = {"report", "FILE",
                "say what it asked for, '-' on standard error"},
    [SHOW_TABLES] = {"show-tables", NULL,
                     "tell it where the tables are, for tests"},
    [STRICT] = {"strict", NULL, "end it at the first thing that it may not"},
    [TIME] = {"time", "KIND",
              "real, or virtual: the same in every run [real]"},
};

struct request {
    struct os_config config;
    const char *read[OS_ROOTS_MAX + 1];
    const char *write[OS_ROOTS_MAX + 1];
    int nread, nwrite;
};

static enum vn_status
add_path(const char **paths, int *n, const char *value, struct vn_error *err)
{
    if (*n == OS_ROOTS_MAX)
        return vn_fail(err, VN_EUSAGE, "more than %d paths are allowed",
                       OS_ROOTS_MAX);
    paths[(*n)++] = value;
    return VN_OK;
}

static enum vn_status
take(struct request *r, int option, const char *value, struct vn_error *err)
{
    static const char *const times[] = {"real", "virtual"};
    enum vn_status status = VN_OK;
    int64_t number = 0;
    int choice = 0;

    switch (option) {
    case ALLOW_READ:
        return add_path(r->read, &r->nread, value, err);
    case ALLOW_WRITE:
        return add_path(r->write, &r->nwrite, value, err);
    case BACKEND:
        return ed_backend_find(value, &r->config.backend, err);
    case MEMORY:
        status = vn_option_bytes("memory", value, 1 << 20, INT64_C(1) << 40,
                                 &number, err);
        r->config.memory_bytes = (uint64_t) number;
        return status;
    case OLD_KERNEL:
        r->config.old_kernel = true;
        return VN_OK;
    case RANDOM:
        status = vn_option_int("random", value, 0, INT64_MAX, &number, err);
        r->config.seeded = true;
        r->config.seed = (uint64_t) number;
        return status;
    case REPORT:
        r->config.report = value;
        return VN_OK;
    case SHOW_TABLES:
        r->config.tell_tables = true;
        return VN_OK;
    case STRICT:
        r->config.strict = true;
        return VN_OK;
    default:
        status = vn_option_choice("time", value, times, 2, &choice, err);
        r->config.time = (enum os_time) choice;
        return status;
    }
}

/* What a program may need to know of the user's environment, and no more. */
static const char *const kept[] = {
    "HOME=",       "LANG=",           "LC_ALL=",
    "LC_CTYPE=",   "PATH=",           "TZ=",
    "PYTHONPATH=", "PYTHONHASHSEED=", "PYTHONDONTWRITEBYTECODE="};

static bool
is_kept(const char *pair)
{
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (strncmp(pair, kept[i], strlen(kept[i])) == 0)
            return true;
    return false;
}

/* The rest is wiped out: the program shares this memory. */
static const char **
choose_environment(void)
{
    extern char **environ;
    const char **to;
    int n = 0;

    while (environ[n] != NULL)
        n++;
    to = vn_xcalloc((size_t) n + 1, sizeof *to);
    n = 0;
    for (char **e = environ; *e != NULL; e++)
        if (is_kept(*e))
            to[n++] = *e;
        else
            explicit_bzero(*e, strlen(*e));
    return to;
}

static int
fail(const struct vn_error *err)
{
    fprintf(stderr, "enclavedom: %s\n", err->text);
    return err->status == VN_EUSAGE ? 2 : 1;
}

static void
help(void)
{
    puts("usage: enclavedom run [option ...] -- PROGRAM [ARG ...]\n");
    vn_option_help(stdout, options, OPTIONS);
}

static int
run(int argc, char **argv)
{
    static struct request r;
    struct os_outcome outcome = {0, 0};
    enum vn_status status;
    const char **environment;
    struct vn_args args = vn_args_begin(argc, argv, options, OPTIONS);
    struct vn_error err;
    const char *value;
    int option;

    r.config.memory_bytes = UINT64_C(4) << 30;
    while ((option = vn_args_next(&args, &value, &err)) >= 0)
        if (option == HELP)
            break;
        else if (take(&r, option, value, &err) != VN_OK)
            return fail(&err);
    if (option == HELP || option == VN_ARGS_HELP) {
        help();
        return 0;
    }
    if (option == VN_ARGS_FAILED)
        return fail(&err);
    if (args.nrest == 0) {
        vn_fail(&err, VN_EUSAGE, "run: expected -- PROGRAM [ARG ...]");
        return fail(&err);
    }
    r.config.words = (const char *const *) args.rest;
    r.config.read = r.read;
    r.config.write = r.write;
    environment = choose_environment();
    r.config.environment = environment;
    status = os_run(&r.config, &outcome, &err);
    free(environment);
    return status != VN_OK ? fail(&err) : outcome.status;
}

static const struct vn_command commands[] = {
    {"run", "run a program whose system calls are functions here", run}};

int
main(int argc, char **argv)
{
    return vn_command_run("enclavedom",
                          "usage: enclavedom run [option ...] -- PROGRAM "
                          "[ARG ...]",
                          commands, 1, argc, argv);
}
