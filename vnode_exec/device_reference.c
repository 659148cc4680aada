/*
 * The reference: plain loops that *define* each operation and the order of
 * its sums.  Slow, on one thread, and open to training like any other
 * backend, which then gives the bits that the others must give.
 */
#include "config.h"

#include "base/xalloc.h"
#include "vnode_exec/device.h"
#include "vnode_exec/formula.h"

#include <stdio.h>
#include <stdlib.h>

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

static void
gemm_one(const struct vn_gemm *g, const float *a, const float *b, float *c,
         const float *addend)
{
    for (int i = 0; i < g->m; i++) {
        for (int j = 0; j < g->n; j++) {
            float acc = 0, *to = &c[i * g->c_row + j];

            if (g->triangle == VN_LOWER_C && j > i)
                continue;
            for (int k = 0; k < g->k; k++)
                acc = VN_FMAF(a[i * g->a_row + k * g->a_col],
                              b[k * g->b_row + j * g->b_col], acc);
            if (g->bias != NULL)
                acc += g->bias[j];
            if (g->add)
                acc += *to;
            if (addend != NULL)
                acc += addend[i * g->c_row + j];
            *to = g->relu && !(acc > 0) ? 0 : acc;
        }
    }
}

static void
reference_gemm(struct vn_device *dev, const struct vn_gemm *g, const float *a,
               const float *b, float *c)
{
    (void) dev;
    for (int o = 0; o < g->outer; o++)
        for (int i = 0; i < g->inner; i++) {
            ptrdiff_t at = o * g->c_outer + i * g->c_inner;

            gemm_one(g, a + o * g->a_outer + i * g->a_inner,
                     b + o * g->b_outer + i * g->b_inner, c + at,
                     g->addend != NULL ? g->addend + at : NULL);
        }
}

/* An input pixel's first channel's index, or -1 outside the image. */
static ptrdiff_t
in_pixel(const struct vn_conv *s, int example, int y, int x)
{
    if (y < 0 || y >= s->in_height || x < 0 || x >= s->in_width)
        return -1;
    return (((ptrdiff_t) example * s->in_height + y) * s->in_width + x)
           * s->in_channels;
}

static ptrdiff_t
out_pixel(const struct vn_conv *s, int example, int y, int x)
{
    if (y < 0 || y >= s->out_height || x < 0 || x >= s->out_width)
        return -1;
    return (((ptrdiff_t) example * s->out_height + y) * s->out_width + x)
           * s->out_channels;
}

/* The weight of (row, column, in-channel, out-channel). */
static ptrdiff_t
weight(const struct vn_conv *s, int i, int j, int in, int out)
{
    return (((ptrdiff_t) i * s->size + j) * s->in_channels + in)
               * s->out_channels
           + out;
}

static float
conv_pixel(const struct vn_conv *s, const float *x, const float *w, int e,
           int oy, int ox, int oc)
{
    float acc = 0;

    for (int i = 0; i < s->size; i++)
        for (int j = 0; j < s->size; j++) {
            ptrdiff_t at = in_pixel(s, e, oy * s->stride - s->pad + i,
                                    ox * s->stride - s->pad + j);

            for (int ic = 0; ic < s->in_channels; ic++)
                acc = VN_FMAF(at < 0 ? 0 : x[at + ic],
                              w[weight(s, i, j, ic, oc)], acc);
        }
    return acc;
}

static void
reference_conv_forward(struct vn_device *dev, const struct vn_conv *s,
                       const float *x, const float *w, float *y)
{
    (void) dev;
    for (int e = 0; e < s->examples; e++)
        for (int oy = 0; oy < s->out_height; oy++)
            for (int ox = 0; ox < s->out_width; ox++)
                for (int oc = 0; oc < s->out_channels; oc++)
                    *y++ = conv_pixel(s, x, w, e, oy, ox, oc);
}

