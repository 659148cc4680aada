/*
 * Jobs that have what they ask for, side by side on one host, and only slow
 * each other down (plan/contention.h): when each is done, by the engine and by
 * a second count here, and that more contention makes nobody sooner.
 */
#include "config.h"

#include "base/rng.h"
#include "sim/api/policy.h"
#include "sim/engine/engine.h"
#include "sim/policy/policies.h"
#include "t/tap.h"
#include "traces/trace.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    HOSTS = 200, /* random ones, from seed 1 on */
    JOBS = 5,
    TYPES = 2, /* of devices that stand in the same host */
    DEVICES = 6,
    BUSY = TYPES * DEVICES + 1,
    STRENGTHS = 4
};

static const char *const names[TYPES] = {"h", "h:slow=2"};
static const double strengths[STRENGTHS] = {0, 0.37, 1, 2.385};

struct host {
    double node_s[TYPES], update_s[TYPES];
    double crowd[TYPES][BUSY]; /* c(k) */
    double sync_s[BUSY];       /* of k devices of any type */
    struct vn_job jobs[JOBS];
    int njobs, at;
    double finish[JOBS]; /* seconds, by the engine */
};

/* To six decimals, as a table has it. */
static double
micro(double x)
{
    return round(x * 1e6) / 1e6;
}

/* The same host and jobs at every strength of contention. */
static void
make_host(struct host *h, uint64_t seed, double strength)
{
    struct vn_rng rng = vn_rng_stream(seed, 11, 0);
    int left[TYPES] = {DEVICES, DEVICES};

    *h = (struct host){0};
    for (int k = 2; k < BUSY; k++)
        h->sync_s[k] = micro(vn_rng_uniform(&rng) / 4);
    for (int t = 0; t < TYPES; t++) {
        double more = 0;

        h->node_s[t] = micro(0.05 + vn_rng_uniform(&rng));
        h->update_s[t] = micro(vn_rng_uniform(&rng) / 8);
        h->crowd[t][1] = 1;
        for (int k = 2; k < BUSY; k++) {
            more += vn_rng_uniform(&rng) / 4;
            h->crowd[t][k] = micro(1 + strength * more);
        }
    }
    for (; h->njobs < JOBS; h->njobs++) {
        struct vn_job *job = &h->jobs[h->njobs];
        int type = (int) vn_rng_below(&rng, TYPES);

        if (left[type] == 0)
            break;
        *job = vn_trace_job();
        job->id = h->njobs;
        job->submit =
            (h->njobs > 0 ? job[-1].submit : 0)
            + (vn_time) vn_rng_below(&rng, (uint64_t) (30 * VN_SECOND));
        job->devices = job->min_devices = job->max_devices =
            1 + (int) vn_rng_below(&rng, (uint64_t) left[type]);
        job->device_type = type;
        job->model = 0;
        job->vnodes = job->devices + (int) vn_rng_below(&rng, 5);
        job->global_batch = 2 * job->vnodes;
        job->steps = 1 + (int64_t) vn_rng_below(&rng, 100);
        left[type] -= job->devices;
    }
}

static void
write_profile(const struct host *h, struct vn_profile *profile)
{
    struct vn_error err;
    char path[3][24];
    FILE *f[3];

    for (int i = 0; i < 3; i++) {
        snprintf(path[i], sizeof path[i], "contention-XXXXXX");
        f[i] = fdopen(mkstemp(path[i]), "w");
    }
    fputs("model,device_type,batch,step_s,update_s\n", f[0]);
    fputs("model,device_type,devices,sync_s\n", f[1]);
    fputs("model,device_type,busy,slowdown\n", f[2]);
    for (int t = 0; t < TYPES; t++) {
        fprintf(f[0], "m,%s,2,%.6f,%.6f\n", names[t], h->node_s[t],
                h->update_s[t]);
        for (int k = 2; k < BUSY; k++)
            fprintf(f[2], "m,%s,%d,%.6f\n", names[t], k, h->crowd[t][k]);
    }
    for (int k = 2; k < BUSY; k++)
        fprintf(f[1], "m,*,%d,%.6f\n", k, h->sync_s[k]);
    *profile = (struct vn_profile){0};
    for (int i = 0; i < 3; i++) {
        fclose(f[i]);
        if (vn_profile_read(path[i], profile, &err) != VN_OK)
            abort();
        unlink(path[i]);
    }
}

static enum vn_status
next_job(void *arg, struct vn_job *job, bool *more, struct vn_error *err)
{
    struct host *h = arg;

    (void) err;
    *more = h->at < h->njobs;
    if (*more)
        *job = h->jobs[h->at++];
    return VN_OK;
}

