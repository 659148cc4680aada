/*
 * VirtualFlow's elasticity experiments (Or, Zhang and Freedman, arXiv
 * 2009.09523, section on elasticity): 3 jobs on 4 V100s and 20 jobs on 8,
 * under wfs and under priority.
 *
 * Each run is simulated twice.  "Own" step times and overheads come from the
 * run itself: the fitted model, scaled for each job so that the allocations it
 * had give the steps it did, and what each start and resize took.  What is
 * left is the error of everything else: policy, engine, rounding.  "Fitted"
 * step times come from the model that was fitted on 9-12_3jobs, 9-13_3jobs and
 * 9-14_20jobs_10jph (nodes.csv, links-*.csv), and overheads are means over all
 * runs: of the three its errors are in-sample, of the others out-of-sample.
 *
 * The logs hold the decisions that took effect, so of simulated ones those
 * that did not, since the job ended before, are left out too.
 */
#include "config.h"

#include "replay/experiment.h"

#include "base/table.h"
#include "base/xalloc.h"
#include "plan/cost.h"
#include "plan/pricing.h"
#include "replay/workload.h"
#include "sim/engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

extern const struct vn_experiment vn_experiment_3jobs;
extern const struct vn_experiment vn_experiment_20jobs;

enum {
    JOBS_MAX = 32,
    STEPS_MAX = 512 /* allocations, decisions of a run */
};

struct run {
    const char *name;
    const char *cluster;
    const char *links; /* of its speed regime */
    const char *costs;
    bool in_sample;  /* the model was fitted on it */
    const char *own; /* where it was not measured: its step times, or NULL */
};

/* clang-format off */
static const struct run runs_3jobs[] = {
    {"9-12_3jobs", "v100:4", "links-a.csv", "costs.csv", true, NULL},
    {"9-13_3jobs", "v100:4", "links-b.csv", "costs.csv", true, NULL},
    {"9-9_3jobs", "v100:4", "links-a.csv", "costs.csv", false, NULL},
    {NULL, NULL, NULL, NULL, false, NULL}};
static const struct run runs_20jobs[] = {
    {"9-14-2_20jobs_12jph", "v100:8", "links-b.csv", "costs-20jobs.csv",
     false, "steps-9-14-2.csv"},
    {"9-14_20jobs_10jph", "v100:8", "links-b.csv", "costs-20jobs.csv", true,
     NULL},
    {"9-11_20jobs_8jph", "v100:8", "links-a.csv", "costs-20jobs.csv", false,
     NULL},
    {NULL, NULL, NULL, NULL, false, NULL}};
/* clang-format on */

static const char *const policies[] = {"wfs", "priority"};

enum {
    WFS,
    PRIORITY,
    NPOLICIES
};

/* A job's devices changed, as the scheduler decided. */
struct decision {
    vn_time time;
    int64_t job;
    int from;
    int to;
    bool done; /* it took effect */
};

/* What became of a run, measured or simulated. */
struct outcome {
    int njobs;
    vn_time submit[JOBS_MAX]; /* by job id */
    vn_time start[JOBS_MAX];
    vn_time finish[JOBS_MAX];
    double utilisation;
    struct decision decisions[STEPS_MAX];
    int ndecisions;
};

/* A row of the measured allocations. */
struct step {
    int64_t job;
    int devices; /* 0: it finished */
    vn_time decided;
    vn_time assigned;
    vn_time effective; /* -1: not logged */
    vn_time released;  /* -1: nothing was */
};

struct measured {
    struct outcome outcome;
    struct step steps[STEPS_MAX];
    int nsteps;
};

/* Everything of one experiment. */
struct lab {
    const char *folder;
    struct vn_paths *paths;
    struct vn_findings *findings;
    struct vn_cluster cluster;
    struct vn_trace_data trace;
    struct vn_workload workload;
    struct vn_profile profile; /* fitted */
    struct vn_costs *costs;
};

enum {
    RUN,
    POLICY,
    JOB,
    SUBMIT,
    START,
    FINISH,
    KIND,
    DEVICES,
    DECIDED,
    ASSIGNED,
    EFFECTIVE,
    RELEASED,
    NCOLUMNS
};

