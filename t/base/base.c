#include "config.h"

#include "base/error.h"
#include "base/file.h"
#include "base/names.h"
#include "base/number.h"
#include "base/option.h"
#include "base/quantile.h"
#include "base/rng.h"
#include "t/tap.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* clang-format off: a case reads as text, value, or what was expected. */
static const struct {
    const char *text;
    vn_time want;
    const char *why;
} times[] = {
    {"0", 0, NULL},
    {"12", 12000000, NULL},
    {"0.25", 250000, NULL},
    {"1.000001", 1000001, NULL},
    {"86399.999999", 86399999999, NULL},
    {"1.5h", 5400000000, NULL},
    {"250ms", 250000, NULL},
    {"2w", 1209600000000, NULL},
    {"1e3", 1000000000, NULL},
    {"0.0000004", 0, NULL},
    {"0.0000006", 1, NULL},
    {"", 0, "seconds, of at least 0"},
    {"-1", 0, "seconds, of at least 0"},
    {"1 ", 0, "seconds, of at least 0"},
    {" 1", 0, "seconds, of at least 0"},
    {"1x", 0, "seconds, of at least 0"},
    {"nan", 0, "seconds, of at least 0"},
    {"0x10", 0, "seconds, of at least 0"},
    {"1e400", 0, "seconds, of at most 9007199254.740992"},
    {".", 0, "seconds, of at least 0"},
};

static const struct {
    const char *text;
    bool good;
    int64_t want;
} ints[] = {
    {"0", true, 0},
    {"-7", true, -7},
    {"+7", true, 7},
    {"9223372036854775807", true, INT64_MAX},
    {"9223372036854775808", false, 0},
    {"99999999999999999999", false, 0},
    {"3.0", true, 3},
    {"3e2", false, 0},
    {"3.5", false, 0},
    {"3.", false, 0},
    {"9223372036854775808", false, 0},
    {"", false, 0},
    {"-", false, 0},
    {"1,2", false, 0},
};

static const struct {
    const char *text;
    bool good;
    int64_t want;
} sizes[] = {
    {"512", true, 512},
    {"16GiB", true, INT64_C(17179869184)},
    {"900M", true, 900000000},
    {"1.5Ki", true, 1536},
    {"2TB", true, 2000000000000},
    {"16GB ", false, 0},
    {"x", false, 0},
    {"1Q", false, 0},
    {"1e30T", false, 0},
};
/* clang-format on */

static void
check_numbers(void)
{
    char why[VN_WHY_SIZE], text[VN_NUMBER_SIZE];
    double x = 0;
    int64_t n;

    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        vn_time got = 0;
        const char *wrong =
            vn_read_time(times[i].text, 0, VN_TIME_MAX, &got, why);

        if (times[i].why == NULL)
            ok(wrong == NULL && got == times[i].want, "time '%s'",
               times[i].text);
        else
            is_str(wrong, times[i].why, "time '%s' is refused", times[i].text);
    }
    for (size_t i = 0; i < sizeof ints / sizeof ints[0]; i++)
        ok((vn_read_int(ints[i].text, INT64_MIN, INT64_MAX, &n, why) == NULL)
                   == ints[i].good
               && (!ints[i].good || n == ints[i].want),
           "integer '%s'", ints[i].text);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        ok((vn_read_bytes(sizes[i].text, 0, INT64_MAX / 4, &n, why) == NULL)
                   == sizes[i].good
               && (!sizes[i].good || n == sizes[i].want),
           "bytes '%s'", sizes[i].text);
    is_str(vn_read_int("0", 1, 64, &n, why), "a whole number from 1 to 64",
           "what was expected of an integer");
    is_str(vn_read_int("65", 1, 64, &n, why), "a whole number of at most 64",
           "the most, of one that is too large");
    is_str(vn_read_int("99999999999999999999", 0, INT64_MAX, &n, why),
           "a whole number of at most 9223372036854775807",
           "the most that is counted");
    is_str(vn_read_real("-2", 0, 1, &x, why), "a number from 0 to 1",
           "what was expected of a number");
    is_str(vn_read_real("2", 0, 1, &x, why), "a number of at most 1",
           "the most, of a number that is too large");
    is_str(vn_read_real("inf", 0.5, INFINITY, &x, why),
           "a number of at least 0.5", "what was expected without an end");
    is_str(vn_read_time("-1", 0, 5 * VN_SECOND, &n, why),
           "seconds from 0 to 5", "what was expected of a time");
    is_str(vn_read_time("7", 0, 5 * VN_SECOND, &n, why),
           "seconds, of at most 5", "the most, of a time that is too long");
    is_str(vn_read_bytes("-1", 0, 2048, &n, why),
           "bytes from 0 B to 2 KiB (16GiB, 900M)",
           "what was expected of bytes");
    ok(vn_read_real("-1.25e-3", -1, 1, &x, why) == NULL && x == -1.25e-3,
       "a number with sign, point and exponent");
    is_str(vn_format_time(text, 12345678), "12.345678", "a time, exact");
    is_str(vn_format_time(text, -1500000), "-1.5", "a negative time");
    is_str(vn_format_time(text, 7 * VN_SECOND), "7", "whole seconds");
    is_str(vn_format_real(text, 0.1), "0.1", "the shortest text of a double");
    is_str(vn_format_real(text, 120), "120", "a whole one without exponent");
    is_str(vn_format_real(text, 1.0 / 3), "0.3333333333333333",
           "and a long one");
    is_str(vn_format_span(text, 90 * VN_SECOND), "90.0 s",
           "a span in seconds");
    is_str(vn_format_span(text, 5000 * VN_SECOND), "83.3 min", "in minutes");
    is_str(vn_format_span(text, 90000 * VN_SECOND), "25.0 h", "in hours");
    is_str(vn_format_span(text, 900000 * VN_SECOND), "10.4 d", "in days");
    is_str(vn_format_bytes(text, 1023), "1023 B", "bytes");
    is_str(vn_format_bytes(text, 1610612736), "1.5 GiB", "and gibibytes");
}

