/* Every operation of every backend against the reference, bit for bit. */
#include "config.h"

#include "base/rng.h"
#include "base/xalloc.h"
#include "t/tap.h"
#include "vnode_exec/device/device.h"
#include "vnode_exec/device/formula.h"

#include <math.h>
#include <stdlib.h>

enum {
    SIZE = 200000, /* floats of device memory that a case works in */
    OUT = 120000   /* where most results go */
};

/* Relative; products of up to 700 terms in another order. */
#define FAST 1e-4

typedef const struct vn_backend backend;
typedef struct vn_device device;

/* Of exact sums. */
static const double scales[] = {0x1p38, 0x1p36, 0x1p38, 0x1p37, 0x1p38};

/* m is SIZE floats in the device's memory, the same noise on each. */
struct op_case {
    const char *name;
    void (*run)(backend *b, device *d, float *m);
};

static struct vn_gemm
plain(int m, int n, int k)
{
    return (struct vn_gemm){.m = m,
                            .n = n,
                            .k = k,
                            .outer = 1,
                            .inner = 1,
                            .a_row = k,
                            .a_col = 1,
                            .b_row = n,
                            .b_col = 1,
                            .c_row = n};
}

static void
gemm_plain(backend *b, device *d, float *m)
{
    struct vn_gemm g = plain(97, 83, 301);

    b->gemm(d, &g, m, m + 40000, m + OUT);
    g = plain(1, 10, 7);
    b->gemm(d, &g, m, m + 40000, m + OUT + 9000);
    g = plain(64, 64, 64);
    b->gemm(d, &g, m, m + 40000, m + OUT + 10000);
    g = plain(13, 5, 600);
    b->gemm(d, &g, m, m + 40000, m + OUT + 20000);
}

/* As large as the largest tiles of any backend. */
static void
gemm_large(backend *b, device *d, float *m)
{
    struct vn_gemm g = plain(197, 201, 50);

    b->gemm(d, &g, m, m + 40000, m + OUT);
    g.a_row = 1, g.a_col = 197;
    g.b_row = 1, g.b_col = 50;
    b->gemm(d, &g, m, m + 40000, m + OUT + 40000);
}

/*
 * So many pairs that a backend which chooses tiles by the number of blocks
 * takes its largest ones whatever the device.  The pairs of an outer one
 * write the same values to the same place.
 */
static void
gemm_many(backend *b, device *d, float *m)
{
    for (int i = 0; i < 2; i++) {
        int side = i == 0 ? 65 : 33;
        struct vn_gemm g = plain(side, side, 9);

        g.outer = 2, g.inner = 300;
        g.a_outer = 1000, g.b_outer = 2000, g.c_outer = 5000;
        b->gemm(d, &g, m, m + 40000, m + OUT + i * 10000);
        g.a_row = 1, g.a_col = side;
        g.b_row = 1, g.b_col = 9;
        b->gemm(d, &g, m, m + 40000, m + OUT + 20000 + i * 10000);
    }
}

static void
gemm_transposed(backend *b, device *d, float *m)
{
    struct vn_gemm g = plain(97, 83, 301);

    g.a_row = 1, g.a_col = 97;
    b->gemm(d, &g, m, m + 40000, m + OUT);
    g.b_row = 1, g.b_col = 301;
    b->gemm(d, &g, m, m + 40000, m + OUT + 10000);
    g.a_row = 301, g.a_col = 1;
    b->gemm(d, &g, m, m + 40000, m + OUT + 20000);
}

static void
gemm_epilogue(backend *b, device *d, float *m)
{
    struct vn_gemm g = plain(31, 45, 520);

    g.bias = m + 70000;
    g.addend = m + 71000;
    g.relu = true;
    b->gemm(d, &g, m, m + 40000, m + OUT);
    g.add = true;
    b->gemm(d, &g, m, m + 40000, m + OUT + 10000);
    g.relu = false;
    b->gemm(d, &g, m, m + 40000, m + OUT + 20000);
}

