/* vntrace generate: draw a trace from a model of a workload. */
#include "config.h"

#include "base/option.h"
#include "base/progress.h"
#include "plan/cluster.h"
#include "traces/command/command.h"
#include "traces/draw/recipe.h"
#include "traces/trace.h"

#include <gsl/gsl_errno.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

enum option {
    PRESET,
    LIKE,
    RATE,
    LOAD,
    CLUSTER,
    BURST,
    HOURS,
    DURATIONS,
    LONGEST,
    DEVICES,
    WEIGHTS,
    PRIORITIES,
    SLACK,
    VCS,
    MODELS,
    PROFILE,
    REFERENCE,
    VNODES,
    JOBS,
    SPAN,
    SEED,
    PRECISE,
    PRINT_FIT,
    OUTPUT,
    NOPTIONS
};

/* clang-format off: a row reads as name, argument, help, letter. */
static const struct vn_option options[] = {
    [PRESET] = {"preset", "NAME", "a known workload: philly, helios, pai",
                'p'},
    [LIKE] = {"like", "TRACE", "fit the workload to a trace", 'l'},
    [RATE] = {"rate", "N/TIME",
              "jobs arrive at this rate [that of the model, or 12/h]", 'r'},
    [LOAD] = {"load", "X", "jobs arrive so as to ask for X of the cluster",
              'L'},
    [CLUSTER] = {"cluster", "FILE|INLINE",
                 "the cluster; larger jobs are left out", 'c'},
    [BURST] = {"burst", "RATIO:BUSY:QUIET",
               "bursts, as in 10:10m:1h; up to three", 0},
    [HOURS] = {"hours", "X|LIST", "a day's sine wave, or 24 weights", 0},
    [DURATIONS] =
        {"durations", "FAMILY",
         "lognormal:MEDIAN:SIGMA, weibull:SCALE:SHAPE,\n                      "
         "          pareto:LEAST:SHAPE or trace:FILE [lognormal:1h:1.5]",
         'd'},
    [LONGEST] = {"max-duration", "TIME", "no job is longer", 0},
    [DEVICES] = {"devices", "MIX", "devices of a job, as in 1:0.7,2:0.2,8:0.1",
                 'D'},
    [WEIGHTS] = {"weights", "MIX", "weights of jobs, as in 1:0.8,5:0.2", 0},
    [PRIORITIES] = {"priorities", "MIX", "priorities of jobs", 0},
    [SLACK] = {"slack", "MIX",
               "deadlines at so many times the duration, as in 1.5,3:2", 0},
    [VCS] = {"vcs", "MIX", "virtual clusters of jobs, as in a:0.7,b:0.3", 0},
    [MODELS] = {"models", "MIX",
                "models that jobs train, as in resnet50@64:0.7,bert*:0.3", 0},
    [PROFILE] = {"profile", "FILE", "their step times; again", 0},
    [REFERENCE] = {"reference", "TYPE",
                   "devices on which jobs take as long as is drawn\n         "
                   "                       [the cluster's first type]",
                   0},
    [VNODES] = {"vnodes", "N", "virtual nodes for each device [1]", 0},
    [JOBS] = {"jobs", "N", "how many jobs [1000, or all of the span]", 'n'},
    [SPAN] = {"span", "TIME", "no job is submitted at this time or later", 0},
    [SEED] = {"seed", "N", "of the random numbers [1]", 's'},
    [PRECISE] = {"precise", NULL, "times in microseconds, not whole seconds",
                 0},
    [PRINT_FIT] = {"print-fit", NULL, "print the model instead of jobs", 0},
    [OUTPUT] = {"output", "FILE", "write the trace here [-]", 'o'},
};
/* clang-format on */

enum {
    JOBS_MAX = 200000000
};

enum {
    VNODES_MAX = 1024 /* for each device */
};

