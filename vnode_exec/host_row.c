/*
 * The operations that go over rows, columns and elements, as loops that the
 * compiler turns into vectors, and the table of this instruction set.
 */
#include "config.h"

#include "vnode_exec/formula.h"
#include "vnode_exec/host.h"

#include <string.h>

enum {
    GRAIN = 1024, /* elements below which a thread more is not worth it */
    GROUP = 64    /* columns summed together */
};

/* The arguments of any of these operations. */
struct job {
    size_t rows, width;
    const float *x, *y, *dy, *gamma, *beta, *residual, *mean, *rstd;
    float *out, *other, *a, *b, *c;
    const int32_t *ids;
    size_t context;
    float factor;
    double scale;
    bool relu, add;
};

/* An operation on [from, to) of what the threads share. */
typedef void (*range_fn)(const struct job *j, size_t from, size_t to);

struct shared {
    const struct job *job;
    range_fn fn;
    size_t n, grain;
};

static void
shared_thread(void *arg, int thread, int threads)
{
    const struct shared *s = arg;
    size_t from, to;

    vn_team_share(s->n, s->grain, thread, threads, &from, &to);
    if (from < to)
        s->fn(s->job, from, to);
}

static void
share(struct vn_device *dev, size_t n, size_t grain, range_fn fn,
      const struct job *job)
{
    struct shared s = {job, fn, n, grain > 0 ? grain : 1};

    vn_host_run(dev, shared_thread, &s);
}

/* Rows a thread should have at least. */
static size_t
rows_grain(size_t width)
{
    return GRAIN / (width + 1) + 1;
}

