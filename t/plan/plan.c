/* plan/: profiles, synchronisation, pricing, costs and plans. */
#include "config.h"

#include "plan/contention.h"
#include "plan/cost.h"
#include "plan/plan.h"
#include "plan/pricing.h"
#include "plan/profile/profile.h"
#include "plan/solver.h"
#include "plan/sync.h"
#include "t/tap.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path_text[4096];

static const char *
data(const char *name)
{
    const char *top = getenv("TOP_SRCDIR");

    snprintf(path_text, sizeof path_text, "%s/t/data/plan/%s",
             top != NULL ? top : ".", name);
    return path_text;
}

static bool
near(double got, double want)
{
    if (isinf(want))
        return isinf(got) != 0;
    return fabs(got - want) <= 1e-9 * fmax(1, fabs(want));
}

static void
is_value(double got, double want, const char *what)
{
    if (!ok(near(got, want), "%s", what))
        printf("# got %.12g, want %.12g\n", got, want);
}

/* Write text to a file, to be read. */
static const char *
put(const char *name, const char *text)
{
    FILE *out = fopen(name, "w");

    fputs(text, out);
    fclose(out);
    return name;
}

static void
check_profile(void)
{
    struct vn_profile p = {0};
    struct vn_error err;
    const struct vn_profile_curve *c;

    is_int(vn_profile_read(data("nodes.csv"), &p, &err), VN_OK, "nodes");
    is_int(vn_profile_read(data("mappings.csv"), &p, &err), VN_OK, "mappings");
    is_int(vn_profile_read(data("links.csv"), &p, &err), VN_OK, "links");
    c = vn_profile_curve(&p, vn_profile_model(&p, "net"),
                         vn_profile_type(&p, "a"));
    is_value(vn_profile_node_s(c, 2), 0.15, "a profiled batch");
    is_value(vn_profile_node_s(c, 3), 0.2, "one between two");
    is_int(vn_profile_node_bytes(c, 3), 300, "and its memory");
    is_value(vn_profile_node_s(c, 5), INFINITY, "nothing beyond the last");
    ok(vn_profile_node_bytes(c, 5) == INT64_MAX, "nor of memory");
    is_int(c->parameters, 1000000, "parameters");
    is_int(vn_profile_model(&p, "nett"), -1, "a model that is not there");
    vn_profile_unknown(&p, 7, "nett", &err);
    is_str(err.text,
           "job 7: model 'nett' is not in the profile, did you mean 'net'?",
           "is asked for with the nearest name");
    vn_profile_unknown(&p, 7, "zebra", &err);
    is_str(err.text,
           "job 7: model 'zebra' is not in the profile, expected one of its 3 "
           "models",
           "or without one");
    is_value(vn_sync_s(&p, vn_profile_model(&p, "net"),
                       vn_profile_type(&p, "a"), &(struct vn_device_type){0},
                       3, false),
             0.04, "synchronisation between two measured ones");
    is_value(vn_sync_s(&p, vn_profile_model(&p, "net"),
                       vn_profile_type(&p, "b"), &(struct vn_device_type){0},
                       2, false),
             0.5, "of any model on a type");
    is_value(vn_sync_s(&p, vn_profile_model(&p, "net"),
                       vn_profile_type(&p, "b"), &(struct vn_device_type){0},
                       3, false),
             0.25, "of any model on any type");
    is_value(vn_sync_s(&p, vn_profile_model(&p, "net"),
                       vn_profile_type(&p, "b"),
                       &(struct vn_device_type){.inter_node_bytes_per_s = 1e9,
                                                .intra_node_bytes_per_s = 1e10,
                                                .latency_s = 1e-3},
                       5, true),
             2 * 4 * 1e-3 + 2 * 4.0 / 5 * 4e6 / 1e9, "a ring across nodes");
    is_value(vn_sync_s(&p, vn_profile_model(&p, "net"),
                       vn_profile_type(&p, "b"),
                       &(struct vn_device_type){.inter_node_bytes_per_s = 1e9,
                                                .intra_node_bytes_per_s = 1e10,
                                                .latency_s = 1e-3},
                       5, false),
             2 * 4.0 / 5 * 4e6 / 1e10, "and within one");
    vn_profile_free(&p);
}

