/*
 * Gavel, and Gavel with heterogeneous training.
 *
 * virtualflow-gavel-ht (VirtualFlow, section on heterogeneous training): 20
 * jobs at 1 to 12 jobs an hour on 4 V100, 8 P100 and 16 K80, under gavel and
 * gavel-ht.  Beside the published averages stand those of the authors' form,
 * which follows their simulator to the letter, and of our own, in which the
 * size of a type counts once, the program has one optimum, and a job does what
 * it has devices for; so that the gain can be seen not to hang on the rules.
 * The jobs of every second trace are known; a table NNjph.csv of the others
 * beside them is taken too.
 *
 * gavel-artifact: what Gavel's simulator gives on two of its own traces, job
 * by job.
 */
#include "config.h"

#include "replay/experiment/experiment.h"
#include "sim/policy/policies.h"

#include "base/table.h"
#include "replay/sweep/workload.h"
#include "sim/engine/engine.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

extern const struct vn_experiment vn_experiment_gavel_ht;
extern const struct vn_experiment vn_experiment_gavel_artifact;

enum {
    JOBS_MAX = 256,
    RATES = 12 /* jobs an hour */
};

/* JCTs by job id. */
struct outcome {
    double jct_s[JOBS_MAX];
    bool there[JOBS_MAX];
    double mean_s;
};

static void
on_ended(void *arg, const struct vn_record *r)
{
    struct outcome *o = arg;

    if (r->id >= JOBS_MAX || r->state != VN_JOB_FINISHED)
        return;
    o->jct_s[r->id] = (double) (r->finish - r->submit) * 1e-6;
    o->there[r->id] = true;
}

/* What jobs are run on, and how fast they go. */
struct lab {
    const char *folder;
    struct vn_paths *paths;
    struct vn_cluster cluster;
    struct vn_profile profile;
};

static void
close_lab(struct lab *lab)
{
    vn_cluster_free(&lab->cluster);
    vn_profile_free(&lab->profile);
}

static enum vn_status
simulate(struct lab *lab, const struct vn_workload *workload,
         const char *policy, const char *form, struct outcome *o,
         struct vn_error *err)
{
    struct vn_reader reader = {.workload = workload};
    double values[VN_POLICY_OPTIONS_MAX];
    struct vn_engine_config config = {
        .cluster = &lab->cluster,
        .source = vn_workload_source(&reader),
        .options = values,
        .profile = &lab->profile,
        .observer = {.arg = o, .ended = on_ended}};
    struct vn_pricing_config pricing = {.cluster = &lab->cluster,
                                        .profile = &lab->profile};
    struct vn_engine *engine = NULL;
    enum vn_status status;
    int n = 0;

    *o = (struct outcome){0};
    if ((status = vn_policy_find(policy, &config.policy, err)) == VN_OK
        && (status = vn_policy_configure(config.policy, &form, 1, values, err))
               == VN_OK
        && (status = vn_pricing_alloc(&pricing, &config.pricing, err)) == VN_OK
        && (status = vn_engine_alloc(&config, &engine, err)) == VN_OK)
        status = vn_engine_run(engine, err);
    for (int i = 0; i < JOBS_MAX; i++)
        if (o->there[i]) {
            o->mean_s += o->jct_s[i];
            n++;
        }
    o->mean_s /= n;
    vn_engine_free(engine);
    vn_pricing_free(config.pricing);
    return status;
}

/* Each policy in each form, of which the first is the published one. */
enum form {
    PUBLISHED,
    AUTHORS,
    OWN,
    FORMS
};

enum policy {
    PLAIN,
    MIXED,
    POLICIES
};

struct averages {
    double s[POLICIES][FORMS]; /* NAN where there is none */
};

static const char *const policies[] = {"gavel", "gavel-ht"};

enum {
    PER_HOUR,
    GAVEL,
    GAVEL_HT,
    NPUBLISHED
};

static const struct vn_column published[] = {
    [PER_HOUR] = {"jobs_per_hour", true},
    [GAVEL] = {"gavel_s", true},
    [GAVEL_HT] = {"gavel_ht_s", true}};

