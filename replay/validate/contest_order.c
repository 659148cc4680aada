/* Which of two policies is the better one: simulated, and measured. */
#include "config.h"

#include "replay/validate/contest.h"

#include "analysis/statistics.h"

#include <math.h>

double
vn_contest_mean_jct(const struct vn_contest *s, const struct vn_outcome *o)
{
    const struct vn_workload *w = &s->setup->workload;
    double sum = 0;

    for (size_t i = 0; i < w->njobs; i++)
        sum += o->finish[i] - (double) w->jobs[i].submit * 1e-6;
    return sum / (double) w->njobs;
}

/* The mean JCT by repeat of what was measured. */
static void
measured(const struct vn_contest *s, int trial, int repeats, double *jct)
{
    for (int r = 0; r < repeats; r++)
        jct[r] = vn_contest_mean_jct(s, &s->trials[trial].measured[r]);
}

/* Is it known which of two is the better, after so many repeats? */
static bool
pair_is_known(const struct vn_contest *s, int a, int b, int repeats)
{
    double x[VN_REPEATS_MAX], y[VN_REPEATS_MAX];
    int pairs = s->ntrials * (s->ntrials - 1) / 2;

    measured(s, a, repeats, x);
    measured(s, b, repeats, y);
    return vn_order_is_known(x, y, repeats, (1 - s->certainty) / pairs);
}

bool
vn_contest_order_is_known(const struct vn_contest *s, int repeats)
{
    for (int a = 0; a < s->ntrials; a++)
        for (int b = a + 1; b < s->ntrials; b++)
            if (!pair_is_known(s, a, b, repeats))
                return false;
    return true;
}

static void
show_pair(const struct vn_contest *s, int a, int b, struct vn_findings *f)
{
    double x[VN_REPEATS_MAX], y[VN_REPEATS_MAX], said, below;
    char label[160];

    for (int r = 0; r < s->repeats; r++) {
        x[r] = vn_contest_mean_jct(s, &s->trials[a].closed[r]);
        y[r] = vn_contest_mean_jct(s, &s->trials[b].closed[r]);
    }
    said = vn_interval_ratio(x, y, s->repeats, 0.95).estimate;
    measured(s, a, s->repeats, x);
    measured(s, b, s->repeats, y);
    below = vn_p_below(x, y, s->repeats);
    snprintf(label, sizeof label, "%s / %s",
             s->trials[a].contender->policy->name,
             s->trials[b].contender->policy->name);
    vn_findings_row(
        f, label,
        (double[]){said, vn_interval_ratio(x, y, s->repeats, 0.95).estimate,
                   said == 1 ? NAN : 100 * (said < 1 ? below : 1 - below)});
}

void
vn_contest_show_order(const struct vn_contest *s, struct vn_findings *f)
{
    static const struct vn_findings_column columns[] = {
        {"simulated", 3}, {"measured", 3}, {"same order %", 1}, {NULL, 0}};

    if (s->ntrials < 2)
        return;
    vn_findings_table(
        f,
        "Order: the ratio of two policies' mean JCT, and the "
        "probability that the better one simulated is the better "
        "one measured",
        "policies", columns);
    for (int a = 0; a < s->ntrials; a++)
        for (int b = a + 1; b < s->ntrials; b++)
            show_pair(s, a, b, f);
    if (!(s->certainty > 0))
        return;
    if (vn_contest_order_is_known(s, s->repeats))
        vn_findings_note(f,
                         "the measured order of every two policies is known "
                         "after %d executions of each, all of it with a "
                         "certainty of %g",
                         s->repeats, s->certainty);
    for (int a = 0; a < s->ntrials; a++)
        for (int b = a + 1; b < s->ntrials; b++)
            if (!pair_is_known(s, a, b, s->repeats))
                vn_findings_note(
                    f,
                    "which of %s and %s is better is not known after %d "
                    "executions of each, with a certainty of %g",
                    s->trials[a].contender->policy->name,
                    s->trials[b].contender->policy->name, s->repeats,
                    s->certainty);
}
