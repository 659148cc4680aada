/* Sums down the rows, and what rests on them: batch norm. */
#include "config.h"

#include "vnode_exec/device/formula.h"
#include "vnode_exec/device/host/host.h"

#include <string.h>

/* total[c] = sum down the rows of columns [from, from + n) of x. */
static void
down(size_t rows, size_t cols, const float *restrict x, size_t n,
     double *restrict total)
{
    for (size_t c = 0; c < n; c++)
        total[c] = 0;
    for (size_t r = 0; r < rows; r += VN_CHUNK) {
        float acc[VN_HOST_GROUP] = {0};
        size_t end = r + VN_CHUNK < rows ? r + VN_CHUNK : rows;

        for (size_t i = r; i < end; i++)
            for (size_t c = 0; c < n; c++)
                acc[c] += x[i * cols + c];
        for (size_t c = 0; c < n; c++)
            total[c] += acc[c];
    }
}

/* The same of (x - from)^2. */
static void
down_squares(size_t rows, size_t cols, const float *restrict x,
             const float *restrict from, size_t n, double *restrict total)
{
    for (size_t c = 0; c < n; c++)
        total[c] = 0;
    for (size_t r = 0; r < rows; r += VN_CHUNK) {
        float acc[VN_HOST_GROUP] = {0};
        size_t end = r + VN_CHUNK < rows ? r + VN_CHUNK : rows;

        for (size_t i = r; i < end; i++)
            for (size_t c = 0; c < n; c++) {
                float d = x[i * cols + c] - from[c];

                acc[c] = VN_FMAF(d, d, acc[c]);
            }
        for (size_t c = 0; c < n; c++)
            total[c] += acc[c];
    }
}

static void
column_sum_range(const struct vn_host_job *j, size_t from, size_t to)
{
    double total[VN_HOST_GROUP];

    for (size_t c = from; c < to; c += VN_HOST_GROUP) {
        size_t n = vn_host_group_end(c, to) - c;

        down(j->rows, j->width, j->dy + c, n, total);
        for (size_t i = 0; i < n; i++)
            j->out[c + i] = (float) total[i];
    }
}

void
VN_ISA_NAME(vn_host_column_sum)(struct vn_device *dev, size_t rows,
                                size_t cols, const float *dy, float *db)
{
    vn_host_share(dev, cols, VN_HOST_GROUP, column_sum_range,
                  &(struct vn_host_job){
                      .rows = rows, .width = cols, .dy = dy, .out = db});
}

/* y = x scale + shift, and what follows, on columns [c, c + n). */
static inline __attribute__((__always_inline__)) void
apply_n(const struct vn_host_job *j, size_t c, size_t n,
        const float *restrict scale, const float *restrict shift)
{
    size_t width = j->width;
    bool relu = j->relu;

    for (size_t r = 0; r < j->rows; r++) {
        const float *restrict x = j->x + r * width + c;
        float *restrict y = j->out + r * width + c;

        if (j->residual != NULL) {
            const float *restrict more = j->residual + r * width + c;

            for (size_t i = 0; i < n; i++) {
                float z = VN_FMAF(x[i], scale[i], shift[i]) + more[i];

                y[i] = relu && !(z > 0) ? 0 : z;
            }
        } else {
            for (size_t i = 0; i < n; i++) {
                float z = VN_FMAF(x[i], scale[i], shift[i]);

                y[i] = relu && !(z > 0) ? 0 : z;
            }
        }
    }
}

/* The usual numbers of channels as constants, for the compiler's sake. */
static void
apply(const struct vn_host_job *j, size_t c, size_t n, const float *scale,
      const float *shift)
{
    if (n == 16)
        apply_n(j, c, 16, scale, shift);
    else if (n == 32)
        apply_n(j, c, 32, scale, shift);
    else if (n == 64)
        apply_n(j, c, 64, scale, shift);
    else
        apply_n(j, c, n, scale, shift);
}