/* clang-format off: a case reads as file, and what is said of it. */
static const struct {
    const char *text;
    const char *message;
} bad_profiles[] = {
    {"model,device_type,x\n",
     "p.csv: no profile, expected the columns batch and step_s, or devices "
     "and step_s, or devices and sync_s, or busy and slowdown"},
    {"model,device_type,batch,step_s\nm,a,1,1\nm,a,1,2\n",
     "batch 1 stands here a second time, expected one row for each"},
    {"model,device_type,batch,step_s\n,a,1,1\n",
     "an empty name, expected one"},
    {"model,device_type,batch,step_s\nm,a,0,1\n",
     "batch is '0', expected a whole number from 1 to 1099511627776"},
    {"model,device_type,batch,step_s,update_s\nm,a,1,1,1\nm,a,2,1,2\n",
     "update_s of 'm' is not what an earlier row says"},
    {"model,device_type,devices,step_s\nm,a,1,\n",
     "no step_s and no spread_step_s, expected one"},
    {"model,device_type,devices,step_s\nm,a,1,1\nm,a,1,1\n",
     "devices 1 stands here a second time, expected one row for each"},
    {"model,device_type,devices,sync_s\nm,a,1,-1\n",
     "sync_s is '-1', expected a number from 0 to 1000000000"},
    {"model,device_type,busy,slowdown\nm,a,1,1\n",
     "busy is '1', expected a whole number from 2 to 10000000"},
    {"model,device_type,busy,slowdown\nm,a,2,0\n",
     "slowdown is '0', expected a number from 0.1 to 1000000"},
    {"model,device_type,busy,slowdown\nm,a,2,1\nm,a,2,1\n",
     "busy 2 stands here a second time, expected one row for each"},
};

static const struct {
    const char *name;
    const char *text;
    const char *message;
} bad_imports[] = {
    {"g.json", "{\"v100\": {\"('m', 1)\": {\"null\": 1}",
     "'}' expected near "
     "end of file, expected Gavel's table of throughputs"},
    {"g.json", "[]", "g.json: no object, expected one of device types"},
    {"g.json", "{\"v100\": 3}",
     "g.json: 'v100' holds no job types, expected an object of them"},
    {"g.json", "{\"v100\": {\"m\": {}}}",
     "g.json: v100: 'm', expected ('MODEL', DEVICES)"},
    {"g.json", "{\"v100\": {\"('m', 1)\": {}}}",
     "g.json: v100: ('m', 1): no throughput \"null\", expected steps a "
     "second"},
    {"m:a=v.csv", "batch_examples\n1\n",
     "v.csv: no times, expected the column examples_per_s or step_time_s"},
    {"m=v.csv", "batch_examples,step_time_s\n1,1\n",
     "no device type, expected a column gpu or MODEL:TYPE=FILE"},
    {"m:a=v.csv", "batch_examples,step_time_s\n1,1\n1,1\n",
     "batch 1 stands here a second time, expected one row for each"},
    {":a=v.csv", "",
     "profile ':a=v.csv': an empty name, expected MODEL:TYPE=FILE"},
};
/* clang-format on */

static void
check_bad_profiles(void)
{
    for (size_t i = 0; i < sizeof bad_profiles / sizeof *bad_profiles; i++) {
        struct vn_profile p = {0};
        struct vn_error err = {0};

        vn_profile_read(put("p.csv", bad_profiles[i].text), &p, &err);
        is_str(err.text, bad_profiles[i].message, "a bad profile, %zu", i);
        vn_profile_free(&p);
    }
    for (size_t i = 0; i < sizeof bad_imports / sizeof *bad_imports; i++) {
        const char *equals = strchr(bad_imports[i].name, '=');
        struct vn_profile p = {0};
        struct vn_error err = {0};

        put(equals != NULL ? equals + 1 : bad_imports[i].name,
            bad_imports[i].text);
        vn_profile_read(bad_imports[i].name, &p, &err);
        is_str(err.text, bad_imports[i].message, "a bad import, %zu", i);
        vn_profile_free(&p);
    }
    unlink("p.csv");
    unlink("v.csv");
    unlink("g.json");
}

