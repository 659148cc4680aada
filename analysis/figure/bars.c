#include "config.h"

#include "analysis/figure/bars.h"

#include "base/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    TYPES = VN_PLOT_SERIES
};

/* What the panels have in common. */
struct chart {
    char *types[TYPES]; /* of devices, in order of their names */
    int ntypes;
    int64_t from; /* the first submission */
    int64_t to;   /* the last end */
    int64_t jobs;
    int64_t every; /* job that is drawn */
    int64_t most;  /* devices of a job at once */
};

static enum vn_status
read_types(struct vn_store *store, const struct vn_store_run *run,
           struct chart *c, struct vn_error *err)
{
    struct vn_rows *rows = NULL;
    enum vn_status status = vn_store_query(
        store,
        "SELECT DISTINCT device_type FROM allocation WHERE run_id = ? "
        "ORDER BY device_type",
        &rows, err);
    bool more;

    if (status == VN_OK)
        vn_rows_bind_int(rows, 1, run->run_id);
    while (status == VN_OK
           && (status = vn_rows_next(rows, &more, err)) == VN_OK && more) {
        const char *name = vn_rows_text(rows, 0);
        int i = 0;

        while (i < c->ntypes && strcmp(c->types[i], name) != 0)
            i++;
        if (i < c->ntypes)
            continue;
        if (i == TYPES)
            status = vn_fail(err, VN_EINVAL,
                             "run %s has more than %d device types, which "
                             "cannot be told apart",
                             run->name, TYPES);
        else
            c->types[c->ntypes++] = vn_xstrdup(name);
    }
    vn_rows_close(rows);
    return status;
}

static enum vn_status
read_chart(const struct vn_subject *subject, const struct vn_bars *bars,
           struct chart *c, struct vn_error *err)
{
    const struct vn_group *g = subject->group;
    enum vn_status status = VN_OK;
    int64_t most_rows;
    bool more;

    *c = (struct chart){.from = INT64_MAX, .to = INT64_MIN};
    for (int p = 0; p < g->npolicies && status == VN_OK; p++) {
        const struct vn_store_run *run = vn_group_run(g, p, 0);
        struct vn_rows *rows = NULL;

        status = vn_store_query(
            subject->store,
            "SELECT count(*), min(submit_us), (SELECT max(to_us) FROM "
            "allocation a WHERE a.run_id = j.run_id) FROM job j "
            "WHERE run_id = ?",
            &rows, err);
        if (status != VN_OK)
            return status;
        vn_rows_bind_int(rows, 1, run->run_id);
        status = vn_rows_next(rows, &more, err);
        if (status == VN_OK && vn_rows_int(rows, 2) < 0)
            status = vn_fail(err, VN_EINVAL,
                             "run %s was recorded without allocations "
                             "(--keep all keeps them), or granted nothing",
                             run->name);
        else if (status == VN_OK) {
            int64_t jobs = vn_rows_int(rows, 0), from = vn_rows_int(rows, 1),
                    to = vn_rows_int(rows, 2);

            c->jobs = jobs > c->jobs ? jobs : c->jobs;
            c->from = from < c->from ? from : c->from;
            c->to = to > c->to ? to : c->to;
        }
        vn_rows_close(rows);
        if (status == VN_OK)
            status = read_types(subject->store, run, c, err);
    }
    most_rows = subject->jobs > 0 ? subject->jobs : bars->rows;
    c->every = (c->jobs + most_rows - 1) / most_rows;
    return status;
}

static void
free_chart(struct chart *c)
{
    for (int i = 0; i < c->ntypes; i++)
        free(c->types[i]);
}

/* What a job holds of each type, and until when. */
struct held {
    int64_t job;
    int64_t devices[TYPES];
    int64_t to[TYPES];
};

/* Take a bar in; the devices of the types below it at its begin. */
static int64_t
stack(struct held *h, int64_t job, int type, int64_t from, int64_t to,
      int64_t devices)
{
    int64_t below = 0;

    if (h->job != job)
        *h = (struct held){.job = job};
    for (int t = 0; t < type; t++)
        below += h->to[t] > from ? h->devices[t] : 0;
    h->devices[type] = devices;
    h->to[type] = to;
    return below;
}

/* The bars of a policy. */
static enum vn_status
write_bars(const struct vn_subject *subject, struct chart *c, int p, FILE *out,
           struct vn_error *err)
{
    struct held held = {.job = -1};
    const struct vn_store_run *run = vn_group_run(subject->group, p, 0);
    struct vn_rows *rows = NULL;
    bool more;
    enum vn_status status = vn_store_query(
        subject->store,
        "SELECT a.job_id, j.place, a.device_type, a.from_us, a.to_us, "
        "a.devices FROM allocation a JOIN (SELECT job_id, row_number() OVER "
        "(ORDER BY submit_us, job_id) - 1 AS place FROM job WHERE run_id = ?1)"
        " j ON j.job_id = a.job_id WHERE a.run_id = ?1 AND j.place % ?2 = 0 "
        "ORDER BY j.place, a.from_us, a.device_type",
        &rows, err);

