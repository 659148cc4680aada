#include "config.h"

#include "replay/study.h"

#include "analysis/statistics.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* The jct of job i over the repeats: its mean, and its deviation over it. */
static double
measured_jct(const struct vn_study *s, const struct vn_trial *t, size_t i,
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
error_of(const struct vn_study *s, const struct vn_trial *t, size_t i,
         bool open)
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

static void
show_jobs(struct vn_findings *f, const struct vn_study *s,
          const struct vn_trial *t)
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
    vn_findings_table(f, title, "job", columns);
    for (size_t i = 0; i < w->njobs; i++) {
        double submit = (double) w->jobs[i].submit * 1e-6, noise, start = 0;
        double jct = measured_jct(s, t, i, &noise);

        for (int r = 0; r < s->repeats; r++)
            start += t->measured[r].start[i] / s->repeats;
        snprintf(label, sizeof label, "%" PRId64, w->jobs[i].id);
        vn_findings_row(
            f, label,
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
divergence(const struct vn_outcome *a, const struct vn_outcome *b)
{
    for (int i = 0; i < a->ngrants || i < b->ngrants; i++)
        if (i >= a->ngrants || i >= b->ngrants
            || a->grants[i].job != b->grants[i].job
            || a->grants[i].type != b->grants[i].type
            || a->grants[i].devices != b->grants[i].devices)
            return i + 1;
    return 0;
}

/* The first grant in which any repeat differs from the simulation. */
static int
first_divergence(const struct vn_study *s, const struct vn_trial *t)
{
    int first = 0;

    for (int r = 0; r < s->repeats; r++) {
        int at = divergence(&t->predicted, &t->measured[r]);

        if (at > 0 && (first == 0 || at < first))
            first = at;
    }
    return first;
}

/* "job 3: 2 devices at 4.1 s". */
static void
describe_grant(const struct vn_outcome *o, int at, char *text, size_t size)
{
    const struct vn_live_grant *g = &o->grants[at - 1];

    if (at > o->ngrants)
        snprintf(text, size, "none");
    else
        snprintf(text, size,
                 "job %" PRId64 ": %d device%s of type %d at %.2f s", g->job,
                 g->devices, g->devices == 1 ? "" : "s", g->type + 1,
                 (double) g->time * 1e-6);
}

static void
spread_row(struct vn_findings *f, const struct vn_study *s, const char *label,
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
    vn_findings_row(f, label,
                    (double[]){vn_mean(x, n), vn_quantile(x, n, 0.5), worst,
                               absolute, noise, makespan_error, diverges});
    free(x);
}

static void
show_policies(struct vn_findings *f, const struct vn_study *s)
{
    static const struct vn_findings_column columns[] = {
        {"mean %", 2},           {"median %", 2}, {"worst %", 2},
        {"mean |error| %", 2},   {"noise %", 2},  {"makespan %", 2},
        {"first divergence", 0}, {NULL, 0}};
    size_t n = s->lab->workload.njobs;
    double *errors = vn_xcalloc(n, sizeof *errors);
    char label[100];

    vn_findings_table(f,
                      "Errors of the JCT over the jobs, beside the deviation "
                      "of a job between repeats; the first of the grants "
                      "that differs (0: none)",
                      "policy", columns);
    for (int k = 0; k < s->ntrials; k++)
        for (int open = 1; open >= 0; open--) {
            const struct vn_trial *t = &s->trials[k];
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
            spread_row(f, s, label, errors, 100 * (span - 1), noise,
                       open ? NAN : first_divergence(s, t));
        }
    free(errors);
}

/* Mean JCT of a run. */
static double
mean_jct(const struct vn_study *s, const struct vn_outcome *o)
{
    double sum = 0;

    for (size_t i = 0; i < s->lab->workload.njobs; i++)
        sum += o->finish[i] - (double) s->lab->workload.jobs[i].submit * 1e-6;
    return sum / (double) s->lab->workload.njobs;
}

static void
show_ratios(struct vn_findings *f, const struct vn_study *s)
{
    static const struct vn_findings_column columns[] = {
        {"sim", 3},  {"hw", 3},      {"low", 3},
        {"high", 3}, {"error %", 2}, {NULL, 0}};
    const struct vn_trial *base = &s->trials[0];
    double x[VN_REPEATS_MAX], y[VN_REPEATS_MAX];
    char title[200];

    if (s->ntrials < 2)
        return;
    snprintf(title, sizeof title,
             "Mean JCT over that of %s: simulated, and measured with its "
             "95 %% interval, paired by repeat",
             base->contender->policy->name);
    vn_findings_table(f, title, "policy", columns);
    for (int k = 1; k < s->ntrials; k++) {
        const struct vn_trial *t = &s->trials[k];
        double said =
            mean_jct(s, &t->predicted) / mean_jct(s, &base->predicted);
        struct vn_interval was;

        for (int r = 0; r < s->repeats; r++) {
            x[r] = mean_jct(s, &t->measured[r]);
            y[r] = mean_jct(s, &base->measured[r]);
        }
        was = vn_interval_ratio(x, y, s->repeats, 0.95);
        vn_findings_row(f, t->contender->policy->name,
                        (double[]){said, was.estimate, was.low, was.high,
                                   100 * (said / was.estimate - 1)});
    }
}

/* In how many executions the policy granted what it did simulated, and where
 * the others part from that. */
static void
note_grants(struct vn_findings *f, const struct vn_study *s,
            const struct vn_trial *t)
{
    const struct vn_outcome *said = &t->predicted;
    int same = 0;

    for (int r = 0; r < s->repeats; r++)
        same += divergence(said, &t->measured[r]) == 0;
    vn_findings_note(f,
                     "%s: in %d of %d executions all grants are those "
                     "simulated",
                     t->contender->policy->name, same, s->repeats);
    for (int r = 0; r < s->repeats; r++) {
        const struct vn_outcome *was = &t->measured[r];
        int at = divergence(said, was);
        char a[100], b[100];

        if (at == 0)
            continue;
        describe_grant(said, at, a, sizeof a);
        describe_grant(was, at, b, sizeof b);
        vn_findings_note(f, "%s, execution %d: grant %d is %s, simulated %s",
                         t->contender->policy->name, r + 1, at, b, a);
    }
}

void
vn_study_report(const struct vn_study *s, struct vn_findings *f)
{
    for (int k = 0; k < s->ntrials; k++)
        show_jobs(f, s, &s->trials[k]);
    show_policies(f, s);
    show_ratios(f, s);
    for (int k = 0; k < s->ntrials; k++)
        note_grants(f, s, &s->trials[k]);
    vn_study_show_blame(s, f);
}

/* Percent, open loop, of one repeat: the mean over the jobs. */
static double
error_in(const struct vn_study *s, const struct vn_trial *t, int r)
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
int
vn_study_judge(const struct vn_study *s, struct vn_findings *f)
{
    double limit = 100 * s->tolerance, x[VN_REPEATS_MAX];
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
            verdict = verdict == 0 ? VN_INCONCLUSIVE : verdict;
            word = "inconclusive";
        }
        vn_findings_note(f,
                         "%s: mean error of the JCT, open loop, %.2f %% (95 "
                         "%% interval %.2f to %.2f), tolerance %.2f %%: %s",
                         s->trials[k].contender->policy->name, i.estimate,
                         i.low, i.high, limit, word);
    }
    return verdict;
}
