#include "config.h"

#include "replay/compare/report.h"

#include "sim/policy/policies.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MANY = 10 /* from so many replicates on, an interval speaks for them */
};

static void
print_mean(const struct vn_interval *i, const struct vn_report_unit *unit,
           bool last)
{
    char text[32];

    double mean = i->estimate / unit->size,
           half = (i->high - i->low) / 2 / unit->size;

    if (isnan(mean))
        printf("  %11s", "-");
    else
        printf("  %11.*f", vn_report_decimals(mean), mean);
    if (i->n < 2)
        return;
    if (isnan(mean)) {
        printf(last ? "" : "%8s", "");
        return;
    }
    snprintf(text, sizeof text, "+-%.*f", vn_report_decimals(mean), half);
    printf(last ? " %s" : " %-7s", text);
}

static int
label_width(const struct vn_group *g)
{
    int width = (int) strlen("policy");

    for (int p = 0; p < g->npolicies; p++)
        if ((int) strlen(g->labels[p]) > width)
            width = (int) strlen(g->labels[p]);
    return width;
}

/* What the group is of, and what was assumed. */
static void
print_heading(const struct vn_group *g, const struct vn_report *a)
{
    const struct vn_store_run *run = g->first;

    printf("%s%s on %s", run->trace != NULL ? run->trace : "(no trace)",
           a->pool && g->nreplicates > 1 ? " and others" : "",
           run->cluster != NULL ? run->cluster : "(no cluster)");
    if (run->devices > 0)
        printf(", %" PRId64 " devices", run->devices);
    if (!isnan(run->load))
        printf(", load %g", run->load);
    printf("; %s\n", run->kind);
    printf("speed: %s%s%s in devices; costs: %s",
           run->profile != NULL ? run->profile : "",
           run->profile != NULL ? ", of recorded jobs " : "",
           run->scaling != NULL ? run->scaling : "as profiled",
           run->costs != NULL ? run->costs : "as measured");
    if (run->compat != NULL)
        printf("; with %s", run->compat);
    if (run->placement != NULL)
        printf("; placement %s", run->placement);
    if (run->faults != NULL)
        printf("; faults of %s", run->faults);
    if (run->slow != NULL)
        printf("; slow as in %s", run->slow);
    if (run->until_us >= 0)
        printf("; stopped at %g s", (double) run->until_us / 1e6);
    putchar('\n');
    if (a->groups->n > 1) {
        char *words =
            vn_choice_differences(a->groups, (int) (g - a->groups->all));

        printf("of %d experiments, the one with %s\n", a->groups->n, words);
        free(words);
    }
}

/* On which jobs the comparison rests, and which it had to leave out. */
static void
print_jobs(const struct vn_comparison *c)
{
    const struct vn_group *g = c->group;
    const char *remark = vn_report_remark(c);

    printf("%d replicate%s, %" PRId64 " jobs compared", g->nreplicates,
           g->nreplicates == 1 ? "" : "s", c->compared);
    if (g->incomplete > 0)
        printf("; %d replicate%s left out, not run under every policy",
               g->incomplete, g->incomplete == 1 ? "" : "s");
    putchar('\n');
    if (g->repeated > 0)
        printf("%d replicate%s left out, the same as another: their seeds "
               "decided nothing\n",
               g->repeated, g->repeated == 1 ? "" : "s");
    for (int p = 0; p < g->npolicies; p++) {
        if (c->unfinished[p] > 0)
            printf("%s left %" PRId64 " jobs unfinished: censored, in no "
                   "policy's times\n",
                   g->labels[p], c->unfinished[p]);
        if (c->rejected[p] > 0)
            printf("%s rejected %" PRId64 " jobs that cannot run on this "
                   "cluster\n",
                   g->labels[p], c->rejected[p]);
        if (c->met[p].declined > 0)
            printf("%s declined %" PRId64 " jobs: in no policy's times\n",
                   g->labels[p], c->met[p].declined);
    }
    if (remark != NULL)
        printf("%s\n", remark);
}

