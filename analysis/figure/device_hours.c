/*
 * Device-hours by policy and device type: how much of each type's time the
 * policy's jobs had, a row a policy, stacked; the mean over replicates.
 */
#include "config.h"

#include "analysis/figure/figure.h"
#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    TYPES = VN_PLOT_SERIES
};

struct usage {
    char *types[TYPES];
    int ntypes;
    double most; /* hours, of a policy */
};

static enum vn_status
find_types(const struct vn_subject *subject, struct usage *u,
           struct vn_error *err)
{
    struct vn_rows *rows = NULL;
    enum vn_status status = vn_store_query(
        subject->store,
        "SELECT DISTINCT device_type, run_id FROM allocation ORDER BY "
        "device_type",
        &rows, err);
    bool more;

    while (status == VN_OK
           && (status = vn_rows_next(rows, &more, err)) == VN_OK && more) {
        const char *name = vn_rows_text(rows, 0);

        if (!vn_runs_have(subject->runs, vn_rows_int(rows, 1))
            || (u->ntypes > 0 && strcmp(u->types[u->ntypes - 1], name) == 0))
            continue;
        if (u->ntypes == TYPES)
            status = vn_fail(err, VN_EINVAL,
                             "more than %d device types, which cannot be told "
                             "apart",
                             TYPES);
        else
            u->types[u->ntypes++] = vn_xstrdup(name);
    }
    vn_rows_close(rows);
    if (status == VN_OK && u->ntypes == 0)
        status = vn_fail(err, VN_EINVAL,
                         "the runs were recorded without allocations "
                         "(--keep all keeps them), or granted nothing");
    return status;
}

/* Hours of a type that a policy's jobs had, the mean over replicates. */
static enum vn_status
read_hours(const struct vn_subject *subject, int p, const char *type,
           double *hours, struct vn_error *err)
{
    const struct vn_group *g = subject->group;
    enum vn_status status = VN_OK;

    *hours = 0;
    for (int r = 0; r < g->nreplicates && status == VN_OK; r++) {
        struct vn_rows *rows = NULL;
        bool more;

        status =
            vn_store_query(subject->store,
                           "SELECT total((to_us - from_us) * devices) FROM "
                           "allocation WHERE run_id = ? AND "
                           "device_type = ?",
                           &rows, err);
        if (status != VN_OK)
            break;
        vn_rows_bind_int(rows, 1, vn_group_run(g, p, r)->run_id);
        vn_rows_bind_text(rows, 2, type);
        status = vn_rows_next(rows, &more, err);
        if (status == VN_OK && more)
            *hours += vn_rows_real(rows, 0) / 3600e6 / g->nreplicates;
        vn_rows_close(rows);
    }
    return status;
}

static enum vn_status
write_data(const struct vn_subject *subject, struct usage *u, FILE *out,
           struct vn_error *err)
{
    const struct vn_group *g = subject->group;
    enum vn_status status = VN_OK;

    fputs("series,row,policy,device_type,device_hours,from_h\n", out);
    for (int p = 0; p < g->npolicies; p++) {
        double sum = 0, hours = 0;

        for (int t = 0; t < u->ntypes && status == VN_OK; t++) {
            status = read_hours(subject, p, u->types[t], &hours, err);
            fprintf(out, "%d,%d,", t, p);
            vn_csv_cell(out, g->labels[p]);
            putc(',', out);
            vn_csv_cell(out, u->types[t]);
            fprintf(out, ",%.9g,%.9g\n", hours, sum);
            sum += hours;
        }
        u->most = fmax(u->most, sum);
    }
    return status;
}

static void
write_script(struct vn_plot *plot, const struct vn_group *g,
             const struct usage *u)
{
    const char *const *names = (const char *const *) g->labels;
    double left = vn_plot_longest(names, g->npolicies) + 0.16;
    FILE *s = plot->script;

    fprintf(s,
            "set lmargin at screen %.4f\nset rmargin at screen 0.93\n"
            "set bmargin at screen %.4f\nset tmargin at screen %.4f\n"
            "set xrange [0:*]\nset yrange [%d.6:-0.6]\nset xtics %g\n"
            "unset grid\nset grid xtics lw 0.4 lc rgb '#D8D8D8' dt 1\n"
            "set xlabel 'device-hours' offset 0,0.4\n",
            fmin(left / plot->width, 0.6), 0.42 / plot->height,
            1 - 0.2 / plot->height, g->npolicies - 1,
            vn_plot_step(u->most, 4));
    vn_plot_rows(plot, names, g->npolicies);
    if (u->ntypes > 1)
        vn_plot_key(plot, (const char *const *) u->types, u->ntypes);
    fputs("set key width 1\n", s);
    fputs(u->ntypes > 1 ? "plot " : "unset key\nplot ", s);
    for (int t = 0; t < u->ntypes; t++) {
        fprintf(s,
                "data using 6:($1==%d?$2:NaN):6:($6+$5):($2-0.36):($2+0.36) "
                "with boxxyerror fs solid 0.85 noborder lc rgb '%s' title ",
                t, vn_plot_colour(t));
        vn_plot_text(plot, u->types[t]);
        fputs(t + 1 < u->ntypes ? ", \\\n     " : "\n", s);
    }
}

static enum vn_status
device_hours_make(const struct vn_subject *subject, struct vn_plot *plot,
                  struct vn_error *err)
{
    struct usage u = {.most = 0};
    enum vn_status status = find_types(subject, &u, err);

    if (status == VN_OK)
        status = write_data(subject, &u, plot->data, err);
    if (status == VN_OK)
        write_script(plot, subject->group, &u);
    for (int t = 0; t < u.ntypes; t++)
        free(u.types[t]);
    return status;
}

const struct vn_figure vn_figure_device_hours = {
    .name = "device-hours",
    .summary = "device-hours by policy and device type",
    .height = 0.70,
    .row = 0.14,
    .make = device_hours_make,
};