    if (status == VN_OK) {
        vn_rows_bind_int(rows, 1, run->run_id);
        vn_rows_bind_int(rows, 2, c->every);
    }
    while (status == VN_OK
           && (status = vn_rows_next(rows, &more, err)) == VN_OK && more) {
        int64_t devices = vn_rows_int(rows, 5), below;
        int type = 0;

        while (strcmp(c->types[type], vn_rows_text(rows, 2)) != 0)
            type++;
        below = stack(&held, vn_rows_int(rows, 0), type, vn_rows_int(rows, 3),
                      vn_rows_int(rows, 4), devices);
        c->most = below + devices > c->most ? below + devices : c->most;
        fprintf(out, "%d,%d,", p, type);
        vn_csv_cell(out, subject->group->labels[p]);
        fprintf(out, ",%" PRId64 ",%" PRId64 ",", vn_rows_int(rows, 0),
                vn_rows_int(rows, 1) / c->every);
        vn_csv_cell(out, c->types[type]);
        fprintf(out, ",%.9g,%.9g,%" PRId64 ",%" PRId64 "\n",
                (double) (vn_rows_int(rows, 3) - c->from) / 3600e6,
                (double) (vn_rows_int(rows, 4) - c->from) / 3600e6, devices,
                below);
    }
    vn_rows_close(rows);
    return status;
}

static void
write_panel(struct vn_plot *plot, const struct vn_group *g,
            const struct vn_bars *bars, const struct chart *c, int p,
            double scale)
{
    FILE *s = plot->script;
    char low[64] = "$5-0.5", high[64] = "$5+0.5";

    /* Rows count downwards; a bar stands on the lower edge of its own. */
    if (bars->tall) {
        snprintf(low, sizeof low, "$5+0.45-0.9*$10/%" PRId64, c->most);
        snprintf(high, sizeof high, "$5+0.45-0.9*($10+$9)/%" PRId64, c->most);
    }

    fputs("set title ", s);
    vn_plot_text(plot, g->labels[p]);
    fputs(" offset 0,-0.8\nplot ", s);
    for (int t = 0; t < c->ntypes; t++) {
        fprintf(s,
                "data using ($1==%d && $2==%d?$7/%g:NaN):5:($7/%g):($8/%g):"
                "(%s):(%s) with boxxyerror fs solid 1 noborder "
                "lc rgb '%s'",
                p, t, scale, scale, scale, low, high, vn_plot_colour(t));
        if (p == 0 && c->ntypes > 1) {
            fputs(" title ", s);
            vn_plot_text(plot, c->types[t]);
        } else {
            fputs(" notitle", s);
        }
        fputs(t + 1 < c->ntypes ? ", \\\n     " : "\n", s);
    }
    fputs("unset key\n", s);
}

static void
write_script(struct vn_plot *plot, const struct vn_group *g,
             const struct vn_bars *bars, const struct chart *c)
{
    double hours = (double) (c->to - c->from) / 3600e6, h = plot->height,
           low = 0.42 / h, high = 1 - 0.2 / h,
           row = (high - low) / g->npolicies;
    bool days = hours > 72;
    FILE *s = plot->script;

    fprintf(s,
            "set lmargin at screen 0.09\nset rmargin at screen 0.965\n"
            "set xrange [0:%g]\nset yrange [%" PRId64 ":-1]\n"
            "unset ytics\nunset grid\nset grid xtics lw 0.4 lc rgb "
            "'#D8D8D8' dt 1\nset xtics %g\nset format x ''\n"
            "set key at screen 0.97,screen 0.995 top right horizontal\n"
            "set multiplot\nset ylabel ",
            hours / (days ? 24 : 1), (c->jobs + c->every - 1) / c->every,
            vn_plot_step(hours / (days ? 24 : 1), 6));
    if (bars->tall) {
        char text[96];

        if (c->every > 1)
            snprintf(text, sizeof text,
                     "every %" PRId64 "th job, rows of %" PRId64, c->every,
                     c->most);
        else
            snprintf(text, sizeof text, "jobs, rows of %" PRId64, c->most);
        vn_plot_title(plot, text);
    } else if (c->every > 1) {
        char text[64];

        snprintf(text, sizeof text, "every %" PRId64 "th job", c->every);
        vn_plot_title(plot, text);
    } else {
        vn_plot_text(plot, "jobs");
    }
    fputs(" offset 1,0\n", s);
    for (int p = 0; p < g->npolicies; p++) {
        double top = high - p * row;

        fprintf(s, "set tmargin at screen %.4f\nset bmargin at screen %.4f\n",
                top, top - row + 0.2 / h);
        if (p == g->npolicies - 1) {
            fputs("set format x '%g'\nset xlabel ", s);
            vn_plot_text(plot, days ? "time (d)" : "time (h)");
            fprintf(s, " offset 0,0.5\nset bmargin at screen %.4f\n", low);
        }
        write_panel(plot, g, bars, c, p, days ? 24 : 1);
    }
    fputs("unset multiplot\n", s);
}

enum vn_status
vn_bars_make(const struct vn_subject *subject, const struct vn_bars *bars,
             struct vn_plot *plot, struct vn_error *err)
{
    struct chart c;
    enum vn_status status = read_chart(subject, bars, &c, err);

    fputs("panel,series,policy,job_id,row,device_type,from_h,to_h,devices,"
          "below\n",
          plot->data);
    for (int p = 0; p < subject->group->npolicies && status == VN_OK; p++)
        status = write_bars(subject, &c, p, plot->data, err);
    if (status == VN_OK)
        write_script(plot, subject->group, bars, &c);
    free_chart(&c);
    return status;
}
