/* The engine: wrong answers, its books, its end, and two at once. */
#include "config.h"

#include "sim/engine/engine.h"
#include "sim/engine/ledger.h"
#include "t/sim/script.h"
#include "t/tap.h"

#include <string.h>

/* A policy that answers at 1 s, when job 1 arrives, what its state says. */
struct rogue {
    int unused;
};

static const double no_tick = 0; /* of fifo's option */

static int say_job, say_type, say_devices;
static vn_time say_wake;

static void
rogue_decide(void *state, const struct vn_view *view, struct vn_answer *answer)
{
    (void) state;
    if (vn_view_now(view) < VN_SECOND)
        return;
    if (say_wake >= 0)
        vn_answer_wake(answer, say_wake);
    else
        vn_answer_set(answer, say_job, say_type, say_devices);
}

static const struct script_job jobs[] = {{0, 10, 2, 0, NULL, 2},
                                         {1, 10, 2, 0, "b", 0},
                                         {2, 10, 4, 0, NULL, 0},
                                         {0}};

/* clang-format off: a case reads as rigid?, slot, type, devices, wake. */
static const struct {
    bool rigid;
    int job, type, devices;
    vn_time wake;
    const char *message;
} cases[] = {
    {true, 7, 0, 1, -1,
     "policy rogue: there is no job in slot 7, expected one that arrived and "
     "has not left"},
    {true, -1, 0, 1, -1,
     "policy rogue: there is no job in slot -1, expected one that arrived and "
     "has not left"},
    {true, 0, 2, 2, -1, "policy rogue: job 0: device type 2, expected 0 to 1"},
    {true, 1, 0, 2, -1,
     "policy rogue: job 1 given a, expected b, its only type"},
    {true, 0, 0, 5, -1,
     "policy rogue: job 0 given 5 a, expected 0 to 4, all there are"},
    {true, 0, 0, -1, -1,
     "policy rogue: job 0 given -1 a, expected 0 to 4, all there are"},
    {true, 0, 0, 3, -1,
     "policy rogue: job 0 given 3 devices, expected the 2 it asks for, or "
     "none"},
    {false, 0, 0, 1, -1,
     "policy rogue: job 0 given 1 devices, expected 2 to 2, or none"},
    {true, 0, 0, 0, VN_SECOND,
     "policy rogue: asks to be woken at 1.000000 s, expected a time after "
     "now, 1.000000 s"},
};
/* clang-format on */

static void
check_answers(void)
{
    struct vn_cluster cluster;
    struct vn_error err;

    vn_cluster_read("a:4,b:4", &cluster, &err);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct vn_policy rogue = {.name = "rogue",
                                  .rigid = cases[i].rigid,
                                  .state_size = sizeof(struct rogue),
                                  .decide = rogue_decide};
        struct script script = {.jobs = jobs};
        struct vn_engine_config config =
            script_config(&script, &cluster, &rogue, NULL);
        struct vn_engine *engine;

        say_job = cases[i].job;
        say_type = cases[i].type;
        say_devices = cases[i].devices;
        say_wake = cases[i].wake;
        err.text[0] = '\0';
        vn_engine_alloc(&config, &engine, &err);
        is_int(vn_engine_run(engine, &err), VN_EPOLICY, "a wrong answer");
        is_str(err.text, cases[i].message, "is told");
        vn_engine_free(engine);
    }
    vn_cluster_free(&cluster);
}

/* Gives every job the four devices of type a: too many for two jobs. */
static void
greedy_decide(void *state, const struct vn_view *view,
              struct vn_answer *answer)
{
    (void) state, (void) view;
    vn_answer_set(answer, 0, 0, 4);
    if (vn_view_now(view) > 0)
        vn_answer_set(answer, 1, 0, 4);
}

