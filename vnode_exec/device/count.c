#include "config.h"

#include "vnode_exec/device/count.h"

#include "base/xalloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

struct counter {
    struct vn_device device;
    struct vn_count counts[VN_COUNT_KINDS];
};

const char *const vn_count_names[VN_COUNT_KINDS] = {
    [VN_COUNT_GEMM] = "matrix products",
    [VN_COUNT_CONV] = "convolutions",
    [VN_COUNT_NORM] = "norms and column sums",
    [VN_COUNT_ELEMENT] = "elementwise",
    [VN_COUNT_LOSS] = "softmax and loss",
    [VN_COUNT_SUM] = "sums of gradients",
    [VN_COUNT_UPDATE] = "update",
    [VN_COUNT_COPY] = "copies and zeroing",
};

/* A call with so many operations on so many floats, in and out. */
static void
count(struct vn_device *dev, enum vn_counted kind, double operations,
      double floats)
{
    struct vn_count *c = &((struct counter *) dev)->counts[kind];

    c->calls++;
    c->operations += operations;
    c->bytes += 4 * floats;
}

const struct vn_count *
vn_device_counts(const struct vn_device *dev)
{
    return ((const struct counter *) dev)->counts;
}

static int
count_count(const char **why)
{
    *why = NULL;
    return 1;
}

static void
count_describe(int ordinal, char *text, size_t size)
{
    (void) ordinal;
    snprintf(text, size, "counts, and computes nothing");
}

static enum vn_status
count_open(const struct vn_device_options *options, struct vn_device **dev,
           struct vn_error *err)
{
    struct counter *c = vn_xcalloc(1, sizeof *c);

    (void) err;
    c->device.backend = &vn_backend_count;
    c->device.options = *options;
    *dev = &c->device;
    return VN_OK;
}

static void
count_close(struct vn_device *dev)
{
    free(dev);
}

