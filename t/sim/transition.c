/*
 * What changes of devices do to a job, at times worked out by hand.
 *
 * A job of 10 steps, which take 8, 4 and 2 s on 1, 2 and 4 devices of type a
 * and twice that on b, follows a script of grants; what it then has, when, and
 * its end are told in words.
 */
#include "config.h"

#include "sim/engine/engine.h"
#include "t/tap.h"
#include "traces/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* At a second, a job (from 1) is granted devices. */
struct order {
    int at;
    int job;
    int a;
    int b;
};

struct act {
    const char *costs;
    const char *slow; /* a row of the table, or NULL */
    int jobs;
    struct order orders[6]; /* ended by one of no job */
    const char *want;
    const char *name;
};

/* clang-format off */
static const struct act acts[] = {
    {"start=10,release=5", NULL, 1, {{0, 1, 2, 0}},
     "0:1a2 50:1a0 1=50,overhead=20,lost=0",
     "a start takes start_s: 10 + 10 x 4"},
    {"start=10,grow=6", NULL, 1, {{0, 1, 2, 0}, {21, 1, 4, 0}},
     "0:1a2 21:1a4 40:1a0 1=40,overhead=38,lost=0",
     "the old devices train on while new ones start, to the end of a step: "
     "30 + 5 x 2"},
    {"start=10,shrink=3,release=5", NULL, 1, {{0, 1, 4, 0}, {15, 1, 2, 0}},
     "0:1a4 19:1a2 47:1a0 1=47,overhead=52,lost=0",
     "a shrinking begins at the end of a step, and nothing trains meanwhile: "
     "19 + 7 x 4"},
    {"start=10,restart=7", NULL, 1, {{0, 1, 2, 0}, {21, 1, 0, 0},
     {30, 1, 2, 0}},
     "0:1a2 21:1a0 30:1a2 69:1a0 1=69,overhead=34,lost=6",
     "a preemption loses the present step, and pays restart_s: 37 + 8 x 4"},
    {"start=10,restart=7,checkpoint=9", NULL, 1, {{0, 1, 2, 0},
     {26, 1, 0, 0}, {30, 1, 2, 0}},
     "0:1a2 26:1a0 30:1a2 69:1a0 1=69,overhead=34,lost=16",
     "where there are checkpoints, what was done since the last: two steps"},
    {"start=10,shrink=3,restart=7,checkpoint=9", NULL, 1, {{0, 1, 4, 0},
     {25, 1, 2, 0}, {27, 1, 0, 0}, {40, 1, 4, 0}},
     "0:1a4 27:1a0 40:1a4 59:1a0 1=59,overhead=72,lost=32",
     "a preemption while a job shrinks loses as much: four steps"},
    {"start=10,grow=6", NULL, 1, {{0, 1, 2, 0}, {21, 1, 4, 0},
     {22, 1, 2, 0}},
     "0:1a2 21:1a4 30:1a2 50:1a0 1=50,overhead=38,lost=0",
     "a growth that is withdrawn is finished first"},
    {"restart=7", NULL, 1, {{0, 1, 2, 0}, {21, 1, 0, 2}},
     "0:1a2 21:1a0 21:1b2 68:1b0 1=68,overhead=14,lost=2",
     "from one type to another: a preemption, 28 + 5 x 8"},
    {"release=5,restart=7", NULL, 2, {{0, 1, 4, 0}, {10, 1, 0, 0},
     {10, 2, 4, 0}},
     "0:1a4 10:1a0 15:2a4 35:2a0 2=35,overhead=0,lost=0 1=left",
     "who comes next waits for devices that are being released"},
    {NULL, "a,0,10,20,2", 1, {{0, 1, 2, 0}},
     "0:1a2 45:1a0 1=45,overhead=0,lost=0",
     "a slow device slows all: 2.5, 1.25 and 6.25 steps"},
    {NULL, "a,2,10,20,2", 1, {{0, 1, 2, 0}},
     "0:1a2 40:1a0 1=40,overhead=0,lost=0",
     "but not those that do not train on it"},
    {"grow=30", "a,2,10,20,2", 1, {{0, 1, 2, 0}, {1, 1, 4, 0}},
     "0:1a2 1:1a4 36:1a0 1=36,overhead=62,lost=0",
     "nor those for whom it is only reserved: 32 + 2 x 2"},
};
/* clang-format on */

struct play {
    const struct act *act;
    int arrived;
    char text[512];
};

static enum vn_status
next_job(void *arg, struct vn_job *job, bool *more, struct vn_error *err)
{
    struct play *p = arg;

    (void) err;
    *more = p->arrived < p->act->jobs;
    *job = vn_trace_job();
    job->id = ++p->arrived;
    job->model = 0;
    job->vnodes = job->devices = job->max_devices = 4;
    job->global_batch = 64;
    job->steps = 10;
    return VN_OK;
}

