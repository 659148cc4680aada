#include "config.h"

#include "analysis/sweep.h"

#include "analysis/choice.h"
#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a run is, as the sweep sees it. */
struct place {
    const struct vn_store_run *run;
    char *texts[VN_SWEEP_AXES]; /* NULL: it has no such option */
    char *label;
    int series;
    int at[VN_SWEEP_AXES];
};

static void
run_metric(const struct vn_store_run *run, enum vn_metric metric, double *to)
{
    const double values[VN_METRICS] = {
        [VN_METRIC_JCT_MEAN] = run->jct_mean_us / 1e6,
        [VN_METRIC_JCT_P50] = run->jct_p50_us / 1e6,
        [VN_METRIC_JCT_P99] = run->jct_p99_us / 1e6,
        [VN_METRIC_QUEUE_MEAN] = run->queue_mean_us / 1e6,
        [VN_METRIC_MAKESPAN] =
            run->makespan_us >= 0 ? (double) run->makespan_us / 1e6 : NAN,
        [VN_METRIC_UTILISATION] = run->utilisation,
        [VN_METRIC_MET] = vn_metric_met(run, false),
        [VN_METRIC_MET_ADMITTED] = vn_metric_met(run, true),
        [VN_METRIC_RHO_MEAN] = run->rho_mean,
        [VN_METRIC_RHO_WORST] = run->rho_worst,
        [VN_METRIC_RHO_ABOVE] = run->rho_above,
        [VN_METRIC_JAIN_USERS] = run->jain_users,
        [VN_METRIC_JAIN_VCS] = run->jain_vcs,
    };

    *to = values[metric];
}

/* The next "key=value" of a run's options; false after the last. */
static bool
next_option(const char **options, const char **key, size_t *key_length,
            const char **value, size_t *value_length)
{
    const char *at = *options + strspn(*options, " ,"), *equals;
    size_t length = strcspn(at, " ,");

    *options = at + length;
    *key = at;
    equals = memchr(at, '=', length);
    *key_length = equals != NULL ? (size_t) (equals - at) : length;
    *value = equals != NULL ? equals + 1 : at + length;
    *value_length = (size_t) (at + length - *value);
    return length > 0;
}

static char *
copy_part(const char *text, size_t length)
{
    char *copy = vn_xcalloc(length + 1, 1);

    memcpy(copy, text, length);
    return copy;
}

/* Has any run an option of that name?  It is meant before a column of one. */
static bool
is_option(const struct vn_runs *runs, const char *name)
{
    for (int i = 0; i < runs->n; i++) {
        const char *options = runs->all[i].options, *key, *value;
        size_t kl, vl;

        while (options != NULL
               && next_option(&options, &key, &kl, &value, &vl))
            if (strlen(name) == kl && strncmp(key, name, kl) == 0)
                return true;
    }
    return false;
}

/* A parameter's value in a run; NULL where it is an option that it lacks. */
static char *
read_value(const struct vn_store_run *run, const char *name, bool option)
{
    int column = vn_store_column_find(VN_STORE_RUN, name);
    const char *options = run->options != NULL ? run->options : "", *key,
               *value;
    size_t kl, vl;

    if (column >= 0 && !option)
        return vn_choice_text(run, column);
    while (next_option(&options, &key, &kl, &value, &vl))
        if (strlen(name) == kl && strncmp(key, name, kl) == 0)
            return copy_part(value, vl);
    return NULL;
}

static bool
is_axis(const struct vn_sweep *s, const char *name, size_t length)
{
    for (int k = 0; k < s->naxes; k++)
        if (strlen(s->axes[k].name) == length
            && strncmp(s->axes[k].name, name, length) == 0)
            return true;
    return false;
}

/* The policy and those of its options that are not swept. */
static char *
read_label(const struct vn_sweep *s, const struct vn_store_run *run)
{
    const char *options = run->options != NULL ? run->options : "", *key,
               *value, *policy = run->policy;
    size_t size = 0, kl, vl;
    char *text = NULL;
    FILE *out = open_memstream(&text, &size);

    fprintf(out, "%.*s", (int) strcspn(policy, "@"), policy);
    while (next_option(&options, &key, &kl, &value, &vl))
        if (!is_axis(s, key, kl))
            fprintf(out, " %.*s=%.*s", (int) kl, key, (int) vl, value);
    fclose(out);
    return text;
}

