#include "config.h"

#include "base/machine/machine.h"
#include "base/option.h"
#include "base/progress.h"
#include "base/xalloc.h"
#include "replay/command/command.h"
#include "replay/sweep/generate.h"
#include "replay/sweep/sweep.h"
#include "sim/outside/limit.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum option {
    TRACE,
    GENERATE,
    SEED,
    LOAD,
    CLUSTER,
    POLICY,
    OPTION,
    BACKEND,
    LIMIT,
    WINDOWS,
    UNTIL,
    KEEP,
    RHO,
    OUTPUT,
    JOBS,
    SHARD,
    DRY_RUN,
    ASSUMED,
    NOPTIONS = ASSUMED + VN_ASSUMPTIONS
};

/* clang-format off */
static const struct vn_option options[] = {
    [TRACE] = {"trace", "FILE,...", "traces; may be given again", 't'},
    [GENERATE] = {"generate", "RECIPE",
                  "draw traces, as in '--preset philly --jobs 5000'; again",
                  'g'},
    [SEED] = {"seed", "LIST", "a replicate of each recipe for each seed, as "
              "in 1:10 [1]", 's'},
    [LOAD] = {"load", "LIST",
              "of each cluster that recipes ask for, as in 0.5:1:0.1", 'l'},
    [CLUSTER] = {"cluster", "FILE,...|INLINE",
                 "tables, or one inline (v100:16x8,p100:4x4); again", 'c'},
    [POLICY] = {"policy", "NAME,...",
                "policies, las:form=reference with options; 'all' [fifo]",
                'p'},
    [BACKEND] = {"backend", "NAME",
                 "what confines a policy's FILE.so: mpk, process, mprotect, "
                 "none", 0},
    [LIMIT] = {"limit", "TIME|NAME=VALUE,...",
               "what a policy from outside may use, as of vnsim; again", 0},
    [OPTION] = {"option", "NAME=VALUE",
                "an option of every policy that knows it; again", 'o'},
    [WINDOWS] = {"windows", "N",
                 "cut each trace in N replicates of as many jobs [1]", 'w'},
    [UNTIL] = {"until", "TIME", "stop each run before this time", 0},
    [RHO] = {"rho", NULL, "measure finish-time fairness", 0},
    [KEEP] = {"keep", "run|jobs|samples|all",
              "of each run: its summary, jobs too, the cluster over time too, "
              "or allocations too [samples]", 0},
    [OUTPUT] = {"results", "FILE", "the results file, made or added to", 'r'},
    [JOBS] = {"jobs", "N", "runs at a time [one a processor]", 'j'},
    [SHARD] = {"shard", "I/N", "only every N-th run, from the I-th", 0},
    [DRY_RUN] = {"dry-run", NULL, "say what would be run", 'n'},
    VN_ASSUMPTION_ROWS
};
/* clang-format on */

enum {
    LIST_MAX = 1000
};

/* On 20 devices about half of linear: far enough from it to tell. */
static const char second_scaling[] = "amdahl:0.05";

/* Words of a list of options; their texts are owned. */
struct words {
    char *text[LIST_MAX];
    int n;
};

struct arguments {
    struct words traces;
    struct words recipes;
    struct vn_range seeds;
    struct vn_range loads;
    struct words clusters;
    struct words policies;
    struct words scalings;
    bool second; /* of these the second was not asked for */
    const char *option_words[VN_POLICY_OPTIONS_MAX];
    int noption_words;
    int64_t windows;
    bool dry_run;
};

static void
print_help(void)
{
    puts("usage: vnreplay run --trace FILE,... --cluster FILE,...|INLINE\n"
         "                    [--policy NAME,...] --results FILE "
         "[option ...]\n\n"
         "Replay every trace, and every trace that a recipe draws, on every "
         "cluster\nunder every policy, and add each run to the results file.  "
         "Runs that are there\nalready are passed over, so a sweep that was "
         "interrupted goes on when it is\nstarted again.\n");
    vn_option_help(stdout, options, NOPTIONS);
    puts("\nexample: vnreplay run --trace philly.csv --windows 10 "
         "--cluster v100:16x8\n             --policy fifo,fifo-skip,las,wfs "
         "--results philly.db");
}

