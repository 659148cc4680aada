/*
 * Numbers as people write them, read strictly, and written back shortly.
 *
 * A reader takes the whole text or refuses it: no blanks, no trailing bytes,
 * no NaN, no infinity, no overflow.  Each returns NULL where it succeeds and
 * otherwise what was expected, as a phrase to follow "expected" in a message
 * ("a whole number from 1 to 64", of a number that is too large "a whole
 * number of at most 64"); the phrase lives in `why`, which the caller lends,
 * VN_WHY_SIZE bytes.
 */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

/* Simulated time: microseconds since the start of the trace. */
typedef int64_t vn_time;

enum {
    VN_WHY_SIZE = 96,
    VN_NUMBER_SIZE = 32 /* enough for every vn_format_ function */
};

#define VN_SECOND INT64_C(1000000) /* in vn_time */
#define VN_TIME_MAX                                          \
    (INT64_C(1) << 53) /* about 285 years; exact in a double \
                        */

/*
 * A whole decimal number in [min, max].  "3.0" is one, as tables write it
 * whose column has empty cells elsewhere; "3e2" is not.
 */
const char *vn_read_int(const char *text, int64_t min, int64_t max,
                        int64_t *value, char *why);

/* A finite decimal number in [min, max], in C's syntax without hexadecimal. */
const char *vn_read_real(const char *text, double min, double max,
                         double *value, char *why);

/*
 * Seconds, as a decimal number with an optional exponent or one of the units
 * us, ms, s, m, h, d, w behind it ("90", "1.5h", "250ms"): microseconds,
 * rounded half away from zero, in [min, max].  Plain decimals are exact.
 */
const char *vn_read_time(const char *text, vn_time min, vn_time max,
                         vn_time *value, char *why);

/*
 * Bytes, with an optional unit k, M, G, T (powers of 1000) or Ki, Mi, Gi, Ti
 * (powers of 1024), an optional B behind it ("16GiB", "900M"), in [min, max].
 */
const char *vn_read_bytes(const char *text, int64_t min, int64_t max,
                          int64_t *value, char *why);

/*
 * Write into text, VN_NUMBER_SIZE bytes, and return it.  _time: seconds,
 * exact, without trailing zeros ("12", "0.25").  _real: the shortest text
 * that reads back as the same double.
 */
const char *vn_format_time(char *text, vn_time t);
const char *vn_format_real(char *text, double x);

/*
 * For people: a time as "42.3 s", "17.1 min", "5.2 h" or "12.9 d"; bytes as
 * "512 B" or "1.5 GiB".
 */
const char *vn_format_span(char *text, vn_time t);
const char *vn_format_bytes(char *text, int64_t bytes);

#endif /* BASE_NUMBER_H */
