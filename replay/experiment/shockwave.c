/*
 * Shockwave's fork of Gavel's simulator: rounds of 120 s on devices of one
 * type, under Gandiva-Fair's equal parts or the most throughput.
 *
 *     data/CASE/workload.csv  job_id,job_type,total_steps,gpus,submit_s,mode,
 *                             duration_s
 *
 * The published jobs change their batch on the way, and with it how fast they
 * go; the table has no more than how long each took alone, so here a job goes
 * at its mean rate throughout.  That gives orders of rounds and agreement,
 * not equality.
 *
 * Shares of time are dealt out when jobs came or went, but not before `pause`
 * seconds have passed since the last time, unless nobody has any; a newcomer
 * has none before.  In a round whoever is owed most goes first: his share over
 * the part that he received of all time since shares were dealt, where each
 * begins with half a round; of equals the one that has fallen behind more.  A
 * job does the whole steps that fit into a round, and the next round begins
 * when the last job of this one is done.
 */
#include "config.h"

#include "replay/experiment/experiment.h"
#include "replay/experiment/sheet.h"

#include "base/number.h"
#include "base/table.h"
#include "base/xalloc.h"
#include "plan/cluster.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

extern const struct vn_experiment vn_experiment_shockwave;

enum policy {
    GANDIVA_FAIR,
    MAX_SUM_THROUGHPUT
};

static const char *const policies[] = {[GANDIVA_FAIR] = "gandiva_fair",
                                       [MAX_SUM_THROUGHPUT] =
                                           "max_sum_throughput",
                                       NULL};

struct job {
    int64_t id;
    double submit;
    double finish; /* NAN before */
    double left;   /* steps */
    double rate;   /* steps a second */
    int devices;
    double share; /* 0: none yet */
    double received;
    double behind; /* time owed and not received, up to the last dealing */
    double priority;
};

struct lab {
    const struct vn_request *request;
    enum policy policy;
    int devices;
    double length;
    double pause;
    struct job *jobs; /* in order of submission */
    int njobs;
    int *line; /* those that are there, by priority */
    int nline;
    bool changed;
    double now;
    double dealt; /* when shares were; -INFINITY */
    struct vn_sheet *rounds;
};

enum {
    OPTION_ROUND,
    OPTION_PAUSE,
    OPTIONS
};

static const struct vn_policy_option options[] = {
    [OPTION_ROUND] = {"round", "length of a round, s", "120", VN_OPTION_REAL,
                      1e-3, 1e9, NULL},
    [OPTION_PAUSE] = {"pause", "between two dealings of shares at least, s",
                      "1000", VN_OPTION_REAL, 0, 1e9, NULL},
    {NULL, NULL, NULL, VN_OPTION_REAL, 0, 0, NULL}};

static enum vn_status
read_job(struct lab *lab, struct vn_table *t, struct vn_error *err)
{
    struct job *job;
    double duration;
    int64_t devices;
    enum vn_status status;

    lab->jobs =
        vn_xrealloc(lab->jobs, (size_t) lab->njobs + 1, sizeof *lab->jobs);
    job = &lab->jobs[lab->njobs++];
    *job = (struct job){.finish = NAN};
    if ((status = vn_table_int(t, 0, 0, INT64_MAX, &job->id, err))
        || (status = vn_table_real(t, 1, 1, 1e15, &job->left, err))
        || (status = vn_table_int(t, 2, 1, lab->devices, &devices, err))
        || (status = vn_table_real(t, 3, 0, 1e12, &job->submit, err))
        || (status = vn_table_real(t, 4, 1e-3, 1e12, &duration, err)))
        return status;
    job->devices = (int) devices;
    job->rate = job->left / duration;
    if (job->rate * lab->length < 1)
        return vn_table_fail(t, 1, err,
                             "no step of the job fits into a round of %g s",
                             lab->length);
    return VN_OK;
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
    static const struct vn_column columns[] = {{"job_id", true},
                                               {"total_steps", true},
                                               {"gpus", true},
                                               {"submit_s", true},
                                               {"duration_s", true}};
    struct vn_table_form form = {.columns = columns, .ncolumns = 5};
    const struct vn_request *r = lab->request;
    const char *folder = vn_path(r->paths, r->data, r->name);
    struct vn_table *t = NULL;
    enum vn_status status = vn_table_open(
        vn_path(r->paths, folder, "workload.csv"), &form, &t, err);
    bool more;

    while (status == VN_OK && lab->njobs < r->first
           && (status = vn_table_next(t, &more, err)) == VN_OK && more)
        status = read_job(lab, t, err);
    vn_table_close(t);
    if (lab->njobs > 0)
        qsort(lab->jobs, (size_t) lab->njobs, sizeof *lab->jobs,
              by_submission);
    lab->line = vn_xcalloc((size_t) lab->njobs + 1, sizeof *lab->line);
    return status;
}

