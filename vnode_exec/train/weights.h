/*
 * Parameters as others have them: named arrays in PyTorch's names and order
 * of dimensions.
 *
 *     NAME.weight    of a linear layer, [out][in]; where that sees an image
 *                    as one row, in is [channel][row][column]
 *     NAME.weight    of a convolution, [out][in][row][column]
 *     NAME.weight, .bias, .running_mean, .running_var   of a norm
 *     NAME.token.weight, NAME.position.weight           of an embedding
 *
 * With the optimizer's state each trained parameter has others beside it:
 * momentum.NAME of sgd, exp_avg.NAME and exp_avg_sq.NAME of adamw.
 */
#ifndef VNODE_EXEC_TRAIN_WEIGHTS_H
#define VNODE_EXEC_TRAIN_WEIGHTS_H

#include "vnode_exec/array/array.h"
#include "vnode_exec/model/graph.h"
#include "vnode_exec/train/executor.h"

/* Add what a state holds to arrays, which own what is added. */
void vn_weights_export(const struct vn_graph *g, const struct vn_state *state,
                       bool with_state, struct vn_arrays *arrays);

/*
 * Fill a vector of parameters from a file's arrays: each must be there and of
 * its shape, and none may be left over but an optimizer's state and
 * num_batches_tracked.
 */
enum vn_status vn_weights_import(const struct vn_graph *g,
                                 const struct vn_arrays *arrays,
                                 const char *path, float *params,
                                 struct vn_error *err);

#endif /* VNODE_EXEC_TRAIN_WEIGHTS_H */
