#include "config.h"

#include "base/xalloc.h"
#include "sim/observe/recorder.h"
#include "sim/observe/sampler.h"
#include "sim/policy/policies.h"
#include "t/tap.h"
#include "traces/trace.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Jobs from an array; type i is named names[i]. */
struct array {
    const struct vn_job *jobs;
    int n;
    int at;
};

static enum vn_status
next_job(void *arg, struct vn_job *job, bool *more, struct vn_error *err)
{
    struct array *a = arg;

    (void) err;
    *more = a->at < a->n;
    if (*more)
        *job = a->jobs[a->at++];
    return VN_OK;
}

static const char *
type_name(void *arg, int number)
{
    static const char *const names[] = {"v100", "k80"};

    (void) arg;
    return names[number];
}

static struct vn_job
make_job(int64_t id, int submit_s, int duration_s, int devices, int type)
{
    struct vn_job job = vn_trace_job();

    job.id = id;
    job.submit = submit_s * VN_SECOND;
    job.duration = duration_s * VN_SECOND;
    job.devices = job.max_devices = devices;
    job.device_type = type;
    if (id == 3)
        job.outcome = VN_OUTCOME_FAILED;
    return job;
}

/* Replay jobs under a policy into path. */
static struct vn_store *
replay(const char *path, const char *what, const char *policy,
       const struct vn_job *jobs, int n, struct vn_error *err)
{
    struct array array = {jobs, n, 0};
    double values[VN_POLICY_OPTIONS_MAX];
    struct vn_engine_config config = {.source = {next_job, &array, type_name},
                                      .options = values};
    struct vn_cluster cluster = {0};
    struct vn_recorder *recorder;
    struct vn_engine *engine = NULL;
    struct vn_store *store = NULL;
    struct vn_store_run run;

    vn_store_blank(VN_STORE_RUN, &run);
    run.kind = "simulated";
    run.version = "1";
    vn_cluster_read(what, &cluster, err);
    config.cluster = &cluster;
    vn_policy_find(policy, &config.policy, err);
    vn_policy_configure(config.policy, NULL, 0, values, err);
    recorder = vn_recorder_alloc(&cluster, VN_RECORD_ALL);
    config.observer = vn_recorder_observer(recorder);
    ok(vn_engine_alloc(&config, &engine, err) == VN_OK
           && vn_engine_run(engine, err) == VN_OK
           && vn_store_open(path, VN_STORE_WRITE, &store, err) == VN_OK
           && vn_recorder_write(recorder, engine, &run, store, err) == VN_OK,
       "%s is recorded", policy);
    vn_recorder_free(recorder);
    vn_engine_free(engine);
    vn_cluster_free(&cluster);
    return store;
}

/* A table of the export, without the runs' names. */
static char *
table(struct vn_store *store, enum vn_store_table which)
{
    struct vn_error err;
    char *text = NULL, *from, *to;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    vn_store_export(store, which, false, VN_STORE_CSV, out, &err);
    fclose(out);
    for (from = to = text; *from != '\0';) {
        from = strchr(from, ',') + 1;
        while (*from != '\n')
            *to++ = *from++;
        *to++ = *from++;
    }
    *to = '\0';
    return text;
}

static void
is_table(struct vn_store *store, enum vn_store_table which, const char *want,
         const char *name)
{
    char *got = table(store, which);

    is_str(got, want, "%s", name);
    free(got);
}

static void
test_resizes(const char *path)
{
    /* Fair shares of 4 devices: 4; 2 and 2; then 4 again. */
    const struct vn_job jobs[] = {make_job(7, 0, 100, 4, -1),
                                  make_job(3, 50, 25, 4, -1),
                                  make_job(5, 60, 10, 9, 1)};
    struct vn_error err;
    struct vn_store *store = replay(path, "v100:1x4", "wfs", jobs, 3, &err);

    is_table(store, VN_STORE_ALLOCATION,
             "job_id,from_us,device_type,kind,to_us,devices\n"
             "3,50000000,v100,start,100000000,2\n"
             "7,0,v100,start,50000000,4\n"
             "7,50000000,v100,shrink,100000000,2\n"
             "7,100000000,v100,grow,125000000,4\n",
             "a job's devices are intervals");
    is_table(
        store, VN_STORE_JOB,
        "job_id,submit_us,start_us,finish_us,deadline_us,rho,jct_us,queue_us,"
        "preemptions,resizes,failures,device_us,overhead_us,lost_us,"
        "preempted_us,devices,duration_us,whole_us,weight,vc,user,type,model,"
        "status,"
        "why,"
        "state\n"
        "3,50000000,50000000,100000000,,,50000000,0,0,0,0,100000000,"
        "0,0,0,4,25000000,,1,,,,,failed,,finished\n"
        "5,60000000,,,,,,,0,0,0,0,0,0,0,9,10000000,,1,,,k80,,,"
        "no such device type: k80,rejected\n"
        "7,0,0,125000000,,,125000000,0,0,2,0,400000000,0,0,0,4,100000000,,1,,"
        ",,,,,finished\n",
        "jobs stand in order of their ids");
    is_table(store, VN_STORE_USAGE, "job_id,device_type,device_us\n",
             "with one type of devices, the job says it all");
    vn_store_close(store);
    unlink(path);
}

