/*
 * What a results file holds: its experiments, by number, and of each figure
 * whether it can be drawn, or why it cannot.
 */
#include "config.h"

#include "analysis/command/command.h"

#include <inttypes.h>

static void
print_experiments(const struct vn_results *r, const struct vn_experiments *e)
{
    for (int i = 0; i < e->n; i++) {
        const struct vn_group *g = &e->all[i].all[0];
        const struct vn_store_run *run = g->first;

        printf("  %2d  %s on %s", i + 1,
               run->trace != NULL ? run->trace : "(no trace)",
               run->cluster != NULL ? run->cluster : "(no cluster)");
        printf(": %s, %d replicate%s\n", run->kind, g->nreplicates,
               g->nreplicates == 1 ? "" : "s");
        for (int p = 0; p < g->npolicies; p++)
            printf("%s%s", p == 0 ? "      " : ", ", g->labels[p]);
        putchar('\n');
    }
    if (e->n > 1) {
        puts("\nwhat tells them apart");
        vn_experiments_list(&r->groups, e, stdout);
    }
}

static void
print_figure(const struct vn_request *a, const struct vn_results *r,
             const struct vn_experiments *e, const struct vn_figure *f)
{
    struct vn_drawing d = {
        .figure = f, .request = a, .results = r, .format = VN_PLOT_DUMB};
    struct vn_experiments own;
    struct vn_error err;
    enum vn_status status = VN_OK;

    vn_experiments_make(&r->groups, f->loads, &own);
    if (f->table) {
        printf("  %-13s needs a table, not a results file\n", f->name);
    } else {
        int at = a->experiment > 0 && !f->loads ? (int) a->experiment - 1 : 0;

        if (f->sweeps)
            d.groups = &r->groups;
        else if (own.n > 0)
            d.groups = &own.all[at < e->n ? at : 0];
        status = vn_draw(&d, &err);
        if (status == VN_OK)
            printf("  %-13s %s\n", f->name, f->summary);
        else
            printf("  %-13s no: %s\n", f->name, err.text);
    }
    vn_experiments_free(&own);
}

enum vn_status
vn_plot_list(const struct vn_request *a, char **list, struct vn_error *err)
{
    struct vn_results r;
    struct vn_experiments e = {.n = 0};
    enum vn_status status = vn_results_open(a, &r, err);

    *list = NULL;
    if (status == VN_OK) {
        vn_experiments_make(&r.groups, false, &e);
        printf("%s: %d runs, %d experiment%s\n", a->results, r.runs.n, e.n,
               e.n == 1 ? "" : "s");
        print_experiments(&r, &e);
        if (r.runs.failed > 0)
            printf("%d runs failed and are left out\n", r.runs.failed);
        printf("\nfigures%s\n",
               e.n > 1 && a->experiment == 0 ? " of the first" : "");
        for (const struct vn_figure *const *f = vn_figures; *f != NULL; f++)
            print_figure(a, &r, &e, *f);
    }
    vn_experiments_free(&e);
    vn_results_close(&r);
    return status;
}