static const char *
model_name(void *arg, int number)
{
    (void) arg, (void) number;
    return "m";
}

static void
on_changed(void *arg, const struct vn_change *c)
{
    struct play *p = arg;
    size_t n = strlen(p->text);

    snprintf(p->text + n, sizeof p->text - n, "%s%.9g:%d%c%d",
             n > 0 ? " " : "", (double) c->time / 1e6, (int) c->id,
             (char) ('a' + c->type), c->after);
}

static void
on_ended(void *arg, const struct vn_record *r)
{
    struct play *p = arg;
    size_t n = strlen(p->text);

    if (r->state != VN_JOB_FINISHED)
        snprintf(p->text + n, sizeof p->text - n, " %d=left", (int) r->id);
    else
        snprintf(p->text + n, sizeof p->text - n,
                 " %d=%.9g,overhead=%.9g,lost=%.9g", (int) r->id,
                 (double) r->finish / 1e6, (double) r->overhead_us / 1e6,
                 (double) r->lost_us / 1e6);
}

/* The policy that follows the script of the act that is played. */
struct actor {
    const struct act *act;
    int slots[3];
    int arrived;
    int at;
};

static const struct act *playing;

static enum vn_status
actor_open(void *state, const struct vn_view *view, const double *values,
           struct vn_error *err)
{
    struct actor *a = state;

    (void) view, (void) values, (void) err;
    a->act = playing;
    return VN_OK;
}

static void
actor_arrive(void *state, const struct vn_view *view, int job)
{
    struct actor *a = state;

    (void) view;
    a->slots[++a->arrived] = job;
}

static void
actor_decide(void *state, const struct vn_view *view, struct vn_answer *answer)
{
    struct actor *a = state;
    const struct order *o = &a->act->orders[a->at];

    for (; o->job > 0 && o->at * VN_SECOND <= vn_view_now(view); o++) {
        vn_answer_set(answer, a->slots[o->job], 0, o->a);
        vn_answer_set(answer, a->slots[o->job], 1, o->b);
        a->at++;
    }
    if (o->job > 0)
        vn_answer_wake(answer, o->at * VN_SECOND);
}

static const struct vn_policy actor = {.name = "actor",
                                       .summary = "follows a script",
                                       .state_size = sizeof(struct actor),
                                       .open = actor_open,
                                       .arrive = actor_arrive,
                                       .decide = actor_decide};

/* A file of these words, whose path is put into `path`. */
static void
write_file(char path[32], const char *head, const char *rest)
{
    FILE *f;

    strcpy(path, "transition-XXXXXX");
    f = fdopen(mkstemp(path), "w");
    fprintf(f, "%s\n%s\n", head, rest);
    fclose(f);
}

static void
check_act(const struct act *act, struct vn_engine_config *config)
{
    struct vn_fault_config faults = {0};
    struct play play = {.act = act};
    struct vn_costs *costs = NULL;
    struct vn_engine *engine;
    struct vn_error err;
    char slow[32];

    playing = act;
    if (act->slow != NULL) {
        write_file(slow, "device_type,device,from_s,to_s,slowdown", act->slow);
        faults.slow = slow;
    }
    if (act->costs != NULL && vn_costs_read(act->costs, &costs, &err) != VN_OK)
        abort();
    config->source.arg = config->observer.arg = &play;
    config->costs = costs;
    config->faults = act->slow != NULL ? &faults : NULL;
    if (vn_engine_alloc(config, &engine, &err) != VN_OK
        || vn_engine_run(engine, &err) != VN_OK)
        snprintf(play.text, sizeof play.text, "%s", err.text);
    is_str(play.text, act->want, "%s", act->name);
    vn_engine_free(engine);
    vn_costs_free(costs);
    if (act->slow != NULL)
        unlink(slow);
}

int
main(void)
{
    struct vn_profile profile = {0};
    struct vn_cluster cluster;
    struct vn_pricing_config by = {.cluster = &cluster, .profile = &profile};
    struct vn_engine_config config = {
        .cluster = &cluster,
        .source = {next_job, NULL, NULL, model_name},
        .policy = &actor,
        .profile = &profile,
        .numbered = true,
        .observer = {.ended = on_ended, .changed = on_changed}};
    struct vn_error err;
    char path[32];

    write_file(path, "model,device_type,devices,step_s",
               "m,a,1,8\nm,a,2,4\nm,a,4,2\nm,b,1,16\nm,b,2,8\nm,b,4,4");
    if (vn_cluster_read("a:4,b:4", &cluster, &err) != VN_OK
        || vn_profile_read(path, &profile, &err) != VN_OK
        || vn_pricing_alloc(&by, &config.pricing, &err) != VN_OK)
        abort();
    unlink(path);
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        check_act(&acts[i], &config);
    vn_pricing_free(config.pricing);
    vn_profile_free(&profile);
    vn_cluster_free(&cluster);
    return done_testing();
}