/* Output pixels in ascending order are window positions in descending. */
static float
conv_gradient(const struct vn_conv *s, const float *dy, const float *w, int e,
              int iy, int ix, int ic)
{
    float acc = 0;

    for (int i = s->size - 1; i >= 0; i--) {
        int y = iy + s->pad - i;

        if (y % s->stride != 0)
            continue;
        for (int j = s->size - 1; j >= 0; j--) {
            int x = ix + s->pad - j;
            ptrdiff_t at;

            if (x % s->stride != 0)
                continue;
            at = out_pixel(s, e, y / s->stride, x / s->stride);
            for (int oc = 0; oc < s->out_channels; oc++)
                acc = VN_FMAF(at < 0 ? 0 : dy[at + oc],
                              w[weight(s, i, j, ic, oc)], acc);
        }
    }
    return acc;
}

static void
reference_conv_backward_data(struct vn_device *dev, const struct vn_conv *s,
                             const float *dy, const float *w, bool add,
                             float *dx)
{
    (void) dev;
    for (int e = 0; e < s->examples; e++)
        for (int iy = 0; iy < s->in_height; iy++)
            for (int ix = 0; ix < s->in_width; ix++)
                for (int ic = 0; ic < s->in_channels; ic++, dx++) {
                    float g = conv_gradient(s, dy, w, e, iy, ix, ic);

                    *dx = add ? g + *dx : g;
                }
}

static float
weight_gradient(const struct vn_conv *s, const float *x, const float *dy,
                int i, int j, int ic, int oc)
{
    float acc = 0;

    for (int e = 0; e < s->examples; e++)
        for (int oy = 0; oy < s->out_height; oy++)
            for (int ox = 0; ox < s->out_width; ox++) {
                ptrdiff_t at = in_pixel(s, e, oy * s->stride - s->pad + i,
                                        ox * s->stride - s->pad + j);

                acc = VN_FMAF(at < 0 ? 0 : x[at + ic],
                              dy[out_pixel(s, e, oy, ox) + oc], acc);
            }
    return acc;
}

static void
reference_conv_backward_weights(struct vn_device *dev, const struct vn_conv *s,
                                const float *x, const float *dy, float *dw)
{
    (void) dev;
    for (int i = 0; i < s->size; i++)
        for (int j = 0; j < s->size; j++)
            for (int ic = 0; ic < s->in_channels; ic++)
                for (int oc = 0; oc < s->out_channels; oc++)
                    *dw++ = weight_gradient(s, x, dy, i, j, ic, oc);
}

/*
 * The sum down the rows of column c of a[row] * b[row], b being 1 where it
 * is NULL, less `from` on each side.
 */
static double
down(size_t rows, size_t cols, size_t c, const float *a, float a_from,
     const float *b, float b_from)
{
    double total = 0;

    for (size_t r = 0; r < rows; r += VN_CHUNK) {
        float acc = 0;

        for (size_t i = r; i < r + VN_CHUNK && i < rows; i++) {
            float x = a[i * cols + c] - a_from;

            acc = b == NULL ? acc + x
                            : VN_FMAF(x, b[i * cols + c] - b_from, acc);
        }
        total += acc;
    }
    return total;
}

static void
reference_column_sum(struct vn_device *dev, size_t rows, size_t cols,
                     const float *dy, float *db)
{
    (void) dev;
    for (size_t c = 0; c < cols; c++)
        db[c] = (float) down(rows, cols, c, dy, 0, NULL, 0);
}

/* z = x scale + shift, and what follows it. */
static void
batchnorm_apply(size_t rows, size_t channels, size_t c, const float *x,
                float scale, float shift, const float *residual, bool relu,
                float *y)
{
    for (size_t r = 0; r < rows; r++) {
        size_t i = r * channels + c;
        float z = VN_FMAF(x[i], scale, shift);

        if (residual != NULL)
            z += residual[i];
        y[i] = relu && !(z > 0) ? 0 : z;
    }
}

