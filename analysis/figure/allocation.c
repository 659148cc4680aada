/*
 * What of the devices is allocated, and what fragmented, as load arrives or
 * over time, a curve a score: of a table
 *
 *     score,arrived_percent,used_percent,frag_percent
 *
 * as by `vnreplay experiment openb --curve`, or with a column time_s, as by
 * `vnsim share --curve`, over time.  Where a score has several rows at one
 * place, as of several shuffles, their mean is drawn.
 */
#include "config.h"

#include "analysis/figure/figure.h"
#include "base/names.h"
#include "base/number.h"
#include "base/table.h"
#include "base/xalloc.h"

#include <stdlib.h>

extern const struct vn_figure vn_figure_allocation;

enum column {
    SCORE,
    ARRIVED,
    USED,
    FRAGMENTED,
    TIME,
    NCOLUMNS
};

static const struct vn_column columns[] = {
    [SCORE] = {"score", true},
    [ARRIVED] = {"arrived_percent", true},
    [USED] = {"used_percent", true},
    [FRAGMENTED] = {"frag_percent", true},
    [TIME] = {"time_s", false}};

struct point {
    int score;
    double x, used, fragmented;
    int n; /* rows */
};

struct curves {
    struct vn_names scores;
    struct point *points;
    int npoints;
    int room;
    bool over_time;
};

static void
free_curves(struct curves *c)
{
    vn_names_free(&c->scores);
    free(c->points);
}

static enum vn_status
read_point(struct vn_table *t, struct curves *c, struct vn_error *err)
{
    struct point p = {.n = 1};
    enum vn_status status;

    if ((status = vn_table_real(t, c->over_time ? TIME : ARRIVED, 0, 1e12,
                                &p.x, err))
        || (status = vn_table_real(t, USED, 0, 100, &p.used, err))
        || (status = vn_table_real(t, FRAGMENTED, 0, 100, &p.fragmented, err)))
        return status;
    p.score = vn_names_add(&c->scores, vn_table_text(t, SCORE));
    if (p.score >= VN_PLOT_SERIES)
        return vn_table_fail(t, SCORE, err,
                             "more than %d scores, expected fewer, which can "
                             "be told apart in a figure",
                             VN_PLOT_SERIES);
    if (c->npoints == c->room) {
        c->room = 2 * c->room + 64;
        c->points =
            vn_xrealloc(c->points, (size_t) c->room, sizeof *c->points);
    }
    c->points[c->npoints++] = p;
    return VN_OK;
}

static int
compare(const void *a, const void *b)
{
    const struct point *p = a, *q = b;

    if (p->score != q->score)
        return p->score - q->score;
    return (p->x > q->x) - (p->x < q->x);
}

/* Points of one score at one place become one, their mean. */
static void
merge(struct curves *c)
{
    int n = 0;

    qsort(c->points, (size_t) c->npoints, sizeof *c->points, compare);
    for (int i = 0; i < c->npoints; i++) {
        struct point *p = &c->points[i];

        if (n == 0 || compare(&c->points[n - 1], p) != 0) {
            c->points[n++] = *p;
            continue;
        }
        c->points[n - 1].used += p->used;
        c->points[n - 1].fragmented += p->fragmented;
        c->points[n - 1].n++;
    }
    c->npoints = n;
}

static enum vn_status
read_curves(const char *path, struct curves *c, struct vn_error *err)
{
    struct vn_table_form form = {.columns = columns, .ncolumns = NCOLUMNS};
    struct vn_table *t = NULL;
    enum vn_status status = vn_table_open(path, &form, &t, err);
    bool more;

    *c = (struct curves){0};
    if (status == VN_OK)
        c->over_time = vn_table_has(t, TIME);
    while (status == VN_OK && (status = vn_table_next(t, &more, err)) == VN_OK
           && more)
        status = read_point(t, c, err);
    vn_table_close(t);
    if (status == VN_OK && c->npoints == 0)
        status = vn_fail(err, VN_EINVAL, "%s: no rows, expected some to draw",
                         path);
    if (status == VN_OK)
        merge(c);
    return status;
}

static void
write_data(const struct curves *c, FILE *out)
{
    double unit = c->over_time ? 3600 : 1;

    fprintf(out, "series,score,%s,used_percent,frag_percent\n",
            c->over_time ? "time_h" : "arrived_percent");
    for (int i = 0; i < c->npoints; i++) {
        const struct point *p = &c->points[i];

        fprintf(out, "%d,", p->score);
        vn_csv_cell(out, c->scores.text[p->score]);
        fprintf(out, ",%.6g,%.6g,%.6g\n", p->x / unit, p->used / p->n,
                p->fragmented / p->n);
    }
}

static void
write_script(struct vn_plot *plot, const struct curves *c)
{
    const char *with = c->over_time ? "steps" : "lines";
    FILE *s = plot->script;

    vn_plot_key(plot, (const char *const *) c->scores.text, c->scores.count);
    fprintf(s,
            "set xlabel '%s' offset 0,0.3\n"
            "set ylabel \"%% of devices\\n(thin: fragmented)\" "
            "offset 1,0\n"
            "set xrange [0:*]\n"
            "set yrange [0:*]\n"
            "plot ",
            c->over_time ? "time (h)" : "arrived, % of devices");
    for (int i = 0; i < c->scores.count; i++) {
        fprintf(s, "data using ($1==%d?$3:NaN):4 with %s ", i, with);
        vn_plot_style(plot, i);
        fputs(" title ", s);
        vn_plot_text(plot, c->scores.text[i]);
        fprintf(s,
                ", \\\n     data using ($1==%d?$3:NaN):5 with %s lc rgb '%s' "
                "dt 3 lw 0.8 notitle",
                i, with, vn_plot_colour(i));
        fputs(i + 1 < c->scores.count ? ", \\\n     " : "\n", s);
    }
}

static double
allocation_more(const struct vn_subject *subject)
{
    struct vn_error ignored;
    struct curves c;
    double height = 0;

    /* What is wrong with the table is said when it is drawn. */
    if (read_curves(subject->table, &c, &ignored) == VN_OK)
        height = vn_plot_key_height(subject->width,
                                    (const char *const *) c.scores.text,
                                    c.scores.count);
    free_curves(&c);
    return height;
}

static enum vn_status
allocation_make(const struct vn_subject *subject, struct vn_plot *plot,
                struct vn_error *err)
{
    struct curves c;
    enum vn_status status = read_curves(subject->table, &c, err);

    if (status == VN_OK) {
        write_data(&c, plot->data);
        write_script(plot, &c);
    }
    free_curves(&c);
    return status;
}

const struct vn_figure vn_figure_allocation = {
    .name = "allocation",
    .summary = "devices allocated and fragmented, of a table of curves",
    .height = 2.0,
    .table = true,
    .more = allocation_more,
    .make = allocation_make,
};
