#include "config.h"

#include "analysis/table.h"

#include "analysis/said.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* What the two languages write differently. */
struct language {
    const char *between; /* cells */
    const char *end;     /* of a row */
    const char *percent;
    bool latex;
};

static const struct language latex = {" & ", " \\\\\n", "\\%", true};
static const struct language markdown = {" | ", " |\n", "%", false};

/* A text from the results, without meaning to the language. */
static void
print_quoted(FILE *out, const struct language *l, const char *text)
{
    for (; *text != '\0'; text++) {
        if (l->latex && *text == '\\')
            fputs("\\textbackslash{}", out);
        else if (l->latex && (*text == '^' || *text == '~'))
            fprintf(out, "\\%c{}", *text);
        else {
            bool special = l->latex
                               ? *text == '_' || *text == '%' || *text == '#'
                                     || *text == '&' || *text == '$'
                                     || *text == '{' || *text == '}'
                               : *text == '|' || *text == '*' || *text == '_'
                                     || *text == '`' || *text == '<'
                                     || *text == '\\' || *text == '[';

            if (special)
                putc('\\', out);
            putc((unsigned char) *text < ' ' ? ' ' : *text, out);
        }
    }
}

static void
print_mean(FILE *out, const struct language *l, const struct vn_interval *i,
           const struct vn_said_unit *unit)
{
    double mean = i->estimate / unit->size;
    int d = vn_said_decimals(mean);

    fputs(l->between, out);
    if (isnan(mean)) {
        fputs(l->latex ? "--" : "-", out);
        return;
    }
    fprintf(out, "%.*f", d, mean);
    if (!isnan(i->low))
        fprintf(out, " [%.*f, %.*f]", d, i->low / unit->size, d,
                i->high / unit->size);
}

/* The ratio of mean JCT; its interval where there is one. */
static void
print_ratio(FILE *out, const struct language *l, const struct vn_interval *i)
{
    int d = vn_said_decimals(i->estimate);

    fputs(l->between, out);
    if (i->n == 0)
        fputs(l->latex ? "--" : "-", out);
    else
        fprintf(out, "%.*f", d, i->estimate);
    if (i->n > 1)
        fprintf(out, " [%.*f, %.*f]", d, i->low, d, i->high);
}

static void
print_header(FILE *out, const struct language *l,
             const struct vn_comparison *c, bool ratio)
{
    fputs(l->latex ? "policy" : "| policy", out);
    for (int m = 0; m < VN_METRICS_MAIN; m++) {
        struct vn_said_unit unit = vn_said_unit(c, (enum vn_metric) m);

        fprintf(out, "%s%s (%s)", l->between, vn_said_titles[m],
                unit.name[0] == '%' ? l->percent : unit.name);
    }
    if (ratio) {
        fprintf(out, "%sJCT / ", l->between);
        print_quoted(out, l, c->group->labels[0]);
    }
    fputs(l->end, out);
}

static void
print_rows(FILE *out, const struct language *l, const struct vn_comparison *c,
           const struct vn_table *a, bool ratio)
{
    const struct vn_group *g = c->group;

    for (int p = 0; p < g->npolicies; p++) {
        fputs(l->latex ? "" : "| ", out);
        print_quoted(out, l, g->labels[p]);
        for (int m = 0; m < VN_METRICS_MAIN; m++) {
            struct vn_said_unit unit = vn_said_unit(c, (enum vn_metric) m);
            struct vn_interval i =
                vn_comparison_interval(c, (enum vn_metric) m, p, a->level);

            print_mean(out, l, &i, &unit);
        }
        if (ratio) {
            struct vn_interval i =
                vn_said_ratio(c, VN_METRIC_JCT_MEAN, p, a->level);

            /* To itself it is 1, without doubt. */
            i.n = p == 0 && i.n > 0 ? 1 : i.n;
            print_ratio(out, l, &i);
        }
        fputs(l->end, out);
    }
}

/* What the table is of, to stand above it. */
static void
print_caption(FILE *out, const struct language *l,
              const struct vn_comparison *c, const struct vn_table *a)
{
    const struct vn_group *g = c->group;
    const struct vn_store_run *run = g->first;
    const char *remark = vn_said_remark(c);
    long long unfinished = 0;
    char dropped[400];

    for (int p = 0; p < g->npolicies; p++)
        unfinished += c->unfinished[p];
    print_quoted(out, l, run->trace != NULL ? run->trace : "no trace");
    fputs(" on ", out);
    print_quoted(out, l, run->cluster != NULL ? run->cluster : "no cluster");
    if (!isnan(run->load))
        fprintf(out, ", load %g", run->load);
    fprintf(out, ": %lld jobs, %d replicate%s", (long long) c->compared,
            g->nreplicates, g->nreplicates == 1 ? "" : "s");
    if (g->nreplicates > 1)
        fprintf(out, ", with %g %s intervals", 100 * a->level, l->percent);
    if (unfinished > 0)
        fprintf(out, "; %lld unfinished left out", unfinished);
    vn_said_dropped(c, dropped, sizeof dropped);
    if (dropped[0] != '\0')
        fprintf(out, "; %s", dropped);
    if (a->groups->n > 1) {
        char *words =
            vn_choice_differences(a->groups, (int) (g - a->groups->all));

        fputs("; ", stdout);
        print_quoted(out, l, words);
        free(words);
    }
    if (remark != NULL)
        fprintf(out, "; %s", remark);
    putc('.', out);
}

static void
print_latex(FILE *out, const struct vn_comparison *c, const struct vn_table *a,
            int at)
{
    bool ratio = vn_said_has_baseline(c->group, a->baseline);

    fprintf(out,
            "%s%% needs \\usepackage{booktabs}\n\\begin{table}\n"
            "\\centering\n\\caption{",
            at > 0 ? "\n" : "");
    print_caption(out, &latex, c, a);
    fprintf(out, "}\n\\begin{tabular}{l%s}\n\\toprule\n",
            ratio ? "rrrrrrr" : "rrrrrr");
    print_header(out, &latex, c, ratio);
    fputs("\\midrule\n", out);
    print_rows(out, &latex, c, a, ratio);
    fputs("\\bottomrule\n\\end{tabular}\n\\end{table}\n", out);
}

static void
print_markdown(FILE *out, const struct vn_comparison *c,
               const struct vn_table *a, int at)
{
    bool ratio = vn_said_has_baseline(c->group, a->baseline);

    fputs(at > 0 ? "\n" : "", out);
    print_caption(out, &markdown, c, a);
    fputs("\n\n", out);
    print_header(out, &markdown, c, ratio);
    fprintf(out, "|:--|--:|--:|--:|--:|--:|--:|%s\n", ratio ? "--:|" : "");
    print_rows(out, &markdown, c, a, ratio);
}

void
vn_table_print(FILE *out, enum vn_table_language language,
               const struct vn_comparison *c, const struct vn_table *a, int at)
{
    if (language == VN_TABLE_LATEX)
        print_latex(out, c, a, at);
    else
        print_markdown(out, c, a, at);
}

void
vn_table_quote(FILE *out, enum vn_table_language language, const char *text)
{
    print_quoted(out, language == VN_TABLE_LATEX ? &latex : &markdown, text);
}
