/*
 * The simulations of Sia (SOSP'23): workloads of jobs whose batch adapts, on
 * devices of several types.  Tables and workloads are those of its artifact,
 * read from where they are (--data); what they lack is looked for in those of
 * Pollux, beside them or where --base says.
 */
#include "config.h"

#include "replay/experiment/adaptive.h"
#include "replay/experiment/adaptive/seeds.h"
#include "sim/adaptive/policies.h"

#include "base/table.h"
#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const struct vn_experiment vn_experiment_sia;

enum {
    SEED,
    SEEDS,
    NOPTIONS
};

static const struct vn_policy_option options[] = {
    [SEED] = {"seed", "how ties between configurations fall, a whole number",
              "1", VN_OPTION_REAL, 0, 1e15, NULL},
    [SEEDS] = {"seeds", "run so many seeds, from that one on", "1",
               VN_OPTION_REAL, 1, VN_SEEDS_MAX, NULL},
    {NULL, NULL, NULL, VN_OPTION_REAL, 0, 0, NULL},
};

enum {
    CLUSTER,
    TYPE,
    NODES,
    PER_NODE,
    PROFILED,
    NCLUSTER
};

static const struct vn_column cluster_columns[] = {
    [CLUSTER] = {"cluster", true},
    [TYPE] = {"gpu_type", true},
    [NODES] = {"nodes", true},
    [PER_NODE] = {"gpus_per_node", true},
    [PROFILED] = {"max_profiled_nodes", true}};

static enum vn_status
read_type(struct vn_adaptive *a, struct vn_table *t, struct vn_error *err)
{
    const char *name = vn_table_text(t, TYPE);
    struct vn_reference_type *type = &a->config.types[a->config.ntypes];
    int tables = vn_names_find(&a->applications.types, name);
    int64_t nodes = 0, per_node = 0, profiled = 0;
    enum vn_status status;

    if (tables < 0)
        return vn_table_fail(t, TYPE, err,
                             "gpu_type is '%.64s', expected one of the "
                             "applications' tables",
                             name);
    if (a->config.ntypes == VN_REFERENCE_TYPES)
        return vn_table_fail(t, TYPE, err, "more than %d types in a cluster",
                             VN_REFERENCE_TYPES);
    if ((status = vn_table_int(t, NODES, 1, VN_REFERENCE_NODES, &nodes, err))
        || (status = vn_table_int(t, PER_NODE, 1, VN_REFERENCE_DEVICES,
                                  &per_node, err))
        || (status = vn_table_int(t, PROFILED, 1, VN_REFERENCE_NODES,
                                  &profiled, err)))
        return status;
    *type =
        (struct vn_reference_type){.name = a->applications.types.text[tables],
                                   .nodes = (int) nodes,
                                   .devices = (int) per_node,
                                   .most_nodes = (int) profiled,
                                   .tables = tables};
    a->config.ntypes++;
    return VN_OK;
}

/* The rows of one cluster: of this name, or the first. */
static enum vn_status
read_cluster(struct vn_adaptive *a, char *name, size_t size,
             struct vn_error *err)
{
    struct vn_table_form form = {.columns = cluster_columns,
                                 .ncolumns = NCLUSTER};
    const char *path = vn_adaptive_path(a->request, "clusters.csv");
    struct vn_table *t = NULL;
    enum vn_status status = vn_table_open(path, &form, &t, err);
    bool more = true;

    snprintf(name, size, "%s",
             a->request->cluster != NULL ? a->request->cluster : "");
    while (status == VN_OK && (status = vn_table_next(t, &more, err)) == VN_OK
           && more) {
        if (*name == '\0')
            snprintf(name, size, "%s", vn_table_text(t, CLUSTER));
        if (strcmp(name, vn_table_text(t, CLUSTER)) == 0)
            status = read_type(a, t, err);
    }
    vn_table_close(t);
    if (status == VN_OK && a->config.ntypes == 0)
        status = vn_fail(err, VN_EFORMAT,
                         "%s: no cluster '%.64s', expected one of its names",
                         path, name);
    return status;
}

/* How much slower each job is than its tables; 1 where nothing is said. */
static enum vn_status
read_slowdowns(const struct vn_adaptive *a, double *slowdown,
               struct vn_error *err)
{
    const struct vn_column columns[] = {{"application", true},
                                        {"divide_goodput_by", true}};
    struct vn_table_form form = {.columns = columns, .ncolumns = 2};
    const char *path = vn_adaptive_path(a->request, "slowdowns.csv");
    struct vn_table *t = NULL;
    enum vn_status status;
    bool more = true;

    for (int i = 0; i < a->names.count; i++)
        slowdown[i] = 1;
    if (access(path, F_OK) != 0)
        return VN_OK;
    status = vn_table_open(path, &form, &t, err);
    while (status == VN_OK && (status = vn_table_next(t, &more, err)) == VN_OK
           && more) {
        double by = 1;

        status = vn_table_real(t, 1, 1e-3, 1e3, &by, err);
        for (int i = 0; i < a->names.count; i++)
            if (strcmp(a->jobs[i].application->name, vn_table_text(t, 0)) == 0)
                slowdown[i] = by;
    }
    vn_table_close(t);
    return status;
}

