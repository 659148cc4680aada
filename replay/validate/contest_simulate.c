/* What a contest simulates: repeats again, open and closed loop. */
#include "config.h"

#include "replay/validate/contest.h"

#include "base/xalloc.h"
#include "replay/live/forced.h"
#include "replay/live/host_speed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
index_of(const struct vn_workload *w, int64_t id)
{
    for (size_t i = 0; i < w->njobs; i++)
        if (w->jobs[i].id == id)
            return (int) i;
    return 0;
}

void
vn_outcome_alloc(struct vn_outcome *o, size_t n)
{
    o->start = vn_xcalloc(n, sizeof *o->start);
    o->finish = vn_xcalloc(n, sizeof *o->finish);
    o->lost = vn_xcalloc(n, sizeof *o->lost);
    for (size_t i = 0; i < n; i++)
        o->start[i] = o->finish[i] = NAN;
}

void
vn_outcome_free(struct vn_outcome *o)
{
    free(o->start);
    free(o->finish);
    free(o->lost);
    free(o->grants);
}

void
vn_outcome_grant(struct vn_outcome *o, struct vn_live_grant grant)
{
    o->grants =
        vn_xrealloc(o->grants, (size_t) o->ngrants + 1, sizeof *o->grants);
    o->grants[o->ngrants++] = grant;
}

double
vn_outcome_makespan(const struct vn_outcome *o, size_t n)
{
    double last = 0;

    for (size_t i = 0; i < n; i++)
        last = o->finish[i] > last ? o->finish[i] : last;
    return last;
}

/* An observer of a simulated run. */
struct watch {
    const struct vn_workload *workload;
    struct vn_outcome *outcome;
};

static void
on_ended(void *arg, const struct vn_record *r)
{
    struct watch *w = arg;
    int i = index_of(w->workload, r->id);

    if (r->start >= 0)
        w->outcome->start[i] = (double) r->start * 1e-6;
    if (r->finish >= 0)
        w->outcome->finish[i] = (double) r->finish * 1e-6;
}

static void
on_granted(void *arg, const struct vn_change *c)
{
    struct watch *w = arg;

    vn_outcome_grant(w->outcome, (struct vn_live_grant){.time = c->time,
                                                        .job = c->id,
                                                        .type = c->type,
                                                        .devices = c->after});
}

/* What is simulated. */
struct scene {
    const struct vn_cluster *cluster;
    const struct vn_policy *policy;
    const double *values; /* of its options */
    int repeat;           /* that it stands for */
    const char *slow;     /* a table of slow devices, or NULL */
};

static enum vn_status
simulate(const struct vn_contest *s, const struct scene *scene,
         struct vn_outcome *outcome, struct vn_error *err)
{
    const struct vn_fault_config faults = {.slow = scene->slow};
    const struct vn_workload *w = &s->setup->workload;
    struct watch watch = {w, outcome};
    struct vn_reader reader = {w, 0};
    struct vn_engine_config config = {
        .cluster = scene->cluster,
        .source = vn_workload_source(&reader),
        .policy = scene->policy,
        .options = scene->values,
        .seed = (uint64_t) (s->setup->seed + scene->repeat),
        .observer = {.arg = &watch, .ended = on_ended, .granted = on_granted},
    };
    struct vn_engine *engine = NULL;
    enum vn_status status;

    vn_outcome_alloc(outcome, w->njobs);
    status = vn_assumptions_apply(&s->setup->sweep.assumptions, &config, err);
    if (scene->slow != NULL)
        config.faults = &faults;
    if (status == VN_OK)
        status = vn_engine_alloc(&config, &engine, err);
    if (status == VN_OK)
        status = vn_engine_run(engine, err);
    outcome->makespan = vn_outcome_makespan(outcome, w->njobs);
    vn_engine_free(engine);
    vn_assumptions_drop(&config);
    return status;
}

/* The cluster with room for every job: nodes that are so many times as large.
 * Its tables are to be freed, its names are the cluster's. */
static struct vn_cluster
enlarge(const struct vn_cluster *c, int times)
{
    struct vn_cluster roomy = *c;

    roomy.types = vn_xcalloc((size_t) c->ntypes, sizeof *roomy.types);
    roomy.groups = vn_xcalloc((size_t) c->ngroups, sizeof *roomy.groups);
    roomy.devices = c->devices * times;
    for (int t = 0; t < c->ntypes; t++) {
        roomy.types[t] = c->types[t];
        roomy.types[t].devices *= times;
    }
    for (int g = 0; g < c->ngroups; g++) {
        roomy.groups[g] = c->groups[g];
        roomy.groups[g].devices_per_node *= times;
    }
    return roomy;
}

/* The run, as it would be in the results if it had been asked for. */
static enum vn_status
store_closed(const struct vn_contest *s, const struct vn_trial *t, int repeat,
             const char *slow, struct vn_error *err)
{
    struct vn_sweep sweep = s->setup->sweep;
    struct vn_workload workload = s->setup->workload;

    if (sweep.results == NULL)
        return VN_OK;
    workload.seed = s->setup->seed + repeat;
    if (slow != NULL
        && vn_assumptions_slow(&sweep.assumptions, slow,
                               s->name != NULL ? slow : "measured", err)
               != VN_OK)
        return err->status;
    return vn_sweep_replay(&sweep, &workload, &sweep.settings[0], t->contender,
                           err);
}

