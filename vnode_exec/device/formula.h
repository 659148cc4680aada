/*
 * The formula of each element, read by the C and by the CUDA compiler: the
 * same bits come out of both.
 *
 * Only IEEE operations are used (+, -, *, /, square root, fmaf), rounded to
 * nearest, and a product that feeds a sum is an explicit fmaf, so that no
 * compiler has anything to contract.  Bodies stand in a header because device
 * code must be inlined into each kernel.
 */
#ifndef VNODE_EXEC_DEVICE_FORMULA_H
#define VNODE_EXEC_DEVICE_FORMULA_H

#include <math.h>
#include <stdint.h>
#include <string.h>

#ifdef __CUDACC__
#define VN_FORMULA static __host__ __device__ __forceinline__
#ifndef VN_FMAF /* t/exec/ptx.sh.t has another */
#define VN_FMAF fmaf
#endif
#else
#define VN_FORMULA static inline
#define VN_FMAF    __builtin_fmaf
#endif

#define VN_NORM_EPSILON 1e-5F /* of batch and layer norm, as PyTorch's */
#define VN_LOSS_SCALE \
    0x1p32 /* parts of losses are summed in units of 1 / it */
#define VN_LOSS_UNIT 0x1p-32
#define VN_FIXED_MAX 0x1p50 /* |x scale| of vn_fixed() must be below */

VN_FORMULA uint32_t
vn_float_bits(float x)
{
    uint32_t u;

    memcpy(&u, &x, sizeof u);
    return u;
}

VN_FORMULA float
vn_bits_float(uint32_t u)
{
    float x;

    memcpy(&x, &u, sizeof x);
    return x;
}

/* The bits of |x|: ordered as the magnitudes are, then infinity, then NaN. */
VN_FORMULA uint32_t
vn_magnitude(float x)
{
    return vn_float_bits(x) & 0x7fffffffU;
}

/*
 * x scale, rounded to the nearest integer, ties to even, where its magnitude
 * is below 2^51; else some integer.  scale is a power of 2, so the product is
 * exact; adding 1.5 2^52 leaves the integer in the low bits of the sum.
 */
VN_FORMULA uint64_t
vn_fixed(float x, double scale)
{
    double shifted = (double) x * scale + 0x1.8p52;
    uint64_t u;

    memcpy(&u, &shifted, sizeof u);
    return u - UINT64_C(0x4338000000000000);
}

/* A sum of such integers as a number; unit is 1 / scale. */
VN_FORMULA float
vn_from_fixed(int64_t sum, double unit)
{
    return (float) ((double) sum * unit);
}

/*
 * e^x for x in [-87, 88], and its values at the ends outside.  x = n ln 2 + r,
 * |r| <= ln 2 / 2; Taylor to r^7, whose remainder is under 2^-27 of the value.
 */
VN_FORMULA float
vn_exp(float x)
{
    float n, r, p;

    x = x < -87.0F ? -87.0F : x;
    x = x > 88.0F ? 88.0F : x;
    n = VN_FMAF(x, 1.44269504F, 12582912.0F) - 12582912.0F; /* 1.5 2^23 */
    r = VN_FMAF(n, -0.693359375F, x); /* ln 2 in two parts */
    r = VN_FMAF(n, 2.12194440e-4F, r);
    p = VN_FMAF(r, 1.98412698e-4F, 1.38888889e-3F);
    p = VN_FMAF(r, p, 8.33333333e-3F);
    p = VN_FMAF(r, p, 4.16666667e-2F);
    p = VN_FMAF(r, p, 1.66666667e-1F);
    p = VN_FMAF(r, p, 0.5F);
    p = VN_FMAF(r, p, 1.0F);
    p = VN_FMAF(r, p, 1.0F);
    return p * vn_bits_float((uint32_t) ((int32_t) n + 127) << 23);
}

/*
 * ln x for normal x > 0: x = 2^e m with m in [sqrt(1/2), sqrt 2), and
 * ln m = 2 artanh(s), s = (m - 1) / (m + 1), |s| < 0.172, to s^11.
 */
VN_FORMULA float
vn_log(float x)
{
    uint32_t u = vn_float_bits(x) - 0x3f3504f3U; /* of sqrt(1/2) */
    float e = (float) ((int32_t) u >> 23);
    float m = vn_bits_float((u & 0x007fffffU) + 0x3f3504f3U);
    float s = (m - 1.0F) / (m + 1.0F), q = s * s, p;

    p = VN_FMAF(q, 0.0909090909F, 0.111111111F);
    p = VN_FMAF(q, p, 0.142857143F);
    p = VN_FMAF(q, p, 0.2F);
    p = VN_FMAF(q, p, 0.333333333F);
    p = VN_FMAF(q * p, s, s);
    return VN_FMAF(e, 0.693147181F, p + p);
}