static void
check_names(void)
{
    static const char *const known[] = {"fifo", "fifo-skip", "submit_s", NULL};
    struct vn_names names = {0};
    char text[16];
    bool same = true;

    for (int i = 0; i < 1000; i++) {
        snprintf(text, sizeof text, "n%d", i % 700);
        same = same && vn_names_add(&names, text) == i % 700;
    }
    ok(same && names.count == 700, "names are numbered as they first appear");
    is_int(vn_names_find(&names, "n699"), 699, "and found");
    is_int(vn_names_find(&names, "x"), -1, "or not");
    vn_names_free(&names);
    is_str(vn_names_nearest("submits", known, 4), "submit_s",
           "a slip is seen");
    is_str(vn_names_nearest("ffio", known, 4), "fifo", "two letters swapped");
    is_str(vn_names_nearest("fifu", known, 4), "fifo", "in a short one too");
    ok(vn_names_nearest("gavel", known, 4) == NULL, "no wild guesses");
}

static void
check_rng(void)
{
    struct vn_rng a = vn_rng_stream(1, 2, 3), b = vn_rng_stream(1, 2, 4), c;
    int counts[7] = {0};
    double sum = 0, chi = 0;

    ok(vn_rng_bits(&a) != vn_rng_bits(&b), "streams differ by index");
    c = vn_rng_stream(1, 2, 3);
    c.counter = 1;
    ok(vn_rng_bits(&a) == vn_rng_bits(&c), "any number without those before");
    /* Reference values of SplitMix64 (Vigna, prng.di.unimi.it), seed 0. */
    c = (struct vn_rng){0};
    ok(vn_rng_bits(&c) == UINT64_C(0xe220a8397b1dcdaf)
           && vn_rng_bits(&c) == UINT64_C(0x6e789e6aa1b965f4),
       "the numbers of SplitMix64");
    for (int i = 0; i < 70000; i++) {
        sum += vn_rng_uniform(&a);
        counts[vn_rng_below(&a, 7)]++;
    }
    is_near(sum / 70000, 0.5, 4 * sqrt(1 / 12.0 / 70000), "uniform's mean");
    for (int i = 0; i < 7; i++)
        chi += (counts[i] - 10000.0) * (counts[i] - 10000.0) / 10000;
    ok(chi < 22.46, "seven even kinds (chi-squared %.1f, 0.1 %%: 22.46)", chi);
}

