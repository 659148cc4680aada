/* Tables for papers: LaTeX with booktabs, and Markdown. */
#include "config.h"

#include "replay/compare/report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* What the two languages write differently. */
struct language {
    const char *between; /* cells */
    const char *end;     /* of a row */
    const char *plus_minus;
    const char *percent;
    bool latex;
};

static const struct language latex = {" & ", " \\\\\n", "$\\pm$", "\\%", true};
static const struct language markdown = {" | ", " |\n", "±", "%", false};

/* A text from the results, without meaning to the language. */
static void
print_quoted(const struct language *l, const char *text)
{
    for (; *text != '\0'; text++) {
        if (l->latex && *text == '\\')
            fputs("\\textbackslash{}", stdout);
        else if (l->latex && (*text == '^' || *text == '~'))
            printf("\\%c{}", *text);
        else {
            bool special = l->latex
                               ? *text == '_' || *text == '%' || *text == '#'
                                     || *text == '&' || *text == '$'
                                     || *text == '{' || *text == '}'
                               : *text == '|' || *text == '*' || *text == '_'
                                     || *text == '`' || *text == '<';

            if (special)
                putchar('\\');
            putchar(*text);
        }
    }
}

static void
print_mean(const struct language *l, const struct vn_interval *i,
           const struct vn_report_unit *unit)
{
    double mean = i->estimate / unit->size;
    int d = vn_report_decimals(mean);

    fputs(l->between, stdout);
    if (isnan(mean)) {
        fputs(l->latex ? "--" : "-", stdout);
        return;
    }
    printf("%.*f", d, mean);
    if (i->n > 1)
        printf(" %s %.*f", l->plus_minus, d,
               (i->high - i->low) / 2 / unit->size);
}

/* The ratio of mean JCT; its interval where there is one. */
static void
print_ratio(const struct language *l, const struct vn_interval *i)
{
    int d = vn_report_decimals(i->estimate);

    fputs(l->between, stdout);
    if (i->n == 0)
        fputs(l->latex ? "--" : "-", stdout);
    else
        printf("%.*f", d, i->estimate);
    if (i->n > 1)
        printf(" [%.*f, %.*f]", d, i->low, d, i->high);
}

static void
print_header(const struct language *l, const struct vn_comparison *c,
             bool ratio)
{
    fputs(l->latex ? "policy" : "| policy", stdout);
    for (int m = 0; m < VN_METRICS; m++) {
        struct vn_report_unit unit = vn_report_unit(c, (enum vn_metric) m);

        printf("%s%s (%s)", l->between, vn_report_titles[m],
               unit.name[0] == '%' ? l->percent : unit.name);
    }
    if (ratio) {
        printf("%sJCT / ", l->between);
        print_quoted(l, c->group->labels[0]);
    }
    fputs(l->end, stdout);
}

static void
print_rows(const struct language *l, const struct vn_comparison *c,
           const struct vn_report *a, bool ratio)
{
    const struct vn_group *g = c->group;

    for (int p = 0; p < g->npolicies; p++) {
        fputs(l->latex ? "" : "| ", stdout);
        print_quoted(l, g->labels[p]);
        for (int m = 0; m < VN_METRICS; m++) {
            struct vn_report_unit unit = vn_report_unit(c, (enum vn_metric) m);
            struct vn_interval i = vn_interval_mean(
                vn_comparison_values(c, (enum vn_metric) m, p), g->nreplicates,
                a->level);

            print_mean(l, &i, &unit);
        }
        if (ratio) {
            struct vn_interval i =
                vn_report_ratio(c, VN_METRIC_JCT_MEAN, p, a->level);

            /* To itself it is 1, without doubt. */
            i.n = p == 0 && i.n > 0 ? 1 : i.n;
            print_ratio(l, &i);
        }
        fputs(l->end, stdout);
    }
}

/* What the table is of, to stand above it. */
static void
print_caption(const struct language *l, const struct vn_comparison *c,
              const struct vn_report *a)
{
    const struct vn_group *g = c->group;
    const struct vn_store_run *run = g->first;
    const char *remark = vn_report_remark(c);
    long long unfinished = 0;

    for (int p = 0; p < g->npolicies; p++)
        unfinished += c->unfinished[p];
    print_quoted(l, run->trace != NULL ? run->trace : "no trace");
    fputs(" on ", stdout);
    print_quoted(l, run->cluster != NULL ? run->cluster : "no cluster");
    if (!isnan(run->load))
        printf(", load %g", run->load);
    printf(": %lld jobs, %d replicate%s", (long long) c->compared,
           g->nreplicates, g->nreplicates == 1 ? "" : "s");
    if (g->nreplicates > 1)
        printf(", with %g %s intervals", 100 * a->level, l->percent);
    if (unfinished > 0)
        printf("; %lld unfinished left out", unfinished);
    if (a->groups->n > 1) {
        char *words =
            vn_choice_differences(a->groups, (int) (g - a->groups->all));

        fputs("; ", stdout);
        print_quoted(l, words);
        free(words);
    }
    if (remark != NULL)
        printf("; %s", remark);
    putchar('.');
}

void
vn_report_latex(const struct vn_comparison *c, const struct vn_report *a,
                int at)
{
    bool ratio = vn_report_has_baseline(c->group, a);

    printf("%s%% needs \\usepackage{booktabs}\n\\begin{table}\n"
           "\\centering\n\\caption{",
           at > 0 ? "\n" : "");
    print_caption(&latex, c, a);
    printf("}\n\\begin{tabular}{l%s}\n\\toprule\n",
           ratio ? "rrrrrrr" : "rrrrrr");
    print_header(&latex, c, ratio);
    puts("\\midrule");
    print_rows(&latex, c, a, ratio);
    puts("\\bottomrule\n\\end{tabular}\n\\end{table}");
}

void
vn_report_markdown(const struct vn_comparison *c, const struct vn_report *a,
                   int at)
{
    bool ratio = vn_report_has_baseline(c->group, a);

    fputs(at > 0 ? "\n" : "", stdout);
    print_caption(&markdown, c, a);
    fputs("\n\n", stdout);
    print_header(&markdown, c, ratio);
    printf("|:--|--:|--:|--:|--:|--:|--:|%s\n", ratio ? "--:|" : "");
    print_rows(&markdown, c, a, ratio);
}
