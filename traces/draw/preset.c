/*
 * Known workloads: a fit to a log, as `vntrace generate --like TRACE
 * --print-fit` prints it, or what was published of one.
 *
 * philly: 64933 jobs of Microsoft's Philly cluster, submitted from
 * 2017-10-09 on (the log is sparse before), fitted with time 0 at midnight,
 * Pacific time.  From the trace of Jeon et al., "Analysis of large-scale
 * multi-tenant GPU clusters for DNN training workloads" (ATC'19),
 * github.com/msr-fiddle/philly-traces (CC-BY-4.0), in the table that is
 * shipped with Pollux' artifact (OSDI'21).
 *
 * helios: not a fit, but numbers of Hu et al., "Characterization and
 * prediction of deep learning workloads in large-scale GPU datacenters"
 * (SC'21), of GPU jobs of SenseTime's four clusters, April to September 2020:
 * 1,580,464 jobs in 183 days, a median duration of 206 s and a mean of 6,652
 * s, none above 50 days, 3.72 GPUs on the average and 2,048 at most.  Assumed
 * is the rest: durations are log-normal, whatever the size; sizes are powers
 * of two, each in a fixed ratio to the one before, by which 56 % of jobs have
 * one GPU and those of 8 and more have 60 % of GPU time (published: more than
 * half, about 60 %); arrivals are Poisson's.
 *
 * pai: likewise of Weng et al., "MLaaS in the wild" (NSDI'22), of Alibaba's
 * PAI, July and August 2020: 1.2 million tasks of 7.5 million instances in
 * 62 days, run times with a median of 23 minutes and a 90th percentile of 4.5
 * hours.  Assumed is the rest, as above; a task is a job, each of its
 * instances has a whole GPU, where PAI's share them, and none has more than
 * 1,024.  So 40 % of instances are in gangs of more than 100, twice what was
 * published: the tail of large tasks is too heavy.
 */
#include "config.h"

#include "traces/draw/recipe.h"

#include "base/option.h"

#include <stdlib.h>

struct known_part {
    const char *value;
    double share;
};

struct known_class {
    int least; /* devices */
    int nknots;
    const struct vn_knot *knots; /* or NULL, and a family */
    const char *family;          /* as of vn_duration_read() */
    double longest;              /* seconds; 0: any */
};

/* Lists end with an entry of zeros. */
struct known {
    const char *name;
    struct vn_arrival arrival;
    const struct known_part *devices;
    const struct known_part *vcs;
    const struct known_class *classes;
};

/* clang-format off */
static const struct known_part philly_devices[] = {
    {"1", 0.929543}, {"2", 0.0219611}, {"4", 0.0248564}, {"8", 0.019882},
    {"12", 0.000107803}, {"16", 0.00264888}, {"24", 0.000107803},
    {"32", 0.000754624}, {"64", 9.24029e-05}, {"128", 4.62015e-05}, {NULL, 0},
};

static const struct known_part philly_vcs[] = {
    {"11cb48", 0.207106}, {"ee9e8c", 0.0203286}, {"6214e9", 0.433539},
    {"6c71a0", 0.145026}, {"103959", 0.0261654}, {"2869ce", 0.00460475},
    {"b436b2", 0.112223}, {"7f04ca", 0.00981011}, {"ed69ec", 0.0164477},
    {"e13805", 0.00477415}, {"0e4a51", 0.0198204}, {"795a4c", 4.62015e-05},
    {"51b7ef", 6.1602e-05}, {"925e2b", 4.62015e-05}, {NULL, 0},
};

static const struct vn_knot philly_1[] = {
    {0, 0.5}, {0.00435733, 18.5}, {0.0132045, 35.5}, {0.0285795, 48.5},
    {0.0422314, 54.5}, {0.0645151, 59.5}, {0.0930614, 63.5}, {0.145449, 69.5},
    {0.166109, 72.5}, {0.185029, 76.5}, {0.198648, 81.5}, {0.222224, 104.5},
    {0.254929, 166.5}, {0.283276, 217.5}, {0.307234, 300.5},
    {0.325408, 343.5}, {0.347013, 474.5}, {0.370026, 580.5},
    {0.428609, 839.5}, {0.449634, 917.5}, {0.493323, 1168.5},
    {0.539547, 1449.5}, {0.574174, 1607.5}, {0.602522, 1825.5},
    {0.623828, 1933.5}, {0.666937, 2129.5}, {0.706501, 2479.5},
    {0.75198, 2840.5}, {0.764522, 3333.5}, {0.779863, 3587.5},
    {0.787849, 3908.5}, {0.800954, 4204.5}, {0.815749, 4951.5},
    {0.834305, 5381.5}, {0.852132, 5739.5}, {0.869181, 6005.5},
    {0.877266, 6265.5}, {0.886693, 7938.5}, {0.900013, 8979.5},
    {0.908662, 9565.5}, {0.921684, 12457.5}, {0.940439, 16211.5},
    {0.950015, 21410.5}, {0.980003, 69374.5}, {0.99001, 143326},
    {0.995013, 262814}, {0.999006, 658688}, {1, 2.59708e+06},
};

