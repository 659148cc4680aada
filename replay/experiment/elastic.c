/*
 * VirtualFlow's elasticity experiments (Or, Zhang and Freedman, arXiv
 * 2009.09523, section on elasticity): 3 jobs on 4 V100s and 20 jobs on 8,
 * under wfs and under priority.
 *
 * Each run is simulated twice.  "Own" step times and overheads come from the
 * run itself: the fitted model, scaled for each job so that the allocations it
 * had give the steps it did, and what each start and resize took.  What is
 * left is the error of everything else: policy, engine, rounding.  "Fitted"
 * step times come from the model that was fitted on 9-12_3jobs, 9-13_3jobs and
 * 9-14_20jobs_10jph (nodes.csv, links-*.csv), and overheads are means over all
 * runs: of the three its errors are in-sample, of the others out-of-sample.
 *
 * The logs hold the decisions that took effect, so of simulated ones those
 * that did not, since the job ended before, are left out too.
 */
#include "config.h"

#include "replay/experiment/elastic.h"

#include "base/xalloc.h"

#include <stdlib.h>

extern const struct vn_experiment vn_experiment_3jobs;
extern const struct vn_experiment vn_experiment_20jobs;

/* clang-format off */
static const struct vn_elastic_run runs_3jobs[] = {
    {"9-12_3jobs", "v100:4", "links-a.csv", "costs.csv", true, NULL},
    {"9-13_3jobs", "v100:4", "links-b.csv", "costs.csv", true, NULL},
    {"9-9_3jobs", "v100:4", "links-a.csv", "costs.csv", false, NULL},
    {NULL, NULL, NULL, NULL, false, NULL}};
static const struct vn_elastic_run runs_20jobs[] = {
    {"9-14-2_20jobs_12jph", "v100:8", "links-b.csv", "costs-20jobs.csv",
     false, "steps-9-14-2.csv"},
    {"9-14_20jobs_10jph", "v100:8", "links-b.csv", "costs-20jobs.csv", true,
     NULL},
    {"9-11_20jobs_8jph", "v100:8", "links-a.csv", "costs-20jobs.csv", false,
     NULL},
    {NULL, NULL, NULL, NULL, false, NULL}};
/* clang-format on */

static const char *const policies[] = {"wfs", "priority"};

enum {
    WFS,
    PRIORITY,
    NPOLICIES
};

static enum vn_status
read_costs(struct vn_elastic_lab *lab, const struct vn_elastic_run *run,
           struct vn_costs **costs, struct vn_error *err)
{
    return vn_costs_read(vn_path(lab->paths, lab->folder, run->costs), costs,
                         err);
}

/* A run whose jobs' times are not known, with the step times that are. */
static enum vn_status
simulate_known(struct vn_elastic_lab *lab, const struct vn_elastic_run *run,
               const char *policy, struct vn_elastic_outcome *o,
               struct vn_error *err)
{
    struct vn_profile profile = {0};
    const char *tables[] = {"nodes.csv", run->links, run->own};
    enum vn_status status = VN_OK;

    for (int i = 0; i < 3 && status == VN_OK; i++)
        status = vn_profile_read(vn_path(lab->paths, lab->folder, tables[i]),
                                 &profile, err);
    if (status == VN_OK)
        status = vn_elastic_simulate(lab, policy, &profile, lab->costs, false,
                                     o, err);
    vn_profile_free(&profile);
    return status;
}

static enum vn_status
try_policy(struct vn_elastic_lab *lab, const struct vn_elastic_run *run,
           const char *policy, struct vn_elastic_results *r,
           struct vn_error *err)
{
    struct vn_elastic_measured *m = vn_xcalloc(1, sizeof *m);
    struct vn_profile own = {0};
    struct vn_costs *own_costs = NULL;
    enum vn_status status;

    r->measured = run->own == NULL;
    if (!r->measured)
        status = simulate_known(lab, run, policy, &r->own, err);
    else {
        status = vn_elastic_read(lab, run, policy, m, err);
        r->m = m->outcome;
        if (status == VN_OK)
            status = read_costs(lab, run, &own_costs, err);
        if (status == VN_OK)
            status = vn_elastic_own(lab, m, &own, own_costs, err);
        if (status == VN_OK)
            status = vn_elastic_simulate(lab, policy, &own, own_costs, true,
                                         &r->own, err);
    }
    if (status == VN_OK)
        status = vn_elastic_simulate(lab, policy, &lab->profile, lab->costs,
                                     false, &r->fitted, err);
    if (status != VN_OK)
        goto out;
    if (r->measured)
        vn_elastic_summarise(lab, &r->m, r->q[0]);
    vn_elastic_summarise(lab, &r->own, r->q[1]);
    vn_elastic_summarise(lab, &r->fitted, r->q[2]);
    vn_elastic_show_run(lab, run, policy, r);
    vn_elastic_show_jobs(lab, run, policy, r);
out:
    vn_profile_free(&own);
    vn_costs_free(own_costs);
    free(m);
    return status;
}

