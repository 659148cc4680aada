/*
 * Exact order statistics of a long stream, in memory that does not grow.
 *
 * Values are gathered in a buffer, and beyond it in an unnamed temporary
 * file; a quantile is then found by radix selection, three passes over the
 * file for any number of quantiles.
 */
#ifndef BASE_QUANTILE_H
#define BASE_QUANTILE_H

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

enum {
    VN_QUANTILE_BUFFER = 1 << 16 /* values */
};

struct vn_quantile {
    int64_t *lent; /* memory for the buffer, or NULL: its own */
    int64_t *buffer;
    size_t used;
    FILE *spill; /* NULL until the buffer was full once */
    int64_t count;
    int failed; /* errno of the first failed write */
};

/* Start from (struct vn_quantile) {.lent = memory, which stays the caller's}.
 */
void vn_quantile_free(struct vn_quantile *q);

/* Add a value in [0, 2^54). */
void vn_quantile_add(struct vn_quantile *q, int64_t value);

/*
 * The quantiles at[0..n), each in [0, 1]: with k = at (count - 1), linear
 * between the values of rank floor(k) and ceil(k) (Hyndman and Fan's type 7,
 * as R and NumPy do by default).  0 where nothing was added.  n is at most 8.
 */
enum vn_status vn_quantile_get(struct vn_quantile *q, const double *at, int n,
                               double *value, struct vn_error *err);

#endif /* BASE_QUANTILE_H */
