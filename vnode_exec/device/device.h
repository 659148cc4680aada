/*
 * Devices that run a virtual node's arithmetic.
 *
 * A backend is a flat table of operations.  The executor, the models and the
 * tests know nothing but this table.  What an operation means, down to the
 * order of every sum, is written in reference_*.c, a plain loop each;
 * t/exec/device.c holds every other backend to it, bit for bit.
 *
 * Rules of the arithmetic, so that a backend can reproduce the bits:
 *  - Everything is float32 unless said otherwise.  A product that feeds a sum
 *    is one fmaf(); the compiler contracts nothing by itself.
 *  - A matrix product or convolution is, for each element of its result, one
 *    chain acc = fmaf(a, b, acc) over k in ascending order, from +0.
 *  - A sum along a row (softmax, layer norm) goes through 32 lanes: lane l
 *    adds elements l, l + 32, ... in order, then lane l adds lane l + w for
 *    w = 16, 8, 4, 2, 1.
 *  - So is the gradient of a convolution's weights over a chunk of images, as
 *    few whole ones as have VN_PIXELS pixels of the output, the last chunk
 *    what is left; the first chunk's sum, and each of the others added to it
 *    in order.  One chain over all pixels would be the whole of a device's
 *    time where it has a hundred processors and few weights.
 *  - A sum down the rows (bias, batch norm) goes through chunks of VN_CHUNK
 *    rows: a float chain in each, and a double chain over the chunks.
 *  - exp, log and erf are those of formula.h, which C and CUDA both compile.
 *
 * Operations come in pairs, forward and backward, with the same order of
 * arguments: sizes, inputs, then outputs.  They assign their results, unless
 * `add` says that they add.  They may run behind the caller's back, in the
 * order of the calls; an operation that fails is reported by the next sync().
 * Images are [example][row][column][channel]; a convolution's weights are
 * [row][column][in][out], a linear layer's [in][out].
 *
 * Memory and arithmetic are called through an open device's own table,
 * dev->backend, which may be a variant of the one that opened it (the host
 * has one for each instruction set).
 *
 * To add a backend, write vnode_exec/device/NAME/NAME.c and name it in
 * device.c.
 */
#ifndef VNODE_EXEC_DEVICE_DEVICE_H
#define VNODE_EXEC_DEVICE_DEVICE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What cross_entropy() adds up over its rows. */
enum vn_tally {
    VN_TALLY_PART, /* of losses, what is over whole numbers, in VN_LOSS_UNIT */
    VN_TALLY_RIGHT, /* rows whose first largest logit is the label's */
    VN_TALLY_WHOLE, /* of losses, whole numbers */
    VN_TALLY_LOST,  /* rows whose loss is no number below 2^31, not summed */
    VN_TALLIES
};

enum {
    VN_LANES = 32,          /* of a sum along a row */
    VN_CHUNK = 128,         /* rows of a partial sum down the rows */
    VN_PIXELS = 1024,       /* least of a chunk of images, unless the last */
    VN_BLOCK = 4096,        /* elements of a partial sum of squares */
    VN_DEVICE_THREADS = 64, /* most of a host device */
    VN_DEVICE_MARKS = 3     /* of the device's clock */
};

struct vn_backend;

/* What is asked of a device when it is opened. */
struct vn_device_options {
    int ordinal;   /* 0 .. count() - 1 */
    int threads;   /* of a host device, at least 1 */
    int cpu;       /* of its first thread; -1: not pinned */
    bool fast;     /* may use a library whose order of sums is its own */
    bool tf32;     /* and products of 10-bit fractions, where it has them */
    int64_t limit; /* bytes of memory it may hold; 0: what there is */
};

/* An open device; a backend's own structure begins with one. */
struct vn_device {
    const struct vn_backend *backend;
    struct vn_device_options options;
    int64_t used; /* bytes held now, and at most since it was opened */
    int64_t peak;
    int64_t own;          /* of these the backend's own, beside any limit */
    const char *products; /* who makes fast ones, where there is a choice */
};

/* The part of a matrix product that a triangle leaves. */
enum vn_triangle {
    VN_FULL,
    VN_LOWER_C, /* c above its diagonal is not needed: left undefined */
    VN_LOWER_A, /* a above its diagonal is zero: those terms may be left out */
    VN_UPPER_A  /* a below its diagonal is zero: likewise */
};

/*
 * c = a b, for outer x inner pairs of matrices: a is m x k, b k x n, c m x n.
 * An element of a is a[row * a_row + col * a_col], so that a transposed
 * matrix is one with its strides exchanged; c's columns are adjacent.  In
 * this order: acc is the product; + bias[col]; + c where `add`; + addend
 * (laid out as c); max(., 0) where `relu`.
 */