static int
compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *) a, y = *(const int64_t *) b;

    return x < y ? -1 : x > y;
}

/* Against a sort, in memory and beyond the buffer. */
static void
check_quantiles(int n, uint64_t range)
{
    static const double at[] = {0, 0.5, 0.9, 0.99, 1};
    struct vn_quantile q = {0};
    struct vn_rng rng = vn_rng_stream(5, 5, (uint64_t) n);
    int64_t *all = malloc((size_t) n * sizeof *all);
    double got[5];
    bool same;

    for (int i = 0; i < n; i++) {
        all[i] = (int64_t) vn_rng_below(&rng, range);
        vn_quantile_add(&q, all[i]);
    }
    qsort(all, (size_t) n, sizeof *all, compare);
    same = vn_quantile_get(&q, at, 5, got, NULL) == VN_OK;
    for (int i = 0; i < 5; i++) {
        double k = at[i] * (n - 1);
        double low = (double) all[(int) floor(k)],
               high = (double) all[(int) ceil(k)];

        same = same && got[i] == low + (k - floor(k)) * (high - low);
    }
    ok(same, "quantiles of %d values below %llu are those of a sort", n,
       (unsigned long long) range);
    vn_quantile_free(&q);
    free(all);
}

/* Two files of which one finds no room: the other stays as it was. */
static void
check_together(const char *path)
{
    struct vn_file files[2];
    struct vn_error err;
    uint64_t before, after;

    vn_file_hash(path, &before, &err);
    ok(vn_file_create(&files[0], path, &err) == VN_OK
           && vn_file_create(&files[1], "/dev/full", &err) == VN_OK,
       "two files are begun");
    fputs("new", files[0].stream);
    fputs("new", files[1].stream);
    is_int(vn_file_commit_all(files, 2, &err), VN_EIO, "one has no room");
    is_str(err.text, "cannot write /dev/full: No space left on device",
           "which is said");
    ok(vn_file_hash(path, &after, &err) == VN_OK && after == before,
       "and the other is as it was");
    vn_file_create(&files[0], path, &err);
    vn_file_create(&files[1], "/dev/null", &err);
    fputs("new", files[0].stream);
    ok(vn_file_commit_all(files, 2, &err) == VN_OK
           && vn_file_hash(path, &after, &err) == VN_OK && after != before,
       "with room both are new");
}

static void
check_files(void)
{
    char path[] = "/tmp/vn-base-XXXXXX", text[64] = "", *json = NULL;
    struct vn_file file;
    struct vn_error err;
    struct stat st;
    size_t size;
    FILE *f;
    uint64_t hash;

    close(mkstemp(path));
    ok(vn_file_create(&file, path, &err) == VN_OK, "a file is begun");
    vn_csv_cell(file.stream, "a,\"b\"");
    putc(',', file.stream);
    vn_csv_cell(file.stream, "plain");
    f = fopen(path, "r");
    ok(fgets(text, sizeof text, f) == NULL, "and not there before its end");
    fclose(f);
    ok(vn_file_commit(&file, &err) == VN_OK, "then it is");
    f = fopen(path, "r");
    is_str(fgets(text, sizeof text, f), "\"a,\"\"b\"\"\",plain",
           "cells are quoted where they must be");
    fclose(f);
    ok(vn_file_create(&file, path, &err) == VN_OK, "a second time");
    vn_file_discard(&file);
    ok(vn_file_hash(path, &hash, &err) == VN_OK && hash != 0,
       "what was dropped leaves the first");
    check_together(path);
    unlink(path);
    ok(symlink("/dev/null", path) == 0
           && vn_file_create(&file, path, &err) == VN_OK
           && fputs("x", file.stream) >= 0
           && vn_file_commit(&file, &err) == VN_OK
           && stat("/dev/null", &st) == 0 && S_ISCHR(st.st_mode)
           && lstat(path, &st) == 0 && S_ISLNK(st.st_mode),
       "a device behind a link is written, and neither is replaced");
    unlink(path);
    is_int(vn_file_create(&file, "/tmp", &err), VN_EIO, "nor is a folder");
    is_str(err.text, "cannot write /tmp: Is a directory", "which is said");
    is_int(vn_file_create(&file, "/nowhere/x", &err), VN_EIO,
           "a folder that is not there");
    is_str(err.text, "cannot write /nowhere/x: No such file or directory",
           "is said");
    is_int(vn_file_open("/", &f, &err), VN_EIO, "a folder is no file");
    is_str(err.text, "/: is a directory", "and that is said");
    is_int(vn_file_hash("/nowhere/x", &hash, &err), VN_EIO,
           "nor is what is not there");
    f = open_memstream(&json, &size);
    vn_json_string(f, "a\"\\\n\xc3\xa9\xff");
    fclose(f);
    is_str(json, "\"a\\\"\\\\\\u000a\xc3\xa9\\ufffd\"", "a string in JSON");
    free(json);
}

