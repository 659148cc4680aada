#include "config.h"

#include "replay/compare/report.h"

#include "base/xalloc.h"
#include "replay/compare/grid.h"
#include "sim/policy/policies.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    MANY = 10 /* from so many replicates on, an interval speaks for them */
};

/* "1.23 [1.10 1.38]", as wide as `digits` of the estimate say. */
static void
set_interval(struct vn_grid *grid, int row, int column,
             const struct vn_interval *i, double unit, int digits)
{
    if (isnan(i->estimate))
        vn_grid_set(grid, row, column, "-");
    else if (isnan(i->low))
        vn_grid_set(grid, row, column, "%.*f", digits, i->estimate / unit);
    else
        vn_grid_set(grid, row, column, "%.*f [%.*f %.*f]", digits,
                    i->estimate / unit, digits, i->low / unit, digits,
                    i->high / unit);
}

/* As of a pointer to pointers C does not. */
static const char *const *
labels_of(const struct vn_group *g)
{
    return (const char *const *) g->labels;
}

/* What the group is of, and what was assumed. */
static void
write_heading(FILE *out, const struct vn_group *g, const struct vn_report *a)
{
    const struct vn_store_run *run = g->first;

    fprintf(out, "%s%s on %s", run->trace != NULL ? run->trace : "(no trace)",
            a->pool && g->nreplicates > 1 ? " and others" : "",
            run->cluster != NULL ? run->cluster : "(no cluster)");
    if (run->devices > 0)
        fprintf(out, ", %" PRId64 " devices", run->devices);
    if (!isnan(run->load))
        fprintf(out, ", load %g", run->load);
    fprintf(out, "; %s\n", run->kind);
    fprintf(out, "speed: %s%s%s in devices; costs: %s",
            run->profile != NULL ? run->profile : "",
            run->profile != NULL ? ", of recorded jobs " : "",
            run->scaling != NULL ? run->scaling : "as profiled",
            run->costs != NULL ? run->costs : "as measured");
    if (run->compat != NULL)
        fprintf(out, "; with %s", run->compat);
    if (run->placement != NULL)
        fprintf(out, "; placement %s", run->placement);
    if (run->faults != NULL)
        fprintf(out, "; faults of %s", run->faults);
    if (run->slow != NULL)
        fprintf(out, "; slow as in %s", run->slow);
    if (run->statuses != NULL)
        fprintf(out, "; of jobs that by the trace were %s", run->statuses);
    if (run->predict != NULL)
        fprintf(out, "; durations predicted by %s", run->predict);
    if (run->until_us >= 0)
        fprintf(out, "; stopped at %g s", (double) run->until_us / 1e6);
    if (run->measure != NULL && strcmp(run->measure, "auto") == 0)
        fputs("; times of jobs after the warm-up, by MSER-5", out);
    else if (run->measure != NULL)
        fprintf(out, "; times of jobs submitted from %g s to %g s",
                (double) run->measure_from_us / 1e6,
                run->measure_to_us < 0 ? INFINITY
                                       : (double) run->measure_to_us / 1e6);
    putc('\n', out);
    if (a->groups->n > 1) {
        char *words =
            vn_choice_differences(a->groups, (int) (g - a->groups->all));

        fprintf(out, "of %d experiments number %d, with %s\n", a->groups->n,
                (int) (g - a->groups->all) + 1, words);
        free(words);
    }
}

static void
print_heading(const struct vn_group *g, const struct vn_report *a)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    write_heading(out, g, a);
    fclose(out);
    if (size > 0)
        text[size - 1] = '\0'; /* its last line ends by itself */
    vn_grid_say(text);
    free(text);
}

/* On which jobs the comparison rests, and which it had to leave out. */
static void
print_jobs(const struct vn_comparison *c)
{
    const struct vn_group *g = c->group;
    const char *remark = vn_said_remark(c);
    char dropped[400];

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
        int saturated = 0;

        for (int r = 0; r < g->nreplicates; r++)
            saturated +=
                strcmp(vn_group_run(g, p, r)->state, "saturated") == 0;
        if (saturated > 0)
            printf("%s saturated in %d of %d runs, which were stopped\n",
                   g->labels[p], saturated, g->nreplicates);
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
    vn_said_dropped(c, dropped, sizeof dropped);
    if (dropped[0] != '\0')
        vn_grid_say(dropped);
    if (remark != NULL)
        vn_grid_say(remark);
    if (vn_said_covers(g) != NULL)
        printf("%s\n", vn_said_covers(g));
}