static void
print_share(int64_t part, int64_t all)
{
    if (all > 0)
        printf(" %14.1f", 100 * (double) part / (double) all);
    else
        printf(" %14s", "-");
}

/* Deadlines, where jobs have any. */
static void
print_deadlines(const struct vn_comparison *c)
{
    const struct vn_group *g = c->group;
    int width = label_width(g);
    int64_t all = 0;

    for (int p = 0; p < g->npolicies; p++)
        all += c->met[p].all;
    if (all == 0)
        return;
    printf("\ndeadlines of all jobs that have one, those declined among "
           "them\n%-*s %14s %14s %14s %14s\n",
           width, "policy", "met, %", "of admitted, %", "declined",
           "latest by, s");
    for (int p = 0; p < g->npolicies; p++) {
        const struct vn_met *m = &c->met[p];

        printf("%-*s", width, g->labels[p]);
        print_share(m->met, m->all);
        print_share(m->met, m->admitted);
        printf(" %14" PRId64, m->declined);
        if (isnan(m->latest_us))
            printf(" %14s\n", "-");
        else
            printf(" %14.0f\n", m->latest_us / 1e6);
    }
}

/* Finish-time fairness, where it was measured. */
static void
print_fairness(const struct vn_comparison *c)
{
    const struct vn_group *g = c->group;
    int width = label_width(g);

    for (int p = 0; p < g->npolicies; p++)
        for (int r = 0; r < g->nreplicates; r++)
            if (isnan(vn_group_run(g, p, r)->rho_mean))
                return;
    if (g->npolicies * g->nreplicates == 0)
        return;
    printf("\nfinish-time fairness of the jobs that each finished\n%-*s %14s "
           "%14s %14s\n",
           width, "policy", "mean rho", "worst", "above 1, %");
    for (int p = 0; p < g->npolicies; p++) {
        double mean = 0, worst = 0, above = 0;

        for (int r = 0; r < g->nreplicates; r++) {
            const struct vn_store_run *run = vn_group_run(g, p, r);

            mean += run->rho_mean / g->nreplicates;
            worst = fmax(worst, run->rho_worst);
            above += 100 * run->rho_above / g->nreplicates;
        }
        printf("%-*s %14.3f %14.3f %14.1f\n", width, g->labels[p], mean, worst,
               above);
    }
}

static void
print_means(const struct vn_comparison *c, const struct vn_report *a)
{
    const struct vn_group *g = c->group;
    struct vn_report_unit units[VN_METRICS];
    int width = label_width(g);

    if (g->nreplicates > 1)
        printf("\nmeans over %d replicates, +- half the %g %% interval\n",
               g->nreplicates, 100 * a->level);
    else
        putchar('\n');
    printf("%-*s", width, "policy");
    for (int m = 0; m < VN_METRICS; m++) {
        char title[32];

        units[m] = vn_report_unit(c, (enum vn_metric) m);
        snprintf(title, sizeof title, "%s, %s", vn_report_titles[m],
                 units[m].name);
        printf(" %12s%s", title,
               g->nreplicates > 1 && m + 1 < VN_METRICS ? "        " : "");
    }
    putchar('\n');
    for (int p = 0; p < g->npolicies; p++) {
        printf("%-*s", width, g->labels[p]);
        for (int m = 0; m < VN_METRICS; m++) {
            struct vn_interval i = vn_interval_mean(
                vn_comparison_values(c, (enum vn_metric) m, p), g->nreplicates,
                a->level);

            print_mean(&i, &units[m], m + 1 == VN_METRICS);
        }
        putchar('\n');
    }
}

/* Of n replicates; where some have no ratio, of how many it is. */
static void
print_ratio(const struct vn_interval *i, int n)
{
    char text[64] = "-";
    int d = vn_report_decimals(i->estimate);

    if (i->n > 0 && i->estimate < 0.00005)
        snprintf(text, sizeof text, "< 0.0001");
    else if (i->n > 0 && i->n < n)
        snprintf(text, sizeof text, "%.*f (n = %d)", d, i->estimate, i->n);
    else if (i->n == 1)
        snprintf(text, sizeof text, "%.*f", d, i->estimate);
    else if (i->n > 1)
        snprintf(text, sizeof text, "%.*f [%.*f %.*f]", d, i->estimate, d,
                 i->low, d, i->high);
    printf(n > 1 ? "  %21s" : "  %11s", text);
}

