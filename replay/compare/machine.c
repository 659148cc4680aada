#include "config.h"

#include "base/file.h"
#include "base/number.h"
#include "base/xalloc.h"
#include "replay/compare/report.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A number for machines: nothing, or null, where there is none. */
static void
print_number(double x, const char *none)
{
    char text[VN_NUMBER_SIZE];

    fputs(isfinite(x) ? vn_format_real(text, x) : none, stdout);
}

/* Is an assumption among what is printed of every group first? */
static bool
stands_first(const struct vn_assumed *a)
{
    static const char *const first[] = {"kind", "trace", "cluster", "load"};

    for (size_t i = 0; i < sizeof first / sizeof *first; i++)
        if (strcmp(a->name, first[i]) == 0)
            return true;
    return false;
}

/* A column of run, or what stands for none; texts by `quote`. */
static void
print_column(const struct vn_store_run *run, int column, const char *none,
             void quote(FILE *out, const char *text))
{
    const struct vn_store_column *c =
        &vn_store_forms[VN_STORE_RUN].columns[column];
    char *text = vn_choice_text(run, column);

    if (vn_store_is_none(c, run))
        fputs(none, stdout);
    else if (c->type == VN_STORE_TEXT)
        quote(stdout, text);
    else
        fputs(text, stdout);
    free(text);
}

/* Of every assumption its name and the hash of what it names. */
static void
each_assumed(void each(const struct vn_store_run *run, int column),
             const struct vn_store_run *run)
{
    for (const struct vn_assumed *s = vn_assumed; s->name != NULL; s++) {
        if (!stands_first(s))
            each(run, vn_store_column_find(VN_STORE_RUN, s->name));
        if (s->hash != NULL)
            each(run, vn_store_column_find(VN_STORE_RUN, s->hash));
    }
}

static void
print_csv_title(const struct vn_store_run *run, int column)
{
    (void) run;
    printf(",%s", vn_store_forms[VN_STORE_RUN].columns[column].name);
}

static void
print_csv_column(const struct vn_store_run *run, int column)
{
    putchar(',');
    print_column(run, column, "", vn_csv_cell);
}

static void
print_json_column(const struct vn_store_run *run, int column)
{
    printf("  \"%s\": ", vn_store_forms[VN_STORE_RUN].columns[column].name);
    print_column(run, column, "null", vn_json_string);
    puts(",");
}

/* Of each policy: how likely its ratio of mean JCT is by chance, the same by
 * Holm's correction, and the distance of its distribution. */
struct differences {
    double *numbers[3];
};

static struct differences
differ(const struct vn_comparison *c, const struct vn_report *a)
{
    size_t n = (size_t) c->group->npolicies;
    struct differences d;

    for (int i = 0; i < 3; i++)
        d.numbers[i] = vn_xcalloc(n, sizeof *d.numbers[i]);
    vn_said_chances(c, d.numbers[0], d.numbers[1]);
    memcpy(d.numbers[2], a->distances, n * sizeof *a->distances);
    return d;
}

static void
free_differences(struct differences *d)
{
    for (int i = 0; i < 3; i++)
        free(d->numbers[i]);
}

/* Has any run of the policy the metric? */
static bool
is_known(const struct vn_comparison *c, enum vn_metric m, int p)
{
    for (int r = 0; r < c->group->nreplicates; r++)
        if (!isnan(vn_comparison_values(c, m, p)[r]))
            return true;
    return false;
}

static void
print_csv_row(const struct vn_comparison *c, const struct vn_report *a,
              const struct differences *d, int p, enum vn_metric m)
{
    const struct vn_group *g = c->group;
    const struct vn_store_run *run = g->first;
    struct vn_interval mean = vn_comparison_interval(c, m, p, a->level);
    struct vn_interval rel = vn_said_ratio(c, m, p, a->level);
    const char *remark = vn_said_remark(c);
    const double numbers[] = {mean.estimate, mean.low, mean.high,
                              rel.estimate,  rel.low,  rel.high};

    vn_csv_cell(stdout, run->trace != NULL ? run->trace : "");
    putchar(',');
    vn_csv_cell(stdout, run->cluster != NULL ? run->cluster : "");
    putchar(',');
    print_number(run->load, "");
    printf(",%s,", run->kind);
    vn_csv_cell(stdout, g->labels[p]);
    printf(",%d,%" PRId64 ",%" PRId64 ",%" PRId64 ",%s", g->nreplicates,
           c->compared, c->unfinished[p], c->met[p].declined + c->met[p].late,
           vn_metric_names[m]);
    for (int i = 0; i < 6; i++) {
        putchar(',');
        if (i < 3 || vn_said_has_baseline(g, a->baseline))
            print_number(numbers[i], "");
    }
    for (int i = 0; i < 3; i++) {
        putchar(',');
        if (m == VN_METRIC_JCT_MEAN && vn_said_has_baseline(g, a->baseline))
            print_number(d->numbers[i][p], "");
    }
    each_assumed(print_csv_column, run);
    putchar(',');
    vn_csv_cell(stdout, remark != NULL ? remark : "");
    putchar('\n');
}