static void
reference_batchnorm_forward(struct vn_device *dev, size_t rows,
                            size_t channels, const float *x,
                            const float *gamma, const float *beta,
                            const float *residual, bool relu, float *y,
                            float *mean, float *rstd, float *square)
{
    (void) dev;
    for (size_t c = 0; c < channels; c++) {
        float m =
            (float) (down(rows, channels, c, x, 0, NULL, 0) / (double) rows);
        float v =
            (float) (down(rows, channels, c, x, m, x, m) / (double) rows);
        float scale;

        mean[c] = m;
        rstd[c] = vn_rstd(v);
        square[c] = VN_FMAF(m, m, v);
        scale = gamma[c] * rstd[c];
        batchnorm_apply(rows, channels, c, x, scale,
                        VN_FMAF(-m, scale, beta[c]), residual, relu, y);
    }
}

static void
reference_batchnorm_infer(struct vn_device *dev, size_t rows, size_t channels,
                          const float *x, const float *gamma,
                          const float *beta, const float *residual, bool relu,
                          const float *mean, const float *square, float *y)
{
    (void) dev;
    for (size_t c = 0; c < channels; c++) {
        float v = VN_FMAF(-mean[c], mean[c], square[c]);
        float scale = gamma[c] * vn_rstd(v > 0 ? v : 0);

        batchnorm_apply(rows, channels, c, x, scale,
                        VN_FMAF(-mean[c], scale, beta[c]), residual, relu, y);
    }
}

/*
 * With dz the gradient behind the ReLU, b = sum dz, g = rstd sum dz (x -
 * mean): dx = gamma rstd (dz - b / rows - (x - mean) rstd g / rows), as
 * p dz + q x + r.
 */
static void
reference_batchnorm_backward(struct vn_device *dev, size_t rows,
                             size_t channels, const float *x,
                             const float *gamma, bool relu, const float *y,
                             const float *mean, const float *rstd,
                             const float *dy, float *dx, bool add_residual,
                             float *dresidual, float *dgamma, float *dbeta)
{
    (void) dev;
    for (size_t i = 0; i < rows * channels; i++) {
        float dz = relu && !(y[i] > 0) ? 0 : dy[i];

        dx[i] = dz;
        if (dresidual != NULL)
            dresidual[i] = add_residual ? dz + dresidual[i] : dz;
    }
    for (size_t c = 0; c < channels; c++) {
        float b = (float) down(rows, channels, c, dx, 0, NULL, 0);
        float g = rstd[c] * (float) down(rows, channels, c, dx, 0, x, mean[c]);
        float p = gamma[c] * rstd[c], n = (float) rows;
        float q = -(p * rstd[c] * g) / n;
        float r = VN_FMAF(-mean[c], q, -(p * b) / n);

        dgamma[c] = g;
        dbeta[c] = b;
        for (size_t i = c; i < rows * channels; i += channels)
            dx[i] = VN_FMAF(p, dx[i], VN_FMAF(q, x[i], r));
    }
}

/* Join the lanes of a row's sum. */
static float
join(float *lanes)
{
    for (int w = VN_LANES / 2; w > 0; w /= 2)
        for (int l = 0; l < w; l++)
            lanes[l] += lanes[l + w];
    return lanes[0];
}

/* The sum along a row of (a - from) (b - from), b being 1 where NULL. */
static float
along(size_t n, const float *a, const float *b, float from)
{
    float lanes[VN_LANES] = {0};

    for (size_t j = 0; j < n; j++) {
        float *lane = &lanes[j % VN_LANES], x = a[j] - from;

        *lane = b == NULL ? *lane + x : VN_FMAF(x, b[j] - from, *lane);
    }
    return join(lanes);
}

