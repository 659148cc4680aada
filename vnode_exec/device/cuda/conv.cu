/*
 * Convolutions as products of matrices that are never laid out: a side of
 * the product finds its elements in the images.  A tile has 128 rows (pixels)
 * and as many columns as the convolution has channels, 16, 32 or 64.
 *
 * The gradient of the weights has few elements and each many terms: a block
 * takes a tile of them over one chunk of images, and the chunks' sums are
 * added in their order.  Tiles are 64 high, and 16 where that would leave
 * multiprocessors idle.
 */
#include "vnode_exec/device/cuda/tile.h"

/* A pixel of a side: its place, and where its image begins. */
struct pixel {
    int y, x;
    ptrdiff_t image; /* -1: there is none */
};

/* A term of a side: a step from the pixel, and a channel. */
struct place {
    int i, j, channel;
};

/* Images, continued by zeros. */
struct images {
    const float *p;
    int height, width, channels;

    __device__ __forceinline__ float
    at(const pixel &from, const place &step) const
    {
        int y = from.y + step.i, x = from.x + step.j;

        if (from.image < 0 || (unsigned) y >= (unsigned) height
            || (unsigned) x >= (unsigned) width)
            return 0.0F;
        return p[(from.image + (ptrdiff_t) y * width + x) * channels
                 + step.channel];
    }
};

/* The rows of the input as the window's positions see them. */
struct windows {
    struct vn_conv s;
    const float *x;

    typedef pixel line_type;
    typedef place term_type;

    __device__ __forceinline__ pixel
    line(int row) const
    {
        int pixels = s.out_height * s.out_width;
        int e = row / pixels, within = row % pixels;

        return {within / s.out_width * s.stride - s.pad,
                within % s.out_width * s.stride - s.pad,
                e < s.examples ? (ptrdiff_t) e * s.in_height * s.in_width
                               : -1};
    }

    __device__ __forceinline__ place
    term(int k) const
    {
        int at = k / s.in_channels;

        return {at / s.size, at % s.size, k % s.in_channels};
    }

    __device__ __forceinline__ float
    at(const pixel &from, const place &step) const
    {
        return images{x, s.in_height, s.in_width, s.in_channels}.at(from,
                                                                    step);
    }

    __device__ __forceinline__ bool
    along_k() const
    {
        return true;
    }
};

/* A right side whose columns are the out-channels. */
static __device__ __forceinline__ vn_matrix
by_channel(const float *p, const struct vn_conv &s)
{
    return {p, s.out_channels, 1, s.out_channels};
}

template <int C>
__global__ void
__launch_bounds__(VN_CUDA_THREADS, 2)
    forward_kernel(struct vn_conv s, const float *x, const float *w, float *y)
{
    int tiles = (s.out_channels + VN_TILE_SIDE * C - 1) / (VN_TILE_SIDE * C);
    int row = (int) blockIdx.x / tiles * VN_TILE_SIDE * 8;
    int column = (int) blockIdx.x % tiles * VN_TILE_SIDE * C;
    windows left = {s, x};
    vn_matrix right = by_channel(w, s);
    float acc[8][C];

    vn_tile_product<8, C, 16>(left, right, row, column, 0,
                              s.size * s.size * s.in_channels, acc);
    vn_tile_give<8, C>(row, column, s.examples * s.out_height * s.out_width,
                       s.out_channels, acc, [&](int i, int j, float value) {
                           y[(ptrdiff_t) i * s.out_channels + j] = value;
                       });
}

template <int C>
static void
forward(struct vn_cuda *d, const struct vn_conv *s, const float *x,
        const float *w, float *y)
{
    size_t rows =
        (size_t) s->examples * (size_t) s->out_height * (size_t) s->out_width;

    vn_cuda_launch(
        d, "a convolution", forward_kernel<C>,
        vn_cuda_blocks(rows, VN_TILE_SIDE * 8)
            * vn_cuda_blocks((size_t) s->out_channels, VN_TILE_SIDE * C),
        *s, x, w, y);
}

void
vn_cuda_conv_forward(struct vn_device *dev, const struct vn_conv *s,
                     const float *x, const float *w, float *y)
{
    struct vn_cuda *d = vn_cuda(dev);

    if (s->out_channels <= 16)
        forward<1>(d, s, x, w, y);
    else if (s->out_channels <= 32)
        forward<2>(d, s, x, w, y);
    else
        forward<4>(d, s, x, w, y);
}

/*
 * Input pixels whose places differ by multiples of the stride are seen by the
 * same positions of the window: a class of them, with its own positions.
 */
struct seen {
    struct vn_conv s;
    const float *dy;
    int first_y, first_x; /* input pixels of the class, and how many */
    int height, width;
    int last_i, last_j; /* positions of the window, descending by stride */
    int positions_j;

    typedef pixel line_type;
    typedef place term_type;

