#include "config.h"

#include "replay/experiment/adaptive/seeds.h"

#include "analysis/statistics.h"
#include "base/table.h"
#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <unistd.h>

/* Of each job, the seconds in the table; NAN where it has none. */
static enum vn_status
read_theirs(const struct vn_adaptive *a, const char *path, const char *column,
            double *theirs, struct vn_error *err)
{
    const struct vn_column columns[] = {{"job", true}, {column, true}};
    struct vn_table_form form = {.columns = columns, .ncolumns = 2};
    struct vn_table *t = NULL;
    enum vn_status status = VN_OK;
    bool more = true;

    for (int i = 0; i < a->names.count; i++)
        theirs[i] = NAN;
    if (access(path, F_OK) != 0)
        return VN_OK;
    status = vn_table_open(path, &form, &t, err);
    while (status == VN_OK && (status = vn_table_next(t, &more, err)) == VN_OK
           && more) {
        int job = vn_names_find(&a->names, vn_table_text(t, 0));

        if (job >= 0)
            status = vn_table_real(t, 1, 1e-9, 1e12, &theirs[job], err);
    }
    vn_table_close(t);
    return status;
}

/* What came of one seed. */
struct outcome {
    double mean_s;
    double restarts;  /* of a job */
    double log_ratio; /* mean over jobs, NAN where not all are known */
};

static struct outcome
judge(const struct vn_adaptive *a, const double *theirs)
{
    struct outcome o = {.mean_s = vn_adaptive_mean_s(a)};
    int n = a->config.njobs;

    for (int i = 0; i < n; i++) {
        const struct vn_reference_job *j = vn_reference_job(a->rounds, i);

        o.restarts += (double) j->restarts / n;
        o.log_ratio += log((j->finish_s - j->wants.submit_s) / theirs[i]) / n;
    }
    return o;
}

static void
show(const double *means, const double *ratios, int seeds, double theirs_s,
     struct vn_findings *findings)
{
    struct vn_interval mean = vn_interval_mean(means, seeds, 0.95),
                       ratio = vn_interval_mean(ratios, seeds, 0.95);

    double least = means[0], most = means[0];

    for (int k = 1; k < seeds; k++) {
        least = fmin(least, means[k]);
        most = fmax(most, means[k]);
    }
    vn_findings_note(findings,
                     "Mean JCT %.1f s, 95 %% [%.1f, %.1f], of %d seeds from "
                     "%.1f to %.1f s.",
                     mean.estimate, mean.low, mean.high, seeds, least, most);
    if (isnan(theirs_s))
        return;
    vn_findings_note(findings,
                     "Theirs, a single run: %.1f s, from which ours is "
                     "%+.2f %%;",
                     theirs_s, 100 * (mean.estimate / theirs_s - 1));
    vn_findings_note(findings,
                     "the mean of log(ours / theirs) over jobs is %+.2f %% "
                     "[%+.2f, %+.2f].",
                     100 * ratio.estimate, 100 * ratio.low, 100 * ratio.high);
}

enum vn_status
vn_adaptive_seeds(struct vn_adaptive *a, int seeds, const char *path,
                  const char *column, struct vn_seeds *found,
                  struct vn_findings *findings, struct vn_error *err)
{
    static const struct vn_findings_column shown[] = {{"mean JCT, s", 2},
                                                      {"restarts of a job", 2},
                                                      {"log ratio, %", 3},
                                                      {NULL, 0}};
    size_t n = (size_t) a->names.count;
    double *theirs = vn_xcalloc(n, sizeof *theirs), theirs_s = 0;
    double means[VN_SEEDS_MAX], ratios[VN_SEEDS_MAX];
    enum vn_status status = read_theirs(a, path, column, theirs, err);

    a->config.jobs = a->jobs;
    a->config.njobs = a->names.count;
    vn_findings_table(findings, a->request->name, "seed", shown);
    for (int i = 0; i < a->names.count; i++)
        theirs_s += theirs[i] / a->names.count;
    for (int k = 0; k < seeds && status == VN_OK; k++, a->config.seed++) {
        struct outcome o;
        char label[32];

        vn_reference_free(a->rounds);
        status = vn_reference_run(&a->config, &a->rounds, err);
        if (status != VN_OK)
            break;
        o = judge(a, theirs);
        means[k] = o.mean_s;
        ratios[k] = o.log_ratio;
        snprintf(label, sizeof label, "%llu",
                 (unsigned long long) a->config.seed);
        vn_findings_row(findings, label,
                        (double[]){o.mean_s, o.restarts, 100 * o.log_ratio});
    }
    if (status == VN_OK)
        show(means, ratios, seeds, theirs_s, findings);
    if (status == VN_OK && found != NULL)
        *found = (struct vn_seeds){vn_mean(means, (size_t) seeds), theirs_s,
                                   vn_mean(ratios, (size_t) seeds)};
    free(theirs);
    return status;
}
