/* Where time went: steps divided by what probes say of the host, without the
 * bias of dividing them one by one, on devices of two types. */
#include "config.h"

#include "base/names.h"
#include "base/rng.h"
#include "base/xalloc.h"
#include "replay/validate/contest.h"
#include "t/tap.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    STEPS = 20000
};

#define STEP_S  0.01  /* of the job, on the host as the profile has it */
#define PROBE_S 50e-6 /* likewise */

/* Of a live run. */
struct scene {
    struct vn_job job;
    struct vn_live live;
    struct vn_live_job of_job;
    struct vn_live_change change;
    int device[2];
};

/* Steps of one job on `ndevices` devices, of the probes that `probe` says. */
static void
play(struct scene *s, int ndevices,
     double (*probe)(struct vn_rng *rng, int device), double host)
{
    struct vn_rng rng = vn_rng_stream(1, 2, 3);
    vn_time now = 0;

    s->live = (struct vn_live){.jobs = &s->of_job, .njobs = 1};
    s->live.probes = vn_xcalloc((size_t) STEPS * 2, sizeof *s->live.probes);
    s->of_job = (struct vn_live_job){
        .job = &s->job, .changes = &s->change, .nchanges = 1, .nsteps = STEPS};
    s->of_job.steps = vn_xcalloc(STEPS, sizeof *s->of_job.steps);
    s->change = (struct vn_live_change){.kind = VN_COST_START,
                                        .devices = ndevices,
                                        .device = s->device,
                                        .ndevices = ndevices};
    for (int i = 0; i < ndevices; i++) {
        s->device[i] = i;
        s->change.of_type[i] = 1;
    }
    for (int k = 0; k < STEPS; k++) {
        struct vn_live_step *step = &s->of_job.steps[k];

        now += (vn_time) llrint(STEP_S * host * 1e6);
        *step = (struct vn_live_step){.step = k,
                                      .end = now,
                                      .devices = ndevices,
                                      .busy = ndevices,
                                      .step_s = STEP_S * host,
                                      .probes = s->live.nprobes,
                                      .nprobes = ndevices};
        for (int i = 0; i < ndevices; i++)
            s->live.probes[s->live.nprobes++] =
                (struct vn_live_probe){.time = now,
                                       .job = &s->job,
                                       .device = i,
                                       .busy = ndevices,
                                       .s = probe(&rng, i)};
    }
}

/* The mean step, as measured at the profile's speed of the host. */
static double
measured(struct scene *s, const struct vn_profile *profile,
         const struct vn_cluster *cluster)
{
    struct vn_trace_names names = {.models = {.count = 0}};
    struct vn_setup setup = {
        .workload = {.jobs = &s->job, .njobs = 1, .names = &names}};
    struct vn_contest contest = {.setup = &setup, .ntrials = 1, .repeats = 1};
    struct vn_engine_config config = {.cluster = cluster, .profile = profile};
    struct vn_pricing_config pricing = {.cluster = cluster,
                                        .profile = profile};
    struct vn_trial trial = {.live = {s->live}};
    double predicted = 0, was = 0;
    struct vn_error err;

    vn_names_add(&names.models, "net");
    vn_pricing_alloc(&pricing, &config.pricing, &err);
    vn_outcome_alloc(&trial.measured[0], 1);
    trial.step_predicted = &predicted;
    trial.step_measured = &was;
    vn_contest_blame(&contest, &trial, 0, &config);
    vn_outcome_free(&trial.measured[0]);
    vn_pricing_free(config.pricing);
    vn_names_free(&names.models);
    free(s->live.probes);
    free(s->of_job.steps);
    return was;
}

/* Uniform between 0.4 and 1.6 of what is expected: a deviation of 35 %. */
static double
noisy(struct vn_rng *rng, int device)
{
    (void) device;
    return PROBE_S * (0.4 + 1.2 * vn_rng_uniform(rng));
}

/* The second device's probe takes half as long by itself, and both are twice
 * as slow as expected. */
static double
unlike(struct vn_rng *rng, int device)
{
    (void) rng;
    return device == 0 ? 2 * PROBE_S : PROBE_S;
}

int
main(void)
{
    char path[] = "/tmp/vn-blame-XXXXXX";
    struct scene s = {.job = {.id = 1,
                              .device_type = -1,
                              .vnodes = 2,
                              .global_batch = 2,
                              .steps = STEPS,
                              .devices = 2,
                              .min_devices = 1,
                              .max_devices = 2}};
    struct vn_profile profile = {.models = NULL};
    struct vn_cluster cluster;
    struct vn_error err;
    FILE *f = fdopen(mkstemp(path), "w");
    double one_by_one = 0;
    struct vn_rng rng = vn_rng_stream(1, 2, 3);

    fputs("model,device_type,batch,step_s,probe_s,probe_power\n"
          "net,x,1,0.005,0.00005,0.75\nnet,y,1,0.005,0.000025,0.75\n",
          f);
    fclose(f);
    is_int(vn_profile_read(path, &profile, &err), VN_OK, "a profile");
    unlink(path);
    is_int(vn_cluster_read("x:1,y:1", &cluster, &err), VN_OK, "a cluster");

    play(&s, 1, noisy, 1);
    is_near(measured(&s, &profile, &cluster), STEP_S, 0.005 * STEP_S,
            "probes that are noisy leave the mean as it is");
    /* The second implementation: step by step, which is biased by
     * p (p + 1) d^2 / 2 = 0.75 x 1.75 x 0.12 / 2 = 8 % and more. */
    for (int k = 0; k < STEPS; k++)
        one_by_one += pow(noisy(&rng, 0) / PROBE_S, -0.75) / STEPS;
    ok(one_by_one > 1.07 && one_by_one < 1.15,
       "which steps divided one by one would not: %.3f", one_by_one);

    play(&s, 2, unlike, pow(2, 0.75));
    is_near(measured(&s, &profile, &cluster), STEP_S, 1e-3 * STEP_S,
            "each processor is held to its own type's probe");
    vn_cluster_free(&cluster);
    vn_profile_free(&profile);
    return done_testing();
}
