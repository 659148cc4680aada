#include "config.h"

#include "analysis/runs.h"

#include "base/xalloc.h"

#include <stdlib.h>
#include <string.h>

const struct vn_assumed vn_assumed[] = {
    {"kind", NULL, false},
    {"trace", NULL, false},
    {"cluster", "cluster_hash", true},
    {"load", NULL, false},
    {"profile", "profile_hash", false},
    {"scaling", "scaling_hash", false},
    {"costs", "costs_hash", false},
    {"compat", NULL, false},
    {"placement", NULL, false},
    {"faults", NULL, false},
    {"slow", NULL, false},
    {"statuses", NULL, false},
    {"predict", NULL, false},
    {"rho_form", NULL, false},
    {"until_us", NULL, false},
    {"stop", NULL, false},
    {"measure", NULL, false},
    {"version", NULL, false},
    {NULL, NULL, false},
};

/* What the runs of a replicate have in common besides. */
static const char *const drawn[] = {"trace", "seed", "window", "trace_hash"};

enum {
    NDRAWN = sizeof drawn / sizeof *drawn
};

/* Give row its own copies of its texts, or free them. */
static void
own_texts(struct vn_store_run *run, bool release)
{
    const struct vn_store_form *form = &vn_store_forms[VN_STORE_RUN];

    for (int i = 0; i < form->ncolumns; i++) {
        char *at = (char *) run + form->columns[i].offset, *copy = NULL;
        const char *text;

        if (form->columns[i].type != VN_STORE_TEXT)
            continue;
        memcpy(&text, at, sizeof text);
        if (release)
            free((void *) (uintptr_t) text);
        else if (text != NULL)
            copy = strcpy(vn_xcalloc(strlen(text) + 1, 1), text);
        memcpy(at, &copy, sizeof copy);
    }
}

enum vn_status
vn_runs_read(struct vn_store *store, struct vn_runs *runs,
             struct vn_error *err)
{
    struct vn_rows *rows = NULL;
    enum vn_status status;
    bool more;

    *runs = (struct vn_runs){0};
    status = vn_store_read(store, VN_STORE_RUN, NULL, &rows, err);
    while (status == VN_OK
           && (status = vn_rows_next(rows, &more, err)) == VN_OK && more) {
        struct vn_store_run run;

        vn_rows_get(rows, &run);
        if (strcmp(run.state, "failed") == 0
            || strcmp(run.state, "limited") == 0) {
            runs->failed++;
            continue;
        }
        own_texts(&run, false);
        runs->all =
            vn_xrealloc(runs->all, (size_t) runs->n + 1, sizeof *runs->all);
        runs->all[runs->n++] = run;
    }
    vn_rows_close(rows);
    if (status != VN_OK)
        vn_runs_free(runs);
    return status;
}

bool
vn_runs_have(const struct vn_runs *runs, int64_t run_id)
{
    for (int i = 0; i < runs->n; i++)
        if (runs->all[i].run_id == run_id)
            return true;
    return false;
}

void
vn_run_free(struct vn_store_run *run)
{
    own_texts(run, true);
}

void
vn_runs_free(struct vn_runs *runs)
{
    for (int i = 0; i < runs->n; i++)
        own_texts(&runs->all[i], true);
    free(runs->all);
    *runs = (struct vn_runs){0};
}

static int
compare_column(const char *name, const void *a, const void *b)
{
    int column = vn_store_column_find(VN_STORE_RUN, name);

    return vn_store_compare_column(
        &vn_store_forms[VN_STORE_RUN].columns[column], a, b);
}

static int
compare_by(const char *const *names, int n, const void *a, const void *b)
{
    int order = 0;

    for (int i = 0; i < n && order == 0; i++)
        order = compare_column(names[i], a, b);
    return order;
}

/* By what was assumed, a file by its content however it was named; but for
 * the trace where traces are pooled. */
static int
compare_assumed(bool pool, const void *a, const void *b)
{
    int order = 0;

    for (const struct vn_assumed *s = vn_assumed;
         s->name != NULL && order == 0; s++)
        if (!pool || strcmp(s->name, "trace") != 0) {
            order = s->hash != NULL ? compare_column(s->hash, a, b) : 0;
            if (order == 0 && (s->hash == NULL || s->named))
                order = compare_column(s->name, a, b);
        }
    return order;
}