static const struct vn_column columns[] = {
    [RUN] = {"run", true},
    [POLICY] = {"policy", true},
    [JOB] = {"job_id", true},
    [SUBMIT] = {"submit_s", false},
    [START] = {"start_s", false},
    [FINISH] = {"finish_s", false},
    [KIND] = {"kind", false},
    [DEVICES] = {"devices", false},
    [DECIDED] = {"decided_s", false},
    [ASSIGNED] = {"assigned_s", false},
    [EFFECTIVE] = {"effective_s", false},
    [RELEASED] = {"released_s", false}};

static enum vn_status
read_times(struct vn_table *t, struct measured *m, struct vn_error *err)
{
    struct outcome *o = &m->outcome;
    enum vn_status status;
    int64_t job;

    status = vn_table_int(t, JOB, 0, JOBS_MAX - 1, &job, err);
    if (status == VN_OK)
        status =
            vn_table_time(t, SUBMIT, 0, VN_TIME_MAX, &o->submit[job], err);
    if (status == VN_OK)
        status = vn_table_time(t, START, 0, VN_TIME_MAX, &o->start[job], err);
    if (status == VN_OK)
        status =
            vn_table_time(t, FINISH, 0, VN_TIME_MAX, &o->finish[job], err);
    if (status == VN_OK && job >= o->njobs)
        o->njobs = (int) job + 1;
    return status;
}

static enum vn_status
read_step(struct vn_table *t, struct measured *m, struct vn_error *err)
{
    struct step s = {.effective = -1, .released = -1};
    enum vn_status status;
    int64_t devices;

    if (m->nsteps == STEPS_MAX)
        return vn_table_fail(t, RUN, err, "more than %d rows of a run",
                             STEPS_MAX);
    if ((status = vn_table_int(t, JOB, 0, JOBS_MAX - 1, &s.job, err))
        || (status = vn_table_int(t, DEVICES, 0, 1024, &devices, err))
        || (status =
                vn_table_time(t, DECIDED, 0, VN_TIME_MAX, &s.decided, err))
        || (status =
                vn_table_time(t, ASSIGNED, 0, VN_TIME_MAX, &s.assigned, err))
        || (!vn_table_empty(t, EFFECTIVE)
            && (status = vn_table_time(t, EFFECTIVE, 0, VN_TIME_MAX,
                                       &s.effective, err)))
        || (!vn_table_empty(t, RELEASED)
            && (status = vn_table_time(t, RELEASED, 0, VN_TIME_MAX,
                                       &s.released, err))))
        return status;
    s.devices = (int) devices;
    m->steps[m->nsteps++] = s;
    return VN_OK;
}

/* The rows of one run and policy of a table. */
static enum vn_status
read_rows(struct lab *lab, const char *name, const struct run *run,
          const char *policy,
          enum vn_status (*read)(struct vn_table *t, struct measured *m,
                                 struct vn_error *err),
          struct measured *m, struct vn_error *err)
{
    struct vn_table_form form = {.columns = columns, .ncolumns = NCOLUMNS};
    struct vn_table *t = NULL;
    enum vn_status status =
        vn_table_open(vn_path(lab->paths, lab->folder, name), &form, &t, err);
    bool more = true;

    while (status == VN_OK && (status = vn_table_next(t, &more, err)) == VN_OK
           && more)
        if (strcmp(vn_table_text(t, RUN), run->name) == 0
            && strcmp(vn_table_text(t, POLICY), policy) == 0)
            status = read(t, m, err);
    vn_table_close(t);
    return status;
}

/* By time; at one time by job. */
static int
compare_decisions(const void *a, const void *b)
{
    const struct decision *x = a, *y = b;

    if (x->time != y->time)
        return x->time < y->time ? -1 : 1;
    return x->job < y->job ? -1 : x->job > y->job;
}

static int
compare_steps(const void *a, const void *b)
{
    const struct step *x = a, *y = b;

    if (x->assigned != y->assigned)
        return x->assigned < y->assigned ? -1 : 1;
    return x->job < y->job ? -1 : x->job > y->job;
}

