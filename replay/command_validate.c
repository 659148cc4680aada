/*
 * vnreplay validate: a trace simulated and executed, and how far the two lie
 * apart, against the noise of the execution.
 *
 * Open loop the simulator is made to grant what the measured run granted, at
 * the same times and on a cluster with room for all, so that what differs is
 * how long jobs take.  Closed loop the policy decides in both.
 */
#include "config.h"

#include "analysis/statistics.h"
#include "base/xalloc.h"
#include "replay/command.h"
#include "replay/findings.h"
#include "replay/forced.h"
#include "replay/lab.h"
#include "sim/recorder.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum option {
    LAB,
    REPEATS = VN_LAB_OPTIONS,
    TOLERANCE,
    FORMAT,
    ASSUMED,
    NOPTIONS = ASSUMED + VN_ASSUMPTIONS
};

enum {
    REPEATS_MAX = 100,
    INCONCLUSIVE = 3 /* exit status */
};

static const struct vn_option options[] = {
    VN_LAB_ROWS,
    [REPEATS] = {"repeats", "N", "executions of each policy [3]", 'n'},
    [TOLERANCE] = {"tolerance", "X",
                   "of the mean error of completion times [0.05]", 0},
    [FORMAT] = {"format", "text|csv|json", "how to print it [text]", 0},
    VN_ASSUMPTION_ROWS};

/* A run, simulated or measured, in seconds; by job of the workload. */
struct outcome {
    double *start, *finish;
    double makespan;
    struct vn_live_grant *grants;
    int ngrants;
};

/* A part of the model: what it said, and what was. */
enum part {
    STEPS,
    BETWEEN,
    START,
    GROW,
    SHRINK,
    RESTART,
    PARTS
};

static const char *const part_names[] = {
    "step time", "between steps", "start", "grow", "shrink", "restart"};

struct trial {
    const struct vn_contender *contender;
    struct outcome predicted;
    struct outcome measured[REPEATS_MAX];
    struct outcome open[REPEATS_MAX]; /* the repeat's grants, simulated */
    double *step_predicted, *step_measured; /* by job, mean seconds */
    double said[PARTS], was[PARTS];
};

struct study {
    struct vn_lab *lab;
    struct trial *trials;
    int ntrials;
    int repeats;
    double tolerance;
    struct vn_findings *findings;
};

static void
print_help(void)
{
    puts("usage: vnreplay validate --trace FILE --cluster FILE|INLINE "
         "--profile FILE\n                         [--policy NAME,...] "
         "[option ...]\n\n"
         "Simulate a trace and execute it, and say how far the two lie "
         "apart.  Exit status 0:\nthey are equivalent within the tolerance, "
         "1: they are not, 3: the noise is too large\nto say.\n");
    vn_option_help(stdout, options, NOPTIONS);
    puts("\nexample: vnreplay validate --trace short.csv --cluster host:2 "
         "--policy fifo,wfs\n             --profile host-nodes.csv --profile "
         "host-links.csv --costs host-costs.csv");
}

static int
index_of(const struct vn_workload *w, int64_t id)
{
    for (size_t i = 0; i < w->njobs; i++)
        if (w->jobs[i].id == id)
            return (int) i;
    return 0;
}

static void
outcome_alloc(struct outcome *o, size_t n)
{
    o->start = vn_xcalloc(n, sizeof *o->start);
    o->finish = vn_xcalloc(n, sizeof *o->finish);
    for (size_t i = 0; i < n; i++)
        o->start[i] = o->finish[i] = NAN;
}

static void
outcome_free(struct outcome *o)
{
    free(o->start);
    free(o->finish);
    free(o->grants);
}

static void
add_grant(struct outcome *o, struct vn_live_grant grant)
{
    o->grants =
        vn_xrealloc(o->grants, (size_t) o->ngrants + 1, sizeof *o->grants);
    o->grants[o->ngrants++] = grant;
}

/* An observer of a simulated run. */
struct watch {
    const struct vn_workload *workload;
    struct outcome *outcome;
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

