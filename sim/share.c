#include "config.h"

#include "sim/share.h"

#include "base/file.h"
#include "base/option.h"
#include "base/quantile.h"
#include "base/xalloc.h"
#include "plan/cluster.h"
#include "sim/place/shared.h"
#include "traces/trace.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COVER 0.95 /* of the jobs, by the usual requests */

enum option {
    TRACE,
    CLUSTER,
    SCORE,
    ORDER,
    SKIP,
    DROP,
    SEED,
    JOBS,
    CURVE,
    FORMAT,
    NOPTIONS
};

/* clang-format off */
static const struct vn_option options[] = {
    [TRACE] = {"trace", "FILE", "the jobs; '-' is standard input", 't'},
    [CLUSTER] = {"cluster", "FILE|INLINE",
                 "the devices: a table, a list of nodes, or as in v100:16x8",
                 'c'},
    [SCORE] = {"score", "NAME,...", "where a job goes: best-fit, dot-prod, "
               "gpu-packing, gpu-clustering, fgd, random, or all [best-fit]",
               0},
    [ORDER] = {"order", "fifo|sjf|priority", "in which jobs wait [fifo]", 0},
    [SKIP] = {"skip", "yes|no", "is a job passed over that has no place [yes]",
              0},
    [DROP] = {"drop", NULL, "drop a job that has no place", 0},
    [SEED] = {"seed", "N", "of what is drawn at random [0]", 's'},
    [JOBS] = {"jobs", "FILE", "write what became of each job", 'j'},
    [CURVE] = {"curve", "FILE", "write what was used when", 0},
    [FORMAT] = {"format", "text|csv|json", "of the summary [text]", 0},
};
/* clang-format on */

enum order {
    FIFO,
    SJF,
    PRIORITY
};

enum format {
    TEXT,
    CSV,
    JSON
};

struct arguments {
    const char *trace;
    const char *cluster;
    const char *scores;
    int order;
    int skip; /* 0: yes */
    bool drop;
    int64_t seed;
    const char *jobs;
    const char *curve;
    int format;
};

/* What all scores are tried on. */
struct work {
    struct vn_cluster cluster;
    struct vn_host *hosts;
    int nhosts;
    struct vn_shared_job *jobs;
    size_t njobs;
    struct vn_usual *usual;
    int nusual;
};

/* What a run came to. */
struct outcome {
    const char *score;
    int64_t count[VN_SHARED_REJECTED + 1];
    struct vn_quantile jct, queueing; /* microseconds */
    double jct_sum, queueing_sum;
    vn_time began, ended;              /* first submission, last change */
    vn_time last;                      /* of the moments told */
    double used, fragmented;           /* now, thousandths */
    double used_area, fragmented_area; /* thousandths x microseconds */
    const struct work *work;
    FILE *curve; /* NULL: none is asked for */
};

static void
print_help(void)
{
    puts("usage: vnsim share --trace FILE --cluster FILE|INLINE [option "
         "...]\n\n"
         "Place jobs that ask for parts of devices, CPU and memory, and print "
         "how\nlong they waited and how much of the devices was allocated.\n");
    vn_option_help(stdout, options, NOPTIONS);
    puts("\nexample: vnsim share -t openb.csv -c nodes.csv --score "
         "fgd,best-fit");
}

static enum vn_status
take(void *arg, int option, const char *value, struct vn_error *err)
{
    struct arguments *a = arg;
    static const char *const orders[] = {"fifo", "sjf", "priority"};
    static const char *const yes_no[] = {"yes", "no"};
    static const char *const formats[] = {"text", "csv", "json"};

    switch ((enum option) option) {
    case TRACE:
        a->trace = value;
        break;
    case CLUSTER:
        a->cluster = value;
        break;
    case SCORE:
        a->scores = value;
        break;
    case ORDER:
        return vn_option_choice("order", value, orders, 3, &a->order, err);
    case SKIP:
        return vn_option_choice("skip", value, yes_no, 2, &a->skip, err);
    case DROP:
        a->drop = true;
        break;
    case SEED:
        return vn_option_int("seed", value, 0, INT64_MAX, &a->seed, err);
    case JOBS:
        a->jobs = value;
        break;
    case CURVE:
        a->curve = value;
        break;
    case FORMAT:
        return vn_option_choice("format", value, formats, 3, &a->format, err);
    case NOPTIONS:
        break;
    }
    return VN_OK;
}

