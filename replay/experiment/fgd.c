/*
 * Placement of jobs that share devices: the cases of the simulator of
 * "Beware of Fragmentation: Scheduling GPU-Sharing Workloads with
 * Fragmentation Gradient Descent" (USENIX ATC 2023), and the whole of openb.
 *
 * Pods come one after another and never leave; one that fits nowhere is
 * dropped, and counts as arrived.
 *
 * fgd: a folder CASE with nodes.csv and pods.csv, in which both orders are
 * fixed; node and devices of each pod, and the curve of what is used as load
 * arrives.
 *
 * openb: the lists of hosts and pods as they were published.  A shuffle puts
 * both in an order of its own and appends clones of pods drawn at random,
 * until the devices that they ask for are `tune` times those there are.
 */
#include "config.h"

#include "replay/experiment/allocation.h"
#include "replay/experiment/experiment.h"
#include "replay/experiment/openb.h"
#include "replay/experiment/sheet.h"

#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

extern const struct vn_experiment vn_experiment_fgd;

/* The published names, and the rules that they are. */
static const struct {
    const char *name;
    const char *score;
} policies[] = {{"Random", "random"},
                {"DotProd", "dot-prod"},
                {"GpuClustering", "gpu-clustering"},
                {"GpuPacking", "gpu-packing"},
                {"BestFit", "best-fit"},
                {"FGD", "fgd"}};

static const char *const job_columns[] = {"order", "pod", "node", "gpu_index",
                                          NULL};
static const char *const curve_columns[] = {
    "after_pod", "arrived_gpu_milli", "used_gpu_milli",       "used_nodes",
    "used_gpus", "frag_gpu_milli",    "frag_percent_of_idle", "q124_percent",
    NULL};

/* A case as it runs. */
struct run {
    const struct vn_openb *openb;
    struct vn_sheet *jobs;
    struct vn_sheet *curve;
    double arrived, used; /* the last, thousandths */
    double used_at_full;  /* once as much arrived as there is, or NAN */
    double fragmented;    /* the last F, thousandths */
    int placed;
};

/* "0-1-2"; "" where there are none. */
static void
put_devices(struct vn_sheet *sheet, const int *devices, int n)
{
    char text[VN_HOST_DEVICES * 4] = "";
    size_t length = 0;

    for (int i = 0; i < n; i++)
        length += (size_t) snprintf(text + length, sizeof text - length,
                                    i > 0 ? "-%d" : "%d", devices[i]);
    vn_sheet_cell(sheet, "%s", text);
}

static void
tell(void *arg, const struct vn_allocation *a)
{
    struct run *run = arg;
    const struct vn_openb *o = run->openb;
    double all = (double) o->devices * VN_MILLI;
    double idle = all - (double) a->used_milli;
    double f = vn_fragmentation(a->parts);
    double q124 = a->parts[VN_FRAGMENT_LACKS_BOTH]
                  + a->parts[VN_FRAGMENT_LACKS_DEVICE]
                  + a->parts[VN_FRAGMENT_LACKS_CPU];

    vn_sheet_cell(run->jobs, "%d", a->job);
    vn_sheet_cell(run->jobs, "%s", o->pod_names[a->job]);
    vn_sheet_cell(run->jobs, "%s", a->host >= 0 ? o->host_names[a->host] : "");
    put_devices(run->jobs, a->devices,
                a->host >= 0 ? o->asks[a->job].devices : 0);
    vn_sheet_cell(run->curve, "%d", a->job);
    vn_sheet_cell(run->curve, "%lld", (long long) a->arrived_milli);
    vn_sheet_cell(run->curve, "%lld", (long long) a->used_milli);
    vn_sheet_cell(run->curve, "%d", a->used_hosts);
    vn_sheet_cell(run->curve, "%lld", (long long) a->used_devices);
    vn_sheet_cell(run->curve, "%.2f", f);
    if (idle > 0) {
        vn_sheet_cell(run->curve, "%.2f", 100 * f / idle);
        vn_sheet_cell(run->curve, "%.2f", 100 * q124 / idle);
    } else {
        vn_sheet_cell(run->curve, "%s", "");
        vn_sheet_cell(run->curve, "%s", "");
    }
    run->placed += a->host >= 0;
    run->arrived = (double) a->arrived_milli;
    run->used = (double) a->used_milli;
    run->fragmented = f;
    if (isnan(run->used_at_full) && run->arrived >= all)
        run->used_at_full = run->used;
}

