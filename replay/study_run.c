#include "config.h"

#include "replay/study.h"

#include "base/xalloc.h"
#include "replay/forced.h"
#include "sim/recorder.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

static int
index_of(const struct vn_workload *w, int64_t id)
{
    for (size_t i = 0; i < w->njobs; i++)
        if (w->jobs[i].id == id)
            return (int) i;
    return 0;
}

static void
outcome_alloc(struct vn_outcome *o, size_t n)
{
    o->start = vn_xcalloc(n, sizeof *o->start);
    o->finish = vn_xcalloc(n, sizeof *o->finish);
    for (size_t i = 0; i < n; i++)
        o->start[i] = o->finish[i] = NAN;
}

static void
outcome_free(struct vn_outcome *o)
{
    free(o->start);
    free(o->finish);
    free(o->grants);
}

static void
add_grant(struct vn_outcome *o, struct vn_live_grant grant)
{
    o->grants =
        vn_xrealloc(o->grants, (size_t) o->ngrants + 1, sizeof *o->grants);
    o->grants[o->ngrants++] = grant;
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

    add_grant(w->outcome, (struct vn_live_grant){.time = c->time,
                                                 .job = c->id,
                                                 .type = c->type,
                                                 .devices = c->after});
}

static double
makespan(const struct vn_outcome *o, size_t n)
{
    double last = 0;

    for (size_t i = 0; i < n; i++)
        last = o->finish[i] > last ? o->finish[i] : last;
    return last;
}

static enum vn_status
simulate(const struct vn_study *s, const struct vn_cluster *cluster,
         const struct vn_policy *policy, const double *values,
         struct vn_outcome *outcome, struct vn_error *err)
{
    const struct vn_workload *w = &s->lab->workload;
    struct watch watch = {w, outcome};
    struct vn_reader reader = {w, 0};
    struct vn_engine_config config = {
        .cluster = cluster,
        .source = vn_workload_source(&reader),
        .policy = policy,
        .options = values,
        .seed = (uint64_t) s->lab->seed,
        .observer = {.arg = &watch, .ended = on_ended, .granted = on_granted},
    };
    struct vn_engine *engine = NULL;
    enum vn_status status;

    outcome_alloc(outcome, w->njobs);
    status = vn_assumptions_apply(&s->lab->sweep.assumptions, &config, err);
    if (status == VN_OK)
        status = vn_engine_alloc(&config, &engine, err);
    if (status == VN_OK)
        status = vn_engine_run(engine, err);
    outcome->makespan = makespan(outcome, w->njobs);
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

/* The measured grants, simulated where there is room for every job. */
static enum vn_status
simulate_open(const struct vn_study *s, const struct vn_outcome *measured,
              struct vn_outcome *open, struct vn_error *err)
{
    const struct vn_workload *w = &s->lab->workload;
    struct vn_cluster roomy =
        enlarge(&s->lab->sweep.settings[0].cluster, (int) w->njobs);
    struct vn_forced forced = {.n = 0};
    struct vn_live_grant *grants =
        vn_xcalloc((size_t) measured->ngrants + 1, sizeof *grants);
    double value = vn_forced_value(&forced);
    enum vn_status status;

    /* What a job gave back when it was done is not forced. */
    for (int i = 0; i < measured->ngrants; i++) {
        const struct vn_live_grant *g = &measured->grants[i];
        double end = measured->finish[index_of(w, g->job)];

        if (!((double) g->time * 1e-6 >= end))
            grants[forced.n++] = *g;
    }
    forced.grants = grants;
    status = simulate(s, &roomy, &vn_policy_forced, &value, open, err);
    free(roomy.types);
    free(roomy.groups);
    free(grants);
    return status;
}

/* What was measured of a run, and what keeps it. */
struct keeping {
    struct vn_study *study;
    struct vn_store_run run;
    struct vn_recorder *recorder;
};

static enum vn_status
add_steps(void *arg, struct vn_store *store, struct vn_error *err)
{
    return vn_live_store_steps(arg, store, err);
}

static enum vn_status
keep(void *arg, struct vn_engine *engine, struct vn_live *live,
     struct vn_error *err)
{
    struct keeping *k = arg;
    struct vn_store *store = NULL;
    enum vn_status status;

    if (k->study->lab->sweep.results == NULL || live->interrupted)
        return VN_OK;
    k->run.wall_us = live->end;
    status = vn_store_open(k->study->lab->sweep.results, VN_STORE_WRITE,
                           &store, err);
    vn_recorder_more(k->recorder, add_steps, live);
    if (status == VN_OK)
        status = vn_recorder_write(k->recorder, engine, &k->run, store, err);
    vn_store_close(store);
    return status;
}

static void
take_live(const struct vn_study *s, struct vn_trial *t, struct vn_outcome *o,
          const struct vn_live *live, const struct vn_engine_config *config)
{
    outcome_alloc(o, s->lab->workload.njobs);
    for (int i = 0; i < live->njobs; i++) {
        if (live->jobs[i].start >= 0)
            o->start[i] = (double) live->jobs[i].start * 1e-6;
        if (live->jobs[i].finish >= 0)
            o->finish[i] = (double) live->jobs[i].finish * 1e-6;
    }
    vn_study_blame(s, t, live, config);
    for (int i = 0; i < live->ngrants; i++)
        add_grant(o, live->grants[i]);
    o->makespan = makespan(o, s->lab->workload.njobs);
}

static enum vn_status
execute(struct vn_study *s, struct vn_trial *t, int repeat,
        struct vn_error *err)
{
    struct vn_lab *lab = s->lab;
    const struct vn_setting *setting = &lab->sweep.settings[0];
    struct keeping k = {.study = s};
    struct vn_live_config config = {
        .workload = &lab->workload,
        .setup = &lab->setup,
        .engine = {.cluster = &setting->cluster,
                   .policy = t->contender->policy,
                   .options = t->contender->values}};
    struct vn_live live = {0};
    char host[256] = "";
    enum vn_status status;

