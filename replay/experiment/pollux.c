/*
 * The simulations of Pollux (OSDI'21): workloads of jobs whose batch adapts,
 * on 16 nodes of 4 devices, under Tiresias and Optimus, which keep a job's
 * batch, and under Pollux.  Tables and workloads are those of its artifact,
 * read from where they are (--data); what its own runs gave, where that is
 * beside them, stands beside what is obtained.
 */
#include "config.h"

#include "replay/experiment/adaptive.h"
#include "replay/experiment/adaptive/seeds.h"
#include "sim/adaptive/policies.h"

#include "analysis/statistics.h"
#include "base/table.h"
#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const struct vn_experiment vn_experiment_pollux;

static const char *const names[] = {"tiresias", "optimus", "optimus-oracle",
                                    "pollux", NULL};
static const struct vn_reference_policy *const policies[] = {
    &vn_reference_tiresias, &vn_reference_optimus, &vn_reference_optimus,
    &vn_reference_pollux};

enum {
    SEED,
    SEEDS,
    NOPTIONS
};

enum {
    WORKLOADS = 64 /* at a time */
};

static const struct vn_policy_option options[] = {
    [SEED] = {"seed", "of pollux' random numbers, a whole number", "1",
              VN_OPTION_REAL, 0, 1e15, NULL},
    [SEEDS] = {"seeds", "run so many seeds, from that one on", "1",
               VN_OPTION_REAL, 1, VN_SEEDS_MAX, NULL},
    {NULL, NULL, NULL, VN_OPTION_REAL, 0, 0, NULL},
};

enum {
    NAME,
    NODES,
    PER_NODE,
    INTERVAL,
    INTERFERENCE,
    RESTART,
    NCOLUMNS
};

static const struct vn_column columns[] = {
    [NAME] = {"name", true},
    [NODES] = {"nodes", true},
    [PER_NODE] = {"gpus_per_node", true},
    [INTERVAL] = {"interval_s", true},
    [INTERFERENCE] = {"interference", true},
    [RESTART] = {"restart_s", true}};

/* NODESxDEVICES instead of the table's cluster; false if it is not so. */
static bool
inline_cluster(const char *text, struct vn_reference_config *c)
{
    int nodes, devices, end = 0;

    if (text == NULL || sscanf(text, "%4dx%4d%n", &nodes, &devices, &end) != 2
        || text[end] != '\0' || nodes < 1 || nodes > VN_REFERENCE_NODES
        || devices < 1 || devices > VN_REFERENCE_DEVICES)
        return false;
    c->types[0].nodes = nodes;
    c->types[0].devices = devices;
    return true;
}

/* The cluster: of its table, the row of this name, the first one if NULL or
 * where the name says how large it is. */
static enum vn_status
read_cluster(const char *path, const char *name, struct vn_reference_config *c,
             struct vn_error *err)
{
    struct vn_table_form form = {.columns = columns, .ncolumns = NCOLUMNS};
    struct vn_table *t = NULL;
    enum vn_status status = vn_table_open(path, &form, &t, err);
    int64_t nodes = 0, per_node = 0;
    bool more = true, given = inline_cluster(name, c);

    while (status == VN_OK && (status = vn_table_next(t, &more, err)) == VN_OK
           && more && !given && name != NULL
           && strcmp(vn_table_text(t, NAME), name) != 0)
        ;
    if (status == VN_OK && !more)
        status = vn_fail(err, VN_EFORMAT,
                         "%s: no cluster '%.64s', expected one of its "
                         "names or NODESxDEVICES",
                         path, name != NULL ? name : "");
    if (status != VN_OK
        || (status =
                vn_table_int(t, NODES, 1, VN_REFERENCE_NODES, &nodes, err))
        || (status = vn_table_int(t, PER_NODE, 1, VN_REFERENCE_DEVICES,
                                  &per_node, err))
        || (status = vn_table_real(t, INTERVAL, 1, 1e6, &c->interval_s, err))
        || (status =
                vn_table_real(t, INTERFERENCE, 0, 1, &c->interference, err))
        || (status = vn_table_real(t, RESTART, 0, 1e6, &c->restart_s, err)))
        goto out;
    c->ntypes = 1;
    c->types[0].name = "";
    if (!given) {
        c->types[0].nodes = (int) nodes;
        c->types[0].devices = (int) per_node;
    }
out:
    vn_table_close(t);
    return status;
}

