/*
 * The tiled product under matrix products and convolutions.
 *
 * A block of 256 threads, 16 x 16, makes a tile of 16 R rows and 16 C columns
 * of the result, R x C elements a thread.  Slices of DEPTH terms of both
 * sides go through shared memory, two of each, so that a slice is fetched
 * while the one before is used and there is one barrier to a slice.  Each
 * element is one chain of fmaf's over k, ascending, whatever the tile.
 *
 * A side is a class with
 *   line(i)      what is to be known of its i-th row (of the right side:
 *                column), found once;
 *   term(k)      what is to be known of k, once a slice;
 *   at(line, k)  the element, 0 outside;
 *   along_k()    whether elements along k lie side by side in memory, else
 *                those along the lines: neighbouring threads fetch these.
 */
#ifndef VNODE_EXEC_DEVICE_CUDA_TILE_H
#define VNODE_EXEC_DEVICE_CUDA_TILE_H

#include "vnode_exec/device/cuda/cuda.h"

enum {
    VN_TILE_SIDE = 16 /* threads along each side of a block */
};

/* A side that lies in memory; `lines` are rows, of the right side columns. */
struct vn_matrix {
    const float *p;
    int lines, line_stride, k_stride;

    typedef int line_type;

    __device__ __forceinline__ int
    line(int i) const
    {
        return i;
    }

    __device__ __forceinline__ int
    term(int k) const
    {
        return k;
    }

    __device__ __forceinline__ float
    at(int line, int k) const
    {
        return line < lines ? p[(ptrdiff_t) line * line_stride
                                + (ptrdiff_t) k * k_stride]
                            : 0.0F;
    }

    __device__ __forceinline__ bool
    along_k() const
    {
        return k_stride == 1;
    }
};

/* N floats that lie in one, two or four words. */
template <int N> struct alignas(4 * N) vn_floats {
    float at[N];
};

/* The place of a thread's i-th row (column) in the tile: fours together. */
template <int N>
static __device__ __forceinline__ int
vn_tile_place(int thread, int i)
{
    constexpr int run = N < 4 ? N : 4;

    return i / run * VN_TILE_SIDE * run + thread * run + i % run;
}

/* One side's slices: which elements the thread fetches, and where to. */
template <int N, int DEPTH, typename Side> struct vn_slice {
    static constexpr int LINES = VN_TILE_SIDE * N;
    static constexpr int EACH = LINES * DEPTH / VN_CUDA_THREADS;
    static constexpr int PITCH = LINES + 4; /* fours stay aligned */
    typedef float shared[2][DEPTH][PITCH];

    int first, term;     /* of the thread's first element in a slice */
    int next, next_term; /* from one of its elements to the next */
    typename Side::line_type lines[EACH];
    float held[EACH];

    __device__ __forceinline__
    vn_slice(const Side &side, int first_line)
    {
        int t = (int) threadIdx.x;
        bool k = side.along_k();

        first = k ? t / DEPTH : t % LINES;
        term = k ? t % DEPTH : t / LINES;
        next = k ? VN_CUDA_THREADS / DEPTH : 0;
        next_term = k ? 0 : VN_CUDA_THREADS / LINES;
        VN_CUDA_UNROLLED
        for (int e = 0; e < EACH; e++)
            lines[e] = side.line(first_line + first + e * next);
    }

    __device__ __forceinline__ void
    fetch(const Side &side, int k, int end)
    {
        VN_CUDA_UNROLLED
        for (int e = 0; e < EACH; e++) {
            int at = k + term + e * next_term;

            held[e] = at < end ? side.at(lines[e], side.term(at)) : 0.0F;
        }
    }

    __device__ __forceinline__ void
    put(float to[DEPTH][PITCH]) const
    {
        VN_CUDA_UNROLLED
        for (int e = 0; e < EACH; e++)
            to[term + e * next_term][first + e * next] = held[e];
    }
};

template <int N>
static __device__ __forceinline__ void
vn_tile_read(const float *row, int thread, float x[N])
{
    constexpr int run = N < 4 ? N : 4;

    VN_CUDA_UNROLLED
    for (int i = 0; i < N; i += run) {
        vn_floats<run> f =
            *(const vn_floats<run> *) &row[vn_tile_place<N>(thread, i)];

        VN_CUDA_UNROLLED
        for (int j = 0; j < run; j++)
            x[i + j] = f.at[j];
    }
}

template <int R, int C>
static __device__ __forceinline__ void
vn_tile_term(const float *left, const float *right, float acc[R][C])
{
    float a[R], b[C];

    vn_tile_read<R>(left, (int) threadIdx.x / VN_TILE_SIDE, a);
    vn_tile_read<C>(right, (int) threadIdx.x % VN_TILE_SIDE, b);
    VN_CUDA_UNROLLED
    for (int i = 0; i < R; i++)
        VN_CUDA_UNROLLED
    for (int j = 0; j < C; j++)
        acc[i][j] = VN_FMAF(a[i], b[j], acc[i][j]);
}

/* acc = the tile at (row, column) of the terms k in [from, to). */
template <int R, int C, int DEPTH, typename Left, typename Right>
static __device__ __forceinline__ void
vn_tile_product(const Left &left, const Right &right, int row, int column,
                int from, int to, float acc[R][C])
{
    typedef vn_slice<R, DEPTH, Left> left_slice;
    typedef vn_slice<C, DEPTH, Right> right_slice;
    __shared__ __align__(16) typename left_slice::shared lefts;
    __shared__ __align__(16) typename right_slice::shared rights;
    left_slice l(left, row);
    right_slice r(right, column);
    int half = 0;

    VN_CUDA_UNROLLED
    for (int i = 0; i < R; i++)
        VN_CUDA_UNROLLED
    for (int j = 0; j < C; j++)
        acc[i][j] = 0.0F;
    l.fetch(left, from, to);
    r.fetch(right, from, to);
    for (int k = from; k < to; k += DEPTH) {
        l.put(lefts[half]);
        r.put(rights[half]);
        __syncthreads();
        if (k + DEPTH < to) {
            l.fetch(left, k + DEPTH, to);
            r.fetch(right, k + DEPTH, to);
        }
        if (k + DEPTH <= to) {
            VN_CUDA_UNROLLED
            for (int i = 0; i < DEPTH; i++)
                vn_tile_term<R, C>(lefts[half][i], rights[half][i], acc);
        } else {
            VN_CUDA_ROLLED
            for (int i = 0; i < to - k; i++)
                vn_tile_term<R, C>(lefts[half][i], rights[half][i], acc);
        }
        half ^= 1;
    }
}

/* Hand the thread's elements over: give(row, column, value). */
template <int R, int C, typename Give>
static __device__ __forceinline__ void
vn_tile_give(int row, int column, int rows, int columns, const float acc[R][C],
             const Give &give)
{
    int y = (int) threadIdx.x / VN_TILE_SIDE;
    int x = (int) threadIdx.x % VN_TILE_SIDE;

    VN_CUDA_UNROLLED
    for (int i = 0; i < R; i++)
        VN_CUDA_UNROLLED
    for (int j = 0; j < C; j++) {
        int to_row = row + vn_tile_place<R>(y, i);
        int to_column = column + vn_tile_place<C>(x, j);

        if (to_row < rows && to_column < columns)
            give(to_row, to_column, acc[i][j]);
    }
}

#endif /* VNODE_EXEC_DEVICE_CUDA_TILE_H */
