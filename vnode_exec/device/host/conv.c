/*
 * Convolutions as products whose a is never built: an image is copied once
 * into a frame of zeros, and a row of a, the window of a pixel, is then a few
 * runs of adjacent floats in it (a window's row: columns x channels).  So a
 * tile reads it in place.
 */
#include "config.h"

#include "vnode_exec/device/host/host.h"
#include "vnode_exec/device/host/tile.h"

#include <stdlib.h>
#include <string.h>

enum {
    RUNS = 64 /* most rows of a window */
};

static int
least(int a, int b)
{
    return a < b ? a : b;
}

static int
most(int a, int b)
{
    return a > b ? a : b;
}

/* An image inside a frame of zeros. */
struct frame {
    int height, width, channels; /* of the image */
    int before, after;           /* rows and columns of zeros */
    float *pixels;
};

static ptrdiff_t
frame_width(const struct frame *f)
{
    return (ptrdiff_t) (f->width + f->before + f->after) * f->channels;
}

static size_t
frame_size(const struct frame *f)
{
    return (size_t) frame_width(f)
           * (size_t) (f->height + f->before + f->after);
}

static void
frame_fill(const struct frame *f, const float *image)
{
    size_t row = (size_t) f->width * (size_t) f->channels;

    for (int y = 0; y < f->height; y++)
        memcpy(f->pixels + (y + f->before) * frame_width(f)
                   + (ptrdiff_t) f->before * f->channels,
               image + (size_t) y * row, row * sizeof *image);
}

/* Panels of b (k x n, n adjacent or b_col apart), each `wide` columns. */
static void
pack_panel(const float *b, int k, ptrdiff_t b_row, ptrdiff_t b_col, int cols,
           int wide, float *to)
{
    for (int i = 0; i < k; i++, b += b_row, to += wide)
        for (int j = 0; j < wide; j++)
            to[j] = j < cols ? b[j * b_col] : 0;
}

static int
vectors_for(int n)
{
    return n <= WIDTH ? 1 : 2;
}

static int
round_up(int n, int to)
{
    return (n + to - 1) / to * to;
}

/*
 * One image's product: c[pixel][n] for pixels (y, x) of a grid, the pixel's
 * window beginning at a + (y a_y + x a_x).
 */
struct plane {
    const float *a;
    ptrdiff_t a_y, a_x;
    int height, width;
    float *c;
    ptrdiff_t c_y, c_x;
    int n, k;
    const struct run *runs;
    int nruns;
    const float *b; /* packed panels, k rows each */
    bool add;
};

static void
plane_compute(const struct plane *p)
{
    int vectors = vectors_for(p->n), wide = vectors * WIDTH;
    int pixels = p->height * p->width;

    for (int j = 0; j < p->n; j += wide) {
        struct tile t = {.runs = p->runs,
                         .nruns = p->nruns,
                         .a_step = 1,
                         .b = p->b + (ptrdiff_t) j * p->k,
                         .b_step = wide};

        for (int at = 0; at < pixels; at += ROWS) {
            struct finish f = {.rows = least(ROWS, pixels - at),
                               .cols = least(wide, p->n - j),
                               .last = true,
                               .add = p->add};

            for (int r = 0; r < ROWS; r++) {
                int pixel = least(at + r, pixels - 1);
                ptrdiff_t y = pixel / p->width, x = pixel % p->width;

                t.a[r] = p->a + y * p->a_y + x * p->a_x;
                f.c[r] = p->c + y * p->c_y + x * p->c_x + j;
            }
            tile_compute(&t, &f, vectors);
        }
    }
}

struct call {
    struct vn_device *dev;
    const struct vn_conv *s;
    const float *from, *w;
    float *to;
    bool add;
};

static struct frame
input_frame(const struct vn_conv *s)
{
    /* The last window may end before the frame does, or behind it. */
    int last = most((s->out_height - 1) * s->stride + s->size - s->in_height,
                    (s->out_width - 1) * s->stride + s->size - s->in_width)
               - s->pad;

    return (struct frame){.height = s->in_height,
                          .width = s->in_width,
                          .channels = s->in_channels,
                          .before = s->pad,
                          .after = most(last, 0)};
}