static enum vn_status
read_cluster(struct lab *lab, struct vn_error *err)
{
    struct vn_cluster cluster = {0};
    enum vn_status status;

    lab->devices = 32;
    if (lab->request->cluster == NULL)
        return VN_OK;
    status = vn_cluster_read(lab->request->cluster, &cluster, err);
    lab->devices = cluster.devices;
    vn_cluster_free(&cluster);
    return status;
}

/* Of all that are there, by steps a second and device, what fits. */
static void
share_most(struct lab *lab)
{
    double left = lab->devices;

    for (int i = 1; i < lab->nline; i++) {
        int number = lab->line[i], at = i;
        const struct job *job = &lab->jobs[number];

        for (; at > 0; at--) {
            const struct job *other = &lab->jobs[lab->line[at - 1]];

            if (other->rate / other->devices >= job->rate / job->devices)
                break;
            lab->line[at] = lab->line[at - 1];
        }
        lab->line[at] = number;
    }
    for (int i = 0; i < lab->nline; i++) {
        struct job *job = &lab->jobs[lab->line[i]];

        job->share = fmin(1, left / job->devices);
        left -= job->share * job->devices;
    }
}

/* Deal shares out, if it is time to. */
static void
deal(struct lab *lab)
{
    double passed = lab->now - lab->dealt;
    bool any = false;

    for (int i = 0; i < lab->nline; i++)
        any = any || lab->jobs[lab->line[i]].share > 0;
    /* One at time 0 is not counted as one. */
    if (!lab->changed || (any && lab->dealt > 0 && passed < lab->pause))
        return;
    for (int i = 0; i < lab->nline; i++) {
        struct job *job = &lab->jobs[lab->line[i]];

        if (job->share > 0)
            job->behind +=
                job->share * passed - (job->received - lab->length / 2);
        job->share = fmin(1, (double) lab->devices / lab->nline);
        job->received = lab->length / 2;
    }
    if (lab->policy == MAX_SUM_THROUGHPUT)
        share_most(lab);
    lab->dealt = lab->now;
    lab->changed = false;
}

/* Put them in order of what they are owed; ties as they were. */
static void
order(struct lab *lab)
{
    double all = 0;

    for (int i = 0; i < lab->nline; i++)
        all += lab->jobs[lab->line[i]].received;
    for (int i = 0; i < lab->nline; i++) {
        int number = lab->line[i], at = i;
        struct job *job = &lab->jobs[number];

        job->priority =
            job->share > 0 ? job->share / (job->received / all) : 0;
        for (; at > 0; at--) {
            const struct job *other = &lab->jobs[lab->line[at - 1]];

            if (other->priority > job->priority
                || (other->priority == job->priority
                    && other->behind >= job->behind))
                break;
            lab->line[at] = lab->line[at - 1];
        }
        lab->line[at] = number;
    }
}

