/* vntrace import: make a trace of another project's log. */
#include "config.h"

#include "base/option.h"
#include "traces/command/command.h"
#include "traces/import/import.h"

#include <string.h>

enum option {
    FROM,
    MAP,
    UNIT,
    TIME_FORMAT,
    OUTPUT,
    STRICT,
    ADAPTIVE,
    FROM_TIME,
    MAX_DURATION,
    FIRST,
    QUIET,
    FORMAT,
    LIST,
    NOPTIONS
};

static const struct vn_option options[] = {
    [FROM] = {"from", "FORMAT", "the format of FILE; see --list", 'f'},
    [MAP] = {"map", "KEY=COLUMN,...",
             "of any other table: where job_id, submit, start, end, duration, "
             "devices, user, vc, device_type, priority and weight stand",
             0},
    [UNIT] = {"unit", "s|ms|us|ns|m|h|d",
              "of times in FILE that are bare numbers [s]", 0},
    [TIME_FORMAT] = {"time-format", "FORMAT",
                     "of dates in FILE, as of strptime(3); %s is seconds "
                     "since 1970 [2017-10-09 07:01:55 and the like]",
                     0},
    [OUTPUT] = {"output", "FILE", "where the trace goes [-, standard output]",
                'o'},
    [STRICT] = {"strict", NULL,
                "fail at the first row that would be dropped or repaired", 0},
    [ADAPTIVE] =
        {"adaptive", "TABLES",
         "jobs' steps by the tables of their applications: FOLDER, or "
         "FOLDER:BASE where it lacks some",
         0},
    [FROM_TIME] = {"from-time", "TIME",
                   "leave out jobs submitted before it: 2017-10-09, or "
                   "seconds where FILE has no dates",
                   0},
    [MAX_DURATION] = {"max-duration", "TIME",
                      "leave out jobs that ran longer, as in 3600 or 1d", 0},
    [FIRST] = {"first", "N", "keep the first N of the jobs that are left",
               'n'},
    [QUIET] = {"quiet", NULL, "do not report what was dropped and repaired",
               'q'},
    [FORMAT] = {"format", "text|csv|json", "of that report [text]", 0},
    [LIST] = {"list", NULL, "list the formats", 0},
};

struct arguments {
    const struct vn_importer *importer;
    const char *file;
    const char *map;
    double unit;
    const char *time_format;
    const char *output;
    const char *adaptive; /* tables, or NULL */
    bool strict;
    bool quiet;
    int format; /* of the report: enum vn_import_format */
    struct vn_import_choice choice;
};

static void
print_help(void)
{
    puts("usage: vntrace import --from FORMAT FILE [-o OUT.csv] "
         "[option ...]\n\n"
         "Make a trace of another project's log: jobs in order of submission, "
         "times in\nseconds since the first.  What had to be dropped or "
         "repaired is reported on\nstandard error.  FILE '-' is standard "
         "input.\n");
    vn_option_help(stdout, options, NOPTIONS);
    puts("\nexample: vntrace import --from philly-csv philly.csv -o "
         "trace.csv");
}

static void
print_list(void)
{
    for (const struct vn_importer *const *i = vn_importers; *i != NULL; i++)
        printf("%-12s %s\n", (*i)->name, (*i)->summary);
}

static enum vn_status
take_unit(const char *value, double *unit, struct vn_error *err)
{
    static const char *const names[] = {"s", "ms", "us", "ns", "m", "h", "d"};
    static const double units[] = {1e6, 1e3, 1, 1e-3, 6e7, 36e8, 864e8};
    int i = 0;
    enum vn_status status = vn_option_choice("unit", value, names, 7, &i, err);

    *unit = units[i];
    return status;
}

