/*
 * Policies side by side, on the same jobs.
 *
 * Of each replicate, the jobs compared are those that finished under every
 * policy.  A job that some policy left unfinished is censored: it is left out
 * of every policy's times, and counted, since leaving out makes a policy that
 * starves its longest jobs look better than it is.
 */
#ifndef ANALYSIS_COMPARISON_H
#define ANALYSIS_COMPARISON_H

#include "analysis/runs.h"
#include "analysis/statistics.h"

enum vn_metric {
    VN_METRIC_JCT_MEAN,
    VN_METRIC_JCT_P50,
    VN_METRIC_JCT_P99,
    VN_METRIC_QUEUE_MEAN,
    VN_METRIC_MAKESPAN,    /* of all jobs, not only those compared */
    VN_METRIC_UTILISATION, /* likewise */
    VN_METRICS_MAIN,       /* of which tables are made */

    /* Shares and ratios; NAN where runs have none. */
    VN_METRIC_MET = VN_METRICS_MAIN, /* deadlines, of all */
    VN_METRIC_MET_ADMITTED,          /* of those not turned away */
    VN_METRIC_RHO_MEAN,
    VN_METRIC_RHO_WORST,
    VN_METRIC_RHO_ABOVE,
    VN_METRIC_JAIN_USERS,
    VN_METRIC_JAIN_VCS,
    VN_METRICS
};

/* "jct_mean_s" ..., seconds up to the makespan. */
extern const char *const vn_metric_names[VN_METRICS];

/* The share of a run's deadlines that were met, of all or of those of jobs
 * that were not turned away; NAN of none. */
double vn_metric_met(const struct vn_store_run *run, bool admitted);

/* Deadlines under a policy, over all replicates. */
struct vn_met {
    int64_t declined; /* jobs, with a deadline or not */
    int64_t late;     /* counted as declined, though they were not */
    int64_t all;      /* jobs that have one */
    int64_t admitted; /* of them, not turned away, and not late so */
    int64_t met;
    double latest_us; /* the most that one was late; NAN: none was */
};

/* The devices that some jobs ask for; unknown (n 0) where none is known. */
struct vn_sizes {
    double *devices; /* in order, once all are there */
    size_t n;
};

struct vn_comparison {
    const struct vn_group *group;
    double *values;      /* [(metric x policies + policy) x replicates + r] */
    int64_t compared;    /* jobs compared, over all replicates */
    int64_t *unfinished; /* by policy: jobs that it left, likewise */
    int64_t *censored;   /* by policy: jobs it finished and others did not */
    int64_t *rejected;   /* by policy: jobs that it could not run at all */
    struct vn_met *met;  /* by policy: deadlines */

    /* Jobs of replicates in which some policy did not finish some: those that
     * are compared, and those that are in no policy's times. */
    struct vn_sizes kept, dropped;
};

/*
 * Compare a group's policies.  Fails where the jobs that finished differ
 * between policies and the runs were recorded without jobs.
 */
enum vn_status vn_comparison_make(struct vn_store *store,
                                  const struct vn_group *group,
                                  struct vn_comparison *comparison,
                                  struct vn_error *err);

/*
 * Count what a policy admitted and what missed its deadline as declined.
 * ElasticFlow's published code counts so what ended late under admission; of
 * what is left admitted all is met.  Times stay as they are.
 */
void vn_comparison_decline_late(struct vn_comparison *c, int policy);

void vn_comparison_free(struct vn_comparison *comparison);

/* A policy's values of a metric, one a replicate. */
const double *vn_comparison_values(const struct vn_comparison *comparison,
                                   enum vn_metric metric, int policy);

/* Its mean and interval over replicates: of times by vn_interval_time(), of
 * what lies between 0 and 1 by vn_interval_share(). */
struct vn_interval
vn_comparison_interval(const struct vn_comparison *comparison,
                       enum vn_metric metric, int policy, double level);

/*
 * How far the distribution of completion times under each policy lies from
 * that under the first: vn_distance(), the mean over replicates, a job that
 * did not finish counting as longer than any.  NAN where runs were recorded
 * without jobs.  distances has room for npolicies.
 */
enum vn_status vn_comparison_distances(struct vn_store *store,
                                       const struct vn_group *group,
                                       double *distances,
                                       struct vn_error *err);

#endif /* ANALYSIS_COMPARISON_H */
