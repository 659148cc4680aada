/*
 * Places for jobs that share devices: each rule against a second way to say
 * it, which looks at every host anew each time, and against values by hand.
 */
#include "config.h"

#include "sim/place/place.h"
#include "t/tap.h"

#include "base/rng.h"
#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    HOSTS = 23,
    STEPS = 3000
};

/* A job that stands somewhere. */
struct stay {
    struct vn_ask ask;
    int host;
    int devices[VN_HOST_DEVICES];
};

static struct vn_ask
draw(struct vn_rng *rng)
{
    static const int milli[] = {100, 250, 370, 500, 810};
    struct vn_ask ask = {.cpu_milli = 500 * (int64_t) vn_rng_below(rng, 17),
                         .memory_mib = 1024 * (int64_t) vn_rng_below(rng, 9)};
    uint64_t kind = vn_rng_below(rng, 10);

    if (kind == 0)
        return ask;
    ask.devices = kind < 8 ? 1 : 1 << vn_rng_below(rng, 4);
    ask.milli = kind < 5 ? milli[vn_rng_below(rng, 5)] : VN_MILLI;
    if (kind == 7)
        ask.types = 1 + vn_rng_below(rng, 3);
    return ask;
}

/* F by its definition, in whole thousandths for each usual request. */
static double
plain_fragmentation(const struct vn_host *h, const struct vn_outlook *o)
{
    double f = 0;

    for (int m = 0; m < o->nusual; m++) {
        const struct vn_ask *a = &o->usual[m].ask;
        int all = 0, useful = 0, roomy = 0;

        for (int d = 0; d < h->devices; d++) {
            all += h->milli_left[d];
            if (h->milli_left[d] >= a->milli) {
                useful += h->milli_left[d];
                roomy++;
            }
        }
        if (a->devices == 0 || roomy < a->devices || h->cpu_left < a->cpu_milli
            || (a->types != 0 && !(a->types >> h->type & 1)))
            useful = 0;
        f += o->usual[m].share * (all - useful);
    }
    return f;
}

/* The score of a host, and of which device; NAN where the job cannot stand. */
static double
plain_score(const char *rule, const struct vn_outlook *o,
            const struct vn_host *h, const struct vn_ask *a, int device)
{
    double all = 0, free = 0, opened = 0, left = 0, kinds = 0, same = 0;
    double want = (double) a->devices * a->milli;
    struct vn_host then = *h;

    for (int d = 0; d < h->devices; d++) {
        all += h->milli_left[d];
        free += h->milli_left[d] == 1000;
    }
    if (strcmp(rule, "best-fit") == 0)
        return floor(100
                     * (1
                        - ((h->cpu_left - a->cpu_milli) / 256000.0
                           + (all - want) / 16000.0)));
    if (strcmp(rule, "dot-prod") == 0)
        return floor(100
                     * (1
                        - ((double) h->cpu_left * a->cpu_milli / 128e3 / 128e3
                           + all * want / 64e6)
                              / 2));
    if (strcmp(rule, "fgd") == 0) {
        then.cpu_left -= a->cpu_milli;
        if (device >= 0)
            then.milli_left[device] -= a->milli;
        for (int d = 0, n = 0; d < h->devices && device < 0; d++)
            if (n < a->devices && h->milli_left[d] >= a->milli) {
                then.milli_left[d] -= a->milli;
                n++;
            }
        return 100
               / (1
                  + exp((plain_fragmentation(&then, o)
                         - plain_fragmentation(h, o))
                        / 1000));
    }
    if (a->devices == 0)
        return 0;
    if (strcmp(rule, "gpu-clustering") == 0) {
        for (int k = 0; k <= h->devices; k++)
            kinds += h->jobs[k] > 0;
        same = h->jobs[want < 1000 ? 0 : a->devices];
        return (same > 0     ? kinds == 1 ? 75 : 50
                : kinds == 0 ? 25
                             : 0)
               + floor(25 * (8000 - all) / 8000);
    }
    if (free == h->devices)
        return fmax(33 - free, free);
    if (a->milli == 1000)
        return fmax(50 - a->devices, 33);
    left = 2000;
    for (int d = 0; d < h->devices; d++)
        if (h->milli_left[d] >= a->milli)
            left = fmin(left, h->milli_left[d]);
    opened = left == 1000;
    return opened > 0 ? 49 : fmax(100 - floor(floor(left / 10) / 10), 50);
}