static enum vn_status
take(void *arg, int option, const char *value, struct vn_error *err)
{
    struct arguments *a = arg;
    static const char *const formats[] = {[VN_IMPORT_TEXT] = "text",
                                          [VN_IMPORT_CSV] = "csv",
                                          [VN_IMPORT_JSON] = "json"};

    switch ((enum option) option) {
    case FROM:
        return vn_importer_find(value, &a->importer, err);
    case MAP:
        a->map = value;
        break;
    case UNIT:
        return take_unit(value, &a->unit, err);
    case TIME_FORMAT:
        a->time_format = value;
        break;
    case OUTPUT:
        a->output = value;
        break;
    case STRICT:
        a->strict = true;
        break;
    case ADAPTIVE:
        a->adaptive = value;
        break;
    case FROM_TIME:
        a->choice.from_time = value;
        break;
    case MAX_DURATION:
        return vn_option_time("max-duration", value, 1, VN_TIME_MAX,
                              &a->choice.max_duration, err);
    case FIRST:
        return vn_option_int("first", value, 1, INT64_MAX, &a->choice.first,
                             err);
    case QUIET:
        a->quiet = true;
        break;
    case FORMAT:
        return vn_option_choice("format", value, formats, 3, &a->format, err);
    case LIST:
    case NOPTIONS:
        break;
    }
    return VN_OK;
}

static bool
say(int option)
{
    switch (option) {
    case VN_ARGS_HELP:
        print_help();
        return true;
    case LIST:
        print_list();
        return true;
    default:
        return false;
    }
}

/* Read the command line; *done where it asked only for words. */
static enum vn_status
parse(int argc, char **argv, struct arguments *a, bool *done,
      struct vn_error *err)
{
    struct vn_args args = vn_args_begin(argc, argv, options, NOPTIONS);
    enum vn_status status;

    *a = (struct arguments){.output = "-"};
    status = vn_args_all(&args, say, take, a, done, err);
    if (status != VN_OK || *done)
        return status;
    if (a->importer == NULL && a->map != NULL)
        a->importer = &vn_import_map;
    if (a->importer == NULL)
        return vn_fail(err, VN_EUSAGE,
                       "no format given, expected --from FORMAT (see --list)");
    if (a->adaptive != NULL && !a->importer->adaptive)
        return vn_fail(err, VN_EUSAGE,
                       "--adaptive: the format %s names no applications, "
                       "expected pollux or sia",
                       a->importer->name);
    if ((a->map != NULL) != (a->importer == &vn_import_map))
        return vn_fail(err, VN_EUSAGE,
                       a->map != NULL
                           ? "--map: goes with no --from but table"
                           : "--from table: no --map given, expected one that "
                             "says where jobs' numbers stand");
    if (args.nrest != 1)
        return vn_fail(err, VN_EUSAGE,
                       "%d files given, expected one ('-' is standard input)",
                       args.nrest);
    a->file = args.rest[0];
    return VN_OK;
}

static enum vn_status
import(const struct arguments *a, struct vn_import *im, struct vn_error *err)
{
    const char *remarks[VN_IMPORT_REMARKS_MAX + 1] = {NULL};
    enum vn_status status;

    im->strict = a->strict;
    im->unit = a->unit;
    im->time_format = a->time_format;
    im->map = a->map;
    im->file = strcmp(a->file, "-") == 0 ? "standard input" : a->file;
    if ((status = vn_file_open_text(a->file, &im->in, err)) != VN_OK)
        return status;
    status = vn_import_run(a->importer, im, &a->choice, err);
    vn_file_close(im->in);
    if (status != VN_OK)
        return status;
    for (int i = 0; i < im->nremarks; i++)
        remarks[i] = im->remarks[i];
    status = vn_trace_write(a->output, remarks, im->jobs, im->njobs,
                            &im->names, err);
    if (status == VN_OK && !a->quiet)
        vn_import_report(stderr, im, (enum vn_import_format) a->format);
    return status;
}

int
vn_trace_command_import(int argc, char **argv)
{
    struct vn_import im = {0};
    struct vn_applications applications = {0};
    struct arguments a;
    struct vn_error err;
    enum vn_status status;
    bool done;

    status = parse(argc, argv, &a, &done, &err);
    if (status == VN_OK && !done && a.adaptive != NULL) {
        im.applications = &applications;
        status = vn_applications_open(a.adaptive, &applications, &err);
    }
    if (status == VN_OK && !done)
        status = import(&a, &im, &err);
    vn_import_free(&im);
    vn_applications_free(&applications);
    if (status == VN_OK && fflush(stdout) != 0)
        status = vn_fail(&err, VN_EIO, "cannot write standard output");
    if (status == VN_OK)
        return 0;
    vn_error_print(stderr, "vntrace import", &err);
    return vn_error_exit(&err);
}
