#include "config.h"

#include "analysis/account.h"

#include "analysis/page.h"
#include "analysis/said.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    FEW = 5,        /* replicates, below which it is said */
    ROWS_MAX = 5000 /* of the table of runs */
};

/* "3 runs", "1 run". */
static void
count(FILE *out, int64_t n, const char *what)
{
    fprintf(out, "%" PRId64 " %s%s", n, what, n == 1 ? "" : "s");
}

/* Jobs that were turned away or left, by policy. */
static void
warn_jobs(FILE *out, const struct vn_results *r)
{
    for (int i = 0; i < r->runs.n; i++) {
        const struct vn_store_run *run = &r->runs.all[i];
        bool left = run->unfinished > 0, rejected = run->rejected > 0;

        if (!left && !rejected)
            continue;
        fputs("<li>", out);
        vn_page_text(out, run->policy != NULL ? run->policy : "a plan");
        fputs(" (", out);
        vn_page_text(out, run->trace != NULL ? run->trace : "no trace");
        if (run->seed >= 0)
            fprintf(out, ", seed %" PRId64, run->seed);
        fputs(")", out);
        if (left) {
            fputs(" left ", out);
            count(out, run->unfinished, "job");
            fputs(" unfinished", out);
        }
        if (rejected) {
            fputs(left ? " and rejected " : " rejected ", out);
            count(out, run->rejected, "job");
            fputs(": ", out);
            vn_page_text(out, run->rejected_why != NULL ? run->rejected_why
                                                        : "no reason kept");
        }
        fputs("</li>\n", out);
    }
}

static void
warn_groups(FILE *out, const struct vn_results *r)
{
    for (int i = 0; i < r->groups.n; i++) {
        const struct vn_group *g = &r->groups.all[i];
        const char *covers = vn_said_covers(g);

        if (g->nreplicates < FEW) {
            fprintf(out, "<li>Experiment %d has ", i + 1);
            count(out, g->nreplicates, "replicate");
            fputs(g->nreplicates < 2
                      ? ": its numbers have no intervals.</li>\n"
                      : ": intervals are wide, and their width is not well "
                        "known.</li>\n",
                  out);
        }
        if (g->incomplete > 0) {
            fprintf(out, "<li>Experiment %d: ", i + 1);
            count(out, g->incomplete, "replicate");
            fputs(" left out, not run under every policy.</li>\n", out);
        }
        if (covers != NULL)
            fprintf(out, "<li>Experiment %d: %s.</li>\n", i + 1, covers);
    }
}

void
vn_account_warnings(FILE *out, const struct vn_results *r)
{
    const char *version = NULL;
    int saturated = 0, stopped = 0, versions = 0;

    for (int i = 0; i < r->runs.n; i++) {
        const struct vn_store_run *run = &r->runs.all[i];

        saturated += strcmp(run->state, "saturated") == 0;
        stopped += strcmp(run->state, "stopped") == 0
                   || strcmp(run->state, "stuck") == 0;
        if (version != NULL && strcmp(version, run->version) != 0)
            versions++;
        version = run->version;
    }
    fputs("<h2>To be known</h2>\n<ul class=\"know\">\n", out);
    if (r->runs.failed > 0) {
        fputs("<li>", out);
        count(out, r->runs.failed, "run");
        fputs(" failed and are in no number here.</li>\n", out);
    }
    if (saturated > 0) {
        fputs("<li>", out);
        count(out, saturated, "run");
        fputs(" saturated: more arrived than could be served, and times grow "
              "with the length of the trace.</li>\n",
              out);
    }
    if (stopped > 0) {
        fputs("<li>", out);
        count(out, stopped, "run");
        fputs(" ended before all jobs had.</li>\n", out);
    }
    if (versions > 0)
        fputs("<li>Runs are of several versions of the program.</li>\n", out);
    warn_jobs(out, r);
    warn_groups(out, r);
    fputs("</ul>\n<p class=\"soft\">Means are over replicates, with 95 % "
          "intervals: Student's, of times on the logarithm, of shares on the "
          "arcsine of the root. Ratios are geometric means, paired by "
          "replicate. Jobs that some policy left are in no policy's "
          "times.</p>\n",
          out);
}

static void
define(FILE *out, const char *name, const char *text, const char *hash)
{
    fprintf(out, "<dt>%s</dt><dd>", name);
    vn_page_text(out, text);
    if (hash != NULL) {
        fputs(" <span class=\"soft\">", out);
        vn_page_text(out, hash);
        fputs("</span>", out);
    }
    fputs("</dd>\n", out);
}