/* Add a name to those that vary, once. */
static void
note(char **names, int *n, int most, const char *name, size_t length)
{
    for (int i = 0; i < *n; i++)
        if (strlen(names[i]) == length && strncmp(names[i], name, length) == 0)
            return;
    if (*n < most)
        names[(*n)++] = copy_part(name, length);
}

enum {
    VARYING_MAX = 64
};

/* What two runs of one policy differ in: assumptions, then options. */
static int
find_varying(const struct vn_runs *runs, char **names)
{
    int n = 0;

    for (const struct vn_assumed *a = vn_assumed; a->name != NULL; a++) {
        int column = vn_store_column_find(VN_STORE_RUN, a->name);

        for (int i = 1; i < runs->n; i++)
            if (vn_store_compare_column(
                    &vn_store_forms[VN_STORE_RUN].columns[column],
                    &runs->all[0], &runs->all[i])
                != 0)
                note(names, &n, VARYING_MAX, a->name, strlen(a->name));
    }
    for (int i = 0; i < runs->n; i++)
        for (int k = 0; k < i; k++) {
            const char *options = runs->all[i].options, *key, *value;
            size_t kl, vl;

            if (options == NULL || runs->all[i].policy == NULL
                || runs->all[k].policy == NULL
                || strcmp(runs->all[i].policy, runs->all[k].policy) != 0)
                continue;
            while (next_option(&options, &key, &kl, &value, &vl)) {
                char *name = copy_part(key, kl),
                     *other = read_value(&runs->all[k], name, true);

                if (other == NULL || strncmp(other, value, vl) != 0
                    || other[vl] != '\0')
                    note(names, &n, VARYING_MAX, key, kl);
                free(name);
                free(other);
            }
        }
    return n;
}

/* "a, b and more" for a message. */
static void
join(char *text, size_t size, char **names, int n)
{
    text[0] = '\0';
    for (int i = 0; i < n; i++) {
        size_t used = strlen(text);

        snprintf(text + used, size - used, "%s%s", i > 0 ? ", " : "",
                 names[i]);
    }
}

/* Name the axes: as told, or what varies. */
static enum vn_status
choose_axes(const struct vn_runs *runs, const char *by, int naxes,
            struct vn_sweep *s, struct vn_error *err)
{
    char *names[VARYING_MAX], list[200];
    int n = find_varying(runs, names), given = 0;
    enum vn_status status = VN_OK;

    join(list, sizeof list, names, n);
    while (by != NULL && *by != '\0' && given < naxes) {
        size_t length = strcspn(by, ",");

        s->axes[given++].name = copy_part(by, length);
        by += length + (by[length] == ',');
    }
    s->naxes = given;
    if (given > 0 && (given < naxes || *by != '\0'))
        status = vn_fail(
            err, VN_EUSAGE, "--by: expected %d name%s of what was swept: %s",
            naxes, naxes == 1 ? "" : "s", n > 0 ? list : "nothing varies");
    else if (given == 0 && n != naxes)
        status = vn_fail(
            err, VN_EINVAL,
            n == 0 ? "nothing varies between the runs but replicates and "
                     "policies"
                   : "expected %d parameter%s to vary, --by to choose, or "
                     "--where: %s",
            naxes, naxes == 1 ? "" : "s", list);
    for (int k = 0; k < given && status == VN_OK; k++)
        if (vn_store_column_find(VN_STORE_RUN, s->axes[k].name) < 0
            && !is_option(runs, s->axes[k].name))
            status = vn_fail(err, VN_EUSAGE,
                             "--by: no run has '%.60s', expected a column of "
                             "run or an option of a policy, as %s",
                             s->axes[k].name, n > 0 ? list : "load");
    for (; given == 0 && s->naxes < naxes && status == VN_OK; s->naxes++)
        s->axes[s->naxes].name = vn_xstrdup(names[s->naxes]);
    for (int i = 0; i < n && status == VN_OK; i++)
        if (vn_store_column_find(VN_STORE_RUN, names[i]) >= 0
            && !is_axis(s, names[i], strlen(names[i])))
            status = vn_fail(err, VN_EINVAL,
                             "%s varies too, expected --where to choose one, "
                             "or --by",
                             names[i]);
    for (int i = 0; i < n; i++)
        free(names[i]);
    return status;
}

