/*
 * PCS' simulator (OSDI 2024), in which its authors compare schedulers.
 *
 * A job is service, in seconds on one device, a demand, and a curve of
 * speeds; devices have no place, changes cost nothing, and some rules give
 * parts of devices.  At each arrival and each end (an end first, of two the
 * lower id's) the rule divides the devices anew.  Times are whole
 * microseconds, to which each expected end is rounded, half to even.
 *
 *     data/CASE/workload.csv  job_id,submit_s,service_s,demand,model
 *     data/speedups.csv       model,gpus,speedup
 *
 * A case's name says the devices (g16) and whether speed is linear or the
 * models'.  A job sees how many jobs are present when it comes, itself among
 * them, and again after each event, its own arrival included; the mean of
 * what it saw is in its finish-time fairness
 *
 *     rho = jct / (service / min(devices / mean, demand)).
 */
#include "config.h"

#include "replay/experiment/experiment.h"
#include "replay/experiment/sheet.h"

#include "base/number.h"
#include "base/table.h"
#include "base/xalloc.h"
#include "plan/cluster.h"
#include "sim/policy/share/division.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

extern const struct vn_experiment vn_experiment_pcs;

enum rule {
    FIFO,
    SRTF,
    SRSF,
    LAS,
    FAIR,
    AFS,
    THEMIS,
    RULES
};

static const char *const rules[] = {
    [FIFO] = "fifo", [SRTF] = "srtf", [SRSF] = "srsf",     [LAS] = "las",
    [FAIR] = "fair", [AFS] = "afs",   [THEMIS] = "themis", NULL};

enum {
    EVERY_DEFAULT_S = 600, /* of themis */
    DEMAND_MAX = 1 << 20,
    NEVER_STARTED = -1
};

struct job {
    struct vn_claim claim;
    int64_t id;
    vn_time submit;
    vn_time start; /* or NEVER_STARTED */
    vn_time end;   /* expected, then true; VN_TIME_MAX while it has nothing */
    double seen;   /* the sum of the numbers of jobs present, */
    int64_t times; /* and how many numbers */
    double *speed; /* claim.speed; NULL for linear */
    double key;
};

struct lab {
    const struct vn_request *request;
    enum rule rule;
    vn_time every; /* themis divides anew, after each event; 0: never */
    int devices;
    bool linear;
    struct job *jobs;
    int njobs;

    vn_time now;
    struct vn_claim **present; /* of jobs, which they begin */
    int npresent;
};

static struct job *
job_of(struct vn_claim *claim)
{
    return (struct job *) claim;
}

/* The rule and, of themis, its interval: "themis600" is every 600 s. */
static enum vn_status
read_rule(struct lab *lab, struct vn_error *err)
{
    const struct vn_request *r = lab->request;
    static const struct vn_policy_option options[] = {
        {"every", "themis divides anew so long after an event, s; 0: not",
         "600", VN_OPTION_TIME, 0, 1e9, NULL},
        {NULL, NULL, NULL, VN_OPTION_REAL, 0, 0, NULL}};
    double every;
    enum vn_status status = vn_request_options(r, options, &every, err);
    const char *digits = r->policy + strlen(rules[THEMIS]);
    char why[VN_WHY_SIZE];
    vn_time named;
    int rule;

    if (status != VN_OK)
        return status;
    lab->every = (vn_time) every;
    if (strncmp(r->policy, rules[THEMIS], strlen(rules[THEMIS])) == 0
        && vn_read_time(digits, 0, 1000000000 * VN_SECOND, &named, why)
               == NULL) {
        lab->every = named;
        lab->rule = THEMIS;
        return VN_OK;
    }
    status = vn_request_policy(r, rules, &rule, err);
    lab->rule = (enum rule) rule;
    return status;
}

static enum vn_status
read_cluster(struct lab *lab, struct vn_error *err)
{
    const struct vn_request *r = lab->request;
    struct vn_cluster cluster = {0};
    int64_t devices = vn_request_number(r, "g");
    enum vn_status status;

    lab->linear = vn_request_part(r, "linear");
    if (r->cluster != NULL) {
        status = vn_cluster_read(r->cluster, &cluster, err);
        lab->devices = cluster.devices;
        vn_cluster_free(&cluster);
        return status;
    }
    if (devices < 1 || devices > VN_DEVICES_MAX)
        return vn_fail(err, VN_EUSAGE,
                       "--case: '%.64s' does not say how many devices, "
                       "expected a part like g16, or --cluster",
                       r->name);
    lab->devices = (int) devices;
    return VN_OK;
}