static struct scene
scene_of(const struct vn_contest *s, const struct vn_trial *t, int repeat)
{
    return (struct scene){.cluster = &s->setup->sweep.settings[0].cluster,
                          .policy = t->contender->policy,
                          .values = t->contender->values,
                          .repeat = repeat};
}

/* NAME-POLICY-REPEAT-host.csv, with -NUMBER behind a policy that the contest
 * has before this one too, with other options. */
static void
name_host(const struct vn_contest *s, const struct vn_trial *t, int repeat,
          char *path, size_t size)
{
    const char *policy = t->contender->policy->name;
    char number[16] = "";
    int n = 1;

    for (const struct vn_trial *other = s->trials; other < t; other++)
        n += strcmp(other->contender->policy->name, policy) == 0;
    if (n > 1)
        snprintf(number, sizeof number, "-%d", n);
    snprintf(path, size, "%s-%s%s-%d-host.csv", s->name, policy, number,
             repeat + 1);
}

/* The policy, on the host as it was in a repeat. */
static enum vn_status
simulate_closed(const struct vn_contest *s, struct vn_trial *t, int repeat,
                struct vn_error *err)
{
    const struct vn_setup *setup = s->setup;
    struct scene scene = scene_of(s, t, repeat);
    char path[4200];
    bool known;
    enum vn_status status;

    if (s->name != NULL)
        name_host(s, t, repeat, path, sizeof path);
    else
        snprintf(path, sizeof path, "%s/host.csv", setup->setup.folder);
    status =
        vn_host_write(&t->live[repeat], &setup->workload, scene.cluster,
                      &setup->sweep.assumptions.profile, path, &known, err);
    scene.slow = known ? path : NULL;
    if (status == VN_OK)
        status = simulate(s, &scene, &t->closed[repeat], err);
    if (status == VN_OK)
        status = store_closed(s, t, repeat, scene.slow, err);
    if (known && s->name == NULL)
        unlink(path);
    return status;
}

/* The measured grants, simulated where there is room for every job. */
enum vn_status
vn_contest_simulate_open(const struct vn_contest *s, struct vn_trial *t,
                         int repeat, struct vn_error *err)
{
    const struct vn_outcome *measured = &t->measured[repeat];
    const struct vn_workload *w = &s->setup->workload;
    struct vn_cluster roomy =
        enlarge(&s->setup->sweep.settings[0].cluster, (int) w->njobs);
    struct vn_forced forced = {.n = 0};
    struct vn_live_grant *grants =
        vn_xcalloc((size_t) measured->ngrants + 1, sizeof *grants);
    double value = vn_forced_value(&forced);
    struct scene scene = {.cluster = &roomy,
                          .policy = &vn_policy_forced,
                          .values = &value,
                          .repeat = repeat};
    enum vn_status status;

    /* What a job gave back when it was done is not forced. */
    for (int i = 0; i < measured->ngrants; i++) {
        const struct vn_live_grant *g = &measured->grants[i];
        double end = measured->finish[index_of(w, g->job)];

        if (!((double) g->time * 1e-6 >= end))
            grants[forced.n++] = *g;
    }
    forced.grants = grants;
    status = simulate(s, &scene, &t->open[repeat], err);
    free(roomy.types);
    free(roomy.groups);
    free(grants);
    return status;
}

/* Every job must have ended in every run. */
enum vn_status
vn_contest_check(const struct vn_contest *s, const struct vn_outcome *o,
                 const char *what, const struct vn_trial *t,
                 struct vn_error *err)
{
    bool all = true;

    for (size_t i = 0; i < s->setup->workload.njobs; i++)
        all = all && !isnan(o->finish[i]);
    if (all)
        return VN_OK;
    return vn_fail(err, VN_EINVAL,
                   "%s: not every job finished in the %s run, expected a "
                   "trace that the cluster can run whole",
                   t->contender->policy->name, what);
}

enum vn_status
vn_contest_rehearse(const struct vn_contest *s, const struct vn_trial *t,
                    double *takes_s, struct vn_error *err)
{
    struct vn_outcome o = {0};
    struct scene scene = scene_of(s, t, 0);
    enum vn_status status = simulate(s, &scene, &o, err);

    if (status == VN_OK)
        status = vn_contest_check(s, &o, "simulated", t, err);
    *takes_s = status == VN_OK ? o.makespan : 0;
    vn_outcome_free(&o);
    return status;
}

enum vn_status
vn_contest_simulate(const struct vn_contest *s, struct vn_trial *t, int repeat,
                    struct vn_error *err)
{
    enum vn_status status = vn_contest_simulate_open(s, t, repeat, err);

    return status == VN_OK ? simulate_closed(s, t, repeat, err) : status;
}