/* The decisions behind the measured allocations, and the use of devices. */
static void
digest(struct measured *m, int devices)
{
    struct outcome *o = &m->outcome;
    int held[JOBS_MAX] = {0}, busy = 0;
    vn_time last = 0, makespan = 0;
    double used = 0;

    qsort(m->steps, (size_t) m->nsteps, sizeof *m->steps, compare_steps);
    for (int i = 0; i < m->nsteps; i++) {
        const struct step *s = &m->steps[i];

        used += (double) (s->assigned - last) * busy;
        last = s->assigned;
        busy += s->devices - held[s->job];
        if (s->devices > 0)
            o->decisions[o->ndecisions++] = (struct decision){
                s->decided, s->job, held[s->job], s->devices, true};
        held[s->job] = s->devices;
        makespan = s->assigned > makespan ? s->assigned : makespan;
    }
    o->utilisation = used / (double) makespan / devices;
    qsort(o->decisions, (size_t) o->ndecisions, sizeof *o->decisions,
          compare_decisions);
}

/* A simulation on its way. */
struct watch {
    struct outcome *outcome;
    struct vn_reader reader;
    char names[JOBS_MAX][16]; /* of own models */
    bool own;
};

static void
on_ended(void *arg, const struct vn_record *r)
{
    struct outcome *o = ((struct watch *) arg)->outcome;

    o->submit[r->id] = r->submit;
    o->start[r->id] = r->start;
    o->finish[r->id] = r->finish;
    if (r->id >= o->njobs)
        o->njobs = (int) r->id + 1;
}

static void
on_granted(void *arg, const struct vn_change *c)
{
    struct outcome *o = ((struct watch *) arg)->outcome;

    if (c->after > 0 && o->ndecisions < STEPS_MAX)
        o->decisions[o->ndecisions++] =
            (struct decision){c->time, c->id, c->before, c->after, false};
}

/* A job trains on so many devices: the first decision for it is done. */
static void
on_mapped(void *arg, const struct vn_mapped *mapped)
{
    struct outcome *o = ((struct watch *) arg)->outcome;

    for (int i = 0; i < o->ndecisions; i++) {
        struct decision *d = &o->decisions[i];

        if (d->job == mapped->id && !d->done && d->to == mapped->works[0]) {
            d->done = true;
            return;
        }
    }
}

/* Leave out what did not take effect. */
static void
keep_done(struct outcome *o)
{
    int n = 0;

    for (int i = 0; i < o->ndecisions; i++)
        if (o->decisions[i].done)
            o->decisions[n++] = o->decisions[i];
    o->ndecisions = n;
}

static enum vn_status
next_job(void *arg, struct vn_job *job, bool *more, struct vn_error *err)
{
    struct watch *w = arg;
    struct vn_source source = vn_workload_source(&w->reader);
    enum vn_status status = source.next(source.arg, job, more, err);

    if (status == VN_OK && *more && w->own)
        job->model = (int) job->id;
    return status;
}

static const char *
model(void *arg, int number)
{
    struct watch *w = arg;

    return w->own ? w->names[number]
                  : w->reader.workload->names->models.text[number];
}

static enum vn_status
simulate(struct lab *lab, const char *name, const struct vn_profile *profile,
         const struct vn_costs *costs, bool own, struct outcome *o,
         struct vn_error *err)
{
    struct watch watch = {.outcome = o, .own = own};
    double values[VN_POLICY_OPTIONS_MAX];
    struct vn_engine_config config = {
        .cluster = &lab->cluster,
        .source = {next_job, &watch, NULL, model},
        .options = values,
        .profile = profile,
        .costs = costs,
        .observer = {.arg = &watch,
                     .ended = on_ended,
                     .granted = on_granted,
                     .mapped = on_mapped}};
    struct vn_pricing_config pricing = {.cluster = &lab->cluster,
                                        .profile = profile};
    struct vn_engine *engine = NULL;
    struct vn_summary summary;
    enum vn_status status;