enum {
    ID,
    SUBMIT,
    SERVICE,
    DEMAND,
    MODEL,
    NCOLUMNS
};

static const struct vn_column columns[] = {[ID] = {"job_id", true},
                                           [SUBMIT] = {"submit_s", true},
                                           [SERVICE] = {"service_s", true},
                                           [DEMAND] = {"demand", true},
                                           [MODEL] = {"model", true}};

/* The speeds of the models, as they stand in the table. */
struct speeds {
    struct speed {
        char *model;
        int devices;
        double speed;
    } * rows;
    int nrows;
};

static void
free_speeds(struct speeds *speeds)
{
    for (int i = 0; i < speeds->nrows; i++)
        free(speeds->rows[i].model);
    free(speeds->rows);
}

static enum vn_status
read_speeds(const char *path, struct speeds *speeds, struct vn_error *err)
{
    static const struct vn_column names[] = {
        {"model", true}, {"gpus", true}, {"speedup", true}};
    struct vn_table_form form = {.columns = names, .ncolumns = 3};
    struct vn_table *t = NULL;
    enum vn_status status = vn_table_open(path, &form, &t, err);
    bool more;

    while (status == VN_OK && (status = vn_table_next(t, &more, err)) == VN_OK
           && more) {
        struct speed *row;
        int64_t devices;

        speeds->rows = vn_xrealloc(speeds->rows, (size_t) speeds->nrows + 1,
                                   sizeof *speeds->rows);
        row = &speeds->rows[speeds->nrows];
        if ((status = vn_table_int(t, 1, 1, DEMAND_MAX, &devices, err))
            || (status = vn_table_real(t, 2, 1e-9, 1e9, &row->speed, err)))
            break;
        row->devices = (int) devices;
        row->model = vn_xstrdup(vn_table_text(t, 0));
        speeds->nrows++;
    }
    vn_table_close(t);
    return status;
}

/* The job's speeds on 0 to its demand of devices. */
static enum vn_status
find_speeds(struct vn_table *t, const struct speeds *speeds, struct job *job,
            struct vn_error *err)
{
    const char *model = vn_table_text(t, MODEL);
    int demand = job->claim.demand;

    job->speed = vn_xcalloc((size_t) demand + 1, sizeof *job->speed);
    job->claim.speed = job->speed;
    for (int i = 0; i < speeds->nrows; i++)
        if (speeds->rows[i].devices <= demand
            && strcmp(speeds->rows[i].model, model) == 0)
            job->speed[speeds->rows[i].devices] = speeds->rows[i].speed;
    for (int k = 1; k <= demand; k++)
        if (job->speed[k] == 0)
            return vn_table_fail(t, MODEL, err,
                                 "speedups.csv has no '%.64s' on %d devices",
                                 model, k);
    return VN_OK;
}

static enum vn_status
read_job(struct lab *lab, struct vn_table *t, const struct speeds *speeds,
         struct vn_error *err)
{
    struct job *job;
    enum vn_status status;
    int64_t demand;

    lab->jobs =
        vn_xrealloc(lab->jobs, (size_t) lab->njobs + 1, sizeof *lab->jobs);
    job = &lab->jobs[lab->njobs++];
    *job = (struct job){.start = NEVER_STARTED, .end = VN_TIME_MAX};
    if ((status = vn_table_int(t, ID, 0, INT64_MAX, &job->id, err))
        || (status =
                vn_table_time(t, SUBMIT, 0, VN_TIME_MAX, &job->submit, err))
        || (status =
                vn_table_real(t, SERVICE, 1e-6, 1e9, &job->claim.service, err))
        || (status = vn_table_int(t, DEMAND, 1, DEMAND_MAX, &demand, err)))
        return status;
    job->claim.left = job->claim.service;
    job->claim.demand = (int) demand;
    return lab->linear ? VN_OK : find_speeds(t, speeds, job, err);
}