/* "\nJOB_ID,PREEMPTED_US" of each job; the caller's. */
static char *
preempted(struct vn_store *store)
{
    struct vn_error err;
    struct vn_rows *rows = NULL;
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    bool more;

    vn_store_query(store, "SELECT job_id, preempted_us FROM job", &rows, &err);
    putc('\n', out);
    while (vn_rows_next(rows, &more, &err) == VN_OK && more)
        fprintf(out, "%d,%d\n", (int) vn_rows_int(rows, 0),
                (int) vn_rows_int(rows, 1));
    vn_rows_close(rows);
    fclose(out);
    return text;
}

static void
test_preemption(const char *path)
{
    const struct vn_job jobs[] = {make_job(1, 0, 100, 2, 0),
                                  make_job(2, 10, 20, 2, 0),
                                  make_job(3, 10, 20, 1, 1)};
    struct vn_error err;
    struct vn_store *store =
        replay(path, "v100:1x2,k80:1x1", "srtf", jobs, 3, &err);
    char *waited = preempted(store);

    is_table(store, VN_STORE_ALLOCATION,
             "job_id,from_us,device_type,kind,to_us,devices\n"
             "1,0,v100,start,10000000,2\n"
             "1,30000000,v100,resume,120000000,2\n"
             "2,10000000,v100,start,30000000,2\n"
             "3,10000000,k80,start,30000000,1\n",
             "a preempted job has a gap");
    ok(strstr(waited, "\n1,20000000\n2,0\n3,0\n") != NULL,
       "which is what it waited after its first start: %s", waited);
    free(waited);
    is_table(store, VN_STORE_USAGE,
             "job_id,device_type,device_us\n"
             "1,v100,200000000\n"
             "2,v100,40000000\n"
             "3,k80,20000000\n",
             "with several types, usage is by type");
    vn_store_close(store);
    unlink(path);
}

static void
test_sampler(void)
{
    struct vn_sampler s = {0};
    vn_time from, to;
    double held, waiting, all = 0;
    int n;

    vn_sampler_set(&s, 5 * VN_SECOND, 3, 0);
    vn_sampler_set(&s, 5 * VN_SECOND + 250000, 7, 1);
    n = vn_sampler_end(&s, 6 * VN_SECOND + 500000);
    is_int(n, 2, "time is cut in seconds");
    vn_sampler_get(&s, 0, &from, &to, &held, &waiting);
    ok(from == 5 * VN_SECOND && to == 6 * VN_SECOND, "from the first instant");
    ok(held == 6 && waiting == 0.75, "a mean is weighted by time");
    vn_sampler_get(&s, 1, &from, &to, &held, &waiting);
    ok(to == 6 * VN_SECOND + 500000 && held == 7, "the last may be short");
    vn_sampler_set(&s, 10005 * VN_SECOND, 0, 0);
    n = vn_sampler_end(&s, 10006 * VN_SECOND);
    ok(n > VN_SAMPLES_MAX / 2 && n <= VN_SAMPLES_MAX,
       "seconds become too many, and are joined");
    for (int i = 0; i < n; i++) {
        vn_sampler_get(&s, i, &from, &to, &held, &waiting);
        all += held * (double) (to - from);
    }
    is_near(all, 0.25e6 * 3 + 9999.75e6 * 7, 1, "and nothing is lost");
    vn_sampler_free(&s);
}

int
main(void)
{
    const char *folder = getenv("TMPDIR");
    char path[512];

    snprintf(path, sizeof path, "%s/vn-recorder-%d.db",
             folder != NULL ? folder : "/tmp", (int) getpid());
    test_sampler();
    test_resizes(path);
    test_preemption(path);
    return done_testing();
}
