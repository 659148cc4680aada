/*
 * Each layer's backward against finite differences in double.
 *
 * The forward pass is written here a second time, in double and straight from
 * the formulas; its loss is differenced in elements of every parameter, and
 * the quotient compared with the gradient that the reference device sums up.
 */
#include "config.h"

#include "base/rng.h"
#include "base/xalloc.h"
#include "t/tap.h"
#include "vnode_exec/model/model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    EXAMPLES = 5,
    SAMPLES = 12 /* elements of each parameter */
};

static const double epsilon = 1e-5; /* of the norms */

/* The double twin of a pass. */
struct twin {
    const struct vn_graph *g;
    const double *params;
    const float *images;
    const int32_t *ids, *labels;
    double *value[VN_GRAPH_LAYERS];
};

static size_t
size_of(const struct vn_node *n)
{
    return EXAMPLES * n->rows * n->width;
}

static const double *
param(const struct twin *t, const struct vn_node *n, int i)
{
    return t->params + t->g->params[n->params[i]].offset;
}

static void
twin_linear(struct twin *t, const struct vn_node *n, double *y)
{
    const struct vn_node *in = &t->g->nodes[n->inputs[0]];
    size_t k = in->rows * in->width / n->rows, w = n->width;
    const double *x = t->value[in->id], *a = param(t, n, 0);

    for (size_t i = 0; i < size_of(n); i++) {
        size_t row = i / w, col = i % w;

        y[i] = n->params[1] >= 0 ? param(t, n, 1)[col] : 0;
        for (size_t j = 0; j < k; j++)
            y[i] += x[row * k + j]
                    * (n->transposed ? a[col * k + j] : a[j * w + col]);
        if (n->inputs[1] >= 0)
            y[i] += t->value[n->inputs[1]][i];
        y[i] = n->relu ? fmax(y[i], 0) : y[i];
    }
}

static void
twin_conv(struct twin *t, const struct vn_node *n, double *y)
{
    const struct vn_conv *s = &n->conv;
    const double *x = t->value[n->inputs[0]], *w = param(t, n, 0);
    int oc = s->out_channels, ic = s->in_channels;

    for (int i = 0; i < (int) size_of(n); i++) {
        int c = i % oc, ox = i / oc % s->out_width;
        int oy = i / oc / s->out_width % s->out_height;
        int e = i / oc / s->out_width / s->out_height;

        y[i] = 0;
        for (int k = 0; k < s->size * s->size * ic; k++) {
            int iy = oy * s->stride - s->pad + k / ic / s->size;
            int ix = ox * s->stride - s->pad + k / ic % s->size;

            if (iy >= 0 && iy < s->in_height && ix >= 0 && ix < s->in_width)
                y[i] += x[((e * s->in_height + iy) * s->in_width + ix) * ic
                          + k % ic]
                        * w[k * oc + c];
        }
    }
}

/* Over `count` values `stride` apart: y = (x - mean) / deviation. */
static void
standardise(const double *x, size_t count, size_t stride, double *y)
{
    double mean = 0, square = 0;

    for (size_t i = 0; i < count; i++)
        mean += x[i * stride] / (double) count;
    for (size_t i = 0; i < count; i++)
        square += pow(x[i * stride] - mean, 2) / (double) count;
    for (size_t i = 0; i < count; i++)
        y[i * stride] = (x[i * stride] - mean) / sqrt(square + epsilon);
}

static void
twin_norm(struct twin *t, const struct vn_node *n, double *y)
{
    const double *x = t->value[n->inputs[0]];
    size_t w = n->width, rows = EXAMPLES * n->rows;
    bool batch = strcmp(n->layer->name, "batch norm") == 0;

    for (size_t i = 0; i < (batch ? w : rows); i++)
        standardise(x + (batch ? i : i * w), batch ? rows : w, batch ? w : 1,
                    y + (batch ? i : i * w));
    for (size_t i = 0; i < size_of(n); i++) {
        y[i] = y[i] * param(t, n, 0)[i % w] + param(t, n, 1)[i % w];
        if (n->inputs[1] >= 0)
            y[i] += t->value[n->inputs[1]][i];
        y[i] = n->relu ? fmax(y[i], 0) : y[i];
    }
}