    add_grant(w->outcome,
              (struct vn_live_grant){c->time, c->id, c->type, c->after});
}

static double
makespan(const struct outcome *o, size_t n)
{
    double last = 0;

    for (size_t i = 0; i < n; i++)
        last = o->finish[i] > last ? o->finish[i] : last;
    return last;
}

static enum vn_status
simulate(const struct study *s, const struct vn_cluster *cluster,
         const struct vn_policy *policy, const double *values,
         struct outcome *outcome, struct vn_error *err)
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

/* The measured grants, simulated where there is room for every job. */
static enum vn_status
simulate_open(const struct study *s, const struct outcome *measured,
              struct outcome *open, struct vn_error *err)
{
    const struct vn_workload *w = &s->lab->workload;
    const struct vn_cluster *small = &s->lab->sweep.settings[0].cluster;
    struct vn_cluster roomy = *small;
    struct vn_forced forced = {.n = 0};
    struct vn_live_grant *grants =
        vn_xcalloc((size_t) measured->ngrants + 1, sizeof *grants);
    double value = vn_forced_value(&forced);
    enum vn_status status;

    roomy.types = vn_xcalloc((size_t) small->ntypes, sizeof *roomy.types);
    roomy.devices = 0;
    for (int t = 0; t < small->ntypes; t++) {
        roomy.types[t] = small->types[t];
        roomy.types[t].devices *= (int) w->njobs;
        roomy.devices += roomy.types[t].devices;
    }
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
    free(grants);
    return status;
}

/* What was measured of a run, and what keeps it. */
struct keeping {
    struct study *study;
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

/* The parts of a job's time, as they were and as the model has them. */
static void
add_parts(const struct study *s, struct trial *t, const struct vn_live_job *j,
          struct vn_pricing *pricing, const struct vn_engine_config *config)
{
    static const enum part of_kind[] = {[VN_COST_START] = START,
                                        [VN_COST_GROW] = GROW,
                                        [VN_COST_SHRINK] = SHRINK,
                                        [VN_COST_RELEASE] = PARTS,
                                        [VN_COST_RESTART] = RESTART};
    const char *name = s->lab->workload.names->models.text[j->job->model];
    int model = vn_profile_model(config->profile, name);
    int i = index_of(&s->lab->workload, j->job->id);
    double said = 0, was = 0;

