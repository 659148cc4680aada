/*
 * Models: each builds its graph for the data that it is to learn.
 *
 * To add one, write vnode_exec/model/NAME.c and name it in vn_models
 * (model.c) and in local.mk.
 */
#ifndef VNODE_EXEC_MODEL_MODEL_H
#define VNODE_EXEC_MODEL_MODEL_H

#include "base/error.h"
#include "vnode_exec/model/graph.h"

/* What an example of the data looks like. */
struct vn_shape {
    int height, width, channels; /* of an image; 0 for a sequence */
    int classes;
};

/* What --layers and their kin choose; only gpt has them. */
struct vn_model_options {
    int layers, width, heads, context;
};

struct vn_model {
    const char *name;
    const char *summary;
    bool sequence;         /* learns sequences, not images */
    double rate;           /* default learning rate at a batch of 256 */
    const char *optimizer; /* default */

    /* Fails where the shape or options do not suit. */
    enum vn_status (*build)(const struct vn_shape *shape,
                            const struct vn_model_options *options,
                            struct vn_graph *g, struct vn_error *err);
};

/* All models, ended by NULL. */
extern const struct vn_model *const vn_models[];

/* The model of that name; fails with the nearest one's. */
enum vn_status vn_model_find(const char *name, const struct vn_model **model,
                             struct vn_error *err);

/* The options where none are given. */
struct vn_model_options vn_model_defaults(void);

#endif /* VNODE_EXEC_MODEL_MODEL_H */
