#include "config.h"

#include "base/number.h"
#include "t/sim/naive.h"

#include "sim/policy/share/shares.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* The state of a run: lists hold indices of jobs that are there. */
struct run {
    const char *policy;
    bool skip;
    vn_time tick;
    bool asked; /* something happened since it decided */
    int devices;
    struct naive_job *jobs;
    int *list[3]; /* las: its queues; others: the first, in order */
    int n[3];
    vn_time now;
};

static void
drop(struct run *r, int q, int at)
{
    r->n[q]--;
    memmove(r->list[q] + at, r->list[q] + at + 1,
            (size_t) (r->n[q] - at) * sizeof *r->list[q]);
}

static bool
is(const struct run *r, const char *name)
{
    return strcmp(r->policy, name) == 0;
}

/* Should b stand before a, which came before it? */
static bool
goes_before(const struct run *r, const struct naive_job *b,
            const struct naive_job *a)
{
    if (is(r, "sjf"))
        return b->job.duration < a->job.duration;
    if (is(r, "srtf"))
        return b->work / b->job.devices < a->work / a->job.devices;
    if (is(r, "qssf"))
        return b->job.duration * b->job.devices
               < a->job.duration * a->job.devices;
    if (is(r, "srsf")) /* one that runs goes before one that waits, then age */
        return b->work != a->work                   ? b->work < a->work
               : (b->before > 0) != (a->before > 0) ? b->before > 0
                                                    : b->job.id < a->job.id;
    if (is(r, "priority"))
        return b->job.priority > a->job.priority;
    if (is(r, "wfs"))
        return b->job.weight > a->job.weight;
    return false;
}

static void
sort(struct run *r)
{
    for (int i = 1; i < r->n[0]; i++) {
        int job = r->list[0][i], k = i;

        while (k > 0
               && goes_before(r, &r->jobs[job], &r->jobs[r->list[0][k - 1]])) {
            r->list[0][k] = r->list[0][k - 1];
            k--;
        }
        r->list[0][k] = job;
    }
}

/* Fill in the order of a list; at what does not fit nothing is left, or it is
 * passed over. */
static int
fill(struct run *r, int q, int left, bool preempt)
{
    for (int i = 0; i < r->n[q]; i++) {
        struct naive_job *j = &r->jobs[r->list[q][i]];

        if (j->before > 0 && !preempt)
            continue;
        if (j->job.devices <= left) {
            j->held = j->job.devices;
            left -= j->held;
        } else if (!r->skip)
            return 0;
    }
    return left;
}

static const int64_t limits[] = {INT64_C(3250000000), INT64_C(7200000000)};

static void
las(struct run *r)
{
    static int demoted[2][100000];
    int count[2] = {0}, left = r->devices;

    for (int q = 0; q < 2; q++)
        for (int i = 0; i < r->n[q];) {
            int job = r->list[q][i];
            const struct naive_job *j = &r->jobs[job];

            if (j->before > 0 && j->executed * j->job.devices >= limits[q]) {
                int at = count[q]++;

                for (; at > 0 && demoted[q][at - 1] > job; at--)
                    demoted[q][at] = demoted[q][at - 1];
                demoted[q][at] = job;
                drop(r, q, i);
            } else
                i++;
        }
    for (int q = 0; q < 2; q++)
        for (int i = 0; i < count[q]; i++)
            r->list[q + 1][r->n[q + 1]++] = demoted[q][i];
    for (int q = 0; q < 3; q++)
        left = fill(r, q, left, true);
    for (int q = 0; q < 3; q++) {
        int *sorted = malloc((size_t) r->n[q] * sizeof *sorted + 1), n = 0;

        for (int pass = 1; pass >= 0; pass--)
            for (int i = 0; i < r->n[q]; i++)
                if ((r->jobs[r->list[q][i]].held > 0) == pass)
                    sorted[n++] = r->list[q][i];
        memcpy(r->list[q], sorted, (size_t) n * sizeof *sorted);
        free(sorted);
    }
}