    /* The output pixel that sees it through position (last_i, last_j). */
    __device__ __forceinline__ pixel
    line(int row) const
    {
        int pixels = height * width, e = row / pixels, within = row % pixels;
        int iy = first_y + within / width * s.stride;
        int ix = first_x + within % width * s.stride;

        return {
            (iy + s.pad - last_i) / s.stride, (ix + s.pad - last_j) / s.stride,
            e < s.examples ? (ptrdiff_t) e * s.out_height * s.out_width : -1};
    }

    __device__ __forceinline__ place
    term(int k) const
    {
        int at = k / s.out_channels;

        return {at / positions_j, at % positions_j, k % s.out_channels};
    }

    __device__ __forceinline__ float
    at(const pixel &from, const place &step) const
    {
        return images{dy, s.out_height, s.out_width, s.out_channels}.at(from,
                                                                        step);
    }

    __device__ __forceinline__ bool
    along_k() const
    {
        return true;
    }
};

/* The weights that a class's positions have: columns are in-channels. */
struct turned {
    struct seen c;
    const float *w;

    typedef int line_type;
    typedef place term_type;

    __device__ __forceinline__ int
    line(int i) const
    {
        return i;
    }

    __device__ __forceinline__ place
    term(int k) const
    {
        return c.term(k);
    }

    __device__ __forceinline__ float
    at(int column, const place &t) const
    {
        int i = c.last_i - t.i * c.s.stride, j = c.last_j - t.j * c.s.stride;

        if (column >= c.s.in_channels)
            return 0.0F;
        return w[(((ptrdiff_t) i * c.s.size + j) * c.s.in_channels + column)
                     * c.s.out_channels
                 + t.channel];
    }

    __device__ __forceinline__ bool
    along_k() const
    {
        return true;
    }
};

template <int C>
__global__ void
__launch_bounds__(VN_CUDA_THREADS, 2)
    data_kernel(struct seen left, const float *w, int terms, bool add,
                float *dx)
{
    const struct vn_conv &s = left.s;
    int tiles = (s.in_channels + VN_TILE_SIDE * C - 1) / (VN_TILE_SIDE * C);
    int row = (int) blockIdx.x / tiles * VN_TILE_SIDE * 8;
    int column = (int) blockIdx.x % tiles * VN_TILE_SIDE * C;
    turned right = {left, w};
    int pixels = left.height * left.width;
    float acc[8][C];

    vn_tile_product<8, C, 16>(left, right, row, column, 0, terms, acc);
    vn_tile_give<8, C>(
        row, column, s.examples * pixels, s.in_channels, acc,
        [&](int i, int j, float value) {
            int e = i / pixels, within = i % pixels;
            ptrdiff_t y = left.first_y + within / left.width * s.stride;
            ptrdiff_t x = left.first_x + within % left.width * s.stride;
            float *to =
                &dx[(((ptrdiff_t) e * s.in_height + y) * s.in_width + x)
                        * s.in_channels
                    + j];

            *to = add ? value + *to : value;
        });
}

template <int C>
static void
data(struct vn_cuda *d, const struct seen *c, const float *w, int terms,
     bool add, float *dx)
{
    size_t rows =
        (size_t) c->s.examples * (size_t) c->height * (size_t) c->width;

    vn_cuda_launch(
        d, "a convolution's gradient", data_kernel<C>,
        vn_cuda_blocks(rows, VN_TILE_SIDE * 8)
            * vn_cuda_blocks((size_t) c->s.in_channels, VN_TILE_SIDE * C),
        *c, w, terms, add, dx);
}

/*
 * Along one side, for pixels whose place + pad is `part` modulo the stride:
 * the first of them, how many there are, the positions that see them, and
 * the last of these.
 */
static void
class_of(const struct vn_conv *s, int part, int length, int *first, int *count,
         int *positions, int *last)
{
    *first = (part + s->stride - s->pad % s->stride) % s->stride;
    *count =
        *first < length ? (length - *first + s->stride - 1) / s->stride : 0;
    *positions =
        part < s->size ? (s->size - part + s->stride - 1) / s->stride : 0;
    *last = part + (*positions - 1) * s->stride;
}

void
vn_cuda_conv_backward_data(struct vn_device *dev, const struct vn_conv *s,
                           const float *dy, const float *w, bool add,
                           float *dx)
{
    struct vn_cuda *d = vn_cuda(dev);

    for (int i = 0; i < s->stride * s->stride; i++) {
        struct seen c = {.s = *s, .dy = dy};
        int rows, terms;

        class_of(s, i / s->stride, s->in_height, &c.first_y, &c.height, &rows,
                 &c.last_i);
        class_of(s, i % s->stride, s->in_width, &c.first_x, &c.width,
                 &c.positions_j, &c.last_j);
        terms = rows * c.positions_j * s->out_channels;
        if (c.height == 0 || c.width == 0)
            continue;
        if (s->in_channels <= 16)
            data<1>(d, &c, w, terms, add, dx);
        else if (s->in_channels <= 32)
            data<2>(d, &c, w, terms, add, dx);
        else
            data<4>(d, &c, w, terms, add, dx);
    }
}

