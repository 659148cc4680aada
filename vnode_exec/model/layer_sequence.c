/* Layers of sequence models: embedding, layer norm, attention, GELU. */
#include "config.h"

#include "vnode_exec/model/graph.h"

#include <math.h>

static void
embed_forward(struct vn_pass *pass, const struct vn_node *node)
{
    pass->dev->backend->embed_forward(
        pass->dev, (size_t) pass->examples * node->rows, node->width,
        node->rows, pass->input, vn_pass_param(pass, node, 0),
        vn_pass_param(pass, node, 1), vn_pass_value(pass, node->id));
}

static void
embed_backward(struct vn_pass *pass, const struct vn_node *node)
{
    size_t table = pass->graph->params[node->params[0]].size;
    float *work = vn_pass_work(pass, node);

    pass->dev->backend->embed_backward(
        pass->dev, (size_t) pass->examples * node->rows, node->width,
        node->rows, table / node->width, pass->input,
        vn_pass_grad(pass, node->id), work, work + table);
    vn_pass_contribute(pass, node, 0, work, 1);
    vn_pass_contribute(pass, node, 1, work + table, 1);
}

static const struct vn_layer layer_embed = {"embedding", false, false,
                                            embed_forward, embed_backward};

int
vn_graph_embed(struct vn_graph *g, const char *name, int input, int vocabulary,
               int width)
{
    size_t context = g->nodes[input].rows, w = (size_t) width;
    size_t size = (size_t) vocabulary * w;
    int t = vn_graph_param(g, name, "token", VN_WEIGHT, size, 0.02F, 0);
    int p =
        vn_graph_param(g, name, "position", VN_WEIGHT, context * w, 0.02F, 0);

    vn_graph_form(g, t, VN_FORM_TABLE, (size_t) vocabulary, w, 0, 0);
    vn_graph_form(g, p, VN_FORM_TABLE, context, w, 0, 0);
    return vn_graph_append(
        g, &(struct vn_node){.layer = &layer_embed,
                             .inputs = {input, -1},
                             .params = {t, p, -1, -1},
                             .rows = context,
                             .width = w,
                             .work_fixed = size + context * w});
}

/* Saved: mean and rstd of each row. */
static void
layernorm_forward(struct vn_pass *pass, const struct vn_node *node)
{
    size_t rows = (size_t) pass->examples * node->rows;
    float *mean = vn_pass_saved(pass, node);

    pass->dev->backend->layernorm_forward(
        pass->dev, rows, node->width, vn_pass_value(pass, node->inputs[0]),
        vn_pass_param(pass, node, 0), vn_pass_param(pass, node, 1),
        vn_pass_value(pass, node->id), mean, mean + rows);
}

static void
layernorm_backward(struct vn_pass *pass, const struct vn_node *node)
{
    size_t rows = (size_t) pass->examples * node->rows;
    const float *mean = vn_pass_saved(pass, node);
    float *work = vn_pass_work(pass, node);
    int from = node->inputs[0];
    bool add = vn_pass_adds(pass, from);

    pass->dev->backend->layernorm_backward(
        pass->dev, rows, node->width, vn_pass_value(pass, from),
        vn_pass_param(pass, node, 0), mean, mean + rows,
        vn_pass_grad(pass, node->id), add, vn_pass_grad(pass, from), work,
        work + node->width);
    vn_pass_contribute(pass, node, 0, work, 1);
    vn_pass_contribute(pass, node, 1, work + node->width, 1);
}

static const struct vn_layer layer_layernorm = {
    "layer norm", true, false, layernorm_forward, layernorm_backward};

int
vn_graph_layernorm(struct vn_graph *g, const char *name, int input)
{
    const struct vn_node *in = &g->nodes[input];
    size_t w = in->width;
    int gamma = vn_graph_param(g, name, "gamma", VN_BIAS, w, 0, 1);
    int beta = vn_graph_param(g, name, "beta", VN_BIAS, w, 0, 0);

    return vn_graph_append(g,
                           &(struct vn_node){.layer = &layer_layernorm,
                                             .inputs = {input, -1},
                                             .params = {gamma, beta, -1, -1},
                                             .rows = in->rows,
                                             .width = w,
                                             .height = in->height,
                                             .saved = 2 * in->rows,
                                             .work_fixed = 2 * w});
}

/*
 * Causal attention.  The input's rows are q, k and v of all heads, the
 * output's v of all heads; saved are the probabilities [head][row][row].
 */
struct heads {
    int context, heads, size; /* of a head's vectors */
    ptrdiff_t in, out;        /* floats of a row */
    float scale;
};

static struct heads
heads_of(const struct vn_node *node)
{
    struct heads h = {.context = (int) node->rows,
                      .heads = node->heads,
                      .size = (int) node->width / node->heads,
                      .in = 3 * (ptrdiff_t) node->width,
                      .out = (ptrdiff_t) node->width};

    h.scale = 1.0F / sqrtf((float) h.size);
    return h;
}

/* c[T][T] = a b' of two parts of the input's or output's rows. */
static struct vn_gemm
scores_gemm(const struct heads *h, int examples, ptrdiff_t a_row)
{
    ptrdiff_t t = h->context;

    return (struct vn_gemm){.m = h->context,
                            .n = h->context,
                            .k = h->size,
                            .outer = examples,
                            .inner = h->heads,
                            .a_row = a_row,
                            .a_col = 1,
                            .a_outer = t * a_row,
                            .a_inner = h->size,
                            .b_row = 1,
                            .b_col = h->in,
                            .b_outer = t * h->in,
                            .b_inner = h->size,
                            .c_row = t,
                            .c_outer = h->heads * t * t,
                            .c_inner = t * t,
                            .triangle = VN_LOWER_C};
}