static bool
parse_number(const char *text, double *x)
{
    char *end;

    *x = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*x);
}

/* By number where both are, else by length and letters. */
static int
compare_texts(const void *a, const void *b)
{
    const char *x = *(char *const *) a, *y = *(char *const *) b;
    double m, n;

    if (parse_number(x, &m) && parse_number(y, &n))
        return (m > n) - (m < n);
    if (strlen(x) != strlen(y))
        return strlen(x) < strlen(y) ? -1 : 1;
    return strcmp(x, y);
}

/* fifo first, the others by name, as in other figures. */
static int
compare_labels(const void *a, const void *b)
{
    const char *x = *(char *const *) a, *y = *(char *const *) b;
    int first = strcmp(y, "fifo") == 0, second = strcmp(x, "fifo") == 0;

    return first != second ? first - second : strcmp(x, y);
}

static void
make_axis(struct vn_sweep_axis *axis, int k, const struct place *places, int n)
{
    int kept = 0;

    axis->texts = vn_xcalloc((size_t) n + 1, sizeof *axis->texts);
    axis->numbers = vn_xcalloc((size_t) n + 1, sizeof *axis->numbers);
    for (int i = 0; i < n; i++)
        if (places[i].texts[k] != NULL)
            axis->texts[axis->n++] = places[i].texts[k];
    qsort(axis->texts, (size_t) axis->n, sizeof *axis->texts, compare_texts);
    for (int i = 0; i < axis->n; i++)
        if (kept == 0 || strcmp(axis->texts[kept - 1], axis->texts[i]) != 0)
            axis->texts[kept++] = axis->texts[i];
    axis->n = kept;
    axis->numeric = true;
    for (int i = 0; i < axis->n; i++) {
        axis->texts[i] = vn_xstrdup(axis->texts[i]);
        if (!parse_number(axis->texts[i], &axis->numbers[i])) {
            axis->numbers[i] = NAN;
            axis->numeric = false;
        }
    }
}

/* Are two runs the same but for their policies? */
static bool
paired(const struct vn_store_run *a, const struct vn_store_run *b)
{
    static const char *const drawn[] = {"seed", "window", "trace_hash"};

    if (vn_runs_compare(a, b) != 0)
        return false;
    for (int i = 0; i < 3; i++) {
        int column = vn_store_column_find(VN_STORE_RUN, drawn[i]);

        if (vn_store_compare_column(
                &vn_store_forms[VN_STORE_RUN].columns[column], a, b)
            != 0)
            return false;
    }
    return true;
}

/* The run that a ratio is to; NULL where there is none. */
static const struct vn_store_run *
find_base(const struct place *places, int n, const struct vn_store_run *run,
          const char *baseline)
{
    for (int i = 0; i < n; i++)
        if (vn_group_is(places[i].label, baseline)
            && paired(places[i].run, run))
            return places[i].run;
    return NULL;
}

/* Does a run stand at this place? */
static bool
stands(const struct place *p, int series, const int *at, int naxes)
{
    for (int k = 0; k < naxes; k++)
        if (p->at[k] >= 0 && p->at[k] != at[k])
            return false;
    return p->series == series;
}

static void
make_point(struct vn_sweep *s, const struct place *places, int n, int series,
           const int *at, enum vn_metric metric, const char *baseline)
{
    struct vn_sweep_point point = {.series = series, .at = {at[0], at[1]}};
    double *x = vn_xcalloc((size_t) n, sizeof *x),
           *base = vn_xcalloc((size_t) n, sizeof *base);
    int used = 0;

    for (int i = 0; i < n; i++) {
        const struct vn_store_run *run = places[i].run, *other = run;

        if (!stands(&places[i], series, at, s->naxes))
            continue;
        point.unfinished += run->unfinished > 0 ? run->unfinished : 0;
        if (baseline != NULL)
            other = find_base(places, n, run, baseline);
        run_metric(run, metric, &x[used]);
        base[used] = NAN;
        if (other != NULL)
            run_metric(other, metric, &base[used]);
        if (!isnan(x[used]) && !isnan(base[used]))
            used++;
    }
    point.y = baseline != NULL ? vn_interval_ratio(x, base, used, 0.95)
              : metric == VN_METRIC_UTILISATION
                  ? vn_interval_share(x, used, 0.95)
                  : vn_interval_time(x, used, 0.95);
    if (used > 0)
        s->points[s->npoints++] = point;
    free(x);
    free(base);
}

