/*
 * Tiresias (Gu et al., NSDI'19): two-dimensional scheduling by attained
 * service, devices x time, of jobs whose durations nobody knows.
 *
 * Jobs stand in queues and begin in the first.  One whose service reaches its
 * queue's limit goes to the end of the next; one that has waited `starve`
 * times as long as it has run goes back to the end of the first, and its
 * service counts anew from there.  At every multiple of `tick` an empty
 * cluster is filled from the queues in turn, passing over what does not fit;
 * what then runs no more waits where it stands.  Between ticks nothing starts.
 *
 * In a queue jobs stand in the order in which they came to it (2D-LAS) or, by
 * index=gittins, by their Gittins index: of the services s of jobs that have
 * finished, those above the job's own a, and what is left to its queue's
 * limit, d,
 *
 *     P(s - a <= d) / E[min(s - a, d)]
 *
 * highest first: who is most likely to end for the service that it would take
 * (section 4.2 there, whose distribution is given; here it is learned, and
 * before any job has finished all are alike).  `las` is the same rule with
 * three queues and no tick, without going through all that is there.
 */
#include "config.h"

#include "sim/policy/queue/pool.h"

#include "base/number.h"
#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

extern const struct vn_policy vn_policy_tiresias;

enum {
    QUEUES_MAX = 8
};

struct member {
    int queue;
    int64_t place; /* by rising number it stands in its queue */
    int type;      /* where it runs, or -1 */
    int64_t base;  /* service that does not count, device-microseconds */
    vn_time waits; /* since when, if it does not run */
    double index;  /* Gittins' */
};

struct tiresias {
    struct member *members; /* by slot */
    int room;
    int *there; /* slots, in the order in which they run down the queues */
    int nthere;
    int64_t place; /* the next one */
    int *free;
    struct vn_pool pool; /* of no jobs: it knows which types go together */

    int nqueues;
    int64_t limit[QUEUES_MAX]; /* the last has none */
    vn_time tick;
    double starve;
    bool gittins;

    double *services; /* of jobs that finished, rising, device-microseconds */
    double *sums;     /* [i]: of the first i */
    int nservices;
    int stale; /* sums from here on are to be made */
    int services_room;
};

enum {
    OPTION_LIMITS,
    OPTION_TICK,
    OPTION_STARVE,
    OPTION_INDEX
};

static const char *const indices[] = {"las", "gittins", NULL};

static const struct vn_policy_option options[] = {
    [OPTION_LIMITS] = {"limits",
                       "service at which a job leaves each queue but the "
                       "last, device-seconds, with '/' between",
                       "57600", VN_OPTION_TEXT, 0, 0, NULL},
    [OPTION_TICK] = {"tick",
                     "how often it decides, seconds; 0: whenever something "
                     "happens",
                     "60", VN_OPTION_TIME, 0, 1e6, NULL},
    [OPTION_STARVE] = {"starve",
                       "back to the first queue after waiting so many times "
                       "as long as it ran; 0: never",
                       "0", VN_OPTION_REAL, 0, 1e6, NULL},
    [OPTION_INDEX] = {"index", "the order within a queue", "las",
                      VN_OPTION_CHOICE, 0, 0, indices},
    {NULL, NULL, NULL, VN_OPTION_REAL, 0, 0, NULL},
};

static enum vn_status
read_limits(struct tiresias *s, const char *text, struct vn_error *err)
{
    const char *all = text;
    double before = 0;

    for (s->nqueues = 1;; s->nqueues++) {
        char word[64], why[VN_WHY_SIZE];
        size_t n = strcspn(text, "/");
        double limit;

        snprintf(word, sizeof word, "%.*s", (int) n, text);
        if (s->nqueues == QUEUES_MAX
            || vn_read_real(word, 1e-6, 1e12, &limit, why) != NULL
            || limit <= before)
            return vn_fail(err, VN_EUSAGE,
                           "policy tiresias: limits is '%.64s', expected at "
                           "most %d rising numbers with '/' between",
                           all, QUEUES_MAX - 1);
        s->limit[s->nqueues - 1] = (int64_t) (limit * 1e6);
        before = limit;
        text += n;
        if (*text++ == '\0')
            break;
    }
    s->limit[s->nqueues++] = INT64_MAX;
    return VN_OK;
}