/* A product that goes to the sums; what c holds is nobody's business. */
static void
gemm_sum(backend *b, device *d, float *m)
{
    static const struct {
        int m, n, k;
    } sizes[] = {{97, 83, 301}, {5, 64, 32}, {48, 10, 700}, {12, 48, 1}};
    float *at = m + OUT;

    b->upload(d, sizeof scales, scales, m + 110000);
    b->zero(d, 80000 * sizeof *m, at);
    for (int i = 0; i < 4; i++)
        for (int exact = 0; exact < 2; exact++) {
            struct vn_gemm g = plain(sizes[i].m, sizes[i].n, sizes[i].k);
            struct vn_sum sum = {.exact = exact,
                                 .sum = at + 2,
                                 .scale = (const double *) (m + 110000),
                                 .largest = (uint32_t *) at};

            g.a_row = 1, g.a_col = g.m;
            vn_device_gemm_sum(d, &g, m, m + 40000, m + OUT + 70000, &sum);
            vn_device_gemm_sum(d, &g, m + 3000, m + 41000, m + OUT + 70000,
                               &sum);
            at += 2 + (g.m * g.n * (1 + exact) + 1) / 2 * 2;
        }
    b->zero(d, 10000 * sizeof *m, m + OUT + 70000);
}

/* Attention as gpt has it: 3 sequences, 2 heads of 20, context 37. */
static void
gemm_attention(backend *b, device *d, float *m)
{
    float *qkv = m, *p = m + OUT, *o = m + OUT + 10000, *dqkv = o + 10000;
    struct vn_gemm g = {.m = 37,
                        .n = 37,
                        .k = 20,
                        .outer = 3,
                        .inner = 2,
                        .a_row = 120,
                        .a_col = 1,
                        .a_outer = 37 * 120,
                        .a_inner = 20,
                        .b_row = 1,
                        .b_col = 120,
                        .b_outer = 37 * 120,
                        .b_inner = 20,
                        .c_row = 37,
                        .c_outer = 2 * 37 * 37,
                        .c_inner = 37 * 37,
                        .triangle = VN_LOWER_C};

    b->gemm(d, &g, qkv, qkv + 40, p);
    b->softmax_forward(d, 6, 37, 0.223F, p);
    g = (struct vn_gemm){.m = 37,
                         .n = 20,
                         .k = 37,
                         .outer = 3,
                         .inner = 2,
                         .a_row = 37,
                         .a_col = 1,
                         .a_outer = 2 * 37 * 37,
                         .a_inner = 37 * 37,
                         .b_row = 120,
                         .b_col = 1,
                         .b_outer = 37 * 120,
                         .b_inner = 20,
                         .c_row = 40,
                         .c_outer = 37 * 40,
                         .c_inner = 20,
                         .triangle = VN_LOWER_A};
    b->gemm(d, &g, p, qkv + 80, o);
    g.a_row = 1, g.a_col = 37, g.triangle = VN_UPPER_A;
    g.c_row = 120, g.c_outer = 37 * 120;
    b->gemm(d, &g, p, qkv + 40, dqkv);
}

static struct vn_conv
conv(int side, int in, int out, int size, int stride, int pad)
{
    int after = (side + 2 * pad - size) / stride + 1;

    return (struct vn_conv){3,        side,
                            side + 2, in,
                            after,    (side + 2 + 2 * pad - size) / stride + 1,
                            out,      size,
                            stride,   pad};
}

static void
all_conv(backend *b, device *d, float *m, struct vn_conv s)
{
    b->conv_forward(d, &s, m, m + 50000, m + OUT);
    b->conv_backward_data(d, &s, m + 60000, m + 50000, false, m + OUT + 20000);
    b->conv_backward_data(d, &s, m + 60000, m + 50000, true, m + OUT + 40000);
    b->conv_backward_weights(d, &s, m, m + 60000, m + OUT + 60000);
}

static void
conv_3x3(backend *b, device *d, float *m)
{
    all_conv(b, d, m, conv(14, 16, 16, 3, 1, 1));
}

static void
conv_odd(backend *b, device *d, float *m)
{
    all_conv(b, d, m, conv(11, 5, 19, 3, 1, 1));
}

static void
conv_many(backend *b, device *d, float *m)
{
    all_conv(b, d, m, conv(5, 24, 70, 3, 1, 1));
    all_conv(b, d, m, conv(5, 40, 20, 3, 1, 1));
}

