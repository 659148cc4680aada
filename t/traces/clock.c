/* Calendar times, against the C library's. */
#include "config.h"

#include "base/rng.h"
#include "t/tap.h"
#include "traces/import/clock.h"
#include "traces/import/pacific.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* clang-format off: what is read, microseconds, and whether it has an offset;
   the numbers are those of date(1). */
static const struct {
    const char *text;
    int64_t us;
    bool zoned;
} good[] = {
    {"1970-01-01", 0, false},
    {"2017-10-09 07:01:55", INT64_C(1507532515000000), false},
    {"2017-10-09T07:01:55", INT64_C(1507532515000000), false},
    {"2017-10-09T07:01:55Z", INT64_C(1507532515000000), true},
    {"2023-03-01 00:18:22+08:00", INT64_C(1677601102000000), true},
    {"2023-03-01 00:18:22+0800", INT64_C(1677601102000000), true},
    {"2023-03-01 00:18:22-03", INT64_C(1677640702000000), true},
    {"1970-01-01 00:00:00+08:00", INT64_C(-28800000000), true},
    {"2000-02-29 23:59:60.25", INT64_C(951868800250000), false},
    {"2016-02-29 00:00:00.1234567", INT64_C(1456704000123456), false},
};

static const char *const bad[] = {
    "",
    "2017",
    "2017-1-09",
    "2017-13-09",
    "2017-00-09",
    "2017-09-31",
    "2017-02-29",
    "2100-02-29",
    "1969-12-31",
    "2200-01-01",
    "2017-10-09 7:01:55",
    "2017-10-09 24:00:00",
    "2017-10-09 07:60:00",
    "2017-10-09 07:00:61",
    "2017-10-09 07:01",
    "2017-10-09 07:01:55.",
    "2017-10-09 07:01:55 PDT",
    "2017-10-09 07:01:55+16:00",
    "2017-10-09 07:01:55+08:60",
    "2017-10-09 07:01:55+8",
    "2017-10-09 07:01:55Z ",
    " 2017-10-09",
    "2017-10-09x",
    "None",
};
/* clang-format on */

/* Moments of two centuries: gmtime_r() says what text should be. */
static bool
agrees_with_library(uint64_t seed, int n)
{
    struct vn_rng rng = vn_rng_stream(seed, 1, 0);

    for (int i = 0; i < n; i++) {
        time_t t = (time_t) vn_rng_below(&rng, UINT64_C(7258118400));
        char want[VN_CLOCK_SIZE], got[VN_CLOCK_SIZE], why[VN_WHY_SIZE];
        struct tm tm;
        vn_time back;

        gmtime_r(&t, &tm);
        strftime(want, sizeof want, "%Y-%m-%d %H:%M:%S", &tm);
        vn_format_clock(got, (vn_time) t * VN_SECOND);
        if (strcmp(want, got) != 0
            || vn_read_clock(want, &back, NULL, why) != NULL
            || back != (vn_time) t * VN_SECOND) {
            diag("%s is written as %s", want, got);
            return false;
        }
    }
    return true;
}

/* clang-format off: what Pacific time showed, what came before it (UTC), and
   when that was. */
static const struct {
    const char *shown;
    const char *from; /* NULL: nothing is known */
    const char *utc;
} pacific[] = {
    {"2017-11-04 23:00:00", NULL, "2017-11-05 06:00:00"},
    {"2017-11-05 03:00:00", NULL, "2017-11-05 11:00:00"},
    {"2017-11-05 01:30:00", NULL, "2017-11-05 08:30:00"},
    {"2017-11-05 01:30:00", "2017-11-05 08:30:00", "2017-11-05 08:30:00"},
    {"2017-11-05 01:30:00", "2017-11-05 08:50:00", "2017-11-05 09:30:00"},
    {"2017-11-05 01:30:00", "2017-11-05 10:00:00", "2017-11-05 08:30:00"},
    {"2017-03-12 01:59:59", NULL, "2017-03-12 09:59:59"},
    {"2017-03-12 02:30:00", NULL, "2017-03-12 10:30:00"},
    {"2017-03-12 03:00:00", NULL, "2017-03-12 10:00:00"},
    {"2006-04-02 03:00:00", NULL, "2006-04-02 10:00:00"},
    {"2006-10-29 12:00:00", NULL, "2006-10-29 20:00:00"},
};

