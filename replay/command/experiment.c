#include "config.h"

#include "base/file.h"
#include "base/option.h"
#include "base/xalloc.h"
#include "replay/command/command.h"
#include "replay/experiment/experiment.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum option {
    DATA,
    BASE,
    CASE,
    WORKLOAD,
    POLICY,
    CLUSTER,
    OPTION,
    FIRST,
    JOBS,
    EVENTS,
    ROUNDS,
    CURVE,
    FORMAT,
    LIST,
    NOPTIONS
};

static const struct vn_option options[] = {
    [DATA] = {"data", "FOLDER", "where the experiment's tables are", 0},
    [BASE] = {"base", "FOLDER", "where tables are that it lacks", 0},
    [CASE] = {"case", "NAME", "which case of a published simulator", 0},
    [WORKLOAD] = {"workload", "NAME", "the same", 0},
    [POLICY] = {"policy", "NAME", "under which of its policies", 'p'},
    [CLUSTER] = {"cluster", "INLINE", "on which devices [as the case's name]",
                 'c'},
    [OPTION] = {"option", "NAME=VALUE", "an option of the policy", 'o'},
    [FIRST] = {"first", "N", "only the first N jobs", 0},
    [JOBS] = {"jobs", "FILE", "write what became of each job", 0},
    [EVENTS] = {"events", "FILE", "write what happened when", 0},
    [ROUNDS] = {"rounds", "FILE", "write what each round ran", 0},
    [CURVE] = {"curve", "FILE", "write what was used as load arrived", 0},
    [FORMAT] = {"format", "text|csv|json", "how to print it [text]", 0},
    [LIST] = {"list", NULL, "list the experiments", 0},
};

/* The options that only some experiments take. */
static const unsigned taken[NOPTIONS] = {
    [BASE] = VN_REQUEST_BASE,       [CASE] = VN_REQUEST_CASE,
    [WORKLOAD] = VN_REQUEST_CASE,   [POLICY] = VN_REQUEST_CASE,
    [CLUSTER] = VN_REQUEST_CLUSTER, [OPTION] = VN_REQUEST_OPTIONS,
    [FIRST] = VN_REQUEST_FIRST,     [JOBS] = VN_REQUEST_JOBS,
    [EVENTS] = VN_REQUEST_EVENTS,   [ROUNDS] = VN_REQUEST_ROUNDS,
    [CURVE] = VN_REQUEST_CURVE};

/* The command line as it is read. */
struct line {
    struct vn_request request;
    const char **words;          /* request.options */
    unsigned given;              /* VN_REQUEST_... */
    const char *names[NOPTIONS]; /* of those given, by bit */
    int format;
    bool list;
};

static void
print_list(void)
{
    for (int i = 0; vn_experiments[i] != NULL; i++)
        printf("%-22s %s\n", vn_experiments[i]->name,
               vn_experiments[i]->summary);
}

static void
print_help(void)
{
    puts(
        "usage: vnreplay experiment NAME [option ...]\n\n"
        "Run a published experiment again, from the facts about it, and print "
        "what was\npublished or measured beside what is obtained; or replay a "
        "case of a published\nsimulator by its rules.\n");
    vn_option_help(stdout, options, NOPTIONS);
    puts("\nexample: vnreplay experiment virtualflow-3jobs");
}

static enum vn_status
find(const char *name, const struct vn_experiment **experiment,
     struct vn_error *err)
{
    const char *names[64];
    enum vn_status status;
    int n = 0, choice;

    for (; vn_experiments[n] != NULL; n++)
        names[n] = vn_experiments[n]->name;
    status = vn_option_choice("experiment", name, names, n, &choice, err);
    if (status == VN_OK)
        *experiment = vn_experiments[choice];
    return status;
}

/* Does the experiment take what was given, and is all there that it needs? */
static enum vn_status
check(const struct vn_experiment *experiment, const struct line *line,
      struct vn_error *err)
{
    const struct vn_request *r = &line->request;
    unsigned wrong = line->given & ~experiment->takes;

