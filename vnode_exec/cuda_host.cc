/*
 * The CUDA backend on the host's processor, for the tests: the same sources
 * with cuda_host.h in CUDA's place.
 */
#define VN_CUDA_HOST

#include "config.h"

#include "vnode_exec/cuda_arena.cu"
#include "vnode_exec/cuda_blas.cu"
#include "vnode_exec/cuda_column.cu"
#include "vnode_exec/cuda_conv.cu"
#include "vnode_exec/cuda_element.cu"
#include "vnode_exec/cuda_gemm.cu"
#include "vnode_exec/cuda_row.cu"
#include "vnode_exec/cuda_update.cu"
#include "vnode_exec/device_cuda.cu"
