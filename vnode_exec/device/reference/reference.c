/*
 * The reference backend: its device, and the table of its operations.
 */
#include "config.h"

#include "vnode_exec/device/reference/reference.h"

#include "base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int
reference_count(const char **why)
{
    *why = NULL;
    return 1;
}

static void
reference_describe(int ordinal, char *text, size_t size)
{
    (void) ordinal;
    snprintf(text, size, "plain loops, for checking");
}

static enum vn_status
reference_open(const struct vn_device_options *options, struct vn_device **dev,
               struct vn_error *err)
{
    (void) err;
    *dev = vn_xcalloc(1, sizeof **dev);
    (*dev)->backend = &vn_backend_reference;
    (*dev)->options = *options;
    return VN_OK;
}

static void
reference_close(struct vn_device *dev)
{
    free(dev);
}

static enum vn_status
reference_alloc(struct vn_device *dev, size_t bytes, void **p,
                struct vn_error *err)
{
    (void) dev;
    if (posix_memalign(p, 256, bytes) != 0)
        return vn_fail(err, VN_EDEVMEM, "reference: no room for %zu bytes",
                       bytes);
    memset(*p, 0, bytes);
    return VN_OK;
}

static void
reference_free(struct vn_device *dev, void *p, size_t bytes)
{
    (void) dev, (void) bytes;
    free(p);
}

static enum vn_status
reference_sync(struct vn_device *dev, struct vn_error *err)
{
    (void) dev, (void) err;
    return VN_OK;
}

static void
reference_copy(struct vn_device *dev, size_t bytes, const void *from, void *to)
{
    (void) dev;
    memcpy(to, from, bytes);
}

static void
reference_zero(struct vn_device *dev, size_t bytes, void *p)
{
    (void) dev;
    memset(p, 0, bytes);
}

const struct vn_backend vn_backend_reference = {
    .name = "reference",
    .host_memory = true,
    .count = reference_count,
    .describe = reference_describe,
    .open = reference_open,
    .close = reference_close,
    .alloc = reference_alloc,
    .free = reference_free,
    .sync = reference_sync,
    .upload = reference_copy,
    .download = reference_copy,
    .copy = reference_copy,
    .zero = reference_zero,
    .gather = vn_reference_gather,
    .advance = vn_reference_advance,
    .gemm = vn_reference_gemm,
    .conv_forward = vn_reference_conv_forward,
    .conv_backward_data = vn_reference_conv_backward_data,
    .conv_backward_weights = vn_reference_conv_backward_weights,
    .column_sum = vn_reference_column_sum,
    .batchnorm_forward = vn_reference_batchnorm_forward,
    .batchnorm_infer = vn_reference_batchnorm_infer,
    .batchnorm_backward = vn_reference_batchnorm_backward,
    .layernorm_forward = vn_reference_layernorm_forward,
    .layernorm_backward = vn_reference_layernorm_backward,
    .softmax_forward = vn_reference_softmax_forward,
    .softmax_backward = vn_reference_softmax_backward,
    .gelu_forward = vn_reference_gelu_forward,
    .gelu_backward = vn_reference_gelu_backward,
    .relu_backward = vn_reference_relu_backward,
    .add = vn_reference_add,
    .pool_forward = vn_reference_pool_forward,
    .pool_backward = vn_reference_pool_backward,
    .embed_forward = vn_reference_embed_forward,
    .embed_backward = vn_reference_embed_backward,
    .cross_entropy = vn_reference_cross_entropy,
    .accumulate = vn_reference_accumulate,
    .accumulate_fast = vn_reference_accumulate_fast,
    .update = vn_reference_update,
};