static const char *
type_name(void *arg, int number)
{
    (void) arg;
    return names[number];
}

static const char *
model_name(void *arg, int number)
{
    (void) arg, (void) number;
    return "m";
}

static void
on_ended(void *arg, const struct vn_record *r)
{
    ((struct host *) arg)->finish[r->id] = (double) r->finish * 1e-6;
}

/* By the engine, under fifo. */
static void
simulate(struct host *h)
{
    struct vn_profile profile;
    struct vn_cluster cluster;
    struct vn_engine *engine = NULL;
    struct vn_error err;
    struct vn_pricing_config pricing = {.cluster = &cluster,
                                        .profile = &profile};
    struct vn_engine_config config = {
        .cluster = &cluster,
        .source = {next_job, h, type_name, model_name},
        .profile = &profile,
        .options = (double[]){0}, /* of fifo: no tick */
        .observer = {.arg = h, .ended = on_ended}};

    write_profile(h, &profile);
    if (vn_policy_find("fifo", &config.policy, &err) != VN_OK
        || vn_cluster_read("h:1x6,h:slow=2:1x6", &cluster, &err) != VN_OK
        || vn_pricing_alloc(&pricing, &config.pricing, &err) != VN_OK
        || vn_engine_alloc(&config, &engine, &err) != VN_OK
        || vn_engine_run(engine, &err) != VN_OK)
        abort();
    vn_engine_free(engine);
    vn_pricing_free(config.pricing);
    vn_cluster_free(&cluster);
    vn_profile_free(&profile);
}

/* Seconds of a step while so many devices are busy:
 * c(k) / c(n) x (c(n) (ceil(V / n) t + update) + sync(n)). */
static double
step_s(const struct host *h, const struct vn_job *job, int busy)
{
    int t = job->device_type, n = job->devices;
    double own = h->crowd[t][n];

    return h->crowd[t][busy] / own
           * (own * ((job->vnodes + n - 1) / n * h->node_s[t] + h->update_s[t])
              + h->sync_s[n]);
}

/* By hand: from one submission or finish to the next, everybody trains at the
 * speed that what is busy leaves it. */
static void
count(const struct host *h, double finish[JOBS])
{
    double left[JOBS], now = 0;
    int arrived = 0, present = 0;

    while (arrived < h->njobs || present > 0) {
        double next = arrived < h->njobs
                          ? (double) h->jobs[arrived].submit * 1e-6
                          : INFINITY;
        int busy = 0, first = -1;

        for (int i = 0; i < arrived; i++)
            busy += left[i] > 0 ? h->jobs[i].devices : 0;
        for (int i = 0; i < arrived; i++)
            if (left[i] > 0
                && now + left[i] * step_s(h, &h->jobs[i], busy) <= next) {
                next = now + left[i] * step_s(h, &h->jobs[i], busy);
                first = i;
            }
        for (int i = 0; i < arrived; i++)
            if (left[i] > 0)
                left[i] -= (next - now) / step_s(h, &h->jobs[i], busy);
        now = next;
        if (first >= 0) {
            left[first] = 0;
            finish[first] = now;
            present--;
        } else {
            left[arrived] = (double) h->jobs[arrived].steps;
            arrived++;
            present++;
        }
    }
}

int
main(void)
{
    int wrong = 0, sooner = 0, later = 0;

    for (uint64_t seed = 1; seed <= HOSTS; seed++) {
        double before[JOBS] = {0}, by_hand[JOBS];

        for (int s = 0; s < STRENGTHS; s++) {
            struct host h;

            make_host(&h, seed, strengths[s]);
            simulate(&h);
            count(&h, by_hand);
            for (int i = 0; i < h.njobs; i++) {
                /* The engine's instants are whole microseconds. */
                if (fabs(h.finish[i] - by_hand[i]) > 1e-4 && wrong++ < 5)
                    diag("seed %" PRIu64 ", strength %g, job %d: %.6f s, by "
                         "hand %.6f s",
                         seed, strengths[s], i, h.finish[i], by_hand[i]);
                sooner += s > 0 && h.finish[i] < before[i];
                later += s > 0 && h.finish[i] > before[i];
                before[i] = h.finish[i];
            }
        }
    }
    is_int(wrong, 0, "jobs side by side are done when the formula says");
    is_int(sooner, 0, "more contention makes no job sooner");
    ok(later > HOSTS, "but many later (%d)", later);
    return done_testing();
}