static void
reference_layernorm_forward(struct vn_device *dev, size_t rows, size_t width,
                            const float *x, const float *gamma,
                            const float *beta, float *y, float *mean,
                            float *rstd)
{
    (void) dev;
    for (size_t r = 0; r < rows; r++, x += width, y += width) {
        mean[r] = along(width, x, NULL, 0) / (float) width;
        rstd[r] = vn_rstd(along(width, x, x, mean[r]) / (float) width);
        for (size_t j = 0; j < width; j++)
            y[j] = VN_FMAF((x[j] - mean[r]) * rstd[r], gamma[j], beta[j]);
    }
}

/* One row's dx: rstd (g - mean(g) - xhat mean(g xhat)), g = dy gamma. */
static void
layernorm_row(size_t width, const float *x, const float *gamma, float mean,
              float rstd, const float *dy, bool add, float *dx)
{
    float g[VN_LANES] = {0}, gx[VN_LANES] = {0}, mg, mgx;

    for (size_t j = 0; j < width; j++) {
        float d = dy[j] * gamma[j], *lane = &gx[j % VN_LANES];

        g[j % VN_LANES] += d;
        *lane = VN_FMAF(d, (x[j] - mean) * rstd, *lane);
    }
    mg = join(g) / (float) width;
    mgx = join(gx) / (float) width;
    for (size_t j = 0; j < width; j++) {
        float d = VN_FMAF(dy[j], gamma[j], -mg);

        d = rstd * VN_FMAF(-((x[j] - mean) * rstd), mgx, d);
        dx[j] = add ? d + dx[j] : d;
    }
}

static void
reference_layernorm_backward(struct vn_device *dev, size_t rows, size_t width,
                             const float *x, const float *gamma,
                             const float *mean, const float *rstd,
                             const float *dy, bool add, float *dx,
                             float *dgamma, float *dbeta)
{
    (void) dev;
    for (size_t r = 0; r < rows; r++)
        layernorm_row(width, &x[r * width], gamma, mean[r], rstd[r],
                      &dy[r * width], add, &dx[r * width]);
    for (size_t j = 0; j < width; j++) {
        double total = 0;

        for (size_t r = 0; r < rows; r += VN_CHUNK) {
            float acc = 0;

            for (size_t i = r; i < r + VN_CHUNK && i < rows; i++)
                acc = VN_FMAF(dy[i * width + j],
                              (x[i * width + j] - mean[i]) * rstd[i], acc);
            total += acc;
        }
        dgamma[j] = (float) total;
        dbeta[j] = (float) down(rows, width, j, dy, 0, NULL, 0);
    }
}

static void
reference_softmax_forward(struct vn_device *dev, size_t matrices, size_t n,
                          float scale, float *p)
{
    (void) dev;
    for (size_t row = 0; row < matrices * n; row++, p += n) {
        size_t seen = row % n + 1;
        float most = p[0], total;

        for (size_t j = 1; j < seen; j++)
            most = p[j] > most ? p[j] : most;
        for (size_t j = 0; j < n; j++)
            p[j] = j < seen ? vn_exp((p[j] - most) * scale) : 0;
        total = 1.0F / along(seen, p, NULL, 0);
        for (size_t j = 0; j < seen; j++)
            p[j] *= total;
    }
}

static void
reference_softmax_backward(struct vn_device *dev, size_t matrices, size_t n,
                           float scale, const float *p, float *dp)
{
    (void) dev;
    for (size_t row = 0; row < matrices * n; row++, p += n, dp += n) {
        size_t seen = row % n + 1;
        float dot = along(seen, p, dp, 0);

        for (size_t j = 0; j < n; j++)
            dp[j] = j < seen ? p[j] * (dp[j] - dot) * scale : 0;
    }
}

static void
reference_gelu_forward(struct vn_device *dev, size_t n, const float *x,
                       float *y)
{
    (void) dev;
    for (size_t i = 0; i < n; i++)
        y[i] = vn_gelu(x[i]);
}