static bool
say(int option)
{
    switch (option) {
    case VN_ARGS_HELP:
        print_help();
        return true;
    default:
        return false;
    }
}

static enum vn_status
parse(int argc, char **argv, struct arguments *a, bool *done,
      struct vn_error *err)
{
    struct vn_args args = vn_args_begin(argc, argv, options, NOPTIONS);
    enum vn_status status;

    *a = (struct arguments){.scores = "best-fit"};
    status = vn_args_all(&args, say, take, a, done, err);
    if (status != VN_OK || *done)
        return status;
    if (args.nrest > 0)
        return vn_fail(err, VN_EUSAGE, "'%s' is no option (see --help)",
                       args.rest[0]);
    if (a->trace == NULL || a->cluster == NULL)
        return vn_fail(err, VN_EUSAGE,
                       "no %s given, expected --%s (see --help)",
                       a->trace == NULL ? "trace" : "cluster",
                       a->trace == NULL ? "trace" : "cluster");
    return VN_OK;
}

/* The cluster's nodes as hosts; CPU and memory that were not given never
 * run out. */
static enum vn_status
read_hosts(const struct arguments *a, struct work *w, struct vn_error *err)
{
    enum vn_status status = vn_cluster_read(a->cluster, &w->cluster, err);
    const struct vn_cluster *c = &w->cluster;

    if (status != VN_OK)
        return status;
    if (c->ntypes > VN_HOST_TYPES_MAX)
        return vn_fail(err, VN_EINVAL,
                       "%s: %d types of devices, expected at most %d",
                       a->cluster, c->ntypes, VN_HOST_TYPES_MAX);
    w->hosts = vn_xcalloc((size_t) c->nodes, sizeof *w->hosts);
    for (int g = 0; g < c->ngroups; g++) {
        const struct vn_node_group *group = &c->groups[g];

        if (group->devices_per_node > VN_HOST_DEVICES)
            return vn_fail(err, VN_EINVAL,
                           "%s: %d devices on a node, expected at most %d to "
                           "be shared",
                           a->cluster, group->devices_per_node,
                           VN_HOST_DEVICES);
        for (int i = 0; i < group->nodes; i++)
            w->hosts[w->nhosts++] = vn_host(
                group->cpu_milli > 0 ? group->cpu_milli : INT64_MAX / 4,
                group->memory_mib > 0 ? group->memory_mib : INT64_MAX / 4,
                group->devices_per_node, group->type);
    }
    return VN_OK;
}

static double
key_of(const struct vn_job *job, int order)
{
    return order == SJF        ? (double) job->duration
           : order == PRIORITY ? -job->priority
                               : 0;
}

static enum vn_status
read_job(const struct arguments *a, struct work *w,
         const struct vn_trace *trace, const struct vn_job *job,
         struct vn_error *err)
{
    struct vn_shared_job s = {.id = job->id,
                              .submit = job->submit,
                              .duration = job->duration,
                              .key = key_of(job, a->order)};

