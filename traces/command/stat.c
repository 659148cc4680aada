/* vntrace stat: what is in a trace, read once, in little memory. */
#include "config.h"

#include "base/file.h"
#include "base/option.h"
#include "base/quantile.h"
#include "base/xalloc.h"
#include "plan/cluster.h"
#include "traces/command/command.h"
#include "traces/trace.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum option {
    CLUSTER,
    FORMAT,
    NOPTIONS
};

/* clang-format off: a row reads as name, argument, help, letter. */
static const struct vn_option options[] = {
    [CLUSTER] = {"cluster", "FILE|INLINE", "print the load on this cluster",
                 'c'},
    [FORMAT] = {"format", "text|csv|json", "of what is printed [text]", 0},
};
/* clang-format on */

enum {
    POINTS = 8
};

static const double points[POINTS] = {0.01, 0.1, 0.25, 0.5,
                                      0.75, 0.9, 0.99, 1};
static const char *const point_names[POINTS] = {"p1",  "p10", "p25", "p50",
                                                "p75", "p90", "p99", "max"};

/* A quantity: its moments, and its quantiles. */
struct quantity {
    const char *name;
    double count;
    double mean; /* Welford's running mean and sum of squares */
    double squares;
    struct vn_quantile quantile;
    double at[POINTS];
};

/* What is counted by a key: a number of devices, a type, a virtual cluster. */
struct tally {
    struct {
        int key;
        int64_t jobs;
        double device_s;
    } * rows; /* in order of key */
    int n;
    int allocated;
};

struct census {
    int64_t recorded;
    int64_t modelled;
    double device_s;
    vn_time first;
    vn_time last;
    struct quantity duration;
    struct quantity devices;
    struct quantity gap;
    struct tally by_devices;
    struct tally by_type; /* key: the name's number, -1 for any */
    struct tally by_vc;
    struct tally by_outcome;
};

static void
add_value(struct quantity *q, int64_t value)
{
    double before = (double) value - q->mean;

    q->count++;
    q->mean += before / q->count;
    q->squares += before * ((double) value - q->mean);
    vn_quantile_add(&q->quantile, value);
}

