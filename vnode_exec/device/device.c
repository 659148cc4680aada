#include "config.h"

#include "vnode_exec/device/device.h"

#include "base/number.h"

#include <string.h>

const struct vn_backend *const vn_backends[] = {
    &vn_backend_host,
#ifdef HAVE_CUDA_BACKEND
    &vn_backend_cuda,
#endif
    &vn_backend_reference,
    NULL,
};

const struct vn_backend *
vn_backend_find(const char *name)
{
    for (int i = 0; vn_backends[i] != NULL; i++)
        if (strcmp(vn_backends[i]->name, name) == 0)
            return vn_backends[i];
    return NULL;
}

enum vn_status
vn_device_alloc(struct vn_device *dev, size_t bytes, void **p,
                struct vn_error *err)
{
    int64_t used = dev->used + (int64_t) bytes;
    enum vn_status status;

    *p = NULL;
    if (dev->options.limit > 0 && used - dev->own > dev->options.limit) {
        char need[VN_NUMBER_SIZE], limit[VN_NUMBER_SIZE];

        return vn_fail(err, VN_EDEVMEM,
                       "%s:%d: %s are needed and the limit is %s",
                       dev->backend->name, dev->options.ordinal,
                       vn_format_bytes(need, used - dev->own),
                       vn_format_bytes(limit, dev->options.limit));
    }
    status = dev->backend->alloc(dev, bytes, p, err);
    if (status == VN_OK) {
        dev->used = used;
        dev->peak = used > dev->peak ? used : dev->peak;
    }
    return status;
}

void
vn_device_free(struct vn_device *dev, void *p, size_t bytes)
{
    if (p == NULL)
        return;
    dev->backend->free(dev, p, bytes);
    dev->used -= (int64_t) bytes;
}

int
vn_conv_chunk(const struct vn_conv *s)
{
    int pixels = s->out_height * s->out_width;

    return (VN_PIXELS + pixels - 1) / pixels;
}

void
vn_device_accumulate(struct vn_device *dev, size_t n, const float *g,
                     float weight, const struct vn_sum *sum)
{
    if (sum->exact)
        dev->backend->accumulate(dev, n, g, weight, sum->scale, sum->sum,
                                 sum->largest);
    else
        dev->backend->accumulate_fast(dev, n, g, weight, sum->sum);
}

void
vn_device_gemm_sum(struct vn_device *dev, const struct vn_gemm *g,
                   const float *a, const float *b, float *c,
                   const struct vn_sum *sum)
{
    if (dev->backend->gemm_sum != NULL) {
        dev->backend->gemm_sum(dev, g, a, b, c, sum);
        return;
    }
    dev->backend->gemm(dev, g, a, b, c);
    vn_device_accumulate(dev, (size_t) g->m * (size_t) g->n, c, 1, sum);
}
