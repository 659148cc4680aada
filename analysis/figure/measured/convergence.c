/*
 * Loss and accuracy of training, step by step, a line a run
 * (analysis/figure/measured/trained.h): where runs differ in devices alone the
 * lines coincide.  Of more steps than a column of print can show, means over
 * as many steps each.
 */
#include "config.h"

#include "analysis/figure/measured/trained.h"
#include "base/number.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

enum {
    POINTS = 300 /* of a line */
};

static void
write_number(FILE *out, double x)
{
    char text[VN_NUMBER_SIZE];

    fprintf(out, ",%s", isfinite(x) ? vn_format_real(text, x) : "");
}

static enum vn_status
write_line(const struct vn_subject *subject, const struct vn_trained_run *t,
           int series, FILE *out, struct vn_error *err)
{
    struct vn_rows *rows = NULL;
    bool more;
    enum vn_status status = vn_store_query(
        subject->store,
        "SELECT min(step), avg(loss), avg(accuracy) FROM step "
        "WHERE run_id = ?1 GROUP BY job_id, step / ?2 ORDER BY job_id, step",
        &rows, err);

    if (status == VN_OK) {
        vn_rows_bind_int(rows, 1, t->run->run_id);
        vn_rows_bind_int(rows, 2, (t->steps + POINTS - 1) / POINTS);
    }
    while (status == VN_OK
           && (status = vn_rows_next(rows, &more, err)) == VN_OK && more) {
        fprintf(out, "%d,", series);
        vn_csv_cell(out, t->label);
        fprintf(out, ",%" PRId64, vn_rows_int(rows, 0));
        write_number(out, vn_rows_real(rows, 1));
        write_number(out, 100 * vn_rows_real(rows, 2));
        putc('\n', out);
    }
    vn_rows_close(rows);
    return status;
}

static void
write_script(struct vn_plot *plot, const struct vn_trained *t)
{
    static const char *const titles[] = {"training loss",
                                         "training accuracy (%)"};
    const char **labels = vn_xcalloc((size_t) t->n, sizeof *labels);
    double top, h = plot->height;
    FILE *s = plot->script;

    for (int i = 0; i < t->n; i++)
        labels[i] = t->all[i].label;
    top = 1 - (vn_plot_key_height(plot->width, labels, t->n) + 0.08) / h;
    fprintf(s,
            "set multiplot\nset bmargin at screen %.4f\n"
            "set tmargin at screen %.4f\nset xlabel 'step' offset 0,0.4\n",
            0.4 / h, top);
    /* The key spans both panels, so it has a plot of its own. */
    vn_plot_key(plot, labels, t->n);
    for (int panel = 0; panel < 2; panel++) {
        double left =
            panel == 0 ? 0.55 / plot->width : 0.5 + 0.55 / plot->width;

        fprintf(s,
                "set lmargin at screen %.4f\nset rmargin at screen %.4f\n"
                "set ylabel ",
                left,
                panel == 0 ? 0.5 - 0.05 / plot->width : 1 - 0.1 / plot->width);
        vn_plot_title(plot, titles[panel]);
        fputs(" offset 1,0\nset xtics autofreq rangelimited\nplot ", s);
        for (int i = 0; i < t->n; i++) {
            fprintf(s, "data using ($1==%d?$3:NaN):%d with lines ", i,
                    4 + panel);
            /* Wider below, so that lines that coincide show each other. */
            fprintf(s, "lc rgb '%s' lw %.1f notitle%s", vn_plot_colour(i),
                    1 + 3.0 * (t->n - 1 - i) / t->n,
                    i + 1 < t->n ? ", \\\n     " : "\n");
        }
    }
    fprintf(s, "unset xtics\nunset ytics\nunset border\nunset xlabel\n"
               "unset ylabel\nunset grid\n"
               "set lmargin at screen 0.02\nset rmargin at screen 0.98\n"
               "set xrange [0:1]\nset yrange [0:1]\nplot ");
    for (int i = 0; i < t->n; i++) {
        fputs(i == 0 ? "NaN notitle, \\\n     keyentry with lines "
                     : "keyentry with lines ",
              s);
        vn_plot_style(plot, i);
        fputs(" title ", s);
        vn_plot_text(plot, labels[i]);
        fputs(i + 1 < t->n ? ", \\\n     " : "\n", s);
    }
    fputs("unset multiplot\n", s);
    free(labels);
}

static enum vn_status
convergence_make(const struct vn_subject *subject, struct vn_plot *plot,
                 struct vn_error *err)
{
    struct vn_trained t;
    enum vn_status status = vn_trained_read(subject, NULL, &t, err);

    if (status == VN_OK && t.n > VN_PLOT_SERIES)
        status = vn_fail(err, VN_EINVAL,
                         "%d runs, of which %d can be told apart in a "
                         "figure, expected --where to choose some",
                         t.n, VN_PLOT_SERIES);
    if (status == VN_OK) {
        fputs("series,run,step,loss,accuracy_percent\n", plot->data);
        for (int i = 0; i < t.n && status == VN_OK; i++)
            status = write_line(subject, &t.all[i], i, plot->data, err);
        write_script(plot, &t);
    }
    vn_trained_free(&t);
    return status;
}

/* The key's lines. */
static double
convergence_more(const struct vn_subject *subject)
{
    struct vn_trained t;
    struct vn_error err;
    double more = 0;

    if (vn_trained_read(subject, NULL, &t, &err) == VN_OK) {
        const char **labels = vn_xcalloc((size_t) t.n, sizeof *labels);

        for (int i = 0; i < t.n; i++)
            labels[i] = t.all[i].label;
        more = vn_plot_key_height(subject->width, labels, t.n);
        free(labels);
    }
    vn_trained_free(&t);
    return more;
}

const struct vn_figure vn_figure_convergence = {
    .name = "convergence",
    .summary = "loss and accuracy of training, by step",
    .height = 1.9,
    .width = 7,
    .kinds = true,
    .more = convergence_more,
    .make = convergence_make,
};
