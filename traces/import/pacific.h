/*
 * Pacific time, by the rule of the tz database (region northamerica, zone
 * America/Los_Angeles, rules of the United States since 1967), whatever TZ and
 * the tables of this machine say.
 *
 * Clocks stand 8 hours behind UTC, and 7 from 2:00 standard time on the day
 * that daylight saving begins to 2:00 daylight time on the day that it ends:
 *
 *     1967 - 1986   last Sunday of April     last Sunday of October
 *     1987 - 2006   first Sunday of April    last Sunday of October
 *     2007 -        second Sunday of March   first Sunday of November
 *
 * (1974 and 1975 began in January and February; no log here is of then.)
 */
#ifndef TRACES_IMPORT_PACIFIC_H
#define TRACES_IMPORT_PACIFIC_H

#include "base/number.h"

/*
 * From what the clock showed (as of vn_read_clock(), microseconds) to UTC.  Of
 * the hour that it showed twice the first is meant, unless that is before
 * `from` (UTC; INT64_MIN where nothing is known to come before) and the second
 * is not.  What it never showed counts as standard time.
 */
vn_time vn_pacific_to_utc(vn_time local, vn_time from);

/* What the clock shows at a moment of UTC. */
vn_time vn_pacific_from_utc(vn_time utc);

#endif /* TRACES_IMPORT_PACIFIC_H */
