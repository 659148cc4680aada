#include "config.h"

#include "base/option.h"
#include "replay/claims/claims.h"
#include "replay/command/command.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

enum option {
    DATA,
    MEASURE,
    MODEL,
    TRAIN,
    STEPS,
    SEEDS,
    VNEXEC,
    FORMAT,
    NOPTIONS
};

/* clang-format off */
static const struct vn_option options[] = {
    [DATA] = {"data", "FOLDER", "where the experiments' tables are", 0},
    [MEASURE] = {"measure", NULL, "train here too, which takes minutes", 0},
    [MODEL] = {"model", "NAME", "what is trained [resnet8]", 'm'},
    [TRAIN] = {"train", "DATA", "on what, as of vnexec [synthetic]", 0},
    [STEPS] = {"steps", "N", "of each training [20]", 'n'},
    [SEEDS] = {"seeds", "N", "trainings from so many [3]", 's'},
    [VNEXEC] = {"vnexec", "PATH", "the executor [the one beside this program]",
                0},
    [FORMAT] = {"format", "text|csv|json", "how to print it [text]", 0},
};
/* clang-format on */

struct arguments {
    struct vn_paths paths;
    const char *data;
    bool measure;
    struct vn_claims_effort effort;
    int format;
};

static void
print_help(void)
{
    puts("usage: vnreplay claims [option ...]\n\n"
         "Print what the paper on VirtualFlow claims: as published, as its "
         "authors' logs\nsay, as replayed from their profiles and, with "
         "--measure, as measured here.\nExit status 3: a mapping changed the "
         "bits of a training or of inference.\n");
    vn_option_help(stdout, options, NOPTIONS);
    puts("\nexample: vnreplay claims --measure --train fashion-mnist --steps "
         "200");
}

static enum vn_status
take(void *arg, int option, const char *value, struct vn_error *err)
{
    static const char *const formats[] = {"text", "csv", "json"};
    struct arguments *a = arg;

    switch ((enum option) option) {
    case DATA:
        a->data = value;
        break;
    case MEASURE:
        a->measure = true;
        break;
    case MODEL:
        a->effort.model = value;
        break;
    case TRAIN:
        a->effort.data = value;
        break;
    case STEPS:
        return vn_option_int("steps", value, 1, 1000000, &a->effort.steps,
                             err);
    case SEEDS:
        return vn_option_int("seeds", value, 1, 1000, &a->effort.seeds, err);
    case VNEXEC:
        a->effort.vnexec = value;
        break;
    case FORMAT:
        return vn_option_choice("format", value, formats, 3, &a->format, err);
    case NOPTIONS:
        break;
    }
    return VN_OK;
}

static bool
say(int option)
{
    if (option == VN_ARGS_HELP)
        print_help();
    return option == VN_ARGS_HELP;
}

/* The executor beside this program. */
static void
find_vnexec(char path[PATH_MAX])
{
    ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - sizeof "/vnexec");
    char *slash;

    path[n > 0 ? n : 0] = '\0';
    slash = strrchr(path, '/');
    strcpy(slash != NULL ? slash + 1 : path, "vnexec");
}

static enum vn_status
run(struct arguments *a, int *differed, struct vn_error *err)
{
    char folder[PATH_MAX], program[PATH_MAX];
    struct vn_findings *findings = vn_findings_alloc();
    enum vn_status status;

    if (a->effort.vnexec == NULL) {
        find_vnexec(program);
        a->effort.vnexec = program;
    }
    status = vn_claims_replay(
        a->data != NULL ? a->data : vn_experiment_folder(folder, PATH_MAX),
        &a->paths, findings, err);
    if (status == VN_OK && a->measure)
        status = vn_claims_measure(&a->effort, findings, differed, err);
    else if (status == VN_OK)
        vn_findings_note(findings,
                         "Convergence, memory and inference are measured "
                         "here, with --measure.");
    if (status == VN_OK)
        vn_findings_print(findings, stdout,
                          (enum vn_findings_format) a->format);
    vn_findings_free(findings);
    return status;
}

int
vn_command_claims(int argc, char **argv)
{
    struct arguments a = {
        .effort = {
            .model = "resnet8", .data = "synthetic", .steps = 20, .seeds = 3}};
    struct vn_args args = vn_args_begin(argc, argv, options, NOPTIONS);
    struct vn_error err;
    enum vn_status status;
    int differed = 0;
    bool done;

    status = vn_args_all(&args, say, take, &a, &done, &err);
    if (status == VN_OK && !done && args.nrest > 0)
        status = vn_fail(&err, VN_EUSAGE, "'%s' is no option (see --help)",
                         args.rest[0]);
    if (status == VN_OK && !done)
        status = run(&a, &differed, &err);
    if (status == VN_OK) {
        vn_paths_free(&a.paths);
        return differed > 0 ? 3 : 0;
    }
    vn_error_print(stderr, "vnreplay claims", &err);
    vn_paths_free(&a.paths);
    return vn_error_exit(&err);
}