/* What the runs of an experiment have in common. */
static void
write_assumed(FILE *out, const struct vn_group *g)
{
    fputs("<dl>\n", out);
    for (const struct vn_assumed *a = vn_assumed; a->name != NULL; a++) {
        int column = vn_store_column_find(VN_STORE_RUN, a->name);
        int hash =
            a->hash != NULL ? vn_store_column_find(VN_STORE_RUN, a->hash) : -1;
        const struct vn_store_column *columns =
            vn_store_forms[VN_STORE_RUN].columns;
        char *text, *digest = NULL;

        if (vn_store_is_none(&columns[column], g->first))
            continue;
        text = vn_choice_text(g->first, column);
        if (hash >= 0 && !vn_store_is_none(&columns[hash], g->first))
            digest = vn_choice_text(g->first, hash);
        define(out, a->name, text, digest);
        free(text);
        free(digest);
    }
    if (g->nreplicates > 0) {
        const struct vn_store_run *run = vn_group_run(g, 0, 0);
        char text[96];

        if (run->trace_hash != NULL)
            define(out, "jobs' hash, of the first", run->trace_hash, NULL);
        snprintf(text, sizeof text,
                 "%" PRId64 " devices, %d replicates of %" PRId64 " jobs",
                 run->devices, g->nreplicates, run->jobs);
        define(out, "size", text, NULL);
    }
    fputs("</dl>\n", out);
}

static void
write_interval(FILE *out, const struct vn_interval *i, double unit, bool bold)
{
    int d = vn_said_decimals(i->estimate / unit);
    char text[128];

    if (i->estimate > 0 && i->estimate / unit < 0.00005)
        snprintf(text, sizeof text, "&lt; 0.0001");
    else if (isnan(i->low))
        snprintf(text, sizeof text, "%.*f", d, i->estimate / unit);
    else
        snprintf(text, sizeof text, "%s%.*f%s <small>[%.*f, %.*f]</small>",
                 bold ? "<b>" : "", d, i->estimate / unit, bold ? "</b>" : "",
                 d, i->low / unit, d, i->high / unit);
    vn_page_number(out, i->estimate, text);
}