static int
by_submission(const void *a, const void *b)
{
    const struct job *x = a, *y = b;

    if (x->submit != y->submit)
        return x->submit < y->submit ? -1 : 1;
    return (x->id > y->id) - (x->id < y->id);
}

static enum vn_status
read_jobs(struct lab *lab, struct vn_error *err)
{
    const struct vn_request *r = lab->request;
    const char *folder = vn_path(r->paths, r->data, r->name);
    struct vn_table_form form = {.columns = columns, .ncolumns = NCOLUMNS};
    struct speeds speeds = {0};
    struct vn_table *t = NULL;
    enum vn_status status = VN_OK;
    bool more;

    if (!lab->linear)
        status = read_speeds(vn_path(r->paths, r->data, "speedups.csv"),
                             &speeds, err);
    if (status == VN_OK)
        status = vn_table_open(vn_path(r->paths, folder, "workload.csv"),
                               &form, &t, err);
    while (status == VN_OK && lab->njobs < r->first
           && (status = vn_table_next(t, &more, err)) == VN_OK && more)
        status = read_job(lab, t, &speeds, err);
    vn_table_close(t);
    free_speeds(&speeds);
    if (lab->njobs > 0)
        qsort(lab->jobs, (size_t) lab->njobs, sizeof *lab->jobs,
              by_submission);
    lab->present = vn_xcalloc((size_t) lab->njobs + 1, sizeof *lab->present);
    return status;
}

/* Seconds, as Python makes a difference of times of them. */
static vn_time
round_s(double s)
{
    double whole, part = modf(s, &whole);

    return (vn_time) whole * VN_SECOND + (vn_time) rint(part * 1e6);
}

static double
key(const struct lab *lab, const struct vn_claim *c)
{
    switch (lab->rule) {
    case SRTF:
        return c->left / vn_claim_speed(c, c->demand);
    case SRSF:
        return c->demand * c->left / vn_claim_speed(c, c->demand);
    case LAS:
        return c->service - c->left;
    default:
        return 0;
    }
}

/* A stable sort of a list that is nearly in order. */
static void
sort(struct lab *lab)
{
    for (int i = 0; i < lab->npresent; i++) {
        struct vn_claim *claim = lab->present[i];
        double mine = key(lab, claim);
        int at = i;

        for (; at > 0 && job_of(lab->present[at - 1])->key > mine; at--)
            lab->present[at] = lab->present[at - 1];
        lab->present[at] = claim;
        job_of(claim)->key = mine;
    }
}

static void
divide(struct lab *lab)
{
    for (int i = 0; i < lab->npresent; i++) {
        struct job *job = job_of(lab->present[i]);

        job->claim.age = (double) (lab->now - job->submit) * 1e-6;
        job->claim.present = job->seen / (double) job->times;
    }
    switch (lab->rule) {
    case FAIR:
        vn_divide_fair(lab->present, lab->npresent, lab->devices);
        break;
    case AFS:
        vn_divide_afs(lab->present, lab->npresent, lab->devices);
        break;
    case THEMIS:
        vn_divide_themis(lab->present, lab->npresent, lab->devices);
        break;
    default:
        sort(lab);
        vn_divide_in_order(lab->present, lab->npresent, lab->devices);
    }
}

/* Work is done until this time. */
static void
advance(struct lab *lab, vn_time now)
{
    double s = (double) (now - lab->now) / 1e6;

    for (int i = 0; i < lab->npresent; i++) {
        struct vn_claim *claim = lab->present[i];

        claim->left -= vn_claim_speed(claim, claim->devices) * s;
    }
    lab->now = now;
}

static void
see(const struct lab *lab, struct job *job)
{
    job->seen += lab->npresent;
    job->times++;
}

/* What follows an event: the division, and when each then ends. */
static void
settle(struct lab *lab)
{
    divide(lab);
    for (int i = 0; i < lab->npresent; i++) {
        struct job *job = job_of(lab->present[i]);
        double speed = vn_claim_speed(&job->claim, job->claim.devices);

        see(lab, job);
        if (speed == 0) {
            job->end = VN_TIME_MAX;
            continue;
        }
        if (job->start == NEVER_STARTED)
            job->start = lab->now;
        job->end = lab->now + round_s(job->claim.left / speed);
    }
}

