/*
 * What the simulator itself took, of one processor's time, against the jobs of
 * the trace: a point a run, by policy, on logarithmic axes.  The numbers are
 * those of the machine that ran it.
 */
#include "config.h"

#include "analysis/figure/figure.h"
#include "base/number.h"
#include "base/xalloc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int
find(const char *const *labels, int n, const char *label)
{
    int i = 0;

    while (i < n && strcmp(labels[i], label) != 0)
        i++;
    return i;
}

static void
write_script(struct vn_plot *plot, const char *const *labels, int n)
{
    FILE *s = plot->script;

    vn_plot_key(plot, labels, n);
    fputs("set logscale xy\nset format '%g'\nset pointsize 0.5\n"
          "set offsets graph 0.06, graph 0.06, graph 0.06, graph 0.06\n"
          "set xtics (10, 100, 1000, '10,000' 1e4, '100,000' 1e5, '1 M' 1e6, "
          "'10 M' 1e7)\n"
          "set ytics ('1 ms' 0.001, '10 ms' 0.01, '0.1 s' 0.1, '1 s' 1, "
          "'10 s' 10, '100 s' 100, '1000 s' 1000)\n"
          "set xlabel 'jobs of the trace' offset 0,0.4\n"
          "set ylabel 'real time' offset 1,0\nplot ",
          s);
    for (int i = 0; i < n; i++) {
        fprintf(s,
                "data using ($1==%d?$3:NaN):5 with points pt %d lc rgb '%s' "
                "title ",
                i, vn_plot_point(i, false), vn_plot_colour(i));
        vn_plot_text(plot, labels[i]);
        fputs(i + 1 < n ? ", \\\n     " : "\n", s);
    }
}

static enum vn_status
speed_make(const struct vn_subject *subject, struct vn_plot *plot,
           struct vn_error *err)
{
    const struct vn_runs *runs = subject->runs;
    char **labels = vn_xcalloc((size_t) runs->n + 1, sizeof *labels);
    enum vn_status status = VN_OK;
    int n = 0;

    fputs("series,policy,jobs,events,seconds\n", plot->data);
    for (int i = 0; i < runs->n; i++) {
        const struct vn_store_run *run = &runs->all[i];
        char *label, text[VN_NUMBER_SIZE];
        int s;

        if (run->policy == NULL || strcmp(run->kind, "simulated") != 0
            || run->wall_us <= 0 || run->jobs <= 0)
            continue;
        label = vn_run_label(run);
        s = find((const char *const *) labels, n, label);
        if (s == n)
            labels[n++] = label;
        fprintf(plot->data, "%d,", s);
        vn_csv_cell(plot->data, label);
        fprintf(plot->data, ",%" PRId64 ",%" PRId64 ",%s\n", run->jobs,
                run->events,
                vn_format_real(text, (double) run->wall_us / 1e6));
        if (label != labels[s])
            free(label);
    }
    if (n == 0)
        status = vn_fail(err, VN_EINVAL,
                         "%s: no simulated run says how long it took",
                         vn_store_path(subject->store));
    else if (n > VN_PLOT_SERIES)
        status = vn_fail(err, VN_EINVAL,
                         "%d policies, of which %d can be told apart in a "
                         "figure, expected --policy to choose some",
                         n, VN_PLOT_SERIES);
    else
        write_script(plot, (const char *const *) labels, n);
    while (n > 0)
        free(labels[--n]);
    free(labels);
    return status;
}

const struct vn_figure vn_figure_speed = {
    .name = "speed",
    .summary = "what the simulator took, by jobs of the trace",
    .height = 2.2,
    .kinds = true,
    .make = speed_make,
};
