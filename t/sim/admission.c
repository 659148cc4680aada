/*
 * Jobs that can never run, and profiles that know few numbers of devices,
 * under every policy: what can run finishes, what cannot is rejected with the
 * reason that a plain look at the tables gives, and the run ends.
 */
#include "config.h"

#include "base/rng.h"
#include "sim/engine/engine.h"
#include "sim/policy/policies.h"
#include "t/tap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    JOBS = 10,
    TYPES = 2,
    MOST = 8, /* devices of a type */
    WORLDS = 40
};

/* Names of types that jobs ask for, the last of which no cluster has. */
static const char *const asked[] = {"a", "B", "z9"};
static const char *const names[TYPES] = {"a", "b"};

struct world {
    int devices[TYPES];
    bool step[TYPES][MOST + 1]; /* the profile has one */
    struct vn_job jobs[JOBS];
    int at;
    struct vn_record records[JOBS];
    int ended;
};

static enum vn_status
next(void *arg, struct vn_job *job, bool *more, struct vn_error *err)
{
    struct world *w = arg;

    (void) err;
    *more = w->at < JOBS;
    if (*more)
        *job = w->jobs[w->at++];
    return VN_OK;
}

static const char *
device_type(void *arg, int number)
{
    (void) arg;
    return asked[number];
}

static const char *
model(void *arg, int number)
{
    (void) arg, (void) number;
    return "m";
}

static void
on_ended(void *arg, const struct vn_record *record)
{
    struct world *w = arg;

    w->records[record->id] = *record;
    w->ended++;
}

static int
draw(struct vn_rng *rng, int n)
{
    return (int) vn_rng_below(rng, (uint64_t) n);
}

static void
make_job(struct vn_rng *rng, struct vn_job *j, int id, vn_time submit)
{
    *j = (struct vn_job){.id = id,
                         .submit = submit,
                         .model = -1,
                         .weight = 1 + draw(rng, 3),
                         .deadline = -1,
                         .user = -1,
                         .vc = -1,
                         .device_type = -1};
    j->devices = 1 + draw(rng, MOST + 2);
    j->min_devices = draw(rng, 3) == 0 ? 1 + draw(rng, j->devices) : 1;
    j->max_devices = j->devices;
    if (draw(rng, 4) == 0)
        j->device_type = draw(rng, 3);
    if (draw(rng, 2) == 0) {
        j->duration = (1 + draw(rng, 2000)) * VN_SECOND;
        return;
    }
    j->model = 0;
    j->global_batch = j->vnodes = 16;
    j->steps = 1 + draw(rng, 500);
}

static void
make_world(struct world *w, uint64_t seed, FILE *profile)
{
    struct vn_rng rng = vn_rng_stream(seed, 14, 0);
    vn_time submit = 0;

    *w = (struct world){.at = 0};
    fputs("model,device_type,devices,step_s\n", profile);
    for (int t = 0; t < TYPES; t++) {
        w->devices[t] = 1 + draw(&rng, MOST);
        for (int n = 1; n <= MOST; n++) {
            w->step[t][n] = draw(&rng, 3) == 0;
            if (w->step[t][n])
                fprintf(profile, "m,%s,%d,%g\n", names[t], n, 3.0 / n);
        }
    }
    fputs("m,c,1,1\n", profile);
    fflush(profile);
    for (int i = 0; i < JOBS; i++) {
        make_job(&rng, &w->jobs[i], i, submit);
        submit += draw(&rng, 900) * VN_SECOND;
    }
}

/* Why this policy can never run the job; "" where it can. */
static const char *
expected(const struct world *w, const struct vn_job *j,
         const struct vn_policy *policy)
{
    bool all = policy->rigid || (policy->whole && j->model < 0);
    int least = all ? j->devices : j->min_devices;
    bool room = false;

    if (j->device_type == 2)
        return "no such device type: z9";
    for (int t = 0; t < TYPES; t++) {
        if ((j->device_type >= 0 && j->device_type != t)
            || w->devices[t] < least)
            continue;
        room = true;
        for (int n = least; n <= j->max_devices && n <= w->devices[t]; n++)
            if (j->model < 0 || w->step[t][n])
                return "";
    }
    return room ? "no step time" : "too large";
}