/* The place of the job that ends first, -1 while none is to. */
static int
first_end(const struct lab *lab)
{
    struct job *first = NULL;
    int at = -1;

    for (int i = 0; i < lab->npresent; i++) {
        struct job *job = job_of(lab->present[i]);

        if (job->end < VN_TIME_MAX
            && (first == NULL || job->end < first->end
                || (job->end == first->end && job->id < first->id))) {
            first = job;
            at = i;
        }
    }
    return at;
}

static void
simulate(struct lab *lab)
{
    vn_time tick = VN_TIME_MAX;

    for (int next = 0; next < lab->njobs || lab->npresent > 0;) {
        int ending = first_end(lab);
        vn_time end =
            ending < 0 ? VN_TIME_MAX : job_of(lab->present[ending])->end;
        vn_time arrival =
            next < lab->njobs ? lab->jobs[next].submit : VN_TIME_MAX;

        if (end <= arrival && end <= tick) {
            advance(lab, end);
            lab->npresent--;
            memmove(&lab->present[ending], &lab->present[ending + 1],
                    (size_t) (lab->npresent - ending) * sizeof *lab->present);
        } else if (arrival <= tick) {
            advance(lab, arrival);
            lab->present[lab->npresent++] = &lab->jobs[next].claim;
            see(lab, &lab->jobs[next++]);
        } else {
            advance(lab, tick);
        }
        settle(lab);
        tick = lab->rule == THEMIS && lab->every > 0 && lab->npresent > 0
                   ? lab->now + lab->every
                   : VN_TIME_MAX;
    }
}

static int
by_id(const void *a, const void *b)
{
    const struct job *x = a, *y = b;

    return (x->id > y->id) - (x->id < y->id);
}

static enum vn_status
report(struct lab *lab, struct vn_findings *findings, struct vn_error *err)
{
    static const char *const names[] = {
        "job_id", "submit_s",       "start_s", "finish_s",
        "jct_s",  "apps_seen_mean", "rho",     NULL};
    const struct vn_request *r = lab->request;
    struct vn_sheet *sheet = vn_sheet_alloc(names);
    enum vn_status status;

    if (lab->njobs > 0)
        qsort(lab->jobs, (size_t) lab->njobs, sizeof *lab->jobs, by_id);
    for (int i = 0; i < lab->njobs; i++) {
        const struct job *job = &lab->jobs[i];
        double mean = job->seen / (double) job->times;
        double jct = (double) (job->end - job->submit) / 1e6;
        double alone =
            job->claim.service / fmin(lab->devices / mean, job->claim.demand);

        vn_sheet_cell(sheet, "%" PRId64, job->id);
        vn_sheet_cell(sheet, "%.6f", (double) job->submit / 1e6);
        vn_sheet_cell(sheet, "%.6f", (double) job->start / 1e6);
        vn_sheet_cell(sheet, "%.6f", (double) job->end / 1e6);
        vn_sheet_cell(sheet, "%.6f", jct);
        vn_sheet_cell(sheet, "%.9g", mean);
        vn_sheet_cell(sheet, "%.9g", jct / alone);
    }
    status = vn_sheet_write(sheet, r->jobs, err);
    if (status == VN_OK)
        status = vn_sheet_compare_case(sheet, r, 1e-6, findings, err);
    vn_sheet_free(sheet);
    return status;
}

static enum vn_status
run(const struct vn_request *request, struct vn_findings *findings,
    struct vn_error *err)
{
    struct lab lab = {.request = request};
    enum vn_status status;

    if ((status = read_rule(&lab, err)) == VN_OK
        && (status = read_cluster(&lab, err)) == VN_OK
        && (status = read_jobs(&lab, err)) == VN_OK) {
        simulate(&lab);
        status = report(&lab, findings, err);
    }
    for (int i = 0; i < lab.njobs; i++)
        free(lab.jobs[i].speed);
    free(lab.jobs);
    free(lab.present);
    return status;
}

const struct vn_experiment vn_experiment_pcs = {
    .name = "pcs",
    .summary = "PCS' simulator: afs, themis, fair, fifo, srtf, srsf, las",
    .takes = VN_REQUEST_CASE | VN_REQUEST_CLUSTER | VN_REQUEST_OPTIONS
             | VN_REQUEST_JOBS | VN_REQUEST_FIRST,
    .run = run,
};