static void
batchnorm_range(const struct vn_host_job *j, size_t from, size_t to)
{
    double total[VN_HOST_GROUP];
    float scale[VN_HOST_GROUP], shift[VN_HOST_GROUP];

    for (size_t c = from; c < to; c += VN_HOST_GROUP) {
        size_t n = vn_host_group_end(c, to) - c;

        down(j->rows, j->width, j->x + c, n, total);
        for (size_t i = 0; i < n; i++)
            j->a[c + i] = (float) (total[i] / (double) j->rows);
        down_squares(j->rows, j->width, j->x + c, j->a + c, n, total);
        for (size_t i = 0; i < n; i++) {
            float m = j->a[c + i], v = (float) (total[i] / (double) j->rows);

            j->b[c + i] = vn_rstd(v);
            j->c[c + i] = VN_FMAF(m, m, v);
            scale[i] = j->gamma[c + i] * j->b[c + i];
            shift[i] = VN_FMAF(-m, scale[i], j->beta[c + i]);
        }
        apply(j, c, n, scale, shift);
    }
}

void
VN_ISA_NAME(vn_host_batchnorm_forward)(struct vn_device *dev, size_t rows,
                                       size_t channels, const float *x,
                                       const float *gamma, const float *beta,
                                       const float *residual, bool relu,
                                       float *y, float *mean, float *rstd,
                                       float *square)
{
    vn_host_share(dev, channels, 8, batchnorm_range,
                  &(struct vn_host_job){.rows = rows,
                                        .width = channels,
                                        .x = x,
                                        .gamma = gamma,
                                        .beta = beta,
                                        .residual = residual,
                                        .relu = relu,
                                        .out = y,
                                        .a = mean,
                                        .b = rstd,
                                        .c = square});
}

static void
batchnorm_infer_range(const struct vn_host_job *j, size_t from, size_t to)
{
    float scale[VN_HOST_GROUP], shift[VN_HOST_GROUP];

    for (size_t c = from; c < to; c += VN_HOST_GROUP) {
        size_t n = vn_host_group_end(c, to) - c;

        for (size_t i = 0; i < n; i++) {
            float m = j->mean[c + i], v = VN_FMAF(-m, m, j->y[c + i]);

            scale[i] = j->gamma[c + i] * vn_rstd(v > 0 ? v : 0);
            shift[i] = VN_FMAF(-m, scale[i], j->beta[c + i]);
        }
        apply(j, c, n, scale, shift);
    }
}

void
VN_ISA_NAME(vn_host_batchnorm_infer)(struct vn_device *dev, size_t rows,
                                     size_t channels, const float *x,
                                     const float *gamma, const float *beta,
                                     const float *residual, bool relu,
                                     const float *mean, const float *square,
                                     float *y)
{
    vn_host_share(dev, channels, 8, batchnorm_infer_range,
                  &(struct vn_host_job){.rows = rows,
                                        .width = channels,
                                        .x = x,
                                        .y = square,
                                        .gamma = gamma,
                                        .beta = beta,
                                        .residual = residual,
                                        .relu = relu,
                                        .mean = mean,
                                        .out = y});
}

/* dz into out, and its sums: b = sum dz, g = sum dz (x - mean). */
static inline __attribute__((__always_inline__)) void
batchnorm_sums_n(const struct vn_host_job *j, size_t c, size_t n,
                 double *restrict b, double *restrict g)
{
    size_t width = j->width;
    bool relu = j->relu;
    float mean[VN_HOST_GROUP];

    for (size_t i = 0; i < n; i++) {
        b[i] = g[i] = 0;
        mean[i] = j->mean[c + i];
    }
    for (size_t r0 = 0; r0 < j->rows; r0 += VN_CHUNK) {
        float pb[VN_HOST_GROUP] = {0}, pg[VN_HOST_GROUP] = {0};
        size_t end = r0 + VN_CHUNK < j->rows ? r0 + VN_CHUNK : j->rows;

        for (size_t r = r0; r < end; r++) {
            size_t at = r * width + c;
            const float *x = j->x + at, *dy = j->dy + at;
            const float *y = relu ? j->y + at : x;
            float *dx = j->out + at, *more = j->other;

#pragma GCC ivdep
            for (size_t i = 0; i < n; i++) {
                float dz = relu && !(y[i] > 0) ? 0 : dy[i];

                dx[i] = dz;
                pb[i] += dz;
                pg[i] = VN_FMAF(dz, x[i] - mean[i], pg[i]);
            }
            if (more == NULL)
                continue;
            more += at;
#pragma GCC ivdep
            for (size_t i = 0; i < n; i++)
                more[i] = j->add ? dx[i] + more[i] : dx[i];
        }
        for (size_t i = 0; i < n; i++) {
            b[i] += pb[i];
            g[i] += pg[i];
        }
    }
}

