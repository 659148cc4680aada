/* Sums along a row, and what rests on them: layer norm, softmax, the loss. */
#include "config.h"

#include "vnode_exec/device/formula.h"
#include "vnode_exec/device/host/host.h"

#include <string.h>

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
layernorm_range(const struct vn_host_job *j, size_t from, size_t to)
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

void
VN_ISA_NAME(vn_host_layernorm_forward)(struct vn_device *dev, size_t rows,
                                       size_t width, const float *x,
                                       const float *gamma, const float *beta,
                                       float *y, float *mean, float *rstd)
{
    vn_host_share(dev, rows, vn_host_rows_grain(width), layernorm_range,
                  &(struct vn_host_job){.rows = rows,
                                        .width = width,
                                        .x = x,
                                        .gamma = gamma,
                                        .beta = beta,
                                        .out = y,
                                        .a = mean,
                                        .b = rstd});
}

static void
layernorm_row(const struct vn_host_job *j, size_t r)
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
layernorm_backward_range(const struct vn_host_job *j, size_t from, size_t to)
{
    for (size_t r = from; r < to; r++)
        layernorm_row(j, r);
}

/* dgamma and dbeta, of columns [from, to). */
static void
layernorm_sums_range(const struct vn_host_job *j, size_t from, size_t to)
{
    for (size_t c = from; c < to; c += VN_HOST_GROUP) {
        size_t n = vn_host_group_end(c, to) - c;
        double b[VN_HOST_GROUP] = {0}, g[VN_HOST_GROUP] = {0};

        for (size_t r0 = 0; r0 < j->rows; r0 += VN_CHUNK) {
            float pb[VN_HOST_GROUP] = {0}, pg[VN_HOST_GROUP] = {0};
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

void
VN_ISA_NAME(vn_host_layernorm_backward)(struct vn_device *dev, size_t rows,
                                        size_t width, const float *x,
                                        const float *gamma, const float *mean,
                                        const float *rstd, const float *dy,
                                        bool add, float *dx, float *dgamma,
                                        float *dbeta)
{
    struct vn_host_job job = {.rows = rows,
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

    vn_host_share(dev, rows, vn_host_rows_grain(width),
                  layernorm_backward_range, &job);
    vn_host_share(dev, width, VN_HOST_GROUP, layernorm_sums_range, &job);
}

static void
softmax_range(const struct vn_host_job *j, size_t from, size_t to)
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

void
VN_ISA_NAME(vn_host_softmax_forward)(struct vn_device *dev, size_t matrices,
                                     size_t n, float scale, float *p)
{
    vn_host_share(
        dev, matrices * n, vn_host_rows_grain(n), softmax_range,
        &(struct vn_host_job){.width = n, .factor = scale, .out = p});
}

static void
softmax_backward_range(const struct vn_host_job *j, size_t from, size_t to)
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

void
VN_ISA_NAME(vn_host_softmax_backward)(struct vn_device *dev, size_t matrices,
                                      size_t n, float scale, const float *p,
                                      float *dp)
{
    vn_host_share(
        dev, matrices * n, vn_host_rows_grain(n), softmax_backward_range,
        &(struct vn_host_job){.width = n, .factor = scale, .x = p, .out = dp});
}

/* One row: its loss, whether it was right, and dlogits where not NULL. */
static void
cross_entropy_row(size_t classes, const float *logits, size_t label,
                  float weight, float *dlogits, int64_t *sums)
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
    sums[VN_TALLY_RIGHT] += best == label;
    if (vn_loss_counts(total, loss)) {
        sums[VN_TALLY_PART] += vn_loss_part(loss);
        sums[VN_TALLY_WHOLE] += vn_loss_whole(loss);
    } else {
        sums[VN_TALLY_LOST]++;
    }
    if (dlogits != NULL) {
        one = 1.0F / total;
#pragma GCC ivdep
        for (size_t i = 0; i < classes; i++) {
            float p = vn_exp(logits[i] - most) * one;

            dlogits[i] = (i == label ? p - 1.0F : p) * weight;
        }
    }
}

void
VN_ISA_NAME(vn_host_cross_entropy)(struct vn_device *dev, size_t rows,
                                   size_t classes, const float *logits,
                                   const int32_t *labels, float weight,
                                   float *dlogits, int64_t *sums)
{
    (void) dev; /* a small part of any step: on one thread */
    for (size_t r = 0; r < rows; r++)
        cross_entropy_row(
            classes, logits + r * classes, (size_t) labels[r], weight,
            dlogits != NULL ? dlogits + r * classes : NULL, sums);
}