/* The shares of those with queue >= least, in order of arrival, into *out. */
static void
shares(struct run *r, int least, int *out)
{
    int64_t *weight = calloc((size_t) r->n[0] + 1, sizeof *weight);
    int *demand = calloc((size_t) r->n[0] + 1, sizeof *demand);
    int *share = calloc((size_t) r->n[0] + 1, sizeof *share);
    int *who = calloc((size_t) r->n[0] + 1, sizeof *who), n = 0;

    for (int i = 0; i < r->n[0]; i++)
        if (r->jobs[r->list[0][i]].queue >= least)
            who[n++] = r->list[0][i];
    for (int i = 1; i < n; i++) {
        int job = who[i], k = i;

        for (; k > 0 && who[k - 1] > job; k--)
            who[k] = who[k - 1];
        who[k] = job;
    }
    for (int i = 0; i < n; i++) {
        weight[i] = vn_shares_weight(r->jobs[who[i]].job.weight);
        demand[i] = r->jobs[who[i]].job.devices;
    }
    vn_shares_plain(r->devices, n, weight, demand, share);
    for (int i = 0; i < n; i++)
        out[who[i]] = share[i];
    free(weight);
    free(demand);
    free(share);
    free(who);
}

/* queue: 0 waits, 1 is being tried, 2 was admitted now, 3 runs. */
static void
wfs(struct run *r, int total)
{
    int *with = calloc((size_t) total, sizeof *with);
    int *without = calloc((size_t) total, sizeof *without), in = 0;

    for (int i = 0; i < r->n[0]; i++)
        in += r->jobs[r->list[0][i]].queue > 0;
    for (int i = 0; i < r->n[0] && in < r->devices; i++) {
        struct naive_job *c = &r->jobs[r->list[0][i]];
        bool stop = false;

        if (c->queue > 0)
            continue;
        c->queue = 1;
        shares(r, 1, with);
        shares(r, 2, without);
        for (int k = 0; k < r->n[0]; k++) {
            const struct naive_job *j = &r->jobs[r->list[0][k]];

            stop = stop
                   || (j->queue == 3 && j->job.weight > c->job.weight
                       && with[r->list[0][k]] < without[r->list[0][k]]);
        }
        if (stop) {
            c->queue = 0;
            break;
        }
        c->queue = 2;
        in++;
    }
    shares(r, 2, with);
    for (int i = 0; i < r->n[0]; i++) {
        struct naive_job *j = &r->jobs[r->list[0][i]];

        j->held = j->queue >= 2 ? with[r->list[0][i]] : 0;
        j->queue = j->queue >= 2 ? 3 : 0;
    }
    free(with);
    free(without);
}

enum {
    ROUND = 60, /* seconds, of pollux-fixed */
    RESTART = 30
};

static vn_time
service(const struct naive_job *j)
{
    return j->job.duration * j->job.devices - j->work;
}

/* In millionths. */
static int64_t
cost_of(const struct run *r, const struct naive_job *j, int k)
{
    int fair = (r->devices + r->n[0] - 1) / r->n[0];
    double age = (double) (r->now - j->job.submit) / 1e6, s;

    fair = fair < j->job.devices ? fair : j->job.devices;
    s = (double) k / fair;
    if (k != j->held)
        s *= fmax(age - RESTART * j->changes, 0) / (age + RESTART);
    return llround(1e6 / (s + 0.001));
}

/* All numbers of devices of all jobs: of those that cost least together, to
 * those with least service first, what they have, or else the most. */
static void
pollux(struct run *r)
{
    static int64_t least[200][64];
    int left = r->devices, n = r->n[0], *who = r->list[0];

    if (r->now % (ROUND * VN_SECOND) != 0)
        return;
    for (int i = 1; i < n; i++) {
        int job = who[i], k = i;

        for (; k > 0
               && (service(&r->jobs[who[k - 1]]) > service(&r->jobs[job])
                   || (service(&r->jobs[who[k - 1]]) == service(&r->jobs[job])
                       && who[k - 1] > job));
             k--)
            who[k] = who[k - 1];
        who[k] = job;
    }
    memset(least[n], 0, sizeof least[n]);
    for (int i = n - 1; i >= 0; i--)
        for (int d = 0; d <= r->devices; d++) {
            least[i][d] = INT64_MAX;
            for (int k = 0; k <= d && k <= r->jobs[who[i]].job.devices; k++) {
                int64_t sum =
                    cost_of(r, &r->jobs[who[i]], k) + least[i + 1][d - k];

                least[i][d] = sum < least[i][d] ? sum : least[i][d];
            }
        }
    for (int i = 0; i < n; i++) {
        struct naive_job *j = &r->jobs[who[i]];
        int k = j->job.devices < left ? j->job.devices : left;

#define BEST(k) (cost_of(r, j, k) + least[i + 1][left - (k)] == least[i][left])
        if (j->held > 0 && j->held <= left && BEST(j->held))
            k = j->held;
        else
            while (!BEST(k))
                k--;
#undef BEST
        j->changes += k > 0 && k != j->held && j->start >= 0;
        j->held = k;
        left -= k;
    }
}