static enum vn_status
read_published(const char *path, struct averages *averages,
               struct vn_error *err)
{
    struct vn_table_form form = {.columns = published, .ncolumns = NPUBLISHED};
    struct vn_table *t = NULL;
    enum vn_status status = vn_table_open(path, &form, &t, err);
    bool more = true;
    int64_t rate;

    while (status == VN_OK && (status = vn_table_next(t, &more, err)) == VN_OK
           && more
           && (status = vn_table_int(t, PER_HOUR, 1, RATES, &rate, err))
                  == VN_OK
           && (status =
                   vn_table_real(t, GAVEL, 0, 1e9,
                                 &averages[rate - 1].s[PLAIN][PUBLISHED], err))
                  == VN_OK)
        status = vn_table_real(t, GAVEL_HT, 0, 1e9,
                               &averages[rate - 1].s[MIXED][PUBLISHED], err);
    vn_table_close(t);
    return status;
}

/* One trace, if it is there. */
static enum vn_status
try_rate(struct lab *lab, int rate, struct averages *a, struct vn_error *err)
{
    static const char *const forms[] = {
        [AUTHORS] = "form=authors", [OWN] = "form=exact"};
    struct vn_trace_data trace;
    struct vn_workload workload;
    enum vn_status status;
    char name[32];
    const char *path;

    snprintf(name, sizeof name, "%djph.csv", rate);
    path = vn_path(lab->paths, lab->folder, name);
    for (int p = 0; p < POLICIES; p++)
        for (int f = AUTHORS; f < FORMS; f++)
            a->s[p][f] = NAN;
    if (access(path, R_OK) != 0)
        return VN_OK;
    status = vn_trace_data_read(path, &trace, err);
    if (status == VN_OK)
        vn_workload_cut(&trace, 0, 1, &workload);
    for (int p = 0; p < POLICIES && status == VN_OK; p++)
        for (int f = AUTHORS; f < FORMS && status == VN_OK; f++) {
            struct outcome o;

            status = simulate(lab, &workload, policies[p], forms[f], &o, err);
            a->s[p][f] = o.mean_s;
        }
    if (status == VN_OK)
        vn_workload_free(&workload);
    vn_trace_data_free(&trace);
    return status;
}

/* The change by mixing, per cent. */
static double
change(const struct averages *a, enum form form)
{
    return 100 * (a->s[MIXED][form] / a->s[PLAIN][form] - 1);
}

static void
show_averages(const struct averages *averages, struct vn_findings *findings)
{
    static const struct vn_findings_column columns[] = {
        {"gavel: published", 0},
        {"gavel: authors", 2},
        {"gavel: own", 2},
        {"gavel-ht: published", 0},
        {"gavel-ht: authors", 2},
        {"gavel-ht: own", 2},
        {NULL, 0}};

    vn_findings_table(findings, "Average JCT, s", "jobs/h", columns);
    for (int i = 0; i < RATES; i++) {
        const struct averages *a = &averages[i];
        char label[8];

        snprintf(label, sizeof label, "%d", i + 1);
        vn_findings_row(findings, label,
                        (double[]){a->s[PLAIN][PUBLISHED],
                                   a->s[PLAIN][AUTHORS], a->s[PLAIN][OWN],
                                   a->s[MIXED][PUBLISHED],
                                   a->s[MIXED][AUTHORS], a->s[MIXED][OWN]});
    }
    vn_findings_note(findings,
                     "The jobs of the other traces are not in the tables; one "
                     "may be added as NNjph.csv.");
}