    for (int k = 0; k < j->nsteps; k++) {
        int devices[VN_TYPES_MAX] = {j->steps[k].devices};
        double whole =
            k == 0 ? j->steps[k].step_s
                   : (double) (j->steps[k].end - j->steps[k - 1].end) * 1e-6;

        said += vn_pricing_step_s(pricing, j->job, model, devices, false);
        was += j->steps[k].step_s;
        /* Longer pauses are changes, which stand for themselves. */
        if (whole < 3 * j->steps[k].step_s)
            t->was[BETWEEN] += whole - j->steps[k].step_s;
    }
    t->said[STEPS] += said;
    t->was[STEPS] += was;
    if (j->nsteps > 0) {
        t->step_predicted[i] += said / j->nsteps / s->repeats;
        t->step_measured[i] += was / j->nsteps / s->repeats;
    }
    for (int k = 0; k < j->nchanges; k++) {
        enum part part = of_kind[j->changes[k].kind];

        if (part == PARTS)
            continue;
        t->was[part] +=
            (double) (j->changes[k].to - j->changes[k].from) * 1e-6;
        if (config->costs != NULL)
            t->said[part] +=
                (double) vn_costs_mean(config->costs,
                                       vn_costs_row(config->costs, name),
                                       j->changes[k].kind)
                * 1e-6;
    }
}

static void
take_live(const struct study *s, struct trial *t, struct outcome *o,
          const struct vn_live *live, const struct vn_engine_config *config)
{
    outcome_alloc(o, s->lab->workload.njobs);
    for (int i = 0; i < live->njobs; i++) {
        if (live->jobs[i].start >= 0)
            o->start[i] = (double) live->jobs[i].start * 1e-6;
        if (live->jobs[i].finish >= 0)
            o->finish[i] = (double) live->jobs[i].finish * 1e-6;
        add_parts(s, t, &live->jobs[i], config->pricing, config);
    }
    for (int i = 0; i < live->ngrants; i++)
        add_grant(o, live->grants[i]);
    o->makespan = makespan(o, s->lab->workload.njobs);
}

static enum vn_status
execute(struct study *s, struct trial *t, int repeat, struct vn_error *err)
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

/* The jct of job i over the repeats: its mean, and its deviation over it. */
static double
measured_jct(const struct study *s, const struct trial *t, size_t i,
             double *noise)
{
    double submit = (double) s->lab->workload.jobs[i].submit * 1e-6;
    double all = 0, squares = 0;
    int n = s->repeats;

    for (int r = 0; r < n; r++)
        all += (t->measured[r].finish[i] - submit) / n;
    for (int r = 0; r < n; r++)
        squares += pow(t->measured[r].finish[i] - submit - all, 2);
    *noise = n > 1 ? 100 * sqrt(squares / (n - 1)) / all : NAN;
    return all;
}

/* Percent by which the simulated jct of job i lies above the measured; open
 * loop the mean over repeats. */
static double
error_of(const struct study *s, const struct trial *t, size_t i, bool open)
{
    double submit = (double) s->lab->workload.jobs[i].submit * 1e-6, noise;
    double sum = 0;

    if (!open)
        return 100
               * ((t->predicted.finish[i] - submit)
                      / measured_jct(s, t, i, &noise)
                  - 1);
    for (int r = 0; r < s->repeats; r++)
        sum += 100
               * ((t->open[r].finish[i] - submit)
                      / (t->measured[r].finish[i] - submit)
                  - 1);
    return sum / s->repeats;
}

static double
mean_over(const struct study *s, const double *by_job)
{
    double sum = 0;

    for (size_t i = 0; i < s->lab->workload.njobs; i++)
        sum += by_job[i];
    return sum / (double) s->lab->workload.njobs;
}

static void
show_jobs(const struct study *s, const struct trial *t)
{
    static const struct vn_findings_column columns[] = {
        {"start sim s", 2}, {"start hw s", 2}, {"finish sim s", 2},
        {"finish hw s", 2}, {"jct sim s", 2},  {"jct hw s", 2},
        {"noise %", 1},     {"closed %", 1},   {"open %", 1},
        {"step sim ms", 2}, {"step hw ms", 2}, {"step %", 1},
        {NULL, 0}};
    const struct vn_workload *w = &s->lab->workload;
    char title[200], label[32];

    snprintf(title, sizeof title,
             "%s, job by job: simulated (sim) and measured (hw, mean of %d); "
             "errors of the JCT closed and open loop",
             t->contender->policy->name, s->repeats);
    vn_findings_table(s->findings, title, "job", columns);
    for (size_t i = 0; i < w->njobs; i++) {
        double submit = (double) w->jobs[i].submit * 1e-6, noise, start = 0;
        double jct = measured_jct(s, t, i, &noise);

        for (int r = 0; r < s->repeats; r++)
            start += t->measured[r].start[i] / s->repeats;
        snprintf(label, sizeof label, "%" PRId64, w->jobs[i].id);
        vn_findings_row(
            s->findings, label,
            (double[]){
                t->predicted.start[i], start, t->predicted.finish[i],
                jct + submit, t->predicted.finish[i] - submit, jct, noise,
                error_of(s, t, i, false), error_of(s, t, i, true),
                1e3 * t->step_predicted[i], 1e3 * t->step_measured[i],
                100 * (t->step_predicted[i] / t->step_measured[i] - 1)});
    }
}

/* The first grant in which two runs differ, from 1; 0 where none does.  Which
 * jobs and devices, not when. */
static int
divergence(const struct outcome *a, const struct outcome *b)
{
    for (int i = 0; i < a->ngrants || i < b->ngrants; i++)
        if (i >= a->ngrants || i >= b->ngrants
            || a->grants[i].job != b->grants[i].job
            || a->grants[i].type != b->grants[i].type
            || a->grants[i].devices != b->grants[i].devices)
            return i + 1;
    return 0;
}

static void
spread_row(const struct study *s, const struct trial *t, const char *label,
           const double *errors, double makespan_error, double noise,
           double diverges)
{
    size_t n = s->lab->workload.njobs;
    double *x = vn_xcalloc(n, sizeof *x), absolute = 0, worst = 0;

    for (size_t i = 0; i < n; i++) {
        x[i] = errors[i];
        absolute += fabs(x[i]) / (double) n;
        worst = fabs(x[i]) > fabs(worst) ? x[i] : worst;
    }
    vn_sort(x, n);
    (void) t;
    vn_findings_row(s->findings, label,
                    (double[]){vn_mean(x, n), vn_quantile(x, n, 0.5), worst,
                               absolute, noise, makespan_error, diverges});
    free(x);
}

static void
show_policies(const struct study *s)
{
    static const struct vn_findings_column columns[] = {
        {"mean %", 2},           {"median %", 2}, {"worst %", 2},
        {"mean |error| %", 2},   {"noise %", 2},  {"makespan %", 2},
        {"first divergence", 0}, {NULL, 0}};
    size_t n = s->lab->workload.njobs;
    double *errors = vn_xcalloc(n, sizeof *errors);
    char label[100];

    vn_findings_table(s->findings,
                      "Errors of the JCT over the jobs, beside the deviation "
                      "of a job between repeats; the first of the grants "
                      "that differs (0: none)",
                      "policy", columns);
    for (int k = 0; k < s->ntrials; k++)
        for (int open = 1; open >= 0; open--) {
            const struct trial *t = &s->trials[k];
            double noise = 0, one, span = 0;

            for (size_t i = 0; i < n; i++) {
                errors[i] = error_of(s, t, i, open);
                measured_jct(s, t, i, &one);
                noise += one / (double) n;
            }
            for (int r = 0; r < s->repeats; r++)
                span += (open ? t->open[r].makespan : t->predicted.makespan)
                        / t->measured[r].makespan / s->repeats;
            snprintf(label, sizeof label, "%s, %s loop",
                     t->contender->policy->name, open ? "open" : "closed");
            spread_row(s, t, label, errors, 100 * (span - 1), noise,
                       open ? NAN
                            : divergence(&t->predicted, &t->measured[0]));
        }
    free(errors);
}

/* Mean JCT of a run. */
static double
mean_jct(const struct study *s, const struct outcome *o)
{
    double sum = 0;

    for (size_t i = 0; i < s->lab->workload.njobs; i++)
        sum += o->finish[i] - (double) s->lab->workload.jobs[i].submit * 1e-6;
    return sum / (double) s->lab->workload.njobs;
}

static void
show_ratios(const struct study *s)
{
    static const struct vn_findings_column columns[] = {
        {"sim", 3},  {"hw", 3},      {"low", 3},
        {"high", 3}, {"error %", 2}, {NULL, 0}};
    const struct trial *base = &s->trials[0];
    double x[REPEATS_MAX], y[REPEATS_MAX];
    char title[200];

    if (s->ntrials < 2)
        return;
    snprintf(title, sizeof title,
             "Mean JCT over that of %s: simulated, and measured with its "
             "95 %% interval, paired by repeat",
             base->contender->policy->name);
    vn_findings_table(s->findings, title, "policy", columns);
    for (int k = 1; k < s->ntrials; k++) {
        const struct trial *t = &s->trials[k];
        double said =
            mean_jct(s, &t->predicted) / mean_jct(s, &base->predicted);
        struct vn_interval was;

        for (int r = 0; r < s->repeats; r++) {
            x[r] = mean_jct(s, &t->measured[r]);
            y[r] = mean_jct(s, &base->measured[r]);
        }
        was = vn_interval_ratio(x, y, s->repeats, 0.95);
        vn_findings_row(s->findings, t->contender->policy->name,
                        (double[]){said, was.estimate, was.low, was.high,
                                   100 * (said / was.estimate - 1)});
    }
}

/* Which part of the model is to blame. */
static void
show_parts(const struct study *s)
{
    static const struct vn_findings_column columns[] = {
        {"sim s", 3}, {"hw s", 3}, {"difference s", 3}, {NULL, 0}};
    char label[100];

    vn_findings_table(s->findings,
                      "Where time went, over all jobs and repeats, and what "
                      "the model has for it on the same devices",
                      "policy, part", columns);
    for (int k = 0; k < s->ntrials; k++) {
        const struct trial *t = &s->trials[k];
        enum part most = STEPS;

        for (int p = 0; p < PARTS; p++) {
            double by = t->said[p] - t->was[p];

            snprintf(label, sizeof label, "%s, %s", t->contender->policy->name,
                     part_names[p]);
            vn_findings_row(s->findings, label,
                            (double[]){t->said[p], t->was[p], by});
            if (fabs(by) > fabs(t->said[most] - t->was[most]))
                most = (enum part) p;
        }
        vn_findings_note(s->findings, "%s: most of the difference is in: %s",
                         t->contender->policy->name, part_names[most]);
    }
}

/* Percent, open loop, of one repeat: the mean over the jobs. */
static double
error_in(const struct study *s, const struct trial *t, int r)
{
    size_t n = s->lab->workload.njobs;
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        double submit = (double) s->lab->workload.jobs[i].submit * 1e-6;

        sum += (t->open[r].finish[i] - submit)
               / (t->measured[r].finish[i] - submit);
    }
    return 100 * (sum / (double) n - 1);
}

