#include "config.h"

#include "base/file.h"
#include "base/number.h"
#include "base/xalloc.h"
#include "replay/command/command.h"
#include "replay/command/sweep.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum option {
    NODES,
    CPUS,
    TIME,
    SBATCH,
    OUTPUT,
    NOPTIONS
};

/* clang-format off */
static const struct vn_option options[] = {
    [NODES] = {"nodes", "N", "tasks of the array job, a shard each", 'N'},
    [CPUS] = {"cpus", "N", "processors of each task [1]", 'c'},
    [TIME] = {"time", "TIME", "Slurm's limit for each task [none]", 0},
    [SBATCH] = {"sbatch", "OPTIONS", "more options of sbatch, as in '-p cpu'",
                0},
    [OUTPUT] = {"output", "FILE", "write there [standard output]", 'o'},
};
/* clang-format on */

struct arguments {
    struct vn_request request;
    int64_t nodes; /* 0: not given */
    int64_t cpus;
    vn_time time; /* 0: none */
    const char *more;
    const char *output;
};

static bool
say(int option)
{
    if (option != VN_ARGS_HELP)
        return false;
    puts("usage: vnreplay sbatch FILE.yaml --nodes N [option ...]\n\n"
         "Write a script that submits an experiment to Slurm: an array job "
         "with a shard a\ntask, put back in the queue where a node fails, and "
         "a job after it that merges\nwhat the tasks wrote into the "
         "experiment's results.\n");
    vn_option_help(stdout, options, NOPTIONS);
    puts("\nexample: vnreplay sbatch paper.yaml --nodes 20 | sh");
    return true;
}

static enum vn_status
take(void *arg, int option, const char *value, struct vn_error *err)
{
    struct arguments *a = arg;

    switch ((enum option) option) {
    case NODES:
        return vn_option_int("nodes", value, 1, 100000, &a->nodes, err);
    case CPUS:
        return vn_option_int("cpus", value, 1, 4096, &a->cpus, err);
    case TIME:
        return vn_option_time("time", value, 60 * VN_SECOND, VN_TIME_MAX,
                              &a->time, err);
    case SBATCH:
        a->more = value;
        break;
    case OUTPUT:
        a->output = value;
        break;
    case NOPTIONS:
        break;
    }
    return VN_OK;
}

/* A word as a shell reads it. */
static void
quote(FILE *out, const char *word)
{
    putc('\'', out);
    for (; *word != '\0'; word++)
        if (*word == '\'')
            fputs("'\\''", out);
        else
            putc(*word, out);
    putc('\'', out);
}

/* Lines that set what both jobs use. */
static void
write_names(FILE *out, const struct arguments *a, const char *paper)
{
    char folder[PATH_MAX], self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);

    self[n > 0 ? n : 0] = '\0';
    fputs("vnreplay=", out);
    quote(out, n > 0 ? self : "vnreplay");
    fputs("\nfolder=", out);
    quote(out, getcwd(folder, sizeof folder) != NULL ? folder : ".");
    fputs("\npaper=", out);
    quote(out, paper);
    fputs("\nresults=", out);
    quote(out, a->request.sweep.results);
    fprintf(out, "\nnodes=%d\n", (int) a->nodes);
}

static void
write_script(FILE *out, const struct arguments *a, const char *paper)
{
    int minutes = (int) ((a->time + 60 * VN_SECOND - 1) / (60 * VN_SECOND));

    fputs("#!/bin/sh\n"
          "# Written by vnreplay sbatch.  Each task has a results file of its "
          "own, so that\n"
          "# none is written by two; a task that is started again goes on "
          "where it was.\n"
          "set -eu\n",
          out);
    write_names(out, a, paper);
    fputs("export vnreplay folder paper results nodes\n"
          "array=$(sbatch --parsable --job-name=\"${paper%.*}\" "
          "--array=\"1-$nodes\" \\\n"
          "    --requeue --open-mode=append --export=ALL",
          out);
    fprintf(out, " --ntasks=1 --cpus-per-task=%d", (int) a->cpus);
    if (a->time > 0)
        fprintf(out, " --time=%d", minutes);
    if (a->more != NULL)
        fprintf(out, " %s", a->more);
    fputs(" << 'END'\n"
          "#!/bin/sh\n"
          "cd \"$folder\" && exec \"$vnreplay\" run \"$paper\" --quiet \\\n"
          "    --shard \"$SLURM_ARRAY_TASK_ID/$nodes\" \\\n"
          "    --results \"${results%.db}.$SLURM_ARRAY_TASK_ID-of-$nodes.db\" "
          "\\\n",
          out);
    fprintf(out, "    --jobs %d\n", (int) a->cpus);
    fputs("END\n"
          ")\n"
          "sbatch --parsable --job-name=\"${paper%.*}-merge\" "
          "--dependency=\"afterok:${array%%;*}\" \\\n"
          "    --export=ALL --ntasks=1",
          out);
    if (a->more != NULL)
        fprintf(out, " %s", a->more);
    fputs(" << 'END'\n"
          "#!/bin/sh\n"
          "cd \"$folder\" && exec \"$vnreplay\" merge "
          "\"${results%.db}\".[0-9]*-of-\"$nodes\".db \\\n"
          "    --output \"$results\"\n"
          "END\n",
          out);
}

/* The script, from within the experiment's folder; the caller's. */
static enum vn_status
make_script(struct arguments *a, const char *path, char **script,
            struct vn_error *err)
{
    struct vn_paper paper = {NULL};
    enum vn_status status = vn_paper_read(path, &a->request, &paper, err);
    size_t size = 0;
    FILE *out;

    if (status == VN_OK && a->request.sweep.results == NULL)
        status = vn_yaml_fail(paper.tree, err,
                              "no results, expected a key that names them");
    if (status == VN_OK)
        status = vn_request_open(&a->request, "sbatch", err);
    if (status == VN_OK) {
        out = open_memstream(script, &size);
        write_script(out, a, paper.name);
        fclose(out);
    }
    vn_paper_free(&paper);
    return status;
}

static enum vn_status
sbatch(struct arguments *a, const char *path, struct vn_error *err)
{
    int here = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct vn_file file = {0};
    char *script = NULL;
    enum vn_status status = make_script(a, path, &script, err);

    if (status == VN_OK && (here < 0 || fchdir(here) != 0))
        status = vn_fail(err, VN_EIO,
                         "cannot go back to where this was "
                         "started: %s",
                         strerror(errno));
    if (status == VN_OK)
        status = vn_file_create(&file, a->output, err);
    if (status == VN_OK) {
        fputs(script, file.stream);
        status = vn_file_commit(&file, err);
    }
    vn_file_discard(&file);
    if (here >= 0)
        close(here);
    free(script);
    return status;
}

int
vn_command_sbatch(int argc, char **argv)
{
    struct vn_args args = vn_args_begin(argc, argv, options, NOPTIONS);
    struct arguments a = {.cpus = 1, .output = "-"};
    struct vn_error err;
    enum vn_status status;
    bool done;

    vn_request_begin(&a.request);
    status = vn_args_all(&args, say, take, &a, &done, &err);
    if (status == VN_OK && !done && (args.nrest != 1 || a.nodes == 0))
        status = vn_fail(&err, VN_EUSAGE,
                         "expected one experiment file and --nodes (see "
                         "vnreplay sbatch --help)");
    if (status == VN_OK && !done)
        status = sbatch(&a, args.rest[0], &err);
    if (status != VN_OK)
        vn_error_print(stderr, "vnreplay", &err);
    vn_request_free(&a.request);
    return status == VN_OK ? 0 : vn_error_exit(&err);
}