/* Names in a folder but for "." and "..", in any order; how many. */
static int
count_names(const char *folder)
{
    DIR *dir = opendir(folder);
    int n = 0;

    while (readdir(dir) != NULL)
        n++;
    closedir(dir);
    return n - 2;
}

/* Writers that were killed, one that lives, and a file named much alike. */
static void
check_orphans(void)
{
    char folder[] = "/tmp/vn-base-XXXXXX", path[64], other[80];
    struct vn_file file, live;
    struct vn_error err;
    pid_t pid;

    ok(mkdtemp(folder) != NULL, "a folder");
    snprintf(path, sizeof path, "%s/x", folder);
    snprintf(other, sizeof other, "%s/x.backup", folder);
    fclose(fopen(other, "w"));
    for (int i = 0; i < 3; i++) {
        pid = fork();
        if (pid == 0) {
            struct rlimit none = {0, 0};

            setrlimit(RLIMIT_CORE, &none);
            vn_file_create(&file, path, &err);
            raise(SIGKILL);
        }
        waitpid(pid, NULL, 0);
    }
    is_int(count_names(folder), 2, "each next writer took the last's away");
    ok(vn_file_create(&live, path, &err) == VN_OK, "one that lives");
    is_int(count_names(folder), 2, "took the last away too");
    ok(vn_file_check(path, &err) == VN_OK, "the path could be written");
    is_int(count_names(folder), 2, "which leaves nothing");
    ok(vn_file_create(&file, path, &err) == VN_OK
           && vn_file_commit(&file, &err) == VN_OK,
       "another writes it meanwhile");
    is_int(count_names(folder), 3, "and leaves the one that lives alone");
    ok(fputs("a", live.stream) >= 0 && vn_file_place(&live, &err) == VN_OK,
       "a file is placed");
    is_int(count_names(folder), 2, "by its name");
    ok(fputs("b", live.stream) >= 0 && vn_file_place(&live, &err) == VN_OK
           && vn_file_commit(&live, &err) == VN_OK
           && vn_file_open(path, &file.stream, &err) == VN_OK
           && fgets(other, 3, file.stream) != NULL,
       "and goes on");
    is_str(other, "ab", "in the same file");
    fclose(file.stream);
    is_int(vn_file_check("/nowhere/x", &err), VN_EIO, "what could not be");
    is_str(err.text, "cannot write /nowhere/x: No such file or directory",
           "is said");
    is_int(vn_file_check("/tmp", &err), VN_EIO, "nor a folder");
    unlink(path);
    snprintf(other, sizeof other, "%s/x.backup", folder);
    unlink(other);
    is_int(rmdir(folder), 0, "nothing else is left");
}

/* As `-o /dev/full` must not put a file where the device was. */
static void
check_pipe(void)
{
    char folder[] = "/tmp/vn-base-XXXXXX", path[64], text[64] = "";
    struct vn_file file;
    struct vn_error err;
    struct stat st;
    int fd;

    ok(mkdtemp(folder) != NULL, "a folder");
    snprintf(path, sizeof path, "%s/pipe", folder);
    ok(mkfifo(path, 0600) == 0, "with a pipe in it");
    fd = open(path, O_RDONLY | O_NONBLOCK);
    ok(vn_file_create(&file, path, &err) == VN_OK, "is begun");
    fputs("through", file.stream);
    ok(vn_file_commit(&file, &err) == VN_OK, "and ended");
    is_int(read(fd, text, sizeof text - 1), 7, "what was written is there");
    is_str(text, "through", "as it was");
    ok(stat(path, &st) == 0 && S_ISFIFO(st.st_mode), "the pipe still stands");
    close(fd);
    unlink(path);
    rmdir(folder);
}