struct arguments {
    const char *value[NOPTIONS];
    struct vn_profile profile; /* of --profile, read as they come */
    struct vn_cluster cluster;
    struct vn_models models;
    int64_t vnodes; /* for each device */
    bool precise;
    bool print_fit;
    int64_t jobs;
    int64_t seed;
    vn_time span;
    double load;
    double rate; /* jobs a second, 0 if not given */
};

static enum vn_status
read_rate(const char *text, double *rate, struct vn_error *err)
{
    size_t n = strcspn(text, "/");
    char number[32], unit[32], why[VN_WHY_SIZE];
    vn_time per;
    double count;

    if (text[n] == '/' && n < sizeof number && strlen(text + n) < 30) {
        memcpy(number, text, n);
        number[n] = '\0';
        /* "12/h" is twelve in 1h, "1/90" one in 90 s. */
        snprintf(unit, sizeof unit, "%s%s",
                 strchr("0123456789.", text[n + 1]) != NULL ? "" : "1",
                 text + n + 1);
        if (vn_read_real(number, 1e-9, 1e9, &count, why) == NULL
            && vn_read_time(unit, 1, VN_TIME_MAX / 1000, &per, why) == NULL) {
            *rate = count / ((double) per / 1e6);
            return VN_OK;
        }
    }
    return vn_args_refuse(err, "rate", text, "N/TIME, as in 12/h or 1/90");
}

static enum vn_status
read_numbers(struct arguments *a, struct vn_error *err)
{
    const char *const *v = a->value;
    char why[VN_WHY_SIZE];
    enum vn_status status;

    a->seed = 1;
    a->vnodes = 1;
    if (v[VNODES] != NULL
        && (status = vn_option_int("vnodes", v[VNODES], 1, VNODES_MAX,
                                   &a->vnodes, err)))
        return status;
    if ((v[JOBS] != NULL
         && (status =
                 vn_option_int("jobs", v[JOBS], 0, JOBS_MAX, &a->jobs, err)))
        || (v[SEED] != NULL
            && (status = vn_option_int("seed", v[SEED], 0, INT64_MAX, &a->seed,
                                       err)))
        || (v[SPAN] != NULL
            && (status = vn_option_time("span", v[SPAN], 1, VN_TIME_MAX / 8,
                                        &a->span, err)))
        || (v[LOAD] != NULL
            && vn_read_real(v[LOAD], 1e-6, VN_LOAD_MAX, &a->load, why) != NULL
            && (status =
                    vn_args_refuse(err, "load", v[LOAD], VN_LOAD_WANTED))))
        return status;
    if (v[JOBS] == NULL)
        a->jobs = v[SPAN] != NULL ? JOBS_MAX : 1000;
    if (v[RATE] != NULL && (status = read_rate(v[RATE], &a->rate, err)))
        return status;
    if (v[LOAD] != NULL && v[RATE] != NULL)
        return vn_fail(err, VN_EUSAGE,
                       "--load and --rate, expected one of them");
    if (v[LOAD] != NULL && v[CLUSTER] == NULL)
        return vn_fail(err, VN_EUSAGE, "--load needs --cluster");
    if (v[MODELS] != NULL && (v[CLUSTER] == NULL || v[PROFILE] == NULL))
        return vn_fail(err, VN_EUSAGE,
                       "--models needs --cluster and --profile");
    for (int i = PROFILE; i <= VNODES; i++)
        if (v[i] != NULL && v[MODELS] == NULL)
            return vn_fail(err, VN_EUSAGE, "--%s goes with --models",
                           options[i].name);
    if (v[PRESET] != NULL && v[LIKE] != NULL)
        return vn_fail(err, VN_EUSAGE,
                       "--preset and --like, expected one of them");
    return VN_OK;
}

/* Let jobs run as a distribution, or another trace, says. */
static enum vn_status
set_durations(struct vn_recipe *w, const char *text, struct vn_error *err)
{
    struct vn_recipe other;
    struct vn_duration d;
    enum vn_status status;

    if (strncmp(text, "trace:", 6) == 0) {
        status = vn_recipe_fit(text + 6, &other, err);
        memcpy(w->class, other.class, sizeof w->class);
        w->nclasses = other.nclasses;
        vn_recipe_free(&other);
        return status;
    }
    status = vn_duration_read(text, &d, err);
    if (status == VN_OK)
        vn_recipe_set_duration(w, &d);
    return status;
}

