#include "config.h"

#include "base/file.h"
#include "base/option.h"
#include "replay/command/command.h"

#include <string.h>
#include <unistd.h>

enum option {
    OUTPUT,
    NOPTIONS
};

static const struct vn_option options[] = {
    [OUTPUT] = {"output", "FILE",
                "write there, '-' for standard output "
                "[paper.yaml]",
                'o'},
};

/* Every key there is, those that one needs first. */
static const char sample[] =
    "# An experiment for VirtualFlow: vnreplay run FILE, then vnreplay\n"
    "# figures FILE.  Paths are relative to this file.  Each key is an "
    "option\n"
    "# of `vnreplay run`, where --help and the manual say more.\n"
    "\n"
    "# Where results go (SQLite); runs that are there are not done again.\n"
    "results: paper.db\n"
    "\n"
    "# What is replayed: traces, or recipes by which traces are drawn.\n"
    "# traces: [philly.csv]\n"
    "generate:\n"
    "  - --preset philly --jobs 2000\n"
    "loads: [0.7, 0.9] # of each cluster; also 0.5:1:0.1\n"
    "seeds: 1:5        # replicates of each recipe\n"
    "# windows: 10     # of a trace: its parts are its replicates\n"
    "\n"
    "# On what: tables of devices, or inline.\n"
    "clusters:\n"
    "  - v100:16x8\n"
    "\n"
    "# Under which policies (vnsim --policies lists them), with options.\n"
    "policies:\n"
    "  - fifo\n"
    "  - fifo-skip\n"
    "  - las: {form: reference}\n"
    "  - srtf\n"
    "  - wfs\n"
    "\n"
    "# What is assumed of speed, costs and faults.\n"
    "# profiles: [profile.csv]  # step times of modelled jobs\n"
    "scaling: linear            # also amdahl:0.05, curve:FILE\n"
    "costs: none                # also start=60,grow=90,checkpoint=600\n"
    "# placement: consolidate\n"
    "# faults: node,mtbf=2592000\n"
    "\n"
    "# What is measured and kept.\n"
    "# measure: auto        # cut the warm-up by MSER-5; also 2d:9d\n"
    "# stop-saturated: yes  # stop runs whose queue only grows\n"
    "# rho: yes             # finish-time fairness\n"
    "keep: samples          # run, jobs, samples or all\n"
    "# time-limit: 1h       # of one run\n"
    "# memory-limit: 4G\n"
    "\n"
    "# Figures, as vnplot draws them.\n"
    "figures:\n"
    "  - {figure: load, output: load.svg}\n"
    "  - {figure: jct-cdf, output: jct-cdf.svg, options: [--where, "
    "load=0.9]}\n";

static bool
say(int option)
{
    if (option != VN_ARGS_HELP)
        return false;
    puts(
        "usage: vnreplay init [FILE] [option ...]\n\n"
        "Write an experiment file with a remark on each key, to be edited.\n");
    vn_option_help(stdout, options, NOPTIONS);
    puts("\nexample: vnreplay init paper.yaml && vnreplay run paper.yaml");
    return true;
}

static enum vn_status
take(void *arg, int option, const char *value, struct vn_error *err)
{
    const char **output = arg;

    (void) option;
    (void) err;
    *output = value;
    return VN_OK;
}

/* Write the sample, over nothing that is there. */
static enum vn_status
write_sample(const char *path, struct vn_error *err)
{
    struct vn_file file = {0};
    enum vn_status status;

    if (strcmp(path, "-") != 0 && access(path, F_OK) == 0)
        return vn_fail(err, VN_EIO,
                       "%s: is there already, and is left as it "
                       "is",
                       path);
    status = vn_file_create(&file, path, err);
    if (status == VN_OK) {
        fputs(sample, file.stream);
        status = vn_file_commit(&file, err);
    }
    vn_file_discard(&file);
    if (status == VN_OK && strcmp(path, "-") != 0)
        printf("%s: edit it, then: vnreplay run %s\n", path, path);
    return status;
}

int
vn_command_init(int argc, char **argv)
{
    struct vn_args args = vn_args_begin(argc, argv, options, NOPTIONS);
    const char *output = "paper.yaml";
    struct vn_error err;
    bool done;
    enum vn_status status =
        vn_args_all(&args, say, take, &output, &done, &err);

    if (status == VN_OK && !done && args.nrest > 1)
        status = vn_fail(&err, VN_EUSAGE, "expected one file, not '%s' too",
                         args.rest[1]);
    if (status == VN_OK && !done)
        status = write_sample(args.nrest == 1 ? args.rest[0] : output, &err);
    if (status != VN_OK)
        vn_error_print(stderr, "vnreplay", &err);
    return status == VN_OK ? 0 : vn_error_exit(&err);
}
