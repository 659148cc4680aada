#include "config.h"

#include "replay/compare/summary.h"

#include "base/names.h"
#include "base/xalloc.h"
#include "replay/compare/grid.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
vn_summary_table_add(struct vn_summary_table *table,
                     const struct vn_comparison *c, const struct vn_report *a)
{
    const struct vn_group *g = c->group;
    size_t n = (size_t) g->npolicies;
    struct vn_summary_row row = {
        .words = vn_choice_differences(a->groups, (int) (g - a->groups->all)),
        .group = g,
        .ratio = vn_xcalloc(n, sizeof *row.ratio),
        .jct_s = vn_xcalloc(n, sizeof *row.jct_s),
        .has_baseline = vn_said_has_baseline(g, a->baseline)};

    for (int p = 0; p < g->npolicies; p++) {
        row.jct_s[p] =
            vn_comparison_interval(c, VN_METRIC_JCT_MEAN, p, a->level)
                .estimate;
        if (row.has_baseline)
            row.ratio[p] = vn_said_ratio(c, VN_METRIC_JCT_MEAN, p, a->level);
    }
    table->rows =
        vn_xrealloc(table->rows, (size_t) table->n + 1, sizeof *table->rows);
    table->rows[table->n++] = row;
}

static void
set_cell(struct vn_grid *grid, int at, int column,
         const struct vn_summary_row *row, int policy)
{
    const struct vn_interval *i = &row->ratio[policy];

    if (!row->has_baseline && isfinite(row->jct_s[policy]))
        vn_grid_set(grid, at, column, "%.4g s", row->jct_s[policy]);
    else if (row->has_baseline && policy == 0 && isfinite(row->jct_s[policy]))
        vn_grid_set(grid, at, column, "1 (%.4g s)", row->jct_s[policy]);
    else if (!row->has_baseline || i->n == 0)
        vn_grid_set(grid, at, column, "-");
    else if (isnan(i->low) || i->n == 1)
        vn_grid_set(grid, at, column, "%.3f", i->estimate);
    else
        vn_grid_set(grid, at, column, "%.3f [%.3f %.3f]", i->estimate, i->low,
                    i->high);
}

void
vn_summary_table_print(const struct vn_summary_table *table,
                       const struct vn_report *a)
{
    const char **labels = vn_xcalloc((size_t) table->n, sizeof *labels);
    struct vn_names policies = {0};
    struct vn_grid grid;

    for (int i = 0; i < table->n; i++) {
        labels[i] =
            table->rows[i].words[0] != '\0' ? table->rows[i].words : "all";
        for (int p = 0; p < table->rows[i].group->npolicies; p++)
            vn_names_add(&policies, table->rows[i].group->labels[p]);
    }
    printf("mean JCT over that of %s, an experiment a row, with %g %% "
           "intervals\n",
           a->baseline, 100 * a->level);
    grid = vn_grid_begin(labels, table->n, policies.count);
    for (int k = 0; k < policies.count; k++)
        vn_grid_set(&grid, -1, k, "%s", policies.text[k]);
    for (int i = 0; i < table->n; i++)
        for (int p = 0; p < table->rows[i].group->npolicies; p++)
            set_cell(&grid, i,
                     vn_names_find(&policies, table->rows[i].group->labels[p]),
                     &table->rows[i], p);
    vn_grid_end(&grid, 0);
    vn_names_free(&policies);
    free(labels);
}

void
vn_summary_table_free(struct vn_summary_table *table)
{
    for (int i = 0; i < table->n; i++) {
        free(table->rows[i].words);
        free(table->rows[i].ratio);
        free(table->rows[i].jct_s);
    }
    free(table->rows);
    *table = (struct vn_summary_table){0};
}
