#include "config.h"

#include "t/sim/world.h"

#include "base/rng.h"
#include "traces/trace.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
below(struct vn_rng *rng, int n)
{
    return (int) vn_rng_below(rng, (uint64_t) n);
}

static bool
chance(struct vn_rng *rng, double p)
{
    return vn_rng_uniform(rng) < p;
}

static void
make_cluster(struct world *w, struct vn_rng *rng)
{
    int types = 1 + below(rng, 3);
    struct vn_error err;

    for (int i = 0; i < types + below(rng, 2); i++) {
        size_t n = strlen(w->cluster_words);

        snprintf(w->cluster_words + n, sizeof w->cluster_words - n,
                 "%s%c:%dx%d", i > 0 ? "," : "", 'a' + i % types,
                 1 + below(rng, 3), 1 + below(rng, 3));
    }
    if (vn_cluster_read(w->cluster_words, &w->cluster, &err) != VN_OK)
        abort();
}

/* A file of our own, whose path is put into `path`. */
static FILE *
temporary(char path[64])
{
    strcpy(path, "world-XXXXXX");
    return fdopen(mkstemp(path), "w");
}

/* To six decimals, as a table has it. */
static double
micro(double x)
{
    return round(x * 1e6) / 1e6;
}

/* Two models; type c does not know the second. */
static void
make_profile(struct world *w, struct vn_rng *rng)
{
    struct vn_error err;
    char path[64];
    FILE *f = temporary(path);

    fputs("model,device_type,batch,step_s,peak_bytes,update_s\n", f);
    for (int m = 0; m < 2; m++)
        for (int t = 0; t < 3 - m; t++) {
            double unit = 0.05 + vn_rng_uniform(rng) * (1 + t);
            double update = micro(vn_rng_uniform(rng) / 8);
            struct world_curve *curve = &w->curves[m][t];

            curve->update_s = update;
            for (int i = 0; i < WORLD_BATCHES; i++) {
                int b = 1 << i;

                curve->step_s[i] = micro(unit * (0.3 + b / 8.0));
                fprintf(f, "m%d,%c,%d,%.6f,%d,%.6f\n", m, 'a' + t, b,
                        curve->step_s[i], b, update);
            }
        }
    fclose(f);
    if (vn_profile_read(path, &w->profile, &err) != VN_OK)
        abort();
    unlink(path);
}

/* Rows of some models and types, and of some numbers of devices. */
static void
make_crowds(struct world *w, struct vn_rng *rng, enum world_crowds crowds)
{
    static const char *const models[] = {"m0", "m1", "*"};
    static const char *const types[] = {"a", "b", "c", "*"};
    struct vn_error err;
    char path[64];
    FILE *f;

    if (crowds == WORLD_ALONE
        || (crowds == WORLD_CROWDED && chance(rng, 1 / 3.0)))
        return;
    f = temporary(path);
    fputs("model,device_type,busy,slowdown\n*,*,9,1\n", f);
    w->crowds[2][3][9] = 1;
    for (int m = 0; m < 3; m++)
        for (int t = 0; t < 4; t++)
            for (int k = 2; k < 9 && chance(rng, 0.6);
                 k += 1 + below(rng, 3)) {
                double *c = &w->crowds[m][t][k];

                *c = crowds == WORLD_ONES ? 1
                                          : micro(1 + 2 * vn_rng_uniform(rng));
                fprintf(f, "%s,%s,%d,%.6f\n", models[m], types[t], k, *c);
            }
    fclose(f);
    if (vn_profile_read(path, &w->profile, &err) != VN_OK)
        abort();
    unlink(path);
}

static struct vn_job
make_job(const struct world *w, struct vn_rng *rng)
{
    struct vn_job job = vn_trace_job();

    job.id = w->njobs;
    job.submit = below(rng, 200) * VN_SECOND;
    job.devices = 1 + below(rng, 6);
    job.min_devices = 1 + below(rng, job.devices);
    job.weight = 1 + below(rng, 5);
    job.priority = below(rng, 3);
    if (chance(rng, 0.3))
        job.device_type = below(rng, 3);
    if (chance(rng, 0.5)) {
        job.model = below(rng, 2);
        job.vnodes = job.devices + below(rng, 5);
        job.max_devices = job.devices;
        job.global_batch = job.vnodes * (INT64_C(1) << below(rng, 4));
        job.steps = 1 + below(rng, 200);
    } else {
        job.max_devices = job.devices + below(rng, 4);
        job.duration = 1 + below(rng, 150 * VN_SECOND);
    }
    return job;
}

static void
make_jobs(struct world *w, struct vn_rng *rng)
{
    for (int n = 1 + below(rng, WORLD_JOBS); w->njobs < n; w->njobs++)
        w->jobs[w->njobs] = make_job(w, rng);
    qsort(w->jobs, (size_t) w->njobs, sizeof *w->jobs, vn_trace_compare);
}