static size_t
image_in(const struct vn_conv *s)
{
    return (size_t) s->in_height * (size_t) s->in_width
           * (size_t) s->in_channels;
}

static size_t
image_out(const struct vn_conv *s)
{
    return (size_t) s->out_height * (size_t) s->out_width
           * (size_t) s->out_channels;
}

static size_t
panels_size(int k, int n)
{
    return (size_t) k * (size_t) round_up(n, vectors_for(n) * WIDTH);
}

static void
forward_thread(void *arg, int thread, int threads)
{
    const struct call *call = arg;
    const struct vn_conv *s = call->s;
    struct frame f = input_frame(s);
    int run = s->size * s->in_channels, k = s->size * run;
    int wide = vectors_for(s->out_channels) * WIDTH;
    struct run runs[RUNS];
    float *b = vn_host_work(call->dev, thread);
    size_t from, to;

    vn_team_share((size_t) s->examples, 1, thread, threads, &from, &to);
    if (from == to)
        return;
    f.pixels = b + panels_size(k, s->out_channels);
    memset(f.pixels, 0, frame_size(&f) * sizeof(float));
    for (int j = 0; j < s->out_channels; j += wide)
        pack_panel(call->w + j, k, s->out_channels, 1,
                   least(wide, s->out_channels - j), wide,
                   b + (ptrdiff_t) j * k);
    for (int i = 0; i < s->size; i++)
        runs[i] = (struct run){i * frame_width(&f), run};
    for (size_t e = from; e < to; e++) {
        frame_fill(&f, call->from + e * image_in(s));
        plane_compute(
            &(struct plane){.a = f.pixels,
                            .a_y = s->stride * frame_width(&f),
                            .a_x = (ptrdiff_t) s->stride * s->in_channels,
                            .height = s->out_height,
                            .width = s->out_width,
                            .c = call->to + e * image_out(s),
                            .c_y = (ptrdiff_t) s->out_width * s->out_channels,
                            .c_x = s->out_channels,
                            .n = s->out_channels,
                            .k = k,
                            .runs = runs,
                            .nruns = s->size,
                            .b = b});
    }
}

void
VN_ISA_NAME(vn_host_conv_forward)(struct vn_device *dev,
                                  const struct vn_conv *s, const float *x,
                                  const float *w, float *y)
{
    struct call call = {dev, s, x, w, y, false};
    struct frame f = input_frame(s);

    vn_host_reserve(
        dev, panels_size(s->size * s->size * s->in_channels, s->out_channels)
                 + frame_size(&f));
    vn_host_run(dev, forward_thread, &call);
}

/*
 * Input pixels p, p + stride, ... of one axis see the output pixels that lie
 * `first` and on from their own number, through the window's positions
 * at, at - stride, ... : count of them.
 */
struct phase {
    int first, at, count;
};

static struct phase
phase_of(const struct vn_conv *s, int p)
{
    struct phase phase = {0, 0, 0};

    for (int i = s->size - 1; i >= 0; i--) {
        int y = p + s->pad - i;

        if (y % s->stride != 0)
            continue;
        if (phase.count++ == 0) {
            phase.first = y / s->stride;
            phase.at = i;
        }
    }
    return phase;
}

static struct frame
output_frame(const struct vn_conv *s)
{
    struct frame f = {.height = s->out_height,
                      .width = s->out_width,
                      .channels = s->out_channels};

    for (int p = 0; p < s->stride; p++) {
        struct phase phase = phase_of(s, p);
        int most_y = (s->in_height - 1 - p) / s->stride + phase.first
                     + phase.count - s->out_height;
        int most_x = (s->in_width - 1 - p) / s->stride + phase.first
                     + phase.count - s->out_width;

        if (phase.count == 0)
            continue;
        f.before = most(f.before, -phase.first);
        f.after = most(f.after, most(most_y, most_x));
    }
    return f;
}

/* b's rows in the order of k: window positions descending, channels. */
static void
pack_phase(const struct vn_conv *s, const float *w, struct phase y,
           struct phase x, float *b)
{
    int wide = vectors_for(s->in_channels) * WIDTH;