/* A time by a format, and spans; -1 where it is refused. */
static const struct {
    const char *text;
    const char *format; /* NULL: a span */
    int64_t us;
} others[] = {
    {"09.10.2017 07:01:55", "%d.%m.%Y %H:%M:%S", INT64_C(1507532515000000)},
    {"10/09/17 07:01 AM", "%m/%d/%y %I:%M %p", INT64_C(1507532460000000)},
    {"2017-10-09 07:01:55.25", "%Y-%m-%d %H:%M:%S", INT64_C(1507532515250000)},
    {"2017-10-09 07:01:55 +0800", "%Y-%m-%d %H:%M:%S %z",
     INT64_C(1507503715000000)},
    {"1507532515", "%s", INT64_C(1507532515000000)},
    {"2017-10-09", "%d.%m.%Y", -1},
    {"09.10.2017 x", "%d.%m.%Y", -1},
    {"300", NULL, 300000000},
    {"5m", NULL, 300000000},
    {"00:05:00", NULL, 300000000},
    {"05:00", NULL, 300000000},
    {"05:00.5", NULL, 300500000},
    {"1-02:03:04", NULL, INT64_C(93784000000)},
    {"1 days 02:03:04", NULL, INT64_C(93784000000)},
    {"0 days 00:00:07.25", NULL, 7250000},
    {"100:00:00", NULL, INT64_C(360000000000)},
    {"00:61:00", NULL, -1},
    {"1-", NULL, -1},
    {":05", NULL, -1},
    {"1:2:3:4", NULL, -1},
};
/* clang-format on */

static void
check_pacific(void)
{
    char why[VN_WHY_SIZE], got[VN_CLOCK_SIZE];
    vn_time shown, from;

    for (size_t i = 0; i < sizeof pacific / sizeof *pacific; i++) {
        from = INT64_MIN;
        vn_read_clock(pacific[i].shown, &shown, NULL, why);
        if (pacific[i].from != NULL)
            vn_read_clock(pacific[i].from, &from, NULL, why);
        is_str(vn_format_clock(got, vn_pacific_to_utc(shown, from)),
               pacific[i].utc, "Pacific time: %s, not before %s",
               pacific[i].shown,
               pacific[i].from != NULL ? pacific[i].from : "anything");
    }
}

/* The library's tables say when clocks are changed, where they are there. */
static bool
agrees_with_zone(uint64_t seed, int n)
{
    struct vn_rng rng = vn_rng_stream(seed, 2, 0);

    for (int i = 0; i < n; i++) {
        time_t t = (time_t) (UINT64_C(220924800)
                             + vn_rng_below(&rng, UINT64_C(1900000000)));
        char want[VN_CLOCK_SIZE], got[VN_CLOCK_SIZE];
        struct tm tm;

        localtime_r(&t, &tm);
        strftime(want, sizeof want, "%Y-%m-%d %H:%M:%S", &tm);
        vn_format_clock(got, vn_pacific_from_utc((vn_time) t * VN_SECOND));
        if (strcmp(want, got) != 0) {
            diag("%ld is shown as %s, not %s", (long) t, got, want);
            return false;
        }
    }
    return true;
}

static void
check_others(void)
{
    char why[VN_WHY_SIZE];
    bool zoned;

    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        vn_time us = -1;
        const char *wrong =
            others[i].format != NULL ? vn_read_clock_as(
                others[i].text, others[i].format, &us, &zoned, why)
                                     : vn_read_span(others[i].text, &us, why);

        ok(others[i].us < 0 ? wrong != NULL
                            : wrong == NULL && us == others[i].us,
           "'%s' as %s", others[i].text,
           others[i].format != NULL ? others[i].format : "a span");
    }
}

int
main(void)
{
    char why[VN_WHY_SIZE], text[VN_CLOCK_SIZE];
    vn_time us;
    bool zoned;

    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        ok(vn_read_clock(good[i].text, &us, &zoned, why) == NULL
               && us == good[i].us && zoned == good[i].zoned,
           "'%s' is read", good[i].text);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        ok(vn_read_clock(bad[i], &us, &zoned, why) != NULL, "'%s' is refused",
           bad[i]);
    ok(agrees_with_library(20171009, 20000),
       "20,000 moments are read and written as gmtime() does");
    is_str(vn_format_clock(text, INT64_C(1507532515250000)),
           "2017-10-09 07:01:55.250000", "a fraction is written");
    is_str(vn_format_clock(text, -1), "1969-12-31 23:59:59.999999",
           "so is a moment before 1970");
    check_pacific();
    check_others();
    setenv("TZ", "America/Los_Angeles", 1);
    tzset();
    if (access("/usr/share/zoneinfo/America/Los_Angeles", R_OK) == 0)
        ok(agrees_with_zone(2017, 20000),
           "20,000 moments are shown in Pacific time as the tz database "
           "says");
    else
        ok(true, "the tz database # SKIP not on this machine");
    return done_testing();
}