static void
make_costs(struct world *w, struct vn_rng *rng)
{
    static const char *const names[] = {"start", "grow", "shrink", "release",
                                        "restart"};
    struct vn_error err;

    if (chance(rng, 0.3))
        return;
    for (int i = 0; i < 5; i++) {
        size_t n = strlen(w->costs_words);
        bool random = chance(rng, 0.3);

        if (chance(rng, 0.4))
            continue;
        w->drawn = w->drawn || random;
        snprintf(w->costs_words + n, sizeof w->costs_words - n,
                 random ? "%s%s=exponential:%.3f" : "%s%s=%.3f",
                 n > 0 ? "," : "", names[i], 1 + 20 * vn_rng_uniform(rng));
    }
    if (w->costs_words[0] == '\0')
        return;
    if (chance(rng, 0.6))
        snprintf(strchr(w->costs_words, '\0'), 32, ",checkpoint=%d",
                 5 + below(rng, 40));
    if (vn_costs_read(w->costs_words, &w->costs, &err) != VN_OK)
        abort();
}

static void
make_slow(struct world *w, struct vn_rng *rng)
{
    FILE *f = temporary(w->slow_path);

    fputs("device_type,device,from_s,to_s,slowdown\n", f);
    for (int i = 0; i < 8; i++) {
        struct world_slow *s = &w->slow[w->nslow++];

        s->type = below(rng, w->cluster.ntypes);
        s->device = below(rng, w->cluster.types[s->type].devices);
        s->from = below(rng, 300) * VN_SECOND;
        s->to = s->from + (1 + below(rng, 100)) * VN_SECOND;
        s->slowdown = 1 + below(rng, 300) / 100.0;
        fprintf(f, "%s,%d,%d,%d,%.2f\n", w->cluster.types[s->type].name,
                s->device, (int) (s->from / VN_SECOND),
                (int) (s->to / VN_SECOND), s->slowdown);
    }
    fclose(f);
    w->faults.slow = w->slow_path;
    w->faulty = true;
}

static void
make_faults(struct world *w, struct vn_rng *rng)
{
    char words[64];
    struct vn_error err;

    if (chance(rng, 0.4)) {
        snprintf(words, sizeof words, "%s,mtbf=%d,mttr=%d,shape=%.2f",
                 chance(rng, 0.5) ? "device" : "node", 150 + below(rng, 2000),
                 1 + below(rng, 60), 0.7 + vn_rng_uniform(rng));
        if (vn_fault_config_read(words, &w->faults, &err) != VN_OK)
            abort();
        w->faulty = w->drawn = true;
    }
    if (chance(rng, 0.3))
        make_slow(w, rng);
}

static enum vn_status
next_job(void *arg, struct vn_job *job, bool *more, struct vn_error *err)
{
    struct world *w = arg;

    (void) err;
    *more = w->at < w->njobs;
    if (*more)
        *job = w->jobs[w->at++];
    return VN_OK;
}

static const char *
type_name(void *arg, int number)
{
    static const char *const names[] = {"a", "b", "c"};

    (void) arg;
    return names[number];
}

static const char *
model_name(void *arg, int number)
{
    (void) arg;
    return number == 0 ? "m0" : "m1";
}

void
world_make(struct world *w, uint64_t seed, const struct vn_policy *policy,
           enum world_crowds crowds)
{
    static const char *const scalings[] = {"linear", "linear", "amdahl:0.13"};
    static const char *const exact = "form=exact";
    /* These by default follow a simulator without costs and faults. */
    int follows =
        policy != NULL && strncmp(policy->name, "gavel-fifo", 10) == 0;
    struct vn_rng rng = vn_rng_stream(seed, 1, 0);
    struct vn_rng beside = vn_rng_stream(seed, 3, 0);
    struct vn_pricing_config pricing;
    struct vn_error err;

    *w = (struct world){0};
    make_cluster(w, &rng);
    make_profile(w, &rng);
    make_crowds(w, &beside, crowds);
    make_jobs(w, &rng);
    make_costs(w, &rng);
    make_faults(w, &rng);
    pricing = (struct vn_pricing_config){.cluster = &w->cluster,
                                         .profile = &w->profile,
                                         .scaling = scalings[below(&rng, 3)]};
    if (vn_pricing_alloc(&pricing, &w->pricing, &err) != VN_OK)
        abort();
    if (policy == NULL)
        policy =
            chance(&rng, 0.25) ? &world_policy_rigid : &world_policy_elastic;
    w->config = (struct vn_engine_config){
        .cluster = &w->cluster,
        .source = {next_job, w, type_name, model_name},
        .policy = policy,
        .options = w->values,
        .until = 20000 * VN_SECOND,
        .seed = seed,
        .profile = &w->profile,
        .pricing = w->pricing,
        .costs = w->costs,
        .faults = w->faulty ? &w->faults : NULL,
        .placement = (enum vn_placement) below(&rng, 3),
        .numbered = true,
        .free_preemption = chance(&rng, 0.3)};
    if (vn_policy_configure(policy, &exact, follows, w->values, &err) != VN_OK)
        abort();
}

