/* The reference: sums down the rows, and what rests on them: batch norm. */
#include "config.h"

#include "vnode_exec/device/reference/reference.h"

#include "vnode_exec/device/formula.h"

double
vn_reference_down(size_t rows, size_t cols, size_t c, const float *a,
                  float a_from, const float *b, float b_from)
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

void
vn_reference_column_sum(struct vn_device *dev, size_t rows, size_t cols,
                        const float *dy, float *db)
{
    (void) dev;
    for (size_t c = 0; c < cols; c++)
        db[c] = (float) vn_reference_down(rows, cols, c, dy, 0, NULL, 0);
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

void
vn_reference_batchnorm_forward(struct vn_device *dev, size_t rows,
                               size_t channels, const float *x,
                               const float *gamma, const float *beta,
                               const float *residual, bool relu, float *y,
                               float *mean, float *rstd, float *square)
{
    (void) dev;
    for (size_t c = 0; c < channels; c++) {
        float m = (float) (vn_reference_down(rows, channels, c, x, 0, NULL, 0)
                           / (double) rows);
        float v = (float) (vn_reference_down(rows, channels, c, x, m, x, m)
                           / (double) rows);
        float scale;

        mean[c] = m;
        rstd[c] = vn_rstd(v);
        square[c] = VN_FMAF(m, m, v);
        scale = gamma[c] * rstd[c];
        batchnorm_apply(rows, channels, c, x, scale,
                        VN_FMAF(-m, scale, beta[c]), residual, relu, y);
    }
}

void
vn_reference_batchnorm_infer(struct vn_device *dev, size_t rows,
                             size_t channels, const float *x,
                             const float *gamma, const float *beta,
                             const float *residual, bool relu,
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
void
vn_reference_batchnorm_backward(struct vn_device *dev, size_t rows,
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
        float b = (float) vn_reference_down(rows, channels, c, dx, 0, NULL, 0);
        float g =
            rstd[c]
            * (float) vn_reference_down(rows, channels, c, dx, 0, x, mean[c]);
        float p = gamma[c] * rstd[c], n = (float) rows;
        float q = -(p * rstd[c] * g) / n;
        float r = VN_FMAF(-mean[c], q, -(p * b) / n);

        dgamma[c] = g;
        dbeta[c] = b;
        for (size_t i = c; i < rows * channels; i += channels)
            dx[i] = VN_FMAF(p, dx[i], VN_FMAF(q, x[i], r));
    }
}