static void
set_share(struct vn_grid *grid, int row, int column, int64_t part, int64_t all)
{
    if (all > 0)
        vn_grid_set(grid, row, column, "%.1f",
                    100 * (double) part / (double) all);
    else
        vn_grid_set(grid, row, column, "-");
}

/* Deadlines, where jobs have any. */
static void
print_deadlines(const struct vn_comparison *c)
{
    const struct vn_group *g = c->group;
    struct vn_grid grid;
    int64_t all = 0;

    for (int p = 0; p < g->npolicies; p++)
        all += c->met[p].all;
    if (all == 0)
        return;
    puts("\ndeadlines of all jobs that have one, those declined among them");
    for (int p = 0; p < g->npolicies; p++)
        if (c->met[p].late > 0)
            printf("%s admitted %" PRId64
                   " that were late: counted as declined\n",
                   g->labels[p], c->met[p].late);
    grid = vn_grid_begin(labels_of(g), g->npolicies, 4);
    vn_grid_set(&grid, -1, 0, "met, %%");
    vn_grid_set(&grid, -1, 1, "of admitted, %%");
    vn_grid_set(&grid, -1, 2, "declined");
    vn_grid_set(&grid, -1, 3, "latest by, s");
    for (int p = 0; p < g->npolicies; p++) {
        const struct vn_met *m = &c->met[p];

        set_share(&grid, p, 0, m->met, m->all);
        set_share(&grid, p, 1, m->met, m->admitted);
        vn_grid_set(&grid, p, 2, "%" PRId64, m->declined + m->late);
        if (isnan(m->latest_us))
            vn_grid_set(&grid, p, 3, "-");
        else
            vn_grid_set(&grid, p, 3, "%.0f", m->latest_us / 1e6);
    }
    vn_grid_end(&grid, 0);
}

/* Is a metric known of every run? */
static bool
is_known(const struct vn_comparison *c, enum vn_metric m)
{
    const struct vn_group *g = c->group;

    for (int p = 0; p < g->npolicies; p++)
        for (int r = 0; r < g->nreplicates; r++)
            if (isnan(vn_comparison_values(c, m, p)[r]))
                return false;
    return g->npolicies * g->nreplicates > 0;
}

/* The mean, or the largest, over replicates. */
static double
over_replicates(const struct vn_comparison *c, enum vn_metric m, int p,
                bool largest)
{
    const double *x = vn_comparison_values(c, m, p);
    double most = x[0];

    for (int r = 1; r < c->group->nreplicates; r++)
        most = fmax(most, x[r]);
    return largest ? most : vn_mean(x, (size_t) c->group->nreplicates);
}

/* Fairness, where it was measured: columns of metrics that are known. */
static void
print_fairness(const struct vn_comparison *c)
{
    static const struct {
        enum vn_metric metric;
        const char *title;
        double unit;
        int decimals;
        bool largest;
    } columns[] = {
        {VN_METRIC_RHO_MEAN, "mean rho", 1, 3, false},
        {VN_METRIC_RHO_WORST, "worst", 1, 3, true},
        {VN_METRIC_RHO_ABOVE, "above 1, %", 0.01, 1, false},
        {VN_METRIC_JAIN_USERS, "Jain, users", 1, 3, false},
        {VN_METRIC_JAIN_VCS, "Jain, clusters", 1, 3, false},
    };
    enum {
        NCOLUMNS = sizeof columns / sizeof *columns
    };
    const struct vn_group *g = c->group;
    int at[NCOLUMNS], n = 0;
    struct vn_grid grid;

    for (int i = 0; i < NCOLUMNS; i++)
        if (is_known(c, columns[i].metric))
            at[n++] = i;
    if (n == 0)
        return;
    printf("\nfairness over the jobs that each finished");
    if (is_known(c, VN_METRIC_RHO_MEAN))
        printf("; rho is %s%s",
               g->first->rho_form != NULL ? "that of " : "our own",
               g->first->rho_form != NULL ? g->first->rho_form : "");
    putchar('\n');
    grid = vn_grid_begin(labels_of(g), g->npolicies, n);
    for (int k = 0; k < n; k++) {
        int i = at[k];

        vn_grid_set(&grid, -1, k, "%s", columns[i].title);
        for (int p = 0; p < g->npolicies; p++)
            vn_grid_set(
                &grid, p, k, "%.*f", columns[i].decimals,
                over_replicates(c, columns[i].metric, p, columns[i].largest)
                    / columns[i].unit);
    }
    vn_grid_end(&grid, 0);
}