void
world_free(struct world *w)
{
    if (w->slow_path[0] != '\0')
        unlink(w->slow_path);
    vn_pricing_free(w->pricing);
    vn_costs_free(w->costs);
    vn_profile_free(&w->profile);
    vn_cluster_free(&w->cluster);
}

/* The random policy: what it knows. */
struct dice {
    struct vn_rng rng;
    int slots[WORLD_JOBS];
    int n;
    int left[VN_TYPES_MAX]; /* that work and that it has not given */
    int given[VN_TYPES_MAX];
};

static enum vn_status
dice_open(void *state, const struct vn_view *view, const double *values,
          struct vn_error *err)
{
    struct dice *d = state;

    (void) view, (void) values, (void) err;
    d->rng = vn_rng_stream(77, 2, 0);
    return VN_OK;
}

static void
dice_arrive(void *state, const struct vn_view *view, int job)
{
    struct dice *d = state;

    (void) view;
    d->slots[d->n++] = job;
}

static void
dice_leave(void *state, const struct vn_view *view, int job)
{
    struct dice *d = state;

    (void) view;
    for (int i = 0; i < d->n; i++)
        if (d->slots[i] == job)
            d->slots[i] = d->slots[--d->n];
}

/* Throw devices for a job, of one type or of several; false if they are not
 * legal. */
static bool throw(struct dice * d, const struct vn_view *view, int slot,
                  bool rigid)
{
    const struct vn_job *job = vn_view_job(view, slot);
    int types = vn_view_types(view), total = 0, kinds = 0;
    int first = below(&d->rng, types);
    bool mixed = chance(&d->rng, 0.3);

    for (int t = 0; t < types; t++) {
        bool may = vn_view_runs(view, slot, t) && (mixed || t == first);

        d->given[t] =
            may && d->left[t] > 0 ? below(&d->rng, d->left[t] + 1) : 0;
        if (d->given[t] > 0 && rigid && !mixed)
            d->given[t] = job->devices;
        if (d->given[t] > d->left[t])
            return false;
        total += d->given[t];
        kinds += d->given[t] > 0;
    }
    return total > 0 && total >= job->min_devices && total <= job->max_devices
           && (!rigid || total == job->devices)
           && (kinds < 2 || job->model < 0 || !rigid)
           && isfinite(vn_view_step_s(view, slot, d->given));
}

/* Of each job, whether to keep, to throw anew or to take all away. */
static void
dice_decide(const struct vn_policy *policy, struct dice *d,
            const struct vn_view *view, struct vn_answer *answer)
{
    bool calm = vn_view_now(view) >= WORLD_QUIET * VN_SECOND;
    int types = vn_view_types(view);

    for (int t = 0; t < types; t++)
        d->left[t] = vn_view_free(view, t);
    for (int i = 0; i < d->n; i++) {
        int slot = d->slots[i], held = vn_view_held_all(view, slot);

        if (calm ? held > 0 : chance(&d->rng, 0.5))
            continue;
        if (held == 0 || (!policy->rigid && chance(&d->rng, 0.5))) {
            for (int tries = 0; tries < 20; tries++)
                if (throw(d, view, slot, policy->rigid)) {
                    for (int t = 0; t < types; t++) {
                        int now = vn_view_held(view, slot, t);

                        vn_answer_set(answer, slot, t, d->given[t]);
                        if (d->given[t] > now)
                            d->left[t] -= d->given[t] - now;
                    }
                    break;
                }
        } else
            for (int t = 0; t < types; t++)
                vn_answer_set(answer, slot, t, 0);
    }
    vn_answer_wake(answer,
                   vn_view_now(view) + 1
                       + below(&d->rng, 20 * (calm ? 20 : 1) * VN_SECOND));
}

static void
elastic_decide(void *state, const struct vn_view *view,
               struct vn_answer *answer)
{
    dice_decide(&world_policy_elastic, state, view, answer);
}

static void
rigid_decide(void *state, const struct vn_view *view, struct vn_answer *answer)
{
    dice_decide(&world_policy_rigid, state, view, answer);
}

const struct vn_policy world_policy_elastic = {
    .name = "dice",
    .summary = "anything legal, at any instant",
    .state_size = sizeof(struct dice),
    .open = dice_open,
    .arrive = dice_arrive,
    .leave = dice_leave,
    .decide = elastic_decide,
};

const struct vn_policy world_policy_rigid = {
    .name = "rigid dice",
    .summary = "anything legal, at any instant, all or nothing",
    .rigid = true,
    .state_size = sizeof(struct dice),
    .open = dice_open,
    .arrive = dice_arrive,
    .leave = dice_leave,
    .decide = rigid_decide,
};