static enum vn_status
add_word(struct words *words, const char *text, size_t n, const char *name,
         struct vn_error *err)
{
    if (n == 0)
        return vn_fail(err, VN_EUSAGE, "--%s: an empty name in its list",
                       name);
    if (words->n == LIST_MAX)
        return vn_fail(err, VN_EUSAGE, "--%s: more than %d, expected fewer",
                       name, LIST_MAX);
    words->text[words->n] = vn_xcalloc(n + 1, 1);
    memcpy(words->text[words->n++], text, n);
    return VN_OK;
}

/* Add the words of a list, separated by commas. */
static enum vn_status
add_list(struct words *words, const char *list, const char *name,
         struct vn_error *err)
{
    enum vn_status status = VN_OK;

    while (status == VN_OK) {
        size_t n = vn_list_word(list);

        status = add_word(words, list, n, name, err);
        if (list[n] == '\0')
            break;
        list += n + 1;
    }
    return status;
}

static void
free_words(struct words *words)
{
    for (int i = 0; i < words->n; i++)
        free(words->text[i]);
}

/* "2/5" */
static enum vn_status
take_shard(struct vn_sweep *sweep, const char *value, struct vn_error *err)
{
    static const char expected[] = "I/N with I from 1 to N";
    const char *slash = strchr(value, '/');
    char first[16] = "", why[VN_WHY_SIZE];
    int64_t i, n;

    if (slash == NULL || slash - value >= (long) sizeof first)
        return vn_args_refuse(err, "shard", value, expected);
    memcpy(first, value, (size_t) (slash - value));
    if (vn_read_int(slash + 1, 1, 1000000, &n, why) != NULL
        || vn_read_int(first, 1, n, &i, why) != NULL)
        return vn_args_refuse(err, "shard", value, expected);
    sweep->shard = (int) i - 1;
    sweep->shards = (int) n;
    return VN_OK;
}

static enum vn_status
take_loads(const char *value, struct vn_range *loads, struct vn_error *err)
{
    enum vn_status status =
        vn_range_read("load", value, 1e-6, 1e6, false, loads, err);

    for (int i = 0; i < loads->n && status == VN_OK; i++)
        if (loads->at[i] > VN_LOAD_MAX)
            return vn_args_refuse(err, "load", value, VN_LOAD_WANTED);
    return status;
}

static enum vn_status
take(struct arguments *a, struct vn_sweep *sweep, enum option option,
     const char *value, struct vn_error *err)
{
    enum vn_status status = VN_OK;
    int64_t count = 1;
    int choice = VN_RECORD_SAMPLES;

    if (option == (enum option)(ASSUMED + VN_ASSUME_SCALING))
        return add_list(&a->scalings, value, "scaling", err);
    if (option >= ASSUMED)
        return vn_assume(&sweep->assumptions,
                         (enum vn_assumption)(option - ASSUMED), value, err);
    switch (option) {
    case TRACE:
        return add_list(&a->traces, value, "trace", err);
    case GENERATE:
        return add_word(&a->recipes, value, strlen(value), "generate", err);
    case SEED:
        return vn_range_read("seed", value, 0, 1e15, true, &a->seeds, err);
    case LOAD:
        return take_loads(value, &a->loads, err);
    case CLUSTER:
        /* A list with a ':' is one cluster of several types. */
        if (strchr(value, ':') != NULL && access(value, F_OK) != 0)
            return add_word(&a->clusters, value, strlen(value), "cluster",
                            err);
        return add_list(&a->clusters, value, "cluster", err);
    case POLICY:
        return add_list(&a->policies, value, "policy", err);
    case OPTION:
        if (a->noption_words == VN_POLICY_OPTIONS_MAX)
            return vn_fail(err, VN_EUSAGE,
                           "--option: more than %d, expected fewer",
                           VN_POLICY_OPTIONS_MAX);
        a->option_words[a->noption_words++] = value;
        break;
    case BACKEND:
        return ed_backend_find(value, &sweep->limits.backend, err);
    case LIMIT:
        return vn_limit_read(value, &sweep->limits, err);
    case WINDOWS:
        return vn_option_int("windows", value, 1, 1000000, &a->windows, err);
    case UNTIL:
        return vn_option_time("until", value, 1, VN_TIME_MAX, &sweep->until,
                              err);
    case RHO:
        sweep->rho = true;
        break;
    case KEEP:
        status = vn_option_choice("keep", value, vn_recording_names,
                                  VN_RECORD_ALL + 1, &choice, err);
        sweep->recording = (enum vn_recording) choice;
        break;
    case OUTPUT:
        sweep->results = value;
        break;
    case JOBS:
        status = vn_option_int("jobs", value, 1, 4096, &count, err);
        sweep->workers = (int) count;
        break;
    case SHARD:
        return take_shard(sweep, value, err);
    case DRY_RUN:
        a->dry_run = true;
        break;
    case ASSUMED:
    case NOPTIONS:
        break;
    }
    return status;
}

