#include "config.h"

#include "replay/validate/contest.h"

#include "analysis/statistics.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

/* What is compared with what. */
enum loop {
    OPEN,   /* the grants simulated, with what was measured at the profile's
             * speed of the host */
    RAW,    /* with what was measured */
    CLOSED, /* the policy simulated, on the host as it was */
    LOOPS
};

static const char *const loop_names[] = {[OPEN] = "open loop",
                                         [RAW] = "open loop, as the host was",
                                         [CLOSED] = "closed loop"};

static double
submit_of(const struct vn_contest *s, size_t i)
{
    return (double) s->setup->workload.jobs[i].submit * 1e-6;
}

/* Seconds from submission to finish of job i in a repeat. */
static double
jct_measured(const struct vn_contest *s, const struct vn_trial *t, size_t i,
             int r, enum loop loop)
{
    const struct vn_outcome *o = &t->measured[r];

    return o->finish[i] - submit_of(s, i) - (loop == OPEN ? o->lost[i] : 0);
}

static double
jct_simulated(const struct vn_contest *s, const struct vn_trial *t, size_t i,
              int r, enum loop loop)
{
    const struct vn_outcome *o = loop == CLOSED ? &t->closed[r] : &t->open[r];

    return o->finish[i] - submit_of(s, i);
}

/* Percent by which the simulated jct of job i lies above the measured in a
 * repeat; and over the repeats, the mean. */
static double
error_in(const struct vn_contest *s, const struct vn_trial *t, size_t i, int r,
         enum loop loop)
{
    return 100
           * (jct_simulated(s, t, i, r, loop) / jct_measured(s, t, i, r, loop)
              - 1);
}

static double
error_of(const struct vn_contest *s, const struct vn_trial *t, size_t i,
         enum loop loop)
{
    double sum = 0;

    for (int r = 0; r < s->repeats; r++)
        sum += error_in(s, t, i, r, loop);
    return sum / s->repeats;
}

/* Percent by which the measured jct of job i deviates between repeats. */
static double
noise_of(const struct vn_contest *s, const struct vn_trial *t, size_t i,
         enum loop loop)
{
    double mean = 0, squares = 0;
    int n = s->repeats;

    for (int r = 0; r < n; r++)
        mean += jct_measured(s, t, i, r, loop) / n;
    for (int r = 0; r < n; r++)
        squares += pow(jct_measured(s, t, i, r, loop) - mean, 2);
    return n > 1 ? 100 * sqrt(squares / (n - 1)) / mean : NAN;
}

/* The mean over repeats of a number of a job. */
static double
mean_over(const struct vn_contest *s, const struct vn_outcome *outcomes,
          size_t i, bool start)
{
    double sum = 0;

    for (int r = 0; r < s->repeats; r++)
        sum += start ? outcomes[r].start[i] : outcomes[r].finish[i];
    return sum / s->repeats;
}