struct vn_gemm {
    int m, n, k;
    int outer, inner;
    ptrdiff_t a_row, a_col, a_outer, a_inner;
    ptrdiff_t b_row, b_col, b_outer, b_inner;
    ptrdiff_t c_row, c_outer, c_inner;
    enum vn_triangle triangle;
    bool add;
    bool relu;
    const float *bias;   /* n, or NULL */
    const float *addend; /* as c, or NULL */
};

/* A gradient's place among the sums, and what accumulate() is to know of it.
 */
struct vn_sum {
    bool exact;          /* accumulate(), else accumulate_fast() */
    void *sum;           /* int64_t, or float where not exact */
    const double *scale; /* where exact, as is, in the device's memory */
    uint32_t *largest;   /* this */
};

/*
 * A square convolution without bias.  Output pixel (y, x) sees the input
 * pixels (y stride - pad + i, x stride - pad + j) for i, j < size; those
 * outside the image take part as zeros.
 */
struct vn_conv {
    int examples;
    int in_height, in_width, in_channels;
    int out_height, out_width, out_channels;
    int size, stride, pad;
};

/* A parameter among the vectors that update() works on. */
struct vn_place {
    size_t offset, size; /* floats */
    size_t block;        /* blocks of VN_BLOCK that the places before have */
    bool trained;        /* else a running statistic */
    bool decayed;
};

/* What a step has of its own; correct1 and correct2 are AdamW's. */
struct vn_rates {
    float rate, correct1, correct2;
};

/*
 * A step's update of all parameters.  A combined gradient is factor * sum /
 * scale.  All but `list` is in the device's memory.
 */
struct vn_update {
    int n;
    const struct vn_place *list;   /* ascending, the host's */
    const struct vn_place *places; /* the same */
    size_t blocks;                 /* of all places */
    bool exact;
    const void *sums;    /* int64_t, or float where not exact */
    const double *scale; /* of each place, where exact */
    bool adamw;          /* else SGD with momentum */
    float momentum, decay;
    double clip; /* the largest norm, 0: any */
    const struct vn_rates *rates;
    float *params, *first, *second; /* velocity, or both moments */
    double *squares; /* where it clips: of each place, the norm, the factor */
};

struct vn_backend {
    const char *name;
    bool host_memory; /* may the host read and write its memory itself? */

    /* Devices present; where 0, why (a phrase, static). */
    int (*count)(const char **why);

    /* One line of text on a device: its name, memory, instruction set. */
    void (*describe)(int ordinal, char *text, size_t size);

    /* Options are copied; close() releases the memory that is left. */
    enum vn_status (*open)(const struct vn_device_options *options,
                           struct vn_device **dev, struct vn_error *err);
    void (*close)(struct vn_device *dev);

    /*
     * Memory, zeroed, aligned to 256 bytes.  Callers go through
     * vn_device_alloc(), which counts and limits.
     */
    enum vn_status (*alloc)(struct vn_device *dev, size_t bytes, void **p,
                            struct vn_error *err);
    void (*free)(struct vn_device *dev, void *p, size_t bytes);

    /*
     * Memory of the host that the device reads without a detour, zeroed.
     * NULL: any memory is.
     */
    enum vn_status (*host_alloc)(struct vn_device *dev, size_t bytes, void **p,
                                 struct vn_error *err);
    void (*host_free)(struct vn_device *dev, void *p);

    /* Wait for all that was asked; the first failure of any of it. */
    enum vn_status (*sync)(struct vn_device *dev, struct vn_error *err);

    /*
     * Bytes between host and device.  Either may be under way until the next
     * sync(), and the host's memory must stay.
     */
    void (*upload)(struct vn_device *dev, size_t bytes, const void *from,
                   void *to);
    /*
     * An upload that may overtake what was asked before, and must be waited
     * for by what uses it, with await_uploads().  Nothing that was asked since
     * the last sync() may touch its target.  NULL where nothing overlaps.
     */
    void (*upload_ahead)(struct vn_device *dev, size_t bytes, const void *from,
                         void *to);
    void (*await_uploads)(struct vn_device *dev);
    void (*download)(struct vn_device *dev, size_t bytes, const void *from,
                     void *to);
    void (*copy)(struct vn_device *dev, size_t bytes, const void *from,
                 void *to);
    void (*zero)(struct vn_device *dev, size_t bytes, void *p);

    /*
     * Between two devices of the backend: to += the peer's sums (int64_t, or
     * float where not exact); to = the peer's bytes.  The peer must be idle.
     * NULL where sums go through the host.
     */
    void (*peer_add)(struct vn_device *dev, struct vn_device *peer, size_t n,
                     bool exact, const void *from, void *to);
    void (*peer_copy)(struct vn_device *dev, struct vn_device *peer,
                      size_t bytes, const void *from, void *to);