/* An option that none of the policies knows is a mistake. */
static enum vn_status
check_options(const struct arguments *a, const struct vn_sweep *sweep,
              struct vn_error *err)
{
    for (int i = 0; i < a->noption_words; i++) {
        size_t n = strcspn(a->option_words[i], "=");
        bool known = false;

        for (int k = 0; k < sweep->ncontenders && !known; k++) {
            const struct vn_policy_option *o =
                sweep->contenders[k].policy->options;

            for (; o != NULL && o->name != NULL; o++)
                known = known
                        || (strlen(o->name) == n
                            && strncmp(o->name, a->option_words[i], n) == 0);
        }
        if (!known)
            return vn_fail(err, VN_EUSAGE,
                           "--option: '%.*s' is an option of none of the "
                           "policies",
                           (int) n, a->option_words[i]);
    }
    return VN_OK;
}

/*
 * Linear scaling where none was given; and, of recorded jobs under an elastic
 * policy, which lives on that assumption, a second one beside it.
 */
static enum vn_status
find_scalings(struct arguments *a, const struct vn_sweep *sweep,
              struct vn_error *err)
{
    bool elastic = false;
    enum vn_status status;

    if (a->scalings.n > 0)
        return VN_OK;
    status = add_list(&a->scalings, "linear", "scaling", err);
    for (int i = 0; i < sweep->ncontenders; i++)
        elastic =
            elastic
            || (sweep->contenders[i].plugin == NULL
                && vn_policy_is_elastic(sweep->contenders[i].policy->name));
    a->second = elastic && sweep->assumptions.nprofiles == 0;
    return a->second && status == VN_OK
               ? add_list(&a->scalings, second_scaling, "scaling", err)
               : status;
}

/* Fill the sweep from what was given. */
static enum vn_status
prepare(struct arguments *a, struct vn_sweep *sweep, struct vn_error *err)
{
    enum vn_status status = VN_OK;

    int workloads = a->traces.n + a->recipes.n;

    if (workloads == 0 || a->clusters.n == 0 || sweep->results == NULL)
        return vn_fail(
            err, VN_EUSAGE, "no --%s given (see vnreplay run --help)",
            a->traces.n == 0 ? "trace"
                             : (a->clusters.n == 0 ? "cluster" : "results"));
    for (int i = 0; i < a->clusters.n && status == VN_OK; i++)
        status = vn_sweep_cluster(sweep, a->clusters.text[i], err);
    if (status == VN_OK && a->seeds.n == 0)
        status = vn_range_read("seed", "1", 1, 1, true, &a->seeds, err);
    if (status == VN_OK && a->policies.n == 0)
        status = add_list(&a->policies, vn_policies[0]->name, "policy", err);
    if (status == VN_OK)
        status = vn_assumptions_open(&sweep->assumptions, err);
    for (int i = 0; i < a->policies.n && status == VN_OK; i++)
        status = vn_sweep_policy(sweep, a->policies.text[i], a->option_words,
                                 a->noption_words, err);
    if (status == VN_OK)
        status = find_scalings(a, sweep, err);
    return status == VN_OK ? check_options(a, sweep, err) : status;
}

