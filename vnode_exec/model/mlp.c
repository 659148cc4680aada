/* Pixels, 512, 512, classes, with ReLU between. */
#include "config.h"

#include "vnode_exec/model/model.h"

#include <math.h>

static enum vn_status
mlp_build(const struct vn_shape *shape, const struct vn_model_options *options,
          struct vn_graph *g, struct vn_error *err)
{
    int at = vn_graph_images(g, shape->height, shape->width, shape->channels);

    (void) options, (void) err;
    at = vn_graph_linear(g, "fc1", at, 512, true, -1,
                         sqrtf(2 / (float) g->in_floats));
    at = vn_graph_linear(g, "fc2", at, 512, true, -1, sqrtf(2 / 512.0F));
    at = vn_graph_linear(g, "fc3", at, shape->classes, false, -1,
                         sqrtf(1 / 512.0F));
    vn_graph_loss(g, at);
    return VN_OK;
}

const struct vn_model vn_model_mlp = {
    .name = "mlp",
    .summary = "images: two hidden layers of 512",
    .rate = 0.1,
    .optimizer = "sgd",
    .build = mlp_build,
};
