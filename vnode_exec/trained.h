/*
 * What was trained, from its checkpoint alone: the model's graph and the
 * state, without the data.
 */
#ifndef VNODE_EXEC_TRAINED_H
#define VNODE_EXEC_TRAINED_H

#include "vnode_exec/model/model.h"
#include "vnode_exec/train/checkpoint.h"

struct vn_trained {
    struct vn_checkpoint checkpoint;
    struct vn_model *model;
    struct vn_shape shape;
    struct vn_graph *graph;
};

/* Read a checkpoint; path is kept for messages.  To be closed in any case. */
enum vn_status vn_trained_open(const char *path, struct vn_trained *t,
                               struct vn_error *err);
void vn_trained_close(struct vn_trained *t);

#endif /* VNODE_EXEC_TRAINED_H */
