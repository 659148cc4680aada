/*
 * vnreplay validate: a trace simulated and executed, and how far the two lie
 * apart, against the noise of the execution (replay/validate/contest.h).
 */
#include "config.h"

#include "replay/command/command.h"
#include "replay/validate/contest.h"
#include "replay/validate/validate.h"

#include <stdio.h>
#include <string.h>

enum option {
    SETUP,
    REPEATS = VN_SETUP_OPTIONS,
    CERTAIN,
    WITHIN,
    TOLERANCE,
    FORMAT,
    PLAN,
    JOB,
    STEPS,
    SPLIT,
    SPAN,
    OUTPUT,
    ASSUMED,
    NOPTIONS = ASSUMED + VN_ASSUMPTIONS
};

static const struct vn_option options[] = {
    VN_SETUP_ROWS,
    [REPEATS] = {"repeats", "N", "executions of each policy [3]", 'n'},
    [CERTAIN] = {"until-certain", "P",
                 "repeat until it is known which of any two policies is the "
                 "better one, at most --repeats times [100]",
                 0},
    [WITHIN] = {"within", "TIME",
                "and as long as another repeat ends within it [1h]", 0},
    [TOLERANCE] = {"tolerance", "X",
                   "of the mean error of completion times [0.05]", 0},
    [FORMAT] = {"format", "text|csv|json", "how to print it [text]", 0},
    [PLAN] = {"plan", "FILE",
              "a plan of one job instead of a trace, segment "
              "by segment",
              0},
    [JOB] = {"job", "ID", "of the plan [the only one]", 'j'},
    [STEPS] = {"steps", "N",
               "of the plan [as many behind its last change as "
               "before it; 100]",
               0},
    [SPLIT] = {"split", "MODEL:BATCH,...",
               "batches over the cluster's unlike "
               "devices: the solver's split, the even one and one type",
               0},
    [SPAN] = {"span", "TIME", "of each execution of a split [4]", 0},
    [OUTPUT] = {"output", "NAME",
                "keep what was calibrated, as vnreplay calibrate does", 'O'},
    VN_ASSUMPTION_ROWS};

static void
print_help(void)
{
    puts("usage: vnreplay validate --trace FILE --cluster FILE|INLINE "
         "[--profile FILE]\n                         [--policy NAME,...] "
         "[option ...]\n"
         "       vnreplay validate --plan FILE --profile FILE [option ...]\n"
         "       vnreplay validate --split MODEL:BATCH,... --cluster "
         "FILE|INLINE\n                         [--profile FILE] [option "
         "...]\n\n"
         "Simulate a trace and execute it, and say how far the two lie "
         "apart.\nWithout a profile the host is calibrated between the "
         "executions.  Exit status\n0: they are equivalent within the "
         "tolerance, 1: they are not, 3: the noise is too\nlarge to say.\n");
    vn_option_help(stdout, options, NOPTIONS);
    puts("\nexample: vnreplay validate --trace short.csv --cluster host:2 "
         "--policy fifo,wfs\n             --profile host-nodes.csv --profile "
         "host-links.csv\n             --profile host-crowds.csv --costs "
         "host-costs.csv");
}

/* Without a profile the contest calibrates itself. */
static enum vn_status
validate(struct vn_contest *s, const char *output, int format, int *verdict,
         struct vn_error *err)
{
    bool calibrates = s->setup->sweep.assumptions.nprofiles == 0;
    struct vn_findings *findings;
    enum vn_status status = VN_OK;

    if (output != NULL && !calibrates)
        return vn_fail(err, VN_EUSAGE,
                       "--output and --profile, expected --output only where "
                       "there is a calibration to write");
    if (calibrates) {
        s->calibrator = vn_calibrator_alloc(s->setup, VN_CALIBRATION_SPAN_S);
        vn_calibrator_want_trace(s->calibrator);
    }
    s->name = output;
    if (output != NULL) /* can it be? */
        status = vn_calibrator_write(s->calibrator, output, err);
    if (status == VN_OK)
        status = vn_contest_run(s, err);
    if (status != VN_OK)
        return status;
    findings = vn_findings_alloc();
    vn_contest_report(s, findings);
    *verdict = vn_contest_judge(s, findings);
    vn_findings_print(findings, stdout, (enum vn_findings_format) format);
    vn_findings_free(findings);
    return VN_OK;
}

/* What the options fill. */
struct arguments {
    struct vn_contest contest;
    struct vn_validation planned;
    const char *output;
    int format;
};

static enum vn_status
take_contest(int i, const char *value, struct vn_contest *s, int *format,
             struct vn_error *err)
{
    static const char *const formats[] = {"text", "csv", "json"};
    char why[VN_WHY_SIZE];
    const char *wrong = NULL;
    int64_t n = 1;
    vn_time within = 0;