static void
print_means(const struct vn_comparison *c, const struct vn_report *a)
{
    const struct vn_group *g = c->group;
    struct vn_grid grid =
        vn_grid_begin(labels_of(g), g->npolicies, VN_METRICS_MAIN);

    if (g->nreplicates > 1)
        printf("\nmeans over %d replicates, with %g %% intervals\n",
               g->nreplicates, 100 * a->level);
    else
        putchar('\n');
    for (int m = 0; m < VN_METRICS_MAIN; m++) {
        enum vn_metric metric = (enum vn_metric) m;
        struct vn_said_unit unit = vn_said_unit(c, metric);

        vn_grid_set(&grid, -1, m, "%s, %s", vn_said_titles[m], unit.name);
        for (int p = 0; p < g->npolicies; p++) {
            struct vn_interval i =
                vn_comparison_interval(c, metric, p, a->level);

            set_interval(&grid, p, m, &i, unit.size,
                         vn_said_decimals(i.estimate / unit.size));
        }
    }
    vn_grid_end(&grid, 0);
}

/* Of n replicates; where some have no ratio, of how many it is. */
static void
set_ratio(struct vn_grid *grid, int row, int column,
          const struct vn_interval *i, int n)
{
    int d = vn_said_decimals(i->estimate);

    if (i->n == 0)
        vn_grid_set(grid, row, column, "-");
    else if (i->estimate < 0.00005)
        vn_grid_set(grid, row, column, "< 0.0001");
    else if (i->n < n)
        vn_grid_set(grid, row, column, "%.*f (n = %d)", d, i->estimate, i->n);
    else
        set_interval(grid, row, column, i, 1, d);
}

static void
print_points(const struct vn_comparison *c)
{
    const struct vn_group *g = c->group;
    const double *base = vn_comparison_values(c, VN_METRIC_JCT_MEAN, 0);
    struct vn_grid grid =
        vn_grid_begin(labels_of(g), g->npolicies, g->nreplicates);

    puts("\nratio of the mean JCT, each replicate");
    for (int r = 0; r < g->nreplicates; r++) {
        vn_grid_set(&grid, -1, r, "%d", r + 1);
        for (int p = 1; p < g->npolicies; p++) {
            double x = vn_comparison_values(c, VN_METRIC_JCT_MEAN, p)[r];

            if (base[r] > 0 && x > 0)
                vn_grid_set(&grid, p, r, "%.3f", x / base[r]);
            else
                vn_grid_set(&grid, p, r, "-");
        }
    }
    vn_grid_end(&grid, 1);
}

static void
set_chance(struct vn_grid *grid, int row, int column, double p)
{
    if (isnan(p))
        vn_grid_set(grid, row, column, "-");
    else if (p < 0.0001)
        vn_grid_set(grid, row, column, "< 0.0001");
    else
        vn_grid_set(grid, row, column, "%.4f", p);
}

/* How sure the ratios of mean JCT are, and how unlike the distributions. */
static void
print_differences(const struct vn_comparison *c, const struct vn_report *a)
{
    const struct vn_group *g = c->group;
    size_t n = (size_t) g->npolicies;
    double *chance = vn_xcalloc(n, sizeof *chance),
           *holm = vn_xcalloc(n, sizeof *holm);
    struct vn_grid grid = vn_grid_begin(labels_of(g), g->npolicies, 3);

    vn_said_chances(c, chance, holm);
    printf("\ndifference from %s: of mean JCT, Student's paired test on "
           "logarithms and\nHolm's correction over the %d polic%s above; of "
           "all JCTs, the distance of\nKolmogorov and Smirnov\n",
           g->labels[0], g->npolicies - 1, g->npolicies == 2 ? "y" : "ies");
    vn_grid_set(&grid, -1, 0, "p");
    vn_grid_set(&grid, -1, 1, "p (Holm)");
    vn_grid_set(&grid, -1, 2, "distance");
    for (int p = 1; p < g->npolicies; p++) {
        set_chance(&grid, p, 0, chance[p]);
        set_chance(&grid, p, 1, holm[p]);
        if (isnan(a->distances[p]))
            vn_grid_set(&grid, p, 2, "-");
        else
            vn_grid_set(&grid, p, 2, "%.3f", a->distances[p]);
    }
    vn_grid_end(&grid, 1);
    free(chance);
    free(holm);
}