/*
 * An equivalence test: where does the interval of the mean error lie?  It is
 * over repeats, since the jobs of one run share what disturbs it.
 */
static int
judge(const struct study *s)
{
    double limit = 100 * s->tolerance, x[REPEATS_MAX];
    int verdict = 0;

    for (int k = 0; k < s->ntrials; k++) {
        struct vn_interval i;
        const char *word = "equivalent";

        for (int r = 0; r < s->repeats; r++)
            x[r] = error_in(s, &s->trials[k], r);
        i = vn_interval_mean(x, s->repeats, 0.95);
        if (i.low > limit || i.high < -limit) {
            verdict = 1;
            word = "not equivalent";
        } else if (!(i.low >= -limit && i.high <= limit)) {
            verdict = verdict == 0 ? INCONCLUSIVE : verdict;
            word = "inconclusive";
        }
        vn_findings_note(s->findings,
                         "%s: mean error of the JCT, open loop, %.2f %% (95 "
                         "%% interval %.2f to %.2f), tolerance %.2f %%: %s",
                         s->trials[k].contender->policy->name, i.estimate,
                         i.low, i.high, limit, word);
    }
    return verdict;
}

/* Every job must have ended in every run. */
static enum vn_status
check_ends(const struct study *s, const struct outcome *o, const char *what,
           const struct trial *t, struct vn_error *err)
{
    if (!isnan(mean_over(s, o->finish)))
        return VN_OK;
    return vn_fail(err, VN_EINVAL,
                   "%s: not every job finished in the %s run, expected a "
                   "trace that the cluster can run whole",
                   t->contender->policy->name, what);
}