static void
check_imports(void)
{
    struct vn_profile p = {0};
    const struct vn_profile_curve *c;
    struct vn_error err;

    put("g.json", "{\"v100\": {\"('m', 2)\": {\"null\": 4, \"('x', 1)\": [1, "
                  "2]}, \"('m', 4)\": {\"null\": 0}}, "
                  "\"v100_unconsolidated\": {\"('m', 2)\": {\"null\": 2}}}");
    is_int(vn_profile_read("g.json", &p, &err), VN_OK, "Gavel's throughputs");
    c = vn_profile_curve(&p, 0, 0);
    is_str(p.models[0], "m", "a job type is a model");
    is_int(c->nmappings, 1, "what does not run is left out");
    is_value(c->mappings[0].step_s, 0.25, "consolidated");
    is_value(c->mappings[0].spread_step_s, 0.5, "and not");
    vn_profile_free(&p);
    put("v.csv", "gpu,batch_examples,examples_per_s,step_time_s\n"
                 "a,2,8,0.2\nb,4,,0.5\na,unknown,3,\n");
    is_int(vn_profile_read("m=v.csv", &p, &err), VN_OK,
           "VirtualFlow's profile of several types");
    is_value(vn_profile_node_s(vn_profile_curve(&p, 0, 0), 2), 0.25,
             "examples a second are exact");
    is_value(vn_profile_node_s(vn_profile_curve(&p, 0, 1), 4), 0.5,
             "step times else");
    vn_profile_free(&p);
    unlink("v.csv");
    unlink("g.json");
}

static void
check_contention(void)
{
    struct vn_profile p = {0};
    struct vn_cluster c;
    struct vn_error err;
    struct vn_pricing_config config = {.cluster = &c, .profile = &p};
    struct vn_pricing *pricing;
    struct vn_job job = {.vnodes = 8, .global_batch = 16, .model = 0};
    int net, a;

    vn_profile_read(data("nodes.csv"), &p, &err);
    ok(!vn_contention_is_known(&p), "no contention where none is given");
    put("k.csv", "model,device_type,busy,slowdown\nnet,a,4,2\nnet,a,2,1.2\n"
                 "*,*,3,5\n");
    is_int(vn_profile_read("k.csv", &p, &err), VN_OK, "crowds");
    ok(vn_contention_is_known(&p), "are known");
    net = vn_profile_model(&p, "net");
    a = vn_profile_type(&p, "a");
    is_value(vn_contention(&p, net, a, 1), 1, "alone");
    is_value(vn_contention(&p, net, a, 2), 1.2, "beside another");
    is_value(vn_contention(&p, net, a, 3), 1.6, "between two");
    is_value(vn_contention(&p, net, a, 9), 2, "beyond the last");
    is_value(vn_contention(&p, net, vn_profile_type(&p, "b"), 2), 3,
             "of any model, between alone and the first");
    is_value(vn_contention(&p, -1, -1, 3), 5, "of what was not profiled");
    vn_cluster_read("a:4", &c, &err);
    is_int(vn_pricing_alloc(&config, &pricing, &err), VN_OK, "prices");
    is_value(vn_pricing_step_s(pricing, &job, net, (int[]){1}, false),
             8 * 0.15 + 0.01, "one device is not slowed down");
    is_value(vn_pricing_step_s(pricing, &job, net, (int[]){4}, false),
             2 * (2 * 0.15 + 0.01), "four are");
    vn_pricing_free(pricing);
    vn_cluster_free(&c);
    vn_profile_free(&p);
    unlink("k.csv");
}

