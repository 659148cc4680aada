/*
 * Goodput through a policy's view, by hand: t/data/adaptive's application
 * `net`, of which all training is worth 90 steps of 8 examples.
 */
#include "config.h"

#include "plan/profile/profile.h"
#include "sim/engine/engine.h"
#include "t/tap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    JOBS = 2
};

struct seen {
    double goodput[JOBS][3]; /* on 0, 1 and 2 devices */
    bool given;              /* a device each */
};

static struct seen seen;

static void
look(void *state, const struct vn_view *view, int job)
{
    (void) state;
    for (int n = 0; n < 3; n++)
        seen.goodput[vn_view_job(view, job)->id][n] =
            vn_view_goodput(view, job, &n);
}

static void
give(void *state, const struct vn_view *view, struct vn_answer *answer)
{
    (void) state;
    (void) view;
    for (int job = 0; job < JOBS && !seen.given; job++)
        vn_answer_set(answer, job, 0, 1);
    seen.given = true;
}

static const struct vn_policy policy_look = {
    .name = "look",
    .arrive = look,
    .decide = give,
};

static enum vn_status
next(void *arg, struct vn_job *job, bool *more, struct vn_error *err)
{
    static const struct vn_job jobs[JOBS] = {{.id = 0,
                                              .devices = 2,
                                              .model = 0,
                                              .vnodes = 2,
                                              .global_batch = 16,
                                              .steps = 50,
                                              .min_devices = 1,
                                              .max_devices = 2,
                                              .weight = 1,
                                              .deadline = -1,
                                              .user = -1,
                                              .vc = -1,
                                              .device_type = -1},
                                             {.id = 1,
                                              .duration = 7 * VN_SECOND,
                                              .devices = 1,
                                              .model = -1,
                                              .min_devices = 1,
                                              .max_devices = 1,
                                              .weight = 1,
                                              .deadline = -1,
                                              .user = -1,
                                              .vc = -1,
                                              .device_type = -1}};
    int *i = arg;

    (void) err;
    *more = *i < JOBS;
    if (*more)
        *job = jobs[(*i)++];
    return VN_OK;
}

static const char *
model(void *arg, int number)
{
    (void) arg;
    (void) number;
    return "net";
}

static void
replay(const char *words)
{
    struct vn_cluster cluster = {0};
    struct vn_profile profile = {0};
    struct vn_engine *engine = NULL;
    struct vn_error err = {0};
    int at = 0;
    struct vn_pricing_config pricing = {.cluster = &cluster,
                                        .profile = &profile};
    struct vn_engine_config config = {
        .cluster = &cluster,
        .source = {.next = next, .arg = &at, .model = model},
        .policy = &policy_look,
        .profile = &profile};

    seen = (struct seen){0};
    if (vn_cluster_read("any:2", &cluster, &err) != VN_OK
        || vn_profile_read(words, &profile, &err) != VN_OK
        || vn_pricing_alloc(&pricing, &config.pricing, &err) != VN_OK
        || vn_engine_alloc(&config, &engine, &err) != VN_OK
        || vn_engine_run(engine, &err) != VN_OK)
        diag("%s", err.text);
    vn_engine_free(engine);
    vn_pricing_free(config.pricing);
    vn_profile_free(&profile);
    vn_cluster_free(&cluster);
}

int
main(void)
{
    char *tables = data_path("adaptive"), words[1024];
    double step_s = 2 * (0.3 + 0.6 * 6 / 14) - 0.01;
    double steps = 40 / (10 / 5.5) + 50 / (9 / 5.0);

    replay(tables);
    is_near(seen.goodput[0][1], 90 * 8 / (steps * step_s), 1e-9,
            "on one device: all that training is worth, by its time");
    is_near(seen.goodput[0][2], 0, 0, "0 where it cannot run");
    is_near(seen.goodput[0][0], 0, 0, "0 on nothing");
    is_near(seen.goodput[1][1], 0, 0, "0 of a recorded job");
    snprintf(words, sizeof words, "adapt=%s", tables);
    replay(words);
    is_near(seen.goodput[0][1], 8 / (0.3 + 0.6 * 6 / 14), 1e-9,
            "where batches adapt, with the best: here the initial one");
    free(tables);
    return done_testing();
}
