/* Calendar times, against the C library's. */
#include "config.h"

#include "base/rng.h"
#include "t/tap.h"
#include "traces/import/clock.h"

#include <string.h>
#include <time.h>

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
    return done_testing();
}