static void
check_pricing(void)
{
    struct vn_profile p = {0};
    struct vn_cluster c;
    struct vn_error err;
    struct vn_pricing_config config = {.cluster = &c, .profile = &p};
    struct vn_pricing *pricing;
    struct vn_job job = {.vnodes = 8, .global_batch = 16, .model = 0};
    int net, whole, limited;

    vn_profile_read(data("nodes.csv"), &p, &err);
    vn_profile_read(data("mappings.csv"), &p, &err);
    vn_profile_read(data("links.csv"), &p, &err);
    net = vn_profile_model(&p, "net");
    whole = vn_profile_model(&p, "whole");
    put("c.csv", "device_type,nodes,devices_per_node,memory_bytes\n"
                 "a,2,4,250\nb,1,4,\nc,1,1,\n");
    vn_cluster_read("c.csv", &c, &err);
    is_int(vn_pricing_alloc(&config, &pricing, &err), VN_OK, "prices");
    is_value(vn_pricing_step_s(pricing, &job, net, (int[]){1, 0, 0}, false),
             8 * 0.15 + 0.01, "all virtual nodes on one device");
    is_value(vn_pricing_step_s(pricing, &job, net, (int[]){4, 0, 0}, false),
             2 * 0.15 + 0.01 + 0.06, "on four");
    is_value(vn_pricing_step_s(pricing, &job, net, (int[]){3, 0, 0}, false),
             3 * 0.15 + 0.01 + 0.04, "that do not go up");
    is_value(vn_pricing_step_s(pricing, &job, net, (int[]){0, 0, 0}, false),
             INFINITY, "on none");
    is_value(vn_pricing_step_s(pricing, &job, net, (int[]){0, 0, 1}, false),
             INFINITY, "on a type that was not profiled");
    is_value(vn_pricing_step_s(pricing, &job, net, (int[]){2, 2, 0}, false),
             4 * 0.15 + 0.01 + 0.02, "on two types: the slower is left out");
    limited = 4;
    job.vnodes = 4;
    is_value(
        vn_pricing_step_s(pricing, &job, net, (int[]){limited, 0, 0}, false),
        INFINITY, "a node beyond the memory");
    job.vnodes = 2;
    is_value(vn_pricing_step_s(pricing, &job, net, (int[]){0, 1, 0}, false),
             INFINITY, "or the profile");
    job.vnodes = 8;
    job.global_batch = 8;
    is_value(vn_pricing_step_s(pricing, &job, net, (int[]){0, 4, 0}, false),
             2 * 0.2 + 0.02, "links that end before");
    is_value(vn_pricing_step_s(pricing, &job, whole, (int[]){2, 0, 0}, false),
             0.6, "a measured mapping");
    job.global_batch = 16;
    is_value(vn_pricing_step_s(pricing, &job, whole, (int[]){2, 0, 0}, false),
             0.9, "that of its batch before that of any");
    job.global_batch = 8;
    is_value(vn_pricing_step_s(pricing, &job, whole, (int[]){2, 0, 0}, true),
             0.7, "and spread");
    is_value(vn_pricing_step_s(pricing, &job, whole, (int[]){4, 0, 0}, false),
             0.5, "known only spread");
    is_value(vn_pricing_step_s(pricing, &job, whole, (int[]){3, 0, 0}, false),
             INFINITY, "a number that was not measured");
    vn_pricing_free(pricing);
    vn_cluster_free(&c);
    vn_profile_free(&p);
    unlink("c.csv");
}

