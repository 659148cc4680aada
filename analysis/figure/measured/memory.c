/*
 * Peak memory of a device and examples trained a second against virtual nodes
 * on a device, a curve for each way of training otherwise alike
 * (analysis/figure/measured/trained.h).  Steps that are cold are left out.
 */
#include "config.h"

#include "analysis/figure/measured/trained.h"
#include "analysis/statistics.h"
#include "base/number.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The most that a device of the run held at once, bytes, and examples a
 * second; NAN where it is not known. */
static enum vn_status
read_numbers(const struct vn_subject *subject, const struct vn_trained_run *t,
             double *bytes, double *rate, struct vn_error *err)
{
    struct vn_rows *rows = NULL;
    bool more;
    enum vn_status status = vn_store_query(
        subject->store,
        "SELECT (SELECT max(peak_bytes) FROM device WHERE run_id = ?1), "
        "1e6 * total(examples) / total(step_us) FROM step "
        "WHERE run_id = ?1 AND step >= ?2",
        &rows, err);

    if (status != VN_OK)
        return status;
    vn_rows_bind_int(rows, 1, t->run->run_id);
    vn_rows_bind_int(rows, 2, vn_cold_steps(t->steps));
    status = vn_rows_next(rows, &more, err);
    *bytes = vn_rows_real(rows, 0);
    *rate = vn_rows_real(rows, 1);
    vn_rows_close(rows);
    return status;
}

static int
number_series(const struct vn_trained *t, const char **labels, int i, int n)
{
    int s = 0;

    while (s < n && strcmp(labels[s], t->all[i].label) != 0)
        s++;
    return s;
}

static void
write_script(struct vn_plot *plot, const char *const *labels, int n)
{
    static const char *const titles[] = {"peak memory (MiB)", "examples / s"};
    double h = plot->height,
           top = 1 - (vn_plot_key_height(plot->width, labels, n) + 0.08) / h;
    FILE *s = plot->script;

    fprintf(s,
            "set multiplot\nset bmargin at screen %.4f\n"
            "set tmargin at screen %.4f\nset logscale x 2\n"
            "set xlabel 'virtual nodes on a device' offset 0,0.4\n"
            "set offsets graph 0.05, graph 0.05, 0, 0\nset yrange [0:*]\n"
            "set pointsize 0.45\n",
            0.36 / h, top);
    for (int panel = 0; panel < 2; panel++) {
        fprintf(s,
                "set lmargin at screen %.4f\nset rmargin at screen %.4f\n"
                "set ylabel ",
                panel == 0 ? 0.5 / plot->width : 0.5 + 0.5 / plot->width,
                panel == 0 ? 0.5 - 0.05 / plot->width : 1 - 0.1 / plot->width);
        vn_plot_title(plot, titles[panel]);
        fputs(" offset 1,0\n", s);
        vn_plot_key(plot, labels, n);
        fputs(panel == 0 ? "unset key\nplot " : "unset key\nplot ", s);
        for (int i = 0; i < n; i++) {
            fprintf(s, "data using ($1==%d?$3:NaN):%d with linespoints ", i,
                    5 + panel);
            vn_plot_style(plot, i);
            fprintf(s, " pt %d notitle%s", vn_plot_point(i, true),
                    i + 1 < n ? ", \\\n     " : "\n");
        }
    }
    fprintf(s, "unset xtics\nunset ytics\nunset border\nunset xlabel\n"
               "unset ylabel\nunset grid\nunset logscale\n"
               "set lmargin at screen 0.02\nset rmargin at screen 0.98\n"
               "set xrange [0:1]\nset yrange [0:1]\n");
    vn_plot_key(plot, labels, n);
    fputs("plot NaN notitle", s);
    for (int i = 0; i < n; i++) {
        fputs(", \\\n     keyentry with linespoints ", s);
        vn_plot_style(plot, i);
        fprintf(s, " pt %d title ", vn_plot_point(i, true));
        vn_plot_text(plot, labels[i]);
    }
    fputs("\nunset multiplot\n", s);
}

static enum vn_status
memory_make(const struct vn_subject *subject, struct vn_plot *plot,
            struct vn_error *err)
{
    struct vn_trained t;
    enum vn_status status = vn_trained_read(subject, "vnodes", &t, err);
    const char **labels = vn_xcalloc((size_t) t.n + 1, sizeof *labels);
    int n = 0;

    fputs("series,run,vnodes_a_device,devices,peak_mib,examples_per_s\n",
          plot->data);
    for (int i = 0; i < t.n && status == VN_OK; i++) {
        const struct vn_trained_run *r = &t.all[i];
        int s = number_series(&t, labels, i, n);
        double bytes = NAN, rate = NAN;
        char text[VN_NUMBER_SIZE];

        if (s == n)
            labels[n++] = r->label;
        status = read_numbers(subject, r, &bytes, &rate, err);
        fprintf(plot->data, "%d,", s);
        vn_csv_cell(plot->data, r->label);
        fprintf(plot->data, ",%s,%" PRId64,
                vn_format_real(
                    text, (double) r->vnodes
                              / (double) (r->devices > 0 ? r->devices : 1)),
                r->devices);
        fprintf(plot->data, ",%s",
                isfinite(bytes) ? vn_format_real(text, bytes / 1048576) : "");
        fprintf(plot->data, ",%s\n",
                isfinite(rate) ? vn_format_real(text, rate) : "");
    }
    if (status == VN_OK && n > VN_PLOT_SERIES)
        status = vn_fail(err, VN_EINVAL,
                         "%d ways of training, of which %d can be told apart "
                         "in a figure, expected --where to choose some",
                         n, VN_PLOT_SERIES);
    if (status == VN_OK)
        write_script(plot, labels, n);
    free(labels);
    vn_trained_free(&t);
    return status;
}

const struct vn_figure vn_figure_memory = {
    .name = "memory",
    .summary = "peak memory and throughput against virtual nodes",
    .height = 2.1,
    .width = 7,
    .kinds = true,
    .make = memory_make,
};
