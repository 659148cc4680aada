/*
 * The CUDA backend on the host's processor, for the tests: the same sources
 * with emulation.h in CUDA's place.
 */
#define VN_CUDA_HOST

#include "config.h"

#include "vnode_exec/device/cuda/arena.cu"
#include "vnode_exec/device/cuda/blas.cu"
#include "vnode_exec/device/cuda/column.cu"
#include "vnode_exec/device/cuda/conv.cu"
#include "vnode_exec/device/cuda/cuda.cu"
#include "vnode_exec/device/cuda/element.cu"
#include "vnode_exec/device/cuda/gemm.cu"
#include "vnode_exec/device/cuda/graph.cu"
#include "vnode_exec/device/cuda/row.cu"
#include "vnode_exec/device/cuda/update.cu"
