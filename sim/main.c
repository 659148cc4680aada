/* vnsim: replay a trace on a cluster under a policy. */
#include "config.h"

#include "base/command.h"
#include "base/file.h"
#include "base/option.h"
#include "base/progress.h"
#include "base/store/origin.h"
#include "base/store/store.h"
#include "base/store/timeline.h"
#include "plan/cluster.h"
#include "sim/assumptions.h"
#include "sim/engine/engine.h"
#include "sim/equal_share.h"
#include "sim/observe/recorder.h"
#include "sim/output.h"
#include "sim/outside/external.h"
#include "sim/outside/limit.h"
#include "sim/outside/new_policy.h"
#include "sim/policy/policies.h"
#include "sim/share.h"
#include "sim/solve.h"
#include "traces/trace.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum option {
    TRACE,
    CLUSTER,
    POLICY,
    OPTION,
    SEED,
    UNTIL,
    JOBS,
    RESULTS,
    FORMAT,
    PLAN,
    TIMELINE,
    FROM,
    TO,
    ONLY,
    RHO,
    POLICIES,
    BACKEND,
    LIMIT,
    TRANSCRIPT,
    SHOW_VERSION,
    ASSUMED,
    NOPTIONS = ASSUMED + VN_ASSUMPTIONS
};

/* clang-format off: a row reads as name, argument, help, letter. */
/*
 * `vnsim solve` and `vnsim new-policy NAME` are commands of their own, since
 * they have nothing to do with a replay.
 */
static const struct vn_option options[] = {
    [TRACE] = {"trace", "FILE", "the jobs; '-' is standard input", 't'},
    [CLUSTER] = {"cluster", "FILE|INLINE",
                 "the devices: a table, or as in v100:16x8,p100:4x4", 'c'},
    [POLICY] = {"policy", "NAME|FILE.so|exec:COMMAND", "who gets them [fifo]",
                'p'},
    [OPTION] = {"option", "NAME=VALUE",
                "an option of the policy; may be given again", 'o'},
    [SEED] = {"seed", "N", "of what is drawn at random; names the run", 's'},
    [UNTIL] = {"until", "TIME", "stop before this time, as in 90000 or 25h",
               0},
    [JOBS] = {"jobs", "FILE",
              "write a table of the jobs; '-' is standard output", 'j'},
    [RESULTS] = {"results", "FILE", "add the run to a results file (SQLite)",
                 'r'},
    [FORMAT] = {"format", "text|csv|json", "of the summary [text]", 0},
    [BACKEND] = {"backend", "NAME",
                 "what confines a FILE.so: mpk, process, mprotect or none", 0},
    [LIMIT] = {"limit", "TIME|NAME=VALUE,...",
               "of a FILE.so or COMMAND: time of a call [1; 10], memory "
               "[256MiB; any], stack [1MiB; any], files [0; any]",
               0},
    [TRANSCRIPT] = {"transcript", "FILE",
                    "write what is said to and by a COMMAND", 0},
    [PLAN] = {"plan", "FILE",
              "write which virtual nodes run where, for vnexec", 0},
    [TIMELINE] = {"timeline", "FILE",
                  "write who held what when, a trace (JSON) for Perfetto", 0},
    [FROM] = {"from", "TIME", "of the timeline: only from then on", 0},
    [TO] = {"to", "TIME", "of the timeline: only before", 0},
    [ONLY] = {"only", "ID,...", "of the timeline: these jobs, as in 3,7-12",
              0},
    [RHO] = {"rho", NULL,
             "measure finish-time fairness; the trace is read twice", 0},
    [POLICIES] = {"policies", NULL, "list the policies and their options", 0},
    [SHOW_VERSION] = {"version", NULL, "print the version", 0},
    VN_ASSUMPTION_ROWS};
/* clang-format on */

struct arguments {
    const char *trace;
    const char *cluster;
    const struct vn_policy *policy;
    const char *plugin; /* a policy's file, or NULL */
    struct vn_plugin_limits limits;
    const char *words[VN_POLICY_OPTIONS_MAX];
    int nwords;
    int64_t seed;
    vn_time until;
    const char *jobs;
    const char *plan;
    const char *trace_out; /* a timeline */
    struct vn_timeline timeline;
    bool rho;
    const char *results;
    enum vn_format format;
    struct vn_assumptions assumptions;
};