/* Run one round. */
static void
go_round(struct lab *lab, int64_t round)
{
    int left = lab->devices, kept = 0;
    double end = lab->now;

    for (int i = 0; i < lab->nline; i++) {
        struct job *job = &lab->jobs[lab->line[i]];
        double steps = fmin(job->left, floor(job->rate * lab->length));

        if (job->share > 0 && job->devices <= left) {
            left -= job->devices;
            job->left -= steps;
            job->received += steps / job->rate;
            end = fmax(end, lab->now + steps / job->rate);
            vn_sheet_cell(lab->rounds, "%" PRId64, round);
            vn_sheet_cell(lab->rounds, "%" PRId64, job->id);
            if (job->left <= 0)
                job->finish = lab->now + steps / job->rate;
        }
        if (isnan(job->finish))
            lab->line[kept++] = lab->line[i];
    }
    lab->changed = lab->changed || kept < lab->nline;
    lab->nline = kept;
    /* Where nobody has a share yet the clock goes on to the next dealing. */
    lab->now = end > lab->now ? end : lab->now + lab->length;
}

static void
simulate(struct lab *lab)
{
    int next = 0;

    lab->dealt = -INFINITY;
    for (int64_t round = 0; next < lab->njobs || lab->nline > 0; round++) {
        if (lab->nline == 0 && lab->jobs[next].submit > lab->now)
            lab->now = lab->jobs[next].submit;
        while (next < lab->njobs && lab->jobs[next].submit <= lab->now) {
            lab->line[lab->nline++] = next++;
            lab->changed = true;
        }
        deal(lab);
        order(lab);
        go_round(lab, round);
    }
}

static enum vn_status
report(struct lab *lab, struct vn_findings *findings, struct vn_error *err)
{
    static const char *const names[] = {
        "job_id",     "submit_s",          "finish_s", "jct_s",
        "rho_theirs", "rho_themis_theirs", NULL};
    const struct vn_request *r = lab->request;
    struct vn_sheet *sheet = vn_sheet_alloc(names);
    enum vn_status status;

    for (int i = 0; i < lab->njobs; i++) {
        const struct job *job = &lab->jobs[i];

        vn_sheet_cell(sheet, "%" PRId64, job->id);
        vn_sheet_cell(sheet, "%.0f", job->submit);
        vn_sheet_cell(sheet, "%.6f", job->finish);
        vn_sheet_cell(sheet, "%.6f", job->finish - job->submit);
        vn_sheet_cell(sheet, "%s", ""); /* by rates that nobody has told */
        vn_sheet_cell(sheet, "%s", "");
    }
    status = vn_sheet_write(sheet, r->jobs, err);
    if (status == VN_OK)
        status = vn_sheet_write(lab->rounds, r->rounds, err);
    if (status == VN_OK)
        status = vn_sheet_compare_case(sheet, r, lab->length, findings, err);
    if (status == VN_OK)
        vn_findings_note(findings,
                         "Times that differ by up to a round, %g s, count as "
                         "the same here.",
                         lab->length);
    vn_sheet_free(sheet);
    return status;
}

static enum vn_status
run(const struct vn_request *request, struct vn_findings *findings,
    struct vn_error *err)
{
    static const char *const names[] = {"round", "job_id", NULL};
    struct lab lab = {.request = request};
    double values[OPTIONS];
    enum vn_status status;
    int policy;

    lab.rounds = vn_sheet_alloc(names);
    if ((status = vn_request_policy(request, policies, &policy, err)) == VN_OK
        && (status = vn_request_options(request, options, values, err))
               == VN_OK
        && (status = read_cluster(&lab, err)) == VN_OK) {
        lab.policy = (enum policy) policy;
        lab.length = values[OPTION_ROUND];
        lab.pause = values[OPTION_PAUSE];
        status = read_jobs(&lab, err);
        if (status == VN_OK) {
            simulate(&lab);
            status = report(&lab, findings, err);
        }
    }
    vn_sheet_free(lab.rounds);
    free(lab.jobs);
    free(lab.line);
    return status;
}

const struct vn_experiment vn_experiment_shockwave = {
    .name = "shockwave",
    .summary = "Shockwave's fork of Gavel: Gandiva-Fair, most throughput",
    .takes = VN_REQUEST_CASE | VN_REQUEST_CLUSTER | VN_REQUEST_OPTIONS
             | VN_REQUEST_JOBS | VN_REQUEST_ROUNDS | VN_REQUEST_FIRST,
    .run = run,
};
