/* Linear layers: x W + b over each row, and the loss that ends a model. */
#include "config.h"

#include "vnode_exec/model/graph.h"

static size_t
rows_of(const struct vn_pass *pass, const struct vn_node *node)
{
    return (size_t) pass->examples * node->rows;
}

/* A linear layer sees an image as one row. */
static int
depth_of(const struct vn_pass *pass, const struct vn_node *node)
{
    const struct vn_node *in = &pass->graph->nodes[node->inputs[0]];

    return (int) (in->rows * in->width / node->rows);
}

static void
linear_forward(struct vn_pass *pass, const struct vn_node *node)
{
    int m = (int) rows_of(pass, node), n = (int) node->width;
    int k = depth_of(pass, node);
    struct vn_gemm g = {.m = m,
                        .n = n,
                        .k = k,
                        .outer = 1,
                        .inner = 1,
                        .a_row = k,
                        .a_col = 1,
                        .b_row = node->transposed ? 1 : n,
                        .b_col = node->transposed ? k : 1,
                        .c_row = n,
                        .relu = node->relu};

    if (node->params[1] >= 0)
        g.bias = vn_pass_param(pass, node, 1);
    if (node->inputs[1] >= 0)
        g.addend = vn_pass_value(pass, node->inputs[1]);
    pass->dev->backend->gemm(
        pass->dev, &g, vn_pass_value(pass, node->inputs[0]),
        vn_pass_param(pass, node, 0), vn_pass_value(pass, node->id));
}

/* dW = x' dy, or its transpose, goes to the sums; work has room for it. */
static void
linear_weights(struct vn_pass *pass, const struct vn_node *node,
               const float *dy, float *work)
{
    struct vn_sum sum = vn_pass_sum(pass, node, 0);
    int rows = (int) rows_of(pass, node), n = (int) node->width;
    int k = depth_of(pass, node);
    const float *x = vn_pass_value(pass, node->inputs[0]);
    struct vn_gemm g = {.m = k,
                        .n = n,
                        .k = rows,
                        .outer = 1,
                        .inner = 1,
                        .a_row = 1,
                        .a_col = k,
                        .b_row = n,
                        .b_col = 1,
                        .c_row = n};

    if (node->transposed) {
        g.m = g.a_col = n;
        g.n = k;
        g.b_row = g.c_row = k;
        vn_device_gemm_sum(pass->dev, &g, dy, x, work, &sum);
    } else {
        vn_device_gemm_sum(pass->dev, &g, x, dy, work, &sum);
    }
}

static void
linear_backward(struct vn_pass *pass, const struct vn_node *node)
{
    const struct vn_backend *b = pass->dev->backend;
    size_t rows = rows_of(pass, node), n = node->width;
    int k = depth_of(pass, node), from = node->inputs[0];
    float *dy = vn_pass_grad(pass, node->id), *work = vn_pass_work(pass, node);

    if (node->relu)
        b->relu_backward(pass->dev, rows * n, vn_pass_value(pass, node->id),
                         dy, dy);
    if (node->inputs[1] >= 0) {
        float *dr = vn_pass_grad(pass, node->inputs[1]);

        if (vn_pass_adds(pass, node->inputs[1]))
            b->add(pass->dev, rows * n, dy, dr);
        else
            b->copy(pass->dev, rows * n * sizeof *dr, dy, dr);
    }
    linear_weights(pass, node, dy, work);
    if (node->params[1] >= 0) {
        b->column_sum(pass->dev, rows, n, dy, work);
        vn_pass_contribute(pass, node, 1, work, 1);
    }
    if (vn_pass_wants(pass, from)) {
        struct vn_gemm g = {.m = (int) rows,
                            .n = k,
                            .k = (int) n,
                            .outer = 1,
                            .inner = 1,
                            .a_row = (int) n,
                            .a_col = 1,
                            .b_row = node->transposed ? k : 1,
                            .b_col = node->transposed ? 1 : (int) n,
                            .c_row = k,
                            .add = vn_pass_adds(pass, from)};

        b->gemm(pass->dev, &g, dy, vn_pass_param(pass, node, 0),
                vn_pass_grad(pass, from));
    }
}

static const struct vn_layer layer_linear = {"linear", true, false,
                                             linear_forward, linear_backward};

/* With a ReLU backward looks at which outputs are positive. */
static const struct vn_layer layer_linear_relu = {
    "linear, relu", true, true, linear_forward, linear_backward};

int
vn_graph_linear(struct vn_graph *g, const char *name, int input, int out,
                bool relu, int residual, float spread)
{
    const struct vn_node *in = &g->nodes[input];
    bool image = in->height > 0;
    size_t k = image ? in->rows * in->width : in->width;
    size_t size = k * (size_t) out;
    int w = vn_graph_param(g, name, "weight", VN_WEIGHT, size, spread, 0);
    int b = vn_graph_param(g, name, "bias", VN_BIAS, (size_t) out, 0, 0);

    vn_graph_form(g, w, VN_FORM_LINEAR, image ? in->rows : 1, in->width,
                  (size_t) out, 0);
    return vn_graph_append(
        g,
        &(struct vn_node){.layer = relu ? &layer_linear_relu : &layer_linear,
                          .inputs = {input, residual},
                          .params = {w, b, -1, -1},
                          .rows = image ? 1 : in->rows,
                          .width = (size_t) out,
                          .work_fixed = size,
                          .relu = relu});
}

int
vn_graph_tied(struct vn_graph *g, int input, int param, int out)
{
    const struct vn_node *in = &g->nodes[input];

    g->params[param].uses++;
    return vn_graph_append(
        g, &(struct vn_node){.layer = &layer_linear,
                             .inputs = {input, -1},
                             .params = {param, -1, -1, -1},
                             .rows = in->rows,
                             .width = (size_t) out,
                             .work_fixed = g->params[param].size,
                             .transposed = true});
}

/* Training, the loss and its gradient come out of one pass over the logits. */
static void
loss_forward(struct vn_pass *pass, const struct vn_node *node)
{
    if (!pass->training)
        pass->dev->backend->cross_entropy(pass->dev, rows_of(pass, node),
                                          node->width,
                                          vn_pass_value(pass, node->inputs[0]),
                                          pass->labels, 0, NULL, pass->tally);
}

static void
loss_backward(struct vn_pass *pass, const struct vn_node *node)
{
    int from = node->inputs[0];

    (void) vn_pass_adds(pass, from);
    pass->dev->backend->cross_entropy(
        pass->dev, rows_of(pass, node), node->width, vn_pass_value(pass, from),
        pass->labels, pass->weight / (float) node->rows,
        vn_pass_grad(pass, from), pass->tally);
}

static const struct vn_layer layer_loss = {"cross-entropy", true, false,
                                           loss_forward, loss_backward};

int
vn_graph_loss(struct vn_graph *g, int input)
{
    const struct vn_node *in = &g->nodes[input];

    g->classes = (int) in->width;
    return vn_graph_append(g, &(struct vn_node){.layer = &layer_loss,
                                                .inputs = {input, -1},
                                                .params = {-1, -1, -1, -1},
                                                .rows = in->rows,
                                                .width = in->width});
}