static void
print_help(void)
{
    puts("usage: vnsim --trace FILE --cluster FILE|INLINE [--policy NAME] "
         "[option ...]\n\n"
         "Replay a trace of jobs on a cluster under a scheduling policy, and "
         "print\nhow long jobs took and how well the devices were used.\n");
    vn_option_help(stdout, options, NOPTIONS);
    puts("\nor a command:\n"
         "  share       place jobs that share devices\n"
         "  solve       split a batch over unlike devices\n"
         "  new-policy  write a first policy of your own");
    puts("\nexample: vnsim --trace philly.csv --cluster v100:16x8 --policy "
         "srtf");
}

static void
print_policies(void)
{
    for (const struct vn_policy *const *p = vn_policies; *p != NULL; p++) {
        const struct vn_policy_option *o = (*p)->options;

        printf("%-12s %s\n", (*p)->name, (*p)->summary);
        printf("    goes by %s\n",
               (*p)->knows != NULL ? (*p)->knows : "what is not said");
        for (; o != NULL && o->name != NULL; o++)
            printf("    %s=%s  %s\n", o->name, o->fallback, o->help);
    }
}

static enum vn_status
take(void *arg, int option, const char *value, struct vn_error *err)
{
    struct arguments *a = arg;
    static const char *const formats[] = {"text", "csv", "json"};
    enum vn_status status = VN_OK;
    int choice;

    if (option >= ASSUMED)
        return vn_assume(&a->assumptions,
                         (enum vn_assumption)(option - ASSUMED), value, err);
    switch ((enum option) option) {
    case TRACE:
        a->trace = value;
        break;
    case CLUSTER:
        a->cluster = value;
        break;
    case POLICY:
        a->plugin = vn_external_is(value) ? value : NULL;
        if (a->plugin == NULL)
            status = vn_policy_find(value, &a->policy, err);
        break;
    case OPTION:
        if (a->nwords == VN_POLICY_OPTIONS_MAX)
            return vn_fail(err, VN_EUSAGE,
                           "--option: more than %d, expected "
                           "fewer",
                           VN_POLICY_OPTIONS_MAX);
        a->words[a->nwords++] = value;
        break;
    case SEED:
        return vn_option_int("seed", value, 0, INT64_MAX, &a->seed, err);
    case UNTIL:
        return vn_option_time("until", value, 1, VN_TIME_MAX, &a->until, err);
    case JOBS:
        a->jobs = value;
        break;
    case RESULTS:
        a->results = value;
        break;
    case FORMAT:
        status = vn_option_choice("format", value, formats, 3, &choice, err);
        a->format = (enum vn_format) choice;
        break;
    case BACKEND:
        status = ed_backend_find(value, &a->limits.backend, err);
        break;
    case LIMIT:
        status = vn_limit_read(value, &a->limits, err);
        break;
    case TRANSCRIPT:
        a->limits.transcript = value;
        break;
    case RHO:
        a->rho = true;
        break;
    case PLAN:
        a->plan = value;
        break;
    case TIMELINE:
        a->trace_out = value;
        break;
    case FROM:
        return vn_option_time("from", value, 0, VN_TIME_MAX,
                              &a->timeline.from_us, err);
    case TO:
        return vn_option_time("to", value, 1, VN_TIME_MAX, &a->timeline.to_us,
                              err);
    case ONLY:
        return vn_timeline_only(&a->timeline, "only", value, err);
    case POLICIES:
    case SHOW_VERSION:
    case ASSUMED:
    case NOPTIONS:
        break;
    }
    return status;
}

