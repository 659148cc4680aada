/*
 * Devices in use over time, stacked by what has them: by type of device, or by
 * a column of jobs (--by job_id, user, vc, model); a panel a policy, of the
 * first replicate, means over intervals.  The largest have colours of their
 * own, the others one together.
 */
#include "config.h"

#include "analysis/figure/figure.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    BINS = 256,
    CLASSES = 8 /* the last for all others */
};

static const struct {
    const char *name;
    const char *sql;
} kinds[] = {
    {"device_type", "a.device_type"},
    {"job_id", "CAST(a.job_id AS TEXT)"},
    {"user", "coalesce(j.user, 'none')"},
    {"vc", "coalesce(j.vc, 'none')"},
    {"model", "coalesce(j.model, 'none')"},
};

enum {
    KINDS = sizeof kinds / sizeof *kinds
};

struct area {
    const char *sql; /* of the class */
    char *classes[CLASSES];
    int n;
    bool others; /* the last is of them */
    double from, to;
    double most; /* devices */
};

static enum vn_status
choose(const struct vn_subject *subject, struct area *a, struct vn_error *err)
{
    *a = (struct area){.from = INFINITY, .to = -INFINITY};
    for (int k = 0; k < KINDS; k++)
        if (strcmp(subject->by != NULL ? subject->by : kinds[0].name,
                   kinds[k].name)
            == 0)
            a->sql = kinds[k].sql;
    if (a->sql != NULL)
        return VN_OK;
    return vn_fail(err, VN_EUSAGE,
                   "--by: '%.60s' is wrong, expected device_type, job_id, "
                   "user, vc or model",
                   subject->by);
}

/* The classes with the most device time under all policies, and the span. */
static enum vn_status
read_classes(const struct vn_subject *subject, struct area *a,
             struct vn_error *err)
{
    const struct vn_group *g = subject->group;
    struct vn_rows *rows = NULL;
    enum vn_status status;
    size_t size = 0;
    char *sql = NULL;
    FILE *out = open_memstream(&sql, &size);
    bool more;

    fprintf(out,
            "SELECT %s, total((a.to_us - a.from_us) * a.devices), "
            "min(a.from_us), max(a.to_us) FROM allocation a LEFT JOIN "
            "job j ON j.run_id = a.run_id AND j.job_id = a.job_id "
            "WHERE a.run_id IN (",
            a->sql);
    for (int p = 0; p < g->npolicies; p++)
        fprintf(out, "%s%" PRId64, p > 0 ? ", " : "",
                vn_group_run(g, p, 0)->run_id);
    fputs(") GROUP BY 1 ORDER BY 2 DESC, 1", out);
    fclose(out);
    status = vn_store_query(subject->store, sql, &rows, err);
    while (status == VN_OK
           && (status = vn_rows_next(rows, &more, err)) == VN_OK && more) {
        a->from = fmin(a->from, (double) vn_rows_int(rows, 2));
        a->to = fmax(a->to, (double) vn_rows_int(rows, 3));
        if (a->n < CLASSES)
            a->classes[a->n++] = vn_xstrdup(vn_rows_text(rows, 0));
        else
            a->others = true;
    }
    vn_rows_close(rows);
    free(sql);
    if (status == VN_OK && a->n == 0)
        status = vn_fail(err, VN_EINVAL,
                         "the runs were recorded without allocations, or "
                         "granted nothing (see --keep all)");
    if (a->others) {
        free(a->classes[CLASSES - 1]);
        a->classes[CLASSES - 1] = vn_xstrdup("others");
    }
    return status;
}

/* Its number; that of the others where it has none of its own. */
static int
class_of(const struct area *a, const char *name)
{
    int own = a->others ? CLASSES - 1 : a->n;

    for (int i = 0; i < own; i++)
        if (strcmp(a->classes[i], name) == 0)
            return i;
    return a->others ? CLASSES - 1 : a->n - 1;
}

/* Add devices over a time, cut where bins end. */
static void
add(double *bins, double from, double to, double devices, double width)
{
    int first = (int) (from / width), last = (int) (to / width);

    for (int i = first; i <= last && i < BINS; i++) {
        double low = fmax(i * width, from), high = fmin((i + 1) * width, to);

        if (high > low)
            bins[i] += devices * (high - low) / width;
    }
}

