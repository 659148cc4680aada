/*
 * The part of cuBLAS that the CUDA backend calls, on the host and in plain
 * loops, from the library's documentation: matrices lie in columns, operation
 * 0 takes one as it is and 1 its transpose.  t/exec/cuda.sh.t has the emulated
 * backend load it in the library's place, in two versions:
 *
 *   VN_CUBLAS_REFUSES  what the names of those end with that do not start
 *   VN_CUBLAS_FAILS    the status that products answer
 */
#include "config.h"

#include <stdlib.h>
#include <string.h>

enum {
    OK = 0,
    INVALID = 7
};

int cublasCreate_v2(void **handle);
int cublasDestroy_v2(void *handle);
int cublasSetStream_v2(void *handle, void *stream);
int cublasSetMathMode(void *handle, int mode);
int cublasSetWorkspace_v2(void *handle, void *p, size_t bytes);
int cublasSgemmStridedBatched(void *handle, int op_a, int op_b, int m, int n,
                              int k, const float *alpha, const float *a,
                              int lda, long long a_step, const float *b,
                              int ldb, long long b_step, const float *beta,
                              float *c, int ldc, long long c_step, int count);

int
cublasCreate_v2(void **handle)
{
    const char *refuses = getenv("VN_CUBLAS_REFUSES");
    size_t n = refuses != NULL ? strlen(refuses) : 0;

    *handle = calloc(1, 1);
    return refuses != NULL && strcmp(NAME + sizeof NAME - 1 - n, refuses) == 0
               ? INVALID
               : OK;
}

int
cublasDestroy_v2(void *handle)
{
    free(handle);
    return OK;
}

int
cublasSetStream_v2(void *handle, void *stream)
{
    (void) handle, (void) stream;
    return OK;
}

int
cublasSetMathMode(void *handle, int mode)
{
    (void) handle;
    return mode == 0 || mode == 3 ? OK : INVALID;
}

int
cublasSetWorkspace_v2(void *handle, void *p, size_t bytes)
{
    (void) handle;
    return p != NULL && bytes > 0 ? OK : INVALID;
}

static float
element(const float *x, int op, int ld, int row, int column)
{
    return op == 0 ? x[row + (long) column * ld] : x[column + (long) row * ld];
}

int
cublasSgemmStridedBatched(void *handle, int op_a, int op_b, int m, int n,
                          int k, const float *alpha, const float *a, int lda,
                          long long a_step, const float *b, int ldb,
                          long long b_step, const float *beta, float *c,
                          int ldc, long long c_step, int count)
{
    (void) handle;
    if (getenv("VN_CUBLAS_FAILS") != NULL)
        return atoi(getenv("VN_CUBLAS_FAILS"));
    if (lda < (op_a == 0 ? m : k) || ldb < (op_b == 0 ? k : n) || ldc < m)
        return INVALID;
    for (int at = 0; at < count; at++, a += a_step, b += b_step, c += c_step)
        for (int j = 0; j < n; j++)
            for (int i = 0; i < m; i++) {
                float *to = &c[i + (long) j * ldc];
                double sum = 0;

                for (int l = 0; l < k; l++)
                    sum += (double) element(a, op_a, lda, i, l)
                           * (double) element(b, op_b, ldb, l, j);
                *to = (float) (*alpha * sum
                               + (*beta == 0 ? 0 : *beta * (double) *to));
            }
    return OK;
}