    if (vn_job_is_modelled(job))
        return vn_fail(err, VN_EINVAL,
                       "%s: job %" PRId64 " has a model, expected recorded "
                       "jobs, which have a duration",
                       a->trace, job->id);
    s.ask = (struct vn_ask){.cpu_milli = job->cpu_milli,
                            .memory_mib = job->memory_mib,
                            .devices = job->devices,
                            .milli = job->device_milli};
    if (job->device_type >= 0) {
        int type = vn_cluster_type(
            &w->cluster,
            vn_trace_names(trace)->device_types.text[job->device_type]);

        /* None that is there: more devices than any host has. */
        if (type < 0)
            s.ask.devices = VN_HOST_DEVICES + 1;
        else
            s.ask.types = UINT64_C(1) << type;
    }
    if ((w->njobs & (w->njobs - 1)) == 0)
        w->jobs = vn_xrealloc(w->jobs, w->njobs > 0 ? 2 * w->njobs : 1,
                              sizeof *w->jobs);
    w->jobs[w->njobs++] = s;
    return VN_OK;
}

static enum vn_status
read_work(const struct arguments *a, struct work *w, struct vn_error *err)
{
    struct vn_trace *trace = NULL;
    struct vn_ask *asks;
    enum vn_status status = read_hosts(a, w, err);
    struct vn_job job;
    bool more;

    if (status != VN_OK
        || (status = vn_trace_open(a->trace, &trace, err)) != VN_OK)
        return status;
    while (status == VN_OK
           && (status = vn_trace_next(trace, &job, &more, err)) == VN_OK
           && more)
        status = read_job(a, w, trace, &job, err);
    vn_trace_close(trace);
    if (status == VN_OK && w->njobs == 0)
        return vn_fail(err, VN_EINVAL, "%s: no jobs, expected some", a->trace);
    asks = vn_xcalloc(w->njobs, sizeof *asks);
    for (size_t i = 0; i < w->njobs; i++)
        asks[i] = w->jobs[i].ask;
    w->usual = vn_usual_alloc(asks, w->njobs, COVER, &w->nusual);
    free(asks);
    return status;
}

static void
free_work(struct work *w)
{
    vn_cluster_free(&w->cluster);
    free(w->hosts);
    free(w->jobs);
    free(w->usual);
}

static void
tell(void *arg, const struct vn_shared_moment *m)
{
    struct outcome *o = arg;
    double all = (double) o->work->cluster.devices * VN_MILLI;

    o->used_area += o->used * (double) (m->time - o->last);
    o->fragmented_area += o->fragmented * (double) (m->time - o->last);
    o->last = o->ended = m->time;
    o->used = (double) m->used_milli;
    o->fragmented = m->fragmented;
    if (o->curve != NULL)
        fprintf(o->curve, "%s,%.6f,%.4f,%.4f,%.4f,%.4f,%d\n", o->score,
                (double) m->time * 1e-6, 100 * (double) m->arrived_milli / all,
                100 * (double) m->present_milli / all,
                100 * (double) m->used_milli / all, 100 * m->fragmented / all,
                m->waiting);
}

static void
gather(struct outcome *o, const struct work *w)
{
    for (size_t i = 0; i < w->njobs; i++) {
        const struct vn_shared_job *job = &w->jobs[i];
        vn_time queued = job->start - job->submit;

        o->count[job->state]++;
        if (job->state != VN_SHARED_FINISHED)
            continue;
        vn_quantile_add(&o->queueing, queued);
        vn_quantile_add(&o->jct, queued + job->duration);
        o->queueing_sum += (double) queued;
        o->jct_sum += (double) (queued + job->duration);
    }
}

static void
write_job(FILE *out, const char *score, const struct vn_shared_job *job)
{
    char text[VN_NUMBER_SIZE];
    bool ran = job->state == VN_SHARED_FINISHED;

    fprintf(out, "%s,%" PRId64 ",%s,", score, job->id,
            vn_format_time(text, job->submit));
    if (ran) {
        fprintf(out, "%s,", vn_format_time(text, job->start));
        fprintf(out, "%s,%d,",
                vn_format_time(text, job->start + job->duration), job->host);
    } else {
        fputs(",,,", out);
    }
    for (int d = 0; ran && d < job->ask.devices; d++)
        fprintf(out, d > 0 ? "-%d" : "%d", job->devices[d]);
    fprintf(out, ",%s\n", vn_shared_states[job->state]);
}