static void
show_jobs(struct vn_findings *f, const struct vn_contest *s,
          const struct vn_trial *t)
{
    static const struct vn_findings_column columns[] = {
        {"start sim s", 2}, {"start hw s", 2},  {"finish sim s", 2},
        {"finish hw s", 2}, {"jct sim s", 2},   {"jct hw s", 2},
        {"host s", 2},      {"noise %", 1},     {"closed %", 1},
        {"open %", 1},      {"step sim ms", 2}, {"step hw ms", 2},
        {"step %", 1},      {NULL, 0}};
    const struct vn_workload *w = &s->setup->workload;
    char title[300], label[32];

    snprintf(title, sizeof title,
             "%s, job by job: simulated (sim) and measured (hw), means of %d; "
             "seconds of it that the host took by being slow; errors of the "
             "JCT closed and open loop",
             t->contender->policy->name, s->repeats);
    vn_findings_table(f, title, "job", columns);
    for (size_t i = 0; i < w->njobs; i++) {
        double said = mean_over(s, t->closed, i, false), lost = 0;
        double was = mean_over(s, t->measured, i, false);

        for (int r = 0; r < s->repeats; r++)
            lost += t->measured[r].lost[i] / s->repeats;
        snprintf(label, sizeof label, "%" PRId64, w->jobs[i].id);
        vn_findings_row(
            f, label,
            (double[]){
                mean_over(s, t->closed, i, true),
                mean_over(s, t->measured, i, true), said, was,
                said - submit_of(s, i), was - submit_of(s, i), lost,
                noise_of(s, t, i, RAW), error_of(s, t, i, CLOSED),
                error_of(s, t, i, OPEN), 1e3 * t->step_predicted[i],
                1e3 * t->step_measured[i],
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
first_divergence(const struct vn_contest *s, const struct vn_trial *t)
{
    int first = 0;

    for (int r = 0; r < s->repeats; r++) {
        int at = divergence(&t->closed[r], &t->measured[r]);

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
spread_row(struct vn_findings *f, const struct vn_contest *s,
           const char *label, const double *errors, double makespan_error,
           double noise, double diverges)
{
    size_t n = s->setup->workload.njobs;
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

/* Was the host's own speed measured? */
static bool
knows_host(const struct vn_contest *s)
{
    bool known = false;

    for (int k = 0; k < s->ntrials; k++)
        for (int r = 0; r < s->repeats; r++)
            for (size_t i = 0; i < s->setup->workload.njobs; i++)
                known = known || s->trials[k].measured[r].lost[i] != 0;
    return known;
}

static void
show_loop(struct vn_findings *f, const struct vn_contest *s,
          const struct vn_trial *t, enum loop loop)
{
    size_t n = s->setup->workload.njobs;
    double *errors = vn_xcalloc(n, sizeof *errors), noise = 0, span = 0;
    char label[100];

    for (size_t i = 0; i < n; i++) {
        errors[i] = error_of(s, t, i, loop);
        noise += noise_of(s, t, i, loop) / (double) n;
    }
    for (int r = 0; r < s->repeats; r++)
        span += t->closed[r].makespan / t->measured[r].makespan / s->repeats;
    snprintf(label, sizeof label, "%s, %s", t->contender->policy->name,
             loop_names[loop]);
    spread_row(f, s, label, errors, loop == CLOSED ? 100 * (span - 1) : NAN,
               noise, loop == CLOSED ? first_divergence(s, t) : NAN);
    free(errors);
}

static void
show_policies(struct vn_findings *f, const struct vn_contest *s)
{
    static const struct vn_findings_column columns[] = {
        {"mean %", 2},           {"median %", 2}, {"worst %", 2},
        {"mean |error| %", 2},   {"noise %", 2},  {"makespan %", 2},
        {"first divergence", 0}, {NULL, 0}};
    bool host = knows_host(s);

    vn_findings_table(f,
                      "Errors of the JCT over the jobs, beside the deviation "
                      "of a job between repeats; the first of the grants "
                      "that differs (0: none)",
                      "policy", columns);
    for (int k = 0; k < s->ntrials; k++)
        for (int loop = 0; loop < LOOPS; loop++)
            if (loop != RAW || host)
                show_loop(f, s, &s->trials[k], (enum loop) loop);
    if (!host)
        vn_findings_note(f, "the host's own speed is not known: no probe_s in "
                            "the profile (see vnreplay calibrate)");
}

static void
show_ratios(struct vn_findings *f, const struct vn_contest *s)
{
    static const struct vn_findings_column columns[] = {
        {"sim", 3},     {"hw", 3},    {"low", 3},    {"high", 3},
        {"error %", 2}, {"low %", 2}, {"high %", 2}, {NULL, 0}};
    const struct vn_trial *base = &s->trials[0];
    double sim[VN_REPEATS_MAX], sim_base[VN_REPEATS_MAX];
    double hw[VN_REPEATS_MAX], hw_base[VN_REPEATS_MAX];
    char title[300];

    if (s->ntrials < 2)
        return;
    snprintf(title, sizeof title,
             "Mean JCT over that of %s, closed loop: simulated, and measured "
             "with its 95 %% interval; the error with its own; both paired by "
             "repeat",
             base->contender->policy->name);
    vn_findings_table(f, title, "policy", columns);
    for (int k = 1; k < s->ntrials; k++) {
        const struct vn_trial *t = &s->trials[k];
        struct vn_interval said, was, error;

        for (int r = 0; r < s->repeats; r++) {
            sim[r] = vn_contest_mean_jct(s, &t->closed[r]);
            sim_base[r] = vn_contest_mean_jct(s, &base->closed[r]);
            hw[r] = vn_contest_mean_jct(s, &t->measured[r]);
            hw_base[r] = vn_contest_mean_jct(s, &base->measured[r]);
        }
        said = vn_interval_ratio(sim, sim_base, s->repeats, 0.95);
        was = vn_interval_ratio(hw, hw_base, s->repeats, 0.95);
        for (int r = 0; r < s->repeats; r++) {
            sim[r] /= sim_base[r];
            hw[r] /= hw_base[r];
        }
        error = vn_interval_ratio(sim, hw, s->repeats, 0.95);
        vn_findings_row(f, t->contender->policy->name,
                        (double[]){said.estimate, was.estimate, was.low,
                                   was.high, 100 * (error.estimate - 1),
                                   100 * (error.low - 1),
                                   100 * (error.high - 1)});
    }
}

/* In how many executions the policy granted what it did simulated, and where
 * the others part from that. */
static void
note_grants(struct vn_findings *f, const struct vn_contest *s,
            const struct vn_trial *t)
{
    int same = 0;

    for (int r = 0; r < s->repeats; r++)
        same += divergence(&t->closed[r], &t->measured[r]) == 0;
    vn_findings_note(f,
                     "%s: in %d of %d executions all grants are those "
                     "simulated",
                     t->contender->policy->name, same, s->repeats);
    for (int r = 0; r < s->repeats; r++) {
        const struct vn_outcome *said = &t->closed[r];
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
vn_contest_report(const struct vn_contest *s, struct vn_findings *f)
{
    for (int k = 0; k < s->ntrials; k++)
        show_jobs(f, s, &s->trials[k]);
    show_policies(f, s);
    show_ratios(f, s);
    vn_contest_show_order(s, f);
    for (int k = 0; k < s->ntrials; k++)
        note_grants(f, s, &s->trials[k]);
    vn_contest_show_blame(s, f);
    if (s->calibrator != NULL)
        vn_calibrator_show(s->calibrator, f);
}

/*
 * An equivalence test: where does the interval of the mean error lie?  It is
 * over repeats, since the jobs of one run share what disturbs it, and has the
 * error of the calibration in it, which the repeats share.
 */
int
vn_contest_judge(const struct vn_contest *s, struct vn_findings *f)
{
    static const struct vn_findings_column columns[] = {
        {"mean %", 2},
        {"low", 2},
        {"high", 2},
        {"of the calibration", 2},
        {NULL, 0}};
    double limit = 100 * s->tolerance, x[VN_REPEATS_MAX];
    int verdict = 0;

    vn_findings_table(f,
                      "Mean error of the JCT, open loop, with its 95 % "
                      "interval, and the standard deviation that the "
                      "calibration has in it",
                      "policy", columns);
    for (int k = 0; k < s->ntrials; k++) {
        double deviation =
            s->calibrator != NULL ? s->trials[k].calibration_error : NAN;
        struct vn_interval i;
        const char *word = "equivalent";
        char interval[VN_INTERVAL_TEXT];

        for (int r = 0; r < s->repeats; r++)
            x[r] = vn_contest_error(s, &s->trials[k], r);
        i = vn_interval_mean(x, s->repeats, 0.95);
        if (s->calibrator != NULL)
            i = vn_interval_widen(i, deviation,
                                  vn_calibrator_rounds(s->calibrator), 0.95);
        vn_findings_row(f, s->trials[k].contender->policy->name,
                        (double[]){i.estimate, i.low, i.high, deviation});
        if (i.low > limit || i.high < -limit) {
            verdict = 1;
            word = "not equivalent";
        } else if (!(i.low >= -limit && i.high <= limit)) {
            verdict = verdict == 0 ? VN_INCONCLUSIVE : verdict;
            word = "inconclusive";
        }
        vn_findings_note(f,
                         "%s: mean error of the JCT, open loop, %.2f %% (%s), "
                         "tolerance %.2f %%: %s",
                         s->trials[k].contender->policy->name, i.estimate,
                         vn_findings_interval(i.low, i.high, interval), limit,
                         word);
    }
    if (s->calibrator == NULL)
        vn_findings_note(f, "the profile's own error is not in these "
                            "intervals, since it is not known");
    return verdict;
}
