/*
 * Runs as they were measured and as they are simulated, side by side.
 */
#include "config.h"

#include "replay/experiment/elastic.h"

#include <math.h>
#include <stdlib.h>

static const char *const quantities[] = {
    [VN_ELASTIC_MAKESPAN] = "makespan, s",
    [VN_ELASTIC_MEAN_JCT] = "mean JCT, s",
    [VN_ELASTIC_MEDIAN_JCT] = "median JCT, s",
    [VN_ELASTIC_TOP_JCT] = "JCT of the top priority, s",
    [VN_ELASTIC_MEAN_QUEUE] = "mean queueing, s",
    [VN_ELASTIC_MEDIAN_QUEUE] = "median queueing, s",
    [VN_ELASTIC_UTILISATION] = "utilisation, %",
};

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
top_jct(const struct vn_elastic_lab *lab, const struct vn_elastic_outcome *o)
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

void
vn_elastic_summarise(const struct vn_elastic_lab *lab,
                     const struct vn_elastic_outcome *o, double *q)
{
    double jct[VN_ELASTIC_JOBS], queue[VN_ELASTIC_JOBS];

    for (int i = 0; i < VN_ELASTIC_QUANTITIES; i++)
        q[i] = 0;
    for (int i = 0; i < o->njobs; i++) {
        jct[i] = seconds(o->finish[i] - o->submit[i]);
        queue[i] = seconds(o->start[i] - o->submit[i]);
        q[VN_ELASTIC_MEAN_JCT] += jct[i] / o->njobs;
        q[VN_ELASTIC_MEAN_QUEUE] += queue[i] / o->njobs;
        q[VN_ELASTIC_MAKESPAN] =
            fmax(q[VN_ELASTIC_MAKESPAN], seconds(o->finish[i]));
    }
    q[VN_ELASTIC_MEDIAN_JCT] = median(jct, o->njobs);
    q[VN_ELASTIC_MEDIAN_QUEUE] = median(queue, o->njobs);
    q[VN_ELASTIC_TOP_JCT] = top_jct(lab, o);
    q[VN_ELASTIC_UTILISATION] = 100 * o->utilisation;
}

/* How many decisions, from the first, are the same: (job, from, to). */
static int
agreement(const struct vn_elastic_outcome *a,
          const struct vn_elastic_outcome *b)
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
               const struct vn_elastic_outcome *measured,
               const struct vn_elastic_outcome *o)
{
    int n = agreement(measured, o);
    const struct vn_elastic_decision *d;
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

void
vn_elastic_show_jobs(struct vn_elastic_lab *lab,
                     const struct vn_elastic_run *run, const char *policy,
                     const struct vn_elastic_results *r)
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
        const struct vn_elastic_outcome *m = r->measured ? &r->m : &r->fitted;
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

void
vn_elastic_show_run(struct vn_elastic_lab *lab,
                    const struct vn_elastic_run *run, const char *policy,
                    const struct vn_elastic_results *r)
{
    static const struct vn_findings_column columns_of_run[] = {
        {"measured", 1}, {"own", 1},       {"error, %", 1},
        {"fitted", 1},   {"error, % ", 1}, {NULL, 0}};
    char title[128];

    snprintf(title, sizeof title, "%s under %s", run->name, policy);
    vn_findings_table(lab->findings, title, "", columns_of_run);
    for (int i = 0; i < VN_ELASTIC_QUANTITIES; i++) {
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

void
vn_elastic_show_gains(struct vn_elastic_lab *lab,
                      const struct vn_elastic_run *run,
                      const struct vn_elastic_results *wfs,
                      const struct vn_elastic_results *priority,
                      const struct vn_elastic_claim *claims)
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
    for (int i = 0; i < VN_ELASTIC_QUANTITIES; i++) {
        double values[4] = {NAN, NAN, NAN, NAN};

        for (const struct vn_elastic_claim *c = claims; c->published != 0; c++)
            if (c->quantity == (enum vn_elastic_quantity) i)
                values[0] = c->published;
        for (int k = 0; k < 3; k++)
            if (wfs->measured || k > 0)
                values[1 + k] = i == VN_ELASTIC_UTILISATION
                                    ? wfs->q[k][i] - priority->q[k][i]
                                    : off(priority->q[k][i], wfs->q[k][i]);
        vn_findings_row(lab->findings, quantities[i], values);
    }
    vn_findings_note(lab->findings,
                     "Of utilisation the difference, in points.");
}