static void
conv_first(backend *b, device *d, float *m)
{
    all_conv(b, d, m, conv(14, 1, 16, 3, 1, 1));
    all_conv(b, d, m, conv(14, 3, 8, 3, 1, 1));
}

static void
conv_stride(backend *b, device *d, float *m)
{
    all_conv(b, d, m, conv(14, 16, 32, 3, 2, 1));
    all_conv(b, d, m, conv(15, 4, 9, 3, 2, 1));
}

static void
conv_shortcut(backend *b, device *d, float *m)
{
    all_conv(b, d, m, conv(14, 16, 32, 1, 2, 0));
    all_conv(b, d, m, conv(13, 8, 24, 1, 1, 0));
}

/* The gradient of weights in several chunks of images, the last one short. */
static void
conv_chunks(backend *b, device *d, float *m)
{
    static const struct {
        int examples, side, in, out, size, stride;
    } of[] = {{5, 20, 3, 9, 3, 1},  {11, 14, 4, 16, 3, 1},
              {5, 28, 3, 20, 3, 1}, {26, 12, 4, 35, 3, 2},
              {3, 31, 5, 8, 3, 1},  {1, 31, 1, 40, 1, 1}};
    float *to = m + OUT;

    for (size_t i = 0; i < sizeof of / sizeof of[0]; i++) {
        struct vn_conv s = conv(of[i].side, of[i].in, of[i].out, of[i].size,
                                of[i].stride, of[i].size / 2);

        s.examples = of[i].examples;
        b->conv_backward_weights(d, &s, m, m + 20000, to);
        to += 3000;
    }
}

static void
column_sum(backend *b, device *d, float *m)
{
    b->column_sum(d, 301, 83, m, m + OUT);
    b->column_sum(d, 128, 16, m, m + OUT + 100);
}

static void
batchnorm(backend *b, device *d, float *m)
{
    float *s = m + OUT + 20000;

    b->batchnorm_forward(d, 1000, 16, m, m + 50000, m + 51000, NULL, true,
                         m + OUT, s, s + 100, s + 200);
    b->batchnorm_backward(d, 1000, 16, m, m + 50000, true, m + OUT, s, s + 100,
                          m + 60000, m + OUT + 30000, false, NULL, s + 300,
                          s + 400);
    b->batchnorm_infer(d, 100, 19, m, m + 50000, m + 51000, NULL, true,
                       m + 52000, m + 53000, m + OUT + 50000);
}

static void
batchnorm_residual(backend *b, device *d, float *m)
{
    float *s = m + OUT + 20000;

    b->batchnorm_forward(d, 333, 19, m, m + 50000, m + 51000, m + 70000, true,
                         m + OUT, s, s + 100, s + 200);
    b->batchnorm_backward(d, 333, 19, m, m + 50000, true, m + OUT, s, s + 100,
                          m + 60000, m + OUT + 30000, false, m + OUT + 40000,
                          s + 300, s + 400);
    b->batchnorm_backward(d, 333, 19, m, m + 50000, false, NULL, s, s + 100,
                          m + 60000, m + 60000, true, m + OUT + 60000, s + 500,
                          s + 600);
}

static void
layernorm(backend *b, device *d, float *m)
{
    float *s = m + OUT + 40000;

    b->layernorm_forward(d, 201, 72, m, m + 50000, m + 51000, m + OUT, s,
                         s + 300);
    b->layernorm_backward(d, 201, 72, m, m + 50000, s, s + 300, m + 60000,
                          false, m + OUT + 20000, s + 600, s + 700);
    b->layernorm_backward(d, 201, 72, m, m + 50000, s, s + 300, m + 60000,
                          true, m + OUT + 60000, s + 800, s + 900);
}

static void
softmax(backend *b, device *d, float *m)
{
    b->softmax_forward(d, 5, 77, 0.31F, m);
    b->softmax_backward(d, 5, 77, 0.31F, m, m + OUT);
}

static void
elementwise(backend *b, device *d, float *m)
{
    b->gelu_forward(d, 10007, m, m + OUT);
    b->gelu_backward(d, 10007, m, m + 50000, m + OUT + 20000);
    b->relu_backward(d, 10007, m, m + 50000, m + OUT + 40000);
    b->add(d, 10007, m, m + OUT + 60000);
    b->zero(d, 40, m + 90000);
    b->copy(d, 400, m, m + 100000);
}