static void
show(const struct vn_request *r, const struct run *run,
     struct vn_findings *findings)
{
    static const struct vn_findings_column columns[] = {
        {"placed", 0},
        {"of", 0},
        {"arrived (%)", 2},
        {"allocated at 100 % (%)", 2},
        {"at the end (%)", 2},
        {"fragmented of idle (%)", 2},
        {NULL, 0}};
    double all = (double) run->openb->devices * VN_MILLI;

    vn_findings_table(findings, "Pods, and devices allocated", "policy",
                      columns);
    vn_findings_row(
        findings, r->policy,
        (double[]){run->placed, run->openb->npods, 100 * run->arrived / all,
                   100 * run->used_at_full / all, 100 * run->used / all,
                   run->used < all ? 100 * run->fragmented / (all - run->used)
                                   : NAN});
}

static enum vn_status
find_score(const char *policy, const struct vn_score **score,
           struct vn_error *err)
{
    const char *names[sizeof policies / sizeof *policies + 1] = {NULL};
    const struct vn_request likewise = {.policy = policy};
    enum vn_status status;
    int i;

    for (size_t p = 0; p < sizeof policies / sizeof *policies; p++)
        names[p] = policies[p].name;
    if ((status = vn_request_policy(&likewise, names, &i, err)))
        return status;
    return vn_score_find(policies[i].score, score, err);
}

static enum vn_status
run_case(const struct vn_request *r, const char *folder,
         const struct vn_score *score, const struct vn_openb *openb,
         struct vn_findings *findings, struct vn_error *err)
{
    struct vn_outlook outlook = {openb->usual, openb->nusual};
    struct run run = {.openb = openb,
                      .jobs = vn_sheet_alloc(job_columns),
                      .curve = vn_sheet_alloc(curve_columns),
                      .used_at_full = NAN};
    char name[64];
    enum vn_status status;

    vn_allocate(score, openb->hosts, openb->nhosts, &outlook, 42, openb->asks,
                NULL, openb->npods, tell, &run);
    show(r, &run, findings);
    snprintf(name, sizeof name, "placement_%.40s.csv", r->policy);
    if ((status = vn_sheet_write(run.jobs, r->jobs, err)) == VN_OK
        && (status = vn_sheet_write(run.curve, r->curve, err)) == VN_OK
        && (status = vn_sheet_compare(
                run.jobs, vn_path(r->paths, folder, name), 0, findings, err))
               == VN_OK) {
        snprintf(name, sizeof name, "curve_%.40s.csv", r->policy);
        status = vn_sheet_compare(run.curve, vn_path(r->paths, folder, name),
                                  0.011, findings, err);
    }
    vn_sheet_free(run.jobs);
    vn_sheet_free(run.curve);
    return status;
}

static enum vn_status
run_fgd(const struct vn_request *r, struct vn_findings *findings,
        struct vn_error *err)
{
    const char *folder = vn_path(r->paths, r->data, r->name);
    const struct vn_score *score;
    struct vn_openb openb = {0};
    enum vn_status status;

    if ((status = find_score(r->policy, &score, err)) == VN_OK
        && (status = vn_openb_read(vn_path(r->paths, folder, "nodes.csv"),
                                   vn_path(r->paths, folder, "pods.csv"),
                                   &openb, err))
               == VN_OK)
        status = run_case(r, folder, score, &openb, findings, err);
    vn_openb_free(&openb);
    return status;
}

const struct vn_experiment vn_experiment_fgd = {
    .name = "fgd",
    .summary = "placements of the simulator of FGD, pod by pod",
    .takes = VN_REQUEST_CASE | VN_REQUEST_JOBS | VN_REQUEST_CURVE,
    .run = run_fgd,
};
