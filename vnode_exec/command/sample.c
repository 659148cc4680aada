/*
 * vnexec sample: tokens that follow others, one after another, each drawn
 * from what a checkpoint's model says of the ones before it.
 */
#include "config.h"

#include "vnode_exec/command/command.h"

#include "base/file.h"
#include "base/option.h"
#include "base/rng.h"
#include "base/xalloc.h"
#include "vnode_exec/train/replica.h"
#include "vnode_exec/trained.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PROMPT,
    TOKENS,
    TEMPERATURE,
    SEED,
    DEVICES,
    NOPTIONS,
    PURPOSE_SAMPLE = 0x73616d70
};

static const struct vn_option options[NOPTIONS] = {
    [PROMPT] = {"prompt", "TEXT",
                "what they follow; of a model that is not of bytes, numbers "
                "[a newline, or 0]",
                'p'},
    [TOKENS] = {"tokens", "N", "how many [200]", 'n'},
    [TEMPERATURE] = {"temperature", "X",
                     "0: the likeliest each time; 1: as likely as said [1]",
                     't'},
    [SEED] = {"seed", "N", "of what is drawn [1]", 's'},
    [DEVICES] = {"devices", "DEVICE", "what computes [host]", 'D'},
};

struct wish {
    const char *checkpoint, *prompt, *device;
    int64_t tokens, seed;
    double temperature;
};

/* A token, drawn from logits; the first largest at temperature 0. */
static int32_t
draw(const float *logits, int n, double temperature, struct vn_rng *rng)
{
    double sum = 0, at, u = vn_rng_uniform(rng);
    int best = 0;

    for (int i = 1; i < n; i++)
        best = logits[i] > logits[best] ? i : best;
    if (temperature == 0)
        return best;
    for (int i = 0; i < n; i++)
        sum += exp((double) (logits[i] - logits[best]) / temperature);
    at = u * sum;
    for (int i = 0; i < n; i++) {
        at -= exp((double) (logits[i] - logits[best]) / temperature);
        if (at < 0)
            return i;
    }
    return best;
}

/* The tokens of a prompt: its bytes, or numbers. */
static enum vn_status
read_prompt(const char *prompt, int classes, int32_t **ids, size_t *n,
            struct vn_error *err)
{
    bool bytes = classes == 256;
    const char *text = prompt != NULL ? prompt : bytes ? "\n" : "0";
    size_t length = strlen(text);

    *ids = vn_xcalloc(length + 1, sizeof **ids);
    *n = 0;
    if (bytes) {
        for (size_t i = 0; i < length; i++)
            (*ids)[(*n)++] = (unsigned char) text[i];
    } else {
        while (*text != '\0') {
            char *end;
            long id = strtol(text, &end, 10);

            if (end == text || id < 0 || id >= classes)
                return vn_args_refuse(err, "prompt", prompt,
                                      "tokens as numbers with blanks between, "
                                      "each one that the model knows");
            (*ids)[(*n)++] = (int32_t) id;
            text = end + strspn(end, " ,");
        }
    }
    return *n > 0 ? VN_OK
                  : vn_args_refuse(err, "prompt", prompt, "a token at least");
}

/* Tokens beyond the context are forgotten; those that do not fill it stand
 * in front, and what is behind them is not looked at. */
static enum vn_status
go_on(struct vn_replica *r, const struct wish *w, int classes, int32_t *ids,
      size_t n, struct vn_error *err)
{
    size_t context = r->graph->in_ids;
    float *logits = vn_xcalloc(context * (size_t) classes, sizeof *logits);
    int32_t *window = vn_xcalloc(context, sizeof *window);
    struct vn_rng rng = vn_rng_stream((uint64_t) w->seed, PURPOSE_SAMPLE, 0);
    enum vn_status status = VN_OK;

    for (int64_t i = 0; status == VN_OK && i < w->tokens; i++) {
        size_t used = n < context ? n : context;
        int32_t next;

        memset(window, 0, context * sizeof *window);
        memcpy(window, ids + n - used, used * sizeof *window);
        status = vn_replica_infer(r, 1, window, logits, err);
        if (status != VN_OK)
            break;
        next = draw(logits + (used - 1) * (size_t) classes, classes,
                    w->temperature, &rng);
        ids[n++] = next;
        if (classes == 256)
            putchar(next);
        else
            printf("%d\n", (int) next);
    }
    free(logits);
    free(window);
    return status;
}