static void
reference_gelu_backward(struct vn_device *dev, size_t n, const float *x,
                        const float *dy, float *dx)
{
    (void) dev;
    for (size_t i = 0; i < n; i++)
        dx[i] = dy[i] * vn_gelu_slope(x[i]);
}

static void
reference_relu_backward(struct vn_device *dev, size_t n, const float *y,
                        const float *dy, float *dx)
{
    (void) dev;
    for (size_t i = 0; i < n; i++)
        dx[i] = y[i] > 0 ? dy[i] : 0;
}

static void
reference_add(struct vn_device *dev, size_t n, const float *x, float *y)
{
    (void) dev;
    for (size_t i = 0; i < n; i++)
        y[i] += x[i];
}

static void
reference_pool_forward(struct vn_device *dev, size_t examples, size_t pixels,
                       size_t channels, const float *x, float *y)
{
    (void) dev;
    for (size_t e = 0; e < examples; e++)
        for (size_t c = 0; c < channels; c++) {
            float acc = 0;

            for (size_t i = 0; i < pixels; i++)
                acc += x[(e * pixels + i) * channels + c];
            y[e * channels + c] = acc / (float) pixels;
        }
}

static void
reference_pool_backward(struct vn_device *dev, size_t examples, size_t pixels,
                        size_t channels, const float *dy, float *dx)
{
    (void) dev;
    for (size_t i = 0; i < examples * pixels * channels; i++) {
        size_t e = i / (pixels * channels);

        dx[i] = dy[e * channels + i % channels] / (float) pixels;
    }
}

static void
reference_embed_forward(struct vn_device *dev, size_t rows, size_t width,
                        size_t context, const int32_t *ids, const float *table,
                        const float *position, float *y)
{
    (void) dev;
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < width; j++)
            y[r * width + j] = table[(size_t) ids[r] * width + j]
                               + position[r % context * width + j];
}

static void
reference_embed_backward(struct vn_device *dev, size_t rows, size_t width,
                         size_t context, size_t vocabulary, const int32_t *ids,
                         const float *dy, float *dtable, float *dposition)
{
    (void) dev;
    memset(dtable, 0, vocabulary * width * sizeof *dtable);
    memset(dposition, 0, context * width * sizeof *dposition);
    for (size_t r = 0; r < rows; r++)
        for (size_t j = 0; j < width; j++) {
            dtable[(size_t) ids[r] * width + j] += dy[r * width + j];
            dposition[r % context * width + j] += dy[r * width + j];
        }
}

static void
reference_cross_entropy(struct vn_device *dev, size_t rows, size_t classes,
                        const float *logits, const int32_t *labels,
                        float row_weight, float *dlogits, int64_t *sums)
{
    (void) dev;
    for (size_t r = 0; r < rows; r++, logits += classes) {
        float lanes[VN_LANES] = {0}, total, loss;
        size_t label = (size_t) labels[r], best = 0;

        for (size_t j = 1; j < classes; j++)
            best = logits[j] > logits[best] ? j : best;
        for (size_t j = 0; j < classes; j++)
            lanes[j % VN_LANES] += vn_exp(logits[j] - logits[best]);
        total = join(lanes);
        loss = vn_log(total) - (logits[label] - logits[best]);
        sums[0] =
            (int64_t) ((uint64_t) sums[0] + vn_fixed(loss, VN_LOSS_SCALE));
        sums[1] += best == label;
        if (dlogits != NULL) {
            float most = logits[best], one = 1.0F / total;

            for (size_t j = 0; j < classes; j++) {
                float p = vn_exp(logits[j] - most) * one;

                dlogits[r * classes + j] =
                    (j == label ? p - 1.0F : p) * row_weight;
            }
        }
    }
}

static void
reference_accumulate(struct vn_device *dev, size_t n, const float *g,
                     float factor, double scale, int64_t *sum,
                     uint32_t *largest)
{
    (void) dev;
    for (size_t i = 0; i < n; i++) {
        float x = factor * g[i];

        sum[i] = (int64_t) ((uint64_t) sum[i] + vn_fixed(x, scale));
        if (vn_magnitude(x) > *largest)
            *largest = vn_magnitude(x);
    }
}