    *o = (struct outcome){0};
    watch.reader.workload = &lab->workload;
    for (int i = 0; i < JOBS_MAX; i++)
        snprintf(watch.names[i], sizeof watch.names[i], "job-%d", i);
    if ((status = vn_policy_find(name, &config.policy, err)) == VN_OK
        && (status = vn_policy_configure(config.policy, NULL, 0, values, err))
               == VN_OK
        && (status = vn_pricing_alloc(&pricing, &config.pricing, err)) == VN_OK
        && (status = vn_engine_alloc(&config, &engine, err)) == VN_OK
        && (status = vn_engine_run(engine, err)) == VN_OK)
        status = vn_engine_summary(engine, &summary, err);
    if (status == VN_OK)
        o->utilisation = summary.utilisation;
    vn_engine_free(engine);
    vn_pricing_free(config.pricing);
    keep_done(o);
    qsort(o->decisions, (size_t) o->ndecisions, sizeof *o->decisions,
          compare_decisions);
    return status;
}

/*
 * How much slower a job's steps were than the model says: the steps that the
 * model gives for the time it trained on each number of devices, over those
 * that it did.
 */
static double
slowdown(const struct lab *lab, const struct measured *m,
         const struct vn_job *job, struct vn_pricing *pricing,
         int model_number)
{
    const char *name = lab->workload.names->models.text[job->model];
    vn_time start_cost = vn_costs_mean(
        lab->costs, vn_costs_row(lab->costs, name), VN_COST_START);
    double steps = 0;
    vn_time since = -1;
    int devices = 0;

    for (int i = 0; i < m->nsteps; i++) {
        const struct step *s = &m->steps[i];
        vn_time at = s->effective >= 0 ? s->effective : s->assigned;

        if (s->job != job->id)
            continue;
        if (devices == 0 && s->effective < 0)
            at += start_cost;
        if (devices > 0)
            steps += (double) (at - since) * 1e-6
                     / vn_pricing_step_s(pricing, job, model_number, &devices,
                                         false);
        since = at;
        devices = s->devices;
    }
    return steps / (double) job->steps;
}

/* Until when devices of a job that finished were not free: the next decision,
 * if it is near. */
static vn_time
released_at(const struct measured *m, vn_time finish)
{
    vn_time first = -1;

    for (int i = 0; i < m->nsteps; i++) {
        vn_time after = m->steps[i].decided - finish;

        if (m->steps[i].devices > 0 && after > 9 * VN_SECOND
            && after < 15 * VN_SECOND
            && (first < 0 || m->steps[i].decided < first))
            first = m->steps[i].decided;
    }
    return first;
}

/* What each change of a job took, from when it could begin. */
static void
set_costs(const struct measured *m, int64_t job, struct vn_costs *costs)
{
    int held = 0, grown = 0, shrunk = 0, released = 0;
    vn_time last = -1; /* the change before took effect */

    for (int i = 0; i < m->nsteps; i++) {
        const struct step *s = &m->steps[i];
        vn_time from = s->assigned > last ? s->assigned : last;
        vn_time decided = s->decided > last ? s->decided : last;

        if (s->job != job)
            continue;
        if (held == 0 && s->effective >= 0)
            vn_costs_set(costs, job, VN_COST_START, 0, s->effective - from);
        else if (held > 0 && s->devices > held)
            vn_costs_set(costs, job, VN_COST_GROW, grown++,
                         s->effective - from);
        else if (s->devices > 0 && s->devices < held)
            vn_costs_set(costs, job, VN_COST_SHRINK, shrunk++,
                         s->effective - decided);
        if (s->devices > 0 && s->devices < held)
            vn_costs_set(costs, job, VN_COST_RELEASE, released++,
                         s->released - s->effective);
        if (s->devices == 0 && released_at(m, s->decided) >= 0)
            vn_costs_set(costs, job, VN_COST_RELEASE, released++,
                         released_at(m, s->decided) - s->decided);
        held = s->devices;
        last = s->effective >= 0 ? s->effective : s->assigned;
    }
    /* A growth that was not logged did not take effect before the end. */
    vn_costs_set(costs, job, VN_COST_GROW, grown, VN_TIME_MAX / 4);
}

/* A profile in which every job is a model of its own, as slow as it was. */
static enum vn_status
make_own(struct lab *lab, const struct measured *m, struct vn_profile *own,
         struct vn_costs *costs, struct vn_error *err)
{
    struct vn_pricing_config config = {.cluster = &lab->cluster,
                                       .profile = &lab->profile};
    struct vn_pricing *pricing;
    enum vn_status status = vn_pricing_alloc(&config, &pricing, err);

