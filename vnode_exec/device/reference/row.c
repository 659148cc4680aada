/*
 * The reference: sums along a row, and what rests on them: layer norm,
 * softmax, the loss.
 */
#include "config.h"

#include "vnode_exec/device/reference/reference.h"

#include "vnode_exec/device/formula.h"

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

void
vn_reference_layernorm_forward(struct vn_device *dev, size_t rows,
                               size_t width, const float *x,
                               const float *gamma, const float *beta, float *y,
                               float *mean, float *rstd)
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

void
vn_reference_layernorm_backward(struct vn_device *dev, size_t rows,
                                size_t width, const float *x,
                                const float *gamma, const float *mean,
                                const float *rstd, const float *dy, bool add,
                                float *dx, float *dgamma, float *dbeta)
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
        dbeta[j] = (float) vn_reference_down(rows, width, j, dy, 0, NULL, 0);
    }
}

void
vn_reference_softmax_forward(struct vn_device *dev, size_t matrices, size_t n,
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

void
vn_reference_softmax_backward(struct vn_device *dev, size_t matrices, size_t n,
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

void
vn_reference_cross_entropy(struct vn_device *dev, size_t rows, size_t classes,
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
        sums[VN_TALLY_RIGHT] += best == label;
        if (vn_loss_counts(total, loss)) {
            sums[VN_TALLY_PART] += vn_loss_part(loss);
            sums[VN_TALLY_WHOLE] += vn_loss_whole(loss);
        } else {
            sums[VN_TALLY_LOST]++;
        }
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