    switch (i) {
    case REPEATS:
        wrong = vn_read_int(value, 1, VN_REPEATS_MAX, &n, why);
        s->repeats = (int) n;
        break;
    case CERTAIN:
        wrong = vn_read_real(value, 0.5, 0.9999, &s->certainty, why);
        break;
    case WITHIN:
        wrong = vn_read_time(value, VN_SECOND, VN_TIME_MAX, &within, why);
        s->within_s = (double) within * 1e-6;
        break;
    case TOLERANCE:
        wrong = vn_read_real(value, 1e-6, 10, &s->tolerance, why);
        break;
    case FORMAT:
        return vn_option_choice("format", value, formats, 3, format, err);
    default:
        return i < VN_SETUP_OPTIONS
                   ? vn_setup_take(s->setup, (enum vn_setup_option) i, value,
                                   err)
                   : vn_assume(&s->setup->sweep.assumptions,
                               (enum vn_assumption)(i - ASSUMED), value, err);
    }
    return wrong == NULL ? VN_OK
                         : vn_args_refuse(err, options[i].name, value, wrong);
}

/* Is it an option of the forms without a trace?  Then take it. */
static bool
take_course(int i, const char *value, struct vn_validation *v,
            enum vn_status *status, struct vn_error *err)
{
    char why[VN_WHY_SIZE];
    const char *wrong = NULL;
    vn_time span;

    switch (i) {
    case PLAN:
        v->plan = value;
        break;
    case SPLIT:
        v->split = value;
        break;
    case JOB:
        wrong = vn_read_int(value, 0, INT64_MAX, &v->job, why);
        break;
    case STEPS:
        wrong = vn_read_int(value, 1, INT64_C(1) << 40, &v->steps, why);
        break;
    case SPAN:
        wrong = vn_read_time(value, VN_SECOND / 10, VN_TIME_MAX, &span, why);
        v->span_s = wrong == NULL ? (double) span * 1e-6 : 0;
        break;
    case SETUP + VN_SETUP_MODEL: /* of a plan: what shall be trained */
        if (v->model == NULL)
            v->model = value;
        if (strchr(value, '=') != NULL)
            return false;
        break;
    default:
        return false;
    }
    if (wrong != NULL)
        *status = vn_args_refuse(err, options[i].name, value, wrong);
    return true;
}

static bool
say(int option)
{
    if (option == VN_ARGS_HELP)
        print_help();
    return option == VN_ARGS_HELP;
}

static enum vn_status
take(void *arg, int i, const char *value, struct vn_error *err)
{
    struct arguments *a = arg;
    enum vn_status status = VN_OK;

    if (i == OUTPUT) {
        a->planned.name = a->output = value;
        return VN_OK;
    }
    if (take_course(i, value, &a->planned, &status, err))
        return status;
    return take_contest(i, value, &a->contest, &a->format, err);
}

/* A plan, or splits. */
static enum vn_status
validate_course(struct vn_validation *v, const struct vn_contest *s,
                int format, int *verdict, struct vn_error *err)
{
    struct vn_findings *findings = vn_findings_alloc();
    char model[64] = "";
    enum vn_status status;

    if (v->model != NULL) {
        snprintf(model, sizeof model, "%.*s", (int) strcspn(v->model, "="),
                 v->model);
        v->model = model;
    }
    v->repeats = s->repeats;
    v->tolerance = s->tolerance;
    status = vn_validate_course(v, findings, verdict, err);
    if (status == VN_OK)
        vn_findings_print(findings, stdout, (enum vn_findings_format) format);
    vn_findings_free(findings);
    return status;
}

int
vn_command_validate(int argc, char **argv)
{
    struct vn_args args = vn_args_begin(argc, argv, options, NOPTIONS);
    /* Times do not hang on the rate, and at a low one nothing diverges. */
    struct vn_setup setup = {.scale = 1, .seed = 1, .setup.rate = "1e-6"};
    struct arguments a = {
        .contest = {.setup = &setup, .tolerance = 0.05, .within_s = 3600},
        .planned = {.setup = &setup, .job = -1, .span_s = 4}};
    struct vn_contest *s = &a.contest;
    struct vn_validation *planned = &a.planned;
    struct vn_error err = {0};
    enum vn_status status;
    int verdict = 0;
    bool done;

    status = vn_args_all(&args, say, take, &a, &done, &err);
    if (status == VN_OK && done) {
        vn_setup_close(&setup, false);
        return 0;
    }
    if (s->repeats == 0)
        s->repeats = s->certainty > 0 ? VN_REPEATS_MAX : 3;
    if (status == VN_OK && args.nrest > 0)
        status = vn_fail(&err, VN_EUSAGE,
                         "'%s' is no option (see vnreplay validate --help)",
                         args.rest[0]);
    if (status == VN_OK && (planned->plan != NULL || planned->split != NULL)) {
        status = validate_course(planned, s, a.format, &verdict, &err);
    } else if (status == VN_OK) {
        status =
            planned->model != NULL && strchr(planned->model, '=') == NULL
                ? vn_setup_take(&setup, VN_SETUP_MODEL, planned->model, &err)
                : vn_setup_open(&setup, &err);
        if (status == VN_OK)
            status = validate(s, a.output, a.format, &verdict, &err);
    }
    vn_contest_free(s);
    vn_calibrator_free(s->calibrator);
    vn_setup_close(&setup, status != VN_OK);
    if (status == VN_OK)
        return verdict;
    vn_error_print(stderr, "vnreplay", &err);
    return vn_error_exit(&err);
}