    for (size_t i = 0; i < lab->workload.njobs && status == VN_OK; i++) {
        const struct vn_job *job = &lab->workload.jobs[i];
        const char *name = lab->workload.names->models.text[job->model];
        int number = vn_profile_model(&lab->profile, name);
        struct vn_profile_curve *curve;
        char mine[16];
        double slow;

        if (number < 0) {
            status = vn_profile_unknown(&lab->profile, job->id, name, err);
            break;
        }
        slow = slowdown(lab, m, job, pricing, number);
        snprintf(mine, sizeof mine, "job-%d", (int) job->id);
        vn_costs_alias(costs, mine, name);
        set_costs(m, job->id, costs);
        curve = vn_profile_entry(own, mine, "v100");
        for (int n = 1; n <= job->devices; n *= 2) {
            double s =
                vn_pricing_step_s(pricing, job, number, &n, false) * slow;

            vn_profile_add_mapping(
                curve, (struct vn_profile_mapping){
                           .devices = n, .step_s = s, .spread_step_s = s});
        }
    }
    vn_pricing_free(pricing);
    return status;
}

static double
seconds(vn_time time)
{
    return (double) time * 1e-6;
}

/* How far b is from a, per cent. */
static double
off(double a, double b)
{
    return 100 * (b / a - 1);
}

enum quantity {
    MAKESPAN,
    MEAN_JCT,
    MEDIAN_JCT,
    TOP_JCT,
    MEAN_QUEUE,
    MEDIAN_QUEUE,
    UTILISATION,
    NQUANTITIES
};

static const char *const quantities[] = {
    [MAKESPAN] = "makespan, s",
    [MEAN_JCT] = "mean JCT, s",
    [MEDIAN_JCT] = "median JCT, s",
    [TOP_JCT] = "JCT of the top priority, s",
    [MEAN_QUEUE] = "mean queueing, s",
    [MEDIAN_QUEUE] = "median queueing, s",
    [UTILISATION] = "utilisation, %",
};

static int
compare_reals(const void *a, const void *b)
{
    double x = *(const double *) a, y = *(const double *) b;

    return x < y ? -1 : x > y;
}

static double
median(double *x, int n)
{
    qsort(x, (size_t) n, sizeof *x, compare_reals);
    return n % 2 == 1 ? x[n / 2] : (x[n / 2 - 1] + x[n / 2]) / 2;
}

/* The mean JCT of the jobs of the highest priority. */
static double
top_jct(const struct lab *lab, const struct outcome *o)
{
    double top = 0, sum = 0;
    int n = 0;

    for (size_t i = 0; i < lab->workload.njobs; i++)
        top = fmax(top, lab->workload.jobs[i].priority);
    for (size_t i = 0; i < lab->workload.njobs; i++)
        if (lab->workload.jobs[i].priority == top) {
            int64_t id = lab->workload.jobs[i].id;

            sum += seconds(o->finish[id] - o->submit[id]);
            n++;
        }
    return sum / n;
}

static void
summarise(const struct lab *lab, const struct outcome *o, double *q)
{
    double jct[JOBS_MAX], queue[JOBS_MAX];

    for (int i = 0; i < NQUANTITIES; i++)
        q[i] = 0;
    for (int i = 0; i < o->njobs; i++) {
        jct[i] = seconds(o->finish[i] - o->submit[i]);
        queue[i] = seconds(o->start[i] - o->submit[i]);
        q[MEAN_JCT] += jct[i] / o->njobs;
        q[MEAN_QUEUE] += queue[i] / o->njobs;
        q[MAKESPAN] = fmax(q[MAKESPAN], seconds(o->finish[i]));
    }
    q[MEDIAN_JCT] = median(jct, o->njobs);
    q[MEDIAN_QUEUE] = median(queue, o->njobs);
    q[TOP_JCT] = top_jct(lab, o);
    q[UTILISATION] = 100 * o->utilisation;
}

/* How many decisions, from the first, are the same: (job, from, to). */
static int
agreement(const struct outcome *a, const struct outcome *b)
{
    int n = 0;

    while (n < a->ndecisions && n < b->ndecisions
           && a->decisions[n].job == b->decisions[n].job
           && a->decisions[n].from == b->decisions[n].from
           && a->decisions[n].to == b->decisions[n].to)
        n++;
    return n;
}

