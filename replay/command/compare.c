#include "config.h"

#include "analysis/choice.h"
#include "base/number.h"
#include "base/option.h"
#include "base/xalloc.h"
#include "replay/command/command.h"
#include "replay/command/results.h"
#include "replay/compare/flips.h"
#include "replay/compare/outcomes.h"
#include "replay/compare/report.h"
#include "replay/compare/summary.h"
#include "sim/policy/policies.h"

#include <inttypes.h>
#include <stdlib.h>

enum option {
    BASELINE,
    POLICY,
    TRACE,
    CLUSTER,
    LOAD,
    WHERE,
    POOL,
    LEVEL,
    POWER,
    LATE,
    EXPERIMENT,
    SUMMARY,
    LABEL,
    FORMAT,
    NOPTIONS
};

/* clang-format off */
static const struct vn_option options[] = {
    [BASELINE] = {"baseline", "POLICY", "what ratios are to [fifo]", 'b'},
    [POLICY] = {"policy", "NAME,...", "only these policies; a pattern, as in 'las*'", 'p'},
    [TRACE] = {"trace", "PATTERN", "only runs of such traces, as in '*2020*'",
               't'},
    [CLUSTER] = {"cluster", "PATTERN", "only runs on such clusters", 'c'},
    [LOAD] = {"load", "PATTERN", "only runs of such loads", 'l'},
    [WHERE] = {"where", "COLUMN=VALUE",
               "only runs of which this is so; may be given again", 0},
    [POOL] = {"pool", NULL,
              "take different traces as replicates of one experiment", 0},
    [LEVEL] = {"level", "P", "of the intervals, between 0 and 1 [0.95]", 0},
    [POWER] = {"power", "SHARE",
               "say how many replicates ratios within +- this need, as 0.05",
               0},
    [LATE] = {"late", "violation|declined",
              "what a job is that was admitted and ended late [violation]", 0},
    [EXPERIMENT] = {"experiment", "N", "only the N-th that there is", 'e'},
    [SUMMARY] = {"summary", NULL, "a row an experiment alone, in text", 's'},
    [LABEL] = {"label", "NAME=TEXT", "call a policy so; may be given again",
               0},
    [FORMAT] = {"format", "NAME",
                "text, csv, json, latex or markdown [text]", 0},
};
/* clang-format on */

enum {
    LABELS_MAX = 64
};

struct arguments {
    const char *results;
    struct vn_choice choice;
    const char *policies; /* NULL for all */
    bool chosen;          /* the baseline was */
    struct vn_report report;
    int format;         /* of vn_report_forms */
    int64_t experiment; /* from 1; 0 for all */
    bool summary;       /* that alone */
    int late;           /* of lates */
    const char *labels[LABELS_MAX];
    int nlabels;
};

/* As deadlines are meant, and as ElasticFlow's published code counts. */
static const char *const lates[] = {"violation", "declined"};

static void
print_help(void)
{
    puts("usage: vnreplay compare RESULTS [option ...]\n\n"
         "Print each policy's job completion times, queueing, makespan and "
         "utilisation,\nand their ratios to a baseline.  Intervals are over "
         "replicates (seeds, or\nwindows of a trace), ratios paired by "
         "replicate; a single run has none.\n");
    vn_option_help(stdout, options, NOPTIONS);
    puts("\nexample: vnreplay compare philly.db --baseline fifo");
}

static enum vn_status
compare(struct vn_store *store, const struct vn_groups *groups,
        const struct arguments *a, struct vn_error *err)
{
    const struct vn_report_form *form = &vn_report_forms[a->format];
    struct vn_report report = a->report;
    bool text = form->print == vn_report_text;
    struct vn_standings standings = {0};
    struct vn_summary_table table = {0};
    enum vn_status status = VN_OK;
    int printed = 0;

    for (int i = 0; i < groups->n && status == VN_OK; i++) {
        const struct vn_group *g = &groups->all[i];
        struct vn_comparison c;
        double *distances;

        if (a->experiment > 0 && a->experiment != i + 1)
            continue;
        status = vn_comparison_make(store, g, &c, err);
        if (status != VN_OK)
            break;
        for (int p = 0; p < g->npolicies && a->late > 0; p++) {
            const char *name = vn_group_run(g, p, 0)->policy;

            if (name != NULL && vn_policy_declines(name))
                vn_comparison_decline_late(&c, p);
        }
        distances = vn_xcalloc((size_t) g->npolicies, sizeof *distances);
        status = vn_comparison_distances(store, g, distances, err);
        report.groups = groups;
        report.distances = distances;
        if (status == VN_OK && !a->summary)
            form->print(&c, &report, printed++);
        if (status == VN_OK)
            vn_summary_table_add(&table, &c, &report);
        if (status == VN_OK && text && !a->summary)
            status = vn_outcomes_print(store, g, err);
        free(distances);
        vn_standings_add(&standings, &c);
        vn_comparison_free(&c);
    }
    if (status == VN_OK)
        fputs(form->end, stdout);
    if (status == VN_OK && text && (a->summary || table.n > 1)) {
        fputs(a->summary ? "" : "\n", stdout);
        report.groups = groups;
        vn_summary_table_print(&table, &report);
    }
    if (status == VN_OK && text && !a->summary)
        vn_standings_print(&standings);
    vn_summary_table_free(&table);
    vn_standings_free(&standings);
    return status;
}