/* Hold what was obtained against the artifact's own runs. */
static enum vn_status
compare(const struct vn_adaptive *a, const char *policy,
        struct vn_findings *findings, struct vn_error *err)
{
    const struct vn_request *r = a->request;
    char column[64], name[300];
    const char *shipped[] = {"job", column, NULL};
    struct vn_sheet *ours, *jobs;
    enum vn_status status;

    snprintf(column, sizeof column, "%.40s_jct_s", policy);
    ours = vn_sheet_alloc(shipped);
    for (int i = 0; i < a->config.njobs; i++) {
        const struct vn_reference_job *j = vn_reference_job(a->rounds, i);

        vn_sheet_cell(ours, "%s", j->wants.name);
        vn_sheet_cell(ours, "%.15g", j->finish_s - j->wants.submit_s);
    }
    snprintf(name, sizeof name, "expected_shipped/load_%.200s.csv", r->name);
    status = vn_sheet_compare(ours, vn_path(r->paths, r->data, name), 1e-6,
                              findings, err);
    vn_sheet_free(ours);
    jobs = vn_adaptive_jobs(a);
    snprintf(name, sizeof name, "expected_own/%.40s_%.200s.jobs.csv", policy,
             r->name);
    if (status == VN_OK)
        status = vn_sheet_compare(jobs, vn_path(r->paths, r->data, name), 1e-6,
                                  findings, err);
    vn_sheet_free(jobs);
    return status;
}

static void
show(const struct vn_adaptive *a, struct vn_findings *findings)
{
    static const struct vn_findings_column shown[] = {
        {"jobs", 0},     {"mean JCT, s", 4},  {"mean start, s", 4},
        {"restarts", 0}, {"device-hours", 2}, {"rounds", 0},
        {NULL, 0}};
    double start = 0, restarts = 0, attained = 0;

    for (int i = 0; i < a->config.njobs; i++) {
        const struct vn_reference_job *j = vn_reference_job(a->rounds, i);

        start += j->first_s - j->wants.submit_s;
        restarts += j->restarts;
        attained += j->attained_s;
    }
    vn_findings_table(findings, a->request->name, "policy", shown);
    vn_findings_row(findings, a->request->policy,
                    (double[]){a->config.njobs, vn_adaptive_mean_s(a),
                               start / a->config.njobs, restarts,
                               attained / 3600,
                               (double) vn_reference_count(a->rounds)});
    vn_findings_note(findings,
                     "Published (OSDI'21, abstract): Pollux' mean JCT is 37 "
                     "to 50 %% below that of");
    vn_findings_note(findings,
                     "schedulers whose jobs' batches and devices were tuned "
                     "beforehand.");
}

/* Several seeds; what is written of one run is written of none. */
static enum vn_status
run_seeds(struct vn_adaptive *a, int seeds, struct vn_seeds *found,
          struct vn_findings *findings, struct vn_error *err)
{
    const struct vn_request *r = a->request;
    char name[300], column[64];

    if (r->jobs != NULL || r->events != NULL || r->rounds != NULL)
        return vn_fail(err, VN_EUSAGE,
                       "--jobs, --events and --rounds are of one run, not of "
                       "seeds=%d",
                       seeds);
    snprintf(name, sizeof name, "expected_shipped/load_%.200s.csv", r->name);
    snprintf(column, sizeof column, "%.40s_jct_s", a->config.policy->name);
    return vn_adaptive_seeds(a, seeds, vn_path(r->paths, r->data, name),
                             column, found, findings, err);
}

/* One workload; *found where there are several seeds. */
static enum vn_status
run_workload(const struct vn_request *request, struct vn_seeds *found,
             struct vn_findings *findings, struct vn_error *err)
{
    struct vn_adaptive a = {0};
    double values[NOPTIONS];
    enum vn_status status;
    int policy;