static void
note_decisions(struct vn_findings *f, const char *which,
               const struct outcome *measured, const struct outcome *o)
{
    int n = agreement(measured, o);
    const struct decision *d;
    char here[96] = "nothing more";

    if (n == measured->ndecisions && n == o->ndecisions) {
        vn_findings_note(f,
                         "%s: all %d decisions are the measured ones, in "
                         "their order.",
                         which, n);
        return;
    }
    if (n < o->ndecisions) {
        d = &o->decisions[n];
        snprintf(here, sizeof here, "job %d from %d to %d at %.0f s",
                 (int) d->job, d->from, d->to, seconds(d->time));
    }
    if (n < measured->ndecisions) {
        d = &measured->decisions[n];
        vn_findings_note(f,
                         "%s: %d of %d decisions are the measured ones; then "
                         "measured: job %d from %d to %d at %.0f s, "
                         "simulated: %s.",
                         which, n, measured->ndecisions, (int) d->job, d->from,
                         d->to, seconds(d->time), here);
    } else
        vn_findings_note(f, "%s: the %d measured decisions, and then %s.",
                         which, n, here);
}

/* What one policy did in one run, each way. */
struct results {
    bool measured;
    struct outcome m;
    struct outcome own;
    struct outcome fitted;
    double q[3][NQUANTITIES]; /* measured, own, fitted */
};

static void
show_jobs(struct lab *lab, const struct run *run, const char *policy,
          const struct results *r)
{
    static const struct vn_findings_column with[] = {
        {"start, s", 0},        {"own error, s", 1},
        {"fitted error, s", 1}, {"finish, s", 0},
        {"JCT, s", 0},          {"own error, %", 1},
        {"fitted error, %", 1}, {NULL, 0}};
    static const struct vn_findings_column without[] = {
        {"own start, s", 0},    {"own finish, s", 0}, {"own JCT, s", 0},
        {"own queueing, s", 1}, {"start, s", 0},      {"finish, s", 0},
        {"JCT, s", 0},          {"queueing, s", 1},   {NULL, 0}};
    char title[128], label[16];

    snprintf(title, sizeof title, "%s under %s: %s", run->name, policy,
             r->measured ? "measured, and the simulation's error"
                         : "simulated");
    vn_findings_table(lab->findings, title, "job",
                      r->measured ? with : without);
    for (int i = 0; i < r->fitted.njobs; i++) {
        const struct outcome *m = r->measured ? &r->m : &r->fitted;
        double jct = seconds(m->finish[i] - m->submit[i]);
        double own = seconds(r->own.finish[i] - r->own.submit[i]);
        double fitted = seconds(r->fitted.finish[i] - r->fitted.submit[i]);

        snprintf(label, sizeof label, "%d", i);
        if (r->measured)
            vn_findings_row(
                lab->findings, label,
                (double[]){seconds(m->start[i]),
                           seconds(r->own.start[i] - m->start[i]),
                           seconds(r->fitted.start[i] - m->start[i]),
                           seconds(m->finish[i]), jct, off(jct, own),
                           off(jct, fitted)});
        else
            vn_findings_row(
                lab->findings, label,
                (double[]){seconds(r->own.start[i]), seconds(r->own.finish[i]),
                           own, seconds(r->own.start[i] - r->own.submit[i]),
                           seconds(m->start[i]), seconds(m->finish[i]), jct,
                           seconds(m->start[i] - m->submit[i])});
    }
}