static bool
run(struct world *w, const struct vn_policy *policy, const char *path,
    struct vn_summary *summary, struct vn_error *err)
{
    char words[64];
    struct vn_cluster cluster;
    struct vn_profile profile = {0};
    double values[VN_POLICY_OPTIONS_MAX];
    struct vn_engine_config config = {
        .cluster = &cluster,
        .source = {next, w, device_type, model},
        .policy = policy,
        .options = values,
        .profile = &profile,
        .observer = {.arg = w, .ended = on_ended}};
    struct vn_engine *engine = NULL;
    bool good;

    snprintf(words, sizeof words, "a:%d,b:%d", w->devices[0], w->devices[1]);
    good =
        vn_cluster_read(words, &cluster, err) == VN_OK
        && vn_profile_read(path, &profile, err) == VN_OK
        && vn_policy_configure(policy, NULL, 0, values, err) == VN_OK
        && vn_pricing_alloc(&(struct vn_pricing_config){.cluster = &cluster,
                                                        .profile = &profile},
                            &config.pricing, err)
               == VN_OK
        && vn_engine_alloc(&config, &engine, err) == VN_OK
        && vn_engine_run(engine, err) == VN_OK
        && vn_engine_summary(engine, summary, err) == VN_OK;
    vn_engine_free(engine);
    vn_pricing_free(config.pricing);
    vn_profile_free(&profile);
    vn_cluster_free(&cluster);
    return good;
}

static bool
is_right(const struct world *w, const struct vn_policy *policy, uint64_t seed)
{
    for (int i = 0; i < JOBS; i++) {
        const char *want = expected(w, &w->jobs[i], policy);
        char got[128];

        vn_record_why(&w->records[i], got, sizeof got);
        if (strcmp(got, want) != 0
            || (*want == '\0' && w->records[i].state != VN_JOB_FINISHED)) {
            diag("seed %d, job %d: %s, '%s', want '%s'", (int) seed, i,
                 vn_job_state_name(w->records[i].state), got, want);
            return false;
        }
    }
    return true;
}

static void
check_policy(const struct vn_policy *policy)
{
    bool right = true;

    for (uint64_t seed = 1; seed <= WORLDS && right; seed++) {
        char path[] = "/tmp/vn-profile-XXXXXX";
        FILE *file = fdopen(mkstemp(path), "w");
        struct vn_summary s;
        struct vn_error err = {0};
        struct world w;

        make_world(&w, seed, file);
        right = run(&w, policy, path, &s, &err);
        if (!right)
            diag("seed %d: %s", (int) seed, err.text);
        right = right && is_right(&w, policy, seed) && s.left == 0
                && s.events < 100000;
        fclose(file);
        unlink(path);
    }
    ok(right, "%s: what can run finishes, and what cannot is rejected",
       policy->name);
}

/* A policy that gives nothing, and asks to be asked again for ever. */
static void
decide_nothing(void *state, const struct vn_view *view,
               struct vn_answer *answer)
{
    (void) state;
    vn_answer_wake(answer, vn_view_now(view) + VN_SECOND);
}

static const struct vn_policy nothing = {.name = "nothing",
                                         .decide = decide_nothing};

static void
check_nothing(void)
{
    char path[] = "/tmp/vn-profile-XXXXXX";
    FILE *file = fdopen(mkstemp(path), "w");
    struct vn_summary s;
    struct vn_error err;
    struct world w;

    make_world(&w, 1, file);
    ok(run(&w, &nothing, path, &s, &err) && s.finished == 0 && s.left > 0
           && s.stuck && s.events < VN_ENGINE_PATIENCE + 10000,
       "a run ends where its policy gives nothing for ever, and says so");
    fclose(file);
    unlink(path);
}

int
main(void)
{
    for (int i = 0; vn_policies[i] != NULL; i++)
        check_policy(vn_policies[i]);
    check_nothing();
    return done_testing();
}