static void
pool(backend *b, device *d, float *m)
{
    b->pool_forward(d, 7, 49, 19, m, m + OUT);
    b->pool_backward(d, 7, 49, 19, m + OUT, m + OUT + 10000);
}

static int32_t ids[231];

static void
embed(backend *b, device *d, float *m)
{
    b->upload(d, sizeof ids, ids, m);
    b->embed_forward(d, 231, 40, 77, (const int32_t *) m, m + 1000, m + 20000,
                     m + OUT);
    b->embed_backward(d, 231, 40, 77, 90, (const int32_t *) m, m + 30000,
                      m + OUT + 10000, m + OUT + 20000);
}

static void
cross_entropy(backend *b, device *d, float *m)
{
    b->upload(d, sizeof ids, ids, m);
    b->zero(d, 32, m + 90000);
    b->cross_entropy(d, 231, 90, m + 1000, (const int32_t *) m, 0.0043F,
                     m + OUT, (int64_t *) (m + 90000));
    b->cross_entropy(d, 231, 90, m + 40000, (const int32_t *) m, 0.0043F, NULL,
                     (int64_t *) (m + 90000));
    b->cross_entropy(d, 231, 90, m + 1000, (const int32_t *) m, 0.0043F,
                     m + 1000, (int64_t *) (m + 90000));
}

/* Losses of known rows: large ones, and such as are no numbers. */
static void
extreme_losses(backend *b, device *d, float *m)
{
    static const float logits[8][3] = {
        {0, 0, 0},         {1e6F, 0, 0}, {0, 3e9F, 0},     {0, 0, NAN},
        {-INFINITY, 0, 1}, {NAN, 1, 2},  {INFINITY, 0, 1}, {5e8F, 0, 0},
    };
    static const int32_t labels[8] = {0, 1, 0, 0, 0, 1, 1, 2};

    b->upload(d, sizeof logits, logits, m);
    b->upload(d, sizeof labels, labels, m + 100);
    b->zero(d, 64, m + 90000);
    b->cross_entropy(d, 8, 3, m, (const int32_t *) (m + 100), 1, NULL,
                     (int64_t *) (m + 90000));
    b->zero(d, sizeof logits, m); /* what is no number equals nothing */
}

static void
accumulate(backend *b, device *d, float *m)
{
    b->zero(d, 100000, m + OUT);
    b->upload(d, sizeof scales, scales, m + 70000);
    for (int i = 0; i < 3; i++)
        b->accumulate(d, 10007, m + 100 * i, i == 1 ? 0.3F : 1,
                      (const double *) (m + 70000), (int64_t *) (m + OUT),
                      (uint32_t *) (m + OUT + 24000));
    b->accumulate_fast(d, 10007, m, 0.3F, m + OUT + 40000);
}

/* Five places, one of them more than two blocks, one not trained. */
static struct vn_place places[] = {{0, 10007, 0, true, true},
                                   {10048, 10, 3, true, false},
                                   {10112, 64, 4, false, false},
                                   {10176, 4097, 5, true, true},
                                   {14336, 1, 7, true, false}};
static const struct vn_rates rates = {0.013F, 3.69F, 7.01F};

/* Sums at OUT, or floats in the noise; parameters at 10000, state behind. */
static void
updates(backend *b, device *d, float *m)
{
    struct vn_update u = {.n = 5,
                          .list = places,
                          .places = (struct vn_place *) m,
                          .blocks = 8,
                          .exact = true,
                          .sums = m + OUT,
                          .scale = (double *) (m + 500),
                          .momentum = 0.9F,
                          .decay = 1e-3F,
                          .rates = (struct vn_rates *) (m + 600),
                          .params = m + 10000,
                          .first = m + 30000,
                          .second = m + 90000,
                          .squares = (double *) (m + 700)};

    b->upload(d, sizeof places, places, m);
    b->upload(d, sizeof scales, scales, m + 500);
    b->upload(d, sizeof rates, &rates, m + 600);
    b->zero(d, 2 * 14400 * sizeof *m, m + OUT);
    b->zero(d, 14400 * sizeof *m, m + 90000);
    b->zero(d, 16 * sizeof *m, m + 1000);
    b->accumulate(d, 14400, m + 60000, 1, u.scale, (int64_t *) (m + OUT),
                  (uint32_t *) (m + 1000));
    b->update(d, &u);
    u.clip = 0.77;
    b->update(d, &u);
    u.adamw = true;
    b->update(d, &u);
    u.clip = 1e6;
    u.exact = false;
    u.sums = m + 60000;
    b->update(d, &u);
    u.adamw = false;
    b->update(d, &u);
    b->sync(d, &(struct vn_error){0});
}

