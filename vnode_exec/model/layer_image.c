/* Layers of image models: convolution, batch norm, pooling. */
#include "config.h"

#include "vnode_exec/model/graph.h"

#include <math.h>

static struct vn_conv
conv_shape(const struct vn_pass *pass, const struct vn_node *node)
{
    struct vn_conv s = node->conv;

    s.examples = pass->examples;
    return s;
}

static void
conv_forward(struct vn_pass *pass, const struct vn_node *node)
{
    struct vn_conv s = conv_shape(pass, node);

    pass->dev->backend->conv_forward(
        pass->dev, &s, vn_pass_value(pass, node->inputs[0]),
        vn_pass_param(pass, node, 0), vn_pass_value(pass, node->id));
}

static void
conv_backward(struct vn_pass *pass, const struct vn_node *node)
{
    const struct vn_backend *b = pass->dev->backend;
    struct vn_conv s = conv_shape(pass, node);
    const float *dy = vn_pass_grad(pass, node->id);
    float *dw = vn_pass_work(pass, node);
    int from = node->inputs[0];

    b->conv_backward_weights(pass->dev, &s, vn_pass_value(pass, from), dy, dw);
    vn_pass_contribute(pass, node, 0, dw, 1);
    if (vn_pass_wants(pass, from)) {
        bool add = vn_pass_adds(pass, from);

        b->conv_backward_data(pass->dev, &s, dy, vn_pass_param(pass, node, 0),
                              add, vn_pass_grad(pass, from));
    }
}

static const struct vn_layer layer_conv = {"convolution", true, false,
                                           conv_forward, conv_backward};

int
vn_graph_conv(struct vn_graph *g, const char *name, int input, int out,
              int size, int stride)
{
    const struct vn_node *in = &g->nodes[input];
    int width = (int) in->rows / in->height, pad = size / 2;
    struct vn_conv s = {.in_height = in->height,
                        .in_width = width,
                        .in_channels = (int) in->width,
                        .out_height =
                            (in->height + 2 * pad - size) / stride + 1,
                        .out_width = (width + 2 * pad - size) / stride + 1,
                        .out_channels = out,
                        .size = size,
                        .stride = stride,
                        .pad = pad};
    size_t k = (size_t) (size * size) * in->width;
    /* He et al., "Delving deep into rectifiers" (ICCV 2015), equation 10. */
    int w = vn_graph_param(g, name, "weight", VN_WEIGHT, k * (size_t) out,
                           sqrtf(2 / (float) k), 0);

    vn_graph_form(g, w, VN_FORM_CONV, (size_t) size, (size_t) size, in->width,
                  (size_t) out);
    return vn_graph_append(g, &(struct vn_node){.layer = &layer_conv,
                                                .inputs = {input, -1},
                                                .params = {w, -1, -1, -1},
                                                .rows = (size_t) s.out_height
                                                        * (size_t) s.out_width,
                                                .width = (size_t) out,
                                                .height = s.out_height,
                                                .work_fixed = k * (size_t) out,
                                                .conv = s});
}

/* Saved: mean, rstd, square.  Parameters: gamma, beta, mean, square. */
static void
batchnorm_forward(struct vn_pass *pass, const struct vn_node *node)
{
    const struct vn_backend *b = pass->dev->backend;
    size_t rows = (size_t) pass->examples * node->rows, c = node->width;
    const float *x = vn_pass_value(pass, node->inputs[0]);
    const float *gamma = vn_pass_param(pass, node, 0);
    const float *beta = vn_pass_param(pass, node, 1);
    const float *residual =
        node->inputs[1] >= 0 ? vn_pass_value(pass, node->inputs[1]) : NULL;
    float *y = vn_pass_value(pass, node->id);
    float *mean = vn_pass_saved(pass, node);

    if (!pass->training) {
        b->batchnorm_infer(pass->dev, rows, c, x, gamma, beta, residual,
                           node->relu, vn_pass_param(pass, node, 2),
                           vn_pass_param(pass, node, 3), y);
        return;
    }
    b->batchnorm_forward(pass->dev, rows, c, x, gamma, beta, residual,
                         node->relu, y, mean, mean + c, mean + 2 * c);
    vn_pass_contribute(pass, node, 2, mean,
                       (float) pass->examples * pass->weight);
    vn_pass_contribute(pass, node, 3, mean + 2 * c,
                       (float) pass->examples * pass->weight);
}