static bool
plain_fits(const struct vn_host *h, const struct vn_ask *a)
{
    int roomy = 0;

    for (int d = 0; d < h->devices; d++)
        roomy += h->milli_left[d] >= a->milli;
    return h->cpu_left >= a->cpu_milli && h->memory_left >= a->memory_mib
           && (a->devices == 0
               || (roomy >= a->devices
                   && (a->types == 0 || (a->types >> h->type & 1))));
}

/* Where the job should go, of which device (-1: of no matter); -1: nowhere. */
static int
plain_choice(const char *rule, const struct vn_outlook *o,
             const struct vn_host *hosts, const struct vn_ask *a, int *device,
             double *best)
{
    bool shares = a->devices == 1 && a->milli < 1000;
    int host = -1;

    *best = -1;
    *device = -1;
    for (int h = 0; h < HOSTS; h++) {
        if (!plain_fits(&hosts[h], a))
            continue;
        for (int d = 0; d < (shares ? hosts[h].devices : 1); d++) {
            double score;

            if (shares && hosts[h].milli_left[d] < a->milli)
                continue;
            score = plain_score(rule, o, &hosts[h], a, shares ? d : -1);
            if (floor(score + 1e-9) > *best) {
                *best = floor(score + 1e-9);
                host = h;
                *device = shares ? d : -1;
            }
        }
    }
    return host;
}

/* Has each host as much left as its jobs leave it? */
static bool
adds_up(const struct vn_host *hosts, const struct vn_host *empty,
        const struct stay *stays, int n)
{
    struct vn_host sum[HOSTS];

    memcpy(sum, empty, sizeof sum);
    for (int i = 0; i < n; i++) {
        struct vn_host *h = &sum[stays[i].host];

        h->cpu_left -= stays[i].ask.cpu_milli;
        h->memory_left -= stays[i].ask.memory_mib;
        for (int d = 0; d < stays[i].ask.devices; d++)
            h->milli_left[stays[i].devices[d]] -= stays[i].ask.milli;
    }
    for (int h = 0; h < HOSTS; h++) {
        if (sum[h].cpu_left != hosts[h].cpu_left
            || sum[h].memory_left != hosts[h].memory_left
            || sum[h].cpu_left < 0 || sum[h].memory_left < 0)
            return false;
        for (int d = 0; d < sum[h].devices; d++)
            if (sum[h].milli_left[d] != hosts[h].milli_left[d]
                || sum[h].milli_left[d] < 0)
                return false;
    }
    return true;
}

static void
make_hosts(struct vn_host *hosts)
{
    static const int devices[] = {0, 1, 2, 4, 8};

    for (int h = 0; h < HOSTS; h++)
        hosts[h] = vn_host(16000 + 8000 * (h % 4), 65536, devices[h % 5],
                           devices[h % 5] > 0 ? h % 2 : -1);
}

struct outcome {
    int other_hosts, other_devices, refused, taken;
    bool sound;
};

/* Jobs come and go at random under one rule. */
static struct outcome
come_and_go(const struct vn_score *score, const struct vn_outlook *outlook)
{
    struct vn_rng rng = vn_rng_stream(2385, 1, 0);
    struct vn_host empty[HOSTS];
    struct stay *stays = vn_xcalloc(STEPS, sizeof *stays);
    struct outcome out = {.sound = true};
    struct vn_place *place;
    int n = 0;

    make_hosts(empty);
    place = vn_place_alloc(score, empty, HOSTS, outlook, 7);
    for (int i = 0; i < STEPS; i++) {
        struct stay *s = &stays[n];
        int device, host;
        double best;

        if (n > 0 && vn_rng_below(&rng, 5) < 2) {
            int gone = (int) vn_rng_below(&rng, (uint64_t) n);

            vn_place_give(place, &stays[gone].ask, stays[gone].host,
                          stays[gone].devices);
            stays[gone] = stays[--n];
            continue;
        }
        s->ask = draw(&rng);
        host = plain_choice(score->name, outlook, vn_place_hosts(place),
                            &s->ask, &device, &best);
        s->host = vn_place_take(place, &s->ask, s->devices);
        out.refused += s->host < 0;
        out.taken += s->host >= 0;
        out.other_hosts += score->score != NULL ? s->host != host
                                                : (s->host < 0) != (host < 0);
        out.other_devices += strcmp(score->name, "fgd") == 0 && device >= 0
                             && s->host == host && s->devices[0] != device;
        n += s->host >= 0;
        out.sound =
            out.sound && adds_up(vn_place_hosts(place), empty, stays, n);
    }
    vn_place_free(place);
    free(stays);
    return out;
}