/* Three examples of five words, and again from where that ended. */
static void
gather(backend *b, device *d, float *m)
{
    static const int32_t numbers[7] = {0, 17, 3, 99, 17, 0, 5};
    const int32_t *at = (const int32_t *) m;

    if (b->gather == NULL)
        b = &vn_backend_reference; /* the host writes them itself */
    b->upload(d, sizeof numbers, numbers, m);
    for (int i = 0; i < 2; i++) {
        b->gather(d, 3, 5, (const uint32_t *) (m + 1000), at + 1, at,
                  (uint32_t *) (m + OUT + 15 * i));
        b->advance(d, 3, (int32_t *) m);
    }
}

/* Recorded, then done twice: what follows from the second time on shows it. */
static void
recorded(backend *b, device *d, float *m)
{
    void *noted = NULL;

    for (int i = 0; i < 4; i++) {
        if (i > 0 && b->record != NULL && noted == NULL && b->record(d)) {
            b->add(d, 10007, m, m + OUT);
            b->copy(d, 40000, m + OUT, m + OUT + 20000);
            b->zero(d, 400, m);
            b->column_sum(d, 301, 33, m + 300, m + OUT + 40000);
            noted = b->recorded(d);
        }
        if (noted != NULL && b->replay(d, noted))
            continue;
        b->add(d, 10007, m, m + OUT);
        b->copy(d, 40000, m + OUT, m + OUT + 20000);
        b->zero(d, 400, m);
        b->column_sum(d, 301, 33, m + 300, m + OUT + 40000);
    }
    if (noted != NULL)
        b->forget(d, noted);
}

static const struct op_case cases[] = {
    {"matrix product", gemm_plain},
    {"large matrix product", gemm_large},
    {"many matrix products", gemm_many},
    {"matrix product, transposed", gemm_transposed},
    {"matrix product and what follows it", gemm_epilogue},
    {"matrix product into sums", gemm_sum},
    {"attention's products", gemm_attention},
    {"3x3 convolution", conv_3x3},
    {"convolution of odd sizes", conv_odd},
    {"convolution of many channels", conv_many},
    {"convolution of few channels", conv_first},
    {"convolution with a stride", conv_stride},
    {"1x1 convolution", conv_shortcut},
    {"convolution's gradient in chunks of images", conv_chunks},
    {"column sum", column_sum},
    {"batch norm", batchnorm},
    {"batch norm with a residual", batchnorm_residual},
    {"layer norm", layernorm},
    {"softmax", softmax},
    {"elementwise", elementwise},
    {"pool", pool},
    {"embedding", embed},
    {"cross-entropy", cross_entropy},
    {"losses out of range", extreme_losses},
    {"accumulation", accumulate},
    {"updates", updates},
    {"examples by their numbers", gather},
    {"what is recorded", recorded},
};

enum {
    NCASES = sizeof cases / sizeof cases[0]
};

/* The memory after a case has run, in result (SIZE floats). */
static bool
outcome(backend *b, const struct vn_device_options *options,
        const struct op_case *c, const float *noise, float *result,
        const char **products)
{
    struct vn_error err;
    device *d = NULL;
    void *m = NULL;
    size_t bytes = SIZE * sizeof *noise;
    bool good = false;

    if (b->open(options, &d, &err) || vn_device_alloc(d, bytes, &m, &err)) {
        ok(false, "%s: %s", b->name, err.text);
        goto out;
    }
    b = d->backend;
    b->upload(d, bytes, noise, m);
    c->run(b, d, m);
    if (b->sync(d, &err)) {
        ok(false, "%s: %s: %s", b->name, c->name, err.text);
        goto out;
    }
    b->download(d, bytes, m, result);
    if (b->sync(d, &err)) {
        ok(false, "%s: %s", b->name, err.text);
        goto out;
    }
    *products = d->products;
    good = true;
out:
    if (d != NULL) {
        vn_device_free(d, m, bytes);
        d->backend->close(d);
    }
    return good;
}