static void
show(const struct vn_adaptive *a, const char *cluster,
     struct vn_findings *findings)
{
    static const struct vn_findings_column shown[] = {
        {"jobs", 0},     {"mean JCT, s", 4},
        {"restarts", 0}, {"device-hours", 2},
        {"rounds", 0},   {"worst gap", 2},
        {NULL, 0}};
    double restarts = 0, attained = 0;
    char title[512];

    for (int i = 0; i < a->config.njobs; i++) {
        const struct vn_reference_job *j = vn_reference_job(a->rounds, i);

        restarts += j->restarts;
        attained += j->attained_s;
    }
    snprintf(title, sizeof title, "%.200s on %.100s", a->request->name,
             cluster);
    vn_findings_table(findings, title, "policy", shown);
    vn_findings_row(findings, a->request->policy,
                    (double[]){a->config.njobs, vn_adaptive_mean_s(a),
                               restarts, attained / 3600,
                               (double) vn_reference_count(a->rounds),
                               vn_sia_gap(a->rounds)});
}

static void
say_published(struct vn_findings *findings)
{
    vn_findings_note(findings,
                     "Published (SOSP'23, abstract): on clusters of 44 to 64 "
                     "devices of three types Sia's");
    vn_findings_note(findings,
                     "mean JCT is 30 to 93 %% below that of other schedulers, "
                     "its 99th percentile and");
    vn_findings_note(findings,
                     "makespan 28 to 95 %%, device-hours 12 to 55 %%.");
}

/* Where the artifact's own run is, if it is. */
static const char *
theirs(const struct vn_request *r, const char *cluster)
{
    char name[500], first[32] = "";

    if (r->first != INT64_MAX)
        snprintf(first, sizeof first, "_first%lld", (long long) r->first);
    snprintf(name, sizeof name, "expected_own/%.40s_%.100s_%.200s%s.jobs.csv",
             r->policy, cluster, r->name, first);
    return vn_path(r->paths, r->data, name);
}

static enum vn_status
run_jobs(struct vn_adaptive *a, const double *values, const char *cluster,
         struct vn_findings *findings, struct vn_error *err)
{
    const struct vn_request *r = a->request;
    const char *path = theirs(r, cluster);
    struct vn_sheet *jobs;
    enum vn_status status;

    a->config.seed = (uint64_t) values[SEED];
    if (values[SEEDS] > 1) {
        if (r->jobs != NULL || r->events != NULL || r->rounds != NULL)
            return vn_fail(err, VN_EUSAGE,
                           "--jobs, --events and --rounds are of one run, not "
                           "of seeds=%d",
                           (int) values[SEEDS]);
        status = vn_adaptive_seeds(a, (int) values[SEEDS], path, "jct_s", NULL,
                                   findings, err);
        say_published(findings);
        return status;
    }
    if ((status = vn_adaptive_run(a, err)) != VN_OK)
        return status;
    show(a, cluster, findings);
    say_published(findings);
    jobs = vn_adaptive_jobs(a);
    status = vn_sheet_compare(jobs, path, 1e-6, findings, err);
    vn_sheet_free(jobs);
    return status;
}

static enum vn_status
run_sia(const struct vn_request *request, struct vn_findings *findings,
        struct vn_error *err)
{
    static const char *const names[] = {"sia", NULL};
    struct vn_request r = *request;
    struct vn_adaptive a = {.typed = true};
    char cluster[128];
    double values[NOPTIONS], *slowdown = NULL;
    enum vn_status status;
    int policy;

    if (r.base == NULL)
        r.base = vn_path(r.paths, r.data, "../pollux");
    if ((status = vn_request_policy(&r, names, &policy, err))
        || (status = vn_request_options(&r, options, values, err))
        || (status = vn_adaptive_read(&a, &r, err))
        || (status = read_cluster(&a, cluster, sizeof cluster, err)))
        goto out;
    slowdown = vn_xcalloc((size_t) a.names.count, sizeof *slowdown);
    if ((status = read_slowdowns(&a, slowdown, err)) != VN_OK)
        goto out;
    a.config.policy = &vn_reference_sia;
    a.config.interval_s = 60;
    a.config.restart_s = NAN;
    a.config.limit_s = 1e9;
    a.config.moves_are_free = true;
    a.config.unmeasured_stall = true;
    a.config.slowdown = slowdown;
    status = run_jobs(&a, values, cluster, findings, err);
out:
    vn_adaptive_free(&a);
    free(slowdown);
    return status;
}

const struct vn_experiment vn_experiment_sia = {
    .name = "sia",
    .summary = "jobs whose batch adapts on devices of several types, under "
               "Sia (SOSP'23)",
    .takes = VN_REQUEST_CASE | VN_REQUEST_BASE | VN_REQUEST_CLUSTER
             | VN_REQUEST_JOBS | VN_REQUEST_EVENTS | VN_REQUEST_ROUNDS
             | VN_REQUEST_FIRST | VN_REQUEST_OPTIONS,
    .run = run_sia,
};