/* Number policies and places. */
static void
number(struct vn_sweep *s, struct place *places, int n)
{
    s->labels = vn_xcalloc((size_t) n + 1, sizeof *s->labels);
    for (int i = 0; i < n; i++)
        s->labels[i] = places[i].label;
    qsort(s->labels, (size_t) n, sizeof *s->labels, compare_labels);
    for (int i = 0; i < n; i++)
        if (s->nseries == 0
            || strcmp(s->labels[s->nseries - 1], s->labels[i]) != 0)
            s->labels[s->nseries++] = s->labels[i];
    for (int i = 0; i < s->nseries; i++)
        s->labels[i] = vn_xstrdup(s->labels[i]);
    for (int i = 0; i < n; i++) {
        while (strcmp(s->labels[places[i].series], places[i].label) != 0)
            places[i].series++;
        for (int k = 0; k < s->naxes; k++) {
            places[i].at[k] = places[i].texts[k] != NULL ? 0 : -1;
            while (places[i].at[k] >= 0
                   && strcmp(s->axes[k].texts[places[i].at[k]],
                             places[i].texts[k])
                          != 0)
                places[i].at[k]++;
        }
    }
}

enum vn_status
vn_sweep_make(const struct vn_runs *runs, const char *by, int naxes,
              enum vn_metric metric, const char *baseline, struct vn_sweep *s,
              struct vn_error *err)
{
    struct place *places = vn_xcalloc((size_t) runs->n + 1, sizeof *places);
    enum vn_status status;
    int n = 0;

    *s = (struct vn_sweep){.naxes = 0};
    status = choose_axes(runs, by, naxes, s, err);
    for (int i = 0; i < runs->n && status == VN_OK; i++) {
        struct place *p = &places[n];

        if (runs->all[i].policy == NULL)
            continue;
        p->run = &runs->all[i];
        p->label = read_label(s, p->run);
        for (int k = 0; k < s->naxes; k++)
            p->texts[k] = read_value(p->run, s->axes[k].name,
                                     is_option(runs, s->axes[k].name));
        n++;
    }
    for (int k = 0; k < s->naxes && status == VN_OK; k++)
        make_axis(&s->axes[k], k, places, n);
    if (status == VN_OK) {
        int second = s->naxes > 1 ? s->axes[1].n : 1;

        number(s, places, n);
        s->points =
            vn_xcalloc((size_t) (s->nseries * s->axes[0].n * second) + 1,
                       sizeof *s->points);
        for (int series = 0; series < s->nseries; series++)
            for (int i = 0; i < s->axes[0].n; i++)
                for (int k = 0; k < second; k++)
                    make_point(s, places, n, series, (const int[]){i, k},
                               metric, baseline);
        if (s->npoints == 0)
            status =
                vn_fail(err, VN_EINVAL, "no run has what would be drawn%s%s",
                        baseline != NULL ? " beside one of " : "",
                        baseline != NULL ? baseline : "");
    }
    for (int i = 0; i < n; i++) {
        free(places[i].label);
        for (int k = 0; k < VN_SWEEP_AXES; k++)
            free(places[i].texts[k]);
    }
    free(places);
    return status;
}

void
vn_sweep_free(struct vn_sweep *s)
{
    for (int k = 0; k < VN_SWEEP_AXES; k++) {
        struct vn_sweep_axis *a = &s->axes[k];

        for (int i = 0; i < a->n; i++)
            free(a->texts[i]);
        free(a->texts);
        free(a->numbers);
        free(a->name);
    }
    for (int i = 0; i < s->nseries; i++)
        free(s->labels[i]);
    free(s->labels);
    free(s->points);
    *s = (struct vn_sweep){.naxes = 0};
}
