#include "config.h"

#include "analysis/choice.h"
#include "analysis/runs.h"
#include "base/file.h"
#include "base/option.h"
#include "base/progress.h"
#include "base/version.h"
#include "base/xalloc.h"
#include "replay/command/command.h"
#include "replay/sweep/generate.h"
#include "replay/sweep/sweep.h"
#include "sim/outside/limit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What came of the runs of a file, done again. */
struct outcome {
    int same;
    int different;
    int lost;    /* what they were run with is not there as it was */
    int skipped; /* measured on devices, of a plan, from standard input */
};

/* A run, and what it was run with, to be had again. */
struct again {
    struct vn_store *store; /* where the run is */
    const struct vn_store_run *run;
    const char *path; /* the file that the other goes to */
    struct vn_sweep sweep;
    struct vn_trace_data data;
    struct vn_workload workload;
    char *words;   /* of the policy's options */
    char why[500]; /* the two are not the same */
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

/* The words of options, "a=1 b=x y": what has no name belongs to the word
 * before it. */
static int
cut_options(char *text, const char **words, int max)
{
    int n = 0;

    for (char *next = text; next != NULL && n < max;) {
        words[n++] = next;
        do {
            next = strchr(next, ' ');
            if (next == NULL)
                break;
            next++;
        } while (strcspn(next, "=") >= strcspn(next, " "));
        if (next != NULL)
            next[-1] = '\0';
    }
    return n;
}

/* How much was kept of it, by its name. */
static enum vn_status
restore_recording(const struct vn_store_run *run, struct vn_sweep *sweep,
                  struct vn_error *err)
{
    int kept = VN_RECORD_ALL;
    enum vn_status status =
        run->kept == NULL
            ? VN_OK
            : vn_option_choice("keep", run->kept, vn_recording_names,
                               VN_RECORD_ALL + 1, &kept, err);

    sweep->recording = (enum vn_recording) kept;
    return status;
}

/* Which jobs its means are of: "auto", or microseconds. */
static enum vn_status
restore_measure(const struct vn_store_run *run, struct vn_sweep *sweep,
                struct vn_error *err)
{
    struct vn_measure *m = &sweep->measure;
    long long from = 0, to = VN_TIME_MAX;