static enum vn_status
tiresias_open(void *state, const struct vn_view *view, const double *values,
              struct vn_error *err)
{
    struct tiresias *s = state;
    enum vn_status status =
        read_limits(s, vn_policy_text(values[OPTION_LIMITS]), err);

    if (status != VN_OK)
        return status;
    s->tick = (vn_time) values[OPTION_TICK];
    s->starve = values[OPTION_STARVE];
    s->gittins = values[OPTION_INDEX] == 1;
    s->free = vn_xcalloc((size_t) vn_view_types(view), sizeof *s->free);
    vn_pool_init(&s->pool, view);
    return VN_OK;
}

static void
tiresias_close(void *state)
{
    struct tiresias *s = state;

    vn_pool_free(&s->pool);
    free(s->members);
    free(s->there);
    free(s->free);
    free(s->services);
    free(s->sums);
}

static void
tiresias_arrive(void *state, const struct vn_view *view, int job)
{
    struct tiresias *s = state;

    if (job >= s->room) {
        s->room = 2 * job + 64;
        s->members =
            vn_xrealloc(s->members, (size_t) s->room, sizeof *s->members);
        s->there = vn_xrealloc(s->there, (size_t) s->room, sizeof *s->there);
    }
    s->members[job] = (struct member){
        .place = s->place++, .type = -1, .waits = vn_view_now(view)};
    s->there[s->nthere++] = job;
}

/* Take note of the service of a job that has finished. */
static void
learn(struct tiresias *s, double service)
{
    int i = s->nservices;

    if (s->nservices == s->services_room) {
        s->services_room = 2 * s->services_room + 256;
        s->services = vn_xrealloc(s->services, (size_t) s->services_room,
                                  sizeof *s->services);
        s->sums = vn_xrealloc(s->sums, (size_t) s->services_room + 1,
                              sizeof *s->sums);
    }
    for (; i > 0 && s->services[i - 1] > service; i--)
        s->services[i] = s->services[i - 1];
    s->services[i] = service;
    s->nservices++;
    if (i < s->stale)
        s->stale = i;
}

static void
tiresias_leave(void *state, const struct vn_view *view, int job)
{
    struct tiresias *s = state;
    int i = 0;

    while (s->there[i] != job)
        i++;
    s->nthere--;
    memmove(&s->there[i], &s->there[i + 1],
            (size_t) (s->nthere - i) * sizeof *s->there);
    if (s->gittins)
        learn(s, (double) vn_view_attained(view, job));
}