static void
twin_pool(struct twin *t, const struct vn_node *n, double *y)
{
    const struct vn_node *in = &t->g->nodes[n->inputs[0]];

    memset(y, 0, size_of(n) * sizeof *y);
    for (size_t i = 0; i < size_of(in); i++)
        y[i / in->width / in->rows * in->width + i % in->width] +=
            t->value[in->id][i] / (double) in->rows;
}

static void
twin_embed(struct twin *t, const struct vn_node *n, double *y)
{
    for (size_t i = 0; i < size_of(n); i++) {
        size_t row = i / n->width, col = i % n->width;

        y[i] = param(t, n, 0)[(size_t) t->ids[row] * n->width + col]
               + param(t, n, 1)[row % n->rows * n->width + col];
    }
}

/* One row of one head of one example. */
static void
twin_attend(const struct vn_node *n, const double *qkv, size_t row,
            size_t head, double *y)
{
    size_t d = n->width / (size_t) n->heads, w = 3 * n->width;
    const double *q = qkv + row * w + head * d;
    double total = 0;

    for (size_t j = 0; j <= row; j++) {
        const double *k = qkv + j * w + n->width + head * d;
        double s = 0;

        for (size_t i = 0; i < d; i++)
            s += q[i] * k[i];
        s = exp(s / sqrt((double) d));
        total += s;
        for (size_t i = 0; i < d; i++)
            y[i] += s * k[n->width + i];
    }
    for (size_t i = 0; i < d; i++)
        y[i] /= total;
}

static void
twin_attention(struct twin *t, const struct vn_node *n, double *y)
{
    size_t d = n->width / (size_t) n->heads;

    memset(y, 0, size_of(n) * sizeof *y);
    for (size_t e = 0; e < EXAMPLES; e++)
        for (size_t row = 0; row < n->rows; row++)
            for (size_t h = 0; h < (size_t) n->heads; h++)
                twin_attend(
                    n, t->value[n->inputs[0]] + e * n->rows * 3 * n->width,
                    row, h, y + (e * n->rows + row) * n->width + h * d);
}

static void
twin_gelu(struct twin *t, const struct vn_node *n, double *y)
{
    const double *x = t->value[n->inputs[0]];

    for (size_t i = 0; i < size_of(n); i++)
        y[i] = x[i] * 0.5 * (1 + erf(x[i] / sqrt(2)));
}

/* The mean loss, in y[0]. */
static void
twin_loss(struct twin *t, const struct vn_node *n, double *y)
{
    size_t rows = EXAMPLES * n->rows, w = n->width;
    const double *x = t->value[n->inputs[0]];

    y[0] = 0;
    for (size_t r = 0; r < rows; r++) {
        double total = 0;

        for (size_t j = 0; j < w; j++)
            total += exp(x[r * w + j]);
        y[0] +=
            (log(total) - x[r * w + (size_t) t->labels[r]]) / (double) rows;
    }
}

static void
twin_join(struct twin *t, const struct vn_node *n, double *y)
{
    for (size_t i = 0; i < size_of(n); i++) {
        y[i] = t->value[n->inputs[0]][i];
        if (n->inputs[1] >= 0)
            y[i] += t->value[n->inputs[1]][i];
        if (strcmp(n->layer->name, "relu") == 0)
            y[i] = fmax(y[i], 0);
    }
}

