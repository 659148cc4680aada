#include "config.h"

#include "analysis/runs.h"
#include "base/option.h"
#include "base/progress.h"
#include "base/xalloc.h"
#include "replay/command/command.h"
#include "replay/sweep/generate.h"
#include "replay/sweep/sweep.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What came of the runs of a file, done again. */
struct outcome {
    int same;
    int different;
    int skipped; /* measured on devices, of a plan, from standard input */
};

/* The part i/n of a trace that a run replayed; 0/1 where it was all. */
static enum vn_status
read_window(const struct vn_store_run *run, int *i, int *n,
            struct vn_error *err)
{
    *i = 0;
    *n = 1;
    if (run->window == NULL)
        return VN_OK;
    if (sscanf(run->window, "%d/%d", i, n) != 2 || *i < 1 || *i > *n)
        return vn_fail(err, VN_EFORMAT,
                       "run %s: '%.32s' is not a window, expected i/n",
                       run->name, run->window);
    --*i;
    return VN_OK;
}

/* How much was kept of a run. */
static enum vn_status
recorded(struct vn_store *store, const struct vn_store_run *run,
         enum vn_recording *recording, struct vn_error *err)
{
    static const enum vn_store_table tables[] = {VN_STORE_SAMPLE,
                                                 VN_STORE_JOB};
    static const enum vn_recording what[] = {VN_RECORD_ALL, VN_RECORD_JOBS};
    enum vn_status status = VN_OK;

    *recording = VN_RECORD_RUN;
    for (int i = 0; i < 2 && status == VN_OK && *recording == VN_RECORD_RUN;
         i++) {
        struct vn_rows *rows;
        bool more = false;

        status = vn_store_read_run(store, tables[i], run->run_id, &rows, err);
        if (status == VN_OK)
            status = vn_rows_next(rows, &more, err);
        if (more)
            *recording = what[i];
        vn_rows_close(rows);
    }
    return status;
}

/* A sweep of the one run, into another file. */
static enum vn_status
make_sweep(struct vn_sweep *sweep, const struct vn_store_run *run,
           struct vn_error *err)
{
    const char *words[VN_POLICY_OPTIONS_MAX];
    char *text = NULL, *next;
    enum vn_status status;
    int n = 0;

    text = next =
        vn_xcalloc(run->options != NULL ? strlen(run->options) + 1 : 1, 1);
    if (run->options != NULL)
        strcpy(text, run->options);
    while (next != NULL && n < VN_POLICY_OPTIONS_MAX) {
        char *word = strsep(&next, " ");

        if (word[0] != '\0')
            words[n++] = word;
    }
    sweep->until = run->until_us > 0 ? run->until_us : 0;
    status = vn_sweep_cluster(sweep, run->cluster, err);
    if (status == VN_OK)
        status = vn_sweep_policy(sweep, run->policy, words, n, err);
    if (status == VN_OK)
        status = vn_assumptions_open(&sweep->assumptions, err);
    free(text);
    return status;
}

/* Are the outcome and every row of the two runs the same? */
static enum vn_status
compare(struct vn_store *store, const struct vn_store_run *run,
        const char *again_path, bool *same, struct vn_error *err)
{
    static const char *const outcome[] = {
        "state",       "events",      "jobs",        "finished",
        "rejected",    "unfinished",  "makespan_us", "utilisation",
        "device_us",   "preemptions", "resizes",     "jct_mean_us",
        "jct_p50_us",  "jct_p90_us",  "jct_p99_us",  "queue_mean_us",
        "queue_p50_us"};
    struct vn_store *again = NULL;
    struct vn_runs runs = {0};
    enum vn_status status;

    *same = true;
    status = vn_store_open(again_path, VN_STORE_READ, &again, err);
    if (status == VN_OK)
        status = vn_runs_read(again, &runs, err);
    for (size_t i = 0; status == VN_OK && i < sizeof outcome / sizeof *outcome;
         i++) {
        int column = vn_store_column_find(VN_STORE_RUN, outcome[i]);

        *same = *same
                && vn_store_compare_column(
                       &vn_store_forms[VN_STORE_RUN].columns[column], run,
                       &runs.all[0])
                       == 0;
    }
    for (int t = VN_STORE_RUN + 1; t < VN_STORE_TABLES && *same; t++) {
        if (status != VN_OK)
            break;
        status = vn_store_same(store, run->run_id, again, runs.all[0].run_id,
                               (enum vn_store_table) t, same, err);
    }
    vn_runs_free(&runs);
    vn_store_close(again);
    return status;
}

/* The run's jobs: of its trace, or drawn again where it had a seed. */
static enum vn_status
read_jobs(const struct vn_store_run *run, struct vn_trace_data *data,
          struct vn_error *err)
{
    if (run->trace[0] == '-')
        return vn_generate(run->trace, run->seed, run->load, run->cluster,
                           data, err);
    return vn_trace_data_read(run->trace, data, err);
}

