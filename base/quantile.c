#include "config.h"

#include "base/quantile.h"

#include "base/xalloc.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    BUFFER = VN_QUANTILE_BUFFER,
    DIGIT = 11, /* bits of a value that one pass settles */
    PASSES = 5,
    RANKS = 16 /* two for each quantile */
};

void
vn_quantile_free(struct vn_quantile *q)
{
    if (q->lent == NULL)
        free(q->buffer);
    if (q->spill != NULL)
        fclose(q->spill);
    *q = (struct vn_quantile){0};
}

static void
flush_buffer(struct vn_quantile *q)
{
    if (q->spill == NULL)
        q->spill = tmpfile();
    if (q->spill == NULL
        || fwrite(q->buffer, sizeof *q->buffer, q->used, q->spill) != q->used)
        q->failed = q->failed != 0 ? q->failed : errno;
    q->used = 0;
}

void
vn_quantile_add(struct vn_quantile *q, int64_t value)
{
    if (q->buffer == NULL)
        q->buffer =
            q->lent != NULL ? q->lent : vn_xcalloc(BUFFER, sizeof *q->buffer);
    if (q->used == BUFFER)
        flush_buffer(q);
    q->buffer[q->used++] = value;
    q->count++;
}

static int
compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *) a, y = *(const int64_t *) b;

    return x < y ? -1 : x > y;
}

/* The search for the value of each rank; prefix gathers its leading digits. */
struct selection {
    int n;
    int64_t rank[RANKS]; /* among the values that share the prefix */
    int64_t prefix[RANKS];
    int owner[RANKS]; /* the first rank of that prefix, which counts for it */
    int64_t count[RANKS][1 << DIGIT]; /* of the next digit */
};

static void
count_digits(struct selection *s, int shift, const int64_t *value, size_t n)
{
    for (int r = 0; r < s->n; r++)
        for (size_t i = 0; i < n && s->owner[r] == r; i++)
            if (value[i] >> (shift + DIGIT) == s->prefix[r])
                s->count[r][(value[i] >> shift) & ((1 << DIGIT) - 1)]++;
}

/* Settle the next digit of every rank's value. */
static enum vn_status
one_pass(struct vn_quantile *q, struct selection *s, int shift, int64_t *chunk,
         struct vn_error *err)
{
    size_t n;

    memset(s->count, 0, sizeof s->count);
    for (int r = 0; r < s->n; r++)
        s->owner[r] =
            r > 0 && s->prefix[r] == s->prefix[r - 1] ? s->owner[r - 1] : r;
    rewind(q->spill);
    while ((n = fread(chunk, sizeof *chunk, BUFFER, q->spill)) > 0)
        count_digits(s, shift, chunk, n);
    if (ferror(q->spill))
        return vn_fail(err, VN_EIO, "temporary file: %s", strerror(errno));
    count_digits(s, shift, q->buffer, q->used);
    for (int r = 0; r < s->n; r++) {
        const int64_t *count = s->count[s->owner[r]];
        int digit = 0;

        while (s->rank[r] >= count[digit])
            s->rank[r] -= count[digit++];
        s->prefix[r] = (s->prefix[r] << DIGIT) | digit;
    }
    return VN_OK;
}

/* Replace each rank by the value that has it. */
static enum vn_status
select_ranks(struct vn_quantile *q, int64_t *rank, int n, struct vn_error *err)
{
    struct selection *s;
    enum vn_status status = VN_OK;
    int64_t *chunk;

    if (q->failed != 0)
        return vn_fail(err, VN_EIO, "temporary file: %s", strerror(q->failed));
    if (q->spill == NULL) {
        qsort(q->buffer, q->used, sizeof *q->buffer, compare);
        for (int r = 0; r < n; r++)
            rank[r] = q->buffer[rank[r]];
        return VN_OK;
    }
    s = vn_xcalloc(1, sizeof *s);
    chunk = vn_xcalloc(BUFFER, sizeof *chunk);
    s->n = n;
    memcpy(s->rank, rank, (size_t) n * sizeof *rank);
    for (int pass = PASSES - 1; pass >= 0 && status == VN_OK; pass--)
        status = one_pass(q, s, pass * DIGIT, chunk, err);
    fseek(q->spill, 0, SEEK_END);
    memcpy(rank, s->prefix, (size_t) n * sizeof *rank);
    free(chunk);
    free(s);
    return status;
}

enum vn_status
vn_quantile_get(struct vn_quantile *q, const double *at, int n, double *value,
                struct vn_error *err)
{
    int64_t rank[RANKS];
    enum vn_status status;

    for (int i = 0; i < n; i++) {
        double k = at[i] * (double) (q->count - 1);

        value[i] = 0;
        rank[2 * i] = (int64_t) floor(k);
        rank[2 * i + 1] = (int64_t) ceil(k);
    }
    if (q->count == 0)
        return VN_OK;
    status = select_ranks(q, rank, 2 * n, err);
    for (int i = 0; i < n && status == VN_OK; i++) {
        double k = at[i] * (double) (q->count - 1), low = (double) rank[2 * i];

        value[i] = low + (k - floor(k)) * ((double) rank[2 * i + 1] - low);
    }
    return status;
}