/* Say of the runs that failed how many did, of which policy, and why. */
static enum vn_status
say_failed(struct vn_store *store, int n, FILE *out, struct vn_error *err)
{
    struct vn_rows *rows = NULL;
    enum vn_status status;
    bool more;

    fprintf(out, "%d run%s failed and %s not shown:\n", n, n == 1 ? "" : "s",
            n == 1 ? "is" : "are");
    status = vn_store_query(store,
                            "SELECT policy, coalesce(error, ''), count(*) "
                            "FROM run WHERE state IN ('failed', "
                            "'limited') "
                            "GROUP BY 1, 2 ORDER BY 1, 2",
                            &rows, err);
    while (status == VN_OK
           && (status = vn_rows_next(rows, &more, err)) == VN_OK && more)
        fprintf(out, "  %" PRId64 " of %s: %s\n", vn_rows_int(rows, 2),
                vn_rows_text(rows, 0), vn_rows_text(rows, 1));
    vn_rows_close(rows);
    return status;
}

/* Keep the runs that are meant, and see that the baseline is among them. */
static enum vn_status
choose(const struct arguments *a, struct vn_runs *runs, struct vn_error *err)
{
    enum vn_status status = vn_choice_keep(&a->choice, runs, a->results, err);

    if (status == VN_OK && a->chosen)
        status = vn_choice_check(a->report.baseline, runs, a->results, err);
    if (status == VN_OK && a->policies != NULL)
        status = vn_choice_policies(a->policies, runs, a->results, err);
    return status;
}

static enum vn_status
run(const char *results, void *arg, struct vn_error *err)
{
    struct arguments *a = arg;
    struct vn_store *store = NULL;
    struct vn_runs runs = {0};
    struct vn_groups groups = {0};
    enum vn_status status;
    bool text = vn_report_forms[a->format].print == vn_report_text;

    a->results = results;
    status = vn_store_open(a->results, VN_STORE_READ, &store, err);
    if (status == VN_OK)
        status = vn_runs_read(store, &runs, err);
    if (status == VN_OK && runs.failed > 0 && (!text || runs.n == 0))
        status = say_failed(store, runs.failed, stderr, err);
    if (status == VN_OK && runs.n == 0)
        status = vn_fail(err, VN_EINVAL, "%s: holds no run%s", a->results,
                         runs.failed > 0 ? " that did not fail" : "");
    if (status == VN_OK)
        status = choose(a, &runs, err);
    if (status == VN_OK) {
        status = vn_groups_make(&runs, a->report.baseline, a->report.pool,
                                &groups, err);
        if (status == VN_OK && groups.n == 0)
            status = vn_fail(err, VN_EINVAL, "%s: holds no run under a policy",
                             a->results);
    }
    for (int i = 0; i < a->nlabels && status == VN_OK; i++)
        status = vn_groups_label(&groups, a->labels[i], err);
    if (status == VN_OK && a->experiment > groups.n)
        status = vn_fail(err, VN_EUSAGE,
                         "--experiment: '%lld' is wrong, %s holds %d",
                         (long long) a->experiment, a->results, groups.n);
    if (status == VN_OK)
        status = compare(store, &groups, a, err);
    if (status == VN_OK && runs.failed > 0 && text) {
        putchar('\n');
        status = say_failed(store, runs.failed, stdout, err);
    }
    vn_groups_free(&groups);
    vn_runs_free(&runs);
    vn_store_close(store);
    return status;
}

static enum vn_status
take(void *arg, int option, const char *value, struct vn_error *err)
{
    struct arguments *a = arg;
    const char *formats[VN_REPORT_FORMS];

    for (int i = 0; i < VN_REPORT_FORMS; i++)
        formats[i] = vn_report_forms[i].name;
    switch ((enum option) option) {
    case BASELINE:
        a->report.baseline = value;
        a->chosen = true;
        break;
    case POLICY:
        a->policies = value;
        break;
    case TRACE:
        return vn_choice_pattern(&a->choice, "trace", value, err);
    case CLUSTER:
        return vn_choice_pattern(&a->choice, "cluster", value, err);
    case LOAD:
        return vn_choice_pattern(&a->choice, "load", value, err);
    case SUMMARY:
        a->summary = true;
        break;
    case WHERE:
        return vn_choice_add(&a->choice, value, err);
    case POOL:
        a->report.pool = true;
        break;
    case LEVEL:
        return vn_option_real("level", value, 0.01, 0.9999, &a->report.level,
                              err);
    case POWER:
        return vn_option_real("power", value, 0.0001, 10, &a->report.power,
                              err);
    case LATE:
        return vn_option_choice("late", value, lates, 2, &a->late, err);
    case EXPERIMENT:
        return vn_option_int("experiment", value, 1, 1000000, &a->experiment,
                             err);
    case LABEL:
        if (a->nlabels == LABELS_MAX)
            return vn_fail(err, VN_EUSAGE, "--label: more than %d",
                           LABELS_MAX);
        a->labels[a->nlabels++] = value;
        break;
    case FORMAT:
        return vn_option_choice("format", value, formats, VN_REPORT_FORMS,
                                &a->format, err);
    case NOPTIONS:
        break;
    }
    return VN_OK;
}

static bool
say(int option)
{
    switch (option) {
    case VN_ARGS_HELP:
        print_help();
        return true;
    default:
        return false;
    }
}

int
vn_command_compare(int argc, char **argv)
{
    struct arguments a = {.report = {.baseline = "fifo", .level = 0.95}};
    const struct vn_results_command command = {
        "compare", options, NOPTIONS, say, take, run, &a};

    return vn_results_command_run(&command, argc, argv);
}
