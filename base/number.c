#include "config.h"

#include "base/number.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool
is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *
expected_less(char *why, int64_t max)
{
    snprintf(why, VN_WHY_SIZE, "a whole number of at most %" PRId64, max);
    return why;
}

static const char *
expected_int(char *why, int64_t min, int64_t max)
{
    if (max == INT64_MAX && min == INT64_MIN)
        snprintf(why, VN_WHY_SIZE, "a whole number");
    else if (max == INT64_MAX)
        snprintf(why, VN_WHY_SIZE, "a whole number of at least %" PRId64, min);
    else
        snprintf(why, VN_WHY_SIZE,
                 "a whole number from %" PRId64 " to %" PRId64, min, max);
    return why;
}

const char *
vn_read_int(const char *text, int64_t min, int64_t max, int64_t *value,
            char *why)
{
    const char *p = text;
    bool negative = *p == '-', large = false;
    uint64_t n = 0;

    if (*p == '-' || *p == '+')
        p++;
    if (!is_digit(*p))
        return expected_int(why, min, max);
    /* Eighteen digits fit whatever they are. */
    for (const char *end = p + 18; p < end && is_digit(*p); p++)
        n = n * 10 + (uint64_t) (*p - '0');
    for (; is_digit(*p); p++) {
        uint64_t digit = (uint64_t) (*p - '0');

        large = large || n > ((uint64_t) INT64_MAX - digit) / 10;
        n = large ? INT64_MAX : n * 10 + digit;
    }
    p += p[0] == '.' && p[1] == '0' ? 1 + strspn(p + 1, "0") : 0;
    *value = negative ? -(int64_t) n : (int64_t) n;
    if (*p == '\0' && !negative && (large || *value > max))
        return expected_less(why, max);
    if (*p != '\0' || large || *value < min || *value > max)
        return expected_int(why, min, max);
    return NULL;
}

/* The length of the decimal number at the start of text, 0 if none. */
static size_t
decimal_length(const char *text)
{
    const char *p = text, *digits;
    size_t n;

    if (*p == '-' || *p == '+')
        p++;
    digits = p;
    while (is_digit(*p))
        p++;
    n = (size_t) (p - digits);
    if (*p == '.')
        for (p++; is_digit(*p); p++)
            n++;
    if (n == 0)
        return 0;
    if (*p == 'e' || *p == 'E') {
        const char *e = p + 1;

        if (*e == '-' || *e == '+')
            e++;
        if (is_digit(*e)) {
            while (is_digit(*e))
                e++;
            p = e;
        }
    }
    return (size_t) (p - text);
}

static const char *
expected_real(char *why, const char *what, double min, double max)
{
    char a[VN_NUMBER_SIZE], b[VN_NUMBER_SIZE];

    if (isinf(max) && isinf(min))
        snprintf(why, VN_WHY_SIZE, "%s", what);
    else if (isinf(max))
        snprintf(why, VN_WHY_SIZE, "%s of at least %s", what,
                 vn_format_real(a, min));
    else
        snprintf(why, VN_WHY_SIZE, "%s from %s to %s", what,
                 vn_format_real(a, min), vn_format_real(b, max));
    return why;
}

const char *
vn_read_real(const char *text, double min, double max, double *value,
             char *why)
{
    size_t length = decimal_length(text);
    char most[VN_NUMBER_SIZE];

    if (length == 0 || text[length] != '\0')
        return expected_real(why, "a number", min, max);
    *value = strtod(text, NULL);
    if (*value > max && !isinf(max)) {
        snprintf(why, VN_WHY_SIZE, "a number of at most %s",
                 vn_format_real(most, max));
        return why;
    }
    if (!isfinite(*value) || !(*value >= min && *value <= max))
        return expected_real(why, "a number", min, max);
    return NULL;
}

struct unit {
    const char *name;
    double size;
};

/* Read "1.5h": the number and its unit; false where the text is neither. */
static bool
with_unit(const char *text, const struct unit *units, double *value)
{
    size_t length = decimal_length(text);

    if (length == 0 || length >= 64)
        return false;
    for (; units->name != NULL; units++)
        if (strcmp(text + length, units->name) == 0) {
            char digits[64];

            memcpy(digits, text, length);
            digits[length] = '\0';
            *value = strtod(digits, NULL) * units->size;
            return isfinite(*value);
        }
    return false;
}

/* Digits with at most six decimals, without a unit: exact, and fast. */
static bool
plain_seconds(const char *text, vn_time *value)
{
    const char *p = text;
    int64_t n = 0;
    int scale = 6;

    for (; is_digit(*p); p++) {
        if (p - text >= 12)
            return false;
        n = n * 10 + (*p - '0');
    }
    if (p == text)
        return false;
    if (*p == '.')
        for (p++; is_digit(*p) && scale > 0; p++, scale--)
            n = n * 10 + (*p - '0');
    if (*p != '\0')
        return false;
    for (; scale > 0; scale--)
        n *= 10;
    *value = n;
    return true;
}

