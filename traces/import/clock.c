#include "config.h"

#include "traces/import/clock.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

enum {
    YEAR_MIN = 1970,
    YEAR_MAX = 2199,
    DAY_S = 86400
};

/*
 * Days from 1970-01-01 to a date of the Gregorian calendar.  Years are
 * counted from March, so that the leap day is the last, and in eras of 400
 * years, which have 146097 days; 719468 days lie between 0000-03-01 and 1970.
 */
static int64_t
days_of(int64_t year, int64_t month, int64_t day)
{
    int64_t y = year - (month <= 2);
    int64_t era = y / 400, of_era = y % 400;
    int64_t of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year
           - 719468;
}

static void
date_of(int64_t days, int64_t *year, int64_t *month, int64_t *day)
{
    int64_t z = days + 719468, era = z / 146097, of_era = z % 146097;
    int64_t y =
        (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
    int64_t m = (5 * of_year + 2) / 153;

    *day = of_year - (153 * m + 2) / 5 + 1;
    *month = m < 10 ? m + 3 : m - 9;
    *year = y + era * 400 + (*month <= 2);
}

static int64_t
days_in(int64_t year, int64_t month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && leap);
}

/* Read exactly `digits` digits as a number of [min, max], and step over. */
static bool
take_number(const char **p, int digits, int64_t min, int64_t max,
            int64_t *value)
{
    *value = 0;
    for (int i = 0; i < digits; i++, ++*p) {
        if (**p < '0' || **p > '9')
            return false;
        *value = 10 * *value + (**p - '0');
    }
    return *value >= min && *value <= max;
}

static bool
take_char(const char **p, const char *set)
{
    if (**p == '\0' || strchr(set, **p) == NULL)
        return false;
    ++*p;
    return true;
}

/* ".25": microseconds; more than six digits are cut. */
static bool
take_fraction(const char **p, int64_t *us)
{
    int64_t unit = 100000;

    *us = 0;
    if (!take_char(p, "."))
        return true;
    if (**p < '0' || **p > '9')
        return false;
    for (; **p >= '0' && **p <= '9'; ++*p, unit /= 10)
        *us += (**p - '0') * unit;
    return true;
}

/* "", "Z", "+08:00", "+0800" or "+08": seconds east of Greenwich. */
static bool
take_offset(const char **p, int64_t *offset, bool *zoned)
{
    int64_t hours, minutes = 0;
    int sign;

    *offset = 0;
    *zoned = **p != '\0';
    if (**p == '\0' || take_char(p, "Z"))
        return true;
    sign = **p == '-' ? -1 : 1;
    if (!take_char(p, "+-") || !take_number(p, 2, 0, 15, &hours))
        return false;
    take_char(p, ":");
    if (**p != '\0' && !take_number(p, 2, 0, 59, &minutes))
        return false;
    *offset = sign * (hours * 3600 + minutes * 60);
    return true;
}

static bool
read_clock(const char *text, vn_time *value, bool *zoned)
{
    int64_t year, month, day, hour = 0, minute = 0, second = 0, us = 0;
    int64_t offset = 0;
    const char *p = text;

    *zoned = false;
    if (!take_number(&p, 4, YEAR_MIN, YEAR_MAX, &year) || !take_char(&p, "-")
        || !take_number(&p, 2, 1, 12, &month) || !take_char(&p, "-")
        || !take_number(&p, 2, 1, days_in(year, month), &day))
        return false;
    if (*p != '\0'
        && (!take_char(&p, " T") || !take_number(&p, 2, 0, 23, &hour)
            || !take_char(&p, ":") || !take_number(&p, 2, 0, 59, &minute)
            || !take_char(&p, ":") || !take_number(&p, 2, 0, 60, &second)
            || !take_fraction(&p, &us) || !take_offset(&p, &offset, zoned)))
        return false;
    if (*p != '\0')
        return false;
    *value = (days_of(year, month, day) * DAY_S + hour * 3600 + minute * 60
              + second - offset)
                 * VN_SECOND
             + us;
    return true;
}

const char *
vn_read_clock(const char *text, vn_time *value, bool *zoned, char *why)
{
    bool dummy;

    if (read_clock(text, value, zoned != NULL ? zoned : &dummy))
        return NULL;
    snprintf(why, VN_WHY_SIZE, "a time such as 2017-10-09 07:01:55");
    return why;
}