    if ((status = vn_request_policy(request, names, &policy, err))
        || (status = vn_request_options(request, options, values, err))
        || (status = vn_adaptive_read(&a, request, err))
        || (status = read_cluster(vn_adaptive_path(request, "cluster.csv"),
                                  request->cluster, &a.config, err)))
        goto out;
    a.config.policy = policies[policy];
    a.config.limit_s = 1e9;
    a.config.seed = (uint64_t) values[SEED];
    if (values[SEEDS] > 1) {
        status = run_seeds(&a, (int) values[SEEDS], found, findings, err);
        goto out;
    }
    if ((status = vn_adaptive_run(&a, err)) != VN_OK)
        goto out;
    *found = (struct vn_seeds){vn_adaptive_mean_s(&a), NAN, NAN};
    show(&a, findings);
    if (request->first == INT64_MAX)
        status = compare(&a, a.config.policy->name, findings, err);
out:
    vn_adaptive_free(&a);
    return status;
}

/* What came of each of several workloads, and of all of them. */
static void
show_all(const char *const *workloads, const struct vn_seeds *found, int n,
         struct vn_findings *findings)
{
    static const struct vn_findings_column shown[] = {{"mean JCT, s", 1},
                                                      {"theirs, s", 1},
                                                      {"from theirs, %", 2},
                                                      {"log ratio, %", 2},
                                                      {NULL, 0}};
    double ratios[WORKLOADS];
    struct vn_interval all;

    vn_findings_table(findings, "all workloads", "workload", shown);
    for (int i = 0; i < n; i++) {
        ratios[i] = 100 * found[i].ratio;
        vn_findings_row(
            findings, workloads[i],
            (double[]){found[i].mean_s, found[i].theirs_s,
                       100 * (found[i].mean_s / found[i].theirs_s - 1),
                       ratios[i]});
    }
    all = vn_interval_mean(ratios, n, 0.95);
    if (!isnan(all.estimate))
        vn_findings_note(findings,
                         "The mean over %d workloads of log(ours / theirs), "
                         "theirs a single run each: "
                         "%+.2f %%, 95 %% [%+.2f, %+.2f].",
                         n, all.estimate, all.low, all.high);
}

/* One workload, or several with ',' between. */
static enum vn_status
run_pollux(const struct vn_request *request, struct vn_findings *findings,
           struct vn_error *err)
{
    char *list = vn_xstrdup(request->name), *rest = list, *name;
    const char *workloads[WORKLOADS];
    struct vn_seeds found[WORKLOADS];
    struct vn_request r = *request;
    enum vn_status status = VN_OK;
    int n = 0;

    while (status == VN_OK && (name = strsep(&rest, ",")) != NULL) {
        if (n == WORKLOADS)
            status = vn_fail(err, VN_EUSAGE,
                             "--workload: more than %d, expected fewer", n);
        else if (n > 0
                 && (r.jobs != NULL || r.events != NULL || r.rounds != NULL))
            status = vn_fail(err, VN_EUSAGE,
                             "--jobs, --events and --rounds are of one "
                             "workload, expected no ','");
        else {
            found[n] = (struct vn_seeds){NAN, NAN, NAN};
            r.name = workloads[n] = name;
            status = run_workload(&r, &found[n++], findings, err);
        }
    }
    if (status == VN_OK && n > 1)
        show_all(workloads, found, n, findings);
    free(list);
    return status;
}

const struct vn_experiment vn_experiment_pollux = {
    .name = "pollux",
    .summary = "jobs whose batch adapts, under Tiresias, Optimus and Pollux "
               "(OSDI'21)",
    .takes = VN_REQUEST_CASE | VN_REQUEST_BASE | VN_REQUEST_CLUSTER
             | VN_REQUEST_JOBS | VN_REQUEST_EVENTS | VN_REQUEST_ROUNDS
             | VN_REQUEST_FIRST | VN_REQUEST_OPTIONS,
    .run = run_pollux,
};
