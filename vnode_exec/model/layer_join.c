/*
 * Layers that join and split paths, and the activation that stands alone: for
 * models in which no other layer does it on its way.
 */
#include "config.h"

#include "vnode_exec/model/graph.h"

static size_t
floats_of(const struct vn_pass *pass, const struct vn_node *node)
{
    return (size_t) pass->examples * node->rows * node->width;
}

/* Give a gradient to an input that others may give one too. */
static void
give(struct vn_pass *pass, const struct vn_node *node, int to)
{
    const struct vn_backend *b = pass->dev->backend;
    size_t n = floats_of(pass, node);
    const float *dy = vn_pass_grad(pass, node->id);
    float *dx;

    if (!vn_pass_wants(pass, to))
        return;
    dx = vn_pass_grad(pass, to);
    if (vn_pass_adds(pass, to))
        b->add(pass->dev, n, dy, dx);
    else
        b->copy(pass->dev, n * sizeof *dx, dy, dx);
}

static void
copy_forward(struct vn_pass *pass, const struct vn_node *node)
{
    pass->dev->backend->copy(pass->dev, floats_of(pass, node) * sizeof(float),
                             vn_pass_value(pass, node->inputs[0]),
                             vn_pass_value(pass, node->id));
}

static void
copy_backward(struct vn_pass *pass, const struct vn_node *node)
{
    give(pass, node, node->inputs[0]);
}

static const struct vn_layer layer_copy = {"copy", false, false, copy_forward,
                                           copy_backward};

static void
add_forward(struct vn_pass *pass, const struct vn_node *node)
{
    copy_forward(pass, node);
    pass->dev->backend->add(pass->dev, floats_of(pass, node),
                            vn_pass_value(pass, node->inputs[1]),
                            vn_pass_value(pass, node->id));
}

static void
add_backward(struct vn_pass *pass, const struct vn_node *node)
{
    give(pass, node, node->inputs[0]);
    give(pass, node, node->inputs[1]);
}

static const struct vn_layer layer_add = {"add", false, false, add_forward,
                                          add_backward};

/* Forward, the values themselves pass where they are positive. */
static void
relu_forward(struct vn_pass *pass, const struct vn_node *node)
{
    const float *x = vn_pass_value(pass, node->inputs[0]);

    pass->dev->backend->relu_backward(pass->dev, floats_of(pass, node), x, x,
                                      vn_pass_value(pass, node->id));
}

static void
relu_backward(struct vn_pass *pass, const struct vn_node *node)
{
    if (!vn_pass_wants(pass, node->inputs[0]))
        return;
    (void) vn_pass_adds(pass, node->inputs[0]);
    pass->dev->backend->relu_backward(
        pass->dev, floats_of(pass, node), vn_pass_value(pass, node->id),
        vn_pass_grad(pass, node->id), vn_pass_grad(pass, node->inputs[0]));
}

static const struct vn_layer layer_relu = {"relu", false, true, relu_forward,
                                           relu_backward};

static int
append(struct vn_graph *g, const struct vn_layer *layer, int a, int b)
{
    const struct vn_node *in = &g->nodes[a];

    return vn_graph_append(g, &(struct vn_node){.layer = layer,
                                                .inputs = {a, b},
                                                .params = {-1, -1, -1, -1},
                                                .rows = in->rows,
                                                .width = in->width,
                                                .height = in->height});
}

int
vn_graph_copy(struct vn_graph *g, int input)
{
    return append(g, &layer_copy, input, -1);
}

int
vn_graph_add(struct vn_graph *g, int a, int b)
{
    return append(g, &layer_add, a, b);
}

int
vn_graph_relu(struct vn_graph *g, int input)
{
    return append(g, &layer_relu, input, -1);
}