static int
compare_policy(const struct vn_store_run *a, const struct vn_store_run *b)
{
    static const char *const names[] = {"policy", "options", "options_hash",
                                        "limits"};

    return compare_by(names, 4, a, b);
}

/* "3/10" by its number: as many digits are as large. */
static int
compare_draw(const void *a, const void *b)
{
    const struct vn_store_run *x = *(const struct vn_store_run *const *) a,
                              *y = *(const struct vn_store_run *const *) b;
    size_t m = x->window != NULL ? strlen(x->window) : 0,
           n = y->window != NULL ? strlen(y->window) : 0;

    if (m != n)
        return m < n ? -1 : 1;
    return compare_by(drawn, NDRAWN, x, y);
}

/* Groups, in them policies, in those replicates. */
static int
compare_runs(bool pool, const void *a, const void *b)
{
    int order = compare_assumed(pool, a, b);

    if (order == 0)
        order = compare_policy(a, b);
    return order != 0 ? order : compare_by(drawn, NDRAWN, a, b);
}

static int
compare_plain(const void *a, const void *b)
{
    return compare_runs(false, a, b);
}

static int
compare_pooled(const void *a, const void *b)
{
    return compare_runs(true, a, b);
}

int
vn_runs_compare(const struct vn_store_run *a, const struct vn_store_run *b)
{
    return compare_assumed(false, a, b);
}

bool
vn_group_is(const char *label, const char *baseline)
{
    size_t n;

    if (baseline == NULL)
        return false;
    n = strlen(baseline);
    return n > 0 && strncmp(label, baseline, n) == 0
           && (label[n] == '\0' || label[n] == ' ' || label[n] == '@');
}

char *
vn_run_label(const struct vn_store_run *run)
{
    const char *policy = run->policy != NULL ? run->policy : "(none)";
    const char *options = run->options != NULL ? run->options : "";
    const char *limits = run->limits != NULL ? run->limits : "";
    size_t size = strlen(policy) + strlen(options) + strlen(limits) + 3;
    char *label = vn_xcalloc(size, 1);

    snprintf(label, size, "%s%s%s%s%s", policy, options[0] != '\0' ? " " : "",
             options, limits[0] != '\0' ? " " : "", limits);
    return label;
}

/* Runs of one policy: where they begin in the group's runs, and how many. */
struct part {
    const struct vn_store_run *first;
    int n;
};

/* The run of a part that is of the same replicate as `like`, or NULL. */
static const struct vn_store_run *
partner(const struct part *part, const struct vn_store_run *like)
{
    for (int i = 0; i < part->n; i++)
        if (compare_by(drawn, NDRAWN, &part->first[i], like) == 0)
            return &part->first[i];
    return NULL;
}

/* What two runs that drew nothing have in common, whatever their seeds. */
static const char *const outcome[] = {
    "trace_hash", "window",      "events",     "jobs",
    "finished",   "makespan_us", "device_us",  "preemptions",
    "resizes",    "jct_mean_us", "jct_p50_us", "queue_mean_us",
};

enum {
    NOUTCOME = sizeof outcome / sizeof *outcome
};

/* Is replicate `like` the same as one of n others under every policy?  Then
 * nothing in it was random, and it adds no knowledge. */
static bool
repeats(const struct part *parts, int npolicies,
        const struct vn_store_run **draws, int n,
        const struct vn_store_run *like)
{
    for (int d = 0; d < n; d++) {
        bool same = true;

        for (int p = 0; p < npolicies && same; p++)
            same = compare_by(outcome, NOUTCOME, partner(&parts[p], draws[d]),
                              partner(&parts[p], like))
                   == 0;
        if (same)
            return true;
    }
    return false;
}

