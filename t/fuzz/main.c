/*
 * A driver for fuzz targets where libFuzzer is not: every file under t/data,
 * and MUTATIONS mutations of each, drawn from a fixed seed.  Each file has a
 * process of its own, so that a crash or a hang is one failed check, which
 * names the mutation; `t/fuzz/NAME.t FILE K` writes that one to standard
 * output, and `t/fuzz/NAME.t FILE` replays a file.
 */
#include "config.h"

#include "base/rng.h"
#include "base/xalloc.h"
#include "t/fuzz/fuzz.h"
#include "t/tap.h"

#include <glob.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    MUTATIONS = 150,
    SIZE_MAX_SEED = 1 << 16, /* longer files are cut, to stay quick */
    SECONDS = 120            /* after which a file's process hangs */
};

struct input {
    unsigned char *bytes;
    size_t size;
};

static const char *const words[] = {
    ",",
    "\"",
    "\n",
    "\r",
    "\t",
    "-1",
    "0",
    "",
    "nan",
    "inf",
    "1e308",
    "1e-308",
    ";",
    "#",
    "|",
    "null",
    "None",
    "{}",
    "[]",
    "2017-02-29",
    "0.5",
    "1e19",
    "]",
    "}",
    " ",
    "\\",
    "2147483648",
    "+14:00",
    "\xef\xbb\xbf",
};

/* Replace n bytes at `at` by others. */
static void
replace(struct input *in, size_t at, size_t n, const void *by, size_t nby)
{
    unsigned char *bytes = vn_xcalloc(in->size - n + nby + 1, 1);

    memcpy(bytes, in->bytes, at);
    memcpy(bytes + at, by, nby);
    memcpy(bytes + at + nby, in->bytes + at + n, in->size - at - n);
    free(in->bytes);
    in->bytes = bytes;
    in->size += nby - n;
}

static void
mutate_once(struct input *in, struct vn_rng *rng)
{
    size_t at = vn_rng_below(rng, in->size + 1);
    size_t n = vn_rng_below(rng, 1 + vn_rng_below(rng, 40));
    const char *word = words[vn_rng_below(rng, sizeof words / sizeof *words)];
    unsigned char byte = (unsigned char) vn_rng_below(rng, 256);

    n = n < in->size - at ? n : in->size - at;
    switch (vn_rng_below(rng, 6)) {
    case 0: /* another byte */
        replace(in, at, n > 0, &byte, 1);
        break;
    case 1: /* some missing */
        replace(in, at, n, "", 0);
        break;
    case 2: /* some twice */
        replace(in, at, 0, in->bytes + at, n);
        break;
    case 3: /* the end missing */
        if (vn_rng_below(rng, 4) == 0)
            replace(in, at, in->size - at, "", 0);
        break;
    case 4: { /* a digit changed, which keeps the format */
        size_t i = at;

        while (i < in->size && (in->bytes[i] < '0' || in->bytes[i] > '9'))
            i++;
        if (i < in->size)
            in->bytes[i] = (unsigned char) ('0' + byte % 10);
        break;
    }
    default: /* a word that means something */
        replace(in, at, n, word, strlen(word));
        break;
    }
}

static struct input
read_input(const char *path)
{
    struct input in = {.bytes = vn_xcalloc(SIZE_MAX_SEED + 1, 1)};
    FILE *file = fopen(path, "rb");

    if (file != NULL) {
        in.size = fread(in.bytes, 1, SIZE_MAX_SEED, file);
        fclose(file);
    }
    return in;
}

/* Mutation k of a file; 0 is the file itself. */
static struct input
make_input(const char *path, uint64_t k)
{
    const char *name = strstr(path, "t/data/");
    struct input in = read_input(path);
    struct vn_rng rng;

    name = name != NULL ? name : path;
    rng = vn_rng_stream(vn_hash(0, name, strlen(name)), 0x66757a7a, k);
    for (uint64_t n = k > 0 ? 1 + vn_rng_below(&rng, 6) : 0; n > 0; n--)
        mutate_once(&in, &rng);
    return in;
}

static void
run_one(const char *path, uint64_t k)
{
    struct input in = make_input(path, k);

    LLVMFuzzerTestOneInput(in.bytes, in.size);
    free(in.bytes);
}

static void
run_file(const char *path, const char *name, volatile int *at)
{
    pid_t child;
    int status;

    fflush(stdout);
    child = fork();
    if (child == 0) {
        alarm(SECONDS);
        for (*at = 0; *at <= MUTATIONS; ++*at)
            run_one(path, (uint64_t) *at);
        exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        status = -1;
    if (!ok(status == 0, "%s and %d mutations of it", name, MUTATIONS))
        diag("mutation %d ends with %s %d", *at,
             WIFSIGNALED(status) ? "signal" : "status",
             WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}

int
main(int argc, char **argv)
{
    volatile int *at = mmap(NULL, sizeof *at, PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    char *data = data_path("");
    char pattern[4096];
    glob_t files = {0};

    if (argc == 2) {
        run_one(argv[1], 0);
        return 0;
    }
    if (argc == 3) {
        struct input in = make_input(argv[1], strtoull(argv[2], NULL, 10));

        fwrite(in.bytes, 1, in.size, stdout);
        free(in.bytes);
        return 0;
    }
    snprintf(pattern, sizeof pattern, "%s*", data);
    glob(pattern, 0, NULL, &files);
    snprintf(pattern, sizeof pattern, "%s*/*", data);
    glob(pattern, files.gl_pathc > 0 ? GLOB_APPEND : 0, NULL, &files);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        struct stat st;

        if (stat(files.gl_pathv[i], &st) == 0 && S_ISREG(st.st_mode))
            run_file(files.gl_pathv[i], files.gl_pathv[i] + strlen(data), at);
    }
    globfree(&files);
    free(data);
    munmap((void *) (uintptr_t) at, sizeof *at);
    return done_testing();
}
