/* vnreplay live: a trace under a policy, on the devices of this host. */
#include "config.h"

#include "base/progress.h"
#include "base/store/origin.h"
#include "replay/command/command.h"
#include "replay/live/setup.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum option {
    SETUP,
    ASSUMED = VN_SETUP_OPTIONS,
    NOPTIONS = ASSUMED + VN_ASSUMPTIONS
};

static const struct vn_option options[] = {VN_SETUP_ROWS, VN_ASSUMPTION_ROWS};

static void
print_help(void)
{
    puts("usage: vnreplay live --trace FILE --cluster FILE|INLINE --profile "
         "FILE\n                     [--policy NAME] --results FILE [option "
         "...]\n\n"
         "Replay a trace in real time: the policy of the simulator, with a "
         "vnexec for\neach job.\n");
    vn_option_help(stdout, options, NOPTIONS);
    puts("\nexample: vnreplay live --trace short.csv --cluster host:2 "
         "--policy wfs\n             --profile host.csv --results live.db");
}

/* One run: what describes it, and what keeps it. */
struct task {
    struct vn_setup *setup;
    struct vn_store_run run;
    struct vn_recorder *recorder;
};

static enum vn_status
keep(void *arg, struct vn_engine *engine, struct vn_live *live,
     struct vn_error *err)
{
    struct task *t = arg;

    if (live->interrupted)
        t->run.state = "stopped";
    return vn_live_keep(live, engine, t->recorder, &t->run,
                        t->setup->sweep.results, err);
}

static void
print_span(vn_time t)
{
    if (t < 0)
        printf("%10s", "-");
    else
        printf("%10.3f", (double) t * 1e-6);
}

static void
print_jobs(const struct vn_live *live, const struct vn_workload *w)
{
    printf("%6s  %-10s%10s%10s%10s%10s  %6s  %-16s\n", "job", "model",
           "submit s", "start s", "finish s", "jct s", "deaths", "digest");
    for (int i = 0; i < live->njobs; i++) {
        const struct vn_live_job *j = &live->jobs[i];

        printf("%6" PRId64 "  %-10.10s", j->job->id,
               w->names->models.text[j->job->model]);
        print_span(j->job->submit);
        print_span(j->start);
        print_span(j->finish);
        print_span(j->finish < 0 ? -1 : j->finish - j->job->submit);
        printf("  %6d  %-16s\n", j->deaths, j->digest);
    }
    if (live->interrupted)
        puts("interrupted: what was done by then is kept");
}

/* Refuse a run that is in the file before an hour is spent on it. */
static enum vn_status
check_new(struct vn_setup *setup, const struct vn_store_run *run,
          struct vn_error *err)
{
    char name[VN_STORE_NAME_SIZE];
    struct vn_store *store = NULL;
    bool there = false;
    enum vn_status status =
        vn_store_open(setup->sweep.results, VN_STORE_WRITE, &store, err);

    vn_store_run_name(run, name);
    if (status == VN_OK)
        status = vn_store_has(store, name, &there, err);
    vn_store_close(store);
    if (status == VN_OK && there)
        status = vn_fail(err, VN_EUSAGE,
                         "%s holds this run already, expected another "
                         "--seed, or another file",
                         setup->sweep.results);
    return status;
}

static enum vn_status
run_one(struct vn_setup *setup, const struct vn_contender *c,
        struct vn_error *err)
{
    const struct vn_setting *setting = &setup->sweep.settings[0];
    struct task task = {.setup = setup};
    struct vn_live_config config = {
        .workload = &setup->workload,
        .setup = &setup->setup,
        .engine = {.cluster = &setting->cluster,
                   .policy = c->policy,
                   .options = c->values,
                   .seed = (uint64_t) setup->seed}};
    struct vn_live live = {0};
    struct vn_origin origin;
    enum vn_status status;

    vn_sweep_describe(&setup->sweep, &setup->workload, setting, c, &task.run);
    vn_origin_take(&origin, &task.run);
    task.run.kind = "measured";
    status = check_new(setup, &task.run, err);
    if (status == VN_OK)
        status = vn_assumptions_apply(&setup->sweep.assumptions,
                                      &config.engine, err);
    if (status != VN_OK) {
        vn_origin_free(&origin);
        return status;
    }
    task.recorder = vn_recorder_alloc(&setting->cluster, VN_RECORD_ALL);
    config.engine.observer = vn_recorder_observer(task.recorder);
    printf("%s, %s, %d devices\n", c->policy->name, setting->what,
           setting->cluster.devices);
    fflush(stdout);
    status = vn_live_run(&config, &live, keep, &task, err);
    if (status == VN_OK)
        print_jobs(&live, &setup->workload);
    vn_setup_clear(setup, status == VN_OK);
    if (status == VN_OK && live.interrupted)
        status = vn_fail(err, VN_EIO, "interrupted");
    vn_live_free(&live);
    vn_recorder_free(task.recorder);
    vn_assumptions_drop(&config.engine);
    vn_origin_free(&origin);
    return status;
}

static bool
say(int option)
{
    if (option == VN_ARGS_HELP)
        print_help();
    return option == VN_ARGS_HELP;
}

static enum vn_status
take(void *arg, int i, const char *value, struct vn_error *err)
{
    struct vn_setup *setup = arg;

    return i < ASSUMED
               ? vn_setup_take(setup, (enum vn_setup_option) i, value, err)
               : vn_assume(&setup->sweep.assumptions,
                           (enum vn_assumption)(i - ASSUMED), value, err);
}

int
vn_command_live(int argc, char **argv)
{
    struct vn_args args = vn_args_begin(argc, argv, options, NOPTIONS);
    struct vn_setup setup = {.scale = 1, .seed = 1};
    enum vn_status status = VN_OK;
    struct vn_error err = {0};
    bool done;

    status = vn_args_all(&args, say, take, &setup, &done, &err);
    if (status == VN_OK && done) {
        vn_setup_close(&setup, false);
        return 0;
    }
    if (status == VN_OK && args.nrest > 0)
        status = vn_fail(&err, VN_EUSAGE,
                         "'%s' is no option (see vnreplay live --help)",
                         args.rest[0]);
    else if (status == VN_OK && setup.sweep.results == NULL)
        status = vn_fail(&err, VN_EUSAGE,
                         "no --results given (see vnreplay live --help)");
    if (status == VN_OK)
        status = vn_setup_open(&setup, &err);
    for (int k = 0; status == VN_OK && k < setup.sweep.ncontenders; k++)
        status = run_one(&setup, &setup.sweep.contenders[k], &err);
    vn_setup_close(&setup, status != VN_OK);
    if (status == VN_OK)
        return 0;
    vn_error_print(stderr, "vnreplay", &err);
    return vn_error_exit(&err);
}