/* Every replicate of the group, in order, each once. */
static int
list_draws(const struct vn_store_run *runs, int n,
           const struct vn_store_run **draws)
{
    int kept = 0;

    for (int i = 0; i < n; i++)
        draws[i] = &runs[i];
    qsort(draws, (size_t) n, sizeof *draws, compare_draw);
    for (int i = 0; i < n; i++)
        if (kept == 0 || compare_draw(&draws[kept - 1], &draws[i]) != 0)
            draws[kept++] = draws[i];
    return kept;
}

/* By what names a draw: that of a recipe by its seed too. */
static int
compare_named(const void *a, const void *b)
{
    const struct vn_store_run *x = *(const struct vn_store_run *const *) a,
                              *y = *(const struct vn_store_run *const *) b;
    int order = compare_column("trace", x, y);

    if (order == 0)
        order = compare_column("window", x, y);
    if (order == 0 && x->trace != NULL && x->trace[0] == '-')
        order = compare_column("seed", x, y);
    return order;
}

/* Fail where one name stands for different jobs: those are no replicates. */
static enum vn_status
check_draws(const struct vn_store_run *const *draws, int n,
            struct vn_error *err)
{
    const struct vn_store_run **sorted =
        vn_xcalloc((size_t) n + 1, sizeof *sorted);
    enum vn_status status = VN_OK;

    memcpy(sorted, draws, (size_t) n * sizeof *sorted);
    qsort(sorted, (size_t) n, sizeof *sorted, compare_named);
    for (int i = 1; i < n && status == VN_OK; i++)
        if (compare_named(&sorted[i - 1], &sorted[i]) == 0
            && compare_column("trace_hash", sorted[i - 1], sorted[i]) != 0)
            status = vn_fail(
                err, VN_EINVAL,
                "'%.100s' was not the same jobs in all runs, which are no "
                "replicates: expected --where trace_hash=%s or =%s, or --pool",
                sorted[i]->trace != NULL ? sorted[i]->trace : "",
                sorted[i - 1]->trace_hash != NULL ? sorted[i - 1]->trace_hash
                                                  : "none",
                sorted[i]->trace_hash != NULL ? sorted[i]->trace_hash
                                              : "none");
    free(sorted);
    return status;
}

/* Fail where a policy has two runs of one replicate: something else tells
 * them apart, and is to be chosen by. */
static enum vn_status
check_part(const struct part *part, struct vn_error *err)
{
    const struct vn_store_form *form = &vn_store_forms[VN_STORE_RUN];

    for (int i = 1; i < part->n; i++) {
        const struct vn_store_run *other = &part->first[i - 1],
                                  *run = &part->first[i];

        if (compare_by(drawn, NDRAWN, other, run) != 0)
            continue;
        for (int c = 0; c < form->ncolumns; c++)
            if ((form->columns[c].flags & VN_STORE_KEY) != 0
                && vn_store_compare_column(&form->columns[c], other, run) != 0)
                return vn_fail(err, VN_EINVAL,
                               "%s has two runs of one replicate, which "
                               "differ in %s: expected --where to choose by "
                               "it",
                               run->policy, form->columns[c].name);
    }
    return VN_OK;
}

/* Make a group of n runs, which stand in order of policy. */
static enum vn_status
make_group(const struct vn_store_run *runs, int n, const char *baseline,
           bool pool, struct vn_group *g, struct vn_error *err)
{
    const struct vn_store_run **draws = vn_xcalloc((size_t) n, sizeof *draws);
    struct part *parts = vn_xcalloc((size_t) n, sizeof *parts);
    int ndraws = list_draws(runs, n, draws), first = 0;
    enum vn_status status = pool ? VN_OK : check_draws(draws, ndraws, err);

    *g = (struct vn_group){.first = runs};
    for (int i = 0; i < n; i++) {
        if (i == 0 || compare_policy(&runs[i - 1], &runs[i]) != 0)
            parts[g->npolicies++].first = &runs[i];
        parts[g->npolicies - 1].n++;
    }
    for (int p = 0; p < g->npolicies && status == VN_OK; p++)
        status = check_part(&parts[p], err);
    g->labels = vn_xcalloc((size_t) g->npolicies, sizeof *g->labels);
    for (int p = g->npolicies; p-- > 0;) {
        char *label = vn_run_label(parts[p].first);

        if (vn_group_is(label, baseline))
            first = p;
        free(label);
    }
    for (; first > 0; first--) {
        struct part swap = parts[first];

        parts[first] = parts[first - 1];
        parts[first - 1] = swap;
    }
    for (int p = 0; p < g->npolicies; p++)
        g->labels[p] = vn_run_label(parts[p].first);
    g->runs =
        vn_xcalloc((size_t) g->npolicies * (size_t) ndraws, sizeof *g->runs);
    for (int d = 0; d < ndraws; d++) {
        int have = 0;

        for (int p = 0; p < g->npolicies; p++)
            have += partner(&parts[p], draws[d]) != NULL;
        if (have < g->npolicies)
            g->incomplete++;
        else if (repeats(parts, g->npolicies, draws, g->nreplicates, draws[d]))
            g->repeated++;
        else
            draws[g->nreplicates++] = draws[d];
    }
    for (int p = 0; p < g->npolicies; p++)
        for (int r = 0; r < g->nreplicates; r++)
            g->runs[p * g->nreplicates + r] = partner(&parts[p], draws[r]);
    free(draws);
    free(parts);
    return status;
}