static void
show_changes(const struct averages *averages, struct vn_findings *findings)
{
    static const struct vn_findings_column columns[] = {
        {"published", 1},
        {"published, of those run", 1},
        {"authors", 1},
        {"own", 1},
        {NULL, 0}};
    double sum[4] = {0}, best[4] = {0};
    int n = 0;

    vn_findings_table(findings,
                      "Change of the average JCT by heterogeneous training, %",
                      "jobs/h", columns);
    for (int i = 0; i < RATES; i++) {
        const struct averages *a = &averages[i];
        bool run = !isnan(a->s[PLAIN][OWN]);
        double c[4] = {change(a, PUBLISHED), run ? change(a, PUBLISHED) : NAN,
                       change(a, AUTHORS), change(a, OWN)};
        char label[8];

        snprintf(label, sizeof label, "%d", i + 1);
        vn_findings_row(findings, label, c);
        n += run;
        for (int k = 0; k < 4; k++)
            if (!isnan(c[k])) {
                sum[k] += c[k];
                best[k] = fmin(best[k], c[k]);
            }
    }
    if (n > 0)
        vn_findings_row(
            findings, "mean",
            (double[]){sum[0] / RATES, sum[1] / n, sum[2] / n, sum[3] / n});
    vn_findings_row(findings, "best", best);
    vn_findings_note(findings,
                     "authors: as their simulator, whose program counts a "
                     "type's size twice and has many optima;");
    vn_findings_note(findings,
                     "own: the size once, one optimum, and no credit for time "
                     "spent waiting.");
}

static enum vn_status
run_gavel_ht(const struct vn_request *request, struct vn_findings *findings,
             struct vn_error *err)
{
    struct vn_paths *paths = request->paths;
    struct lab lab = {.paths = paths};
    struct averages averages[RATES];
    enum vn_status status;

    lab.folder = vn_path(paths, request->data, "gavel-ht");
    if ((status = vn_cluster_read("V100:4,P100:8,K80:16", &lab.cluster, err))
        || (status = vn_profile_read(vn_path(paths, lab.folder, "nodes.csv"),
                                     &lab.profile, err))
        || (status = vn_profile_read(vn_path(paths, lab.folder, "whole.csv"),
                                     &lab.profile, err)))
        goto out;
    for (int i = 0; i < RATES; i++)
        averages[i].s[PLAIN][PUBLISHED] = averages[i].s[MIXED][PUBLISHED] =
            NAN;
    status = read_published(vn_path(paths, lab.folder, "published.csv"),
                            averages, err);
    for (int i = 0; i < RATES && status == VN_OK; i++)
        status = try_rate(&lab, i + 1, &averages[i], err);
    if (status == VN_OK) {
        show_averages(averages, findings);
        show_changes(averages, findings);
    }
out:
    close_lab(&lab);
    return status;
}

/* A trace of Gavel's, and where it is run. */
struct artifact {
    const char *trace;
    const char *cluster;
};

static const struct artifact artifacts[] = {
    {"artifact_evaluation", "v100:2,p100:2,k80:2"},
    {"minimize_makespan", "v100:8,p100:16,k80:24"},
    {NULL, NULL}};

enum {
    TRACE,
    JOB,
    FIFO,
    MAX_MIN,
    NEXPECTED
};

static const struct vn_column expected[] = {
    [TRACE] = {"trace", true},
    [JOB] = {"job_id", true},
    [FIFO] = {"fifo_perf_s", true},
    [MAX_MIN] = {"max_min_fairness_perf_s", true}};

static enum vn_status
read_expected(const char *path, const char *trace, struct outcome *fifo,
              struct outcome *max_min, struct vn_error *err)
{
    struct vn_table_form form = {.columns = expected, .ncolumns = NEXPECTED};
    struct vn_table *t = NULL;
    enum vn_status status = vn_table_open(path, &form, &t, err);
    bool more = true;
    int64_t job;
    int n = 0;

    *fifo = *max_min = (struct outcome){0};
    while (status == VN_OK && (status = vn_table_next(t, &more, err)) == VN_OK
           && more) {
        if (strcmp(vn_table_text(t, TRACE), trace) != 0)
            continue;
        if ((status = vn_table_int(t, JOB, 0, JOBS_MAX - 1, &job, err))
            || (status =
                    vn_table_real(t, FIFO, 0, 1e12, &fifo->jct_s[job], err))
            || (status = vn_table_real(t, MAX_MIN, 0, 1e12,
                                       &max_min->jct_s[job], err)))
            break;
        fifo->there[job] = max_min->there[job] = true;
        fifo->mean_s += fifo->jct_s[job];
        max_min->mean_s += max_min->jct_s[job];
        n++;
    }
    fifo->mean_s /= n;
    max_min->mean_s /= n;
    vn_table_close(t);
    return status;
}