static void
batchnorm_sums(const struct vn_host_job *j, size_t c, size_t n, double *b,
               double *g)
{
    if (n == 16)
        batchnorm_sums_n(j, c, 16, b, g);
    else if (n == 32)
        batchnorm_sums_n(j, c, 32, b, g);
    else if (n == 64)
        batchnorm_sums_n(j, c, 64, b, g);
    else
        batchnorm_sums_n(j, c, n, b, g);
}

/* dx = p dz + q x + s. */
static inline __attribute__((__always_inline__)) void
batchnorm_dx_n(const struct vn_host_job *j, size_t c, size_t n,
               const float *restrict p, const float *restrict q,
               const float *restrict s)
{
    for (size_t r = 0; r < j->rows; r++) {
        const float *restrict x = j->x + r * j->width + c;
        float *restrict dx = j->out + r * j->width + c;

        for (size_t i = 0; i < n; i++)
            dx[i] = VN_FMAF(p[i], dx[i], VN_FMAF(q[i], x[i], s[i]));
    }
}

static void
batchnorm_dx(const struct vn_host_job *j, size_t c, size_t n, const float *p,
             const float *q, const float *s)
{
    if (n == 16)
        batchnorm_dx_n(j, c, 16, p, q, s);
    else if (n == 32)
        batchnorm_dx_n(j, c, 32, p, q, s);
    else if (n == 64)
        batchnorm_dx_n(j, c, 64, p, q, s);
    else
        batchnorm_dx_n(j, c, n, p, q, s);
}

static void
batchnorm_backward_range(const struct vn_host_job *j, size_t from, size_t to)
{
    double b[VN_HOST_GROUP], g[VN_HOST_GROUP];
    float p[VN_HOST_GROUP], q[VN_HOST_GROUP], s[VN_HOST_GROUP],
        rows = (float) j->rows;

    for (size_t c = from; c < to; c += VN_HOST_GROUP) {
        size_t n = vn_host_group_end(c, to) - c;

        batchnorm_sums(j, c, n, b, g);
        for (size_t i = 0; i < n; i++) {
            float rstd = j->rstd[c + i], db = (float) b[i];
            float dg = rstd * (float) g[i];

            j->a[c + i] = dg;
            j->b[c + i] = db;
            p[i] = j->gamma[c + i] * rstd;
            q[i] = -(p[i] * rstd * dg) / rows;
            s[i] = VN_FMAF(-j->mean[c + i], q[i], -(p[i] * db) / rows);
        }
        batchnorm_dx(j, c, n, p, q, s);
    }
}

void
VN_ISA_NAME(vn_host_batchnorm_backward)(
    struct vn_device *dev, size_t rows, size_t channels, const float *x,
    const float *gamma, bool relu, const float *y, const float *mean,
    const float *rstd, const float *dy, float *dx, bool add_residual,
    float *dresidual, float *dgamma, float *dbeta)
{
    vn_host_share(dev, channels, 8, batchnorm_backward_range,
                  &(struct vn_host_job){.rows = rows,
                                        .width = channels,
                                        .x = x,
                                        .y = y,
                                        .dy = dy,
                                        .gamma = gamma,
                                        .mean = mean,
                                        .rstd = rstd,
                                        .relu = relu,
                                        .out = dx,
                                        .other = dresidual,
                                        .add = add_residual,
                                        .a = dgamma,
                                        .b = dbeta});
}