    vn_sweep_describe(&lab->sweep, &lab->workload, setting, t->contender,
                      &k.run);
    gethostname(host, sizeof host - 1);
    k.run.host = host;
    k.run.kind = "measured";
    k.run.seed = lab->seed + repeat;
    status =
        vn_assumptions_apply(&lab->sweep.assumptions, &config.engine, err);
    if (status != VN_OK)
        return status;
    k.recorder = vn_recorder_alloc(&setting->cluster, VN_RECORD_ALL);
    config.engine.observer = vn_recorder_observer(k.recorder);
    status = vn_live_run(&config, &live, keep, &k, err);
    if (status == VN_OK && live.interrupted)
        status = vn_fail(err, VN_EIO, "interrupted");
    if (status == VN_OK)
        take_live(s, t, &t->measured[repeat], &live, &config.engine);
    if (status == VN_OK)
        status = simulate_open(s, &t->measured[repeat], &t->open[repeat], err);
    vn_lab_clear(lab);
    vn_live_free(&live);
    vn_recorder_free(k.recorder);
    vn_assumptions_drop(&config.engine);
    return status;
}

/* Every job must have ended in every run. */
static enum vn_status
check_ends(const struct vn_study *s, const struct vn_outcome *o,
           const char *what, const struct vn_trial *t, struct vn_error *err)
{
    bool all = true;

    for (size_t i = 0; i < s->lab->workload.njobs; i++)
        all = all && !isnan(o->finish[i]);
    if (all)
        return VN_OK;
    return vn_fail(err, VN_EINVAL,
                   "%s: not every job finished in the %s run, expected a "
                   "trace that the cluster can run whole",
                   t->contender->policy->name, what);
}

static enum vn_status
predict(struct vn_study *s, struct vn_trial *t, struct vn_error *err)
{
    const struct vn_cluster *c = &s->lab->sweep.settings[0].cluster;
    size_t n = s->lab->workload.njobs;
    enum vn_status status;

    t->step_predicted = vn_xcalloc(n, sizeof(double));
    t->step_measured = vn_xcalloc(n, sizeof(double));
    status = simulate(s, c, t->contender->policy, t->contender->values,
                      &t->predicted, err);
    if (status == VN_OK)
        status = check_ends(s, &t->predicted, "simulated", t, err);
    return status;
}

/* Repeats of the policies are interleaved: what drifts is the same for all. */
static enum vn_status
execute_all(struct vn_study *s, struct vn_error *err)
{
    enum vn_status status = VN_OK;

    for (int r = 0; r < s->repeats && status == VN_OK; r++)
        for (int k = 0; k < s->ntrials && status == VN_OK; k++) {
            struct vn_trial *t = &s->trials[k];

            fprintf(stderr, "vnreplay: %s, execution %d of %d\n",
                    t->contender->policy->name, r + 1, s->repeats);
            status = execute(s, t, r, err);
            if (status == VN_OK)
                status = check_ends(s, &t->measured[r], "measured", t, err);
        }
    return status;
}

enum vn_status
vn_study_run(struct vn_study *s, struct vn_error *err)
{
    struct vn_sweep *sweep = &s->lab->sweep;
    enum vn_status status = VN_OK;

    s->ntrials = sweep->ncontenders;
    s->trials = vn_xcalloc((size_t) s->ntrials, sizeof *s->trials);
    for (int k = 0; k < s->ntrials && status == VN_OK; k++) {
        s->trials[k].contender = &sweep->contenders[k];
        if (sweep->results != NULL)
            status =
                vn_sweep_replay(sweep, &s->lab->workload, &sweep->settings[0],
                                s->trials[k].contender, err);
        if (status == VN_OK)
            status = predict(s, &s->trials[k], err);
    }
    if (status == VN_OK)
        status = execute_all(s, err);
    return status;
}

void
vn_study_free(struct vn_study *s)
{
    for (int k = 0; k < s->ntrials; k++) {
        struct vn_trial *t = &s->trials[k];

        outcome_free(&t->predicted);
        for (int r = 0; r < s->repeats; r++) {
            outcome_free(&t->measured[r]);
            outcome_free(&t->open[r]);
        }
        free(t->step_predicted);
        free(t->step_measured);
    }
    free(s->trials);
}