/* As drawn for the places 0, 1, ... of training with seed 0. */
static void
twin_drop(struct twin *t, const struct vn_node *n, double *y)
{
    size_t one = n->rows * n->width;
    float *mask = vn_xcalloc(one, sizeof *mask);

    for (size_t i = 0; i < size_of(n); i++) {
        if (i % one == 0)
            vn_drop_mask(0, n->id, i / one, n->drop, one, mask);
        y[i] = t->value[n->inputs[0]][i] * (double) mask[i % one]
               / (1 - (double) n->drop);
    }
    free(mask);
}

static void
twin_input(struct twin *t, const struct vn_node *n, double *y)
{
    for (size_t i = 0; t->images != NULL && i < size_of(n); i++)
        y[i] = t->images[i];
}

static const struct {
    const char *name;
    void (*forward)(struct twin *t, const struct vn_node *n, double *y);
} twins[] = {
    {"input", twin_input},         {"linear", twin_linear},
    {"linear, relu", twin_linear}, {"convolution", twin_conv},
    {"batch norm", twin_norm},     {"layer norm", twin_norm},
    {"mean pool", twin_pool},      {"embedding", twin_embed},
    {"attention", twin_attention}, {"gelu", twin_gelu},
    {"cross-entropy", twin_loss},  {"dropout", twin_drop},
    {"copy", twin_join},           {"add", twin_join},
    {"relu", twin_join},
};

static double
twin_run(struct twin *t)
{
    for (int i = 0; i < t->g->nnodes; i++)
        for (size_t j = 0; j < sizeof twins / sizeof twins[0]; j++)
            if (strcmp(twins[j].name, t->g->nodes[i].layer->name) == 0)
                twins[j].forward(t, &t->g->nodes[i], t->value[i]);
    return t->value[t->g->nnodes - 1][0];
}

/* The gradient of every parameter as the device sums it. */
static void
device_gradient(const struct vn_graph *g, const float *params,
                const void *input, const int32_t *labels, double *gradient,
                double *loss)
{
    const struct vn_device_options options = {.threads = 1, .cpu = -1};
    struct vn_layout layout;
    struct vn_device *dev;
    struct vn_error err;
    int64_t *sums = vn_xcalloc(g->vector, sizeof *sums),
            tally[VN_TALLIES] = {0};
    uint32_t *largest = vn_xcalloc(VN_GRAPH_PARAMS, sizeof *largest);
    double scale[VN_GRAPH_PARAMS];
    struct vn_pass pass = {.graph = g,
                           .layout = &layout,
                           .examples = EXAMPLES,
                           .training = true,
                           .params = params,
                           .input = input,
                           .labels = labels,
                           .weight = 1.0F / EXAMPLES,
                           .tally = tally,
                           .exact = true,
                           .sums = sums,
                           .scale = scale,
                           .largest = largest};

    for (int i = 0; i < VN_GRAPH_PARAMS; i++)
        scale[i] = 0x1p40;
    vn_graph_layout(g, EXAMPLES, true, &layout);
    if (vn_backend_reference.open(&options, &dev, &err) != VN_OK)
        exit(1);
    pass.dev = dev;
    pass.memory = vn_xcalloc(layout.total, sizeof(float));
    pass.masks = vn_xcalloc(EXAMPLES * g->masks, sizeof(float));
    vn_pass_run(&pass);
    for (size_t i = 0; i < g->vector; i++)
        gradient[i] = (double) sums[i] * 0x1p-40;
    *loss = ((double) tally[VN_TALLY_WHOLE]
             + (double) tally[VN_TALLY_PART] * 0x1p-32)
            / (double) (EXAMPLES * g->labels);
    dev->backend->close(dev);
    free(pass.memory);
    free(pass.masks);
    free(sums);
    free(largest);
}

static void
check_param(struct twin *t, double *params, int number, const double *gradient,
            struct vn_rng *rng)
{
    const struct vn_param *p = &t->g->params[number];
    double worst = 0, largest = 0;