static void
test_rules(void)
{
    struct vn_rng rng = vn_rng_stream(17, 2, 0);
    struct vn_ask asks[500];
    struct vn_outlook outlook;
    struct vn_usual *usual;

    for (int i = 0; i < 500; i++)
        asks[i] = draw(&rng);
    usual = vn_usual_alloc(asks, 500, 0.8, &outlook.nusual);
    outlook.usual = usual;
    for (int i = 0; vn_scores[i] != NULL; i++) {
        struct outcome out = come_and_go(vn_scores[i], &outlook);

        is_int(out.other_hosts, 0, "%s: the host of each of %d jobs",
               vn_scores[i]->name, out.taken);
        is_int(out.other_devices, 0, "%s: the device", vn_scores[i]->name);
        ok(out.refused > 50 && out.taken > 500,
           "%s: hosts were full at times (%d refused)", vn_scores[i]->name,
           out.refused);
        ok(out.sound, "%s: no device holds more than the whole of it",
           vn_scores[i]->name);
    }
    free(usual);
}

static void
test_usual(void)
{
    struct vn_ask asks[10] = {{0}};
    struct vn_usual *usual;
    int n;

    for (int i = 0; i < 10; i++)
        asks[i] = (struct vn_ask){.cpu_milli = i < 5   ? 1000
                                               : i < 8 ? 2000
                                                       : 3000 + i,
                                  .devices = 1,
                                  .milli = 500};
    usual = vn_usual_alloc(asks, 10, 0.85, &n);
    is_int(n, 3, "the most frequent, until they are 85 per cent");
    is_near(usual[0].share, 5 / 9.0, 1e-12, "the share of the first");
    is_near(usual[2].share, 1 / 9.0, 1e-12, "the share of the last");
    is_int(usual[2].ask.cpu_milli, 3009,
           "of equally frequent ones that which asks for more");
    free(usual);
}

/* F of a host of two devices, with 300 left on the first. */
static void
test_by_hand(void)
{
    const struct vn_usual usual[] = {
        {{.cpu_milli = 1000, .devices = 1, .milli = 500}, 0.5},
        {{.cpu_milli = 1000, .devices = 2, .milli = 1000}, 0.25},
        {{.cpu_milli = 1000}, 0.125},
        {{.cpu_milli = 9000, .devices = 1, .milli = 100}, 0.125}};
    const struct vn_ask share = {.cpu_milli = 1, .devices = 1, .milli = 700};
    struct vn_host host = vn_host(8000, 1024, 2, 0);
    double parts[VN_FRAGMENTS], sum = 0;
    int first = 0;

    vn_host_take(&host, &share, &first);
    vn_fragments(&host, usual, 4, parts);
    for (int i = 0; i < VN_FRAGMENTS; i++)
        sum += parts[i];
    is_near(sum, 1300, 1e-9, "the parts are all that is left");
    is_near(vn_fragmentation(parts), 0.5 * 300 + 0.5 * 1300, 1e-9,
            "F: 300 of no use to the half, 1300 to the others");
    is_near(parts[VN_FRAGMENT_LACKS_CPU], 0.125 * 1300, 1e-9,
            "of which for want of CPU");
    is_int(
        vn_host_best_fit(&host, &(struct vn_ask){.devices = 1, .milli = 300}),
        0, "a share that just fits goes where least is left");
    is_int(
        vn_host_best_fit(&host, &(struct vn_ask){.devices = 1, .milli = 301}),
        1, "one that is larger goes to the next");
}

int
main(void)
{
    struct vn_error err;
    const struct vn_score *score;

    test_by_hand();
    test_usual();
    test_rules();
    ok(vn_score_find("best-fti", &score, &err) == VN_EUSAGE
           && strstr(err.text, "best-fit") != NULL,
       "an unknown rule is refused, and the known ones are named");
    return done_testing();
}
