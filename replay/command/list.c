#include "config.h"

#include "base/file.h"
#include "replay/command/command.h"
#include "replay/command/sweep.h"
#include "replay/sweep/course.h"

#include <inttypes.h>
#include <stdlib.h>

enum option {
    REQUEST,
    SHARDS = VN_REQUEST_OPTIONS,
    FORMAT,
    ASSUMED,
    NOPTIONS = ASSUMED + VN_ASSUMPTIONS
};

/* clang-format off */
static const struct vn_option options[] = {
    VN_REQUEST_ROWS,
    [SHARDS] = {"shards", "N", "deal the runs out to N [1]", 0},
    [FORMAT] = {"format", "NAME",
                "text or csv, a row a run; lines, options of a shard [text]",
                0},
    VN_ASSUMPTION_ROWS
};

enum format { TEXT, CSV, LINES };
static const char *const formats[] = {"text", "csv", "lines"};
/* clang-format on */

struct arguments {
    struct vn_asked asked;
    int64_t shards;
    int format;
};

static bool
say(int option)
{
    if (option != VN_ARGS_HELP)
        return false;
    puts("usage: vnreplay list FILE.yaml [option ...]\n\n"
         "List the runs of a sweep, which shard each falls to, and what it "
         "costs about.\nWith --format lines, print for each shard the options "
         "that run it into a file\nof its own, for xargs or GNU parallel.\n");
    vn_option_help(stdout, options, NOPTIONS);
    puts("\nexample: vnreplay list paper.yaml --shards 8 --format lines |\n"
         "             xargs -P 8 -L 1 vnreplay run paper.yaml --jobs 1 "
         "--quiet");
    return true;
}

static enum vn_status
take(void *arg, int option, const char *value, struct vn_error *err)
{
    struct arguments *a = arg;

    switch (option) {
    case SHARDS:
        return vn_option_int("shards", value, 1, 1000000, &a->shards, err);
    case FORMAT:
        return vn_option_choice("format", value, formats, 3, &a->format, err);
    default:
        return vn_request_take(&a->asked.request,
                               option < VN_REQUEST_OPTIONS
                                   ? option
                                   : option - ASSUMED + VN_REQUEST_OPTIONS,
                               value, err);
    }
}

static void
print_run(const struct arguments *a, const struct vn_course *c, int stage,
          int run)
{
    int64_t at = c->stages[stage].first + run;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    vn_course_print(out, c, stage, run);
    fclose(out);
    if (a->format == CSV) {
        printf("%" PRId64 ",%d,%.6g,", at, c->shard[at] + 1, c->cost[at]);
        vn_csv_cell(stdout, text);
        putchar('\n');
    } else
        printf("%6" PRId64 "  %5d  %10.6g  %s\n", at, c->shard[at] + 1,
               c->cost[at], text);
    free(text);
}

static enum vn_status
list(struct arguments *a, struct vn_error *err)
{
    struct vn_course course = {0};
    enum vn_status status = vn_course_make(
        &a->asked.request,
        /* So that jobs are counted. */
        a->shards == 1 && a->format != LINES ? 2 : (int) a->shards, &course,
        err);

    for (int64_t i = 0; a->shards == 1 && i < course.nruns; i++)
        course.shard[i] = 0;
    if (status == VN_OK && a->format == LINES)
        for (int i = 1; i <= (int) a->shards; i++)
            printf("--shard %d/%d --results shard-%d.db\n", i, (int) a->shards,
                   i);
    else if (status == VN_OK) {
        puts(a->format == CSV ? "run,shard,cost,what"
                              : "   run  shard        cost  what");
        for (int s = 0; s < course.nstages; s++)
            for (int i = 0; i < vn_course_count(&course, s); i++)
                print_run(a, &course, s, i);
    }
    vn_course_free(&course);
    return status;
}

int
vn_command_list(int argc, char **argv)
{
    struct vn_args args = vn_args_begin(argc, argv, options, NOPTIONS);
    struct arguments a = {.shards = 1};
    struct vn_error err;
    enum vn_status status;
    bool done;

    vn_asked_begin(&a.asked, "list");
    status = vn_args_all(&args, say, take, &a, &done, &err);
    if (status == VN_OK && !done)
        status = vn_asked_open(&a.asked, &args, &err);
    if (status == VN_OK && !done)
        status = list(&a, &err);
    if (status != VN_OK)
        vn_error_print(stderr, "vnreplay", &err);
    vn_asked_free(&a.asked);
    return status == VN_OK ? 0 : vn_error_exit(&err);
}