/* Address space alone: nothing is ever read or written there. */
static enum vn_status
count_alloc(struct vn_device *dev, size_t bytes, void **p,
            struct vn_error *err)
{
    void *at = mmap(NULL, bytes, PROT_NONE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    (void) dev;
    if (at == MAP_FAILED)
        return vn_fail(err, VN_EDEVMEM, "count: no room for %zu bytes", bytes);
    *p = at;
    return VN_OK;
}

static void
count_free(struct vn_device *dev, void *p, size_t bytes)
{
    (void) dev;
    munmap(p, bytes);
}

static enum vn_status
count_sync(struct vn_device *dev, struct vn_error *err)
{
    (void) dev, (void) err;
    return VN_OK;
}

static void
count_copy(struct vn_device *dev, size_t bytes, const void *from, void *to)
{
    (void) from, (void) to;
    count(dev, VN_COUNT_COPY, 0, (double) bytes / 4);
}

static void
count_zero(struct vn_device *dev, size_t bytes, void *p)
{
    (void) p;
    count(dev, VN_COUNT_COPY, 0, (double) bytes / 4);
}

/* Operands, and the product's share of the sums' traffic: none. */
static void
count_gemm(struct vn_device *dev, const struct vn_gemm *g, const float *a,
           const float *b, float *c)
{
    double pairs = (double) g->outer * g->inner, m = g->m, n = g->n, k = g->k;
    double whole = g->triangle == VN_FULL ? 1 : 0.5;

    (void) a, (void) b, (void) c;
    count(dev, VN_COUNT_GEMM, 2 * pairs * m * n * k * whole,
          pairs
              * (m * k + k * n
                 + m * n * (1 + (double) g->add + (g->addend != NULL))));
}

static void
count_conv(struct vn_device *dev, const struct vn_conv *s, bool add)
{
    double in = (double) s->in_height * s->in_width * s->in_channels;
    double out = (double) s->out_height * s->out_width * s->out_channels;
    double weights =
        (double) s->size * s->size * s->in_channels * s->out_channels;

    count(dev, VN_COUNT_CONV,
          2.0 * s->examples * s->out_height * s->out_width * weights,
          s->examples * (in + out + (add ? in : 0)) + weights);
}

static void
count_conv_forward(struct vn_device *dev, const struct vn_conv *s,
                   const float *x, const float *w, float *y)
{
    (void) x, (void) w, (void) y;
    count_conv(dev, s, false);
}

static void
count_conv_backward_data(struct vn_device *dev, const struct vn_conv *s,
                         const float *dy, const float *w, bool add, float *dx)
{
    (void) dy, (void) w, (void) dx;
    count_conv(dev, s, add);
}

static void
count_conv_backward_weights(struct vn_device *dev, const struct vn_conv *s,
                            const float *x, const float *dy, float *dw)
{
    (void) x, (void) dy, (void) dw;
    count_conv(dev, s, false);
}

static void
count_column_sum(struct vn_device *dev, size_t rows, size_t cols,
                 const float *dy, float *db)
{
    double n = (double) rows * (double) cols;

    (void) dy, (void) db;
    count(dev, VN_COUNT_NORM, n, n);
}

static void
count_batchnorm_forward(struct vn_device *dev, size_t rows, size_t channels,
                        const float *x, const float *gamma, const float *beta,
                        const float *residual, bool relu, float *y,
                        float *mean, float *rstd, float *square)
{
    double n = (double) rows * (double) channels;

    (void) x, (void) gamma, (void) beta, (void) relu, (void) y;
    (void) mean, (void) rstd, (void) square;
    count(dev, VN_COUNT_NORM, 6 * n, n * (residual != NULL ? 3 : 2));
}

static void
count_batchnorm_infer(struct vn_device *dev, size_t rows, size_t channels,
                      const float *x, const float *gamma, const float *beta,
                      const float *residual, bool relu, const float *mean,
                      const float *square, float *y)
{
    double n = (double) rows * (double) channels;

    (void) x, (void) gamma, (void) beta, (void) relu, (void) y;
    (void) mean, (void) square;
    count(dev, VN_COUNT_NORM, 2 * n, n * (residual != NULL ? 3 : 2));
}

static void
count_batchnorm_backward(struct vn_device *dev, size_t rows, size_t channels,
                         const float *x, const float *gamma, bool relu,
                         const float *y, const float *mean, const float *rstd,
                         const float *dy, float *dx, bool add_residual,
                         float *dresidual, float *dgamma, float *dbeta)
{
    double n = (double) rows * (double) channels;

    (void) x, (void) gamma, (void) y, (void) mean, (void) rstd;
    (void) dy, (void) dx, (void) dgamma, (void) dbeta;
    count(dev, VN_COUNT_NORM, 8 * n,
          n * (3 + (double) relu + (dresidual != NULL) + add_residual));
}

static void
count_layernorm_forward(struct vn_device *dev, size_t rows, size_t width,
                        const float *x, const float *gamma, const float *beta,
                        float *y, float *mean, float *rstd)
{
    double n = (double) rows * (double) width;

    (void) x, (void) gamma, (void) beta, (void) y, (void) mean, (void) rstd;
    count(dev, VN_COUNT_NORM, 7 * n, 2 * n);
}

static void
count_layernorm_backward(struct vn_device *dev, size_t rows, size_t width,
                         const float *x, const float *gamma, const float *mean,
                         const float *rstd, const float *dy, bool add,
                         float *dx, float *dgamma, float *dbeta)
{
    double n = (double) rows * (double) width;

    (void) x, (void) gamma, (void) mean, (void) rstd, (void) dy, (void) dx;
    (void) dgamma, (void) dbeta;
    count(dev, VN_COUNT_NORM, 14 * n, n * (3 + (double) add));
}

static void
count_softmax_forward(struct vn_device *dev, size_t matrices, size_t n,
                      float scale, float *p)
{
    double all = (double) matrices * (double) n * (double) n;

    (void) scale, (void) p;
    count(dev, VN_COUNT_LOSS, 0.5 * 20 * all, 1.5 * all);
}

static void
count_softmax_backward(struct vn_device *dev, size_t matrices, size_t n,
                       float scale, const float *p, float *dp)
{
    double all = (double) matrices * (double) n * (double) n;

    (void) scale, (void) p, (void) dp;
    count(dev, VN_COUNT_LOSS, 0.5 * 5 * all, 2 * all);
}

static void
count_gelu_forward(struct vn_device *dev, size_t n, const float *x, float *y)
{
    (void) x, (void) y;
    count(dev, VN_COUNT_ELEMENT, 38 * (double) n, 2 * (double) n);
}

static void
count_gelu_backward(struct vn_device *dev, size_t n, const float *x,
                    const float *dy, float *dx)
{
    (void) x, (void) dy, (void) dx;
    count(dev, VN_COUNT_ELEMENT, 42 * (double) n, 3 * (double) n);
}

static void
count_relu_backward(struct vn_device *dev, size_t n, const float *y,
                    const float *dy, float *dx)
{
    (void) y, (void) dy, (void) dx;
    count(dev, VN_COUNT_ELEMENT, (double) n, 3 * (double) n);
}

static void
count_add(struct vn_device *dev, size_t n, const float *x, float *y)
{
    (void) x, (void) y;
    count(dev, VN_COUNT_ELEMENT, (double) n, 3 * (double) n);
}

static void
count_pool_forward(struct vn_device *dev, size_t examples, size_t pixels,
                   size_t channels, const float *x, float *y)
{
    double n = (double) examples * (double) pixels * (double) channels;

    (void) x, (void) y;
    count(dev, VN_COUNT_ELEMENT, n, n);
}

static void
count_pool_backward(struct vn_device *dev, size_t examples, size_t pixels,
                    size_t channels, const float *dy, float *dx)
{
    double n = (double) examples * (double) pixels * (double) channels;

    (void) dy, (void) dx;
    count(dev, VN_COUNT_ELEMENT, n, n);
}

static void
count_embed_forward(struct vn_device *dev, size_t rows, size_t width,
                    size_t context, const int32_t *ids, const float *table,
                    const float *position, float *y)
{
    double n = (double) rows * (double) width;

    (void) context, (void) ids, (void) table, (void) position, (void) y;
    count(dev, VN_COUNT_ELEMENT, n, 2 * n);
}

static void
count_embed_backward(struct vn_device *dev, size_t rows, size_t width,
                     size_t context, size_t vocabulary, const int32_t *ids,
                     const float *dy, float *dtable, float *dposition)
{
    double n = (double) rows * (double) width;

    (void) ids, (void) dy, (void) dtable, (void) dposition;
    count(dev, VN_COUNT_ELEMENT, 2 * n,
          n + (double) (vocabulary + context) * (double) width);
}

static void
count_cross_entropy(struct vn_device *dev, size_t rows, size_t classes,
                    const float *logits, const int32_t *labels, float weight,
                    float *dlogits, int64_t *sums)
{
    double n = (double) rows * (double) classes;

    (void) logits, (void) labels, (void) weight, (void) sums;
    count(dev, VN_COUNT_LOSS, (dlogits != NULL ? 40 : 20) * n,
          (dlogits != NULL ? 2 : 1) * n);
}

/* A gradient is read, an int64_t read and written. */
static void
count_accumulate(struct vn_device *dev, size_t n, const float *g, float weight,
                 const double *scale, int64_t *sum, uint32_t *largest)
{
    (void) g, (void) weight, (void) scale, (void) sum, (void) largest;
    count(dev, VN_COUNT_SUM, 3 * (double) n, 5 * (double) n);
}

static void
count_accumulate_fast(struct vn_device *dev, size_t n, const float *g,
                      float weight, float *sum)
{
    (void) g, (void) weight, (void) sum;
    count(dev, VN_COUNT_SUM, 2 * (double) n, 3 * (double) n);
}

/* The product stays where it was made. */
static void
count_gemm_sum(struct vn_device *dev, const struct vn_gemm *g, const float *a,
               const float *b, float *c, const struct vn_sum *sum)
{
    double n = (double) g->m * g->n;

    count_gemm(dev, g, a, b, c);
    ((struct counter *) dev)->counts[VN_COUNT_GEMM].bytes -= 4 * n;
    count(dev, VN_COUNT_SUM, 3 * n, (sum->exact ? 4 : 2) * n);
}

/* A gradient's element is two floats where it is an int64_t. */
static void
count_update(struct vn_device *dev, const struct vn_update *u)
{
    double gradient = u->exact ? 2 : 1;

    for (int i = 0; i < u->n; i++) {
        double n = (double) u->list[i].size;

        if (u->clip > 0)
            count(dev, VN_COUNT_UPDATE, 4 * n, gradient * n);
        if (!u->list[i].trained)
            count(dev, VN_COUNT_UPDATE, 5 * n, (2 + gradient) * n);
        else if (u->adamw)
            count(dev, VN_COUNT_UPDATE, 18 * n, (6 + gradient) * n);
        else
            count(dev, VN_COUNT_UPDATE, 8 * n, (4 + gradient) * n);
    }
}

const struct vn_backend vn_backend_count = {
    .name = "count",
    .host_memory = false,
    .count = count_count,
    .describe = count_describe,
    .open = count_open,
    .close = count_close,
    .alloc = count_alloc,
    .free = count_free,
    .sync = count_sync,
    .upload = count_copy,
    .download = count_copy,
    .copy = count_copy,
    .zero = count_zero,
    .gemm = count_gemm,
    .conv_forward = count_conv_forward,
    .conv_backward_data = count_conv_backward_data,
    .conv_backward_weights = count_conv_backward_weights,
    .column_sum = count_column_sum,
    .batchnorm_forward = count_batchnorm_forward,
    .batchnorm_infer = count_batchnorm_infer,
    .batchnorm_backward = count_batchnorm_backward,
    .layernorm_forward = count_layernorm_forward,
    .layernorm_backward = count_layernorm_backward,
    .softmax_forward = count_softmax_forward,
    .softmax_backward = count_softmax_backward,
    .gelu_forward = count_gelu_forward,
    .gelu_backward = count_gelu_backward,
    .relu_backward = count_relu_backward,
    .add = count_add,
    .pool_forward = count_pool_forward,
    .pool_backward = count_pool_backward,
    .embed_forward = count_embed_forward,
    .embed_backward = count_embed_backward,
    .cross_entropy = count_cross_entropy,
    .accumulate = count_accumulate,
    .accumulate_fast = count_accumulate_fast,
    .gemm_sum = count_gemm_sum,
    .update = count_update,
};