    for (int i = 0; i < SAMPLES; i++) {
        size_t at = p->offset + vn_rng_below(rng, p->size);
        double kept = params[at], h = 1e-5, up, down, slope;

        params[at] = kept + h;
        up = twin_run(t);
        params[at] = kept - h;
        down = twin_run(t);
        params[at] = kept;
        slope = (up - down) / (2 * h);
        worst = fmax(worst, fabs(slope - gradient[at]));
        largest = fmax(largest, fabs(slope));
    }
    is_near(worst / (largest + 1e-4), 0, 2e-3, "gradient of %s", p->name);
}

static void
check_graph(const char *name, const struct vn_graph *g)
{
    struct vn_rng rng = vn_rng_stream(2385, 1, 0);
    size_t in = EXAMPLES * (g->in_floats + g->in_ids);
    float *images = vn_xcalloc(in, sizeof *images);
    float *params = vn_xcalloc(g->vector, sizeof *params);
    double *precise = vn_xcalloc(g->vector, sizeof *precise);
    double *gradient = vn_xcalloc(g->vector, sizeof *gradient), loss;
    int32_t *ids = vn_xcalloc(in, sizeof *ids);
    int32_t *labels = vn_xcalloc(EXAMPLES * g->labels, sizeof *labels);
    struct twin t = {.g = g, .params = precise, .ids = ids, .labels = labels};

    t.images = g->in_floats > 0 ? images : NULL;
    for (size_t i = 0; i < in; i++) {
        images[i] = (float) (vn_rng_uniform(&rng) * 2 - 1);
        ids[i] = (int32_t) vn_rng_below(&rng, (uint64_t) g->classes);
    }
    for (size_t i = 0; i < EXAMPLES * g->labels; i++)
        labels[i] = (int32_t) vn_rng_below(&rng, (uint64_t) g->classes);
    vn_graph_initialise(g, 7, params);
    for (size_t i = 0; i < g->vector; i++) {
        params[i] += (float) (vn_rng_uniform(&rng) - 0.5) * 0.2F;
        precise[i] = params[i];
    }
    for (int i = 0; i < g->nnodes; i++)
        t.value[i] = vn_xcalloc(size_of(&g->nodes[i]), sizeof(double));
    device_gradient(g, params, t.images != NULL ? (void *) images : ids,
                    labels, gradient, &loss);
    is_near(loss, twin_run(&t), 1e-5, "loss of %s", name);
    for (int i = 0; i < g->nparams; i++)
        if (g->params[i].kind != VN_STATISTIC)
            check_param(&t, precise, i, gradient, &rng);
    for (int i = 0; i < g->nnodes; i++)
        free(t.value[i]);
    free(images);
    free(params);
    free(precise);
    free(gradient);
    free(ids);
    free(labels);
}

/* A model file, built for images of 6 x 5 in two colours. */
static void
check_file(const char *name, const char *text)
{
    static struct vn_graph g;
    const struct vn_shape shape = {6, 5, 2, 4};
    struct vn_model *model;
    struct vn_error err = {0};

    g = (struct vn_graph){.nnodes = 0};
    if (vn_model_parse(text, strlen(text), name, name, &model, &err) != VN_OK
        || vn_model_build(model, &shape, &g, &err) != VN_OK)
        ok(false, "%s is read: %ld:%ld: %s", name, err.line, err.column,
           err.text);
    else
        check_graph(name, &g);
    vn_model_close(model);
}