static void
show_run(struct lab *lab, const struct run *run, const char *policy,
         const struct results *r)
{
    static const struct vn_findings_column columns_of_run[] = {
        {"measured", 1}, {"own", 1},       {"error, %", 1},
        {"fitted", 1},   {"error, % ", 1}, {NULL, 0}};
    char title[128];

    snprintf(title, sizeof title, "%s under %s", run->name, policy);
    vn_findings_table(lab->findings, title, "", columns_of_run);
    for (int i = 0; i < NQUANTITIES; i++) {
        double m = r->measured ? r->q[0][i] : NAN;
        double own = r->q[1][i];

        vn_findings_row(
            lab->findings, quantities[i],
            (double[]){m, own, off(m, own), r->q[2][i], off(m, r->q[2][i])});
    }
    if (!r->measured) {
        vn_findings_note(lab->findings,
                         "This run was not measured here; what was published "
                         "of it is below.  Own: with");
        vn_findings_note(lab->findings,
                         "step times measured in it where a job kept one "
                         "allocation, else the fitted ones.");
        return;
    }
    vn_findings_note(lab->findings, "Fitted step times are %s for this run.",
                     run->in_sample ? "in-sample" : "out-of-sample");
    note_decisions(lab->findings, "own", &r->m, &r->own);
    note_decisions(lab->findings, "fitted", &r->m, &r->fitted);
}

static enum vn_status
read_costs(struct lab *lab, const struct run *run, struct vn_costs **costs,
           struct vn_error *err)
{
    return vn_costs_read(vn_path(lab->paths, lab->folder, run->costs), costs,
                         err);
}

/* A run whose jobs' times are not known, with the step times that are. */
static enum vn_status
simulate_known(struct lab *lab, const struct run *run, const char *policy,
               struct outcome *o, struct vn_error *err)
{
    struct vn_profile profile = {0};
    const char *tables[] = {"nodes.csv", run->links, run->own};
    enum vn_status status = VN_OK;

    for (int i = 0; i < 3 && status == VN_OK; i++)
        status = vn_profile_read(vn_path(lab->paths, lab->folder, tables[i]),
                                 &profile, err);
    if (status == VN_OK)
        status = simulate(lab, policy, &profile, lab->costs, false, o, err);
    vn_profile_free(&profile);
    return status;
}

static enum vn_status
try_policy(struct lab *lab, const struct run *run, const char *policy,
           struct results *r, struct vn_error *err)
{
    struct measured *m = vn_xcalloc(1, sizeof *m);
    struct vn_profile own = {0};
    struct vn_costs *own_costs = NULL;
    enum vn_status status = VN_OK;

    r->measured = run->own == NULL;
    if (r->measured
        && ((status = read_rows(lab, "measured.csv", run, policy, read_times,
                                m, err))
                != VN_OK
            || (status = read_rows(lab, "allocations.csv", run, policy,
                                   read_step, m, err))
                   != VN_OK))
        goto out;
    if (!r->measured)
        status = simulate_known(lab, run, policy, &r->own, err);
    else {
        digest(m, lab->cluster.devices);
        r->m = m->outcome;
        status = read_costs(lab, run, &own_costs, err);
        if (status == VN_OK)
            status = make_own(lab, m, &own, own_costs, err);
        if (status == VN_OK)
            status =
                simulate(lab, policy, &own, own_costs, true, &r->own, err);
    }
    if (status == VN_OK)
        status = simulate(lab, policy, &lab->profile, lab->costs, false,
                          &r->fitted, err);
    if (status != VN_OK)
        goto out;
    if (r->measured)
        summarise(lab, &r->m, r->q[0]);
    summarise(lab, &r->own, r->q[1]);
    summarise(lab, &r->fitted, r->q[2]);
    show_run(lab, run, policy, r);
    show_jobs(lab, run, policy, r);
out:
    vn_profile_free(&own);
    vn_costs_free(own_costs);
    free(m);
    return status;
}

/* A reduction that the paper reports, and how it is shown. */
struct claim {
    enum quantity quantity;
    double published; /* per cent, or of utilisation the value under wfs */
};

/* wfs against priority, per cent; of utilisation both values. */
static void
show_gains(struct lab *lab, const struct run *run, const struct results *r,
           const struct claim *claims)
{
    static const struct vn_findings_column columns_of_gains[] = {
        {"published", 1},
        {"measured", 1},
        {"own", 1},
        {"fitted", 1},
        {NULL, 0}};
    char title[128];

    snprintf(title, sizeof title, "%s: wfs against priority, %%", run->name);
    vn_findings_table(lab->findings, title, "", columns_of_gains);
    for (int i = 0; i < NQUANTITIES; i++) {
        double values[4] = {NAN, NAN, NAN, NAN};

        for (const struct claim *c = claims; c->published != 0; c++)
            if (c->quantity == (enum quantity) i)
                values[0] = c->published;
        for (int k = 0; k < 3; k++)
            if (r[WFS].measured || k > 0)
                values[1 + k] = i == UTILISATION
                                    ? r[WFS].q[k][i] - r[PRIORITY].q[k][i]
                                    : off(r[PRIORITY].q[k][i], r[WFS].q[k][i]);
        vn_findings_row(lab->findings, quantities[i], values);
    }
    vn_findings_note(lab->findings,
                     "Of utilisation the difference, in points.");
}