/* A summary's numbers, in the order of their names. */
enum figure {
    NFINISHED,
    NDROPPED,
    NREJECTED,
    JCT_MEAN,
    JCT_P50,
    JCT_P99,
    QUEUE_MEAN,
    QUEUE_P50,
    QUEUE_P99,
    MAKESPAN,
    ALLOCATED,
    FRAGMENTED,
    NFIGURES
};

static const struct {
    const char *name; /* with the unit */
    int decimals;
} figures[NFIGURES] = {[NFINISHED] = {"finished", 0},
                       [NDROPPED] = {"dropped", 0},
                       [NREJECTED] = {"rejected", 0},
                       [JCT_MEAN] = {"jct_mean_s", 3},
                       [JCT_P50] = {"jct_p50_s", 3},
                       [JCT_P99] = {"jct_p99_s", 3},
                       [QUEUE_MEAN] = {"queueing_mean_s", 3},
                       [QUEUE_P50] = {"queueing_p50_s", 3},
                       [QUEUE_P99] = {"queueing_p99_s", 3},
                       [MAKESPAN] = {"makespan_s", 3},
                       [ALLOCATED] = {"allocated_percent", 3},
                       [FRAGMENTED] = {"fragmented_percent", 3}};

/* The numbers of a run; NAN where there is none. */
static enum vn_status
reckon(struct outcome *o, double *x, struct vn_error *err)
{
    static const double at[] = {0.5, 0.99};
    double jct[2], queueing[2], n = (double) o->count[VN_SHARED_FINISHED];
    double span = (double) (o->ended - o->began);
    double whole = (double) o->work->cluster.devices * VN_MILLI * span;
    enum vn_status status;

    if ((status = vn_quantile_get(&o->jct, at, 2, jct, err))
        || (status = vn_quantile_get(&o->queueing, at, 2, queueing, err)))
        return status;
    for (int s = 0; s <= VN_SHARED_REJECTED; s++)
        x[NFINISHED + s] = (double) o->count[s];
    x[JCT_MEAN] = o->jct_sum / n * 1e-6;
    x[QUEUE_MEAN] = o->queueing_sum / n * 1e-6;
    x[JCT_P50] = n > 0 ? jct[0] * 1e-6 : NAN;
    x[JCT_P99] = n > 0 ? jct[1] * 1e-6 : NAN;
    x[QUEUE_P50] = n > 0 ? queueing[0] * 1e-6 : NAN;
    x[QUEUE_P99] = n > 0 ? queueing[1] * 1e-6 : NAN;
    x[MAKESPAN] = span * 1e-6;
    x[ALLOCATED] = whole > 0 ? 100 * o->used_area / whole : NAN;
    x[FRAGMENTED] = whole > 0 ? 100 * o->fragmented_area / whole : NAN;
    return VN_OK;
}

static void
print(const struct arguments *a, const char *score, const double *x,
      bool first)
{
    if (a->format == TEXT) {
        printf("%s%-19s %s\n", first ? "" : "\n", "score", score);
        for (int i = 0; i < NFIGURES; i++)
            if (isnan(x[i]))
                printf("%-19s -\n", figures[i].name);
            else
                printf("%-19s %.*f\n", figures[i].name, figures[i].decimals,
                       x[i]);
        return;
    }
    if (a->format == CSV && first) {
        fputs("score", stdout);
        for (int i = 0; i < NFIGURES; i++)
            printf(",%s", figures[i].name);
        putchar('\n');
    }
    printf(a->format == CSV ? "%s" : "{\"score\": \"%s\"", score);
    for (int i = 0; i < NFIGURES; i++) {
        if (a->format == JSON)
            printf(", \"%s\": ", figures[i].name);
        else
            putchar(',');
        if (!isnan(x[i]))
            printf("%.*f", figures[i].decimals, x[i]);
        else if (a->format == JSON)
            fputs("null", stdout);
    }
    puts(a->format == CSV ? "" : "}");
}