/* Paths that the shipped models do not have. */
static void
check_files(void)
{
    check_file("a network that normalises before it adds",
               "learns: images\nlayers:\n"
               "  - batchnorm: {}\n  - conv: 3\n    relu: true\n"
               "  - residual:\n      - batchnorm: {}\n        relu: true\n"
               "      - conv: 3\n      - relu\n      - conv: 3\n"
               "    relu: true\n"
               "  - residual:\n      - relu\n      - conv: 4\n"
               "        stride: 2\n"
               "    shortcut:\n      - batchnorm: {}\n      - conv: 4\n"
               "        stride: 2\n        size: 1\n"
               "  - residual:\n      - residual: [gelu]\n      - gelu\n"
               "  - layernorm: {}\n  - pool\n  - linear: classes\n");
    check_file("a perceptron with residuals",
               "learns: images\nlayers:\n"
               "  - residual: [gelu, relu]\n"
               "  - linear: 7\n"
               "  - residual:\n      - gelu\n      - linear: 7\n"
               "      - residual: [linear: 7]\n        relu: yes\n"
               "    relu: true\n"
               "  - residual: [layernorm: {}]\n  - dropout: 0.4\n"
               "  - residual:\n      - dropout: 0.3\n      - linear: 7\n"
               "  - linear: classes\n");
}

/* How many are let through, and that no two draws are alike. */
static void
check_masks(void)
{
    enum {
        N = 100000
    };
    float *mask = vn_xcalloc(N, sizeof *mask), *other;
    double kept = 0, alike = 0;

    other = vn_xcalloc(N, sizeof *other);
    vn_drop_mask(5, 3, 17, 0.3F, N, mask);
    vn_drop_mask(5, 3, 18, 0.3F, N, other);
    for (int i = 0; i < N; i++) {
        kept += (double) mask[i];
        alike += (double) (mask[i] * other[i]);
    }
    /* Five standard deviations. */
    is_near(kept / N, 0.7, 5 * sqrt(0.21 / N),
            "dropout keeps as many as said");
    is_near(alike / N, 0.49, 5 * sqrt(0.25 / N),
            "and others of the next example");
    free(mask);
    free(other);
}

static struct vn_graph graph;

int
main(void)
{
    struct vn_graph *g = &graph;
    int at, table, residual;

    at = vn_graph_images(g, 5, 6, 2);
    at = vn_graph_linear(g, "fc1", at, 9, true, -1, 0.3F);
    residual = at;
    at = vn_graph_linear(g, "fc2", at, 9, false, residual, 0.3F);
    vn_graph_loss(g, vn_graph_linear(g, "fc3", at, 7, false, -1, 0.3F));
    check_graph("a perceptron", g);

    *g = (struct vn_graph){.nnodes = 0};
    at = vn_graph_images(g, 8, 7, 3);
    at = vn_graph_conv(g, "conv", at, 5, 3, 1);
    residual = at = vn_graph_batchnorm(g, "norm", at, -1, true);
    at = vn_graph_conv(g, "same", at, 5, 3, 1);
    residual = at = vn_graph_batchnorm(g, "add", at, residual, true);
    residual = vn_graph_conv(g, "short", residual, 6, 1, 2);
    at = vn_graph_conv(g, "half", at, 6, 3, 2);
    at = vn_graph_batchnorm(g, "last", at, residual, false);
    at = vn_graph_pool(g, at);
    vn_graph_loss(g, vn_graph_linear(g, "fc", at, 4, false, -1, 0.3F));
    check_graph("a residual network", g);

    *g = (struct vn_graph){.nnodes = 0};
    at = vn_graph_tokens(g, 6);
    residual = at = vn_graph_embed(g, "embed", at, 11, 8);
    table = g->nodes[at].params[0];
    at = vn_graph_layernorm(g, "norm", at);
    at = vn_graph_linear(g, "qkv", at, 24, false, -1, 0.3F);
    at = vn_graph_attention(g, at, 2);
    residual = at = vn_graph_linear(g, "out", at, 8, false, residual, 0.3F);
    at = vn_graph_layernorm(g, "norm2", at);
    at = vn_graph_gelu(g, vn_graph_linear(g, "up", at, 16, false, -1, 0.3F));
    at = vn_graph_linear(g, "down", at, 8, false, residual, 0.3F);
    vn_graph_loss(g, vn_graph_tied(g, at, table, 11));
    check_graph("a transformer", g);
    check_files();
    check_masks();
    return done_testing();
}
