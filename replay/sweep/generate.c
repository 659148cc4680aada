#include "config.h"

#include "replay/sweep/generate.h"

#include "base/number.h"
#include "base/option.h"
#include "base/xalloc.h"
#include "traces/command/command.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    WORDS_MAX = 128, /* of a recipe */
    RANGE_MAX = 1000000
};

/* Options that the sweep gives itself. */
static const char *const taken[] = {"--seed", "--output", "-o", "-s"};

/* Cut a recipe in words at its blanks; what each points to is in text. */
static enum vn_status
cut_words(char *text, char **argv, int *argc, struct vn_error *err)
{
    char *word;

    while ((word = strsep(&text, " \t\n")) != NULL) {
        if (word[0] == '\0')
            continue;
        for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
            if (strncmp(word, taken[i], strlen(taken[i])) == 0)
                return vn_fail(err, VN_EUSAGE,
                               "--generate: '%.32s' in it, expected it "
                               "without seed and output",
                               word);
        if (*argc == WORDS_MAX)
            return vn_fail(err, VN_EUSAGE,
                           "--generate: more than %d words, expected fewer",
                           WORDS_MAX);
        argv[(*argc)++] = word;
    }
    return VN_OK;
}

/* A file for what is only for the moment; the caller's. */
static enum vn_status
make_scratch(char **path, struct vn_error *err)
{
    const char *base = getenv("TMPDIR");
    size_t size;
    int fd;

    if (base == NULL || base[0] == '\0')
        base = "/tmp";
    size = strlen(base) + sizeof "/vnreplay-XXXXXX";
    *path = vn_xcalloc(size, 1);
    snprintf(*path, size, "%s/vnreplay-XXXXXX", base);
    fd = mkstemp(*path);
    if (fd >= 0) {
        close(fd);
        return VN_OK;
    }
    free(*path);
    *path = NULL;
    return vn_fail(err, VN_EIO, "cannot write to %s: %s", base,
                   strerror(errno));
}

enum vn_status
vn_generate(const char *recipe, int64_t seed, double load, const char *cluster,
            struct vn_trace_data *data, struct vn_error *err)
{
    char name[] = "generate", seed_name[] = "--seed", load_name[] = "--load",
         cluster_name[] = "--cluster", output_name[] = "--output";
    char *argv[WORDS_MAX + 16] = {name}, *text, *scratch = NULL;
    char seed_text[32], load_text[VN_NUMBER_SIZE];
    enum vn_status status;
    int argc = 1;

    *data = (struct vn_trace_data){0};
    text = strcpy(vn_xcalloc(strlen(recipe) + 1, 1), recipe);
    status = cut_words(text, argv, &argc, err);
    if (status == VN_OK)
        status = make_scratch(&scratch, err);
    if (status != VN_OK) {
        free(text);
        return status;
    }
    snprintf(seed_text, sizeof seed_text, "%" PRId64, seed);
    argv[argc++] = seed_name;
    argv[argc++] = seed_text;
    if (!isnan(load)) {
        argv[argc++] = load_name;
        vn_format_real(load_text, load);
        argv[argc++] = load_text;
        argv[argc++] = cluster_name;
        argv[argc++] = (char *) (uintptr_t) cluster;
    }
    argv[argc++] = output_name;
    argv[argc++] = scratch;
    if (vn_trace_command_generate(argc, argv) != 0)
        status = vn_fail(err, VN_EINVAL, "no trace from --generate '%.200s'",
                         recipe);
    else
        status = vn_trace_data_read(scratch, data, err);
    data->path = recipe;
    unlink(scratch);
    free(scratch);
    free(text);
    return status;
}

static void
add(struct vn_range *range, double x)
{
    range->at =
        vn_xrealloc(range->at, (size_t) range->n + 1, sizeof *range->at);
    range->at[range->n++] = x;
}

/* One word: a number, or from:to or from:to:step. */
static bool
add_word(struct vn_range *range, char *word, double min, double max,
         bool whole)
{
    double x[3] = {0, 0, 1};
    char why[VN_WHY_SIZE], *part;
    int n = 0;

    while ((part = strsep(&word, ":")) != NULL) {
        if (n == 3 || vn_read_real(part, n < 2 ? min : 1e-9, max, &x[n], why))
            return false;
        if (whole && x[n] != floor(x[n]))
            return false;
        n++;
    }
    if (n == 1) {
        add(range, x[0]);
        return true;
    }
    if (x[1] < x[0] || (n == 2 && !whole) || (x[1] - x[0]) / x[2] > RANGE_MAX)
        return false;
    for (int i = 0; x[0] + i * x[2] <= x[1] * (1 + 1e-12); i++)
        /* Twelve digits: 0.5 + 3 x 0.1 is 0.8. */
        add(range, round((x[0] + i * x[2]) * 1e12) / 1e12);
    return true;
}

enum vn_status
vn_range_read(const char *name, const char *text, double min, double max,
              bool whole, struct vn_range *range, struct vn_error *err)
{
    char *copy = strcpy(vn_xcalloc(strlen(text) + 1, 1), text), *next = copy;
    bool good = true;

    while (good && next != NULL)
        good = add_word(range, strsep(&next, ","), min, max, whole);
    free(copy);
    if (good)
        return VN_OK;
    return vn_args_refuse(err, name, text,
                          whole ? "whole numbers, as in 1:10 or 1,2,5"
                                : "numbers, as in 0.5:1:0.1 or 0.5,0.9");
}