    if (strcmp(run->measure, "auto") != 0
        && sscanf(run->measure, "%lld:%lld", &from, &to) < 1)
        return vn_fail(err, VN_EFORMAT,
                       "run %s: '%.32s' is not what a run measures, expected "
                       "auto or from:to",
                       run->name, run->measure);
    *m = (struct vn_measure){.asked = true,
                             .mser = strcmp(run->measure, "auto") == 0,
                             .from = from,
                             .to = to};
    snprintf(m->words, sizeof m->words, "%s", run->measure);
    return VN_OK;
}

/* A sweep of the one run, into another file. */
static enum vn_status
make_sweep(struct again *a, struct vn_error *err)
{
    const struct vn_store_run *run = a->run;
    struct vn_sweep *sweep = &a->sweep;
    const char *words[VN_POLICY_OPTIONS_MAX];
    enum vn_status status;
    int n = 0;

    *sweep = (struct vn_sweep){.results = a->path, .workers = 1, .shards = 1};
    sweep->rho = run->present_mean > 0;
    sweep->until = run->until_us > 0 ? run->until_us : 0;
    sweep->stop_saturated = run->stop != NULL;
    if (run->options != NULL) {
        a->words = vn_xstrdup(run->options);
        n = cut_options(a->words, words, VN_POLICY_OPTIONS_MAX);
    }
    status = restore_recording(run, sweep, err);
    if (status == VN_OK && run->measure != NULL)
        status = restore_measure(run, sweep, err);
    if (status == VN_OK && run->backend != NULL)
        status = ed_backend_find(run->backend, &sweep->limits.backend, err);
    if (status == VN_OK && run->limits != NULL)
        status = vn_limit_read(run->limits, &sweep->limits, err);
    if (status == VN_OK)
        status = vn_sweep_cluster(sweep, run->cluster, run->predict, err);
    if (status == VN_OK)
        status = vn_assumptions_restore(&sweep->assumptions, run, err);
    if (status == VN_OK)
        status = vn_assumptions_open(&sweep->assumptions, err);
    return status == VN_OK ? vn_sweep_policy(
               sweep, run->plugin != NULL ? run->plugin : run->policy, words,
               n, err)
                           : status;
}

/* The run's jobs: of its trace, or drawn again where it had a seed. */
static enum vn_status
read_jobs(struct again *a, struct vn_error *err)
{
    const struct vn_store_run *run = a->run;
    enum vn_status status;
    int i = 0, n = 1;

    if (run->trace[0] == '-')
        status =
            vn_generate(run->trace, run->seed, run->load,
                        isnan(run->load) ? NULL : run->cluster, &a->data, err);
    else
        status = vn_trace_data_read(run->trace, &a->data, err);
    if (status == VN_OK)
        status = read_window(run, &i, &n, err);
    if (status == VN_OK && (size_t) n > a->data.njobs)
        status =
            vn_fail(err, VN_EINVAL, "%s: has %zu jobs, expected %d or more",
                    run->trace, a->data.njobs, n);
    if (status != VN_OK)
        return status;
    vn_workload_cut(&a->data, i, n, &a->workload);
    a->workload.seed = run->seed;
    a->workload.load = run->load;
    return VN_OK;
}

/* Say where two rows of run differ, in columns with all of these flags or, of
 * outcomes, without; false where they do not. */
static bool
differ(struct again *a, const struct vn_store_run *now, bool key)
{
    const struct vn_store_form *form = &vn_store_forms[VN_STORE_RUN];

    for (int i = 1; i < form->ncolumns; i++) {
        const struct vn_store_column *c = &form->columns[i];
        char *then_text, *now_text;

        if ((c->flags & VN_STORE_PLACE) != 0 || strcmp(c->name, "name") == 0
            || strcmp(c->name, "version") == 0
            || ((c->flags & VN_STORE_KEY) != 0) != key
            || vn_store_compare_column(c, a->run, now) == 0)
            continue;
        then_text = vn_choice_text(a->run, i);
        now_text = vn_choice_text(now, i);
        snprintf(a->why, sizeof a->why, "%s was %.200s, is %.200s", c->name,
                 then_text, now_text);
        free(then_text);
        free(now_text);
        return true;
    }
    return false;
}

/* Are the outcome and every row of the two runs the same? */
static enum vn_status
compare(struct again *a, bool *same, struct vn_error *err)
{
    struct vn_store *again = NULL;
    struct vn_runs runs = {0};
    enum vn_status status = vn_store_open(a->path, VN_STORE_READ, &again, err);

    *same = true;
    if (status == VN_OK)
        status = vn_runs_read(again, &runs, err);
    if (status == VN_OK)
        *same = !differ(a, &runs.all[0], false);
    for (int t = VN_STORE_RUN + 1; t < VN_STORE_TABLES && *same; t++) {
        if (status != VN_OK)
            break;
        status =
            vn_store_same(a->store, a->run->run_id, again, runs.all[0].run_id,
                          (enum vn_store_table) t, same, err);
        if (status == VN_OK && !*same)
            snprintf(a->why, sizeof a->why, "rows of %s differ",
                     vn_store_forms[t].name);
    }
    vn_runs_free(&runs);
    vn_store_close(again);
    return status;
}

/*
 * Do one run again, in the file at a->path, which is left; *as_it_was is
 * whether all that it was run with is.  Fails where it cannot be had.
 */
static enum vn_status
run_again(struct again *a, bool *as_it_was, bool *same, struct vn_error *err)
{
    struct vn_store_run now;
    enum vn_status status;

    *as_it_was = *same = false;
    if ((status = make_sweep(a, err)) != VN_OK
        || (status = read_jobs(a, err)) != VN_OK)
        return status;
    vn_sweep_describe(&a->sweep, &a->workload, &a->sweep.settings[0],
                      &a->sweep.contenders[0], &now);
    *as_it_was = !differ(a, &now, true);
    if (!*as_it_was)
        return VN_OK;
    status = vn_sweep_replay(&a->sweep, &a->workload, &a->sweep.settings[0],
                             &a->sweep.contenders[0], err);
    return status == VN_OK ? compare(a, same, err) : status;
}

/* Can the run be done again from what is recorded of it? */
static bool
repeatable(const struct vn_store_run *run)
{
    return strcmp(run->kind, "simulated") == 0 && run->trace != NULL
           && strcmp(run->trace, "-") != 0 && run->cluster != NULL
           && run->policy != NULL;
}

/* Do one run again, and say what came of it where that is not the same. */
static void
judge(struct again *a, struct vn_progress *progress, struct outcome *outcome)
{
    const struct vn_store_run *run = a->run;
    char *label = vn_run_label(run);
    bool as_it_was, same;
    struct vn_error err;

    if (run_again(a, &as_it_was, &same, &err) != VN_OK) {
        vn_progress_end(progress);
        printf("%s: %s on %s cannot be done again: ", run->name, label,
               run->trace);
        fflush(stdout);
        vn_error_print(stdout, NULL, &err);
        outcome->lost++;
    } else if (!as_it_was || !same) {
        vn_progress_end(progress);
        printf("%s: %s on %s %s: %s\n", run->name, label, run->trace,
               as_it_was ? "came out otherwise" : "had another input", a->why);
        outcome->different += as_it_was;
        outcome->lost += !as_it_was;
    } else
        outcome->same++;
    unlink(a->path);
    vn_workload_free(&a->workload);
    vn_trace_data_free(&a->data);
    vn_sweep_free(&a->sweep);
    free(a->words);
    free(label);
}

static void
reproduce(struct vn_store *store, const struct vn_runs *runs, const char *path,
          struct outcome *outcome)
{
    struct vn_progress progress = vn_progress_begin("runs", true);