/*
 * The normal distribution function at x, by erf(x / sqrt 2); erf is formula
 * 7.1.26 of Abramowitz and Stegun, absolute error under 1.5e-7.  *bell is
 * e^(-x^2 / 2), which that formula contains.
 */
VN_FORMULA float
vn_normal(float x, float *bell)
{
    float z = (x < 0.0F ? -x : x) * 0.707106781F;
    float t = 1.0F / VN_FMAF(0.3275911F, z, 1.0F), p, e;

    p = VN_FMAF(t, 1.061405429F, -1.453152027F);
    p = VN_FMAF(t, p, 1.421413741F);
    p = VN_FMAF(t, p, -0.284496736F);
    p = VN_FMAF(t, p, 0.254829592F);
    e = vn_exp(-(z * z));
    *bell = e;
    p = p * t * e; /* twice the upper tail at |x| */
    return x < 0.0F ? 0.5F * p : VN_FMAF(-0.5F, p, 1.0F);
}

/* x Phi(x), and its derivative Phi(x) + x phi(x). */
VN_FORMULA float
vn_gelu(float x)
{
    float bell;

    return x * vn_normal(x, &bell);
}

VN_FORMULA float
vn_gelu_slope(float x)
{
    float bell, p = vn_normal(x, &bell);

    return VN_FMAF(x * 0.398942280F, bell, p);
}

/*
 * Is a row's loss a number that can be summed?  total is the row's sum of
 * exponentials, at least 1 unless a logit is no number.  2^31 rows of as much
 * fit the sums.
 */
VN_FORMULA int
vn_loss_counts(float total, float loss)
{
    return total >= 1.0F && loss < 0x1p31F;
}

/* The whole part of such a loss, and what is over in units of VN_LOSS_UNIT. */
VN_FORMULA int64_t
vn_loss_whole(float loss)
{
    return (int64_t) loss;
}

VN_FORMULA int64_t
vn_loss_part(float loss)
{
    return (int64_t) vn_fixed(loss - (float) vn_loss_whole(loss),
                              VN_LOSS_SCALE);
}

/* 1 / sqrt(variance + epsilon). */
VN_FORMULA float
vn_rstd(float variance)
{
    return 1.0F / sqrtf(variance + VN_NORM_EPSILON);
}

/* What a gradient of that norm is multiplied by; clip 0: any norm will do. */
VN_FORMULA float
vn_clip_factor(double norm, double clip)
{
    return clip > 0 && norm > clip ? (float) (clip / norm) : 1.0F;
}

/* Element i of a combined gradient; unit is 1 / scale, 0 where it is floats.
 */
VN_FORMULA float
vn_gradient_at(const void *sum, double unit, float factor, size_t i)
{
    if (unit == 0)
        return factor * ((const float *) sum)[i];
    return factor * vn_from_fixed(((const int64_t *) sum)[i], unit);
}

/* A running statistic's. */
VN_FORMULA void
vn_ema_element(float g, float *p)
{
    *p = VN_FMAF(0.1F, g - *p, *p);
}

/* Momentum as in Sutskever et al. (ICML 2013) in PyTorch's form. */
VN_FORMULA void
vn_sgd_element(float g, float rate, float momentum, float decay, float *p,
               float *velocity)
{
    g = VN_FMAF(decay, *p, g);
    *velocity = VN_FMAF(momentum, *velocity, g);
    *p = VN_FMAF(-rate, *velocity, *p);
}

/*
 * Loshchilov and Hutter, "Decoupled weight decay regularization" (ICLR 2019),
 * with betas 0.9 and 0.95; correct1 and correct2 are 1 / (1 - beta^step).
 */
VN_FORMULA void
vn_adamw_element(float g, float rate, float decay, float correct1,
                 float correct2, float *p, float *first, float *second)
{
    float m = VN_FMAF(0.9F, *first, 0.1F * g);
    float v = VN_FMAF(0.95F, *second, 0.05F * g * g);
    float root = sqrtf(v * correct2) + 1e-8F;

    *first = m;
    *second = v;
    *p = VN_FMAF(-rate * decay, *p, *p);
    *p = VN_FMAF(-rate, m * correct1 / root, *p);
}

#endif /* VNODE_EXEC_DEVICE_FORMULA_H */