static enum vn_status
set_mixes(struct vn_recipe *w, const char *const *v, struct vn_error *err)
{
    const struct {
        enum option option;
        struct vn_weighted *mix;
        struct vn_weighted_form form;
    } mixes[] = {
        {DEVICES, &w->devices, {"devices", 1, VN_DEVICES_MAX, true, NULL}},
        {PRIORITIES, &w->priority, {"priorities", -1e6, 1e6, false, NULL}},
        {WEIGHTS, &w->weight, {"weights", 1e-6, 1e6, false, NULL}},
        {SLACK, &w->slack, {"slack", 1e-3, 1e6, false, NULL}},
        {VCS, &w->vc, {"vcs", 0, 0, false, &w->names.vcs}},
    };
    enum vn_status status = VN_OK;

    for (size_t i = 0; i < sizeof mixes / sizeof mixes[0]; i++) {
        const char *text = v[mixes[i].option];

        if (status == VN_OK && text != NULL)
            status = vn_weighted_read(mixes[i].mix, text, &mixes[i].form, err);
    }
    /* Jobs weigh what their priority says, unless told otherwise. */
    if (v[PRIORITIES] != NULL && v[WEIGHTS] == NULL)
        vn_weighted_free(&w->weight);
    return status;
}

/* The workload that the command line describes, but for its rate. */
static enum vn_status
make_recipe(const struct arguments *a, struct vn_recipe *w,
            struct vn_error *err)
{
    const char *const *v = a->value;
    enum vn_status status = VN_OK;
    vn_time longest;

    if (v[PRESET] != NULL)
        status = vn_recipe_preset(v[PRESET], w, err);
    else if (v[LIKE] != NULL)
        status = vn_recipe_fit(v[LIKE], w, err);
    else
        *w = vn_recipe_default();
    if (status == VN_OK)
        status = set_mixes(w, v, err);
    if (status == VN_OK && v[DURATIONS] != NULL)
        status = set_durations(w, v[DURATIONS], err);
    if (status == VN_OK && v[BURST] != NULL)
        status = vn_arrival_read_burst(v[BURST], &w->arrival, err);
    if (status == VN_OK && v[HOURS] != NULL)
        status = vn_arrival_read_hours(v[HOURS], &w->arrival, err);
    if (status == VN_OK && v[LONGEST] != NULL) {
        status = vn_option_time("max-duration", v[LONGEST], VN_SECOND,
                                VN_TIME_MAX / 8, &longest, err);
        if (status != VN_OK)
            return status;
        for (int i = 0; i < w->nclasses; i++)
            vn_duration_cut(&w->class[i].duration, (double) longest / 1e6);
    }
    w->precise = a->precise;
    return status;
}

/* Is the rate fitted to the jobs that are drawn, not to their mean? */
static bool
calibrated(const struct arguments *a)
{
    return a->value[LOAD] != NULL && a->value[SPAN] == NULL && !a->print_fit;
}

/* What jobs train, of the sizes that are left. */
static enum vn_status
set_models(struct arguments *a, struct vn_recipe *w, struct vn_error *err)
{
    enum vn_status status = vn_models_read(
        &a->models, a->value[MODELS], &a->cluster, &a->profile,
        a->value[REFERENCE], (int) a->vnodes, &w->names.models, err);

    for (int i = 0; i < w->devices.n && status == VN_OK; i++)
        if (w->devices.parts[i].share > 0)
            status = vn_models_check(&a->models,
                                     (int) w->devices.parts[i].value, err);
    w->models = &a->models;
    return status;
}