    for (int j = 0; j < s->in_channels; j += wide)
        for (int i = 0; i < y.count; i++)
            for (int l = 0; l < x.count; l++) {
                int row = y.at - i * s->stride, col = x.at - l * s->stride;
                const float *from =
                    w
                    + ((ptrdiff_t) (row * s->size + col) * s->in_channels + j)
                          * s->out_channels;

                pack_panel(from, s->out_channels, 1, s->out_channels,
                           least(wide, s->in_channels - j), wide, b);
                b += (ptrdiff_t) wide * s->out_channels;
            }
}

/* One phase of all the examples from..to. */
static void
backward_phase(const struct call *call, struct frame *f, float *b, int py,
               int px, size_t from, size_t to)
{
    const struct vn_conv *s = call->s;
    struct phase y = phase_of(s, py), x = phase_of(s, px);
    int nruns = x.count == 0 ? 0 : y.count;
    struct run runs[RUNS];
    struct plane p = {
        .a = f->pixels,
        .a_y = frame_width(f),
        .a_x = s->out_channels,
        .height = (s->in_height - py + s->stride - 1) / s->stride,
        .width = (s->in_width - px + s->stride - 1) / s->stride,
        .c_y = (ptrdiff_t) s->stride * s->in_width * s->in_channels,
        .c_x = (ptrdiff_t) s->stride * s->in_channels,
        .n = s->in_channels,
        .k = nruns * x.count * s->out_channels,
        .runs = runs,
        .nruns = nruns,
        .b = b,
        .add = call->add};

    pack_phase(s, call->w, y, x, b);
    for (int i = 0; i < nruns; i++)
        runs[i] = (struct run){(y.first + i + f->before) * frame_width(f)
                                   + (ptrdiff_t) (x.first + f->before)
                                         * s->out_channels,
                               x.count * s->out_channels};
    for (size_t e = from; e < to; e++) {
        frame_fill(f, call->from + e * image_out(s));
        p.c = call->to + e * image_in(s)
              + ((ptrdiff_t) py * s->in_width + px) * s->in_channels;
        plane_compute(&p);
    }
}

static void
backward_thread(void *arg, int thread, int threads)
{
    const struct call *call = arg;
    const struct vn_conv *s = call->s;
    struct frame f = output_frame(s);
    float *b = vn_host_work(call->dev, thread);
    size_t from, to;

    vn_team_share((size_t) s->examples, 1, thread, threads, &from, &to);
    if (from == to)
        return;
    f.pixels =
        b + panels_size(s->size * s->size * s->out_channels, s->in_channels);
    memset(f.pixels, 0, frame_size(&f) * sizeof(float));
    for (int py = 0; py < s->stride; py++)
        for (int px = 0; px < s->stride; px++)
            backward_phase(call, &f, b, py, px, from, to);
}

void
VN_ISA_NAME(vn_host_conv_backward_data)(struct vn_device *dev,
                                        const struct vn_conv *s,
                                        const float *dy, const float *w,
                                        bool add, float *dx)
{
    struct call call = {dev, s, dy, w, dx, add};
    struct frame f = output_frame(s);

    vn_host_reserve(
        dev, panels_size(s->size * s->size * s->out_channels, s->in_channels)
                 + frame_size(&f));
    vn_host_run(dev, backward_thread, &call);
}

/*
 * A chunk of images for the gradient of the weights: their frames, their
 * gradients in rows of whole vectors, and the rows of all of them as runs.
 */
struct chunk {
    struct frame f; /* of the first image */
    float *copy;    /* of the gradients, where their rows must be padded */
    const float *dy;
    ptrdiff_t dy_step; /* floats of a row */
    struct run *runs;
    int images;
};

static int
chunk_rows(const struct vn_conv *s)
{
    int images = least(vn_conv_chunk(s), s->examples);

    return images * s->out_height;
}

static size_t
chunk_copy(const struct vn_conv *s)
{
    int padded =
        round_up(s->out_channels, vectors_for(s->out_channels) * WIDTH);

    return padded == s->out_channels
               ? 0
               : (size_t) (chunk_rows(s) * s->out_width) * (size_t) padded;
}

/* Floats of work memory; the runs, whose alignment is the largest, first. */
static size_t
chunk_size(const struct vn_conv *s, const struct frame *f)
{
    size_t runs = (size_t) chunk_rows(s) * sizeof(struct run) / sizeof(float);

    return runs + chunk_copy(s)
           + frame_size(f) * (size_t) least(vn_conv_chunk(s), s->examples);
}

