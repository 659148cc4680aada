#include "config.h"

#include "analysis/comparison.h"
#include "base/file.h"
#include "base/number.h"
#include "base/option.h"
#include "replay/command.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

enum format {
    TEXT,
    CSV,
    JSON
};

enum option {
    BASELINE,
    POOL,
    LEVEL,
    FORMAT,
    NOPTIONS
};

enum {
    MANY = 10 /* from so many replicates on, an interval speaks for them */
};

/* clang-format off */
static const struct vn_option options[] = {
    [BASELINE] = {"baseline", "POLICY", "what ratios are to [fifo]", 'b'},
    [POOL] = {"pool", NULL,
              "take different traces as replicates of one experiment", 0},
    [LEVEL] = {"level", "P", "of the intervals, between 0 and 1 [0.95]", 0},
    [FORMAT] = {"format", "text|csv|json", "how to print it [text]", 0},
};
/* clang-format on */

struct arguments {
    const char *results;
    const char *baseline;
    bool pool;
    double level;
    int format;
};

static void
print_help(void)
{
    puts("usage: vnreplay compare RESULTS [option ...]\n\n"
         "Print each policy's job completion times, queueing, makespan and "
         "utilisation,\nand their ratios to a baseline.  Intervals are over "
         "replicates (seeds, or windows\nof a trace), ratios paired by "
         "replicate; a single run has none.\n");
    vn_option_help(stdout, options, NOPTIONS);
    puts("\nexample: vnreplay compare philly.db --baseline fifo");
}

/* The unit in which a column is read best, and its size in seconds. */
struct unit {
    const char *name;
    double size;
};

/* The largest unit that is no longer than the column's geometric mean. */
static struct unit
choose_unit(const struct vn_comparison *c, enum vn_metric metric)
{
    static const struct unit units[] = {
        {"d", 86400}, {"h", 3600}, {"min", 60}, {"s", 1}};
    double logs = 0;
    size_t i = 0;
    int n = 0;

    if (metric == VN_METRIC_UTILISATION)
        return (struct unit){"%", 0.01};
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
static int
decimals(double x)
{
    static const double limits[] = {99.95, 9.995, 0.9995, 0.09995, 0.009995};
    int n = 0;

    while (n < 5 && fabs(x) < limits[n])
        n++;
    return x == 0 ? 0 : n;
}

static void
print_mean(const struct vn_interval *i, const struct unit *unit, bool last)
{
    char text[32];

    double mean = i->estimate / unit->size,
           half = (i->high - i->low) / 2 / unit->size;

    if (isnan(mean))
        printf("  %11s", "-");
    else
        printf("  %11.*f", decimals(mean), mean);
    if (i->n < 2)
        return;
    snprintf(text, sizeof text, "+-%.*f", decimals(mean), half);
    printf(last ? " %s" : " %-7s", text);
}

static const char *const titles[VN_METRICS] = {
    [VN_METRIC_JCT_MEAN] = "JCT mean", [VN_METRIC_JCT_P50] = "JCT p50",
    [VN_METRIC_JCT_P99] = "JCT p99",   [VN_METRIC_QUEUE_MEAN] = "queueing",
    [VN_METRIC_MAKESPAN] = "makespan", [VN_METRIC_UTILISATION] = "used",
};

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
print_heading(const struct vn_group *g, bool pool)
{
    const struct vn_store_run *run = g->first;

    printf("%s%s on %s", run->trace != NULL ? run->trace : "(no trace)",
           pool && g->nreplicates > 1 ? " and others" : "",
           run->cluster != NULL ? run->cluster : "(no cluster)");
    if (run->devices > 0)
        printf(", %" PRId64 " devices", run->devices);
    if (!isnan(run->load))
        printf(", load %g", run->load);
    printf("; %s\n", run->kind);
    printf("speed: %s in devices; costs: %s",
           run->scaling != NULL ? run->scaling : "as profiled",
           run->costs != NULL ? run->costs : "as measured");
    if (run->compat != NULL)
        printf("; compatible with %s", run->compat);
    if (run->until_us >= 0)
        printf("; stopped at %g s", (double) run->until_us / 1e6);
    putchar('\n');
}

/* On which jobs the comparison rests, and which it had to leave out. */
static void
print_jobs(const struct vn_comparison *c)
{
    const struct vn_group *g = c->group;

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
    }
}

