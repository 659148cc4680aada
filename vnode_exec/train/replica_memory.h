/* What replica.c and replica_memory.c share. */
#ifndef VNODE_EXEC_TRAIN_REPLICA_MEMORY_H
#define VNODE_EXEC_TRAIN_REPLICA_MEMORY_H

#include "vnode_exec/train/replica.h"

/* Bytes of an example's input; of an element of the sums. */
size_t vn_replica_input_bytes(const struct vn_graph *g);
size_t vn_replica_sum_size(const struct vn_train *t);

/* Bytes of the tallies and, where it trains, the largest gradients. */
size_t vn_replica_tally_bytes(const struct vn_replica *r);

/* Memory of the host that the device reads best. */
enum vn_status vn_replica_host_memory(struct vn_replica *r, size_t bytes,
                                      void **p, struct vn_error *err);

/* Take the memory for larger nodes in place of what there is. */
enum vn_status vn_replica_grow(struct vn_replica *r, int examples,
                               struct vn_error *err);

/* A node's arithmetic on whatever its buffers hold. */
void vn_replica_compute(struct vn_replica *r, int examples);

#endif /* VNODE_EXEC_TRAIN_REPLICA_MEMORY_H */
