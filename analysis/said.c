#include "config.h"

#include "analysis/said.h"

#include <math.h>
#include <stdio.h>

/* The largest unit that is no longer than the column's geometric mean. */
struct vn_said_unit
vn_said_unit(const struct vn_comparison *c, enum vn_metric metric)
{
    static const struct vn_said_unit units[] = {
        {"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}};
    double logs = 0;
    size_t i = 0;
    int n = 0;

    if (metric == VN_METRIC_UTILISATION)
        return (struct vn_said_unit){"%", 0.01};
    for (int p = 0; p < c->group->npolicies; p++) {
        double x = vn_mean(vn_comparison_values(c, metric, p),
                           (size_t) c->group->nreplicates);

        if (x > 0) {
            logs += log(x);
            n++;
        }
    }
    while (i + 1 < sizeof units / sizeof *units
           && (n == 0 || exp(logs / n) < units[i].size))
        i++;
    return units[i];
}

/* As many decimals as show three digits. */
int
vn_said_decimals(double x)
{
    static const double limits[] = {99.95, 9.995, 0.9995, 0.09995, 0.009995};
    int n = 0;

    while (n < 5 && fabs(x) < limits[n])
        n++;
    return x == 0 ? 0 : n;
}

const char *const vn_said_titles[VN_METRICS_MAIN] = {
    [VN_METRIC_JCT_MEAN] = "JCT mean", [VN_METRIC_JCT_P50] = "JCT p50",
    [VN_METRIC_JCT_P99] = "JCT p99",   [VN_METRIC_QUEUE_MEAN] = "queueing",
    [VN_METRIC_MAKESPAN] = "makespan", [VN_METRIC_UTILISATION] = "used",
};

struct vn_interval
vn_said_ratio(const struct vn_comparison *c, enum vn_metric metric, int policy,
              double level)
{
    return vn_interval_ratio(vn_comparison_values(c, metric, policy),
                             vn_comparison_values(c, metric, 0),
                             c->group->nreplicates, level);
}

void
vn_said_chances(const struct vn_comparison *c, double *p, double *holm)
{
    const struct vn_group *g = c->group;

    for (int i = 0; i < g->npolicies; i++)
        holm[i] = p[i] =
            i == 0 ? NAN
                   : vn_p_ratio(vn_comparison_values(c, VN_METRIC_JCT_MEAN, i),
                                vn_comparison_values(c, VN_METRIC_JCT_MEAN, 0),
                                g->nreplicates);
    vn_holm(holm, g->npolicies);
}

const char *
vn_said_covers(const struct vn_group *g)
{
    if (g->nreplicates < 2)
        return NULL;
    if (g->first->window != NULL)
        return "replicates are windows of one trace, which follow each other "
               "and are not\nindependent: intervals are narrower than the "
               "truth";
    if (g->first->trace != NULL && g->first->trace[0] == '-')
        return "replicates are draws of one recipe: intervals cover what it "
               "draws, not what\nother traces would show";
    return NULL;
}

const char *
vn_said_remark(const struct vn_comparison *c)
{
    bool differ = false;

    for (int p = 0; p < c->group->npolicies; p++)
        differ = differ || c->unfinished[p] != c->unfinished[0]
                 || c->rejected[p] != c->rejected[0] || c->censored[p] > 0;
    return differ ? "the policies left different jobs: times are those of the "
                    "jobs that all of them finished, and what is of all jobs "
                    "(makespan, use) is not of the same ones"
                  : NULL;
}

/* "of 1 to 8 devices (median 4)" */
static void
say_sizes(const struct vn_sizes *s, char *text, size_t size)
{
    double median = vn_quantile(s->devices, s->n, 0.5);

    if (s->devices[0] == s->devices[s->n - 1])
        snprintf(text, size, "of %g device%s", median, median == 1 ? "" : "s");
    else
        snprintf(text, size, "of %g to %g devices (median %g)", s->devices[0],
                 s->devices[s->n - 1], median);
}

void
vn_said_dropped(const struct vn_comparison *c, char *text, size_t size)
{
    char dropped[128], kept[128];

    text[0] = '\0';
    if (c->dropped.n == 0)
        return;
    say_sizes(&c->dropped, dropped, sizeof dropped);
    snprintf(kept, sizeof kept, "none");
    if (c->kept.n > 0)
        say_sizes(&c->kept, kept, sizeof kept);
    snprintf(text, size,
             "%zu job%s left out, %s; beside them %zu compared%s%s",
             c->dropped.n, c->dropped.n == 1 ? "" : "s", dropped, c->kept.n,
             c->kept.n > 0 ? ", " : "", c->kept.n > 0 ? kept : "");
}

bool
vn_said_has_baseline(const struct vn_group *g, const char *baseline)
{
    return vn_group_is(g->labels[0], baseline);
}