static void
check_sum(void)
{
    static const struct script_job both[] = {{0, 10, 4}, {1, 10, 4}, {0}};
    static const struct vn_policy greedy = {
        .name = "greedy", .rigid = true, .decide = greedy_decide};
    struct script script = {.jobs = both};
    struct vn_cluster cluster;
    struct vn_engine_config config;
    struct vn_engine *engine;
    struct vn_error err;

    vn_cluster_read("a:4", &cluster, &err);
    config = script_config(&script, &cluster, &greedy, NULL);
    vn_engine_alloc(&config, &engine, &err);
    vn_engine_run(engine, &err);
    is_str(err.text, "policy greedy: gives 4 a more than the 4 there are",
           "a device given twice is told");
    vn_engine_free(engine);
    vn_cluster_free(&cluster);
}

/* Two engines, a step of one and a step of the other, against one alone. */
static void
check_two(void)
{
    static const struct script_job many[] = {{0, 30, 4}, {2, 10, 2}, {3, 5, 4},
                                             {3, 9, 1},  {20, 8, 3}, {0}};
    struct script alone = {.jobs = many}, a = {.jobs = many},
                  b = {.jobs = many};
    const struct vn_policy *srtf, *fifo;
    struct vn_engine *one, *two, *three;
    struct vn_engine_config config;
    struct vn_cluster cluster;
    double values[VN_POLICY_OPTIONS_MAX];
    struct vn_error err;
    bool more = true, other = true;
    char want[256], got[256];

    vn_cluster_read("x:4", &cluster, &err);
    vn_policy_find("srtf", &srtf, &err);
    vn_policy_configure(srtf, NULL, 0, values, &err);
    vn_policy_find("fifo", &fifo, &err);
    config = script_config(&alone, &cluster, srtf, values);
    vn_engine_alloc(&config, &one, &err);
    vn_engine_run(one, &err);
    config = script_config(&a, &cluster, srtf, values);
    vn_engine_alloc(&config, &two, &err);
    config = script_config(&b, &cluster, fifo, &no_tick);
    vn_engine_alloc(&config, &three, &err);
    while (more || other) {
        vn_engine_step(two, &more, &err);
        vn_engine_step(three, &other, &err);
    }
    script_describe(&alone, want, sizeof want);
    script_describe(&a, got, sizeof got);
    is_str(got, want, "two engines in one process do not notice each other");
    vn_engine_free(one);
    vn_engine_free(two);
    vn_engine_free(three);
    vn_cluster_free(&cluster);
}

static void
check_summary(void)
{
    static const struct script_job some[] = {
        {0, 10, 4}, {5, 10, 2}, {6, 100, 2}, {7, 10, 9}, {0}};
    struct script script = {.jobs = some};
    const struct vn_policy *fifo;
    struct vn_engine_config config;
    struct vn_engine *engine;
    struct vn_summary s;
    struct vn_cluster cluster;
    struct vn_error err;
    char got[128];

    vn_cluster_read("x:4", &cluster, &err);
    vn_policy_find("fifo", &fifo, &err);
    config = script_config(&script, &cluster, fifo, &no_tick);
    config.until = 60 * VN_SECOND;
    vn_engine_alloc(&config, &engine, &err);
    is_int(vn_engine_run(engine, &err), VN_OK, "a run that is cut short");
    vn_engine_summary(engine, &s, &err);
    script_describe(&script, got, sizeof got);
    is_str(got, "0-10 10-20 ? x", "leaves what is not done");
    ok(s.jobs == 4 && s.finished == 2 && s.left == 1 && s.rejected == 1,
       "and counts it");
    /* 40 + 20 + 100 of 4 x 60 device-seconds, by hand. */
    is_near(s.utilisation, 160.0 / 240, 1e-12, "utilisation, by hand");
    is_near(s.jct.mean, 12.5e6, 1e-6, "mean jct, by hand");
    is_near(s.queueing.p50, 2.5e6, 1e-6, "median queueing, by hand");
    is_int(s.makespan, -1, "no makespan where a job is left");
    is_int(s.events, 6, "four arrivals and two ends");
    is_int(vn_engine_present(engine), 1, "one is still there");
    vn_engine_free(engine);
    vn_cluster_free(&cluster);
}