/* How many replicates it takes until ratios are known well enough. */
static void
print_power(const struct vn_comparison *c, const struct vn_report *a)
{
    const struct vn_group *g = c->group;
    struct vn_grid grid =
        vn_grid_begin(labels_of(g), g->npolicies, VN_METRIC_UTILISATION);

    printf("\nreplicates until the %g %% interval of a ratio is within +-%g %%"
           "\n",
           100 * a->level, 100 * a->power);
    for (int m = 0; m < VN_METRIC_UTILISATION; m++) {
        enum vn_metric metric = (enum vn_metric) m;

        vn_grid_set(&grid, -1, m, "%s", vn_said_titles[m]);
        for (int p = 1; p < g->npolicies; p++) {
            double sd =
                vn_log_sd(vn_comparison_values(c, metric, p),
                          vn_comparison_values(c, metric, 0), g->nreplicates);

            if (isnan(sd))
                vn_grid_set(&grid, p, m, "-");
            else
                vn_grid_set(&grid, p, m, "%d",
                            vn_replicates_needed(sd, a->power, a->level));
        }
    }
    vn_grid_end(&grid, 1);
    if (g->nreplicates < 2)
        puts("of one replicate it cannot be told: run two or more");
    else if (g->nreplicates < MANY)
        printf("from the spread of %d replicates, which is itself known to "
               "a factor of about %.1f\n",
               g->nreplicates, 1 + 1 / sqrt(2.0 * (g->nreplicates - 1)));
}

static void
print_ratios(const struct vn_comparison *c, const struct vn_report *a)
{
    const struct vn_group *g = c->group;
    struct vn_grid grid =
        vn_grid_begin(labels_of(g), g->npolicies, VN_METRIC_UTILISATION);
    int n = g->nreplicates;

    if (n > 1)
        printf("\nratio to %s, paired by replicate, with %g %% interval "
               "(n = %d)\n",
               g->labels[0], 100 * a->level, n);
    else
        printf("\nratio to %s (n = 1: no interval)\n", g->labels[0]);
    for (int m = 0; m < VN_METRIC_UTILISATION; m++) {
        vn_grid_set(&grid, -1, m, "%s", vn_said_titles[m]);
        for (int p = 1; p < g->npolicies; p++) {
            struct vn_interval i =
                vn_said_ratio(c, (enum vn_metric) m, p, a->level);

            set_ratio(&grid, p, m, &i, n);
        }
    }
    vn_grid_end(&grid, 1);
    if (n >= 2 && n < MANY)
        print_points(c);
    print_differences(c, a);
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

/* Which policies change a job's batch: with tables of applications under
 * adapt= all do, else none; of Pollux and Sia that needs saying. */
static void
print_batches(const struct vn_group *g)
{
    const char *profile = g->first->profile, *comma = "";

    if (profile != NULL && strstr(profile, "adapt=") != NULL) {
        puts("\nunder each of them a job of an application takes the batch "
             "that suits its devices");
        return;
    }
    for (int p = 0; p < g->npolicies; p++) {
        const struct vn_store_run *run = vn_group_run(g, p, 0);

        if (run->policy == NULL || !vn_policy_is_adaptive(run->policy))
            continue;
        if (comma[0] == '\0')
            fputs("\nno policy here changes a job's batch (the originals of ",
                  stdout);
        printf("%s%s", comma, g->labels[p]);
        comma = ", ";
    }
    fputs(comma[0] != '\0' ? " do)\n" : "", stdout);
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
    if (!vn_said_has_baseline(c->group, a->baseline))
        printf("\nno run of %s, to which ratios would be\n", a->baseline);
    else if (c->group->npolicies > 1)
        print_ratios(c, a);
    if (a->power > 0 && c->group->npolicies > 1
        && vn_said_has_baseline(c->group, a->baseline))
        print_power(c, a);
    if (c->group->npolicies > 1)
        print_knowledge(c->group);
    print_batches(c->group);
}