/* The windows turned: rows are positions and channels, k the pixels. */
struct positions {
    struct windows of;

    typedef place line_type;

    __device__ __forceinline__ line_type
    line(int row) const
    {
        return of.term(row);
    }

    __device__ __forceinline__ pixel
    term(int k) const
    {
        return of.line(k);
    }

    __device__ __forceinline__ float
    at(const place &l, const pixel &p) const
    {
        return l.i < of.s.size ? of.at(p, l) : 0.0F;
    }

    __device__ __forceinline__ bool
    along_k() const
    {
        return false;
    }
};

/* dw's part of the terms, those of the block's chunk of images. */
template <int R, int C>
__global__ void
__launch_bounds__(VN_CUDA_THREADS, 2)
    weights_kernel(struct vn_conv s, const float *x, const float *dy,
                   int chunk, float *dw)
{
    int rows = s.size * s.size * s.in_channels;
    int terms = s.examples * s.out_height * s.out_width;
    int tiles = (s.out_channels + VN_TILE_SIDE * C - 1) / (VN_TILE_SIDE * C);
    int all = (rows + VN_TILE_SIDE * R - 1) / (VN_TILE_SIDE * R) * tiles;
    int part = (int) blockIdx.x / all, tile = (int) blockIdx.x % all;
    int row = tile / tiles * VN_TILE_SIDE * R;
    int column = tile % tiles * VN_TILE_SIDE * C;
    int from = part * chunk;
    int to = from + chunk < terms ? from + chunk : terms;
    positions left = {{s, x}};
    vn_matrix right = by_channel(dy, s);
    float acc[R][C];

    dw += (ptrdiff_t) part * rows * s.out_channels;
    vn_tile_product<R, C, 32>(left, right, row, column, from, to, acc);
    vn_tile_give<R, C>(row, column, rows, s.out_channels, acc,
                       [&](int i, int j, float value) {
                           dw[(ptrdiff_t) i * s.out_channels + j] = value;
                       });
}

/* The sum of the parts, in their order. */
__global__ void
parts_kernel(size_t n, int parts, const float *from, float *to)
{
    size_t i = vn_cuda_element();
    float sum;

    if (i >= n)
        return;
    sum = from[i];
    VN_CUDA_UNROLL(8)
    for (int p = 1; p < parts; p++)
        sum += from[(size_t) p * n + i];
    to[i] = sum;
}

template <int R, int C>
static void
weight_gradient(struct vn_cuda *d, const struct vn_conv *s, unsigned parts,
                const float *x, const float *dy, float *dw)
{
    size_t rows =
        (size_t) s->size * (size_t) s->size * (size_t) s->in_channels;
    size_t n = rows * (size_t) s->out_channels;
    unsigned tiles =
        vn_cuda_blocks(rows, VN_TILE_SIDE * R)
        * vn_cuda_blocks((size_t) s->out_channels, VN_TILE_SIDE * C);
    float *to = dw;

    if (parts > 1)
        to = (float *) vn_cuda_scratch(d, parts * n * sizeof *to);
    if (to == NULL)
        return;
    vn_cuda_launch(d, "a convolution's gradient", weights_kernel<R, C>,
                   tiles * parts, *s, x, dy,
                   vn_conv_chunk(s) * s->out_height * s->out_width, to);
    if (parts > 1)
        vn_cuda_launch(d, "a convolution's gradient", parts_kernel,
                       vn_cuda_blocks(n, VN_CUDA_THREADS), n, (int) parts, to,
                       dw);
}

void
vn_cuda_conv_backward_weights(struct vn_device *dev, const struct vn_conv *s,
                              const float *x, const float *dy, float *dw)
{
    struct vn_cuda *d = vn_cuda(dev);
    size_t rows =
        (size_t) s->size * (size_t) s->size * (size_t) s->in_channels;
    unsigned parts =
        vn_cuda_blocks((size_t) s->examples, (size_t) vn_conv_chunk(s));
    unsigned columns = s->out_channels <= 16   ? 1
                       : s->out_channels <= 32 ? 2
                                               : 4;
    size_t large =
        (size_t) vn_cuda_blocks(rows, VN_TILE_SIDE * 4) * parts
        * vn_cuda_blocks((size_t) s->out_channels, VN_TILE_SIDE * columns);

    if (large < (size_t) d->processors)
        weight_gradient<1, 1>(d, s, parts, x, dy, dw);
    else if (columns == 1)
        weight_gradient<4, 1>(d, s, parts, x, dy, dw);
    else if (columns == 2)
        weight_gradient<4, 2>(d, s, parts, x, dy, dw);
    else
        weight_gradient<4, 4>(d, s, parts, x, dy, dw);
}
