/*
 * A transformer that predicts the next byte (Radford et al., "Language models
 * are unsupervised multitask learners", 2019): layer norm before each part,
 * residuals, GELU, the head tied to the embedding.
 */
#include "config.h"

#include "vnode_exec/model/model.h"

#include <math.h>
#include <stdio.h>

static int
gpt_block(struct vn_graph *g, int number, int at, int width, int heads,
          float residual_spread)
{
    char name[24];
    int in = at;

    snprintf(name, sizeof name, "block%d.norm1", number);
    at = vn_graph_layernorm(g, name, in);
    snprintf(name, sizeof name, "block%d.qkv", number);
    at = vn_graph_linear(g, name, at, 3 * width, false, -1, 0.02F);
    at = vn_graph_attention(g, at, heads);
    snprintf(name, sizeof name, "block%d.out", number);
    in = vn_graph_linear(g, name, at, width, false, in, residual_spread);
    snprintf(name, sizeof name, "block%d.norm2", number);
    at = vn_graph_layernorm(g, name, in);
    snprintf(name, sizeof name, "block%d.fc1", number);
    at = vn_graph_linear(g, name, at, 4 * width, false, -1, 0.02F);
    at = vn_graph_gelu(g, at);
    snprintf(name, sizeof name, "block%d.fc2", number);
    return vn_graph_linear(g, name, at, width, false, in, residual_spread);
}

static enum vn_status
gpt_build(const struct vn_shape *shape, const struct vn_model_options *options,
          struct vn_graph *g, struct vn_error *err)
{
    int at = vn_graph_tokens(g, options->context), table;

    if (options->width % options->heads != 0)
        return vn_fail(err, VN_EUSAGE,
                       "a width of %d cannot be split over %d heads",
                       options->width, options->heads);
    if (options->layers > 16)
        return vn_fail(err, VN_EUSAGE, "%d layers are too many, at most 16",
                       options->layers);
    at = vn_graph_embed(g, "embed", at, shape->classes, options->width);
    table = g->nodes[at].params[0];
    for (int i = 1; i <= options->layers; i++)
        at = gpt_block(g, i, at, options->width, options->heads,
                       0.02F / sqrtf(2 * (float) options->layers));
    at = vn_graph_layernorm(g, "norm", at);
    at = vn_graph_tied(g, at, table, shape->classes);
    vn_graph_loss(g, at);
    return VN_OK;
}

const struct vn_model vn_model_gpt = {
    .name = "gpt",
    .summary = "bytes: a transformer of --layers, --width, --heads, --context",
    .sequence = true,
    .rate = 1e-3,
    .optimizer = "adamw",
    .build = gpt_build,
};