static bool
say(int option)
{
    switch (option) {
    case VN_ARGS_HELP:
        print_help();
        return true;
    case POLICIES:
        print_policies();
        return true;
    case SHOW_VERSION:
        vn_print_version(stdout, "vnsim");
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

    *a = (struct arguments){.policy = vn_policies[0], .seed = -1};
    status = vn_args_all(&args, say, take, a, done, err);
    if (status != VN_OK || *done)
        return status;
    if (args.nrest > 0)
        return vn_fail(err, VN_EUSAGE, "'%s' is no option (see --help)",
                       args.rest[0]);
    if (a->trace == NULL || a->cluster == NULL)
        return vn_fail(err, VN_EUSAGE,
                       "no %s given, expected --%s (see --help)",
                       a->trace == NULL ? "trace" : "cluster",
                       a->trace == NULL ? "trace" : "cluster");
    if (a->plan != NULL && a->assumptions.nprofiles == 0)
        return vn_fail(err, VN_EUSAGE,
                       "--plan: no --profile given, expected one: plans are "
                       "of modelled jobs");
    if (a->trace_out == NULL
        && (a->timeline.from_us > 0 || a->timeline.to_us > 0
            || a->timeline.nranges > 0))
        return vn_fail(err, VN_EUSAGE,
                       "--from, --to and --only are of a --timeline, of which "
                       "none is given");
    if ((a->results != NULL || a->trace_out != NULL)
        && strcmp(a->trace, "-") == 0)
        return vn_fail(
            err, VN_EUSAGE,
            "--results, --timeline: the trace is standard input, expected a "
            "file, which can be named by a hash");
    return VN_OK;
}

static enum vn_status
next_job(void *arg, struct vn_job *job, bool *more, struct vn_error *err)
{
    return vn_trace_next(arg, job, more, err);
}

static const char *
device_type(void *arg, int number)
{
    return vn_trace_names(arg)->device_types.text[number];
}

static const char *
model(void *arg, int number)
{
    return vn_trace_names(arg)->models.text[number];
}

static const char *
user(void *arg, int number)
{
    return vn_trace_names(arg)->users.text[number];
}

static const char *
vc(void *arg, int number)
{
    return vn_trace_names(arg)->vcs.text[number];
}

static const char *
name(void *arg, int number)
{
    return vn_trace_names(arg)->jobs.text[number];
}

/* Step to the end, with progress. */
static enum vn_status
go(struct vn_engine *engine, const struct vn_trace *trace,
   struct vn_error *err)
{
    struct vn_progress progress = vn_progress_begin("replaying", false);
    enum vn_status status = VN_OK;
    bool more = progress.terminal;

    for (long i = 1; more && status == VN_OK; i++) {
        status = vn_engine_step(engine, &more, err);
        if (i % 4096 == 0)
            vn_progress_show(&progress, vn_trace_share(trace), 1, NULL);
    }
    vn_progress_end(&progress);
    return status == VN_OK ? vn_engine_run(engine, err) : status;
}

/* What describes a run, and the texts of it that are ours. */
struct description {
    struct vn_store_run run;
    struct vn_origin origin;
    char trace_hash[17], cluster_hash[17], files[VN_DIGEST_TEXT];
    char *options, *limits;
};

static void
drop(struct description *d)
{
    vn_origin_free(&d->origin);
    free(d->options);
    free(d->limits);
}

/* Name the inputs of the run by their hashes. */
static enum vn_status
describe(const struct arguments *a, const struct vn_cluster *cluster,
         struct description *d, struct vn_error *err)
{
    struct vn_store_run *run = &d->run;
    double values[VN_POLICY_OPTIONS_MAX];
    uint64_t hash = 0;
    enum vn_status status;

    *d = (struct description){
        .options = vn_policy_words(a->policy, a->words, a->nwords)};
    if ((status = vn_trace_hash_file(a->trace, &hash, err)) == VN_OK
        && (status = vn_policy_configure(a->policy, a->words, a->nwords,
                                         values, err))
               == VN_OK)
        status = vn_policy_digest(a->policy, values, d->files, err);
    snprintf(d->trace_hash, sizeof d->trace_hash, "%016" PRIx64, hash);
    snprintf(d->cluster_hash, sizeof d->cluster_hash, "%016" PRIx64,
             vn_cluster_hash(cluster));
    vn_store_blank(VN_STORE_RUN, run);
    vn_origin_take(&d->origin, run);
    run->kind = "simulated";
    run->trace = a->trace;
    run->trace_hash = d->trace_hash;
    run->cluster = a->cluster;
    run->cluster_hash = d->cluster_hash;
    run->policy = a->policy->name;
    run->options = d->options;
    run->options_hash = d->files[0] != '\0' ? d->files : NULL;
    if (a->plugin != NULL) {
        d->limits = vn_limit_text(&a->limits);
        run->plugin = a->plugin;
        run->limits = d->limits;
        run->backend = vn_external_backend(a->policy);
    }
    vn_assumptions_describe(&a->assumptions, run);
    run->until_us = a->until > 0 ? a->until : -1;
    run->kept = vn_recording_names[VN_RECORD_ALL];
    run->devices = cluster->devices;
    run->seed = a->seed;
    return status;
}

/* Add the run to the file; failed is why it failed, or NULL. */
static enum vn_status
store(const struct arguments *a, const struct vn_cluster *cluster,
      struct vn_recorder *recorder, struct vn_engine *engine, double wall_s,
      const char *failed, struct vn_error *err)
{
    struct vn_store *store = NULL;
    struct description d;
    enum vn_status status = describe(a, cluster, &d, err);

    d.run.wall_us = (int64_t) (wall_s * 1e6);
    if (status == VN_OK)
        status = vn_store_open(a->results, VN_STORE_WRITE, &store, err);
    if (status == VN_OK && failed != NULL)
        status = vn_recorder_write_failed(recorder, engine, &d.run, failed,
                                          store, err);
    else if (status == VN_OK)
        status = vn_recorder_write(recorder, engine, &d.run, store, err);
    if (status == VN_ETHERE) {
        char name[VN_STORE_NAME_SIZE];

        vn_store_run_name(&d.run, name);
        fprintf(stderr, "vnsim: %s has this run already, as %s\n", a->results,
                name);
        status = VN_OK;
    }
    vn_store_close(store);
    drop(&d);
    return status;
}

/* Write the run as a timeline, by way of results that are kept in memory. */
static enum vn_status
write_timeline(const struct arguments *a, const struct vn_cluster *cluster,
               struct vn_recorder *recorder, struct vn_engine *engine,
               struct vn_error *err)
{
    static const int64_t first = 1;
    struct vn_store *memory = NULL;
    struct description d;
    enum vn_status status = describe(a, cluster, &d, err);

    if (status == VN_OK)
        status = vn_store_open(VN_STORE_MEMORY, VN_STORE_WRITE, &memory, err);
    if (status == VN_OK)
        status = vn_recorder_write(recorder, engine, &d.run, memory, err);
    if (status == VN_OK)
        status = vn_timeline_write(memory, &first, 1, &a->timeline,
                                   a->trace_out, err);
    vn_store_close(memory);
    drop(&d);
    return status;
}

/* Keep what there is of a run whose policy was stopped, as err says. */
static void
keep_failed(const struct arguments *a, const struct vn_cluster *cluster,
            struct vn_recorder *recorder, struct vn_engine *engine,
            double wall_s, const struct vn_error *err)
{
    struct vn_error again;

    if (a->results == NULL || engine == NULL || err->status != VN_EPOLICY)
        return;
    if (store(a, cluster, recorder, engine, wall_s, err->text, &again)
        != VN_OK)
        vn_error_print(stderr, "vnsim", &again);
}

/* How many jobs are present under equal shares. */
static enum vn_status
find_present(const struct arguments *a, struct vn_engine_config *config,
             struct vn_error *err)
{
    struct vn_trace *trace = NULL;
    enum vn_status status;

    if (strcmp(a->trace, "-") == 0)
        return vn_fail(err, VN_EUSAGE,
                       "--rho reads the trace twice, expected a file instead "
                       "of standard input");
    status = vn_trace_open(a->trace, &trace, err);
    if (status == VN_OK)
        status = vn_equal_share_present(config,
                                        (struct vn_source){next_job, trace,
                                                           device_type, model,
                                                           user, vc, name},
                                        &config->present, err);
    vn_trace_close(trace);
    return status;
}

static enum vn_status
replay(const struct arguments *a, const struct vn_cluster *cluster,
       struct vn_trace *trace, struct vn_error *err)
{
    double started = vn_clock(), values[VN_POLICY_OPTIONS_MAX];
    enum vn_recording recording = a->results != NULL || a->trace_out != NULL
                                      ? VN_RECORD_ALL
                                  : a->jobs != NULL ? VN_RECORD_JOBS
                                                    : VN_RECORD_RUN;
    struct vn_recorder *recorder = vn_recorder_alloc(cluster, recording);
    struct vn_engine_config config = {
        .cluster = cluster,
        .source = {next_job, trace, device_type, model, user, vc, name},
        .policy = a->policy,
        .options = values,
        .until = a->until,
        .seed = a->seed > 0 ? (uint64_t) a->seed : 0,
        .numbered = a->plan != NULL,
    };
    struct vn_heading heading = {.trace = a->trace,
                                 .cluster = a->cluster,
                                 .policy = a->policy->name,
                                 .backend = vn_external_backend(a->policy),
                                 .devices = cluster->devices};
    struct vn_engine *engine = NULL;
    struct vn_summary summary;
    struct rusage used;
    enum vn_status status;

    if (a->plan != NULL)
        vn_recorder_plan(recorder, &a->assumptions.profile);
    config.observer = vn_recorder_observer(recorder);
    if ((status =
             vn_policy_configure(a->policy, a->words, a->nwords, values, err))
        || (status = vn_assumptions_apply(&a->assumptions, &config, err))
        || (a->rho && (status = find_present(a, &config, err)))
        || (status = vn_engine_alloc(&config, &engine, err)))
        goto out;
    vn_recorder_guard(recorder, engine);
    status = go(engine, trace, err);
    if (status != VN_OK)
        keep_failed(a, cluster, recorder, engine, vn_clock() - started, err);
    if (status != VN_OK
        || (status = vn_engine_summary(engine, &summary, err)) != VN_OK)
        goto out;
    heading.wall_s = vn_clock() - started;
    if (getrusage(RUSAGE_SELF, &used) == 0) {
        heading.cpu_s = (double) used.ru_utime.tv_sec
                        + (double) used.ru_utime.tv_usec * 1e-6
                        + (double) used.ru_stime.tv_sec
                        + (double) used.ru_stime.tv_usec * 1e-6;
        heading.peak_bytes = (int64_t) used.ru_maxrss * 1024;
    }
    if (a->plan != NULL)
        status = vn_recorder_write_plan(recorder, a->plan, err);
    if (status == VN_OK && a->jobs != NULL)
        status = vn_recorder_write_jobs(recorder, a->jobs, err);
    if (status == VN_OK && a->trace_out != NULL)
        status = write_timeline(a, cluster, recorder, engine, err);
    if (status == VN_OK && a->results != NULL)
        status =
            store(a, cluster, recorder, engine, heading.wall_s, NULL, err);
    if (status == VN_OK && (a->jobs == NULL || strcmp(a->jobs, "-") != 0))
        vn_summary_print(stdout, a->format, &heading, &summary);
out:
    vn_recorder_free(recorder);
    vn_engine_free(engine);
    vn_assumptions_drop(&config);
    return status;
}

int
main(int argc, char **argv)
{
    struct vn_error err;
    struct vn_cluster cluster = {0};
    struct vn_trace *trace = NULL;
    struct arguments a;
    enum vn_status status;
    bool done;

    if (argc > 1 && strcmp(argv[1], "solve") == 0) {
        status = vn_solve_command(argc - 1, argv + 1, &err);
        if (status != VN_OK)
            vn_error_print(stderr, "vnsim", &err);
        return vn_file_end_output("vnsim",
                                  status == VN_OK ? 0 : vn_error_exit(&err));
    }
    if (argc > 1 && strcmp(argv[1], "share") == 0) {
        status = vn_share_command(argc - 1, argv + 1, &err);
        if (status != VN_OK)
            vn_error_print(stderr, "vnsim", &err);
        return vn_file_end_output("vnsim",
                                  status == VN_OK ? 0 : vn_error_exit(&err));
    }
    if (argc > 1 && strcmp(argv[1], "new-policy") == 0) {
        status = vn_new_policy(argc - 1, argv + 1, &err);
        if (status != VN_OK)
            vn_error_print(stderr, "vnsim", &err);
        return vn_file_end_output("vnsim",
                                  status == VN_OK ? 0 : vn_error_exit(&err));
    }
    a = (struct arguments){0};
    if ((status = parse(argc, argv, &a, &done, &err)) == VN_OK && !done
        && (a.plugin == NULL
            || (status =
                    vn_external_open(a.plugin, &a.limits, &a.policy, &err))
                   == VN_OK)
        && (status = vn_cluster_read(a.cluster, &cluster, &err)) == VN_OK
        && (status = vn_assumptions_open(&a.assumptions, &err)) == VN_OK
        && (status = vn_trace_open(a.trace, &trace, &err)) == VN_OK) {
        a.policy = vn_policy_settle("vnsim", a.policy,
                                    a.assumptions.profile.batches_adapt);
        status = replay(&a, &cluster, trace, &err);
    }
    if (status != VN_OK)
        vn_error_print(stderr, "vnsim", &err);
    vn_external_free(a.policy);
    vn_assumptions_free(&a.assumptions);
    vn_trace_close(trace);
    vn_cluster_free(&cluster);
    return vn_file_end_output("vnsim",
                              status == VN_OK ? 0 : vn_error_exit(&err));
}
