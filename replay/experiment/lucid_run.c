/*
 * Queues of whole jobs as the simulators of Helios (SC 2021) and Lucid
 * (ASPLOS 2023) run them: second by second, on nodes of 8 devices with
 * consolidated placement (sim/place/consolidate.h).
 *
 * In each second jobs end, then arrive, then the policy starts and stops.
 *
 * fifo, sjf and qssf never stop a job, and wait where the first of the queue
 * has no place.  A job ends its duration after it started.  qssf orders by
 * devices, and from the second on in which any job waits that did not arrive
 * in it, by what was predicted of its duration times devices.
 *
 * srtf and tiresias give quota in their order over all that is there, pass
 * over what no longer fits, stop what runs without, and then place what has
 * quota and waits.  A job counts down the seconds it has left, and is seen to
 * have none a second after it ended; each stop adds 40 s to them, 60 s where
 * it has more than 8 devices.  tiresias decides at whole minutes: two queues,
 * in which a job stands by its device seconds so far, each in order of
 * submission.
 *
 * Seconds in which nothing can come about are passed over.
 */
#include "config.h"

#include "replay/experiment/lucid.h"

#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>

enum {
    MINUTE = 60,
    SHORT_RESTART = 40, /* s, of a job of one node */
    LONG_RESTART = 60,
    ATTAINED_MAX = 18000, /* device seconds in the first queue */
};

/* A job and its key, to be sorted by (key, position). */
struct vn_lucid_keyed {
    double key;
    int position;
    struct vn_lucid_job *job;
};

struct vn_lucid_policy {
    bool stops;         /* counts down, and may stop jobs */
    bool running_first; /* of jobs with the same key */
    int interval;       /* seconds between decisions */
    double (*key)(const struct vn_lucid *w, const struct vn_lucid_job *job);
};

static int
by_key(const void *a, const void *b)
{
    const struct vn_lucid_keyed *x = a, *y = b;

    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return x->position - y->position;
}

/* Put jobs in order of a key, stably. */
static void
sort(struct vn_lucid *w, struct vn_lucid_job **jobs, int n,
     double (*key)(const struct vn_lucid *w, const struct vn_lucid_job *job))
{
    for (int i = 0; i < n; i++)
        w->keyed[i] = (struct vn_lucid_keyed){key(w, jobs[i]), i, jobs[i]};
    qsort(w->keyed, (size_t) n, sizeof *w->keyed, by_key);
    for (int i = 0; i < n; i++)
        jobs[i] = w->keyed[i].job;
}

static double
key_submit(const struct vn_lucid *w, const struct vn_lucid_job *job)
{
    (void) w;
    return (double) job->submit;
}

static double
key_duration(const struct vn_lucid *w, const struct vn_lucid_job *job)
{
    (void) w;
    return (double) job->duration;
}

static double
key_devices(const struct vn_lucid *w, const struct vn_lucid_job *job)
{
    (void) w;
    return job->devices;
}

static double
key_priority(const struct vn_lucid *w, const struct vn_lucid_job *job)
{
    (void) w;
    return job->priority;
}

static double
key_left(const struct vn_lucid *w, const struct vn_lucid_job *job)
{
    (void) w;
    return (double) job->left;
}

/* Device seconds that a job has had. */
static int64_t
attained(const struct vn_lucid *w, const struct vn_lucid_job *job)
{
    return job->attained
           + (job->running ? (w->now - job->since) * job->devices : 0);
}

/* The second queue behind the first, each in order of submission. */
static double
key_tiresias(const struct vn_lucid *w, const struct vn_lucid_job *job)
{
    return (double) job->submit
           + (attained(w, job) > ATTAINED_MAX ? 0x1p50 : 0);
}

const char *const vn_lucid_policies[] = {"fifo", "sjf",      "qssf",
                                         "srtf", "tiresias", NULL};

/* In the order of the names. */
static const struct vn_lucid_policy policies[] = {
    {false, false, 1, key_submit},
    {false, false, 1, key_duration},
    {false, false, 1, NULL},
    {true, false, 1, key_left},
    {true, true, MINUTE, key_tiresias}};

static void
drop(struct vn_lucid_job **jobs, int *n, const struct vn_lucid_job *job)
{
    int i = 0;

    while (jobs[i] != job)
        i++;
    (*n)--;
    for (; i < *n; i++)
        jobs[i] = jobs[i + 1];
}

static bool
start(struct vn_lucid *w, struct vn_lucid_job *job)
{
    if (!vn_consolidate_take(w->nodes, job->devices, job->where))
        return false;
    drop(w->queue, &w->nqueue, job);
    w->running[w->nrunning++] = job;
    job->queued += w->now - job->since;
    if (job->start < 0)
        job->start = w->now;
    job->since = w->now;
    job->running = true;
    return w->changed = true;
}

static void
leave(struct vn_lucid *w, struct vn_lucid_job *job)
{
    drop(w->running, &w->nrunning, job);
    vn_consolidate_give(w->nodes, job->devices, job->where);
    job->attained = attained(w, job);
    job->running = false;
    job->since = w->now;
    w->changed = true;
}

static void
stop(struct vn_lucid *w, struct vn_lucid_job *job)
{
    leave(w, job);
    job->stops++;
    job->left += job->devices <= w->each ? SHORT_RESTART : LONG_RESTART;
    w->queue[w->nqueue++] = job;
}