static void
close_run(struct lab *lab)
{
    vn_workload_free(&lab->workload);
    vn_trace_data_free(&lab->trace);
    vn_cluster_free(&lab->cluster);
    vn_profile_free(&lab->profile);
    vn_costs_free(lab->costs);
    lab->costs = NULL;
}

static enum vn_status
try_run(struct lab *lab, const struct run *run, const struct claim *claims,
        struct vn_error *err)
{
    static const struct claim none[] = {{0, 0}};
    struct results *r = vn_xcalloc(NPOLICIES, sizeof *r);
    char trace[64];
    enum vn_status status;

    snprintf(trace, sizeof trace, "%s.csv", run->name);
    if ((status = vn_cluster_read(run->cluster, &lab->cluster, err)) == VN_OK
        && (status = vn_trace_data_read(
                vn_path(lab->paths, lab->folder, trace), &lab->trace, err))
               == VN_OK
        && (status =
                vn_profile_read(vn_path(lab->paths, lab->folder, "nodes.csv"),
                                &lab->profile, err))
               == VN_OK
        && (status =
                vn_profile_read(vn_path(lab->paths, lab->folder, run->links),
                                &lab->profile, err))
               == VN_OK
        && (status = read_costs(lab, run, &lab->costs, err)) == VN_OK) {
        vn_workload_cut(&lab->trace, 0, 1, &lab->workload);
        for (int p = 0; p < NPOLICIES && status == VN_OK; p++)
            status = try_policy(lab, run, policies[p], &r[p], err);
    }
    if (status == VN_OK)
        show_gains(lab, run, r, claims != NULL ? claims : none);
    close_run(lab);
    free(r);
    return status;
}

static enum vn_status
elastic(const char *folder, struct vn_paths *paths, const struct run *runs,
        const struct claim *claims, struct vn_findings *findings,
        struct vn_error *err)
{
    struct lab lab = {.findings = findings, .paths = paths};
    enum vn_status status = VN_OK;

    lab.folder = vn_path(paths, folder, "virtualflow");
    /* The first is the published one. */
    for (int i = 0; runs[i].name != NULL && status == VN_OK; i++)
        status = try_run(&lab, &runs[i], i == 0 ? claims : NULL, err);
    return status;
}

static enum vn_status
run_3jobs(const char *folder, struct vn_paths *paths,
          struct vn_findings *findings, struct vn_error *err)
{
    static const struct claim claims[] = {{MAKESPAN, -38.4},
                                          {TOP_JCT, -44.9},
                                          {UTILISATION, 99.8 - 85.7},
                                          {0, 0}};

    return elastic(folder, paths, runs_3jobs, claims, findings, err);
}

static enum vn_status
run_20jobs(const char *folder, struct vn_paths *paths,
           struct vn_findings *findings, struct vn_error *err)
{
    static const struct claim claims[] = {{MAKESPAN, -45.6},
                                          {MEDIAN_JCT, -47.4},
                                          {MEDIAN_QUEUE, -99.3},
                                          {UTILISATION, 97.9 - 71.9},
                                          {0, 0}};

    return elastic(folder, paths, runs_20jobs, claims, findings, err);
}

const struct vn_experiment vn_experiment_3jobs = {
    .name = "virtualflow-3jobs",
    .summary = "elasticity: 3 jobs on 4 V100s, wfs against priority",
    .run = run_3jobs,
};

const struct vn_experiment vn_experiment_20jobs = {
    .name = "virtualflow-20jobs",
    .summary = "elasticity: 20 jobs on 8 V100s, wfs against priority",
    .run = run_20jobs,
};