static enum vn_status
try_score(const struct arguments *a, struct work *w,
          const struct vn_score *score, bool first, FILE *jobs, FILE *curve,
          struct vn_error *err)
{
    struct outcome o = {.score = score->name,
                        .began = w->jobs[0].submit,
                        .last = w->jobs[0].submit,
                        .work = w,
                        .curve = curve};
    struct vn_shared shared = {.score = score,
                               .hosts = w->hosts,
                               .nhosts = w->nhosts,
                               .outlook = {w->usual, w->nusual},
                               .seed = (uint64_t) a->seed,
                               .skip = a->skip == 0,
                               .drop = a->drop,
                               .jobs = w->jobs,
                               .njobs = w->njobs,
                               .tell = tell,
                               .arg = &o};
    double x[NFIGURES];
    enum vn_status status;

    vn_shared_run(&shared);
    gather(&o, w);
    for (size_t i = 0; i < w->njobs && jobs != NULL; i++)
        write_job(jobs, score->name, &w->jobs[i]);
    status = reckon(&o, x, err);
    if (status == VN_OK)
        print(a, score->name, x, first);
    vn_quantile_free(&o.jct);
    vn_quantile_free(&o.queueing);
    return status;
}

/* Find the scores of a list; ended by NULL. */
static enum vn_status
find_scores(const char *list, const struct vn_score **scores, int room,
            struct vn_error *err)
{
    char *words = vn_xstrdup(list), *rest = words;
    enum vn_status status = VN_OK;
    const char *word;
    int n = 0;

    if (strcmp(list, "all") == 0) {
        for (; vn_scores[n] != NULL; n++)
            scores[n] = vn_scores[n];
        rest = NULL;
    }
    while (status == VN_OK && (word = strsep(&rest, ",")) != NULL)
        status = n < room
                     ? vn_score_find(word, &scores[n++], err)
                     : vn_fail(err, VN_EUSAGE,
                               "--score: more than %d, expected fewer", room);
    free(words);
    scores[n < room ? n : room] = NULL;
    return status;
}

/* Begin a file that is asked for, with a header. */
static enum vn_status
begin(struct vn_file *file, const char *path, const char *header,
      struct vn_error *err)
{
    enum vn_status status;

    if (path == NULL)
        return VN_OK;
    status = vn_file_create(file, path, err);
    if (status == VN_OK)
        fprintf(file->stream, "%s\n", header);
    return status;
}

static enum vn_status
run(const struct arguments *a, struct work *w, struct vn_error *err)
{
    enum {
        SCORES = 16
    };
    const struct vn_score *scores[SCORES + 1] = {NULL};
    struct vn_file jobs = {0}, curve = {0};
    enum vn_status status = find_scores(a->scores, scores, SCORES, err);

    if (status == VN_OK && (status = read_work(a, w, err)) == VN_OK
        && (status = begin(&jobs, a->jobs,
                           "score,job_id,submit_s,start_s,finish_s,node,"
                           "devices,state",
                           err))
               == VN_OK)
        status = begin(&curve, a->curve,
                       "score,time_s,arrived_percent,present_percent,"
                       "used_percent,frag_percent,waiting",
                       err);
    for (int i = 0; scores[i] != NULL && status == VN_OK; i++)
        status =
            try_score(a, w, scores[i], i == 0, jobs.stream, curve.stream, err);
    if (status == VN_OK && a->jobs != NULL)
        status = vn_file_commit(&jobs, err);
    if (status == VN_OK && a->curve != NULL)
        status = vn_file_commit(&curve, err);
    vn_file_discard(&jobs);
    vn_file_discard(&curve);
    return status;
}

enum vn_status
vn_share_command(int argc, char **argv, struct vn_error *err)
{
    struct arguments a;
    struct work w = {0};
    enum vn_status status;
    bool done = false;

    status = parse(argc, argv, &a, &done, err);
    if (status == VN_OK && !done)
        status = run(&a, &w, err);
    free_work(&w);
    return status;
}
