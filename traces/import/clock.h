/*
 * Calendar times as logs write them: "2017-10-09 07:01:55", with a 'T' in
 * place of the blank, a fraction of a second, and an offset from UTC ("Z",
 * "+08:00") where the log has one.  A date alone is its midnight.
 */
#ifndef TRACES_IMPORT_CLOCK_H
#define TRACES_IMPORT_CLOCK_H

#include "base/number.h"

#include <stdbool.h>

/*
 * Microseconds since 1970-01-01 00:00:00 by the clock that text was read
 * from, or in UTC where it has an offset, which *zoned (may be NULL) tells.
 * The year is 1970 to 2199.  As base/number.h: NULL, or what was expected.
 */
const char *vn_read_clock(const char *text, vn_time *value, bool *zoned,
                          char *why);

/*
 * The same by a format of strptime(3), in the C locale, behind which a
 * fraction of a second may stand; "%s" is seconds since 1970.
 */
const char *vn_read_clock_as(const char *text, const char *format,
                             vn_time *value, bool *zoned, char *why);

/* A span of time: "300", "5m", "00:05:00", "05:00", "1-02:00:00", "1 days
 * 02:00:00"; microseconds, at least 0. */
const char *vn_read_span(const char *text, vn_time *value, char *why);

/* The midnight that begins a date of the Gregorian calendar; the year of a
 * moment from 1970 on. */
vn_time vn_clock_of_date(int64_t year, int64_t month, int64_t day);
int64_t vn_clock_year(vn_time value);

enum {
    VN_CLOCK_SIZE = 64
};

/*
 * The reverse, without offset, into VN_CLOCK_SIZE bytes, which are returned;
 * whole seconds have no fraction.
 */
const char *vn_format_clock(char *text, vn_time value);

#endif /* TRACES_IMPORT_CLOCK_H */
