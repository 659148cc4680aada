#include "config.h"

#include "base/option.h"
#include "replay/command/command.h"
#include "replay/experiment/experiment.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum option {
    FOLDER,
    FORMAT,
    LIST,
    NOPTIONS
};

static const struct vn_option options[] = {
    [FOLDER] = {"data", "FOLDER", "where the experiments' tables are", 0},
    [FORMAT] = {"format", "text|csv|json", "how to print it [text]", 0},
    [LIST] = {"list", NULL, "list the experiments", 0},
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
        "what was\npublished or measured beside what is obtained.\n");
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

/* Where the tables are: installed, or in the tree that was built. */
static const char *
default_folder(void)
{
    return access(VN_EXPERIMENTS_DIR, R_OK) == 0 ? VN_EXPERIMENTS_DIR
                                                 : VN_EXPERIMENTS_SOURCE;
}

static enum vn_status
run(const char *name, const char *folder, int format, struct vn_paths *paths,
    struct vn_error *err)
{
    const struct vn_experiment *experiment;
    enum vn_status status = find(name, &experiment, err);
    struct vn_findings *findings;

    if (status != VN_OK)
        return status;
    findings = vn_findings_alloc();
    status = experiment->run(folder, paths, findings, err);
    if (status == VN_OK)
        vn_findings_print(findings, stdout, (enum vn_findings_format) format);
    vn_findings_free(findings);
    return status;
}

int
vn_command_experiment(int argc, char **argv)
{
    static const char *const formats[] = {"text", "csv", "json"};
    struct vn_args args = vn_args_begin(argc, argv, options, NOPTIONS);
    const char *value, *folder = default_folder();
    enum vn_status status = VN_OK;
    struct vn_paths paths = {0};
    struct vn_error err;
    int i, format = 0;

    while (status == VN_OK && (i = vn_args_next(&args, &value, &err)) >= 0)
        switch ((enum option) i) {
        case FOLDER:
            folder = value;
            break;
        case FORMAT:
            status =
                vn_option_choice("format", value, formats, 3, &format, &err);
            break;
        case LIST:
            print_list();
            return 0;
        case NOPTIONS:
            break;
        }
    if (status == VN_OK && i == VN_ARGS_HELP) {
        print_help();
        return 0;
    }
    if (status == VN_OK && i == VN_ARGS_FAILED)
        status = VN_EUSAGE;
    else if (status == VN_OK && args.nrest != 1)
        status = vn_fail(&err, VN_EUSAGE,
                         args.nrest == 0
                             ? "no experiment given (see --list)"
                             : "more than one experiment, expected one");
    if (status == VN_OK)
        status = run(args.rest[0], folder, format, &paths, &err);
    if (status == VN_OK && fflush(stdout) != 0)
        status = vn_fail(&err, VN_EIO, "cannot write standard output");
    if (status != VN_OK)
        vn_error_print(stderr, "vnreplay", &err);
    vn_paths_free(&paths);
    return status == VN_OK ? 0 : vn_error_exit(&err);
}
