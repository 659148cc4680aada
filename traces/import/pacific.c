#include "config.h"

#include "traces/import/pacific.h"

#include "traces/import/clock.h"

#include <stdbool.h>

#define HOUR (3600 * VN_SECOND)
#define DAY  (24 * HOUR)

/* The midnight that begins a month's n-th Sunday; n = 0: its last. */
static vn_time
sunday(int64_t year, int64_t month, int n)
{
    vn_time first = vn_clock_of_date(n > 0 ? year : year + month / 12,
                                     n > 0 ? month : month % 12 + 1, 1);
    /* 1970-01-01 was a Thursday. */
    int64_t weekday = (first / DAY + 4) % 7;

    return first + ((7 - weekday) % 7 + 7 * (int64_t) (n - 1)) * DAY;
}

/* Is it daylight saving time at a moment of UTC? */
static bool
is_daylight(vn_time utc)
{
    int64_t year = vn_clock_year(utc - 8 * HOUR);
    vn_time begin, end;

    if (year < 1967)
        return false;
    if (year < 1987)
        begin = sunday(year, 4, 0);
    else
        begin = year < 2007 ? sunday(year, 4, 1) : sunday(year, 3, 2);
    end = year < 2007 ? sunday(year, 10, 0) : sunday(year, 11, 1);
    return utc >= begin + (2 + 8) * HOUR && utc < end + (2 + 7) * HOUR;
}

vn_time
vn_pacific_to_utc(vn_time local, vn_time from)
{
    vn_time daylight = local + 7 * HOUR, standard = local + 8 * HOUR;

    if (!is_daylight(daylight))
        return standard;
    /* Both are right only in the hour that the clock showed twice. */
    return daylight < from && standard >= from && !is_daylight(standard)
               ? standard
               : daylight;
}

vn_time
vn_pacific_from_utc(vn_time utc)
{
    return utc - (is_daylight(utc) ? 7 : 8) * HOUR;
}