static bool
read_clock_as(const char *text, const char *format, vn_time *value,
              bool *zoned)
{
    struct tm tm = {.tm_mday = 1, .tm_gmtoff = 0};
    const char *rest;
    int64_t us;
    char why[VN_WHY_SIZE];

    *zoned = strstr(format, "%z") != NULL || strcmp(format, "%s") == 0;
    if (strcmp(format, "%s") == 0) /* strptime() would ask for TZ */
        return vn_read_time(text, 0, VN_TIME_MAX, value, why) == NULL;
    rest = strptime(text, format, &tm);
    if (rest == NULL || !take_fraction(&rest, &us) || *rest != '\0'
        || tm.tm_year < 0 || tm.tm_year > YEAR_MAX - 1900)
        return false;
    *value = vn_clock_of_date(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday)
             + ((int64_t) tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec
                - tm.tm_gmtoff)
                   * VN_SECOND
             + us;
    return true;
}

const char *
vn_read_clock_as(const char *text, const char *format, vn_time *value,
                 bool *zoned, char *why)
{
    if (read_clock_as(text, format, value, zoned))
        return NULL;
    snprintf(why, VN_WHY_SIZE, "a time as of '%.60s'", format);
    return why;
}

/* "1-" or "1 days ", if it is there. */
static bool
take_days(const char **p, int64_t *days)
{
    static const char *const words[] = {"-", " days ", " day "};
    size_t digits = strspn(*p, "0123456789");

    *days = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strncmp(*p + digits, words[i], strlen(words[i])) == 0) {
            if (digits < 1 || digits > 5
                || !take_number(p, (int) digits, 0, 99999, days))
                return false;
            *p += strlen(words[i]);
            return true;
        }
    return true;
}

/* "[1-|1 days ][hh:]mm:ss[.fraction]" */
static bool
read_span(const char *text, vn_time *value)
{
    int64_t part[3] = {0}, days, us = 0;
    const char *p = text;
    int n = 0;

    if (!take_days(&p, &days))
        return false;
    do {
        size_t digits = strspn(p, "0123456789");

        if (digits < 1 || digits > 6
            || !take_number(&p, (int) digits, 0, 999999, &part[n++]))
            return false;
    } while (n < 3 && take_char(&p, ":"));
    if (n < 2 || part[n - 1] > 59 || (n == 3 && part[1] > 59)
        || !take_fraction(&p, &us) || *p != '\0')
        return false;
    *value = n == 3 ? part[0] * 3600 + part[1] * 60 + part[2]
                    : part[0] * 60 + part[1];
    *value = (*value + days * DAY_S) * VN_SECOND + us;
    return true;
}

const char *
vn_read_span(const char *text, vn_time *value, char *why)
{
    if (strchr(text, ':') != NULL && read_span(text, value))
        return NULL;
    if (strchr(text, ':') == NULL)
        return vn_read_time(text, 0, VN_TIME_MAX, value, why);
    snprintf(why, VN_WHY_SIZE, "a span of time such as 300 or 1-02:30:00");
    return why;
}

vn_time
vn_clock_of_date(int64_t year, int64_t month, int64_t day)
{
    return days_of(year, month, day) * DAY_S * VN_SECOND;
}

int64_t
vn_clock_year(vn_time value)
{
    int64_t year, month, day;

    date_of(value / (DAY_S * VN_SECOND), &year, &month, &day);
    return year;
}

const char *
vn_format_clock(char *text, vn_time value)
{
    int64_t seconds = value / VN_SECOND, us = value % VN_SECOND;
    int64_t days, of_day, year, month, day;
    int n;

    if (us < 0) {
        us += VN_SECOND;
        seconds--;
    }
    days = seconds / DAY_S - (seconds % DAY_S < 0);
    of_day = seconds - days * DAY_S;
    date_of(days, &year, &month, &day);
    n = snprintf(text, VN_CLOCK_SIZE, "%04d-%02d-%02d %02d:%02d:%02d",
                 (int) year, (int) month, (int) day, (int) (of_day / 3600),
                 (int) (of_day / 60 % 60), (int) (of_day % 60));
    if (us != 0 && n > 0 && n < VN_CLOCK_SIZE)
        snprintf(text + n, (size_t) (VN_CLOCK_SIZE - n), ".%06d", (int) us);
    return text;
}