static const struct vn_knot philly_2[] = {
    {0, 1.5}, {0.00911641, 4.5}, {0.0287518, 7.5}, {0.0932679, 11.5},
    {0.121318, 12.5}, {0.217391, 15.5}, {0.308555, 17.5}, {0.535063, 22.5},
    {0.636045, 26.5}, {0.704067, 31.5}, {0.751753, 38.5}, {0.771388, 50.5},
    {0.782609, 90.5}, {0.831697, 117.5}, {0.851332, 183.5},
    {0.875877, 1541.5}, {0.880084, 8797.5}, {0.900421, 21840.5},
    {0.923562, 28327.5}, {0.95021, 62497.5}, {0.980365, 192162},
    {0.990182, 295094}, {0.995091, 463054}, {0.999299, 1.52115e+06},
    {1, 2.5828e+06},
};

static const struct vn_knot philly_4[] = {
    {0, 2.5}, {0.00433705, 23.5}, {0.0216853, 49.5}, {0.0879802, 119.5},
    {0.11834, 148.5}, {0.144362, 161.5}, {0.186493, 208.5}, {0.198265, 303.5},
    {0.236679, 563.5}, {0.282528, 839.5}, {0.317224, 1355.5},
    {0.355638, 2747.5}, {0.364312, 4274.5}, {0.387237, 4744.5},
    {0.398389, 5912.5}, {0.418216, 6813.5}, {0.449195, 12218.5},
    {0.490087, 14416.5}, {0.535316, 19280.5}, {0.570632, 28053.5},
    {0.6171, 36384.5}, {0.669765, 64217.5}, {0.705081, 79588.5},
    {0.729864, 86347.5}, {0.776952, 93102.5}, {0.806072, 104514},
    {0.844486, 129098}, {0.872367, 165402}, {0.884758, 175990},
    {0.900248, 179764}, {0.934325, 192662}, {0.950434, 224850},
    {0.980173, 496134}, {0.990087, 637926}, {0.995043, 1.11703e+06},
    {0.99938, 2.64157e+06}, {1, 2.75067e+06},
};

static const struct vn_knot philly_8[] = {
    {0, 0.5}, {0.00774593, 29.5}, {0.020914, 67.5}, {0.0526723, 84.5},
    {0.0619675, 142.5}, {0.125484, 232.5}, {0.166538, 461.5},
    {0.213013, 618.5}, {0.292022, 3157.5}, {0.333075, 4760.5},
    {0.353215, 7008.5}, {0.377227, 7971.5}, {0.395043, 11096.5},
    {0.411309, 12651.5}, {0.454686, 15282.5}, {0.483346, 20337.5},
    {0.515879, 23501.5}, {0.527498, 23797.5}, {0.546088, 27320.5},
    {0.570875, 35462.5}, {0.585593, 49883.5}, {0.615027, 59229.5},
    {0.652208, 92495.5}, {0.763749, 171030}, {0.800155, 185888},
    {0.900077, 266786}, {0.950426, 423032}, {0.980635, 661300},
    {0.990705, 820802}, {0.995352, 1.05077e+06}, {0.999225, 2.01073e+06},
    {1, 2.01484e+06},
};

static const struct vn_knot philly_12[] = {
    {0, 1.5}, {0.027933, 33.5}, {0.0893855, 51.5}, {0.134078, 116.5},
    {0.162011, 126.5}, {0.184358, 258.5}, {0.22905, 296.5}, {0.329609, 682.5},
    {0.396648, 6351.5}, {0.469274, 15047.5}, {0.52514, 52547.5},
    {0.681564, 99438.5}, {0.743017, 155234}, {0.793296, 163600},
    {0.798883, 174748}, {0.865922, 198334}, {0.905028, 246826},
    {0.955307, 340882}, {0.98324, 891298}, {0.994413, 1.36988e+06},
    {1, 1.71064e+06},
};

static const struct vn_knot philly_24[] = {
    {0, 0.5}, {0.0923077, 9.5}, {0.0923077, 264.5}, {0.215385, 422.5},
    {0.246154, 811.5}, {0.307692, 829.5}, {0.369231, 930.5},
    {0.384615, 1178.5}, {0.430769, 1183.5}, {0.507692, 1374.5},
    {0.538462, 2478.5}, {0.584615, 3070.5}, {0.630769, 3173.5},
    {0.676923, 4619.5}, {0.769231, 39480.5}, {0.861538, 48544.5},
    {0.861538, 54697.5}, {0.907692, 56414.5}, {0.907692, 71468.5},
    {0.953846, 78004.5}, {0.984615, 128924}, {1, 213302},
};

