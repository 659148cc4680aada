/* vnreplay calibrate: the tables that a simulation of a trace needs. */
#include "config.h"

#include "replay/calibrate.h"
#include "replay/command.h"

#include <string.h>

enum option {
    LAB,
    SPAN = VN_LAB_OPTIONS,
    REPEATS,
    OUTPUT,
    NOPTIONS
};

static const struct vn_option options[] = {
    VN_LAB_ROWS,
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
         "take on the devices\nof this host, and what changes cost.\n");
    vn_option_help(stdout, options, NOPTIONS);
    puts("\nexample: vnreplay calibrate --trace short.csv --cluster host:2 "
         "--output host");
}

static enum vn_status
take(int i, const char *value, struct vn_lab *lab, struct vn_calibration *c,
     const char **output, struct vn_error *err)
{
    char why[VN_WHY_SIZE];
    const char *wrong = NULL;
    int64_t n = 1;

    switch (i) {
    case SPAN:
        wrong = vn_read_real(value, 0.01, 3600, &c->span_s, why);
        break;
    case REPEATS:
        wrong = vn_read_int(value, 1, 1000, &n, why);
        c->repeats = (int) n;
        break;
    case OUTPUT:
        *output = value;
        break;
    default:
        return vn_lab_take(lab, (enum vn_lab_option) i, value, err);
    }
    return wrong == NULL ? VN_OK
                         : vn_args_refuse(err, options[i].name, value, wrong);
}

int
vn_command_calibrate(int argc, char **argv)
{
    struct vn_args args = vn_args_begin(argc, argv, options, NOPTIONS);
    struct vn_calibration c = {.span_s = 0.5, .repeats = 6};
    struct vn_lab lab = {.scale = 1, .seed = 1};
    const char *value, *output = NULL;
    enum vn_status status = VN_OK;
    char paths[VN_CALIBRATION_TABLES][4096];
    struct vn_error err = {0};
    int i;

    while (status == VN_OK && (i = vn_args_next(&args, &value, &err)) >= 0)
        status = take(i, value, &lab, &c, &output, &err);
    if (status == VN_OK && i == VN_ARGS_HELP) {
        print_help();
        return 0;
    }
    if (status == VN_OK && i == VN_ARGS_FAILED)
        status = VN_EUSAGE;
    else if (status == VN_OK && output == NULL)
        status = vn_fail(&err, VN_EUSAGE,
                         "no --output given (see vnreplay calibrate --help)");
    if (status == VN_OK) {
        for (i = 0; i < VN_CALIBRATION_TABLES; i++) {
            snprintf(paths[i], sizeof paths[i], "%.4000s-%s.csv", output,
                     vn_calibration_names[i]);
            c.paths[i] = paths[i];
        }
        status = vn_lab_open(&lab, &err);
    }
    if (status == VN_OK)
        status = vn_calibrate(&lab, &c, &err);
    vn_lab_close(&lab);
    if (status == VN_OK)
        return 0;
    vn_error_print(stderr, "vnreplay", &err);
    return vn_error_exit(&err);
}