static enum vn_status
one_modelled(void *arg, struct vn_job *job, bool *more, struct vn_error *err)
{
    int *count = arg;

    (void) err;
    *job = (struct vn_job){.id = 3,
                           .model = *count == 0 ? 0 : -1,
                           .duration = INT64_MAX / 2,
                           .devices = 4,
                           .max_devices = 4};
    *more = true;
    return VN_OK;
}

static const char *
model_name(void *arg, int number)
{
    (void) arg, (void) number;
    return "resnet50";
}

static void
check_refused(void)
{
    const struct vn_policy *fifo;
    struct vn_engine_config config;
    struct vn_engine *engine;
    struct vn_cluster cluster;
    struct vn_error err;
    int count = 0;

    vn_cluster_read("x:4", &cluster, &err);
    vn_policy_find("fifo", &fifo, &err);
    config = (struct vn_engine_config){
        .cluster = &cluster,
        .source = {one_modelled, &count, NULL, model_name},
        .policy = fifo,
        .options = &no_tick};
    vn_engine_alloc(&config, &engine, &err);
    is_int(vn_engine_run(engine, &err), VN_EUNSUP, "a modelled job");
    is_str(err.text,
           "job 3 is a modelled one, of 'resnet50', expected a profile "
           "(--profile) that prices it",
           "is refused");
    vn_engine_free(engine);
    count = 1;
    vn_engine_alloc(&config, &engine, &err);
    is_int(vn_engine_run(engine, &err), VN_EINVAL, "too much work");
    is_str(err.text,
           "job 3: duration x devices is more than 2^62 "
           "device-microseconds, expected less",
           "is refused");
    vn_engine_free(engine);
    vn_cluster_free(&cluster);
}

/* The books must notice when they are cooked. */
static void
check_books(void)
{
    struct vn_cluster cluster;
    struct vn_ledger l;
    struct vn_error err;
    struct vn_job job = {.duration = 10 * VN_SECOND, .devices = 2};
    int slot;

    vn_cluster_read("x:4", &cluster, &err);
    vn_ledger_init(&l, &cluster, NULL, NULL);
    slot = vn_ledger_admit(&l, &job, -1, 1, -1);
    vn_ledger_grant(&l, slot, 0, 2);
    vn_ledger_have(&l, slot, 0, 2, false);
    vn_ledger_work(&l, slot, true);
    vn_ledger_advance(&l, 3 * VN_SECOND);
    is_int(vn_ledger_check(&l, &err), VN_OK, "books that agree");
    is_int(vn_ledger_end(&l, slot), 10 * VN_SECOND, "and the end they tell");
    l.entries[slot].use[VN_USE_WORK]++;
    is_int(vn_ledger_check(&l, &err), VN_EINVAL, "time that nobody gave");
    is_str(err.text,
           "the books do not agree: 6000001 device-microseconds had by "
           "jobs, 6000000 of the cluster, 6000000 of work",
           "is noticed");
    l.entries[slot].use[VN_USE_WORK]--;
    l.busy++;
    is_int(vn_ledger_check(&l, &err), VN_EINVAL, "a device that nobody has");
    is_str(err.text,
           "the books do not agree: 2 devices had by jobs, 3 in use, 2 free "
           "of 4",
           "is noticed");
    l.busy--;
    l.present++;
    is_int(vn_ledger_check(&l, &err), VN_EINVAL, "a job that is not there");
    is_str(err.text, "the books do not agree: 1 jobs, 2 counted",
           "is noticed");
    l.present--;
    l.free[0] = -1;
    is_int(vn_ledger_check(&l, &err), VN_EINVAL, "more held than there are");
    is_str(err.text, "the books do not agree: 1 x too many are held",
           "is noticed");
    vn_ledger_free(&l);
    vn_cluster_free(&cluster);
}

int
main(void)
{
    check_answers();
    check_sum();
    check_two();
    check_summary();
    check_refused();
    check_books();
    return done_testing();
}