static enum vn_status
run_trial(struct study *s, struct trial *t, struct vn_error *err)
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
run_all(struct study *s, struct vn_error *err)
{
    enum vn_status status = VN_OK;

    for (int k = 0; k < s->ntrials && status == VN_OK; k++)
        status = run_trial(s, &s->trials[k], err);
    for (int r = 0; r < s->repeats && status == VN_OK; r++)
        for (int k = 0; k < s->ntrials && status == VN_OK; k++) {
            struct trial *t = &s->trials[k];

            fprintf(stderr, "vnreplay: %s, execution %d of %d\n",
                    t->contender->policy->name, r + 1, s->repeats);
            status = execute(s, t, r, err);
            if (status == VN_OK)
                status = check_ends(s, &t->measured[r], "measured", t, err);
        }
    return status;
}

static void
study_free(struct study *s)
{
    for (int k = 0; k < s->ntrials; k++) {
        struct trial *t = &s->trials[k];

        outcome_free(&t->predicted);
        for (int r = 0; r < s->repeats; r++) {
            outcome_free(&t->measured[r]);
            outcome_free(&t->open[r]);
        }
        free(t->step_predicted);
        free(t->step_measured);
    }
    free(s->trials);
    vn_findings_free(s->findings);
}

static enum vn_status
validate(struct study *s, int format, int *verdict, struct vn_error *err)
{
    enum vn_status status;

    s->ntrials = s->lab->sweep.ncontenders;
    s->trials = vn_xcalloc((size_t) s->ntrials, sizeof *s->trials);
    s->findings = vn_findings_alloc();
    for (int k = 0; k < s->ntrials; k++)
        s->trials[k].contender = &s->lab->sweep.contenders[k];
    if (s->lab->sweep.results != NULL)
        for (int k = 0; k < s->ntrials; k++)
            if ((status = vn_sweep_replay(&s->lab->sweep, &s->lab->workload,
                                          &s->lab->sweep.settings[0],
                                          s->trials[k].contender, err))
                != VN_OK)
                return status;
    status = run_all(s, err);
    if (status != VN_OK)
        return status;
    for (int k = 0; k < s->ntrials; k++)
        show_jobs(s, &s->trials[k]);
    show_policies(s);
    show_ratios(s);
    show_parts(s);
    *verdict = judge(s);
    vn_findings_print(s->findings, stdout, (enum vn_findings_format) format);
    return VN_OK;
}