static void
decide(struct run *r, int total)
{
    int left = r->devices;
    bool preempt =
        is(r, "srtf") || is(r, "srsf") || strncmp(r->policy, "las", 3) == 0;

    for (int q = 0; q < 3; q++)
        for (int i = 0; i < r->n[q]; i++) {
            struct naive_job *j = &r->jobs[r->list[q][i]];

            j->before = j->held;
            if (preempt)
                j->held = 0;
            left -= j->held;
        }
    sort(r);
    if (is(r, "wfs"))
        wfs(r, total);
    else if (is(r, "pollux-fixed"))
        pollux(r);
    else if (strncmp(r->policy, "las", 3) == 0)
        las(r);
    else
        fill(r, 0, left, preempt);
    for (int q = 0; q < 3; q++)
        for (int i = 0; i < r->n[q]; i++) {
            struct naive_job *j = &r->jobs[r->list[q][i]];

            if (j->held > 0 && j->start < 0)
                j->start = r->now;
            j->preemptions += j->before > 0 && j->held == 0;
            j->resizes += j->before > 0 && j->held > 0 && j->held != j->before;
        }
}

static vn_time
ceil_div(int64_t a, int64_t b)
{
    return a / b + (a % b > 0);
}

/* The next instant after now, of ends, arrivals and wake-ups; -1 if none. */
static vn_time
next_instant(const struct run *r, int arrived, int total)
{
    vn_time next = -1;

#define EARLIER(t) (next = next < 0 || (t) < next ? (t) : next)
    if (arrived < total)
        EARLIER(r->jobs[arrived].job.submit);
    if (r->asked)
        EARLIER((r->now / r->tick + 1) * r->tick);
    if (is(r, "pollux-fixed") && r->n[0] > 0)
        EARLIER((r->now / (ROUND * VN_SECOND) + 1) * ROUND * VN_SECOND);
    for (int q = 0; q < 3; q++)
        for (int i = 0; i < r->n[q]; i++) {
            const struct naive_job *j = &r->jobs[r->list[q][i]];
            int64_t d = j->job.devices;

            if (j->held == 0)
                continue;
            EARLIER(r->now + ceil_div(j->work, j->held));
            if (is(r, "las") && q < 2)
                EARLIER(r->now + ceil_div(limits[q] - j->executed * d, d));
            if (is(r, "las-reference") && q < 2
                && ceil_div(limits[q] - j->executed, d * VN_SECOND) > 0)
                EARLIER(
                    r->now
                    + VN_SECOND
                          * ceil_div(limits[q] - j->executed, d * VN_SECOND));
        }
#undef EARLIER
    return next;
}

void
naive_run(const struct naive_rule *rule, int devices, struct naive_job *jobs,
          int n)
{
    struct run r = {.policy = rule->policy,
                    .skip = rule->skip,
                    .tick = rule->tick,
                    .devices = devices,
                    .jobs = jobs};
    int arrived = 0;
    vn_time next;

    for (int q = 0; q < 3; q++)
        r.list[q] = malloc((size_t) n * sizeof *r.list[q]);
    for (int i = 0; i < n; i++) {
        jobs[i].start = jobs[i].finish = -1;
        jobs[i].work = jobs[i].job.duration * jobs[i].job.devices;
        jobs[i].changes = 0;
    }
    while ((next = next_instant(&r, arrived, n)) >= 0) {
        for (int q = 0; q < 3; q++)
            for (int i = 0; i < r.n[q];) {
                struct naive_job *j = &jobs[r.list[q][i]];

                j->work -= (next - r.now) * j->held;
                j->executed += j->held > 0 ? next - r.now : 0;
                if (j->work <= 0) {
                    j->finish = next;
                    drop(&r, q, i);
                } else
                    i++;
            }
        r.now = next;
        while (arrived < n && jobs[arrived].job.submit == next)
            r.list[0][r.n[0]++] = arrived++;
        r.asked = rule->tick > 0 && next % rule->tick != 0;
        if (!r.asked)
            decide(&r, n);
    }
    for (int q = 0; q < 3; q++)
        free(r.list[q]);
}
