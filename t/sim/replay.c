/*
 * Every policy against the second simulator of t/sim/naive.c, job by job, on
 * random traces that are crowded and full of ties.
 */
#include "config.h"

#include "sim/engine/engine.h"
#include "sim/policy/policies.h"
#include "t/sim/naive.h"
#include "traces/trace.h"

#include "base/rng.h"
#include "t/tap.h"

#include <stdlib.h>
#include <string.h>

enum {
    JOBS = 120,
    SEEDS = 150,
    OPTIONS = 2,
    FEWER = 40, /* of what differs in an option */
    ROUNDS = 12 /* of what goes by rounds, which are many */
};

#define TICK (700 * VN_SECOND)

struct feed {
    const struct naive_job *jobs;
    int at;
    struct vn_record got[JOBS];
    int ngot;
};

static enum vn_status
next_job(void *arg, struct vn_job *job, bool *more, struct vn_error *err)
{
    struct feed *f = arg;

    (void) err;
    *more = f->at < JOBS;
    if (*more)
        *job = f->jobs[f->at++].job;
    return VN_OK;
}

static void
on_ended(void *arg, const struct vn_record *record)
{
    struct feed *f = arg;

    f->got[record->id] = *record;
    f->ngot++;
}

static void
make_jobs(struct naive_job *jobs, int devices, uint64_t seed)
{
    struct vn_rng rng = vn_rng_stream(seed, 7, 0);
    uint64_t gap = 1 + vn_rng_below(&rng, 400);
    uint64_t grain = vn_rng_below(&rng, 2) == 0 ? 1000000 : 50000000;
    vn_time t = 0;

    for (int i = 0; i < JOBS; i++) {
        struct vn_job *j = &jobs[i].job;
        int most = 1 << vn_rng_below(&rng, 6);

        jobs[i] = (struct naive_job){.job = vn_trace_job()};
        t += (vn_time) (vn_rng_below(&rng, gap) * grain / 1000000) * VN_SECOND;
        j->id = i;
        j->submit = t;
        j->duration = (vn_time) ((1 + vn_rng_below(&rng, 40)) * grain * 8);
        most = most > devices ? devices : most;
        j->devices = j->max_devices =
            1 + (int) vn_rng_below(&rng, (uint64_t) most);
        j->priority = (double) vn_rng_below(&rng, 3);
        j->weight = j->priority > 0 ? 5 * j->priority : 1;
    }
}

/* Does one run agree? */
static bool
agrees(const struct naive_rule *rule, const char *const *options, int devices,
       struct naive_job *jobs, uint64_t seed)
{
    const char *policy = rule->policy;
    bool reference = strcmp(policy, "las-reference") == 0;
    int noptions = 0;
    struct vn_cluster cluster = {0};
    struct feed feed = {.jobs = jobs};
    double values[VN_POLICY_OPTIONS_MAX];
    struct vn_engine_config config = {
        .cluster = &cluster,
        .source = {next_job, &feed, NULL},
        .options = values,
        .observer = {.arg = &feed, .ended = on_ended}};
    struct vn_engine *engine = NULL;
    struct vn_error err = {0};
    char text[32];
    bool same = true;

    while (noptions < OPTIONS && options[noptions] != NULL)
        noptions++;
    snprintf(text, sizeof text, "x:1x%d", devices);
    if (vn_cluster_read(text, &cluster, &err)
        || vn_policy_find(reference ? "las" : policy, &config.policy, &err)
        || vn_policy_configure(config.policy, options, noptions, values, &err)
        || vn_engine_alloc(&config, &engine, &err)
        || vn_engine_run(engine, &err)) {
        diag("%s, seed %llu: %s", policy, (unsigned long long) seed, err.text);
        same = false;
    } else
        naive_run(rule, devices, jobs, JOBS);
    for (int i = 0; i < JOBS && same; i++) {
        const struct vn_record *g = &feed.got[i];

        same = g->start == jobs[i].start && g->finish == jobs[i].finish
               && g->preemptions == jobs[i].preemptions
               && g->resizes == jobs[i].resizes;
        if (!same)
            diag("%s, seed %llu, %d devices, job %d: start %lld finish %lld "
                 "(%d, %d), naively %lld %lld (%d, %d)",
                 policy, (unsigned long long) seed, devices, i,
                 (long long) g->start, (long long) g->finish, g->preemptions,
                 g->resizes, (long long) jobs[i].start,
                 (long long) jobs[i].finish, jobs[i].preemptions,
                 jobs[i].resizes);
    }
    vn_engine_free(engine);
    vn_cluster_free(&cluster);
    return same;
}

int
main(void)
{
    static const struct {
        struct naive_rule rule;
        const char *options[OPTIONS];
        uint64_t seeds;
    } policies[] = {{{"fifo", false, 0}, {NULL}, SEEDS},
                    {{"fifo", false, TICK}, {"tick=700"}, FEWER},
                    {{"fifo-skip", true, 0}, {NULL}, SEEDS},
                    {{"fifo-skip", true, TICK}, {"tick=700"}, FEWER},
                    {{"sjf", true, 0}, {NULL}, SEEDS},
                    {{"sjf", false, 0}, {"skip=no"}, FEWER},
                    {{"sjf", true, TICK}, {"tick=700"}, FEWER},
                    {{"qssf", false, 0}, {NULL}, FEWER},
                    {{"qssf", true, TICK}, {"skip=yes", "tick=700"}, FEWER},
                    {{"srtf", true, 0}, {NULL}, SEEDS},
                    {{"srtf", false, 0}, {"skip=no"}, SEEDS},
                    {{"srtf", true, TICK}, {"tick=700"}, FEWER},
                    {{"srtf", false, TICK}, {"skip=no", "tick=700"}, FEWER},
                    {{"srsf", true, 0}, {NULL}, FEWER},
                    {{"srsf", false, 0}, {"skip=no"}, FEWER},
                    {{"srsf", false, TICK}, {"skip=no", "tick=700"}, FEWER},
                    {{"las", true, 0}, {NULL}, SEEDS},
                    {{"las", false, 0}, {"skip=no"}, SEEDS},
                    {{"las-reference", true, 0}, {"form=reference"}, SEEDS},
                    {{"priority", false, 0}, {NULL}, SEEDS},
                    {{"priority", true, 0}, {"skip=yes"}, FEWER},
                    {{"priority", false, TICK}, {"tick=700"}, FEWER},
                    {{"wfs", false, 0}, {NULL}, SEEDS},
                    {{"pollux-fixed", false, 0}, {NULL}, ROUNDS}};

    for (size_t p = 0; p < sizeof policies / sizeof policies[0]; p++) {
        int same = 0;

        for (uint64_t seed = 0; seed < policies[p].seeds; seed++) {
            static struct naive_job jobs[JOBS];
            int devices = 2 + (int) (vn_mix64(seed) % 40);

            make_jobs(jobs, devices, seed);
            same += agrees(&policies[p].rule, policies[p].options, devices,
                           jobs, seed);
        }
        is_int(same, (int) policies[p].seeds,
               "%s %s %s: every job as the second simulator has it",
               policies[p].rule.policy,
               policies[p].options[0] != NULL ? policies[p].options[0] : "",
               policies[p].options[1] != NULL ? policies[p].options[1] : "");
    }
    return done_testing();
}