/* Do one run again, in the file at path, which is left. */
static enum vn_status
run_again(struct vn_store *store, const struct vn_store_run *run,
          const char *path, bool *same, struct vn_error *err)
{
    struct vn_sweep sweep = {.results = path, .workers = 1, .shards = 1};
    struct vn_workload workload = {0};
    struct vn_trace_data data = {0};
    enum vn_status status;
    int i, n;

    if ((status = read_window(run, &i, &n, err)) == VN_OK
        && (status = recorded(store, run, &sweep.recording, err)) == VN_OK
        && (status = make_sweep(&sweep, run, err)) == VN_OK
        && (status = read_jobs(run, &data, err)) == VN_OK) {
        if ((size_t) n > data.njobs)
            *same = false;
        else {
            vn_workload_cut(&data, i, n, &workload);
            status = vn_sweep_replay(&sweep, &workload, &sweep.settings[0],
                                     &sweep.contenders[0], err);
            if (status == VN_OK)
                status = compare(store, run, path, same, err);
        }
    }
    vn_workload_free(&workload);
    vn_trace_data_free(&data);
    vn_sweep_free(&sweep);
    return status;
}

/* Can the run be done again from what is recorded of it? */
static bool
repeatable(const struct vn_store_run *run)
{
    return strcmp(run->kind, "simulated") == 0 && run->trace != NULL
           && strcmp(run->trace, "-") != 0 && run->cluster != NULL
           && run->policy != NULL && run->backend == NULL;
}

static enum vn_status
reproduce(struct vn_store *store, const struct vn_runs *runs, const char *path,
          struct outcome *outcome, struct vn_error *err)
{
    struct vn_progress progress = vn_progress_begin("runs", true);
    enum vn_status status = VN_OK;

    for (int i = 0; i < runs->n && status == VN_OK; i++) {
        const struct vn_store_run *run = &runs->all[i];
        bool same = false;

        if (!repeatable(run)) {
            outcome->skipped++;
            continue;
        }
        status = run_again(store, run, path, &same, err);
        unlink(path);
        if (status == VN_OK && same)
            outcome->same++;
        else if (status == VN_OK) {
            vn_progress_end(&progress);
            printf("%s: %s%s%s on %s came out otherwise\n", run->name,
                   run->policy, run->options != NULL ? " " : "",
                   run->options != NULL ? run->options : "", run->trace);
            outcome->different++;
        }
        vn_progress_show(&progress, i + 1, runs->n, NULL);
    }
    vn_progress_end(&progress);
    return status;
}

/* A folder for what is only for the moment; the caller's. */
static enum vn_status
make_folder(char **folder, struct vn_error *err)
{
    const char *base = getenv("TMPDIR");
    size_t size;

    if (base == NULL || base[0] == '\0')
        base = "/tmp";
    size = strlen(base) + sizeof "/vnreplay-XXXXXX";
    *folder = vn_xcalloc(size, 1);
    snprintf(*folder, size, "%s/vnreplay-XXXXXX", base);
    if (mkdtemp(*folder) != NULL)
        return VN_OK;
    free(*folder);
    *folder = NULL;
    return vn_fail(err, VN_EIO, "cannot write to %s: %s", base,
                   strerror(errno));
}

static enum vn_status
run(const char *results, struct vn_error *err)
{
    struct outcome outcome = {0};
    struct vn_store *store = NULL;
    struct vn_runs runs = {0};
    char *folder, *path = NULL;
    enum vn_status status = make_folder(&folder, err);

    if (status != VN_OK)
        return status;
    path = vn_xcalloc(strlen(folder) + sizeof "/again.db", 1);
    strcat(strcpy(path, folder), "/again.db");
    status = vn_store_open(results, VN_STORE_READ, &store, err);
    if (status == VN_OK)
        status = vn_runs_read(store, &runs, err);
    if (status == VN_OK)
        status = reproduce(store, &runs, path, &outcome, err);
    vn_runs_free(&runs);
    vn_store_close(store);
    unlink(path);
    rmdir(folder);
    free(folder);
    free(path);
    if (status != VN_OK)
        return status;
    printf("%d runs reproduced", outcome.same);
    if (outcome.skipped > 0)
        printf(", %d skipped: measured on devices, of a plan, read "
               "from standard input, or under a plug-in",
               outcome.skipped);
    putchar('\n');
    if (outcome.different > 0)
        return vn_fail(err, VN_EINVAL,
                       "%d of %d runs came out otherwise: the inputs or the "
                       "program are not what they were",
                       outcome.different, outcome.same + outcome.different);
    return VN_OK;
}

int
vn_command_reproduce(int argc, char **argv)
{
    struct vn_args args = vn_args_begin(argc, argv, NULL, 0);
    struct vn_error err;
    enum vn_status status = VN_OK;
    const char *value;
    int i = vn_args_next(&args, &value, &err);

    if (i == VN_ARGS_HELP) {
        puts("usage: vnreplay reproduce RESULTS\n\n"
             "Do every run of a results file again, and compare each number "
             "and row.\nRelative paths of traces and clusters are taken from "
             "here.\n");
        vn_option_help(stdout, NULL, 0);
        return 0;
    }
    if (i == VN_ARGS_FAILED)
        status = VN_EUSAGE;
    else if (args.nrest != 1)
        status = vn_fail(&err, VN_EUSAGE,
                         "expected one results file (see vnreplay reproduce "
                         "--help)");
    if (status == VN_OK)
        status = run(args.rest[0], &err);
    if (status != VN_OK)
        vn_error_print(stderr, "vnreplay", &err);
    return status == VN_OK ? 0 : vn_error_exit(&err);
}