static void
check_errors(void)
{
    struct vn_error err;
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    vn_fail_at(&err, "a\033[2J.csv", 3, 7, "'%s' is wrong", "x\n");
    vn_error_print(f, "vnsim", &err);
    fclose(f);
    is_str(text, "vnsim: a\\x1b[2J.csv:3:7: 'x\\x0a' is wrong\n",
           "an error says where, and cannot write to a terminal");
    free(text);
    is_int(vn_error_exit(&err), 1, "work that failed is status 1");
    vn_fail(&err, VN_EUSAGE, "no");
    is_int(vn_error_exit(&err), 2, "wrong usage is status 2");
    is_str(vn_status_text(VN_EDEVMEM), "out of device memory",
           "a status in words");
    is_int(vn_fail(NULL, VN_EIO, "x"), VN_EIO, "nobody need listen");
}

static void
check_options(void)
{
    static const struct vn_option options[] = {
        {"trace", "FILE", "the jobs", 't'}, {"quick", NULL, "quickly", 0}};
    /* clang-format off: words, and what is made of them. */
    static const struct {
        const char *words[5];
        int want;
        const char *text;
    } cases[] = {
        {{"p", "--trace", "a", NULL}, 0, "a"},
        {{"p", "-t", "a", NULL}, 0, "a"},
        {{"p", "--tr=a", NULL}, 0, "a"},
        {{"p", "--quick", NULL}, 1, NULL},
        {{"p", "--help", NULL}, VN_ARGS_HELP, NULL},
        {{"p", "x", NULL}, VN_ARGS_END, NULL},
        {{"p", "--trace", NULL},
         VN_ARGS_FAILED,
         "option '--trace' needs an argument"},
        {{"p", "--quick=1", NULL},
         VN_ARGS_FAILED,
         "option '--quick=1' takes no argument"},
        {{"p", "--trase", "a", NULL},
         VN_ARGS_FAILED,
         "unknown option '--trase', did you mean '--trace'?"},
        {{"p", "x", "--wild", NULL},
         VN_ARGS_FAILED,
         "unknown option '--wild' (see --help)"},
        {{"p", "-x", NULL},
         VN_ARGS_FAILED,
         "unknown option '-x' (see --help)"},
    };
    /* clang-format on */
    static const char *const choices[] = {"text", "csv"};
    struct vn_error err;
    int choice;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *argv[5];
        const char *value;
        struct vn_args args;
        int argc = 0, got;

        memcpy(argv, cases[i].words, sizeof argv);
        while (argv[argc] != NULL)
            argc++;
        args = vn_args_begin(argc, argv, options, 2);
        got = vn_args_next(&args, &value, &err);
        is_int(got, cases[i].want, "option in '%s %s'", cases[i].words[1],
               cases[i].words[2] != NULL ? cases[i].words[2] : "");
        if (got == VN_ARGS_FAILED)
            is_str(err.text, cases[i].text, "and why");
        else if (got >= 0 && cases[i].text != NULL)
            is_str(value, cases[i].text, "with its argument");
        else if (got == VN_ARGS_END)
            is_int(args.nrest, 1, "the rest is left");
    }
    is_int(vn_option_choice("format", "csv", choices, 2, &choice, &err), VN_OK,
           "one of several");
    is_int(choice, 1, "by its index");
    vn_option_choice("format", "xml", choices, 2, &choice, &err);
    is_str(err.text, "--format: unknown 'xml', expected one of text, csv",
           "or none");
    vn_option_choice("format", "texts", choices, 2, &choice, &err);
    is_str(err.text, "--format: unknown 'texts', did you mean 'text'?",
           "or nearly one");
    vn_args_refuse(&err, "seed", "x", "a number");
    is_str(err.text, "--seed: 'x' is wrong, expected a number",
           "a value that is refused");
}

int
main(void)
{
    check_numbers();
    check_names();
    check_rng();
    check_quantiles(1, 10);
    check_quantiles(1001, 1000000);
    check_quantiles(200001, 5);
    check_quantiles(300007, UINT64_C(1) << 53);
    check_files();
    check_orphans();
    check_pipe();
    check_errors();
    check_options();
    return done_testing();
}