/* Put the runs that had a policy first; their number. */
static int
under_policies(struct vn_runs *runs)
{
    int n = 0;

    for (int i = 0; i < runs->n; i++)
        if (runs->all[i].policy != NULL) {
            struct vn_store_run run = runs->all[i];

            runs->all[i] = runs->all[n];
            runs->all[n++] = run;
        }
    return n;
}

enum vn_status
vn_groups_make(struct vn_runs *runs, const char *baseline, bool pool,
               struct vn_groups *groups, struct vn_error *err)
{
    int begin = 0, n = under_policies(runs);
    enum vn_status status = VN_OK;

    *groups = (struct vn_groups){0};
    if (n == 0)
        return VN_OK;
    qsort(runs->all, (size_t) n, sizeof *runs->all,
          pool ? compare_pooled : compare_plain);
    groups->all = vn_xcalloc((size_t) n, sizeof *groups->all);
    for (int i = 1; i <= n && status == VN_OK; i++)
        if (i == n
            || compare_assumed(pool, &runs->all[begin], &runs->all[i]) != 0) {
            status = make_group(&runs->all[begin], i - begin, baseline, pool,
                                &groups->all[groups->n++], err);
            begin = i;
        }
    vn_groups_shorten(groups);
    return status;
}

static void
free_group(struct vn_group *g)
{
    for (int p = 0; p < g->npolicies; p++)
        free(g->labels[p]);
    free(g->labels);
    free(g->runs);
}

void
vn_groups_free(struct vn_groups *groups)
{
    for (int i = 0; i < groups->n; i++)
        free_group(&groups->all[i]);
    free(groups->all);
    *groups = (struct vn_groups){0};
}

bool
vn_runs_differ_in_scaling(const struct vn_store_run *a,
                          const struct vn_store_run *b)
{
    struct vn_store_run x = *a, y = *b;

    if (x.scaling == NULL || y.scaling == NULL
        || strcmp(x.scaling, y.scaling) == 0)
        return false;
    x.scaling = y.scaling = NULL;
    x.scaling_hash = y.scaling_hash = NULL;
    return vn_runs_compare(&x, &y) == 0;
}

int
vn_groups_prefer_scaling(struct vn_groups *groups, const char *scaling)
{
    bool *drop = vn_xcalloc((size_t) groups->n + 1, sizeof *drop);
    int kept = 0, n = groups->n;

    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++) {
            const struct vn_store_run *a = groups->all[i].first,
                                      *b = groups->all[j].first;

            if (vn_runs_differ_in_scaling(a, b)
                && strcmp(b->scaling, scaling) == 0)
                drop[i] = true;
        }
    for (int i = 0; i < n; i++)
        if (drop[i])
            free_group(&groups->all[i]);
        else
            groups->all[kept++] = groups->all[i];
    groups->n = kept;
    free(drop);
    return n - kept;
}

const struct vn_store_run *
vn_group_run(const struct vn_group *group, int policy, int replicate)
{
    return group->runs[policy * group->nreplicates + replicate];
}