static enum vn_status
write_panel_data(const struct vn_subject *subject, struct area *a, int p,
                 FILE *out, struct vn_error *err)
{
    double *bins = vn_xcalloc((size_t) CLASSES * BINS, sizeof *bins),
           width = (a->to - a->from) / BINS;
    struct vn_rows *rows = NULL;
    enum vn_status status;
    char sql[400];
    bool more;

    snprintf(sql, sizeof sql,
             "SELECT %s, a.from_us, a.to_us, a.devices FROM allocation a LEFT "
             "JOIN job j ON j.run_id = a.run_id AND j.job_id = a.job_id WHERE "
             "a.run_id = ?",
             a->sql);
    status = vn_store_query(subject->store, sql, &rows, err);
    if (status == VN_OK)
        vn_rows_bind_int(rows, 1, vn_group_run(subject->group, p, 0)->run_id);
    while (status == VN_OK
           && (status = vn_rows_next(rows, &more, err)) == VN_OK && more)
        add(&bins[class_of(a, vn_rows_text(rows, 0)) * BINS],
            (double) vn_rows_int(rows, 1) - a->from,
            (double) vn_rows_int(rows, 2) - a->from,
            (double) vn_rows_int(rows, 3), width);
    vn_rows_close(rows);
    for (int i = 0; i < BINS && status == VN_OK; i++) {
        double below = 0;

        for (int k = 0; k < a->n; k++) {
            double devices = bins[k * BINS + i];

            fprintf(out, "%d,%d,", p, k);
            vn_csv_cell(out, subject->group->labels[p]);
            putc(',', out);
            vn_csv_cell(out, a->classes[k]);
            fprintf(out, ",%.9g,%.9g,%.6f,%.6f\n", i * width / 3600e6,
                    (i + 1) * width / 3600e6, devices, below);
            below += devices;
        }
        a->most = fmax(a->most, below);
    }
    free(bins);
    return status;
}

static void
write_script(struct vn_plot *plot, const struct vn_group *g,
             const struct area *a)
{
    double hours = (a->to - a->from) / 3600e6, h = plot->height,
           key = vn_plot_key_height(plot->width,
                                    (const char *const *) a->classes, a->n),
           low = 0.42 / h, high = 1 - (0.12 + key) / h,
           row = (high - low) / g->npolicies;
    bool days = hours > 72;
    FILE *s = plot->script;

    fprintf(s,
            "set lmargin at screen %.4f\nset rmargin at screen 0.965\n"
            "set xrange [0:%g]\nset yrange [0:%g]\nset xtics %g\n"
            "set ytics %g\nset format x ''\n"
            "set multiplot\nset ylabel 'devices' offset 1.4,0\n",
            0.5 / plot->width, hours / (days ? 24 : 1), a->most * 1.02,
            vn_plot_step(hours / (days ? 24 : 1), 6),
            vn_plot_step(a->most, 3));
    vn_plot_key(plot, (const char *const *) a->classes, a->n);
    fprintf(s, "set key at screen 0.5, screen %.4f top width 1\n",
            1 - 0.02 / h);
    for (int p = 0; p < g->npolicies; p++) {
        double top = high - p * row;

        fprintf(s,
                "set tmargin at screen %.4f\nset bmargin at screen %.4f\n"
                "set title ",
                top - 0.2 / h, top - row + 0.04 / h);
        vn_plot_text(plot, g->labels[p]);
        fputs(" offset 0,-0.8\n", s);
        if (p == g->npolicies - 1) {
            fputs("set format x '%g'\nset xlabel ", s);
            vn_plot_text(plot, days ? "time (d)" : "time (h)");
            fputs(" offset 0,0.5\n", s);
        }
        fputs("plot ", s);
        for (int k = 0; k < a->n; k++) {
            double scale = days ? 24 : 1;

            fprintf(s,
                    "data using ($1==%d && $2==%d?($5+$6)/2/%g:NaN):"
                    "($8+$7/2):($5/%g):($6/%g):8:($8+$7) with boxxyerror fs "
                    "solid 1 noborder lc rgb '%s' ",
                    p, k, scale, scale, scale, vn_plot_colour(k));
            if (p == 0 && a->n > 1) {
                fputs("title ", s);
                vn_plot_text(plot, a->classes[k]);
            } else {
                fputs("notitle", s);
            }
            fputs(k + 1 < a->n ? ", \\\n     " : "\nunset key\n", s);
        }
    }
    fputs("unset multiplot\n", s);
}

static enum vn_status
area_make(const struct vn_subject *subject, struct vn_plot *plot,
          struct vn_error *err)
{
    struct area a;
    enum vn_status status = choose(subject, &a, err);

    if (status == VN_OK)
        status = read_classes(subject, &a, err);
    fputs("panel,series,policy,class,from_h,to_h,devices,below\n", plot->data);
    for (int p = 0; p < subject->group->npolicies && status == VN_OK; p++)
        status = write_panel_data(subject, &a, p, plot->data, err);
    if (status == VN_OK)
        write_script(plot, subject->group, &a);
    for (int k = 0; k < a.n; k++)
        free(a.classes[k]);
    return status;
}

const struct vn_figure vn_figure_area = {
    .name = "area",
    .summary = "devices in use over time, stacked by type or jobs",
    .height = 0.8,
    .row = 0.85,
    .by = true,
    .make = area_make,
};