static void
check_scaling(void)
{
    struct vn_cluster c;
    struct vn_error err;
    struct vn_pricing_config config = {.cluster = &c};
    struct vn_pricing *pricing;
    struct vn_job job = {.devices = 4, .model = -1};

    vn_cluster_read("a:8", &c, &err);
    config.scaling = "linear";
    vn_pricing_alloc(&config, &pricing, &err);
    is_value(vn_pricing_speed(pricing, &job, 2), 0.5, "linear");
    vn_pricing_free(pricing);
    config.scaling = "amdahl:0.5";
    vn_pricing_alloc(&config, &pricing, &err);
    is_value(vn_pricing_speed(pricing, &job, 4), 1, "Amdahl on its own");
    is_value(vn_pricing_speed(pricing, &job, 1), 0.625, "and on one");
    vn_pricing_free(pricing);
    put("s.csv", "devices,speedup\n1,1\n2,1.8\n4,3\n");
    config.scaling = "curve:s.csv";
    is_int(vn_pricing_alloc(&config, &pricing, &err), VN_OK, "a curve");
    is_value(vn_pricing_speed(pricing, &job, 3), 2.4 / 3,
             "between two points");
    is_value(vn_pricing_speed(pricing, &job, 8), 1, "flat beyond the last");
    vn_pricing_free(pricing);
    put("s.csv", "devices,speedup\n2,1\n1,1.8\n");
    vn_pricing_alloc(&config, &pricing, &err);
    is_str(err.text,
           "devices is '1', expected a whole number from 3 to 10000000",
           "a curve must rise");
    put("s.csv", "devices,speedup\n");
    vn_pricing_alloc(&config, &pricing, &err);
    is_str(err.text, "s.csv: no rows, expected devices and speedup",
           "and not be empty");
    config.scaling = "amdahl:2";
    vn_pricing_alloc(&config, &pricing, &err);
    is_str(err.text,
           "scaling: 'amdahl:2', expected the serial part, a number of at "
           "most 1",
           "a part is a part");
    config.scaling = "magic";
    vn_pricing_alloc(&config, &pricing, &err);
    is_str(err.text,
           "scaling: 'magic', expected linear, amdahl:F or curve:FILE",
           "and no other words");
    vn_cluster_free(&c);
    unlink("s.csv");
}

/* The mean and standard deviation of many draws. */
static void
moments(const struct vn_costs *costs, int row, enum vn_cost_kind kind,
        double *mean, double *sd)
{
    double sum = 0, squares = 0;
    int n = 20000;

    for (int i = 0; i < n; i++) {
        double x = (double) vn_costs_draw(costs, row, kind, 1, i, 0) * 1e-6;

        sum += x;
        squares += x * x;
    }
    *mean = sum / n;
    *sd = sqrt(squares / n - *mean * *mean);
}

static void
check_costs(void)
{
    struct vn_costs *costs;
    struct vn_error err;
    double mean, sd;

    is_int(vn_costs_read(data("costs.csv"), &costs, &err), VN_OK, "costs");
    is_int(vn_costs_row(costs, "net"), 1, "a model's row");
    is_int(vn_costs_row(costs, "other"), 0, "any other's");
    is_int(vn_costs_row(costs, NULL), 0, "a recorded job's");
    is_int(vn_costs_draw(costs, 1, VN_COST_START, 1, 2, 3), 72 * VN_SECOND,
           "a constant");
    is_int(vn_costs_checkpoint(costs, 1), 600 * VN_SECOND, "checkpoints");
    is_int(vn_costs_checkpoint(costs, 0), 0, "or none");
    moments(costs, 1, VN_COST_GROW, &mean, &sd);
    ok(fabs(mean - 90) < 0.5 && fabs(sd - 12) < 0.3, "normal (%g, %g)", mean,
       sd);
    moments(costs, 0, VN_COST_GROW, &mean, &sd);
    ok(fabs(mean - 115.5) < 1.5 && fabs(sd - 141 / sqrt(12)) < 1,
       "uniform (%g, %g)", mean, sd);
    moments(costs, 0, VN_COST_SHRINK, &mean, &sd);
    ok(fabs(mean - 1) < 0.05 && fabs(sd - 1) < 0.05, "exponential (%g, %g)",
       mean, sd);
    moments(costs, 0, VN_COST_RELEASE, &mean, &sd);
    ok(fabs(mean - 5 * exp(0.125)) < 0.1, "lognormal (%g, %g)", mean, sd);
    is_int(vn_costs_mean(costs, 0, VN_COST_GROW), 115500000, "a mean");
    ok(vn_costs_draw(costs, 1, VN_COST_GROW, 1, 2, 3)
           == vn_costs_draw(costs, 1, VN_COST_GROW, 1, 2, 3),
       "the same draw, the same cost");
    ok(vn_costs_draw(costs, 1, VN_COST_GROW, 1, 2, 3)
           != vn_costs_draw(costs, 1, VN_COST_GROW, 1, 2, 4),
       "another, another");
    vn_costs_set(costs, 2, VN_COST_GROW, 4, 17);
    vn_costs_set(costs, 1, VN_COST_GROW, 4, 18);
    vn_costs_set(costs, 2, VN_COST_GROW, 4, 19);
    is_int(vn_costs_draw(costs, 1, VN_COST_GROW, 1, 2, 4), 19,
           "one that was "
           "said");
    vn_costs_alias(costs, "mine", "net");
    is_int(vn_costs_draw(costs, vn_costs_row(costs, "mine"), VN_COST_START, 0,
                         0, 0),
           72 * VN_SECOND, "as another model");
    vn_costs_free(costs);
    is_int(vn_costs_read(NULL, &costs, &err), VN_OK, "none");
    ok(vn_costs_are_none(costs), "are none");
    vn_costs_free(costs);
    is_int(
        vn_costs_read("start=60,grow=uniform:1:2,checkpoint=5", &costs, &err),
        VN_OK, "inline");
    is_int(vn_costs_checkpoint(costs, 0), 5 * VN_SECOND, "checkpoints");
    vn_costs_free(costs);
    is_int(vn_costs_read("start=lognormal:2m:0.5,grow=normal:1m:5s,"
                         "checkpoint=1.5h",
                         &costs, &err),
           VN_OK, "times have units");
    is_int(vn_costs_checkpoint(costs, 0), 5400 * VN_SECOND, "of their own");
    vn_costs_free(costs);
}

