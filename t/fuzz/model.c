/* Any bytes as a model file: a graph whose layers fit together, or a place. */
#include "config.h"

#include "base/xalloc.h"
#include "t/fuzz/fuzz.h"
#include "vnode_exec/model/model.h"

static void
check_graph(const struct vn_graph *g, const struct vn_shape *shape)
{
    struct vn_layout layout;
    size_t end = 0;

    FUZZ_CHECK(g->nnodes >= 2 && g->nnodes <= VN_GRAPH_LAYERS);
    FUZZ_CHECK(g->nparams <= VN_GRAPH_PARAMS);
    FUZZ_CHECK(g->classes == shape->classes);
    for (int i = 0; i < g->nnodes; i++) {
        FUZZ_CHECK(g->nodes[i].rows > 0 && g->nodes[i].width > 0);
        for (int j = 0; j < VN_LAYER_INPUTS; j++)
            FUZZ_CHECK(g->nodes[i].inputs[j] < i);
    }
    for (int i = 0; i < g->nparams; i++) {
        const struct vn_param *p = &g->params[i];

        FUZZ_CHECK(p->offset >= end && p->size > 0);
        end = p->offset + p->size;
    }
    FUZZ_CHECK(end <= g->vector);
    vn_graph_layout(g, 2, true, &layout);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct vn_shape shapes[] = {{5, 4, 3, 7}, {.classes = 9}};
    struct vn_error err = {0};
    struct vn_model *model;
    enum vn_status status = vn_model_parse((const char *) data, size, "input",
                                           "input", &model, &err);

    if (status == VN_OK) {
        const struct vn_shape *shape = &shapes[model->sequence];
        struct vn_graph *g = vn_xcalloc(1, sizeof *g);

        status = vn_model_build(model, shape, g, &err);
        if (status == VN_OK)
            check_graph(g, shape);
        free(g);
    }
    if (status != VN_OK)
        FUZZ_CHECK(status == VN_EFORMAT && err.line > 0 && err.column > 0
                   && err.text[0] != '\0');
    vn_model_close(model);
    return 0;
}