/* Set the rate, by the cluster where that is asked for, and clip to it. */
static enum vn_status
set_rate(struct arguments *a, struct vn_recipe *w, double *left_out,
         double *devices, struct vn_error *err)
{
    const char *const *v = a->value;
    const struct vn_cluster *cluster = &a->cluster;
    enum vn_status status;
    int largest = 0;
    double work;

    *left_out = 0;
    if (a->rate > 0)
        w->arrival.rate = a->rate;
    else if (w->arrival.rate == 0 && v[LOAD] == NULL && !a->print_fit)
        return vn_fail(err, VN_EUSAGE,
                       "%s: all jobs are submitted at one time, expected "
                       "--rate or --load",
                       v[LIKE]);
    if (v[CLUSTER] == NULL)
        return VN_OK;
    status = vn_cluster_read(v[CLUSTER], &a->cluster, err);
    if (status != VN_OK)
        return status;
    for (int i = 0; i < cluster->ntypes; i++)
        if (cluster->types[i].devices > largest)
            largest = cluster->types[i].devices;
    *devices = cluster->devices;
    *left_out = vn_recipe_clip(w, largest);
    work = vn_recipe_work(w);
    if (w->devices.n == 0)
        status = vn_fail(err, VN_EINVAL,
                         "every job asks for more than the %d devices of a "
                         "type, expected smaller ones",
                         largest);
    else if (v[LOAD] != NULL && isinf(work) && calibrated(a))
        w->arrival.rate = 1; /* for the time being */
    else if (v[LOAD] != NULL && isinf(work))
        status = vn_fail(err, VN_EUSAGE,
                         "--load: these durations have no mean, expected a "
                         "shape above 1 or --max-duration");
    else if (v[LOAD] != NULL)
        w->arrival.rate = a->load * cluster->devices / work;
    if (status == VN_OK && v[MODELS] != NULL)
        status = set_models(a, w, err);
    return status;
}

/* Draw the jobs and write each at once. */
static enum vn_status
draw_jobs(const struct arguments *a, struct vn_draw *draw,
          struct vn_trace_writer *writer, struct vn_error *err)
{
    struct vn_progress progress = vn_progress_begin("drawing", false);
    struct vn_job job;
    int64_t n = 0, tight;
    bool more = true;

    while (n < a->jobs && (more = vn_draw_job(draw, &job))
           && (a->span == 0 || job.submit < a->span)) {
        vn_trace_put(writer, &job);
        if (++n % 4096 == 0) {
            vn_progress_show(&progress, (double) n, (double) a->jobs, NULL);
            if (ferror(writer->out))
                break; /* vn_file_commit() will say why */
        }
    }
    vn_progress_end(&progress);
    tight = vn_draw_tight(draw);
    if (tight > 0)
        fprintf(stderr,
                "vntrace: %" PRId64 " of %" PRId64 " deadlines are sooner "
                "than the job can be done on the devices that it asks for\n",
                tight, n);
    if (!more)
        return vn_fail(err, VN_EINVAL,
                       "only %" PRId64 " jobs arrive in 126 years, expected a "
                       "higher rate, fewer jobs or --span",
                       n);
    return VN_OK;
}

static enum vn_status
write_trace(const struct arguments *a, struct vn_recipe *w, double left_out,
            double devices, const char *command, struct vn_error *err)
{
    char clipped[96];
    const char *remarks[] = {"generator: vntrace " PACKAGE_VERSION, command,
                             left_out > 0 ? clipped : NULL, NULL};
    struct vn_trace_writer writer;
    struct vn_draw *draw;
    struct vn_file file;
    enum vn_status status;

    snprintf(clipped, sizeof clipped,
             "clipped: %.2g %% of the jobs, too large for the cluster",
             100 * left_out);
    status = vn_file_create(
        &file, a->value[OUTPUT] != NULL ? a->value[OUTPUT] : "-", err);
    if (status != VN_OK)
        return status;
    draw = vn_draw_begin(w, (uint64_t) a->seed);
    if (calibrated(a) && a->jobs > 1
        && !vn_draw_calibrate(draw, a->jobs, a->load * devices))
        status = vn_fail(err, VN_EINVAL,
                         "--load: no rate gives these jobs this load");
    writer = vn_trace_writer(file.stream, &w->names);
    vn_draw_expect(draw, &writer);
    vn_trace_head(&writer, remarks);
    if (status == VN_OK)
        status = draw_jobs(a, draw, &writer, err);
    vn_draw_end(draw);
    if (status == VN_OK)
        return vn_file_commit(&file, err);
    vn_file_discard(&file);
    return status;
}

