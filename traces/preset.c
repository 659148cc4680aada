/*
 * Known workloads, as `vntrace generate --like TRACE --print-fit` prints
 * them.
 *
 * philly: 64933 jobs of Microsoft's Philly cluster, submitted from
 * 2017-10-09 on (the log is sparse before), fitted with time 0 at midnight,
 * Pacific time.  From the trace of Jeon et al., "Analysis of large-scale
 * multi-tenant GPU clusters for DNN training workloads" (ATC'19),
 * github.com/msr-fiddle/philly-traces (CC-BY-4.0), in the table that is
 * shipped with Pollux' artifact (OSDI'21).
 */
#include "config.h"

#include "traces/recipe.h"

#include "base/option.h"

struct known_kind {
    int devices;
    double share;
    double quantile[VN_QUANTILES]; /* seconds, at vn_quantile_at */
};

struct known {
    const char *name;
    struct vn_arrival arrival;
    const struct known_kind *kinds;
    int nkinds;
};

/* clang-format off */
static const struct known_kind philly[] = {
    {1, 0.929543,
     {1, 30, 57, 64, 82, 271, 700, 1203, 1810, 2418, 4180.6, 8978.3,
      21403.2, 69371.9, 143290, 262698, 653883, 2.59708e+06}},
    {2, 0.0219611,
     {2, 5, 9, 12, 15, 17, 19, 22, 25, 31, 100, 21770.5, 62403, 191640,
      293101, 461975, 1.49673e+06, 2.5828e+06}},
    {4, 0.0248564,
     {3, 36, 74.65, 129.9, 308.6, 1103, 5975.8, 15416.5, 33110.2, 75908.7,
      102612, 179750, 223746, 491835, 636699, 1.11406e+06, 2.50382e+06,
      2.75067e+06}},
    {8, 0.019882,
     {1, 34.8, 83, 193, 565, 3438, 11277, 22083, 54928, 123068, 185888,
      266785, 422526, 649421, 808431, 1.01777e+06, 1.99653e+06,
      2.01484e+06}},
    {12, 0.000107803,
     {1, 1.66, 4, 56.2, 299, 337.4, 529.2, 589, 800.2, 2171, 3786.8,
      7002.8, 26394.8, 131978, 172640, 192971, 209236, 213302}},
    {16, 0.00264888,
     {2, 15.36, 38.2, 68.1, 272.2, 609.8, 9346.4, 42154.5, 73310.8,
      120876, 176333, 246216, 337803, 741429, 1.21546e+06, 1.41929e+06,
      1.65237e+06, 1.71064e+06}},
    {24, 0.000107803,
     {1, 1.66, 4, 56.2, 299, 337.4, 529.2, 589, 800.2, 2171, 3786.8,
      7002.8, 26394.8, 131978, 172640, 192971, 209236, 213302}},
    {32, 0.000754624,
     {2, 2.96, 143.4, 407.4, 852.4, 1065.6, 1268.4, 2107, 3607.4, 15462,
      46187, 59425, 75408, 121952, 125438, 127181, 128575, 128924}},
    {64, 9.24029e-05,
     {1, 1.66, 4, 56.2, 299, 337.4, 529.2, 589, 800.2, 2171, 3786.8,
      7002.8, 26394.8, 131978, 172640, 192971, 209236, 213302}},
    {128, 4.62015e-05,
     {1, 1.66, 4, 56.2, 299, 337.4, 529.2, 589, 800.2, 2171, 3786.8,
      7002.8, 26394.8, 131978, 172640, 192971, 209236, 213302}},
};

static const struct known presets[] = {
    {"philly",
     {.rate = 0.0101102, .burst = 22.2677, .busy_s = 1498.54, .quiet_s = 34191.5,
      .hour = {0.9762, 0.7574, 1.1199, 1.1349, 0.7779, 1.1756, 1.7274,
               2.2068, 1.2507, 1.1417, 0.9311, 0.8683, 0.6795, 0.7565,
               0.5599, 0.5729, 0.9523, 0.7316, 0.8928, 0.6944, 0.9946,
               0.9251, 1.2075, 0.9649}},
     philly, sizeof philly / sizeof philly[0]},
};
/* clang-format on */

enum {
    PRESETS = sizeof presets / sizeof presets[0]
};

enum vn_status
vn_recipe_preset(const char *name, struct vn_recipe *r, struct vn_error *err)
{
    const char *names[PRESETS];
    enum vn_status status;
    int choice;

    for (int i = 0; i < PRESETS; i++)
        names[i] = presets[i].name;
    status = vn_option_choice("preset", name, names, PRESETS, &choice, err);
    if (status != VN_OK)
        return status;
    *r = (struct vn_recipe){.arrival = presets[choice].arrival,
                            .nkinds = presets[choice].nkinds};
    for (int i = 0; i < r->nkinds; i++) {
        const struct known_kind *k = &presets[choice].kinds[i];

        r->kind[i] =
            (struct vn_kind){.devices = k->devices,
                             .share = k->share,
                             .duration = vn_duration_table(k->quantile)};
    }
    return VN_OK;
}