/* Lay out a chunk in work memory. */
static struct chunk
chunk_begin(const struct vn_conv *s, float *work)
{
    struct chunk c = {.f = input_frame(s)};

    c.runs = (struct run *) (void *) work;
    c.copy = (float *) (c.runs + chunk_rows(s));
    c.f.pixels = c.copy + chunk_copy(s);
    memset(c.f.pixels, 0,
           frame_size(&c.f) * (size_t) least(vn_conv_chunk(s), s->examples)
               * sizeof(float));
    return c;
}

/* Fill it with the images from `first` on. */
static void
chunk_fill(struct chunk *c, const struct call *call, int first)
{
    const struct vn_conv *s = call->s;
    ptrdiff_t step = s->stride * frame_width(&c->f);
    int pixels = s->out_height * s->out_width;
    int padded =
        round_up(s->out_channels, vectors_for(s->out_channels) * WIDTH);

    c->images = least(vn_conv_chunk(s), s->examples - first);
    c->dy = call->w + (size_t) first * image_out(s);
    c->dy_step = padded;
    if (padded != s->out_channels) {
        pack_panel(c->dy, c->images * pixels, s->out_channels, 1,
                   s->out_channels, padded, c->copy);
        c->dy = c->copy;
    }
    for (int e = 0; e < c->images; e++) {
        struct frame f = c->f;
        ptrdiff_t at = e * (ptrdiff_t) frame_size(&f);

        f.pixels += at;
        frame_fill(&f, call->from + (size_t) (first + e) * image_in(s));
        for (int y = 0; y < s->out_height; y++)
            c->runs[e * s->out_height + y] =
                (struct run){at + y * step, s->out_width};
    }
}

/*
 * The weights' rows [first, last) of a chunk, a row being a window's row and
 * a tile's worth of its columns x channels.  add: not the first chunk.
 */
static void
weights_chunk(const struct call *call, const struct chunk *c, size_t first,
              size_t last, bool add)
{
    const struct vn_conv *s = call->s;
    int run = s->size * s->in_channels, tiles = (run + ROWS - 1) / ROWS;
    int vectors = vectors_for(s->out_channels), wide = vectors * WIDTH;

    for (size_t at = first; at < last; at++) {
        int i = (int) at / tiles, r0 = (int) at % tiles * ROWS;

        for (int j = 0; j < s->out_channels; j += wide) {
            struct finish fin = {.rows = least(ROWS, run - r0),
                                 .cols = least(wide, s->out_channels - j),
                                 .last = true,
                                 .add = add};
            struct tile t = {.runs = c->runs,
                             .nruns = c->images * s->out_height,
                             .a_step = (ptrdiff_t) s->stride * s->in_channels,
                             .b = c->dy + j,
                             .b_step = c->dy_step};

            for (int r = 0; r < ROWS; r++) {
                int row = r0 + least(r, fin.rows - 1);

                t.a[r] = c->f.pixels + i * frame_width(&c->f) + row;
                fin.c[r] = call->to
                           + ((ptrdiff_t) i * run + row) * s->out_channels + j;
            }
            tile_compute(&t, &fin, vectors);
        }
    }
}

static void
weights_thread(void *arg, int thread, int threads)
{
    const struct call *call = arg;
    const struct vn_conv *s = call->s;
    int tiles = (s->size * s->in_channels + ROWS - 1) / ROWS;
    size_t first, last;
    struct chunk c;

    vn_team_share((size_t) (s->size * tiles), 1, thread, threads, &first,
                  &last);
    if (first == last)
        return;
    c = chunk_begin(s, vn_host_work(call->dev, thread));
    for (int e = 0; e < s->examples; e += c.images) {
        chunk_fill(&c, call, e);
        weights_chunk(call, &c, first, last, e > 0);
    }
}

void
VN_ISA_NAME(vn_host_conv_backward_weights)(struct vn_device *dev,
                                           const struct vn_conv *s,
                                           const float *x, const float *dy,
                                           float *dw)
{
    struct call call = {dev, s, x, dy, dw, false};
    struct frame f = input_frame(s);

    vn_host_reserve(dev, chunk_size(s, &f));
    vn_host_run(dev, weights_thread, &call);
}
