/*
 * Completion times of jobs, simulated against measured: a point for each job
 * and policy, the mean of the repeats with their range, and the diagonal on
 * which the two agree.
 */
#include "config.h"

#include "analysis/figure/figure.h"
#include "base/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    POLICIES_MAX = 64
};

/* Runs that differ in their kind, and in the seed that counts repeats; of
 * those simulated runs that follow. */
static const char query[] =
    "SELECT s.policy, sj.job_id, avg(sj.jct_us), avg(mj.jct_us),"
    " min(mj.jct_us), max(mj.jct_us) FROM run s JOIN run m ON"
    " s.kind = 'simulated' AND m.kind = 'measured'"
    " AND s.trace_hash = m.trace_hash AND s.cluster_hash = m.cluster_hash"
    " AND s.policy = m.policy"
    " AND ifnull(s.options, '') = ifnull(m.options, '')"
    " JOIN job sj ON sj.run_id = s.run_id"
    " JOIN job mj ON mj.run_id = m.run_id AND mj.job_id = sj.job_id"
    " WHERE sj.jct_us IS NOT NULL AND mj.jct_us IS NOT NULL"
    " AND s.run_id IN (";

static const char order[] =
    ") GROUP BY s.policy, s.trace_hash, s.cluster_hash, sj.job_id"
    " ORDER BY s.policy, s.trace_hash, s.cluster_hash, sj.job_id";

struct legend {
    char names[POLICIES_MAX][64];
    int n;
};

static void
write_seconds(FILE *out, double us)
{
    char text[VN_NUMBER_SIZE];

    fprintf(out, ",%s", vn_format_real(text, us * 1e-6));
}

/* The query of the subject's runs. */
static enum vn_status
ask(const struct vn_subject *subject, struct vn_rows **rows,
    struct vn_error *err)
{
    char *sql = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&sql, &size);
    enum vn_status status;

    fputs(query, out);
    for (int i = 0; i < subject->runs->n; i++)
        fprintf(out, "%s%lld", i > 0 ? "," : "",
                (long long) subject->runs->all[i].run_id);
    fputs(order, out);
    fclose(out);
    status = vn_store_query(subject->store, sql, rows, err);
    free(sql);
    return status;
}

static enum vn_status
write_data(const struct vn_subject *subject, FILE *out, struct legend *legend,
           struct vn_error *err)
{
    struct vn_rows *rows = NULL;
    bool more = true;
    enum vn_status status = ask(subject, &rows, err);

    fputs("series,policy,job_id,simulated_s,measured_s,low_s,high_s\n", out);
    while (status == VN_OK
           && (status = vn_rows_next(rows, &more, err)) == VN_OK && more) {
        const char *policy = vn_rows_text(rows, 0);

        if (legend->n == 0
            || strcmp(legend->names[legend->n - 1], policy) != 0) {
            if (legend->n == POLICIES_MAX)
                break;
            snprintf(legend->names[legend->n++], sizeof *legend->names, "%s",
                     policy);
        }
        fprintf(out, "%d,", legend->n - 1);
        vn_csv_cell(out, policy);
        fprintf(out, ",%lld", (long long) vn_rows_int(rows, 1));
        for (int i = 2; i < 6; i++)
            write_seconds(out, vn_rows_real(rows, i));
        putc('\n', out);
    }
    vn_rows_close(rows);
    if (status == VN_OK && legend->n == 0)
        status = vn_fail(err, VN_EINVAL,
                         "%s: no trace was both simulated and measured under "
                         "a policy (see vnreplay validate; of plans there is "
                         "the figure segments)",
                         vn_store_path(subject->store));
    return status;
}

static void
write_script(struct vn_plot *plot, const struct legend *legend)
{
    const char *labels[POLICIES_MAX];
    FILE *s = plot->script;

    for (int i = 0; i < legend->n; i++)
        labels[i] = legend->names[i];
    vn_plot_key(plot, labels, legend->n);
    fputs("set xlabel 'measured completion time (s)'\n"
          "set ylabel 'simulated completion time (s)'\n"
          "set xrange [0:*]\nset yrange [0:*]\n"
          "plot x with lines lc rgb '#999999' dt 2 notitle",
          s);
    for (int i = 0; i < legend->n; i++) {
        fprintf(s,
                ", \\\n     data using ($1==%d?$5:NaN):4:6:7 with "
                "xerrorbars pt %d ps 0.4 lc rgb '%s' title ",
                i, 4 + i % 8, vn_plot_colour(i));
        vn_plot_text(plot, labels[i]);
    }
    putc('\n', s);
}

static enum vn_status
validate_make(const struct vn_subject *subject, struct vn_plot *plot,
              struct vn_error *err)
{
    struct legend legend = {.n = 0};
    enum vn_status status = write_data(subject, plot->data, &legend, err);

    if (status == VN_OK)
        write_script(plot, &legend);
    return status;
}

const struct vn_figure vn_figure_validate = {
    .name = "validate",
    .summary = "completion times, simulated against measured",
    .height = 3.0,
    .kinds = true,
    .make = validate_make,
};
