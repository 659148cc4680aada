/* A device's memory, taken from CUDA in regions and given out in pieces. */
#ifndef VNODE_EXEC_DEVICE_CUDA_ARENA_H
#define VNODE_EXEC_DEVICE_CUDA_ARENA_H

#include "vnode_exec/device/cuda/cuda.h"

/* Of the device that is current whenever it is used. */
struct vn_arena *vn_arena_alloc();
void vn_arena_free(struct vn_arena *a);

/* Memory aligned to 256 bytes, with any contents; or CUDA's refusal. */
cudaError_t vn_arena_take(struct vn_arena *a, size_t bytes, void **p);

/* Give a piece back; nothing asked of the device may still use it. */
void vn_arena_give(struct vn_arena *a, void *p);

#endif /* VNODE_EXEC_DEVICE_CUDA_ARENA_H */