/* total[c] = sum down the rows of columns [from, from + n) of x. */
static void
down(size_t rows, size_t cols, const float *restrict x, size_t n,
     double *restrict total)
{
    for (size_t c = 0; c < n; c++)
        total[c] = 0;
    for (size_t r = 0; r < rows; r += VN_CHUNK) {
        float acc[GROUP] = {0};
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
        float acc[GROUP] = {0};
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

static size_t
group_end(size_t c, size_t to)
{
    return c + GROUP < to ? c + GROUP : to;
}

static void
column_sum_range(const struct job *j, size_t from, size_t to)
{
    double total[GROUP];

    for (size_t c = from; c < to; c += GROUP) {
        size_t n = group_end(c, to) - c;

        down(j->rows, j->width, j->dy + c, n, total);
        for (size_t i = 0; i < n; i++)
            j->out[c + i] = (float) total[i];
    }
}

static void
host_column_sum(struct vn_device *dev, size_t rows, size_t cols,
                const float *dy, float *db)
{
    share(dev, cols, GROUP, column_sum_range,
          &(struct job){.rows = rows, .width = cols, .dy = dy, .out = db});
}

/* y = x scale + shift, and what follows, on columns [c, c + n). */
static inline __attribute__((__always_inline__)) void
apply_n(const struct job *j, size_t c, size_t n, const float *restrict scale,
        const float *restrict shift)
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
apply(const struct job *j, size_t c, size_t n, const float *scale,
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
batchnorm_range(const struct job *j, size_t from, size_t to)
{
    double total[GROUP];
    float scale[GROUP], shift[GROUP];

    for (size_t c = from; c < to; c += GROUP) {
        size_t n = group_end(c, to) - c;

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

static void
host_batchnorm_forward(struct vn_device *dev, size_t rows, size_t channels,
                       const float *x, const float *gamma, const float *beta,
                       const float *residual, bool relu, float *y, float *mean,
                       float *rstd, float *square)
{
    share(dev, channels, 8, batchnorm_range,
          &(struct job){.rows = rows,
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
batchnorm_infer_range(const struct job *j, size_t from, size_t to)
{
    float scale[GROUP], shift[GROUP];

    for (size_t c = from; c < to; c += GROUP) {
        size_t n = group_end(c, to) - c;

        for (size_t i = 0; i < n; i++) {
            float m = j->mean[c + i], v = VN_FMAF(-m, m, j->y[c + i]);

            scale[i] = j->gamma[c + i] * vn_rstd(v > 0 ? v : 0);
            shift[i] = VN_FMAF(-m, scale[i], j->beta[c + i]);
        }
        apply(j, c, n, scale, shift);
    }
}

static void
host_batchnorm_infer(struct vn_device *dev, size_t rows, size_t channels,
                     const float *x, const float *gamma, const float *beta,
                     const float *residual, bool relu, const float *mean,
                     const float *square, float *y)
{
    share(dev, channels, 8, batchnorm_infer_range,
          &(struct job){.rows = rows,
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
batchnorm_sums_n(const struct job *j, size_t c, size_t n, double *restrict b,
                 double *restrict g)
{
    size_t width = j->width;
    bool relu = j->relu;
    float mean[GROUP];

    for (size_t i = 0; i < n; i++) {
        b[i] = g[i] = 0;
        mean[i] = j->mean[c + i];
    }
    for (size_t r0 = 0; r0 < j->rows; r0 += VN_CHUNK) {
        float pb[GROUP] = {0}, pg[GROUP] = {0};
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
batchnorm_sums(const struct job *j, size_t c, size_t n, double *b, double *g)
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
batchnorm_dx_n(const struct job *j, size_t c, size_t n,
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
batchnorm_dx(const struct job *j, size_t c, size_t n, const float *p,
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
batchnorm_backward_range(const struct job *j, size_t from, size_t to)
{
    double b[GROUP], g[GROUP];
    float p[GROUP], q[GROUP], s[GROUP], rows = (float) j->rows;

    for (size_t c = from; c < to; c += GROUP) {
        size_t n = group_end(c, to) - c;

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

static void
host_batchnorm_backward(struct vn_device *dev, size_t rows, size_t channels,
                        const float *x, const float *gamma, bool relu,
                        const float *y, const float *mean, const float *rstd,
                        const float *dy, float *dx, bool add_residual,
                        float *dresidual, float *dgamma, float *dbeta)
{
    share(dev, channels, 8, batchnorm_backward_range,
          &(struct job){.rows = rows,
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

static float
join(float *lanes)
{
    for (int w = VN_LANES / 2; w > 0; w /= 2)
        for (int l = 0; l < w; l++)
            lanes[l] += lanes[l + w];
    return lanes[0];
}

static float
sum(size_t n, const float *restrict a)
{
    float lanes[VN_LANES] = {0};
    size_t j = 0;

    for (; j + VN_LANES <= n; j += VN_LANES)
        for (size_t l = 0; l < VN_LANES; l++)
            lanes[l] += a[j + l];
    for (size_t l = 0; j + l < n; l++)
        lanes[l] += a[j + l];
    return join(lanes);
}

static float
sum_squares(size_t n, const float *restrict a, float from)
{
    float lanes[VN_LANES] = {0};
    size_t j = 0;

    for (; j + VN_LANES <= n; j += VN_LANES)
        for (size_t l = 0; l < VN_LANES; l++)
            lanes[l] = VN_FMAF(a[j + l] - from, a[j + l] - from, lanes[l]);
    for (size_t l = 0; j + l < n; l++)
        lanes[l] = VN_FMAF(a[j + l] - from, a[j + l] - from, lanes[l]);
    return join(lanes);
}

static float
dot(size_t n, const float *restrict a, const float *restrict b)
{
    float lanes[VN_LANES] = {0};
    size_t j = 0;

    for (; j + VN_LANES <= n; j += VN_LANES)
        for (size_t l = 0; l < VN_LANES; l++)
            lanes[l] = VN_FMAF(a[j + l], b[j + l], lanes[l]);
    for (size_t l = 0; j + l < n; l++)
        lanes[l] = VN_FMAF(a[j + l], b[j + l], lanes[l]);
    return join(lanes);
}

static void
layernorm_range(const struct job *j, size_t from, size_t to)
{
    size_t width = j->width;

    for (size_t r = from; r < to; r++) {
        const float *restrict x = j->x + r * width;
        float *restrict y = j->out + r * width;
        float mean = sum(width, x) / (float) width;
        float rstd = vn_rstd(sum_squares(width, x, mean) / (float) width);

        j->a[r] = mean;
        j->b[r] = rstd;
        for (size_t i = 0; i < width; i++)
            y[i] = VN_FMAF((x[i] - mean) * rstd, j->gamma[i], j->beta[i]);
    }
}

static void
host_layernorm_forward(struct vn_device *dev, size_t rows, size_t width,
                       const float *x, const float *gamma, const float *beta,
                       float *y, float *mean, float *rstd)
{
    share(dev, rows, rows_grain(width), layernorm_range,
          &(struct job){.rows = rows,
                        .width = width,
                        .x = x,
                        .gamma = gamma,
                        .beta = beta,
                        .out = y,
                        .a = mean,
                        .b = rstd});
}

static void
layernorm_row(const struct job *j, size_t r)
{
    size_t width = j->width, at = 0;
    const float *restrict x = j->x + r * width;
    const float *restrict dy = j->dy + r * width;
    const float *restrict gamma = j->gamma;
    float *restrict dx = j->out + r * width;
    float g[VN_LANES] = {0}, gx[VN_LANES] = {0};
    float mean = j->mean[r], rstd = j->rstd[r], mg, mgx;

    for (; at < width; at += VN_LANES) {
        size_t lanes = width - at < VN_LANES ? width - at : VN_LANES;

        for (size_t l = 0; l < lanes; l++) {
            float d = dy[at + l] * gamma[at + l];

            g[l] += d;
            gx[l] = VN_FMAF(d, (x[at + l] - mean) * rstd, gx[l]);
        }
    }
    mg = join(g) / (float) width;
    mgx = join(gx) / (float) width;
    for (size_t i = 0; i < width; i++) {
        float d = VN_FMAF(dy[i], gamma[i], -mg);

        d = rstd * VN_FMAF(-((x[i] - mean) * rstd), mgx, d);
        dx[i] = j->add ? d + dx[i] : d;
    }
}

static void
layernorm_backward_range(const struct job *j, size_t from, size_t to)
{
    for (size_t r = from; r < to; r++)
        layernorm_row(j, r);
}

/* dgamma and dbeta, of columns [from, to). */
static void
layernorm_sums_range(const struct job *j, size_t from, size_t to)
{
    for (size_t c = from; c < to; c += GROUP) {
        size_t n = group_end(c, to) - c;
        double b[GROUP] = {0}, g[GROUP] = {0};

        for (size_t r0 = 0; r0 < j->rows; r0 += VN_CHUNK) {
            float pb[GROUP] = {0}, pg[GROUP] = {0};
            size_t end = r0 + VN_CHUNK < j->rows ? r0 + VN_CHUNK : j->rows;

            for (size_t r = r0; r < end; r++) {
                const float *restrict x = j->x + r * j->width + c;
                const float *restrict dy = j->dy + r * j->width + c;
                float mean = j->mean[r], rstd = j->rstd[r];

                for (size_t i = 0; i < n; i++) {
                    pb[i] += dy[i];
                    pg[i] = VN_FMAF(dy[i], (x[i] - mean) * rstd, pg[i]);
                }
            }
            for (size_t i = 0; i < n; i++) {
                b[i] += pb[i];
                g[i] += pg[i];
            }
        }
        for (size_t i = 0; i < n; i++) {
            j->a[c + i] = (float) g[i];
            j->b[c + i] = (float) b[i];
        }
    }
}

static void
host_layernorm_backward(struct vn_device *dev, size_t rows, size_t width,
                        const float *x, const float *gamma, const float *mean,
                        const float *rstd, const float *dy, bool add,
                        float *dx, float *dgamma, float *dbeta)
{
    struct job job = {.rows = rows,
                      .width = width,
                      .x = x,
                      .dy = dy,
                      .gamma = gamma,
                      .mean = mean,
                      .rstd = rstd,
                      .add = add,
                      .out = dx,
                      .a = dgamma,
                      .b = dbeta};

    share(dev, rows, rows_grain(width), layernorm_backward_range, &job);
    share(dev, width, GROUP, layernorm_sums_range, &job);
}

static void
softmax_range(const struct job *j, size_t from, size_t to)
{
    size_t n = j->width;
    float scale = j->factor;

    for (size_t r = from; r < to; r++) {
        float *restrict p = j->out + r * n, most = p[0], one;
        size_t seen = r % n + 1;

        for (size_t i = 1; i < seen; i++)
            most = p[i] > most ? p[i] : most;
        for (size_t i = 0; i < seen; i++)
            p[i] = vn_exp((p[i] - most) * scale);
        memset(p + seen, 0, (n - seen) * sizeof *p);
        one = 1.0F / sum(seen, p);
        for (size_t i = 0; i < seen; i++)
            p[i] *= one;
    }
}

static void
host_softmax_forward(struct vn_device *dev, size_t matrices, size_t n,
                     float scale, float *p)
{
    share(dev, matrices * n, rows_grain(n), softmax_range,
          &(struct job){.width = n, .factor = scale, .out = p});
}

static void
softmax_backward_range(const struct job *j, size_t from, size_t to)
{
    size_t n = j->width;
    float scale = j->factor;

    for (size_t r = from; r < to; r++) {
        const float *restrict p = j->x + r * n;
        float *restrict dp = j->out + r * n, d;
        size_t seen = r % n + 1;

        d = dot(seen, p, dp);
        for (size_t i = 0; i < seen; i++)
            dp[i] = p[i] * (dp[i] - d) * scale;
        memset(dp + seen, 0, (n - seen) * sizeof *dp);
    }
}

static void
host_softmax_backward(struct vn_device *dev, size_t matrices, size_t n,
                      float scale, const float *p, float *dp)
{
    share(dev, matrices * n, rows_grain(n), softmax_backward_range,
          &(struct job){.width = n, .factor = scale, .x = p, .out = dp});
}

static void
gelu_range(const struct job *j, size_t from, size_t to)
{
    const float *restrict x = j->x;
    float *restrict y = j->out;

    for (size_t i = from; i < to; i++)
        y[i] = vn_gelu(x[i]);
}

static void
host_gelu_forward(struct vn_device *dev, size_t n, const float *x, float *y)
{
    share(dev, n, GRAIN, gelu_range, &(struct job){.x = x, .out = y});
}

static void
gelu_backward_range(const struct job *j, size_t from, size_t to)
{
    const float *x = j->x, *dy = j->dy;
    float *dx = j->out;

#pragma GCC ivdep
    for (size_t i = from; i < to; i++)
        dx[i] = dy[i] * vn_gelu_slope(x[i]);
}

static void
host_gelu_backward(struct vn_device *dev, size_t n, const float *x,
                   const float *dy, float *dx)
{
    share(dev, n, GRAIN, gelu_backward_range,
          &(struct job){.x = x, .dy = dy, .out = dx});
}

static void
relu_backward_range(const struct job *j, size_t from, size_t to)
{
    const float *y = j->y, *dy = j->dy;
    float *dx = j->out;

#pragma GCC ivdep
    for (size_t i = from; i < to; i++)
        dx[i] = y[i] > 0 ? dy[i] : 0;
}

static void
host_relu_backward(struct vn_device *dev, size_t n, const float *y,
                   const float *dy, float *dx)
{
    share(dev, n, GRAIN, relu_backward_range,
          &(struct job){.y = y, .dy = dy, .out = dx});
}

static void
add_range(const struct job *j, size_t from, size_t to)
{
    const float *restrict x = j->x;
    float *restrict y = j->out;

    for (size_t i = from; i < to; i++)
        y[i] += x[i];
}

static void
host_add(struct vn_device *dev, size_t n, const float *x, float *y)
{
    share(dev, n, GRAIN, add_range, &(struct job){.x = x, .out = y});
}

static void
pool_range(const struct job *j, size_t from, size_t to)
{
    size_t pixels = j->rows, channels = j->width;

    for (size_t e = from; e < to; e++) {
        float *restrict y = j->out + e * channels;

        memset(y, 0, channels * sizeof *y);
        for (size_t i = 0; i < pixels; i++)
            for (size_t c = 0; c < channels; c++)
                y[c] += j->x[(e * pixels + i) * channels + c];
        for (size_t c = 0; c < channels; c++)
            y[c] /= (float) pixels;
    }
}

static void
host_pool_forward(struct vn_device *dev, size_t examples, size_t pixels,
                  size_t channels, const float *x, float *y)
{
    share(dev, examples, rows_grain(pixels * channels), pool_range,
          &(struct job){.rows = pixels, .width = channels, .x = x, .out = y});
}

static void
pool_backward_range(const struct job *j, size_t from, size_t to)
{
    size_t pixels = j->rows, channels = j->width;

    for (size_t i = from * pixels; i < to * pixels; i++)
        for (size_t c = 0; c < channels; c++)
            j->out[i * channels + c] =
                j->dy[i / pixels * channels + c] / (float) pixels;
}

static void
host_pool_backward(struct vn_device *dev, size_t examples, size_t pixels,
                   size_t channels, const float *dy, float *dx)
{
    share(
        dev, examples, rows_grain(pixels * channels), pool_backward_range,
        &(struct job){.rows = pixels, .width = channels, .dy = dy, .out = dx});
}

static void
embed_range(const struct job *j, size_t from, size_t to)
{
    size_t width = j->width;

    for (size_t r = from; r < to; r++) {
        const float *restrict t = j->x + (size_t) j->ids[r] * width;
        const float *restrict p = j->y + r % j->context * width;
        float *restrict y = j->out + r * width;

        for (size_t i = 0; i < width; i++)
            y[i] = t[i] + p[i];
    }
}

static void
host_embed_forward(struct vn_device *dev, size_t rows, size_t width,
                   size_t context, const int32_t *ids, const float *table,
                   const float *position, float *y)
{
    share(dev, rows, rows_grain(width), embed_range,
          &(struct job){.width = width,
                        .context = context,
                        .ids = ids,
                        .x = table,
                        .y = position,
                        .out = y});
}

/* Columns [from, to): every thread goes down all the rows. */
static void
embed_backward_range(const struct job *j, size_t from, size_t to)
{
    size_t width = j->width;

    for (size_t r = 0; r < j->rows; r++) {
        const float *restrict dy = j->dy + r * width;
        float *restrict t = j->out + (size_t) j->ids[r] * width;
        float *restrict p = j->other + r % j->context * width;

        for (size_t i = from; i < to; i++) {
            t[i] += dy[i];
            p[i] += dy[i];
        }
    }
}

static void
host_embed_backward(struct vn_device *dev, size_t rows, size_t width,
                    size_t context, size_t vocabulary, const int32_t *ids,
                    const float *dy, float *dtable, float *dposition)
{
    memset(dtable, 0, vocabulary * width * sizeof *dtable);
    memset(dposition, 0, context * width * sizeof *dposition);
    share(dev, width, GROUP, embed_backward_range,
          &(struct job){.rows = rows,
                        .width = width,
                        .context = context,
                        .ids = ids,
                        .dy = dy,
                        .out = dtable,
                        .other = dposition});
}

/* One row: its loss, whether it was right, and dlogits where not NULL. */
static float
cross_entropy_row(size_t classes, const float *logits, size_t label,
                  float weight, float *dlogits, bool *right)
{
    float lanes[VN_LANES] = {0}, total, loss, most, one;
    size_t best = 0;

    for (size_t i = 1; i < classes; i++)
        best = logits[i] > logits[best] ? i : best;
    most = logits[best];
    for (size_t at = 0; at < classes; at += VN_LANES) {
        size_t n = classes - at < VN_LANES ? classes - at : VN_LANES;

        for (size_t l = 0; l < n; l++)
            lanes[l] += vn_exp(logits[at + l] - most);
    }
    total = join(lanes);
    loss = vn_log(total) - (logits[label] - most);
    *right = best == label;
    if (dlogits != NULL) {
        one = 1.0F / total;
#pragma GCC ivdep
        for (size_t i = 0; i < classes; i++) {
            float p = vn_exp(logits[i] - most) * one;

            dlogits[i] = (i == label ? p - 1.0F : p) * weight;
        }
    }
    return loss;
}

static void
host_cross_entropy(struct vn_device *dev, size_t rows, size_t classes,
                   const float *logits, const int32_t *labels, float weight,
                   float *dlogits, int64_t *sums)
{
    uint64_t total = (uint64_t) sums[0];

    (void) dev; /* a small part of any step: on one thread */
    for (size_t r = 0; r < rows; r++) {
        bool right;
        float *to = dlogits != NULL ? dlogits + r * classes : NULL;
        float loss = cross_entropy_row(classes, logits + r * classes,
                                       (size_t) labels[r], weight, to, &right);

        total += vn_fixed(loss, VN_LOSS_SCALE);
        sums[1] += right;
    }
    sums[0] = (int64_t) total;
}

struct accumulation {
    size_t n;
    const float *g;
    float factor;
    double scale;
    uint64_t *sum;
    uint32_t *largest; /* of each thread, in its work memory */
    struct vn_device *dev;
};

static void
accumulate_thread(void *arg, int thread, int threads)
{
    const struct accumulation *a = arg;
    const float *restrict g = a->g;
    uint64_t *restrict sums = a->sum;
    float factor = a->factor;
    double scale = a->scale;
    uint32_t most = 0;
    size_t from, to;

    vn_team_share(a->n, GRAIN, thread, threads, &from, &to);
    for (size_t i = from; i < to; i++) {
        float x = factor * g[i];
        uint32_t m = vn_magnitude(x);

        sums[i] += vn_fixed(x, scale);
        most = m > most ? m : most;
    }
    memcpy(vn_host_work(a->dev, thread), &most, sizeof most);
}

static void
host_accumulate(struct vn_device *dev, size_t n, const float *g, float factor,
                double scale, int64_t *to, uint32_t *largest)
{
    struct accumulation a = {.n = n,
                             .g = g,
                             .factor = factor,
                             .scale = scale,
                             .sum = (uint64_t *) to,
                             .dev = dev};
    struct vn_host *host = (struct vn_host *) dev;

    vn_host_reserve(dev, 16);
    for (int i = 0; i < host->device.options.threads; i++)
        memset(vn_host_work(dev, i), 0, sizeof(uint32_t));
    vn_host_run(dev, accumulate_thread, &a);
    for (int i = 0; i < host->device.options.threads; i++) {
        uint32_t most;

        memcpy(&most, vn_host_work(dev, i), sizeof most);
        *largest = most > *largest ? most : *largest;
    }
}

static void
accumulate_fast_range(const struct job *j, size_t from, size_t to)
{
    const float *restrict g = j->x;
    float *restrict out = j->out;
    float factor = j->factor;

    for (size_t i = from; i < to; i++)
        out[i] = VN_FMAF(factor, g[i], out[i]);
}

static void
host_accumulate_fast(struct vn_device *dev, size_t n, const float *g,
                     float factor, float *to)
{
    share(dev, n, GRAIN, accumulate_fast_range,
          &(struct job){.x = g, .factor = factor, .out = to});
}

static void
host_norm(struct vn_device *dev, size_t n, const struct vn_gradient *gradient,
          double *square)
{
    double total = 0;

    (void) dev;
    for (size_t at = 0; at < n; at += VN_BLOCK) {
        double lanes[VN_LANES] = {0};
        size_t end = at + VN_BLOCK < n ? at + VN_BLOCK : n;

        for (size_t i = at; i < end; i += VN_LANES)
            for (size_t l = 0; l < VN_LANES && i + l < end; l++) {
                double g =
                    vn_gradient_at(gradient->sum, gradient->unit, 1, i + l);

                lanes[l] += g * g;
            }
        for (int w = VN_LANES / 2; w > 0; w /= 2)
            for (int l = 0; l < w; l++)
                lanes[l] += lanes[l + w];
        total += lanes[0];
    }
    *square = total;
}

/* An update: what it needs of its arguments. */
struct update {
    struct vn_gradient g;
    float rate, momentum, decay, correct1, correct2;
    float *p, *first, *second;
    size_t n;
};

static void
sgd_thread(void *arg, int thread, int threads)
{
    const struct update *u = arg;
    struct vn_gradient g = u->g;
    float rate = u->rate, momentum = u->momentum, decay = u->decay;
    float *restrict p = u->p, *restrict v = u->first;
    size_t from, to;

    vn_team_share(u->n, GRAIN, thread, threads, &from, &to);
    if (g.unit == 0) {
        for (size_t i = from; i < to; i++)
            vn_sgd_element(vn_gradient_at(g.sum, 0, g.factor, i), rate,
                           momentum, decay, &p[i], &v[i]);
        return;
    }
    for (size_t i = from; i < to; i++)
        vn_sgd_element(
            g.factor * vn_from_fixed(((const int64_t *) g.sum)[i], g.unit),
            rate, momentum, decay, &p[i], &v[i]);
}

static void
host_sgd(struct vn_device *dev, size_t n, const struct vn_gradient *gradient,
         float rate, float momentum, float decay, float *p, float *velocity)
{
    struct update u = {.g = *gradient,
                       .rate = rate,
                       .momentum = momentum,
                       .decay = decay,
                       .p = p,
                       .first = velocity,
                       .n = n};

    vn_host_run(dev, sgd_thread, &u);
}

static void
adamw_thread(void *arg, int thread, int threads)
{
    const struct update *u = arg;
    struct vn_gradient g = u->g;
    float rate = u->rate, decay = u->decay;
    float correct1 = u->correct1, correct2 = u->correct2;
    float *restrict p = u->p, *restrict m = u->first, *restrict v = u->second;
    size_t from, to;

    vn_team_share(u->n, GRAIN, thread, threads, &from, &to);
    for (size_t i = from; i < to; i++)
        vn_adamw_element(vn_gradient_at(g.sum, g.unit, g.factor, i), rate,
                         decay, correct1, correct2, &p[i], &m[i], &v[i]);
}

static void
host_adamw(struct vn_device *dev, size_t n, const struct vn_gradient *gradient,
           float rate, float decay, int64_t step, float *p, float *first,
           float *second)
{
    struct update u = {.g = *gradient,
                       .rate = rate,
                       .decay = decay,
                       .correct1 = (float) (1 / (1 - pow(0.9, (double) step))),
                       .correct2 =
                           (float) (1 / (1 - pow(0.95, (double) step))),
                       .p = p,
                       .first = first,
                       .second = second,
                       .n = n};

    vn_host_run(dev, adamw_thread, &u);
}

static void
host_ema(struct vn_device *dev, size_t n, const struct vn_gradient *gradient,
         float rate, float *p)
{
    (void) dev;
    for (size_t i = 0; i < n; i++) {
        float g =
            vn_gradient_at(gradient->sum, gradient->unit, gradient->factor, i);

        p[i] = VN_FMAF(rate, g - p[i], p[i]);
    }
}

const struct vn_backend VN_ISA_NAME(vn_host) = {
    .name = "host",
    .host_memory = true,
    .count = vn_host_count,
    .describe = vn_host_describe,
    .open = vn_host_open,
    .close = vn_host_close,
    .alloc = vn_host_alloc,
    .free = vn_host_free,
    .sync = vn_host_sync,
    .upload = vn_host_copy,
    .download = vn_host_copy,
    .copy = vn_host_copy,
    .zero = vn_host_zero,
    .gemm = VN_ISA_NAME(vn_host_gemm),
    .conv_forward = VN_ISA_NAME(vn_host_conv_forward),
    .conv_backward_data = VN_ISA_NAME(vn_host_conv_backward_data),
    .conv_backward_weights = VN_ISA_NAME(vn_host_conv_backward_weights),
    .column_sum = host_column_sum,
    .batchnorm_forward = host_batchnorm_forward,
    .batchnorm_infer = host_batchnorm_infer,
    .batchnorm_backward = host_batchnorm_backward,
    .layernorm_forward = host_layernorm_forward,
    .layernorm_backward = host_layernorm_backward,
    .softmax_forward = host_softmax_forward,
    .softmax_backward = host_softmax_backward,
    .gelu_forward = host_gelu_forward,
    .gelu_backward = host_gelu_backward,
    .relu_backward = host_relu_backward,
    .add = host_add,
    .pool_forward = host_pool_forward,
    .pool_backward = host_pool_backward,
    .embed_forward = host_embed_forward,
    .embed_backward = host_embed_backward,
    .cross_entropy = host_cross_entropy,
    .accumulate = host_accumulate,
    .accumulate_fast = host_accumulate_fast,
    .gemm_sum = VN_ISA_NAME(vn_host_gemm_sum),
    .norm = host_norm,
    .sgd = host_sgd,
    .adamw = host_adamw,
    .ema = host_ema,
};
