/*
 * vnexec predict: the classes that a checkpoint's model gives examples, as a
 * table.  Needs no file but the checkpoint and the examples, which are
 * normalised as those of training were.
 */
#include "config.h"

#include "vnode_exec/command/command.h"

#include "base/file.h"
#include "base/number.h"
#include "base/option.h"
#include "base/xalloc.h"
#include "vnode_exec/train/replica.h"
#include "vnode_exec/trained.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DATA,
    DEVICES,
    OUTPUT,
    ALL,
    NOPTIONS,
    AT_ONCE = 64 /* examples */
};

static const struct vn_option options[NOPTIONS] = {
    [DATA] = {"data", "DATA", "the examples, as of vnexec run", 'd'},
    [DEVICES] = {"devices", "DEVICE", "what computes [host]", 'D'},
    [OUTPUT] = {"output", "FILE", "where to write [-]", 'o'},
    [ALL] = {"all", NULL, "the probability of every class", 0},
};

/* What the command line says. */
struct wish {
    const char *checkpoint, *data, *device, *output;
    bool all;
};

/* Logits to probabilities, in place; returns the first largest. */
static int
softmax(float *x, int n)
{
    double sum = 0;
    int best = 0;

    for (int i = 1; i < n; i++)
        best = x[i] > x[best] ? i : best;
    for (int i = n - 1; i >= 0; i--)
        if (i != best)
            sum += exp((double) x[i] - (double) x[best]);
    sum += 1;
    for (int i = 0; i < n; i++)
        if (i != best)
            x[i] = (float) (exp((double) x[i] - (double) x[best]) / sum);
    x[best] = (float) (1 / sum);
    return best;
}

static void
print_header(FILE *out, const struct vn_data *data, bool all)
{
    fputs("example,class,probability", out);
    if (data->test.labels.count > 0)
        fputs(",label", out);
    for (int c = 0; all && c < data->shape.classes; c++)
        fprintf(out, ",p%d", c);
    fputc('\n', out);
}

static void
print_row(FILE *out, const struct vn_data *data, size_t example, bool all,
          int32_t label, float *logits)
{
    int n = data->shape.classes, best = softmax(logits, n);
    char text[VN_NUMBER_SIZE];

    fprintf(out, "%zu,%d,%s", example, best,
            vn_format_real(text, (double) logits[best]));
    if (data->test.labels.count > 0)
        fprintf(out, ",%d", (int) label);
    for (int c = 0; all && c < n; c++)
        fprintf(out, ",%s", vn_format_real(text, (double) logits[c]));
    fputc('\n', out);
}

static enum vn_status
predict_all(struct vn_replica *r, const struct vn_data *data, bool all,
            FILE *out, struct vn_error *err)
{
    size_t classes = (size_t) data->shape.classes;
    size_t floats = r->graph->in_floats;
    float *input = vn_xcalloc(AT_ONCE * floats, sizeof *input);
    float *logits = vn_xcalloc(AT_ONCE * classes, sizeof *logits);
    int32_t labels[AT_ONCE];
    enum vn_status status = VN_OK;

    print_header(out, data, all);
    for (size_t at = 0; status == VN_OK && at < data->test.count;
         at += AT_ONCE) {
        size_t n =
            data->test.count - at < AT_ONCE ? data->test.count - at : AT_ONCE;

        for (size_t i = 0; i < n; i++)
            vn_data_example(data, &data->test, at + i, input + i * floats,
                            &labels[i]);
        status = vn_replica_infer(r, (int) n, input, logits, err);
        for (size_t i = 0; status == VN_OK && i < n; i++)
            print_row(out, data, at + i, all, labels[i], logits + i * classes);
    }
    free(input);
    free(logits);
    return status;
}