/* Jobs that end, as the second begins. */
static void
end(struct vn_lucid *w)
{
    for (int i = 0; i < w->nrunning;) {
        struct vn_lucid_job *job = w->running[i];

        if (w->policy->stops ? job->left-- == 0
                             : job->since + job->duration == w->now) {
            job->finish = w->now;
            leave(w, job);
        } else {
            i++;
        }
    }
}

static int
arrive(struct vn_lucid *w)
{
    int came = 0;

    while (w->next < w->njobs && w->jobs[w->next].submit <= w->now) {
        w->jobs[w->next].since = w->now;
        w->queue[w->nqueue++] = &w->jobs[w->next++];
        came++;
    }
    w->changed = w->changed || came > 0;
    return came;
}

/* The order of qssf. */
static void
order_qssf(struct vn_lucid *w, int came)
{
    sort(w, w->queue, w->nqueue, key_devices);
    if (w->nqueue <= came)
        return;
    for (int i = 0; i < w->nqueue; i++)
        if (isnan(w->queue[i]->priority))
            w->queue[i]->priority =
                (double) w->queue[i]->predicted * w->queue[i]->devices;
    sort(w, w->queue, w->nqueue, key_priority);
}

/* Start from the head of the queue, as long as there is a place for it. */
static void
decide_in_order(struct vn_lucid *w, int came)
{
    if (w->policy->key != NULL)
        sort(w, w->queue, w->nqueue, w->policy->key);
    else
        order_qssf(w, came);
    for (int i = 0; i < w->nqueue;) {
        if (start(w, w->queue[i]))
            continue;
        if (!w->skip)
            return;
        i++;
    }
}

static void
put_keyed(struct vn_lucid *w, struct vn_lucid_job **jobs, int njobs, int *n)
{
    for (int i = 0; i < njobs; i++, (*n)++)
        w->keyed[*n] =
            (struct vn_lucid_keyed){w->policy->key(w, jobs[i]), *n, jobs[i]};
}

/* Give quota in order; stop what runs without, start what waits with it. */
static void
decide_by_quota(struct vn_lucid *w)
{
    int left = w->devices, n = 0;

    if (w->policy->running_first)
        put_keyed(w, w->running, w->nrunning, &n);
    put_keyed(w, w->queue, w->nqueue, &n);
    if (!w->policy->running_first)
        put_keyed(w, w->running, w->nrunning, &n);
    qsort(w->keyed, (size_t) n, sizeof *w->keyed, by_key);
    for (int i = 0; i < n; i++) {
        struct vn_lucid_job *job = w->keyed[i].job;

        job->quota = job->devices <= left;
        if (job->quota)
            left -= job->devices;
    }
    for (int i = 0; i < n; i++)
        if (w->keyed[i].job->running && !w->keyed[i].job->quota)
            stop(w, w->keyed[i].job);
    for (int i = 0; i < n; i++)
        if (!w->keyed[i].job->running && w->keyed[i].job->quota)
            start(w, w->keyed[i].job);
}

/* Of two times the earlier, of those that are known (not -1). */
static int64_t
earlier(int64_t a, int64_t b)
{
    return a < 0 || (b >= 0 && b < a) ? b : a;
}

/*
 * When a running job goes before one that waits, under srtf: what is left of
 * it shrinks by one a second, of the other not at all.  -1: never.
 */
static int64_t
next_overtaking(const struct vn_lucid *w)
{
    int64_t next = -1;

    for (int i = 0; i < w->nrunning; i++)
        for (int j = 0; j < w->nqueue; j++)
            if (w->running[i]->left >= w->queue[j]->left)
                next = earlier(next, w->now + w->running[i]->left
                                         - w->queue[j]->left + 1);
    return next;
}

/* The next second in which something can come about; -1: none. */
static int64_t
next_second(const struct vn_lucid *w)
{
    int interval = w->policy->interval;
    int64_t next = -1;

    if (interval == 1 && w->changed && w->nqueue > 0)
        return w->now + 1;
    if (w->next < w->njobs)
        next = w->jobs[w->next].submit;
    for (int i = 0; i < w->nrunning; i++)
        next = earlier(next,
                       w->policy->stops
                           ? w->now + w->running[i]->left + 1
                           : w->running[i]->since + w->running[i]->duration);
    if (interval > 1 && w->nqueue > 0)
        next = earlier(next, w->now + interval - w->now % interval);
    else if (w->policy->stops)
        next = earlier(next, next_overtaking(w));
    return next;
}

const struct vn_lucid_policy *
vn_lucid_policy(int i)
{
    return &policies[i];
}

bool
vn_lucid_predicts(const struct vn_lucid_policy *policy)
{
    return policy->key == NULL;
}

void
vn_lucid_run(struct vn_lucid *w)
{
    w->queue = vn_xcalloc((size_t) w->njobs, sizeof *w->queue);
    w->running = vn_xcalloc((size_t) w->njobs, sizeof *w->running);
    w->keyed = vn_xcalloc((size_t) w->njobs, sizeof *w->keyed);
    for (int64_t next = w->njobs > 0 ? w->jobs[0].submit : -1; next >= 0;
         next = next_second(w)) {
        int came;

        /* What is left of a job shrinks as each second begins, end() does it
         * for this one. */
        for (int i = 0; i < w->nrunning; i++)
            w->running[i]->left -= next - w->now - 1;
        w->now = next;
        w->changed = false;
        end(w);
        came = arrive(w);
        if (w->now % w->policy->interval != 0)
            continue;
        if (w->policy->stops)
            decide_by_quota(w);
        else
            decide_in_order(w, came);
    }
    free(w->queue);
    free(w->running);
    free(w->keyed);
}