static void
show(const char *label, const struct outcome *want, const struct outcome *got,
     struct vn_findings *findings)
{
    double part = 100 * (got->mean_s / want->mean_s - 1);
    double worst = 0, same = 0, jobs = 0;

    for (int i = 0; i < JOBS_MAX; i++)
        if (want->there[i]) {
            double off = fabs(want->jct_s[i] - got->jct_s[i]);

            worst = fmax(worst, off);
            same += off < 1e-3;
            jobs++;
        }
    vn_findings_row(findings, label,
                    (double[]){want->mean_s, got->mean_s,
                               fabs(part) < 5e-3 ? 0 : part, same, jobs,
                               worst});
}

static enum vn_status
try_artifact(struct lab *lab, const struct artifact *a,
             struct vn_findings *findings, struct vn_error *err)
{
    static const struct vn_findings_column columns[] = {
        {"Gavel's, mean JCT, s", 3},
        {"ours", 3},
        {"difference, %", 2},
        {"jobs the same", 0},
        {"of", 0},
        {"worst, s", 3},
        {NULL, 0}};
    struct vn_trace_data trace;
    struct vn_workload workload;
    struct outcome fifo, max_min, o[3];
    enum vn_status status;
    char name[64];

    snprintf(name, sizeof name, "%s.csv", a->trace);
    status = read_expected(vn_path(lab->paths, lab->folder, "expected.csv"),
                           a->trace, &fifo, &max_min, err);
    if (status == VN_OK)
        status = vn_trace_data_read(vn_path(lab->paths, lab->folder, name),
                                    &trace, err);
    if (status != VN_OK)
        return status;
    vn_workload_cut(&trace, 0, 1, &workload);
    if ((status = simulate(lab, &workload, "gavel-fifo-perf", "form=simulator",
                           &o[0], err))
            == VN_OK
        && (status = simulate(lab, &workload, "gavel", "form=simulator", &o[1],
                              err))
               == VN_OK
        && (status =
                simulate(lab, &workload, "gavel", "form=exact", &o[2], err))
               == VN_OK) {
        snprintf(name, sizeof name, "%s on %s", a->trace, a->cluster);
        vn_findings_table(findings, name, "", columns);
        show("fifo_perf: gavel-fifo-perf", &fifo, &o[0], findings);
        show("max_min_fairness_perf: gavel, form=simulator", &max_min, &o[1],
             findings);
        show("max_min_fairness_perf: gavel, form=exact", &max_min, &o[2],
             findings);
    }
    vn_workload_free(&workload);
    vn_trace_data_free(&trace);
    return status;
}

static enum vn_status
run_artifact(const struct vn_request *request, struct vn_findings *findings,
             struct vn_error *err)
{
    enum vn_status status = VN_OK;

    for (const struct artifact *a = artifacts;
         a->trace != NULL && status == VN_OK; a++) {
        struct vn_paths *paths = request->paths;
        struct lab lab = {.folder = vn_path(paths, request->data, "gavel"),
                          .paths = paths};

        if ((status = vn_cluster_read(a->cluster, &lab.cluster, err)) == VN_OK
            && (status =
                    vn_profile_read(vn_path(paths, lab.folder, "steps.csv"),
                                    &lab.profile, err))
                   == VN_OK)
            status = try_artifact(&lab, a, findings, err);
        close_lab(&lab);
    }
    if (status == VN_OK)
        vn_findings_note(findings,
                         "The optimum of max-min is not unique: which of its "
                         "points a solver returns moves the jobs.");
    return status;
}

const struct vn_experiment vn_experiment_gavel_ht = {
    .name = "virtualflow-gavel-ht",
    .summary = "heterogeneous training: Gavel with it and without, 20 jobs on "
               "three types",
    .run = run_gavel_ht,
};

const struct vn_experiment vn_experiment_gavel_artifact = {
    .name = "gavel-artifact",
    .summary = "Gavel's own simulator on two of its traces, job by job",
    .run = run_artifact,
};