/* clang-format off: a case reads as words or file, and what is said of it. */
static const struct {
    const char *words; /* NULL: the file k.csv with this text */
    const char *text;
    const char *message;
} bad_costs[] = {
    {"start=", NULL,
     "costs: start is '', expected a time (90, 30s, 1.5h), or normal:MEAN:SD, "
     "uniform:LOW:HIGH, exponential:MEAN or lognormal:MEDIAN:SIGMA"},
    {"strat=1", NULL, "--costs: unknown 'strat', did you mean 'start'?"},
    {"start=uniform:2:1", NULL,
     "costs: start is 'uniform:2:1', expected a time (90, 30s, 1.5h), or "
     "normal:MEAN:SD, "
     "uniform:LOW:HIGH, exponential:MEAN or lognormal:MEDIAN:SIGMA"},
    {"checkpoint=normal:1:1", NULL,
     "costs: checkpoint is 'normal:1:1', expected a time (90, 30s, 1.5h)"},
    {"start=1,grow", NULL, "costs: 'grow' has no value, expected start=60"},
    {NULL, "model,start_s\nm,1\nm,2\n",
     "'m' stands here a second time, expected one row for a model"},
    {NULL, "model,start_s\nm,gamma:1:1\n",
     "'gamma:1:1', expected a time (90, 30s, 1.5h), or normal:MEAN:SD, "
     "uniform:LOW:HIGH, "
     "exponential:MEAN or lognormal:MEDIAN:SIGMA"},
    {NULL, "model,checkpoint_s\nm,normal:1:1\n",
     "'normal:1:1', expected a time (90, 30s, 1.5h)"},
};
/* clang-format on */

static void
check_bad_costs(void)
{
    for (size_t i = 0; i < sizeof bad_costs / sizeof *bad_costs; i++) {
        struct vn_costs *costs;
        struct vn_error err = {0};

        vn_costs_read(bad_costs[i].words != NULL
                          ? bad_costs[i].words
                          : put("k.csv", bad_costs[i].text),
                      &costs, &err);
        is_str(err.text, bad_costs[i].message, "bad costs, %zu", i);
        vn_costs_free(costs);
    }
    unlink("k.csv");
}

/* Of shares that come back to a device, and of two types. */
static void
check_devices(void)
{
    struct vn_share shares[] = {{.type = 0, .device = 3},
                                {.type = 1, .device = 3},
                                {.type = 0, .device = 1},
                                {.type = 0, .device = 3}};
    struct vn_mapping m = {.shares = shares, .nshares = 4};

    is_int(vn_mapping_devices(&m, 0), 2, "each device counts once");
    is_int(vn_mapping_devices(&m, 1), 1, "with its type");
    is_int(vn_mapping_devices(&m, 2), 0, "and none of another");
}

