#include "config.h"

#include "vnode_exec/trained.h"

#include "base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>

/* The shape of the data, "28x28x1:10". */
static enum vn_status
read_shape(const char *path, struct vn_trained *t, struct vn_error *err)
{
    struct vn_shape *s = &t->shape;
    char text[64];

    vn_checkpoint_value(&t->checkpoint, "shape", text, sizeof text);
    if (sscanf(text, "%dx%dx%d:%d", &s->height, &s->width, &s->channels,
               &s->classes)
            != 4
        || s->height < 0 || s->width < 0 || s->channels < 0
        || s->height > 1 << 16 || s->width > 1 << 16 || s->channels > 1 << 16
        || s->classes < 1 || s->classes > 1 << 24)
        return vn_fail(err, VN_EFORMAT,
                       "%s: does not say of what shape its data were", path);
    return VN_OK;
}

enum vn_status
vn_trained_open(const char *path, struct vn_trained *t, struct vn_error *err)
{
    struct vn_checkpoint *c = &t->checkpoint;
    struct vn_model_options options;
    char name[64];
    enum vn_status status;

    *t = (struct vn_trained){.model = NULL};
    status = vn_checkpoint_read(path, NULL, NULL, c, NULL, err);
    if (status == VN_OK)
        status = read_shape(path, t, err);
    if (status != VN_OK)
        return status;
    vn_checkpoint_value(c, "model", name, sizeof name);
    status =
        vn_model_parse(c->model, c->model_size, name, path, &t->model, err);
    vn_checkpoint_options(c, &options);
    for (int i = 0; status == VN_OK && i < options.n; i++)
        status =
            vn_model_set(t->model, options.name[i], options.value[i], err);
    t->graph = vn_xcalloc(1, sizeof *t->graph);
    if (status == VN_OK)
        status = vn_model_build(t->model, &t->shape, t->graph, err);
    if (status == VN_OK
        && (t->graph->nparams != c->nparams
            || (int64_t) t->graph->vector != c->vector))
        status = vn_fail(err, VN_EFORMAT,
                         "%s: its model and its state do not belong together",
                         path);
    return status;
}

void
vn_trained_close(struct vn_trained *t)
{
    vn_checkpoint_free(&t->checkpoint);
    vn_model_close(t->model);
    free(t->graph);
    *t = (struct vn_trained){.model = NULL};
}