void
vn_report_csv(const struct vn_comparison *c, const struct vn_report *a, int at)
{
    struct differences d = differ(c, a);

    if (at == 0) {
        fputs("trace,cluster,load,kind,policy,replicates,jobs,unfinished,"
              "declined,metric,mean,low,high,ratio,ratio_low,ratio_high,p,p_"
              "holm,"
              "distance",
              stdout);
        each_assumed(print_csv_title, c->group->first);
        puts(",remark");
    }
    for (int p = 0; p < c->group->npolicies; p++)
        for (int m = 0; m < VN_METRICS && c->group->nreplicates > 0; m++)
            if (m < VN_METRICS_MAIN || is_known(c, (enum vn_metric) m, p))
                print_csv_row(c, a, &d, p, (enum vn_metric) m);
    free_differences(&d);
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
print_json_metric(const struct vn_comparison *c, const struct vn_report *a,
                  const struct differences *d, int p, enum vn_metric m)
{
    const double *x = vn_comparison_values(c, m, p);
    int n = c->group->nreplicates;
    struct vn_interval i = vn_comparison_interval(c, m, p, a->level);

    printf("%s      \"%s\": {", m > 0 ? ",\n" : "", vn_metric_names[m]);
    print_json_interval("mean", &i);
    if (vn_said_has_baseline(c->group, a->baseline)) {
        i = vn_said_ratio(c, m, p, a->level);
        printf(", ");
        print_json_interval("ratio", &i);
        for (int k = 0; k < 3 && m == VN_METRIC_JCT_MEAN; k++) {
            static const char *const names[] = {"p", "p_holm", "distance"};

            printf(", \"%s\": ", names[k]);
            print_number(d->numbers[k][p], "null");
        }
    }
    printf(", \"points\": [");
    for (int r = 0; r < n; r++) {
        fputs(r > 0 ? ", " : "", stdout);
        print_number(x[r], "null");
    }
    fputs("]}", stdout);
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

void
vn_report_json(const struct vn_comparison *c, const struct vn_report *a,
               int at)
{
    const struct vn_group *g = c->group;
    const struct vn_store_run *run = g->first;
    struct differences d = differ(c, a);

    puts(at == 0 ? "[{" : ", {");
    print_json_text("trace", run->trace);
    print_json_text("cluster", run->cluster);
    print_json_text("kind", run->kind);
    print_json_column(run, vn_store_column_find(VN_STORE_RUN, "load"));
    each_assumed(print_json_column, run);
    print_json_text("remark", vn_said_remark(c));
    printf("  \"replicates\": %d, \"incomplete\": %d, \"jobs\": %" PRId64
           ",\n  \"policies\": [\n",
           g->nreplicates, g->incomplete, c->compared);
    for (int p = 0; p < g->npolicies; p++) {
        printf("    {\"policy\": ");
        vn_json_string(stdout, g->labels[p]);
        printf(", \"unfinished\": %" PRId64 ", \"rejected\": %" PRId64
               ", \"declined\": %" PRId64 ",\n",
               c->unfinished[p], c->rejected[p],
               c->met[p].declined + c->met[p].late);
        for (int m = 0; m < VN_METRICS; m++)
            if (m < VN_METRICS_MAIN || is_known(c, (enum vn_metric) m, p))
                print_json_metric(c, a, &d, p, (enum vn_metric) m);
        putchar('\n');
        puts(p + 1 < g->npolicies ? "    }," : "    }");
    }
    puts("  ]}");
    free_differences(&d);
}