static enum vn_status
sample(const struct wish *w, struct vn_error *err)
{
    const struct vn_train train = {.batch = 1, .vnodes = 1, .exact = true};
    const struct vn_data data = {0};
    struct vn_replica r = {.train = &train, .data = &data, .cpu = -1};
    struct vn_specs specs;
    struct vn_trained t;
    int32_t *ids = NULL;
    size_t n = 0;
    bool open = false;
    enum vn_status status = vn_trained_open(w->checkpoint, &t, err);

    if (status == VN_OK && !t.model->sequence)
        status = vn_fail(err, VN_EUSAGE,
                         "%s: is of a model of images, see vnexec predict",
                         w->checkpoint);
    if (status == VN_OK)
        status = vn_specs_read(w->device, &specs, err);
    if (status == VN_OK)
        status = read_prompt(w->prompt, t.shape.classes, &ids, &n, err);
    if (status == VN_OK) {
        r.graph = t.graph;
        r.spec = specs.list[0];
        open = true;
        status = vn_replica_open(&r, 1, err);
    }
    if (status == VN_OK) {
        ids = vn_xrealloc(ids, n + (size_t) w->tokens, sizeof *ids);
        vn_replica_load(&r, t.checkpoint.state.vectors);
        status = go_on(&r, w, t.shape.classes, ids, n, err);
        if (status == VN_OK && t.shape.classes == 256)
            putchar('\n');
    }
    if (open)
        vn_replica_close(&r);
    free(ids);
    vn_trained_close(&t);
    return status;
}

static enum vn_status
take(struct wish *w, int option, const char *value, struct vn_error *err)
{
    switch (option) {
    case PROMPT:
        w->prompt = value;
        return VN_OK;
    case TOKENS:
        return vn_option_int("tokens", value, 0, 1 << 24, &w->tokens, err);
    case TEMPERATURE:
        return vn_option_real("temperature", value, 0, 1000, &w->temperature,
                              err);
    case SEED:
        return vn_option_int("seed", value, 0, INT64_MAX, &w->seed, err);
    default:
        w->device = value;
        return VN_OK;
    }
}

int
vn_command_sample(int argc, char **argv)
{
    struct vn_args args = vn_args_begin(argc, argv, options, NOPTIONS);
    struct wish w = {
        .device = "host", .tokens = 200, .seed = 1, .temperature = 1};
    struct vn_error err = {0};
    const char *value;
    enum vn_status status = VN_OK;
    int i = 0;

    while (status == VN_OK && (i = vn_args_next(&args, &value, &err)) >= 0)
        status = take(&w, i, value, &err);
    if (status == VN_OK && i == VN_ARGS_HELP) {
        printf("usage: vnexec sample CHECKPOINT [options]\n\n"
               "Write tokens that follow a prompt, as a model of tokens has "
               "them.\n\n");
        vn_option_help(stdout, options, NOPTIONS);
        return 0;
    }
    if (status == VN_OK && i == VN_ARGS_FAILED)
        status = VN_EUSAGE;
    if (status == VN_OK && args.nrest != 1)
        status = vn_fail(&err, VN_EUSAGE, "sample needs one checkpoint");
    if (status == VN_OK) {
        w.checkpoint = args.rest[0];
        status = sample(&w, &err);
    }
    if (status == VN_OK)
        return vn_file_end_output("vnexec", 0);
    vn_error_print(stderr, "vnexec", &err);
    return vn_error_exit(&err);
}
