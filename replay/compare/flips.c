#include "config.h"

#include "replay/compare/flips.h"

#include "base/xalloc.h"
#include "sim/policy/policies.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
vn_standings_add(struct vn_standings *s, const struct vn_comparison *c)
{
    const struct vn_group *g = c->group;
    double *jct = vn_xcalloc((size_t) g->npolicies, sizeof *jct);

    for (int p = 0; p < g->npolicies; p++) {
        for (int r = 0; r < g->nreplicates; r++)
            jct[p] += vn_comparison_values(c, VN_METRIC_JCT_MEAN, p)[r]
                      / g->nreplicates;
        if (g->nreplicates == 0)
            jct[p] = NAN;
    }
    s->all = vn_xrealloc(s->all, (size_t) s->n + 1, sizeof *s->all);
    s->all[s->n++] = (struct vn_standing){g, jct};
}

void
vn_standings_free(struct vn_standings *s)
{
    for (int i = 0; i < s->n; i++)
        free(s->all[i].jct_s);
    free(s->all);
    *s = (struct vn_standings){0};
}

/* The group's policy of that label, or -1. */
static int
find(const struct vn_group *g, const char *label)
{
    for (int p = 0; p < g->npolicies; p++)
        if (strcmp(g->labels[p], label) == 0)
            return p;
    return -1;
}

/* Print the pairs whose order two groups see differently; their number. */
static int
print_pairs(const struct vn_standing *a, const struct vn_standing *b)
{
    int flips = 0;

    for (int p = 0; p < a->group->npolicies; p++)
        for (int q = p + 1; q < a->group->npolicies; q++) {
            int x = find(b->group, a->group->labels[p]),
                y = find(b->group, a->group->labels[q]);
            double here = a->jct_s[p] - a->jct_s[q],
                   there = x >= 0 && y >= 0 ? b->jct_s[x] - b->jct_s[y] : 0;
            int first = here < 0 ? p : q;

            if (!(here * there < 0))
                continue;
            printf("  %s before %s under %s, behind it under %s\n",
                   a->group->labels[first], a->group->labels[p + q - first],
                   a->group->first->scaling, b->group->first->scaling);
            flips++;
        }
    return flips;
}

/* May the run have given jobs other numbers of devices than they ask for? */
static bool
is_elastic(const struct vn_store_run *run)
{
    return run->policy != NULL
           && (vn_policy_is_elastic(run->policy)
               || (run->resizes > 0
                   && vn_policy_goes_by(run->policy) != NULL));
}

/* Is an elastic policy among them, on recorded jobs? */
static bool
hangs_on_scaling(const struct vn_group *g)
{
    if (g->first->profile != NULL || g->first->scaling == NULL
        || g->nreplicates == 0 || g->npolicies < 2)
        return false;
    for (int p = 0; p < g->npolicies; p++)
        if (is_elastic(vn_group_run(g, p, 0)))
            return true;
    return false;
}

void
vn_standings_print(const struct vn_standings *s)
{
    bool alone = false;

    for (int i = 0; i < s->n; i++) {
        bool paired = false;

        for (int j = 0; j < s->n; j++) {
            const struct vn_group *a = s->all[i].group, *b = s->all[j].group;

            if (!vn_runs_differ_in_scaling(a->first, b->first))
                continue;
            paired = true;
            if (j < i)
                continue;
            printf("\nmean completion times whose order hangs on scaling, %s "
                   "against %s:\n",
                   a->first->scaling, b->first->scaling);
            if (print_pairs(&s->all[i], &s->all[j]) == 0)
                puts("  none");
        }
        alone = alone || (!paired && hangs_on_scaling(s->all[i].group));
    }
    if (alone)
        puts("\nremark: recorded jobs speed up with their devices by "
             "assumption, on which\nelastic policies live: try another into "
             "the same file, --scaling amdahl:0.05");
}