static void
print_means(const struct vn_comparison *c, const struct arguments *a)
{
    const struct vn_group *g = c->group;
    struct unit units[VN_METRICS];
    int width = label_width(g);

    if (g->nreplicates > 1)
        printf("\nmeans over %d replicates, +- half the %g %% interval\n",
               g->nreplicates, 100 * a->level);
    else
        putchar('\n');
    printf("%-*s", width, "policy");
    for (int m = 0; m < VN_METRICS; m++) {
        char title[32];

        units[m] = choose_unit(c, (enum vn_metric) m);
        snprintf(title, sizeof title, "%s, %s", titles[m], units[m].name);
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

static struct vn_interval
ratio(const struct vn_comparison *c, enum vn_metric metric, int policy,
      double level)
{
    return vn_interval_ratio(vn_comparison_values(c, metric, policy),
                             vn_comparison_values(c, metric, 0),
                             c->group->nreplicates, level);
}

/* Of n replicates; where some have no ratio, of how many it is. */
static void
print_ratio(const struct vn_interval *i, int n)
{
    char text[64] = "-";
    int d = decimals(i->estimate);

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
}

static void
print_ratios(const struct vn_comparison *c, const struct arguments *a)
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
        printf(n > 1 ? "  %21s" : "  %11s", titles[m]);
    putchar('\n');
    for (int p = 1; p < g->npolicies; p++) {
        printf("%-*s", width, g->labels[p]);
        for (int m = 0; m < VN_METRIC_UTILISATION; m++) {
            struct vn_interval i = ratio(c, (enum vn_metric) m, p, a->level);

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

static bool
has_baseline(const struct vn_group *g, const struct arguments *a)
{
    return vn_group_is(g->labels[0], a->baseline);
}

static void
print_text(const struct vn_comparison *c, const struct arguments *a, int at)
{
    if (at > 0)
        putchar('\n');
    print_heading(c->group, a->pool);
    print_jobs(c);
    if (c->group->nreplicates == 0)
        return;
    print_means(c, a);
    if (!has_baseline(c->group, a))
        printf("\nno run of %s, to which ratios would be\n", a->baseline);
    else if (c->group->npolicies > 1)
        print_ratios(c, a);
}

/* A number for machines: nothing, or null, where there is none. */
static void
print_number(double x, const char *none)
{
    char text[VN_NUMBER_SIZE];

    fputs(isfinite(x) ? vn_format_real(text, x) : none, stdout);
}

static void
print_csv_row(const struct vn_comparison *c, const struct arguments *a, int p,
              enum vn_metric m)
{
    const struct vn_group *g = c->group;
    const struct vn_store_run *run = g->first;
    struct vn_interval mean = vn_interval_mean(vn_comparison_values(c, m, p),
                                               g->nreplicates, a->level);
    struct vn_interval rel = ratio(c, m, p, a->level);
    const double numbers[] = {mean.estimate, mean.low, mean.high,
                              rel.estimate,  rel.low,  rel.high};

    vn_csv_cell(stdout, run->trace != NULL ? run->trace : "");
    putchar(',');
    vn_csv_cell(stdout, run->cluster != NULL ? run->cluster : "");
    putchar(',');
    print_number(run->load, "");
    printf(",%s,", run->kind);
    vn_csv_cell(stdout, g->labels[p]);
    printf(",%d,%" PRId64 ",%" PRId64 ",%s", g->nreplicates, c->compared,
           c->unfinished[p], vn_metric_names[m]);
    for (int i = 0; i < 6; i++) {
        putchar(',');
        if (i < 3 || has_baseline(g, a))
            print_number(numbers[i], "");
    }
    putchar('\n');
}

static void
print_csv(const struct vn_comparison *c, const struct arguments *a, int at)
{
    if (at == 0)
        puts("trace,cluster,load,kind,policy,replicates,jobs,unfinished,"
             "metric,mean,low,high,ratio,ratio_low,ratio_high");
    for (int p = 0; p < c->group->npolicies; p++)
        for (int m = 0; m < VN_METRICS && c->group->nreplicates > 0; m++)
            print_csv_row(c, a, p, (enum vn_metric) m);
}

static void
print_json_interval(const char *name, const struct vn_interval *i)
{
    printf("\"%s\": {\"estimate\": ", name);
    print_number(i->estimate, "null");
    printf(", \"low\": ");
    print_number(i->low, "null");
    printf(", \"high\": ");
    print_number(i->high, "null");
    printf(", \"n\": %d}", i->n);
}

static void
print_json_metric(const struct vn_comparison *c, const struct arguments *a,
                  int p, enum vn_metric m)
{
    const double *x = vn_comparison_values(c, m, p);
    int n = c->group->nreplicates;
    struct vn_interval i = vn_interval_mean(x, n, a->level);

    printf("      \"%s\": {", vn_metric_names[m]);
    print_json_interval("mean", &i);
    if (has_baseline(c->group, a)) {
        i = ratio(c, m, p, a->level);
        printf(", ");
        print_json_interval("ratio", &i);
    }
    printf(", \"points\": [");
    for (int r = 0; r < n; r++) {
        fputs(r > 0 ? ", " : "", stdout);
        print_number(x[r], "null");
    }
    puts(m + 1 < VN_METRICS ? "]}," : "]}");
}

static void
print_json_text(const char *name, const char *text)
{
    printf("  \"%s\": ", name);
    if (text != NULL)
        vn_json_string(stdout, text);
    else
        printf("null");
    puts(",");
}

static void
print_json(const struct vn_comparison *c, const struct arguments *a, int at)
{
    const struct vn_group *g = c->group;
    const struct vn_store_run *run = g->first;

    puts(at == 0 ? "[{" : ", {");
    print_json_text("trace", run->trace);
    print_json_text("cluster", run->cluster);
    print_json_text("kind", run->kind);
    print_json_text("scaling", run->scaling);
    print_json_text("costs", run->costs);
    print_json_text("compat", run->compat);
    printf("  \"replicates\": %d, \"incomplete\": %d, \"jobs\": %" PRId64
           ",\n  \"policies\": [\n",
           g->nreplicates, g->incomplete, c->compared);
    for (int p = 0; p < g->npolicies; p++) {
        printf("    {\"policy\": ");
        vn_json_string(stdout, g->labels[p]);
        printf(", \"unfinished\": %" PRId64 ", \"rejected\": %" PRId64 ",\n",
               c->unfinished[p], c->rejected[p]);
        for (int m = 0; m < VN_METRICS; m++)
            print_json_metric(c, a, p, (enum vn_metric) m);
        puts(p + 1 < g->npolicies ? "    }," : "    }");
    }
    puts("  ]}");
}

static enum vn_status
compare(struct vn_store *store, const struct vn_groups *groups,
        const struct arguments *a, struct vn_error *err)
{
    enum vn_status status = VN_OK;

    for (int i = 0; i < groups->n && status == VN_OK; i++) {
        struct vn_comparison c;

        status = vn_comparison_make(store, &groups->all[i], &c, err);
        if (status != VN_OK)
            break;
        if (a->format == TEXT)
            print_text(&c, a, i);
        else if (a->format == CSV)
            print_csv(&c, a, i);
        else
            print_json(&c, a, i);
        vn_comparison_free(&c);
    }
    if (a->format == JSON && status == VN_OK)
        puts("]");
    return status;
}

static enum vn_status
run(const struct arguments *a, struct vn_error *err)
{
    struct vn_store *store = NULL;
    struct vn_runs runs = {0};
    struct vn_groups groups = {0};
    enum vn_status status;

    status = vn_store_open(a->results, VN_STORE_READ, &store, err);
    if (status == VN_OK)
        status = vn_runs_read(store, &runs, err);
    if (status == VN_OK && runs.n == 0)
        status = vn_fail(err, VN_EINVAL, "%s: holds no run%s", a->results,
                         runs.failed > 0 ? " that did not fail" : "");
    if (status == VN_OK) {
        vn_groups_make(&runs, a->baseline, a->pool, &groups);
        status = compare(store, &groups, a, err);
    }
    if (status == VN_OK && runs.failed > 0 && a->format == TEXT)
        printf("\n%d run%s failed and %s not shown\n", runs.failed,
               runs.failed == 1 ? "" : "s", runs.failed == 1 ? "is" : "are");
    vn_groups_free(&groups);
    vn_runs_free(&runs);
    vn_store_close(store);
    return status;
}

static enum vn_status
take(struct arguments *a, enum option option, const char *value,
     struct vn_error *err)
{
    static const char *const formats[] = {"text", "csv", "json"};
    char why[VN_WHY_SIZE];
    const char *wrong;

    switch (option) {
    case BASELINE:
        a->baseline = value;
        break;
    case POOL:
        a->pool = true;
        break;
    case LEVEL:
        wrong = vn_read_real(value, 0.01, 0.9999, &a->level, why);
        return wrong == NULL ? VN_OK
                             : vn_args_refuse(err, "level", value, wrong);
    case FORMAT:
        return vn_option_choice("format", value, formats, 3, &a->format, err);
    case NOPTIONS:
        break;
    }
    return VN_OK;
}

int
vn_command_compare(int argc, char **argv)
{
    struct vn_args args = vn_args_begin(argc, argv, options, NOPTIONS);
    struct arguments a = {.baseline = "fifo", .level = 0.95};
    struct vn_error err;
    enum vn_status status = VN_OK;
    const char *value;
    int i;

    while ((i = vn_args_next(&args, &value, &err)) >= 0 && status == VN_OK)
        status = take(&a, (enum option) i, value, &err);
    if (i == VN_ARGS_HELP && status == VN_OK) {
        print_help();
        return 0;
    }
    if (i == VN_ARGS_FAILED)
        status = VN_EUSAGE;
    if (status == VN_OK && args.nrest != 1)
        status = vn_fail(&err, VN_EUSAGE,
                         "expected one results file (see vnreplay compare "
                         "--help)");
    if (status == VN_OK) {
        a.results = args.rest[0];
        status = run(&a, &err);
    }
    if (status != VN_OK)
        vn_error_print(stderr, "vnreplay", &err);
    return status == VN_OK ? 0 : vn_error_exit(&err);
}