static void
write_means(FILE *out, const struct vn_comparison *c)
{
    const struct vn_group *g = c->group;

    fputs("<p class=\"soft\">Means over replicates, with 95 % intervals</p>\n"
          "<div class=\"wide\" tabindex=\"0\"><table class=\"sortable\">"
          "<thead><tr><th scope=\"col\">policy</th>",
          out);
    for (int m = 0; m < VN_METRICS_MAIN; m++)
        fprintf(out, "<th scope=\"col\">%s, %s</th>", vn_said_titles[m],
                vn_said_unit(c, (enum vn_metric) m).name);
    fputs("</tr></thead>\n<tbody>\n", out);
    for (int p = 0; p < g->npolicies; p++) {
        fputs("<tr>", out);
        vn_page_cell(out, "td", g->labels[p]);
        for (int m = 0; m < VN_METRICS_MAIN; m++) {
            struct vn_said_unit unit = vn_said_unit(c, (enum vn_metric) m);
            struct vn_interval i =
                vn_comparison_interval(c, (enum vn_metric) m, p, 0.95);

            write_interval(out, &i, unit.size, false);
        }
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table></div>\n", out);
}

static void
write_chance(FILE *out, double p)
{
    char text[32];

    snprintf(text, sizeof text, p < 0.0001 ? "&lt; 0.0001" : "%.4f", p);
    vn_page_number(out, p, text);
}

static void
write_ratios(FILE *out, const struct vn_comparison *c, const double *distances)
{
    const struct vn_group *g = c->group;
    size_t n = (size_t) g->npolicies;
    double *chance = vn_xcalloc(n, sizeof *chance),
           *holm = vn_xcalloc(n, sizeof *holm);

    vn_said_chances(c, chance, holm);
    fputs("<p class=\"soft\">Ratios to ", out);
    vn_page_text(out, g->labels[0]);
    fprintf(out,
            "; bold where that of mean JCT differs from 1 at 5 %% by Holm's "
            "correction over the %d policies; the distance is that of "
            "Kolmogorov and Smirnov</p>\n"
            "<div class=\"wide\" tabindex=\"0\"><table class=\"sortable\">"
            "<thead><tr><th scope=\"col\">policy</th>",
            g->npolicies - 1);
    for (int m = 0; m < VN_METRIC_UTILISATION; m++)
        fprintf(out, "<th scope=\"col\">%s</th>", vn_said_titles[m]);
    fputs("<th scope=\"col\">p</th><th scope=\"col\">p (Holm)</th>"
          "<th scope=\"col\">distance</th></tr></thead>\n<tbody>\n",
          out);
    for (int p = 1; p < g->npolicies; p++) {
        char text[32];

        fputs("<tr>", out);
        vn_page_cell(out, "td", g->labels[p]);
        for (int m = 0; m < VN_METRIC_UTILISATION; m++) {
            struct vn_interval i =
                vn_said_ratio(c, (enum vn_metric) m, p, 0.95);

            write_interval(out, &i, 1, m == 0 && holm[p] < 0.05);
        }
        write_chance(out, chance[p]);
        write_chance(out, holm[p]);
        snprintf(text, sizeof text, "%.3f", distances[p]);
        vn_page_number(out, distances[p], text);
        fputs("</tr>\n", out);
    }
    fputs("</tbody></table></div>\n", out);
    free(chance);
    free(holm);
}

enum vn_status
vn_account_experiment(FILE *out, const struct vn_results *r, int number,
                      const char *baseline, struct vn_error *err)
{
    const struct vn_group *g = &r->groups.all[number];
    char *words = vn_choice_differences(&r->groups, number);
    struct vn_comparison c;
    enum vn_status status = VN_OK;

    fprintf(out, "<h2 id=\"experiment-%d\">Experiment %d", number + 1,
            number + 1);
    if (words[0] != '\0') {
        fputs(": ", out);
        vn_page_text(out, words);
    }
    fputs("</h2>\n", out);
    free(words);
    write_assumed(out, g);
    if (g->nreplicates > 0)
        status = vn_comparison_make(r->store, g, &c, err);
    if (status == VN_OK && g->nreplicates > 0) {
        double *distances =
            vn_xcalloc((size_t) g->npolicies, sizeof *distances);
        const char *remark = vn_said_remark(&c);

        write_means(out, &c);
        if (remark != NULL)
            fprintf(out, "<p class=\"soft\">Note: %s.</p>\n", remark);
        status = vn_comparison_distances(r->store, g, distances, err);
        if (status == VN_OK && g->npolicies > 1
            && vn_said_has_baseline(g, baseline))
            write_ratios(out, &c, distances);
        free(distances);
        vn_comparison_free(&c);
    }
    return status;
}

/* A cell with a count; none is "-". */
static void
write_count(FILE *out, int64_t n)
{
    char text[32];

    snprintf(text, sizeof text, "%" PRId64, n);
    vn_page_number(out, n >= 0 ? (double) n : NAN, text);
}

static void
write_real(FILE *out, double x)
{
    char text[32];

    snprintf(text, sizeof text, "%.*f", vn_said_decimals(x), x);
    vn_page_number(out, x, text);
}

static void
write_run(FILE *out, const struct vn_store_run *run)
{
    char *label = vn_run_label(run);

    fputs("<tr>", out);
    vn_page_cell(out, "td", label);
    vn_page_cell(out, "td", run->kind);
    vn_page_cell(out, "td", run->state);
    write_count(out, run->seed);
    vn_page_cell(out, "td", run->window);
    write_real(out, run->load);
    write_count(out, run->jobs);
    write_count(out, run->finished);
    write_count(out, run->rejected);
    write_count(out, run->unfinished);
    write_real(out, run->jct_mean_us / 3600e6);
    write_real(out, run->jct_p99_us / 3600e6);
    write_real(out, run->queue_mean_us / 3600e6);
    write_real(out, 100 * run->utilisation);
    fprintf(out, "<td class=\"soft\">%.8s</td>",
            run->name != NULL ? run->name : "");
    fputs("</tr>\n", out);
    free(label);
}

/* Command lines, each once, with the version that ran it. */
static void
write_commands(FILE *out, const struct vn_runs *runs)
{
    const char *last = NULL;

    fputs("<h2>To run it again</h2>\n<pre>", out);
    for (int i = 0; i < runs->n; i++) {
        const char *command = runs->all[i].command;
        bool again = command == NULL;

        for (int k = 0; k < i && !again; k++)
            again = runs->all[k].command != NULL
                    && strcmp(runs->all[k].command, command) == 0;
        if (again)
            continue;
        if (last == NULL || strcmp(last, runs->all[i].version) != 0) {
            fputs("# version ", out);
            vn_page_text(out, runs->all[i].version);
            putc('\n', out);
            last = runs->all[i].version;
        }
        vn_page_text(out, command);
        putc('\n', out);
    }
    fputs("</pre>\n<p>Or <code>vnreplay reproduce</code> with the results "
          "file: it runs all of it again and compares every number.</p>\n",
          out);
}

void
vn_account_runs(FILE *out, const struct vn_results *r)
{
    static const char *const titles[] = {
        "policy",      "kind",       "state",       "seed",     "window",
        "load",        "jobs",       "finished",    "rejected", "unfinished",
        "JCT mean, h", "JCT p99, h", "queueing, h", "used, %",  "name"};
    int n = r->runs.n < ROWS_MAX ? r->runs.n : ROWS_MAX;

    write_commands(out, &r->runs);
    fputs("<h2>Runs</h2>\n", out);
    if (n < r->runs.n)
        fprintf(out,
                "<p class=\"soft\">The first %d of %d; <code>vnreplay "
                "export</code> has all.</p>\n",
                n, r->runs.n);
    fputs("<div class=\"wide\" tabindex=\"0\"><table class=\"sortable\">"
          "<thead><tr>",
          out);
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++)
        fprintf(out, "<th scope=\"col\">%s</th>", titles[i]);
    fputs("</tr></thead>\n<tbody>\n", out);
    for (int i = 0; i < n; i++)
        write_run(out, &r->runs.all[i]);
    fputs("</tbody></table></div>\n", out);
}
