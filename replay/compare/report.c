#include "config.h"

#include "replay/compare/report.h"

#include <math.h>

const struct vn_report_form vn_report_forms[VN_REPORT_FORMS] = {
    {"text", vn_report_text, ""},         {"csv", vn_report_csv, ""},
    {"json", vn_report_json, "]\n"},      {"latex", vn_report_latex, ""},
    {"markdown", vn_report_markdown, ""},
};

/* The largest unit that is no longer than the column's geometric mean. */
struct vn_report_unit
vn_report_unit(const struct vn_comparison *c, enum vn_metric metric)
{
    static const struct vn_report_unit units[] = {
        {"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}};
    double logs = 0;
    size_t i = 0;
    int n = 0;

    if (metric == VN_METRIC_UTILISATION)
        return (struct vn_report_unit){"%", 0.01};
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
vn_report_decimals(double x)
{
    static const double limits[] = {99.95, 9.995, 0.9995, 0.09995, 0.009995};
    int n = 0;

    while (n < 5 && fabs(x) < limits[n])
        n++;
    return x == 0 ? 0 : n;
}

const char *const vn_report_titles[VN_METRICS] = {
    [VN_METRIC_JCT_MEAN] = "JCT mean", [VN_METRIC_JCT_P50] = "JCT p50",
    [VN_METRIC_JCT_P99] = "JCT p99",   [VN_METRIC_QUEUE_MEAN] = "queueing",
    [VN_METRIC_MAKESPAN] = "makespan", [VN_METRIC_UTILISATION] = "used",
};

struct vn_interval
vn_report_ratio(const struct vn_comparison *c, enum vn_metric metric,
                int policy, double level)
{
    return vn_interval_ratio(vn_comparison_values(c, metric, policy),
                             vn_comparison_values(c, metric, 0),
                             c->group->nreplicates, level);
}

const char *
vn_report_remark(const struct vn_comparison *c)
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

bool
vn_report_has_baseline(const struct vn_group *g, const struct vn_report *a)
{
    return vn_group_is(g->labels[0], a->baseline);
}