    /*
     * The device's own clock: mark(0), work, mark(1), sync(), and between(0,
     * 1) is the seconds that the work took; there are VN_DEVICE_MARKS.  NULL
     * where the host's clock says as much.
     */
    void (*mark)(struct vn_device *dev, int which);
    double (*between)(struct vn_device *dev, int from, int to);

    /*
     * Operations that are asked again and again with the same arguments:
     * what lies between record() and recorded() is noted, not done, and each
     * replay() does it, in one go.  They must have been done once before, so
     * that the device has taken what memory it needs.  record() is false where
     * the device cannot, recorded() NULL where it could not; replay() is
     * false where what was noted no longer holds, and nothing was done.  No
     * uploads, downloads or marks.  NULL where a call costs no more.
     */
    bool (*record)(struct vn_device *dev);
    void *(*recorded)(struct vn_device *dev);
    bool (*replay)(struct vn_device *dev, void *noted);
    void (*forget)(struct vn_device *dev, void *noted);

    /*
     * Examples by their numbers: row i of `to` becomes row ids[*next + i] of
     * `from`, words each, for i < n.  advance: *next += n.  NULL where the
     * host writes them itself.
     */
    void (*gather)(struct vn_device *dev, size_t n, size_t words,
                   const uint32_t *from, const int32_t *ids,
                   const int32_t *next, uint32_t *to);
    void (*advance)(struct vn_device *dev, int32_t n, int32_t *next);

    void (*gemm)(struct vn_device *dev, const struct vn_gemm *g,
                 const float *a, const float *b, float *c);

    /* k is (row, column, in-channel) of the window. */
    void (*conv_forward)(struct vn_device *dev, const struct vn_conv *s,
                         const float *x, const float *w, float *y);
    /*
     * k is (y, x, out-channel) over the output pixels that see the input
     * pixel, of an output that is continued by zeros on all sides; pixels
     * that the stride jumps over do not take part.
     */
    void (*conv_backward_data)(struct vn_device *dev, const struct vn_conv *s,
                               const float *dy, const float *w, bool add,
                               float *dx);
    /* k is (example, y, x) of the output, in chunks of images. */
    void (*conv_backward_weights)(struct vn_device *dev,
                                  const struct vn_conv *s, const float *x,
                                  const float *dy, float *dw);

    /* db[col] = sum of dy's rows. */
    void (*column_sum)(struct vn_device *dev, size_t rows, size_t cols,
                       const float *dy, float *db);

    /*
     * Batch norm over the rows: z = (x - mean) rstd gamma + beta, y = z +
     * residual (may be NULL), then max(y, 0) where relu.  mean, rstd and
     * square (the mean of x^2) are results.  _infer uses given ones.
     */
    void (*batchnorm_forward)(struct vn_device *dev, size_t rows,
                              size_t channels, const float *x,
                              const float *gamma, const float *beta,
                              const float *residual, bool relu, float *y,
                              float *mean, float *rstd, float *square);
    void (*batchnorm_infer)(struct vn_device *dev, size_t rows,
                            size_t channels, const float *x,
                            const float *gamma, const float *beta,
                            const float *residual, bool relu,
                            const float *mean, const float *square, float *y);
    /*
     * y is read only where relu.  dresidual may be NULL; it is added to where
     * add_residual.  dx may be dy.
     */
    void (*batchnorm_backward)(struct vn_device *dev, size_t rows,
                               size_t channels, const float *x,
                               const float *gamma, bool relu, const float *y,
                               const float *mean, const float *rstd,
                               const float *dy, float *dx, bool add_residual,
                               float *dresidual, float *dgamma, float *dbeta);

    /* Over each row: y = (x - mean) rstd gamma + beta. */
    void (*layernorm_forward)(struct vn_device *dev, size_t rows, size_t width,
                              const float *x, const float *gamma,
                              const float *beta, float *y, float *mean,
                              float *rstd);
    void (*layernorm_backward)(struct vn_device *dev, size_t rows,
                               size_t width, const float *x,
                               const float *gamma, const float *mean,
                               const float *rstd, const float *dy, bool add,
                               float *dx, float *dgamma, float *dbeta);

    /*
     * In place, on n x n matrices of scores: row i becomes the softmax of
     * scale * its first i + 1 elements; the others become 0.  Backward, dp
     * becomes the gradient of the scores.
     */
    void (*softmax_forward)(struct vn_device *dev, size_t matrices, size_t n,
                            float scale, float *p);
    void (*softmax_backward)(struct vn_device *dev, size_t matrices, size_t n,
                             float scale, const float *p, float *dp);