/* Read the command line; *done where it asked only for help. */
static enum vn_status
parse(int argc, char **argv, struct arguments *a, struct vn_sweep *sweep,
      bool *done, struct vn_error *err)
{
    struct vn_args args = vn_args_begin(argc, argv, options, NOPTIONS);
    enum vn_status status = VN_OK;
    const char *value;
    int i;

    *done = false;
    while ((i = vn_args_next(&args, &value, err)) >= 0 && status == VN_OK)
        status = take(a, sweep, (enum option) i, value, err);
    if (status != VN_OK || i == VN_ARGS_FAILED)
        return VN_EUSAGE;
    if (i == VN_ARGS_HELP) {
        print_help();
        *done = true;
        return VN_OK;
    }
    if (args.nrest > 0)
        return vn_fail(err, VN_EUSAGE,
                       "'%s' is no option (see vnreplay run --help)",
                       args.rest[0]);
    return prepare(a, sweep, err);
}

/* Run every window of one trace. */
static enum vn_status
run_trace(const struct arguments *a, struct vn_pool *pool, const char *path,
          struct vn_error *err)
{
    struct vn_trace_data data;
    enum vn_status status = vn_trace_data_read(path, &data, err);
    int windows = (int) a->windows;

    if (status != VN_OK)
        return status;
    if (data.njobs < (size_t) windows)
        status = vn_fail(err, VN_EUSAGE,
                         "--windows: %s has %zu jobs, expected at least %d",
                         path, data.njobs, windows);
    for (int i = 0; i < windows && status == VN_OK; i++) {
        struct vn_workload workload;

        vn_workload_cut(&data, i, windows, &workload);
        status = vn_pool_run(pool, &workload, -1, err);
        vn_workload_free(&workload);
    }
    vn_trace_data_free(&data);
    return status;
}

/* Run one draw of a recipe; setting as in vn_pool_run(). */
static enum vn_status
run_draw(struct vn_pool *pool, const char *recipe, int64_t seed, double load,
         const char *cluster, int setting, struct vn_error *err)
{
    struct vn_workload workload = {0};
    struct vn_trace_data data;
    enum vn_status status =
        vn_generate(recipe, seed, load, cluster, &data, err);

    if (status == VN_OK) {
        vn_workload_cut(&data, 0, 1, &workload);
        workload.seed = seed;
        workload.load = load;
        status = vn_pool_run(pool, &workload, setting, err);
        vn_workload_free(&workload);
        vn_trace_data_free(&data);
    }
    return status;
}

/* Run every draw of one recipe: one for each seed, load and cluster. */
static enum vn_status
run_recipe(const struct arguments *a, const struct vn_sweep *sweep,
           struct vn_pool *pool, const char *recipe, struct vn_error *err)
{
    enum vn_status status = VN_OK;

    for (int s = 0; s < a->seeds.n && status == VN_OK; s++) {
        int64_t seed = (int64_t) a->seeds.at[s];

        if (a->loads.n == 0)
            status = run_draw(pool, recipe, seed, NAN, NULL, -1, err);
        for (int i = 0; i < a->loads.n * sweep->nsettings && status == VN_OK;
             i++) {
            int setting = i % sweep->nsettings;

            status =
                run_draw(pool, recipe, seed, a->loads.at[i / sweep->nsettings],
                         sweep->settings[setting].what, setting, err);
        }
    }
    return status;
}

static void
print_count(int n, const char *one, const char *many)
{
    printf("%d %s", n, n == 1 ? one : many);
}

static void
print_plan(const struct arguments *a, const struct vn_sweep *sweep,
           int64_t total)
{
    printf("%" PRId64 " runs into %s: ", total, sweep->results);
    if (a->traces.n > 0) {
        print_count(a->traces.n, "trace x ", "traces x ");
        print_count((int) a->windows, "window", "windows");
    }
    fputs(a->traces.n > 0 && a->recipes.n > 0 ? " and " : "", stdout);
    if (a->recipes.n > 0) {
        print_count(a->recipes.n, "recipe x ", "recipes x ");
        print_count(a->seeds.n, "seed", "seeds");
        if (a->loads.n > 0) {
            fputs(" x ", stdout);
            print_count(a->loads.n, "load", "loads");
        }
    }
    fputs(" x ", stdout);
    print_count(sweep->nsettings, "cluster x ", "clusters x ");
    print_count(sweep->ncontenders, "policy", "policies");
    if (a->scalings.n > 1) {
        fputs(" x ", stdout);
        print_count(a->scalings.n, "scaling", "scalings");
    }
    if (sweep->shards > 1)
        printf(", shard %d of %d", sweep->shard + 1, sweep->shards);
    putchar('\n');
    if (a->recipes.n == 0 && a->seeds.n > 1)
        puts("nothing in these runs is random: seeds make no replicates, see "
             "--windows");
    if (a->second)
        printf("how elastic policies do on recorded jobs hangs on their "
               "scaling: under linear and\n%s, to be compared; --scaling "
               "linear is the one alone\n",
               second_scaling);
    fflush(stdout);
}

