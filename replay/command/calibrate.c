/* vnreplay calibrate: the tables that a simulation of a trace needs. */
#include "config.h"

#include "replay/command/command.h"
#include "replay/validate/calibrate.h"

#include <string.h>

enum option {
    SETUP,
    SPAN = VN_SETUP_OPTIONS,
    REPEATS,
    OUTPUT,
    NOPTIONS
};

static const struct vn_option options[] = {
    VN_SETUP_ROWS,
    [SPAN] = {"span", "TIME", "that each mapping is trained for [0.5]", 0},
    [REPEATS] = {"repeats", "N", "of all measurements [6]", 0},
    [OUTPUT] = {"output", "NAME",
                "write NAME-nodes.csv, NAME-links.csv, NAME-crowds.csv and "
                "NAME-costs.csv",
                'O'},
};

static void
print_help(void)
{
    puts("usage: vnreplay calibrate --trace FILE --cluster FILE|INLINE "
         "--output NAME\n                          [option ...]\n\n"
         "Measure, with jobs that are none of the trace's, what its models "
         "take on the\ndevices of this host, and what changes cost.\n");
    vn_option_help(stdout, options, NOPTIONS);
    puts("\nexample: vnreplay calibrate --trace short.csv --cluster host:2 "
         "--output host");
}

struct request {
    struct vn_setup *setup;
    double span_s;
    int rounds;
    const char *output;
};

static enum vn_status
take(void *arg, int i, const char *value, struct vn_error *err)
{
    struct request *r = arg;
    char why[VN_WHY_SIZE];
    const char *wrong = NULL;
    int64_t n = 1;
    vn_time span = 0;

    switch (i) {
    case SPAN:
        wrong =
            vn_read_time(value, VN_SECOND / 100, 3600 * VN_SECOND, &span, why);
        r->span_s = (double) span / 1e6;
        break;
    case REPEATS:
        wrong = vn_read_int(value, 1, 1000, &n, why);
        r->rounds = (int) n;
        break;
    case OUTPUT:
        r->output = value;
        break;
    default:
        return vn_setup_take(r->setup, (enum vn_setup_option) i, value, err);
    }
    return wrong == NULL ? VN_OK
                         : vn_args_refuse(err, options[i].name, value, wrong);
}

static enum vn_status
calibrate(const struct vn_setup *setup, const struct request *r,
          struct vn_error *err)
{
    struct vn_calibrator *c = vn_calibrator_alloc(setup, r->span_s);
    enum vn_status status;

    vn_calibrator_want_trace(c);
    status = vn_calibrator_write(c, r->output, err); /* can it be? */
    if (status == VN_OK)
        status = vn_calibrator_measure(c, r->rounds, err);
    if (status == VN_OK)
        status = vn_calibrator_write(c, r->output, err);
    vn_calibrator_free(c);
    return status;
}

static bool
say(int option)
{
    if (option == VN_ARGS_HELP)
        print_help();
    return option == VN_ARGS_HELP;
}

int
vn_command_calibrate(int argc, char **argv)
{
    struct vn_args args = vn_args_begin(argc, argv, options, NOPTIONS);
    struct request r = {.span_s = VN_CALIBRATION_SPAN_S, .rounds = 6};
    /* Times do not hang on the rate, and at a low one nothing diverges. */
    struct vn_setup setup = {.scale = 1, .seed = 1, .setup.rate = "1e-6"};
    enum vn_status status = VN_OK;
    struct vn_error err = {0};
    bool done;

    r.setup = &setup;
    status = vn_args_all(&args, say, take, &r, &done, &err);
    if (status == VN_OK && done) {
        vn_setup_close(&setup, false);
        return 0;
    }
    if (status == VN_OK && r.output == NULL)
        status = vn_fail(&err, VN_EUSAGE,
                         "no --output given (see vnreplay calibrate --help)");
    if (status == VN_OK)
        status = vn_setup_open(&setup, &err);
    if (status == VN_OK)
        status = calibrate(&setup, &r, &err);
    vn_setup_close(&setup, status != VN_OK);
    if (status == VN_OK)
        return 0;
    vn_error_print(stderr, "vnreplay", &err);
    return vn_error_exit(&err);
}