    for (int i = 0; i < runs->n; i++) {
        struct again a = {.store = store, .run = &runs->all[i], .path = path};

        if (repeatable(a.run))
            judge(&a, &progress, outcome);
        else
            outcome->skipped++;
        vn_progress_show(&progress, i + 1, runs->n, NULL);
    }
    vn_progress_end(&progress);
}

/* Say of runs that other sources made how many there are. */
static void
say_versions(const struct vn_runs *runs)
{
    int n = 0;

    for (int i = 0; i < runs->n; i++)
        n += strcmp(runs->all[i].version, vn_sources()) != 0;
    if (n > 0)
        printf("%d run%s of another version of the program than this, %s\n", n,
               n == 1 ? " is" : "s are", vn_sources());
}

static enum vn_status
run(const char *results, struct vn_error *err)
{
    struct outcome outcome = {0};
    struct vn_store *store = NULL;
    struct vn_runs runs = {0};
    char *folder, *path = NULL;
    int failed;
    enum vn_status status = vn_file_folder("vnreplay", &folder, err);

    if (status != VN_OK)
        return status;
    path = vn_xcalloc(strlen(folder) + sizeof "/again.db", 1);
    strcat(strcpy(path, folder), "/again.db");
    status = vn_store_open(results, VN_STORE_READ, &store, err);
    if (status == VN_OK)
        status = vn_runs_read(store, &runs, err);
    if (status == VN_OK)
        reproduce(store, &runs, path, &outcome);
    if (status == VN_OK)
        say_versions(&runs);
    failed = runs.failed;
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
        printf(", %d skipped: measured on devices, of a plan, or read "
               "from standard input",
               outcome.skipped);
    if (failed > 0)
        printf(", %d skipped: they failed", failed);
    putchar('\n');
    if (outcome.different + outcome.lost > 0)
        return vn_fail(err, VN_EINVAL,
                       "%d of %d runs came out otherwise, %d had inputs that "
                       "are not what they were",
                       outcome.different,
                       outcome.same + outcome.different + outcome.lost,
                       outcome.lost);
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
             "Do every run of a results file again, with all that priced it, "
             "and compare each\nnumber and row.  Relative paths are taken "
             "from here.\n");
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