/* The runs of the whole sweep, whichever shard they belong to. */
static int64_t
count_runs(const struct arguments *a, const struct vn_sweep *sweep)
{
    int64_t loads = a->loads.n > 0 ? a->loads.n : 1;

    return (a->traces.n * a->windows
            + a->recipes.n * loads * (int64_t) a->seeds.n)
           * sweep->nsettings * sweep->ncontenders * a->scalings.n;
}

/* All that runs under one scaling; counts are added. */
static enum vn_status
run_scaling(const struct arguments *a, struct vn_sweep *sweep,
            const char *scaling, int total, struct vn_sweep_count *sum,
            struct vn_error *err)
{
    struct vn_error ending;
    struct vn_sweep_count count;
    struct vn_pool *pool;
    enum vn_status status =
        vn_assumptions_scale(&sweep->assumptions, scaling, err);
    enum vn_status end;

    if (status == VN_OK)
        status = vn_pool_begin(sweep, total, &pool, err);
    if (status != VN_OK)
        return status;
    for (int i = 0; i < a->traces.n && status == VN_OK; i++)
        status = run_trace(a, pool, a->traces.text[i], err);
    for (int i = 0; i < a->recipes.n && status == VN_OK; i++)
        status = run_recipe(a, sweep, pool, a->recipes.text[i], err);
    end = vn_pool_end(pool, status != VN_OK, &count, &ending);
    sum->total += count.total;
    sum->done += count.done;
    sum->there += count.there;
    sum->failed += count.failed;
    /* An interruption may have been the cause of any other failure. */
    if (end != VN_OK)
        *err = ending;
    return end != VN_OK ? end : status;
}

static enum vn_status
run(const struct arguments *a, struct vn_sweep *sweep, struct vn_error *err)
{
    int64_t total = count_runs(a, sweep), one;
    double started = vn_clock();
    struct vn_sweep_count count = {0};
    enum vn_status status = VN_OK;

    if (total > 100000000)
        return vn_fail(err, VN_EUSAGE, "%lld runs are too many",
                       (long long) total);
    /* Of the runs under a scaling, from 0, those that leave `shard` over. */
    one = (total / a->scalings.n - sweep->shard + sweep->shards - 1)
          / sweep->shards;
    print_plan(a, sweep, one * a->scalings.n);
    if (a->dry_run)
        return VN_OK;
    for (int i = 0; i < a->scalings.n && status == VN_OK; i++)
        status =
            run_scaling(a, sweep, a->scalings.text[i], (int) one, &count, err);
    if (status != VN_OK)
        return status;
    printf("%d done, %d there before, %d failed, in %.1f s\n", count.done,
           count.there, count.failed, vn_clock() - started);
    if (count.failed > 0)
        return vn_fail(err, VN_EINVAL, "%d of %d runs failed; %s says why",
                       count.failed, count.total, sweep->results);
    return VN_OK;
}

int
vn_command_sweep(int argc, char **argv)
{
    struct vn_sweep sweep = {.recording = VN_RECORD_SAMPLES,
                             .workers = vn_processors(),
                             .shards = 1};
    struct arguments *a = vn_xcalloc(1, sizeof *a);
    struct vn_error err;
    enum vn_status status;
    bool done;

    a->windows = 1;
    status = parse(argc, argv, a, &sweep, &done, &err);
    if (status == VN_OK && !done)
        status = run(a, &sweep, &err);
    if (status != VN_OK)
        vn_error_print(stderr, "vnreplay", &err);
    vn_sweep_free(&sweep);
    free_words(&a->traces);
    free_words(&a->recipes);
    free(a->seeds.at);
    free(a->loads.at);
    free_words(&a->clusters);
    free_words(&a->policies);
    free_words(&a->scalings);
    free(a);
    return status == VN_OK ? 0 : vn_error_exit(&err);
}