/* The model instead of jobs. */
static enum vn_status
write_fit(const struct arguments *a, const struct vn_recipe *w,
          struct vn_error *err)
{
    struct vn_file file;
    enum vn_status status = vn_file_create(
        &file, a->value[OUTPUT] != NULL ? a->value[OUTPUT] : "-", err);

    if (status != VN_OK)
        return status;
    vn_recipe_print(file.stream, w);
    return vn_file_commit(&file, err);
}

static enum vn_status
generate(struct arguments *a, const char *command, struct vn_error *err)
{
    struct vn_recipe w = {0};
    double left_out, devices = 0;
    enum vn_status status;

    status = make_recipe(a, &w, err);
    if (status == VN_OK)
        status = set_rate(a, &w, &left_out, &devices, err);
    if (status == VN_OK)
        status = a->print_fit
                     ? write_fit(a, &w, err)
                     : write_trace(a, &w, left_out, devices, command, err);
    vn_recipe_free(&w);
    vn_models_free(&a->models);
    vn_cluster_free(&a->cluster);
    return status;
}

/* The command line, as a remark; but for where the trace goes. */
static void
say_command(const struct arguments *a, char *text, size_t size)
{
    snprintf(text, size, "options:");
    for (int i = 0; i < NOPTIONS; i++)
        if (i != OUTPUT && a->value[i] != NULL)
            snprintf(text + strlen(text), size - strlen(text), " --%s %s",
                     options[i].name, a->value[i]);
    if (a->precise)
        snprintf(text + strlen(text), size - strlen(text), " --precise");
    for (char *p = text; *p != '\0'; p++)
        if ((unsigned char) *p < 0x20)
            *p = '?';
}

static void
print_help(void)
{
    puts(
        "usage: vntrace generate [--preset NAME | --like TRACE] [option ...]\n"
        "\nDraw a trace from a model of a workload: the default one, a known "
        "one, or\none fitted to a trace; what is given besides replaces that "
        "part of it.\n");
    vn_option_help(stdout, options, NOPTIONS);
    puts("\nexample: vntrace generate --preset philly --jobs 5000 --load 0.9 "
         "\\\n             --cluster v100:16x8 -o trace.csv");
}

int
vn_trace_command_generate(int argc, char **argv)
{
    struct vn_args args = vn_args_begin(argc, argv, options, NOPTIONS);
    struct arguments a = {0};
    struct vn_error err;
    enum vn_status status;
    char command[1024];
    const char *value;
    int i;

    gsl_set_error_handler_off();
    while ((i = vn_args_next(&args, &value, &err)) >= 0) {
        if (i == PROFILE
            && vn_profile_read(value, &a.profile, &err) != VN_OK) {
            i = VN_ARGS_FAILED;
            break;
        }
        a.value[i] = value;
        a.precise = a.precise || i == PRECISE;
        a.print_fit = a.print_fit || i == PRINT_FIT;
    }
    if (i == VN_ARGS_HELP) {
        print_help();
        return 0;
    }
    status = i == VN_ARGS_FAILED ? err.status : VN_OK;
    if (status == VN_OK && args.nrest > 0)
        status = vn_fail(&err, VN_EUSAGE, "'%s' is no option (see --help)",
                         args.rest[0]);
    if (status == VN_OK)
        status = read_numbers(&a, &err);
    if (status == VN_OK) {
        say_command(&a, command, sizeof command);
        status = generate(&a, command, &err);
    }
    vn_profile_free(&a.profile);
    if (status == VN_OK)
        return 0;
    vn_error_print(stderr, "vntrace generate", &err);
    return vn_error_exit(&err);
}