    for (int bit = 0; bit < NOPTIONS; bit++)
        if (wrong & 1u << bit)
            return vn_fail(err, VN_EUSAGE, "experiment %s takes no --%s",
                           experiment->name, line->names[bit]);
    if (!(experiment->takes & VN_REQUEST_CASE))
        return VN_OK;
    if (r->data == NULL || r->name == NULL || r->policy == NULL)
        return vn_fail(err, VN_EUSAGE, "experiment %s needs --%s",
                       experiment->name,
                       r->data == NULL   ? "data"
                       : r->name == NULL ? "case"
                                         : "policy");
    return VN_OK;
}

static enum vn_status
run(const char *name, struct line *line, struct vn_error *err)
{
    const struct vn_experiment *experiment;
    struct vn_request *r = &line->request;
    struct vn_findings *findings;
    enum vn_status status;
    char folder[PATH_MAX];

    if ((status = find(name, &experiment, err)) != VN_OK
        || (status = check(experiment, line, err)) != VN_OK)
        return status;
    r->experiment = experiment->name;
    if (r->data == NULL)
        r->data = vn_experiment_folder(folder, sizeof folder);
    findings = vn_findings_alloc();
    status = experiment->run(r, findings, err);
    if (status == VN_OK)
        vn_findings_print(findings, stdout,
                          (enum vn_findings_format) line->format);
    vn_findings_free(findings);
    return status;
}

/* Where the option's value is kept, of those that are kept as they stand. */
static const char **
place(struct vn_request *r, enum option option)
{
    switch (option) {
    case DATA:
        return &r->data;
    case BASE:
        return &r->base;
    case CASE:
    case WORKLOAD:
        return &r->name;
    case POLICY:
        return &r->policy;
    case CLUSTER:
        return &r->cluster;
    case JOBS:
        return &r->jobs;
    case EVENTS:
        return &r->events;
    case ROUNDS:
        return &r->rounds;
    case CURVE:
        return &r->curve;
    default:
        return NULL;
    }
}

static enum vn_status
take(struct line *line, enum option option, const char *value,
     struct vn_error *err)
{
    static const char *const formats[] = {"text", "csv", "json"};
    struct vn_request *r = &line->request;

    for (int bit = 0; bit < NOPTIONS; bit++)
        if (taken[option] & 1u << bit)
            line->names[bit] = options[option].name;
    line->given |= taken[option];
    switch (option) {
    case OPTION:
        line->words[r->noptions++] = value;
        return VN_OK;
    case FIRST:
        return vn_option_int("first", value, 1, INT64_MAX, &r->first, err);
    case FORMAT:
        return vn_option_choice("format", value, formats, 3, &line->format,
                                err);
    case LIST:
        line->list = true;
        return VN_OK;
    default:
        *place(r, option) = value;
        return VN_OK;
    }
}

int
vn_command_experiment(int argc, char **argv)
{
    struct vn_args args = vn_args_begin(argc, argv, options, NOPTIONS);
    struct vn_paths paths = {0};
    struct line line = {.request = {.first = INT64_MAX, .paths = &paths},
                        .words =
                            vn_xcalloc((size_t) argc, sizeof *line.words)};
    enum vn_status status = VN_OK;
    struct vn_error err;
    const char *value;
    int i;

    line.request.options = line.words;
    while (status == VN_OK && (i = vn_args_next(&args, &value, &err)) >= 0)
        status = take(&line, (enum option) i, value, &err);
    if (status == VN_OK && i == VN_ARGS_FAILED)
        status = VN_EUSAGE;
    else if (status == VN_OK && i == VN_ARGS_HELP)
        print_help();
    else if (status == VN_OK && line.list)
        print_list();
    else if (status == VN_OK && args.nrest != 1)
        status = vn_fail(&err, VN_EUSAGE,
                         args.nrest == 0
                             ? "no experiment given (see --list)"
                             : "more than one experiment, expected one");
    else if (status == VN_OK)
        status = run(args.rest[0], &line, &err);
    if (status == VN_OK && fflush(stdout) != 0)
        status = vn_fail(&err, VN_EIO, "cannot write standard output");
    if (status != VN_OK)
        vn_error_print(stderr, "vnreplay", &err);
    vn_paths_free(&paths);
    free(line.words);
    return status == VN_OK ? 0 : vn_error_exit(&err);
}