static enum vn_status
take(int i, const char *value, struct study *s, int *format,
     struct vn_error *err)
{
    static const char *const formats[] = {"text", "csv", "json"};
    char why[VN_WHY_SIZE];
    const char *wrong = NULL;
    int64_t n = 1;

    switch (i) {
    case REPEATS:
        wrong = vn_read_int(value, 1, REPEATS_MAX, &n, why);
        s->repeats = (int) n;
        break;
    case TOLERANCE:
        wrong = vn_read_real(value, 1e-6, 10, &s->tolerance, why);
        break;
    case FORMAT:
        return vn_option_choice("format", value, formats, 3, format, err);
    default:
        return i < VN_LAB_OPTIONS
                   ? vn_lab_take(s->lab, (enum vn_lab_option) i, value, err)
                   : vn_assume(&s->lab->sweep.assumptions,
                               (enum vn_assumption)(i - ASSUMED), value, err);
    }
    return wrong == NULL ? VN_OK
                         : vn_args_refuse(err, options[i].name, value, wrong);
}

int
vn_command_validate(int argc, char **argv)
{
    struct vn_args args = vn_args_begin(argc, argv, options, NOPTIONS);
    struct vn_lab lab = {.scale = 1, .seed = 1};
    struct study s = {.lab = &lab, .repeats = 3, .tolerance = 0.05};
    enum vn_status status = VN_OK;
    struct vn_error err = {0};
    int i, format = 0, verdict = 0;
    const char *value;

    while (status == VN_OK && (i = vn_args_next(&args, &value, &err)) >= 0)
        status = take(i, value, &s, &format, &err);
    if (status == VN_OK && i == VN_ARGS_HELP) {
        print_help();
        return 0;
    }
    if (status == VN_OK && i == VN_ARGS_FAILED)
        status = VN_EUSAGE;
    else if (status == VN_OK && args.nrest > 0)
        status = vn_fail(&err, VN_EUSAGE,
                         "'%s' is no option (see vnreplay validate --help)",
                         args.rest[0]);
    if (status == VN_OK)
        status = vn_lab_open(&lab, &err);
    if (status == VN_OK)
        status = validate(&s, format, &verdict, &err);
    study_free(&s);
    vn_lab_close(&lab);
    if (status == VN_OK)
        return verdict;
    vn_error_print(stderr, "vnreplay", &err);
    return vn_error_exit(&err);
}