static void
close_run(struct vn_elastic_lab *lab)
{
    vn_workload_free(&lab->workload);
    vn_trace_data_free(&lab->trace);
    vn_cluster_free(&lab->cluster);
    vn_profile_free(&lab->profile);
    vn_costs_free(lab->costs);
    lab->costs = NULL;
}

static enum vn_status
try_run(struct vn_elastic_lab *lab, const struct vn_elastic_run *run,
        const struct vn_elastic_claim *claims, struct vn_error *err)
{
    static const struct vn_elastic_claim none[] = {{0, 0}};
    struct vn_elastic_results *r = vn_xcalloc(NPOLICIES, sizeof *r);
    char trace[64];
    enum vn_status status;

    snprintf(trace, sizeof trace, "%s.csv", run->name);
    if ((status = vn_cluster_read(run->cluster, &lab->cluster, err)) == VN_OK
        && (status = vn_trace_data_read(
                vn_path(lab->paths, lab->folder, trace), &lab->trace, err))
               == VN_OK
        && (status =
                vn_profile_read(vn_path(lab->paths, lab->folder, "nodes.csv"),
                                &lab->profile, err))
               == VN_OK
        && (status =
                vn_profile_read(vn_path(lab->paths, lab->folder, run->links),
                                &lab->profile, err))
               == VN_OK
        && (status = read_costs(lab, run, &lab->costs, err)) == VN_OK) {
        vn_workload_cut(&lab->trace, 0, 1, &lab->workload);
        for (int p = 0; p < NPOLICIES && status == VN_OK; p++)
            status = try_policy(lab, run, policies[p], &r[p], err);
    }
    if (status == VN_OK)
        vn_elastic_show_gains(lab, run, &r[WFS], &r[PRIORITY],
                              claims != NULL ? claims : none);
    close_run(lab);
    free(r);
    return status;
}

static enum vn_status
elastic(const struct vn_request *request, const struct vn_elastic_run *runs,
        const struct vn_elastic_claim *claims, struct vn_findings *findings,
        struct vn_error *err)
{
    struct vn_elastic_lab lab = {.findings = findings,
                                 .paths = request->paths};
    enum vn_status status = VN_OK;

    lab.folder = vn_path(lab.paths, request->data, "virtualflow");
    /* The first is the published one. */
    for (int i = 0; runs[i].name != NULL && status == VN_OK; i++)
        status = try_run(&lab, &runs[i], i == 0 ? claims : NULL, err);
    return status;
}

static enum vn_status
run_3jobs(const struct vn_request *request, struct vn_findings *findings,
          struct vn_error *err)
{
    static const struct vn_elastic_claim claims[] = {
        {VN_ELASTIC_MAKESPAN, -38.4},
        {VN_ELASTIC_TOP_JCT, -44.9},
        {VN_ELASTIC_UTILISATION, 99.8 - 85.7},
        {0, 0}};

    return elastic(request, runs_3jobs, claims, findings, err);
}

static enum vn_status
run_20jobs(const struct vn_request *request, struct vn_findings *findings,
           struct vn_error *err)
{
    static const struct vn_elastic_claim claims[] = {
        {VN_ELASTIC_MAKESPAN, -45.6},
        {VN_ELASTIC_MEDIAN_JCT, -47.4},
        {VN_ELASTIC_MEDIAN_QUEUE, -99.3},
        {VN_ELASTIC_UTILISATION, 97.9 - 71.9},
        {0, 0}};

    return elastic(request, runs_20jobs, claims, findings, err);
}

const struct vn_experiment vn_experiment_3jobs = {
    .name = "virtualflow-3jobs",
    .summary = "elasticity: 3 jobs on 4 V100s, wfs against priority",
    .run = run_3jobs,
};

const struct vn_experiment vn_experiment_20jobs = {
    .name = "virtualflow-20jobs",
    .summary = "elasticity: 20 jobs on 8 V100s, wfs against priority",
    .run = run_20jobs,
};