static void
print_points(const struct vn_comparison *c, int policy)
{
    const double *x = vn_comparison_values(c, VN_METRIC_JCT_MEAN, policy),
                 *base = vn_comparison_values(c, VN_METRIC_JCT_MEAN, 0);

    for (int r = 0; r < c->group->nreplicates; r++)
        if (base[r] > 0 && x[r] > 0)
            printf(" %.3f", x[r] / base[r]);
        else
            fputs(" -", stdout);
}

static void
print_ratios(const struct vn_comparison *c, const struct vn_report *a)
{
    const struct vn_group *g = c->group;
    int width = label_width(g), n = g->nreplicates;

    if (n > 1)
        printf("\nratio to %s, paired by replicate, with %g %% interval "
               "(n = %d)\n",
               g->labels[0], 100 * a->level, n);
    else
        printf("\nratio to %s (n = 1: no interval)\n", g->labels[0]);
    printf("%-*s", width, "policy");
    for (int m = 0; m < VN_METRIC_UTILISATION; m++)
        printf(n > 1 ? "  %21s" : "  %11s", vn_report_titles[m]);
    putchar('\n');
    for (int p = 1; p < g->npolicies; p++) {
        printf("%-*s", width, g->labels[p]);
        for (int m = 0; m < VN_METRIC_UTILISATION; m++) {
            struct vn_interval i =
                vn_report_ratio(c, (enum vn_metric) m, p, a->level);

            print_ratio(&i, n);
        }
        putchar('\n');
    }
    if (n < 2 || n >= MANY)
        return;
    printf("\nratio of the mean JCT, each replicate\n");
    for (int p = 1; p < g->npolicies; p++) {
        printf("%-*s", width, g->labels[p]);
        print_points(c, p);
        putchar('\n');
    }
}

/* What a policy goes by, and that it is told so with an error; "what is not
 * said". */
static void
knowledge(const struct vn_group *g, int policy, char *words, size_t size)
{
    const struct vn_store_run *run = vn_group_run(g, policy, 0);
    const char *knows =
        run->policy != NULL ? vn_policy_goes_by(run->policy) : NULL;
    const char *error =
        run->options != NULL ? strstr(run->options, "error=") : NULL;
    bool errs = knows != NULL && error != NULL && strtod(error + 6, NULL) > 0;

    snprintf(words, size, "%s%s", errs ? "predicted " : "",
             knows != NULL ? knows : "what is not said");
}

/* Policies by what they go by: to beat one that is told more is another
 * thing than to beat one's like. */
static void
print_knowledge(const struct vn_group *g)
{
    puts("\nbeyond what jobs ask for, policies go by");
    for (int p = 0; p < g->npolicies; p++) {
        char knows[128], other[128];
        int first = -1;

        knowledge(g, p, knows, sizeof knows);
        do
            knowledge(g, ++first, other, sizeof other);
        while (strcmp(other, knows) != 0);
        if (first < p)
            continue;
        printf("  %s: %s", knows, g->labels[p]);
        for (int q = p + 1; q < g->npolicies; q++) {
            knowledge(g, q, other, sizeof other);
            if (strcmp(other, knows) == 0)
                printf(", %s", g->labels[q]);
        }
        putchar('\n');
    }
}

void
vn_report_text(const struct vn_comparison *c, const struct vn_report *a,
               int at)
{
    if (at > 0)
        putchar('\n');
    print_heading(c->group, a);
    print_jobs(c);
    if (c->group->nreplicates == 0)
        return;
    print_means(c, a);
    print_deadlines(c);
    print_fairness(c);
    if (!vn_report_has_baseline(c->group, a))
        printf("\nno run of %s, to which ratios would be\n", a->baseline);
    else if (c->group->npolicies > 1)
        print_ratios(c, a);
    if (c->group->npolicies > 1)
        print_knowledge(c->group);
}