static const struct known_class philly_classes[] = {
    {1, sizeof philly_1 / sizeof philly_1[0], philly_1, NULL, 0},
    {2, sizeof philly_2 / sizeof philly_2[0], philly_2, NULL, 0},
    {4, sizeof philly_4 / sizeof philly_4[0], philly_4, NULL, 0},
    {8, sizeof philly_8 / sizeof philly_8[0], philly_8, NULL, 0},
    {12, sizeof philly_12 / sizeof philly_12[0], philly_12, NULL, 0},
    {24, sizeof philly_24 / sizeof philly_24[0], philly_24, NULL, 0},
    {0, 0, NULL, NULL, 0},
};

static const struct known_part helios_devices[] = {
    {"1", 0.557853}, {"2", 0.24667}, {"4", 0.109072}, {"8", 0.0482293},
    {"16", 0.0213259}, {"32", 0.00942986}, {"64", 0.00416968},
    {"128", 0.00184374}, {"256", 0.00081526}, {"512", 0.00036049},
    {"1024", 0.000159401}, {"2048", 7.04835e-05}, {NULL, 0},
};

/* Of sigma 2.7033 and nothing above 50 days the mean is 6,652 s. */
static const struct known_class helios_classes[] = {
    {1, 0, NULL, "lognormal:206:2.70331", 50 * 86400.0},
    {0, 0, NULL, NULL, 0},
};

static const struct known_part pai_devices[] = {
    {"1", 0.48467}, {"2", 0.249926}, {"4", 0.128877}, {"8", 0.0664573},
    {"16", 0.0342695}, {"32", 0.0176715}, {"64", 0.00911253},
    {"128", 0.00469899}, {"256", 0.00242309}, {"512", 0.0012495},
    {"1024", 0.000644319}, {NULL, 0},
};

/* 1.28155 sigma above the logarithm of 23 minutes is that of 4.5 hours. */
static const struct known_class pai_classes[] = {
    {1, 0, NULL, "lognormal:23m:1.92183", 0},
    {0, 0, NULL, NULL, 0},
};

static const struct known_part no_vcs[] = {{NULL, 0}};

#define EVEN {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, \
              1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}

static const struct known presets[] = {
    {"philly",
     {.rate = 0.0101102,
      .burst = {{.ratio = 4.26214, .busy_s = 165600, .quiet_s = 374400},
                {.ratio = 21.7509, .busy_s = 363.462, .quiet_s = 3326.49}},
      .hour = {0.9762, 0.7574, 1.1199, 1.1349, 0.7779, 1.1756, 1.7273,
               2.2068, 1.2507, 1.1417, 0.9311, 0.8683, 0.6795, 0.7565, 0.5599,
               0.5729, 0.9523, 0.7316, 0.8928, 0.6944, 0.9946, 0.9251, 1.2075, 0.9649}},
     philly_devices, philly_vcs, philly_classes},
    {"helios", {.rate = 0.0999585, .hour = EVEN},
     helios_devices, no_vcs, helios_classes},
    {"pai", {.rate = 0.224014, .hour = EVEN},
     pai_devices, no_vcs, pai_classes},
};
/* clang-format on */

enum {
    PRESETS = sizeof presets / sizeof presets[0]
};

enum vn_status
vn_recipe_preset(const char *name, struct vn_recipe *w, struct vn_error *err)
{
    const char *names[PRESETS];
    const struct known *known;
    enum vn_status status;
    int choice;

    for (int i = 0; i < PRESETS; i++)
        names[i] = presets[i].name;
    status = vn_option_choice("preset", name, names, PRESETS, &choice, err);
    if (status != VN_OK)
        return status;
    known = &presets[choice];
    *w = (struct vn_recipe){.arrival = known->arrival};
    for (const struct known_part *d = known->devices; d->value != NULL; d++)
        vn_weighted_add(&w->devices, strtod(d->value, NULL), d->share);
    for (const struct known_part *v = known->vcs; v->value != NULL; v++)
        vn_weighted_add(&w->vc, vn_names_add(&w->names.vcs, v->value),
                        v->share);
    vn_weighted_settle(&w->devices);
    vn_weighted_settle(&w->vc);
    for (const struct known_class *c = known->classes;
         c->least > 0 && status == VN_OK; c++) {
        struct vn_class *to = &w->class[w->nclasses++];

        to->least = c->least;
        if (c->knots != NULL)
            to->duration = vn_duration_table(c->knots, c->nknots);
        else
            status = vn_duration_read(c->family, &to->duration, err);
        if (c->longest > 0)
            vn_duration_cut(&to->duration, c->longest);
    }
    return status;
}
