/*
 * Dropout: in training a value is 0 with some probability, else larger by as
 * much as keeps the mean (Srivastava et al., "Dropout: a simple way to prevent
 * neural networks from overfitting", 2014).  Which ones is drawn for the
 * example's place in training, so that every mapping and every step that is
 * done again draws the same; the host draws, and sends the mask.
 *
 * Saved: the mask, and room for what it lets through.
 */
#include "config.h"

#include "vnode_exec/model/graph.h"

#include "base/rng.h"

enum {
    PURPOSE_DROP = 0x64726f70
};

void
vn_drop_mask(uint64_t seed, int layer, uint64_t position, float p, size_t n,
             float *mask)
{
    struct vn_rng rng =
        vn_rng_stream(seed, PURPOSE_DROP + ((uint64_t) layer << 32), position);
    uint64_t least = (uint64_t) ((double) p * 65536);

    for (size_t i = 0; i < n; i += 4) { /* of 16 bits each */
        uint64_t bits = vn_rng_bits(&rng);

        for (size_t j = i; j < n && j < i + 4; j++, bits >>= 16)
            mask[j] = (bits & 65535) >= least ? 1 : 0;
    }
}

static size_t
floats_of(const struct vn_pass *pass, const struct vn_node *node)
{
    return (size_t) pass->examples * node->rows * node->width;
}

static void
drop_forward(struct vn_pass *pass, const struct vn_node *node)
{
    const struct vn_backend *b = pass->dev->backend;
    size_t n = floats_of(pass, node), one = node->rows * node->width;
    const float *x = vn_pass_value(pass, node->inputs[0]);
    float *y = vn_pass_value(pass, node->id), *host, *mask;

    if (!pass->training) {
        b->copy(pass->dev, n * sizeof *y, x, y);
        return;
    }
    host = pass->masks + node->masks * (size_t) pass->examples;
    mask = vn_pass_saved(pass, node);
    for (int e = 0; e < pass->examples; e++)
        vn_drop_mask(pass->seed, node->id, pass->first + (uint64_t) e,
                     node->drop, one, host + (size_t) e * one);
    b->upload(pass->dev, n * sizeof *mask, host, mask);
    b->relu_backward(pass->dev, n, mask, x, mask + n);
    b->zero(pass->dev, n * sizeof *y, y);
    b->accumulate_fast(pass->dev, n, mask + n, 1 / (1 - node->drop), y);
}

static void
drop_backward(struct vn_pass *pass, const struct vn_node *node)
{
    const struct vn_backend *b = pass->dev->backend;
    size_t n = floats_of(pass, node);
    int from = node->inputs[0];
    float *mask = vn_pass_saved(pass, node), *dx;

    if (!vn_pass_wants(pass, from))
        return;
    dx = vn_pass_grad(pass, from);
    b->relu_backward(pass->dev, n, mask, vn_pass_grad(pass, node->id),
                     mask + n);
    if (!vn_pass_adds(pass, from))
        b->zero(pass->dev, n * sizeof *dx, dx);
    b->accumulate_fast(pass->dev, n, mask + n, 1 / (1 - node->drop), dx);
}

static const struct vn_layer layer_drop = {"dropout", false, false,
                                           drop_forward, drop_backward};

int
vn_graph_drop(struct vn_graph *g, int input, float p)
{
    const struct vn_node *in = &g->nodes[input];
    size_t one = in->rows * in->width, masks = g->masks;

    g->masks += one;
    return vn_graph_append(g, &(struct vn_node){.layer = &layer_drop,
                                                .inputs = {input, -1},
                                                .params = {-1, -1, -1, -1},
                                                .rows = in->rows,
                                                .width = in->width,
                                                .height = in->height,
                                                .saved = 2 * one,
                                                .drop = p,
                                                .masks = masks});
}
