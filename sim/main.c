/* vnsim: replay a trace on a cluster under a policy. */
#include "config.h"

#include "base/option.h"
#include "base/progress.h"
#include "plan/cluster.h"
#include "sim/engine.h"
#include "sim/output.h"
#include "traces/trace.h"

#include <stdlib.h>
#include <string.h>

enum option {
    TRACE,
    CLUSTER,
    POLICY,
    OPTION,
    UNTIL,
    JOBS,
    FORMAT,
    POLICIES,
    SHOW_VERSION,
    NOPTIONS
};

static const struct vn_option options[] = {
    [TRACE] = {"trace",    "FILE",          "the jobs; '-' is standard input",           't'},
    [CLUSTER] = {"cluster",  "FILE|INLINE",
               "the devices: a table, or as in v100:16x8,p100:4x4",                      'c'},
    [POLICY] = {"policy",   "NAME",          "who gets them [fifo]",                      'p'},
    [OPTION] = {"option",   "NAME=VALUE",
               "an option of the policy; may be given again",                            'o'},
    [UNTIL] = {"until",    "TIME",          "stop before this time, as in 90000 or 25h",
               0                                                                            },
    [JOBS] = {"jobs",     "FILE",
               "write a table of the jobs; '-' is standard output",                      'j'},
    [FORMAT] = {"format",   "text|csv|json", "of the summary [text]",                     0  },
    [POLICIES] = {"policies", NULL,            "list the policies and their options",       0  },
    [SHOW_VERSION] = {"version",  NULL,            "print the version",                         0  },
};

struct arguments {
    const char *trace;
    const char *cluster;
    const struct vn_policy *policy;
    const char *words[VN_POLICY_OPTIONS_MAX];
    int nwords;
    vn_time until;
    const char *jobs;
    enum vn_format format;
};

static void
print_help(void)
{
    puts("usage: vnsim --trace FILE --cluster FILE|INLINE [--policy NAME] "
         "[option ...]\n\n"
         "Replay a trace of jobs on a cluster under a scheduling policy, and "
         "print\nhow long jobs took and how well the devices were used.\n");
    vn_option_help(stdout, options, NOPTIONS);
    puts("\nexample: vnsim --trace philly.csv --cluster v100:16x8 --policy "
         "srtf");
}

static void
print_policies(void)
{
    for (const struct vn_policy *const *p = vn_policies; *p != NULL; p++) {
        const struct vn_policy_option *o = (*p)->options;

        printf("%-12s %s\n", (*p)->name, (*p)->summary);
        for (; o != NULL && o->name != NULL; o++)
            printf("    %s=%s  %s\n", o->name, o->fallback, o->help);
    }
}

static enum vn_status
take(struct arguments *a, enum option option, const char *value,
     struct vn_error *err)
{
    static const char *const formats[] = {"text", "csv", "json"};
    char why[VN_WHY_SIZE];
    const char *wrong;
    enum vn_status status = VN_OK;
    int choice;

    switch (option) {
    case TRACE:
        a->trace = value;
        break;
    case CLUSTER:
        a->cluster = value;
        break;
    case POLICY:
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
    case UNTIL:
        wrong = vn_read_time(value, 1, VN_TIME_MAX, &a->until, why);
        if (wrong != NULL)
            status = vn_args_refuse(err, "until", value, wrong);
        break;
    case JOBS:
        a->jobs = value;
        break;
    case FORMAT:
        status = vn_option_choice("format", value, formats, 3, &choice, err);
        a->format = (enum vn_format) choice;
        break;
    case POLICIES:
    case SHOW_VERSION:
    case NOPTIONS:
        break;
    }
    return status;
}

/* Read the command line; *done where it asked only for words. */
static enum vn_status
parse(int argc, char **argv, struct arguments *a, bool *done,
      struct vn_error *err)
{
    struct vn_args args = vn_args_begin(argc, argv, options, NOPTIONS);
    enum vn_status status = VN_OK;
    const char *value;
    int i;

    *a = (struct arguments){.policy = vn_policies[0]};
    *done = true;
    while ((i = vn_args_next(&args, &value, err)) >= 0 && status == VN_OK) {
        if (i == POLICIES) {
            print_policies();
            return VN_OK;
        }
        if (i == SHOW_VERSION) {
            vn_print_version(stdout, "vnsim");
            return VN_OK;
        }
        status = take(a, (enum option) i, value, err);
    }
    if (status != VN_OK || i == VN_ARGS_FAILED)
        return VN_EUSAGE;
    if (i == VN_ARGS_HELP) {
        print_help();
        return VN_OK;
    }
    *done = false;
    if (args.nrest > 0)
        return vn_fail(err, VN_EUSAGE, "'%s' is no option (see --help)",
                       args.rest[0]);
    if (a->trace == NULL || a->cluster == NULL)
        return vn_fail(err, VN_EUSAGE,
                       "no %s given, expected --%s (see --help)",
                       a->trace == NULL ? "trace" : "cluster",
                       a->trace == NULL ? "trace" : "cluster");
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

static void
on_ended(void *arg, const struct vn_record *record)
{
    vn_records_add(arg, record);
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

static enum vn_status
replay(const struct arguments *a, const struct vn_cluster *cluster,
       struct vn_trace *trace, struct vn_error *err)
{
    double started = vn_clock(), values[VN_POLICY_OPTIONS_MAX];
    struct vn_records records = {0};
    struct vn_engine_config config = {
        .cluster = cluster,
        .source = {next_job, trace, device_type},
        .policy = a->policy,
        .options = values,
        .until = a->until,
    };
    struct vn_engine *engine = NULL;
    struct vn_summary summary;
    enum vn_status status;

    if (a->jobs != NULL) {
        config.observer.arg = &records;
        config.observer.ended = on_ended;
    }
    if ((status =
             vn_policy_configure(a->policy, a->words, a->nwords, values, err))
        || (status = vn_engine_alloc(&config, &engine, err))
        || (status = go(engine, trace, err))
        || (status = vn_engine_summary(engine, &summary, err)))
        goto out;
    if (a->jobs != NULL) {
        vn_records_sort(&records);
        status = vn_records_write(&records, a->jobs, err);
    }
    if (status == VN_OK && (a->jobs == NULL || strcmp(a->jobs, "-") != 0))
        vn_summary_print(stdout, a->format,
                         &(struct vn_heading){.trace = a->trace,
                                              .cluster = a->cluster,
                                              .policy = a->policy->name,
                                              .devices = cluster->devices,
                                              .wall_s = vn_clock() - started},
                         &summary);
out:
    vn_engine_free(engine);
    vn_records_free(&records);
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

    if ((status = parse(argc, argv, &a, &done, &err)) == VN_OK && !done
        && (status = vn_cluster_read(a.cluster, &cluster, &err)) == VN_OK
        && (status = vn_trace_open(a.trace, &trace, &err)) == VN_OK)
        status = replay(&a, &cluster, trace, &err);
    if (status == VN_OK && fflush(stdout) != 0)
        status = vn_fail(&err, VN_EIO, "cannot write standard output");
    if (status != VN_OK)
        vn_error_print(stderr, "vnsim", &err);
    vn_trace_close(trace);
    vn_cluster_free(&cluster);
    return status == VN_OK ? 0 : vn_error_exit(&err);
}
