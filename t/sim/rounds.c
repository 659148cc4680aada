/*
 * Policies by rounds on random jobs and clusters: what must hold whatever
 * they decide; and that rounds come near to the shares.
 */
#include "config.h"

#include "base/rng.h"
#include "t/sim/script.h"
#include "t/tap.h"

#include <stdlib.h>
#include <string.h>

/* clang-format off: policy, option, and whether the engine counts what jobs
 * do (a published simulator's rounds also hold what they do not use). */
static const struct {
    const char *policy;
    const char *option;
    bool exact;
} ways[] = {
    {"gavel", "round=7", true},
    {"gavel", "form=simulator", false},
    {"gavel-ht", "round=11", true},
    {"gavel-fifo", "form=exact", true},
    {"gavel-fifo", "form=simulator", false},
    {"gavel-fifo-perf", "form=exact", true},
    {"gavel-fifo-perf", "form=authors", false},
    {"makespan", "round=13", true},
    {"finish-time-fairness", "round=5", true},
};
/* clang-format on */

static bool
replay(const char *name, const char *option, const char *where, vn_time until,
       struct script *script, struct vn_error *err)
{
    const struct vn_policy *policy;
    double values[VN_POLICY_OPTIONS_MAX];
    struct vn_cluster cluster;
    struct vn_engine *engine = NULL;
    bool done = false;

    vn_cluster_read(where, &cluster, err);
    if (vn_policy_find(name, &policy, err) == VN_OK
        && vn_policy_configure(policy, &option, 1, values, err) == VN_OK) {
        struct vn_engine_config config =
            script_config(script, &cluster, policy, values);

        config.until = until;
        done = vn_engine_alloc(&config, &engine, err) == VN_OK
               && vn_engine_run(engine, err) == VN_OK;
    }
    vn_engine_free(engine);
    vn_cluster_free(&cluster);
    return done;
}

/* Is the record one that the job can have had? */
static bool
is_possible(const struct script_job *job, const struct vn_record *r,
            bool exact)
{
    vn_time duration = job->duration * VN_SECOND;

    return r->state == VN_JOB_FINISHED && r->start >= r->submit
           && r->finish - r->start >= duration
           && (exact ? r->device_us == duration * job->devices
                     : r->device_us >= duration * job->devices);
}

static void
check_random(size_t way)
{
    struct vn_rng rng = vn_rng_stream(20201104, 1, way);
    int wrong = 0, failed = 0, changed = 0;

    for (int i = 0; i < 120; i++) {
        struct script_job jobs[SCRIPT_JOBS] = {{0}};
        struct script first = {.jobs = jobs}, again = {.jobs = jobs};
        int n = 1 + (int) vn_rng_below(&rng, SCRIPT_JOBS - 1), most,
            submit = 0;
        struct vn_error err = {0};
        char where[64];

        most = 1 + (int) vn_rng_below(&rng, 8);
        snprintf(where, sizeof where, "a:%d,b:%d,c:%d", most,
                 1 + (int) vn_rng_below(&rng, 8),
                 1 + (int) vn_rng_below(&rng, 8));
        for (int j = 0; j < n; j++) {
            submit +=
                vn_rng_below(&rng, 3) == 0 ? (int) vn_rng_below(&rng, 900) : 0;
            jobs[j] = (struct script_job){
                .submit = submit,
                .duration = 1 + (int) vn_rng_below(&rng, 1500),
                .devices = 1 + (int) vn_rng_below(&rng, (uint64_t) most),
                .priority = (int) vn_rng_below(&rng, 4),
                .device_type = vn_rng_below(&rng, 5) == 0 ? "a" : NULL};
        }
        if (!replay(ways[way].policy, ways[way].option, where, 0, &first, &err)
            || !replay(ways[way].policy, ways[way].option, where, 0, &again,
                       &err)) {
            failed++;
            diag("%s: %s", where, err.text);
            continue;
        }
        for (int j = 0; j < n; j++)
            wrong += !is_possible(&jobs[j], &first.got[j], ways[way].exact);
        changed +=
            memcmp(first.got, again.got, (size_t) n * sizeof *first.got) != 0;
    }
    is_int(failed, 0, "%s, %s: 120 runs, seed 20201104", ways[way].policy,
           ways[way].option);
    is_int(wrong, 0, "... every job does its work, and no faster than alone");
    is_int(changed, 0, "... the same run, the same result");
}

/* Shares of 2/3, 1/2 and so on, in rounds of 10 s, after 1,000 of them. */
static void
check_shares(void)
{
    static const struct script_job three[] = {
        {0, 90000, 1}, {0, 90000, 1}, {0, 90000, 1}, {0}};
    static const struct script_job weighed[] = {
        {0, 90000, 1, 3}, {0, 90000, 1, 1}, {0}};
    static const struct script_job later[] = {
        {0, 90000, 1}, {5000, 90000, 1}, {0}};
    struct script script = {.jobs = three};
    struct vn_error err = {0};

    replay("gavel", "round=10", "x:2", 10000 * VN_SECOND, &script, &err);
    for (int j = 0; j < 3; j++)
        is_near((double) script.got[j].device_us * 1e-6, 6666.7, 10,
                "one of three on two devices has two thirds");
    script = (struct script){.jobs = weighed};
    replay("gavel", "round=10", "x:1", 10000 * VN_SECOND, &script, &err);
    is_near((double) script.got[0].device_us * 1e-6, 7500, 10,
            "of two that weigh 3 and 1 the heavier has three quarters");
    script = (struct script){.jobs = later};
    replay("gavel", "round=10", "x:1", 10000 * VN_SECOND, &script, &err);
    is_near((double) script.got[1].device_us * 1e-6, 2500, 10,
            "who comes later is owed nothing for the time before");
}

int
main(void)
{
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        check_random(i);
    check_shares();
    return done_testing();
}