const char *
vn_read_time(const char *text, vn_time min, vn_time max, vn_time *value,
             char *why)
{
    static const struct unit units[] = {
        {"", 1e6},   {"us", 1},    {"ms", 1e3},   {"s", 1e6}, {"m", 6e7},
        {"h", 36e8}, {"d", 864e8}, {"w", 6048e8}, {NULL, 0},
    };
    char a[VN_NUMBER_SIZE], b[VN_NUMBER_SIZE];
    double us = 0;

    if (plain_seconds(text, value))
        us = (double) *value;
    else if (with_unit(text, units, &us))
        *value = fabs(us) <= 0x1p60 ? (vn_time) round(us) : INT64_MIN;
    else
        *value = INT64_MIN;
    if (*value >= min && *value <= max)
        return NULL;
    if (us > (double) max)
        snprintf(why, VN_WHY_SIZE, "seconds, of at most %s",
                 vn_format_time(b, max));
    else if (max >= VN_TIME_MAX && min <= -VN_TIME_MAX)
        snprintf(why, VN_WHY_SIZE, "seconds");
    else if (max >= VN_TIME_MAX)
        snprintf(why, VN_WHY_SIZE, "seconds, of at least %s",
                 vn_format_time(a, min));
    else
        snprintf(why, VN_WHY_SIZE, "seconds from %s to %s",
                 vn_format_time(a, min), vn_format_time(b, max));
    return why;
}

const char *
vn_read_bytes(const char *text, int64_t min, int64_t max, int64_t *value,
              char *why)
{
    static const struct unit units[] = {
        {"", 1},        {"B", 1},        {"k", 1e3},     {"kB", 1e3},
        {"K", 1e3},     {"KB", 1e3},     {"M", 1e6},     {"MB", 1e6},
        {"G", 1e9},     {"GB", 1e9},     {"T", 1e12},    {"TB", 1e12},
        {"Ki", 0x1p10}, {"KiB", 0x1p10}, {"Mi", 0x1p20}, {"MiB", 0x1p20},
        {"Gi", 0x1p30}, {"GiB", 0x1p30}, {"Ti", 0x1p40}, {"TiB", 0x1p40},
        {NULL, 0},
    };
    char a[VN_NUMBER_SIZE], b[VN_NUMBER_SIZE];
    double bytes;

    if (with_unit(text, units, &bytes) && fabs(bytes) < 0x1p62) {
        *value = (int64_t) round(bytes);
        if (*value >= min && *value <= max)
            return NULL;
    }
    snprintf(why, VN_WHY_SIZE, "bytes from %s to %s (16GiB, 900M)",
             vn_format_bytes(a, min), vn_format_bytes(b, max));
    return why;
}

const char *
vn_format_time(char *text, vn_time t)
{
    uint64_t us = t < 0 ? -(uint64_t) t : (uint64_t) t;
    const char *sign = t < 0 ? "-" : "";
    int n;

    if (us % 1000000 == 0) {
        snprintf(text, VN_NUMBER_SIZE, "%s%" PRIu64, sign, us / 1000000);
        return text;
    }
    n = snprintf(text, VN_NUMBER_SIZE, "%s%" PRIu64 ".%06" PRIu64, sign,
                 us / 1000000, us % 1000000);
    while (text[n - 1] == '0')
        text[--n] = '\0';
    return text;
}

const char *
vn_format_real(char *text, double x)
{
    if (x == trunc(x) && fabs(x) < 1e15) {
        snprintf(text, VN_NUMBER_SIZE, "%.0f", x);
        return text;
    }
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, VN_NUMBER_SIZE, "%.*g", digits, x);
        if (strtod(text, NULL) == x)
            break;
    }
    return text;
}

const char *
vn_format_span(char *text, vn_time t)
{
    double s = (double) t / 1e6;

    if (fabs(s) < 120)
        snprintf(text, VN_NUMBER_SIZE, "%.1f s", s);
    else if (fabs(s) < 7200)
        snprintf(text, VN_NUMBER_SIZE, "%.1f min", s / 60);
    else if (fabs(s) < 172800)
        snprintf(text, VN_NUMBER_SIZE, "%.1f h", s / 3600);
    else
        snprintf(text, VN_NUMBER_SIZE, "%.1f d", s / 86400);
    return text;
}

const char *
vn_format_bytes(char *text, int64_t bytes)
{
    static const char *const unit[] = {"KiB", "MiB", "GiB", "TiB", "PiB"};
    double x = (double) bytes / 1024;
    int i = 0;

    if (llabs(bytes) < 1024) {
        snprintf(text, VN_NUMBER_SIZE, "%" PRId64 " B", bytes);
        return text;
    }
    for (; fabs(x) >= 1024 && i < 4; i++)
        x /= 1024;
    snprintf(text, VN_NUMBER_SIZE, "%.4g %s", x, unit[i]);
    return text;
}