/* The examples must be of the shape that was trained on. */
static enum vn_status
check_shape(const struct vn_data *data, const struct vn_trained *t,
            const char *what, struct vn_error *err)
{
    const struct vn_shape *a = &data->shape, *b = &t->shape;

    if (a->height == b->height && a->width == b->width
        && a->channels == b->channels && a->classes == b->classes)
        return VN_OK;
    return vn_fail(err, VN_EINVAL,
                   "%s: examples of %d x %d x %d in %d classes, and trained "
                   "was on %d x %d x %d in %d",
                   what, a->height, a->width, a->channels, a->classes,
                   b->height, b->width, b->channels, b->classes);
}

static enum vn_status
compute(const struct wish *w, struct vn_trained *t, struct vn_data *data,
        FILE *out, struct vn_error *err)
{
    const struct vn_train train = {.batch = 1, .vnodes = 1, .exact = true};
    struct vn_replica r = {
        .graph = t->graph, .train = &train, .data = data, .cpu = -1};
    struct vn_specs specs;
    enum vn_status status = vn_specs_read(w->device, &specs, err);

    if (status != VN_OK)
        return status;
    r.spec = specs.list[0];
    status = vn_replica_open(&r, AT_ONCE, err);
    if (status == VN_OK) {
        vn_replica_load(&r, t->checkpoint.state.vectors);
        status = predict_all(&r, data, w->all, out, err);
    }
    vn_replica_close(&r);
    return status;
}

static enum vn_status
predict(const struct wish *w, struct vn_error *err)
{
    struct vn_trained t;
    struct vn_data data = {0};
    struct vn_file file = {0};
    char name[VN_CHECKPOINT_TEXT];
    const char *what = w->data;
    enum vn_status status = vn_trained_open(w->checkpoint, &t, err);

    if (status == VN_OK && t.model->sequence)
        status = vn_fail(err, VN_EUSAGE,
                         "%s: is of a model of tokens, see vnexec sample",
                         w->checkpoint);
    if (status == VN_OK) {
        const struct vn_data_options o = {.given = &t.checkpoint.normal,
                                          .classes = t.shape.classes,
                                          .whole = true};

        vn_checkpoint_value(&t.checkpoint, "data", name, sizeof name);
        what = what != NULL ? what : name;
        status = vn_data_open(what, t.model, 0, &o, &data, err);
    }
    if (status == VN_OK)
        status = check_shape(&data, &t, what, err);
    if (status == VN_OK)
        status = vn_file_create(&file, w->output, err);
    if (status == VN_OK)
        status = compute(w, &t, &data, file.stream, err);
    if (status == VN_OK)
        status = vn_file_commit(&file, err);
    else
        vn_file_discard(&file);
    vn_data_close(&data);
    vn_trained_close(&t);
    return status;
}

int
vn_command_predict(int argc, char **argv)
{
    struct vn_args args = vn_args_begin(argc, argv, options, NOPTIONS);
    struct wish w = {.device = "host", .output = "-"};
    struct vn_error err = {0};
    const char *value;
    enum vn_status status;
    int i;

    while ((i = vn_args_next(&args, &value, &err)) >= 0)
        if (i == ALL)
            w.all = true;
        else
            *(i == DATA      ? &w.data
              : i == DEVICES ? &w.device
                             : &w.output) = value;
    if (i == VN_ARGS_HELP) {
        printf("usage: vnexec predict CHECKPOINT [options]\n\n"
               "Write the class of each example of a test, or of all there "
               "are.\n\n");
        vn_option_help(stdout, options, NOPTIONS);
        return 0;
    }
    if (i == VN_ARGS_FAILED) {
        status = VN_EUSAGE;
    } else if (args.nrest != 1) {
        status = vn_fail(&err, VN_EUSAGE, "predict needs one checkpoint");
    } else {
        w.checkpoint = args.rest[0];
        status = predict(&w, &err);
    }
    if (status == VN_OK)
        return 0;
    vn_error_print(stderr, "vnexec", &err);
    return vn_error_exit(&err);
}