/* How many services are at most x. */
static int
at_most(const struct tiresias *s, double x)
{
    int low = 0, high = s->nservices;

    while (low < high) {
        int middle = low + (high - low) / 2;

        if (s->services[middle] <= x)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* See the top: a job of this service, of which so much more is to the limit.
 */
static double
gittins_index(const struct tiresias *s, double attained, double more)
{
    int from = at_most(s, attained), to = at_most(s, attained + more);
    double spent = s->sums[to] - s->sums[from] - (to - from) * attained;

    if (to < s->nservices)
        spent += (s->nservices - to) * more;
    return spent > 0 ? (to - from) / spent : 0;
}

static void
make_sums(struct tiresias *s)
{
    if (s->services_room == 0)
        return;
    s->sums[0] = 0;
    for (; s->stale < s->nservices; s->stale++)
        s->sums[s->stale + 1] = s->sums[s->stale] + s->services[s->stale];
}

/* Where each stands now: the next queue, the first again, or as it did. */
static void
move(struct tiresias *s, const struct vn_view *view)
{
    vn_time now = vn_view_now(view);

    for (int i = 0; i < s->nthere; i++) {
        int job = s->there[i];
        struct member *m = &s->members[job];
        int64_t attained = vn_view_attained(view, job);
        double waited = m->type < 0 ? (double) (now - m->waits) : 0;
        int queue = m->queue;

        if (s->starve > 0 && m->queue > 0
            && waited >= s->starve * (double) vn_view_executed(view, job)) {
            m->queue = 0;
            m->base = attained;
        }
        while (attained - m->base >= s->limit[m->queue])
            m->queue++;
        if (m->queue != queue)
            m->place = s->place++;
        m->index = 0;
        if (s->gittins && s->nservices > 0)
            m->index = gittins_index(
                s, (double) attained,
                m->queue == s->nqueues - 1
                    ? INFINITY
                    : (double) (s->limit[m->queue] - attained + m->base));
    }
}

static bool
before(const struct tiresias *s, int a, int b)
{
    const struct member *x = &s->members[a], *y = &s->members[b];

    if (x->queue != y->queue)
        return x->queue < y->queue;
    if (x->index != y->index)
        return x->index > y->index;
    return x->place < y->place;
}

/* Put all in order; most stand as they did. */
static void
sort(struct tiresias *s)
{
    for (int i = 1; i < s->nthere; i++) {
        int job = s->there[i], k = i;

        for (; k > 0 && before(s, job, s->there[k - 1]); k--)
            s->there[k] = s->there[k - 1];
        s->there[k] = job;
    }
}

/* Give a job the devices that it asks for, or none. */
static void
settle(struct tiresias *s, const struct vn_view *view, int job,
       struct vn_answer *answer)
{
    struct member *m = &s->members[job];
    int devices = vn_view_job(view, job)->devices, type = m->type;

    if (type < 0 || s->free[type] < devices)
        type = vn_pool_fit(&s->pool, s->free,
                           vn_pool_types(&s->pool, view, job), devices);
    if (type >= 0)
        s->free[type] -= devices;
    if (type == m->type)
        return;
    if (m->type >= 0)
        vn_answer_set(answer, job, m->type, 0);
    if (type >= 0)
        vn_answer_set(answer, job, type, devices);
    else
        m->waits = vn_view_now(view);
    m->type = type;
}

/* Without ticks: ask again when the next of those that run is at its limit. */
static void
wake_at_limit(const struct tiresias *s, const struct vn_view *view,
              struct vn_answer *answer)
{
    for (int i = 0; i < s->nthere; i++) {
        int job = s->there[i];
        const struct member *m = &s->members[job];
        int64_t devices = vn_view_job(view, job)->devices, left;

        if (m->type < 0 || m->queue == s->nqueues - 1)
            continue;
        left = s->limit[m->queue] - vn_view_attained(view, job) + m->base;
        vn_answer_wake(answer, vn_view_now(view) + left / devices
                                   + (left % devices > 0));
    }
}

static void
tiresias_decide(void *state, const struct vn_view *view,
                struct vn_answer *answer)
{
    struct tiresias *s = state;
    vn_time now = vn_view_now(view);

    if (s->nthere == 0)
        return;
    if (s->tick > 0) {
        vn_answer_wake(answer, (now / s->tick + 1) * s->tick);
        if (now % s->tick != 0)
            return;
    }
    make_sums(s);
    move(s, view);
    sort(s);
    for (int t = 0; t < vn_view_types(view); t++)
        s->free[t] = vn_view_devices(view, t);
    for (int i = 0; i < s->nthere; i++)
        settle(s, view, s->there[i], answer);
    if (s->tick == 0)
        wake_at_limit(s, view, answer);
}

const struct vn_policy vn_policy_tiresias = {
    .name = "tiresias",
    .summary = "Tiresias: queues by attained service, or Gittins' index, each "
               "minute",
    .knows = "time had",
    .options = options,
    .rigid = true,
    .state_size = sizeof(struct tiresias),
    .open = tiresias_open,
    .close = tiresias_close,
    .arrive = tiresias_arrive,
    .leave = tiresias_leave,
    .decide = tiresias_decide,
};
