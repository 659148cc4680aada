/* The policy that grants again what was granted: by steps, and by waits. */
#include "config.h"

#include "plan/pricing.h"
#include "replay/live/forced.h"
#include "t/tap.h"

#include <stdio.h>
#include <unistd.h>

enum {
    STEPS = 100
};

static struct vn_job job = {.id = 7,
                            .submit = 2 * VN_SECOND,
                            .device_type = -1,
                            .vnodes = 2,
                            .global_batch = 2,
                            .steps = STEPS,
                            .devices = 2,
                            .min_devices = 1,
                            .max_devices = 2};

static enum vn_status
next_job(void *arg, struct vn_job *next, bool *more, struct vn_error *err)
{
    int *given = arg;

    (void) err;
    *next = job;
    *more = (*given)++ == 0;
    return VN_OK;
}

static const char *
model_of(void *arg, int number)
{
    (void) arg, (void) number;
    return "net";
}

static void
on_ended(void *arg, const struct vn_record *record)
{
    *(struct vn_record *) arg = *record;
}

/* A profile of one model: a virtual node takes so many seconds. */
static void
write_profile(const char *path, double node_s)
{
    FILE *f = fopen(path, "w");

    fprintf(f, "model,device_type,batch,step_s\nnet,x,1,%g\n", node_s);
    fclose(f);
}

static void
write_slow(const char *path, double slowdown)
{
    FILE *f = fopen(path, "w");

    fprintf(f,
            "device_type,device,from_s,to_s,slowdown\n"
            "x,0,0,1000,%g\nx,1,0,1000,%g\n",
            slowdown, slowdown);
    fclose(f);
}

/* The job's finish, in seconds; the devices are `slowdown` times as slow as
 * the profile has them. */
static double
finish_on(const struct vn_live_grant *grants, int n, double node_s,
          double slowdown)
{
    const struct vn_fault_config faults = {.slow = "forced-slow.csv"};
    struct vn_forced forced = {grants, n};
    double value = vn_forced_value(&forced);
    struct vn_profile profile = {0};
    struct vn_cluster cluster;
    struct vn_pricing_config pricing = {.cluster = &cluster,
                                        .profile = &profile};
    struct vn_record record = {.finish = -1};
    int given = 0;
    struct vn_engine_config config = {
        .cluster = &cluster,
        .source = {.arg = &given, .next = next_job, .model = model_of},
        .policy = &vn_policy_forced,
        .options = &value,
        .profile = &profile,
        .observer = {.arg = &record, .ended = on_ended}};
    struct vn_engine *engine = NULL;
    struct vn_error err;

    write_profile("forced.csv", node_s);
    vn_profile_read("forced.csv", &profile, &err);
    unlink("forced.csv");
    vn_cluster_read("x:2", &cluster, &err);
    vn_pricing_alloc(&pricing, &config.pricing, &err);
    if (slowdown != 1) {
        write_slow(faults.slow, slowdown);
        config.faults = &faults;
    }
    is_int(vn_engine_alloc(&config, &engine, &err), VN_OK, "an engine");
    is_int(vn_engine_run(engine, &err), VN_OK, "runs");
    unlink(faults.slow);
    vn_engine_free(engine);
    vn_pricing_free(config.pricing);
    vn_cluster_free(&cluster);
    vn_profile_free(&profile);
    return (double) record.finish * 1e-6;
}

static double
finish_of(const struct vn_live_grant *grants, int n, double node_s)
{
    return finish_on(grants, n, node_s, 1);
}

int
main(void)
{
    /* Measured at 0.1 s a node: from 3 s on one device, 40 steps of 0.2 s;
     * from 11 s on two, 30 steps of 0.1 s; nothing from 14 s to 16 s; the
     * last 30 steps on two, to 19 s. */
    static const struct vn_live_grant grants[] = {
        {.time = 3 * VN_SECOND, .job = 7, .devices = 1, .left = 100},
        {.time = 11 * VN_SECOND, .job = 7, .devices = 2, .left = 60},
        {.time = 14 * VN_SECOND, .job = 7, .devices = 0, .left = 30},
        {.time = 16 * VN_SECOND, .job = 7, .devices = 2, .left = 30}};

    is_near(finish_of(grants, 4, 0.1), 19, 0.3, "at the measured speed");
    /* Twice as long: 3 + 16 + 6, then 2 s without devices, then 6. */
    is_near(finish_of(grants, 4, 0.2), 33, 0.6,
            "at half of it, changes come after as many steps");
    is_near(finish_of(grants, 4, 0.05), 3 + 4 + 1.5 + 2 + 1.5, 0.2,
            "and at twice");
    /* The same by the devices instead of the profile: what was measured on a
     * host that was half as fast throughout is forced at the same steps, the
     * growth among them, and takes twice as long between. */
    is_near(finish_on(grants, 4, 0.1, 2), 33, 0.6,
            "devices half as fast, with a growth");
    is_near(finish_of(grants, 1, 0.1), 23, 0.3, "one grant, to the end");
    is_near(finish_of(grants + 1, 1, 0.1), 21, 0.3,
            "the first is at its time, whatever is left");
    return done_testing();
}