/* c[T][size] = p b or, transposed, p' b. */
static struct vn_gemm
mix_gemm(const struct heads *h, int examples, bool transposed, ptrdiff_t b_row,
         ptrdiff_t c_row)
{
    ptrdiff_t t = h->context;

    return (struct vn_gemm){.m = h->context,
                            .n = h->size,
                            .k = h->context,
                            .outer = examples,
                            .inner = h->heads,
                            .a_row = transposed ? 1 : t,
                            .a_col = transposed ? t : 1,
                            .a_outer = h->heads * t * t,
                            .a_inner = t * t,
                            .b_row = b_row,
                            .b_col = 1,
                            .b_outer = t * b_row,
                            .b_inner = h->size,
                            .c_row = c_row,
                            .c_outer = t * c_row,
                            .c_inner = h->size,
                            .triangle = transposed ? VN_UPPER_A : VN_LOWER_A};
}

static void
attention_forward(struct vn_pass *pass, const struct vn_node *node)
{
    const struct vn_backend *b = pass->dev->backend;
    struct heads h = heads_of(node);
    const float *qkv = vn_pass_value(pass, node->inputs[0]);
    float *p = vn_pass_saved(pass, node);
    struct vn_gemm s = scores_gemm(&h, pass->examples, h.in);
    struct vn_gemm o = mix_gemm(&h, pass->examples, false, h.in, h.out);

    b->gemm(pass->dev, &s, qkv, qkv + h.out, p);
    b->softmax_forward(pass->dev,
                       (size_t) pass->examples * (size_t) node->heads,
                       node->rows, h.scale, p);
    b->gemm(pass->dev, &o, p, qkv + 2 * h.out, vn_pass_value(pass, node->id));
}

static void
attention_backward(struct vn_pass *pass, const struct vn_node *node)
{
    const struct vn_backend *b = pass->dev->backend;
    struct heads h = heads_of(node);
    const float *qkv = vn_pass_value(pass, node->inputs[0]);
    const float *p = vn_pass_saved(pass, node);
    const float *dy = vn_pass_grad(pass, node->id);
    float *dqkv = vn_pass_grad(pass, node->inputs[0]);
    float *ds = vn_pass_work(pass, node);
    struct vn_gemm dp = scores_gemm(&h, pass->examples, h.out);
    struct vn_gemm dv = mix_gemm(&h, pass->examples, true, h.out, h.in);
    struct vn_gemm dq = mix_gemm(&h, pass->examples, false, h.in, h.in);
    struct vn_gemm dk = mix_gemm(&h, pass->examples, true, h.in, h.in);

    (void) vn_pass_adds(pass, node->inputs[0]);
    b->gemm(pass->dev, &dp, dy, qkv + 2 * h.out, ds);
    b->gemm(pass->dev, &dv, p, dy, dqkv + 2 * h.out);
    b->softmax_backward(pass->dev,
                        (size_t) pass->examples * (size_t) node->heads,
                        node->rows, h.scale, p, ds);
    b->gemm(pass->dev, &dq, ds, qkv + h.out, dqkv);
    b->gemm(pass->dev, &dk, ds, qkv, dqkv + h.out);
}

static const struct vn_layer layer_attention = {
    "attention", true, false, attention_forward, attention_backward};

int
vn_graph_attention(struct vn_graph *g, int input, int heads)
{
    const struct vn_node *in = &g->nodes[input];
    size_t scores = (size_t) heads * in->rows * in->rows;

    return vn_graph_append(g, &(struct vn_node){.layer = &layer_attention,
                                                .inputs = {input, -1},
                                                .params = {-1, -1, -1, -1},
                                                .rows = in->rows,
                                                .width = in->width / 3,
                                                .saved = scores,
                                                .work = scores,
                                                .heads = heads});
}

static void
gelu_forward(struct vn_pass *pass, const struct vn_node *node)
{
    pass->dev->backend->gelu_forward(
        pass->dev, (size_t) pass->examples * node->rows * node->width,
        vn_pass_value(pass, node->inputs[0]), vn_pass_value(pass, node->id));
}

static void
gelu_backward(struct vn_pass *pass, const struct vn_node *node)
{
    (void) vn_pass_adds(pass, node->inputs[0]);
    pass->dev->backend->gelu_backward(
        pass->dev, (size_t) pass->examples * node->rows * node->width,
        vn_pass_value(pass, node->inputs[0]), vn_pass_grad(pass, node->id),
        vn_pass_grad(pass, node->inputs[0]));
}

static const struct vn_layer layer_gelu = {"gelu", true, false, gelu_forward,
                                           gelu_backward};

int
vn_graph_gelu(struct vn_graph *g, int input)
{
    const struct vn_node *in = &g->nodes[input];

    return vn_graph_append(g, &(struct vn_node){.layer = &layer_gelu,
                                                .inputs = {input, -1},
                                                .params = {-1, -1, -1, -1},
                                                .rows = in->rows,
                                                .width = in->width,
                                                .height = in->height});
}
