/*
 * Residual networks for small images (He et al., "Deep residual learning for
 * image recognition", CVPR 2016, section 4.2): 3x3 convolutions of 16, 32 and
 * 64 channels, each stage halving the image.  A shortcut between unlike sizes
 * is a 1x1 convolution.
 */
#include "config.h"

#include "vnode_exec/model/model.h"

#include <math.h>
#include <stdio.h>

static int
block(struct vn_graph *g, int number, int at, int channels, int stride)
{
    char name[24];
    int shortcut = at, from = at;

    if (stride != 1 || (int) g->nodes[at].width != channels) {
        snprintf(name, sizeof name, "block%d.short", number);
        shortcut = vn_graph_conv(g, name, at, channels, 1, stride);
    }
    snprintf(name, sizeof name, "block%d.conv1", number);
    at = vn_graph_conv(g, name, from, channels, 3, stride);
    snprintf(name, sizeof name, "block%d.norm1", number);
    at = vn_graph_batchnorm(g, name, at, -1, true);
    snprintf(name, sizeof name, "block%d.conv2", number);
    at = vn_graph_conv(g, name, at, channels, 3, 1);
    snprintf(name, sizeof name, "block%d.norm2", number);
    return vn_graph_batchnorm(g, name, at, shortcut, true);
}

static enum vn_status
resnet_build(const struct vn_shape *shape, int blocks, struct vn_graph *g)
{
    int at = vn_graph_images(g, shape->height, shape->width, shape->channels);
    int number = 0;

    at = vn_graph_conv(g, "conv", at, 16, 3, 1);
    at = vn_graph_batchnorm(g, "norm", at, -1, true);
    for (int stage = 0; stage < 3; stage++)
        for (int i = 0; i < blocks; i++)
            at = block(g, ++number, at, 16 << stage,
                       stage > 0 && i == 0 ? 2 : 1);
    at = vn_graph_pool(g, at);
    at = vn_graph_linear(g, "fc", at, shape->classes, false, -1,
                         sqrtf(1 / 64.0F));
    vn_graph_loss(g, at);
    return VN_OK;
}

static enum vn_status
resnet8_build(const struct vn_shape *shape,
              const struct vn_model_options *options, struct vn_graph *g,
              struct vn_error *err)
{
    (void) options, (void) err;
    return resnet_build(shape, 1, g);
}

static enum vn_status
resnet20_build(const struct vn_shape *shape,
               const struct vn_model_options *options, struct vn_graph *g,
               struct vn_error *err)
{
    (void) options, (void) err;
    return resnet_build(shape, 3, g);
}

const struct vn_model vn_model_resnet8 = {
    .name = "resnet8",
    .summary = "images: three residual blocks",
    .rate = 0.1,
    .optimizer = "sgd",
    .build = resnet8_build,
};

const struct vn_model vn_model_resnet20 = {
    .name = "resnet20",
    .summary = "images: nine residual blocks",
    .rate = 0.1,
    .optimizer = "sgd",
    .build = resnet20_build,
};