static void
check_plan(void)
{
    struct vn_plan plan, again;
    struct vn_error err;
    struct vn_move *moves;
    int nmoves, nnew, *new;

    is_int(vn_plan_read(data("plan.csv"), &plan, &err), VN_OK, "a plan");
    is_int(plan.nmappings, 4, "its mappings");
    is_int(plan.mappings[0].job, 3, "by job");
    is_int(plan.mappings[2].from_step, 400, "and step");
    is_int(vn_mapping_batch(&plan.mappings[1]), 512, "a global batch");
    is_int(vn_mapping_vnodes(&plan.mappings[1]), 16, "virtual nodes");
    check_devices();
    is_int(vn_plan_write(&plan, "out.csv", &err), VN_OK, "written");
    is_int(vn_plan_read("out.csv", &again, &err), VN_OK, "and read again");
    is_int(again.nmappings, plan.nmappings, "it is the same");
    vn_plan_free(&again);
    vn_mapping_diff(&plan.mappings[1], &plan.mappings[2], &moves, &nmoves,
                    &new, &nnew);
    ok(nmoves == 1 && moves[0].vnode_first == 8 && moves[0].vnode_count == 8
           && moves[0].from == 1 && moves[0].to == 0 && nnew == 0,
       "a shrink moves half of the nodes, and no state");
    free(moves);
    free(new);
    vn_mapping_diff(&plan.mappings[2], &plan.mappings[3], &moves, &nmoves,
                    &new, &nnew);
    ok(nmoves == 2 && nnew == 2, "another mapping: all nodes, two newcomers");
    free(moves);
    free(new);
    vn_plan_free(&plan);
    unlink("out.csv");
}

#define HEAD \
    "job_id,from_step,device_type,device,vnode_first,vnode_count,batch\n"
/* clang-format off: a case reads as rows, and what is said of them. */
static const struct {
    const char *text;
    const char *message;
} bad_plans[] = {
    {HEAD, "l.csv: no rows, expected a mapping of virtual nodes"},
    {HEAD "1,0,a,0,0,2,4\n1,0,a,1,1,2,4\n",
     "job 1, step 0: virtual node 1 is there twice, expected each once"},
    {HEAD "1,0,a,0,0,2,4\n1,0,a,1,3,2,4\n",
     "job 1, step 0: virtual node 2 is there not at all, expected each once"},
    {HEAD "1,5,a,0,0,2,4\n",
     "l.csv: job 1 begins at step 5, expected a mapping from step 0"},
    {HEAD "1,0,a,0,0,2,4\n1,9,a,0,0,2,5\n",
     "l.csv: job 1, step 9: a global batch of 10, expected 8, as before"},
    {HEAD "1,0,,0,0,2,4\n", "no device type, expected a name"},
    {HEAD "1,0,a,0,0,0,4\n",
     "vnode_count is '0', expected a whole number from 1 to 1048576"},
};
/* clang-format on */

static void
check_bad_plans(void)
{
    for (size_t i = 0; i < sizeof bad_plans / sizeof *bad_plans; i++) {
        struct vn_plan plan;
        struct vn_error err = {0};

        vn_plan_read(put("l.csv", bad_plans[i].text), &plan, &err);
        is_str(err.text, bad_plans[i].message, "a bad plan, %zu", i);
    }
    unlink("l.csv");
}

int
main(void)
{
    char folder[] = "/tmp/vn-plan-XXXXXX", *top;

    /* Files are made in a folder of its own; data keeps its place. */
    top = realpath(getenv("TOP_SRCDIR") != NULL ? getenv("TOP_SRCDIR") : ".",
                   NULL);
    setenv("TOP_SRCDIR", top, 1);
    free(top);
    if (mkdtemp(folder) == NULL || chdir(folder) != 0)
        return 1;
    check_profile();
    check_bad_profiles();
    check_imports();
    check_contention();
    check_pricing();
    check_scaling();
    check_costs();
    check_bad_costs();
    check_plan();
    check_bad_plans();
    if (chdir("/") == 0)
        rmdir(folder);
    return done_testing();
}