static void
reference_accumulate_fast(struct vn_device *dev, size_t n, const float *g,
                          float factor, float *sum)
{
    (void) dev;
    for (size_t i = 0; i < n; i++)
        sum[i] = VN_FMAF(factor, g[i], sum[i]);
}

static void
reference_norm(struct vn_device *dev, size_t n,
               const struct vn_gradient *gradient, double *square)
{
    double total = 0;

    (void) dev;
    for (size_t at = 0; at < n; at += VN_BLOCK) {
        double lanes[VN_LANES] = {0};

        for (size_t i = at; i < at + VN_BLOCK && i < n; i++) {
            double g = vn_gradient_at(gradient->sum, gradient->unit, 1, i);

            lanes[i % VN_LANES] += g * g; /* a product of floats: exact */
        }
        for (int w = VN_LANES / 2; w > 0; w /= 2)
            for (int l = 0; l < w; l++)
                lanes[l] += lanes[l + w];
        total += lanes[0];
    }
    *square = total;
}

static void
reference_sgd(struct vn_device *dev, size_t n,
              const struct vn_gradient *gradient, float rate, float momentum,
              float decay, float *p, float *velocity)
{
    (void) dev;
    for (size_t i = 0; i < n; i++)
        vn_sgd_element(
            vn_gradient_at(gradient->sum, gradient->unit, gradient->factor, i),
            rate, momentum, decay, &p[i], &velocity[i]);
}

static void
reference_adamw(struct vn_device *dev, size_t n,
                const struct vn_gradient *gradient, float rate, float decay,
                int64_t step, float *p, float *first, float *second)
{
    float correct1 = (float) (1 / (1 - pow(0.9, (double) step)));
    float correct2 = (float) (1 / (1 - pow(0.95, (double) step)));

    (void) dev;
    for (size_t i = 0; i < n; i++)
        vn_adamw_element(
            vn_gradient_at(gradient->sum, gradient->unit, gradient->factor, i),
            rate, decay, correct1, correct2, &p[i], &first[i], &second[i]);
}

static void
reference_ema(struct vn_device *dev, size_t n,
              const struct vn_gradient *gradient, float rate, float *p)
{
    (void) dev;
    for (size_t i = 0; i < n; i++) {
        float g =
            vn_gradient_at(gradient->sum, gradient->unit, gradient->factor, i);

        p[i] = VN_FMAF(rate, g - p[i], p[i]);
    }
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
    .gemm = reference_gemm,
    .conv_forward = reference_conv_forward,
    .conv_backward_data = reference_conv_backward_data,
    .conv_backward_weights = reference_conv_backward_weights,
    .column_sum = reference_column_sum,
    .batchnorm_forward = reference_batchnorm_forward,
    .batchnorm_infer = reference_batchnorm_infer,
    .batchnorm_backward = reference_batchnorm_backward,
    .layernorm_forward = reference_layernorm_forward,
    .layernorm_backward = reference_layernorm_backward,
    .softmax_forward = reference_softmax_forward,
    .softmax_backward = reference_softmax_backward,
    .gelu_forward = reference_gelu_forward,
    .gelu_backward = reference_gelu_backward,
    .relu_backward = reference_relu_backward,
    .add = reference_add,
    .pool_forward = reference_pool_forward,
    .pool_backward = reference_pool_backward,
    .embed_forward = reference_embed_forward,
    .embed_backward = reference_embed_backward,
    .cross_entropy = reference_cross_entropy,
    .accumulate = reference_accumulate,
    .accumulate_fast = reference_accumulate_fast,
    .norm = reference_norm,
    .sgd = reference_sgd,
    .adamw = reference_adamw,
    .ema = reference_ema,
};