static void
batchnorm_backward(struct vn_pass *pass, const struct vn_node *node)
{
    size_t rows = (size_t) pass->examples * node->rows, c = node->width;
    const float *mean = vn_pass_saved(pass, node);
    float *work = vn_pass_work(pass, node), *dresidual = NULL;
    bool add = false;

    if (node->inputs[1] >= 0) {
        add = vn_pass_adds(pass, node->inputs[1]);
        dresidual = vn_pass_grad(pass, node->inputs[1]);
    }
    (void) vn_pass_adds(pass, node->inputs[0]);
    pass->dev->backend->batchnorm_backward(
        pass->dev, rows, c, vn_pass_value(pass, node->inputs[0]),
        vn_pass_param(pass, node, 0), node->relu,
        vn_pass_value(pass, node->id), mean, mean + c,
        vn_pass_grad(pass, node->id), vn_pass_grad(pass, node->inputs[0]), add,
        dresidual, work, work + c);
    vn_pass_contribute(pass, node, 0, work, 1);
    vn_pass_contribute(pass, node, 1, work + c, 1);
}

static const struct vn_layer layer_batchnorm = {
    "batch norm", true, true, batchnorm_forward, batchnorm_backward};

int
vn_graph_batchnorm(struct vn_graph *g, const char *name, int input,
                   int residual, bool relu)
{
    const struct vn_node *in = &g->nodes[input];
    size_t c = in->width;

    g->batchnorm = true;
    return vn_graph_append(
        g,
        &(struct vn_node){
            .layer = &layer_batchnorm,
            .inputs = {input, residual},
            .params = {vn_graph_param(g, name, "gamma", VN_BIAS, c, 0, 1),
                       vn_graph_param(g, name, "beta", VN_BIAS, c, 0, 0),
                       vn_graph_param(g, name, "mean", VN_STATISTIC, c, 0, 0),
                       vn_graph_param(g, name, "square", VN_STATISTIC, c, 0,
                                      1)},
            .rows = in->rows,
            .width = c,
            .height = in->height,
            .saved_fixed = 3 * c,
            .work_fixed = 2 * c,
            .relu = relu});
}

static void
pool_forward(struct vn_pass *pass, const struct vn_node *node)
{
    const struct vn_node *in = &pass->graph->nodes[node->inputs[0]];

    pass->dev->backend->pool_forward(
        pass->dev, (size_t) pass->examples, in->rows, in->width,
        vn_pass_value(pass, in->id), vn_pass_value(pass, node->id));
}

static void
pool_backward(struct vn_pass *pass, const struct vn_node *node)
{
    const struct vn_node *in = &pass->graph->nodes[node->inputs[0]];

    (void) vn_pass_adds(pass, in->id);
    pass->dev->backend->pool_backward(
        pass->dev, (size_t) pass->examples, in->rows, in->width,
        vn_pass_grad(pass, node->id), vn_pass_grad(pass, in->id));
}

static const struct vn_layer layer_pool = {"mean pool", false, false,
                                           pool_forward, pool_backward};

int
vn_graph_pool(struct vn_graph *g, int input)
{
    return vn_graph_append(g,
                           &(struct vn_node){.layer = &layer_pool,
                                             .inputs = {input, -1},
                                             .params = {-1, -1, -1, -1},
                                             .rows = 1,
                                             .width = g->nodes[input].width});
}
