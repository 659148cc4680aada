/*
 * Checkpoints: a text of what was trained, the model file, the state, and a
 * hash of all.  vnexec-checkpoint(5) has the format.
 *
 * The file is written under another name, synced and renamed (base/file.h),
 * so that it is there whole or not at all; a torn or foreign file is refused.
 */
#ifndef VNODE_EXEC_TRAIN_CHECKPOINT_H
#define VNODE_EXEC_TRAIN_CHECKPOINT_H

#include "base/error.h"
#include "vnode_exec/data/data.h"
#include "vnode_exec/model/model.h"
#include "vnode_exec/train/executor.h"

enum {
    VN_CHECKPOINT_TEXT = 4096
};

/* What a checkpoint holds beside its state. */
struct vn_checkpoint {
    char text[VN_CHECKPOINT_TEXT]; /* lines of "name=value" */
    struct vn_normal normal;       /* of the data's values; 0 channels: none */
    double best;   /* loss of an evaluation, infinite: none yet */
    int64_t since; /* evaluations since then */
    char *model;   /* the model file, and how long it is */
    size_t model_size;
    int64_t step;
    int nparams, nvectors;
    int64_t vector;
    uint64_t digest;       /* as vn_executor_digest() would say */
    struct vn_state state; /* where the caller lent none */
};

/* What a checkpoint is written of; all of it is borrowed. */
struct vn_checkpoint_of {
    const char *text;
    const struct vn_model *model;
    const struct vn_graph *graph;
    const struct vn_normal *normal;
    double best;
    int64_t since;
    const struct vn_state *state;
};

enum vn_status vn_checkpoint_write(const char *path,
                                   const struct vn_checkpoint_of *of,
                                   struct vn_error *err);

/*
 * Read a checkpoint and check its hash.  Where state is given its vectors and
 * scales are filled, else those of checkpoint; text is what they must have
 * been trained as (NULL: any), and the first line that differs is named.  To
 * be freed in any case, as is a zeroed one.
 */
enum vn_status vn_checkpoint_read(const char *path, const char *text,
                                  const struct vn_graph *graph,
                                  struct vn_checkpoint *checkpoint,
                                  struct vn_state *state,
                                  struct vn_error *err);

/*
 * Copy the state that a checkpoint of path holds to another of the graph's
 * size; fails where it is of another model or optimizer.
 */
enum vn_status vn_checkpoint_fill(const char *path,
                                  const struct vn_checkpoint *checkpoint,
                                  const struct vn_graph *graph,
                                  struct vn_state *state,
                                  struct vn_error *err);

/* The options of its model. */
void vn_checkpoint_options(const struct vn_checkpoint *checkpoint,
                           struct vn_model_options *options);

void vn_checkpoint_free(struct vn_checkpoint *checkpoint);

/* The value of a name in a checkpoint's text, "" where it has none. */
void vn_checkpoint_value(const struct vn_checkpoint *checkpoint,
                         const char *name, char *value, size_t size);

#endif /* VNODE_EXEC_TRAIN_CHECKPOINT_H */