static void
compare(const struct op_case *c, backend *b, int threads, double tolerance,
        const char *products, const float *want, const float *got)
{
    int differ = 0, first = -1;

    for (int i = 0; i < SIZE; i++) {
        double off = fabs((double) got[i] - want[i]);

        if (vn_float_bits(want[i]) == vn_float_bits(got[i])
            || off <= tolerance * (1 + fabs((double) want[i])))
            continue;
        first = differ++ == 0 ? i : first;
    }
    if (!ok(differ == 0, "%s, %d threads%s%s%s: %s", b->name, threads,
            tolerance > 0 ? ", fast" : "", products != NULL ? " by " : "",
            products != NULL ? products : "", c->name))
        diag("%d of %d differ, the first at %d: %.9g, expected %.9g", differ,
             SIZE, first, got[first], want[first]);
}

/* Of the rows above: ln 3, 10^6 and 5 10^8 are summed, five are lost. */
static void
check_losses(void)
{
    const struct vn_device_options options = {.threads = 1, .cpu = -1};
    backend *b = &vn_backend_reference;
    device *d = NULL;
    struct vn_error err;
    void *m = NULL;
    const int64_t *sums;
    double loss;

    ok(b->open(&options, &d, &err) == VN_OK
           && vn_device_alloc(d, SIZE * sizeof(float), &m, &err) == VN_OK,
       "the reference");
    extreme_losses(d->backend, d, m);
    sums = (const int64_t *) ((const float *) m + 90000);
    loss = (double) sums[VN_TALLY_WHOLE]
           + (double) sums[VN_TALLY_PART] * VN_LOSS_UNIT;
    is_near(loss, 1e6 + 5e8 + log(3), 1e-6, "losses are summed exactly");
    is_int(sums[VN_TALLY_LOST], 5, "rows whose loss is no number");
    vn_device_free(d, m, SIZE * sizeof(float));
    b->close(d);
}

int
main(void)
{
    float *noise = vn_xcalloc(SIZE, sizeof *noise);
    float *want = vn_xcalloc(SIZE, sizeof *want);
    float *got = vn_xcalloc(SIZE, sizeof *got);
    struct vn_rng rng = vn_rng_stream(2385, 0, 0);

    for (int i = 0; i < SIZE; i++)
        noise[i] = (float) (vn_rng_uniform(&rng) * 2.6 - 1.3);
    for (int i = 50000; i < 54000; i++) /* scales and variances */
        noise[i] = fabsf(noise[i]) + 1.7F * (float) (i >= 53000);
    for (int i = 0; i < 231; i++)
        ids[i] = (int32_t) vn_rng_below(&rng, 90);
    for (int i = 0; i < NCASES; i++) {
        const struct vn_device_options plain_options = {.threads = 1,
                                                        .cpu = -1};

        const char *products;

        if (!outcome(&vn_backend_reference, &plain_options, &cases[i], noise,
                     want, &products))
            continue;
        for (backend *const *p = vn_backends; *p != NULL; p++) {
            const char *why;

            if (*p == &vn_backend_reference)
                continue;
            if ((*p)->count(&why) == 0) {
                ok(true, "%s: %s # SKIP %s", (*p)->name, cases[i].name, why);
                continue;
            }
            for (int threads = 1; threads <= ((*p)->host_memory ? 2 : 1);
                 threads++) {
                struct vn_device_options options = {.threads = threads,
                                                    .cpu = -1};

                if (outcome(*p, &options, &cases[i], noise, got, &products))
                    compare(&cases[i], *p, threads, 0, products, want, got);
                options.fast = true;
                if (outcome(*p, &options, &cases[i], noise, got, &products))
                    compare(&cases[i], *p, threads, FAST, products, want, got);
            }
        }
    }
    free(noise);
    free(want);
    free(got);
    check_losses();
    return done_testing();
}