/* The first row whose key is not less. */
static int
find_row(const struct tally *t, int key)
{
    int low = 0, high = t->n;

    while (low < high) {
        int middle = (low + high) / 2;

        if (t->rows[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void
add_to(struct tally *t, int key, double device_s)
{
    int i = find_row(t, key);

    if (i == t->n || t->rows[i].key != key) {
        if (t->n == t->allocated) {
            t->allocated = 2 * t->allocated + 16;
            t->rows =
                vn_xrealloc(t->rows, (size_t) t->allocated, sizeof *t->rows);
        }
        memmove(&t->rows[i + 1], &t->rows[i],
                (size_t) (t->n++ - i) * sizeof *t->rows);
        memset(&t->rows[i], 0, sizeof *t->rows);
        t->rows[i].key = key;
    }
    t->rows[i].jobs++;
    t->rows[i].device_s += device_s;
}

static void
count_job(struct census *c, const struct vn_job *job)
{
    double device_s = (double) job->duration / 1e6 * job->devices;

    if (c->recorded + c->modelled == 0)
        c->first = job->submit;
    else
        add_value(&c->gap, job->submit - c->last);
    c->last = job->submit;
    add_value(&c->devices, job->devices);
    if (vn_job_is_modelled(job))
        c->modelled++;
    else {
        c->recorded++;
        c->device_s += device_s;
        add_value(&c->duration, job->duration);
    }
    add_to(&c->by_devices, job->devices, device_s);
    add_to(&c->by_type, job->device_type, device_s);
    add_to(&c->by_vc, job->vc, device_s);
    add_to(&c->by_outcome, (int) job->outcome, device_s);
}

static enum vn_status
settle(struct quantity *q, struct vn_error *err)
{
    return vn_quantile_get(&q->quantile, points, POINTS, q->at, err);
}

static enum vn_status
take_census(struct vn_trace *t, struct census *c, struct vn_error *err)
{
    struct vn_job job;
    enum vn_status status;
    bool more;

    while ((status = vn_trace_next(t, &job, &more, err)) == VN_OK && more)
        count_job(c, &job);
    if (status == VN_OK)
        status = settle(&c->duration, err);
    if (status == VN_OK)
        status = settle(&c->devices, err);
    return status == VN_OK ? settle(&c->gap, err) : status;
}

/* Printing: every figure has a path of names and a value, in one order. */

struct printer {
    int format; /* 0 text, 1 csv, 2 json */
    bool any;
};

static void
say(struct printer *p, const char *what, const char *of, const char *key,
    double value)
{
    char text[VN_NUMBER_SIZE];

    if (!isfinite(value))
        return;
    snprintf(text, sizeof text, "%.10g", value);
    if (p->format == 1) {
        if (!p->any)
            puts("what,of,key,value");
        vn_csv_cell(stdout, what);
        putchar(',');
        vn_csv_cell(stdout, of);
        putchar(',');
        vn_csv_cell(stdout, key);
        printf(",%s\n", text);
    } else {
        printf("%s\n  {\"what\": ", p->any ? "," : "[");
        vn_json_string(stdout, what);
        fputs(", \"of\": ", stdout);
        vn_json_string(stdout, of);
        fputs(", \"key\": ", stdout);
        vn_json_string(stdout, key);
        printf(", \"value\": %s}", text);
    }
    p->any = true;
}

static double
deviation(const struct quantity *q)
{
    return q->count > 1 ? sqrt(q->squares / (q->count - 1)) : 0;
}

/* Times are kept in microseconds; unit is what one is printed as. */
static void
say_quantity(struct printer *p, const struct quantity *q, const char *of,
             double unit)
{
    if (q->count == 0)
        return;
    say(p, "mean", of, "", q->mean / unit);
    say(p, "cv", of, "", q->mean > 0 ? deviation(q) / q->mean : 0);
    for (int i = 0; i < POINTS; i++)
        say(p, point_names[i], of, "", q->at[i] / unit);
}

static const char *
key_text(const struct tally *t, const struct vn_names *names, int i,
         char *text)
{
    int key = t->rows[i].key;

    if (names != NULL)
        return key >= 0 ? names->text[key] : "";
    snprintf(text, VN_NUMBER_SIZE, "%d", key);
    return text;
}

static void
say_tally(struct printer *p, const struct tally *t,
          const struct vn_names *names, const char *of)
{
    char text[VN_NUMBER_SIZE];

    for (int i = 0; i < t->n; i++) {
        const char *key = key_text(t, names, i, text);

        say(p, "jobs", of, key, (double) t->rows[i].jobs);
        say(p, "device_hours", of, key, t->rows[i].device_s / 3600);
    }
}

/* The names of outcomes, by number; is any known? */
static bool
name_outcomes(const struct census *c, struct vn_names *names)
{
    for (int i = 0; i < VN_OUTCOMES; i++)
        vn_names_add(names, vn_job_outcome_name((enum vn_job_outcome) i));
    return c->by_outcome.n > 1
           || (c->by_outcome.n == 1
               && c->by_outcome.rows[0].key != VN_OUTCOME_UNKNOWN);
}

/* What the jobs ask for, over what the devices of a type could give. */
static double
load_of(const struct census *c, const struct vn_trace_names *names,
        const struct vn_cluster *cluster, int type)
{
    double span = (double) (c->last - c->first) / 1e6, asked = 0;

    for (int i = 0; i < c->by_type.n; i++) {
        int key = c->by_type.rows[i].key;

        if (type < 0
            || (key >= 0
                && strcmp(names->device_types.text[key],
                          cluster->types[type].name)
                       == 0))
            asked += c->by_type.rows[i].device_s;
    }
    return span > 0 ? asked / span
                          / (type < 0 ? cluster->devices
                                      : cluster->types[type].devices)
                    : INFINITY;
}

static void
print_machine(struct printer *p, const struct census *c,
              const struct vn_trace_names *names,
              const struct vn_cluster *cluster)
{
    double span = (double) (c->last - c->first) / 1e6;
    struct vn_names outcomes = {0};

    say(p, "jobs", "", "", (double) (c->recorded + c->modelled));
    say(p, "recorded", "", "", (double) c->recorded);
    say(p, "modelled", "", "", (double) c->modelled);
    say(p, "span_s", "", "", span);
    say(p, "jobs_per_hour", "", "", 3600 * c->gap.count / span);
    say(p, "device_hours", "", "", c->device_s / 3600);
    say_quantity(p, &c->duration, "duration_s", 1e6);
    say_quantity(p, &c->devices, "devices", 1);
    say_quantity(p, &c->gap, "interarrival_s", 1e6);
    say_tally(p, &c->by_devices, NULL, "devices");
    if (names->device_types.count > 0)
        say_tally(p, &c->by_type, &names->device_types, "device_type");
    if (names->vcs.count > 0)
        say_tally(p, &c->by_vc, &names->vcs, "vc");
    if (name_outcomes(c, &outcomes))
        say_tally(p, &c->by_outcome, &outcomes, "status");
    vn_names_free(&outcomes);
    if (cluster->ntypes > 0)
        say(p, "load", "", "", load_of(c, names, cluster, -1));
    for (int t = 0; t < cluster->ntypes && names->device_types.count > 0; t++)
        say(p, "load", "device_type", cluster->types[t].name,
            load_of(c, names, cluster, t));
    if (p->format == 2)
        puts(p->any ? "\n]" : "[]");
}

static void
print_quantity(const struct quantity *q, bool time)
{
    if (q->count == 0)
        return;
    printf("%-14s", q->name);
    for (int i = -1; i < POINTS; i++) {
        double value = i < 0 ? q->mean : q->at[i];
        char text[VN_NUMBER_SIZE];

        if (time)
            vn_format_span(text, (vn_time) value);
        else
            snprintf(text, sizeof text, "%.4g", value);
        printf(" %10s", text);
    }
    printf(" %7.2f\n", q->mean > 0 ? deviation(q) / q->mean : 0);
}

static void
print_tally(const struct census *c, const struct tally *t,
            const struct vn_names *names, const char *head)
{
    char text[VN_NUMBER_SIZE];
    double jobs = (double) (c->recorded + c->modelled);

    printf("\n%-14s %10s %7s %14s %7s\n", head, "jobs", "", "device-hours",
           "");
    for (int i = 0; i < t->n; i++)
        printf("%-14s %10" PRId64 " %5.1f %% %14.1f %5.1f %%\n",
               *key_text(t, names, i, text) != '\0'
                   ? key_text(t, names, i, text)
                   : "(any)",
               t->rows[i].jobs, 100 * (double) t->rows[i].jobs / jobs,
               t->rows[i].device_s / 3600,
               c->device_s > 0 ? 100 * t->rows[i].device_s / c->device_s : 0);
}

static void
print_text(const struct census *c, const struct vn_trace_names *names,
           const struct vn_cluster *cluster, const char *what)
{
    char text[VN_NUMBER_SIZE];
    double span = (double) (c->last - c->first) / 1e6;
    struct vn_names outcomes = {0};

    printf("%-14s %" PRId64 " (%" PRId64 " recorded, %" PRId64 " modelled)\n",
           "jobs", c->recorded + c->modelled, c->recorded, c->modelled);
    printf("%-14s %s\n", "span", vn_format_span(text, c->last - c->first));
    if (span > 0)
        printf("%-14s %.4g jobs/h\n", "rate", 3600 * c->gap.count / span);
    printf("%-14s %.1f\n", "device-hours", c->device_s / 3600);
    if (cluster->ntypes > 0 && span > 0)
        printf("%-14s %.3f of %d devices (%s)\n", "load",
               load_of(c, names, cluster, -1), cluster->devices, what);
    for (int t = 0; t < cluster->ntypes && names->device_types.count > 0; t++)
        printf("%-14s %.3f of %d %s\n", "", load_of(c, names, cluster, t),
               cluster->types[t].devices, cluster->types[t].name);
    if (c->recorded + c->modelled == 0)
        return;
    printf("\n%-14s %10s", "", "mean");
    for (int i = 0; i < POINTS; i++)
        printf(" %10s", point_names[i]);
    printf(" %7s\n", "cv");
    print_quantity(&c->duration, true);
    print_quantity(&c->devices, false);
    print_quantity(&c->gap, true);
    print_tally(c, &c->by_devices, NULL, "devices");
    if (names->device_types.count > 0)
        print_tally(c, &c->by_type, &names->device_types, "device type");
    if (names->vcs.count > 0)
        print_tally(c, &c->by_vc, &names->vcs, "vc");
    if (name_outcomes(c, &outcomes))
        print_tally(c, &c->by_outcome, &outcomes, "status");
    vn_names_free(&outcomes);
}

static enum vn_status
stat_trace(const char *path, const char *what, int format,
           struct vn_error *err)
{
    struct census c = {.duration = {.name = "duration"},
                       .devices = {.name = "devices"},
                       .gap = {.name = "interarrival"}};
    struct printer printer = {.format = format};
    struct vn_cluster cluster = {0};
    struct vn_trace *trace = NULL;
    enum vn_status status = VN_OK;

    if (what != NULL)
        status = vn_cluster_read(what, &cluster, err);
    if (status == VN_OK)
        status = vn_trace_open(path, &trace, err);
    if (status == VN_OK)
        status = take_census(trace, &c, err);
    if (status == VN_OK && format == 0)
        print_text(&c, vn_trace_names(trace), &cluster, what);
    else if (status == VN_OK)
        print_machine(&printer, &c, vn_trace_names(trace), &cluster);
    if (status == VN_OK && (fflush(stdout) != 0 || ferror(stdout)))
        status = vn_fail(err, VN_EIO, "cannot write standard output");
    vn_trace_close(trace);
    vn_cluster_free(&cluster);
    vn_quantile_free(&c.duration.quantile);
    vn_quantile_free(&c.devices.quantile);
    vn_quantile_free(&c.gap.quantile);
    free(c.by_devices.rows);
    free(c.by_type.rows);
    free(c.by_vc.rows);
    free(c.by_outcome.rows);
    return status;
}

int
vn_trace_command_stat(int argc, char **argv)
{
    static const char *const formats[] = {"text", "csv", "json"};
    struct vn_args args = vn_args_begin(argc, argv, options, NOPTIONS);
    enum vn_status status = VN_OK;
    const char *value, *cluster = NULL;
    struct vn_error err;
    int i, format = 0;

    while ((i = vn_args_next(&args, &value, &err)) >= 0 && status == VN_OK)
        if (i == CLUSTER)
            cluster = value;
        else
            status =
                vn_option_choice("format", value, formats, 3, &format, &err);
    if (i == VN_ARGS_HELP) {
        puts("usage: vntrace stat [option ...] TRACE\n\n"
             "Print what is in a trace: how many jobs, how long, how large, "
             "how often;\n'-' is standard input.\n");
        vn_option_help(stdout, options, NOPTIONS);
        puts("\nexample: vntrace stat --cluster v100:16x8 trace.csv");
        return 0;
    }
    if (i == VN_ARGS_FAILED)
        status = VN_EUSAGE;
    if (status == VN_OK && args.nrest != 1)
        status = vn_fail(&err, VN_EUSAGE,
                         "%d traces, expected one (see --help)", args.nrest);
    if (status == VN_OK)
        status = stat_trace(args.rest[0], cluster, format, &err);
    if (status == VN_OK)
        return 0;
    vn_error_print(stderr, "vntrace stat", &err);
    return vn_error_exit(&err);
}