    void (*gelu_forward)(struct vn_device *dev, size_t n, const float *x,
                         float *y);
    void (*gelu_backward)(struct vn_device *dev, size_t n, const float *x,
                          const float *dy, float *dx);

    /* dx = y > 0 ? dy : 0; dx may be dy. */
    void (*relu_backward)(struct vn_device *dev, size_t n, const float *y,
                          const float *dy, float *dx);

    /* y += x. */
    void (*add)(struct vn_device *dev, size_t n, const float *x, float *y);

    /* The mean over an image's pixels, in their order. */
    void (*pool_forward)(struct vn_device *dev, size_t examples, size_t pixels,
                         size_t channels, const float *x, float *y);
    void (*pool_backward)(struct vn_device *dev, size_t examples,
                          size_t pixels, size_t channels, const float *dy,
                          float *dx);

    /*
     * y[row] = table[ids[row]] + position[row % context].  Backward, each
     * row of dtable and dposition is a chain of additions in the order of
     * the rows, from +0; vocabulary rows not seen become 0.
     */
    void (*embed_forward)(struct vn_device *dev, size_t rows, size_t width,
                          size_t context, const int32_t *ids,
                          const float *table, const float *position, float *y);
    void (*embed_backward)(struct vn_device *dev, size_t rows, size_t width,
                           size_t context, size_t vocabulary,
                           const int32_t *ids, const float *dy, float *dtable,
                           float *dposition);

    /*
     * Softmax and cross-entropy of each row against its label.  dlogits =
     * weight (p - onehot); it may be logits, or NULL.  sums are VN_TALLIES,
     * which grow.
     */
    void (*cross_entropy)(struct vn_device *dev, size_t rows, size_t classes,
                          const float *logits, const int32_t *labels,
                          float weight, float *dlogits, int64_t *sums);

    /*
     * sum[i] += vn_fixed(weight * g[i], *scale); *largest becomes the larger
     * of itself and the magnitudes' bits, so that NaN and infinity show.
     * The fast form: sum[i] = fmaf(weight, g[i], sum[i]).
     */
    void (*accumulate)(struct vn_device *dev, size_t n, const float *g,
                       float weight, const double *scale, int64_t *sum,
                       uint32_t *largest);
    void (*accumulate_fast)(struct vn_device *dev, size_t n, const float *g,
                            float weight, float *sum);

    /*
     * Both in one: the product c of a and b, whose rows are adjacent, is added
     * to the sums with weight 1; c is left undefined.  May be NULL, since
     * vn_device_gemm_sum() then calls the two.
     */
    void (*gemm_sum)(struct vn_device *dev, const struct vn_gemm *g,
                     const float *a, const float *b, float *c,
                     const struct vn_sum *sum);

    /*
     * The square of a place's norm is, in double: blocks of VN_BLOCK elements
     * in VN_LANES lanes, joined as a row's sum, then a chain over the blocks;
     * the norm is the root of the chain over the squares of what is trained,
     * and the factor clip / norm where that is less than 1.  formula.h has
     * each element's update; a running statistic moves by a tenth of the way,
     * unclipped.
     */
    void (*update)(struct vn_device *dev, const struct vn_update *u);
};

extern const struct vn_backend vn_backend_host;
extern const struct vn_backend vn_backend_reference;
extern const struct vn_backend vn_backend_cuda;

/* The backends of this build, ended by NULL; host is first. */
extern const struct vn_backend *const vn_backends[];

/* The backend of that name, or NULL. */
const struct vn_backend *vn_backend_find(const char *name);

/* The images of a chunk of the gradient of a convolution's weights. */
int vn_conv_chunk(const struct vn_conv *s);

/* Add n elements of a gradient to a sum, weighted. */
void vn_device_accumulate(struct vn_device *dev, size_t n, const float *g,
                          float weight, const struct vn_sum *sum);

/* Add a product to a sum: gemm_sum(), or what it stands for. */
void vn_device_gemm_sum(struct vn_device *dev, const struct vn_gemm *g,
                        const float *a, const float *b, float *c,
                        const struct vn_sum *sum);

/*
 * Memory of a device, counted in used and peak.  VN_EDEVMEM where the limit
 * or the device's memory is exceeded; the device stays usable.
 */
enum vn_status vn_device_alloc(struct vn_device *dev, size_t bytes, void **p,
                               struct vn_error *err);
void vn_device_free(struct vn_device *dev, void *p, size_t bytes);

#endif /* VNODE_EXEC_DEVICE_DEVICE_H */
