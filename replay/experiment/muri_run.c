/*
 * The event loop of Muri's simulator, and its queues of jobs that have
 * devices to themselves.
 *
 * At every event (an arrival, or the earliest end as it looked at the event
 * before) each running job has gone on for the time since, less an overhead
 * that it pays whether or not anything happened to it; ends are foreseen
 * without it.
 *
 * shortest, shortest-gpu: by what is left of a job, in seconds or in device
 * seconds, the cluster is filled anew, first node first; what has no place is
 * passed over, and stopped if it ran.
 *
 * dlas-gpu: three queues, which a job leaves at 3250 and 7200 device seconds;
 * in each, those that run before those that wait, otherwise as they came;
 * filled anew by number of devices alone, whatever node they are on.
 */
#include "config.h"

#include "replay/experiment/muri.h"

#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>

extern const struct vn_muri_policy vn_muri_antman;

enum {
    QUEUES = 3
};

static const double limits[QUEUES - 1] = {3250, 7200};

struct keyed {
    int position;
    struct vn_muri_job *job;
};

static int
by_key(const void *a, const void *b)
{
    const struct keyed *x = a, *y = b;

    if (x->job->key != y->job->key)
        return x->job->key < y->job->key ? -1 : 1;
    return x->position - y->position;
}

void
vn_muri_sort(struct vn_muri *m)
{
    struct keyed *keyed = vn_xcalloc((size_t) m->nrunnable, sizeof *keyed);

    for (int i = 0; i < m->nrunnable; i++)
        keyed[i] = (struct keyed){i, m->runnable[i]};
    qsort(keyed, (size_t) m->nrunnable, sizeof *keyed, by_key);
    for (int i = 0; i < m->nrunnable; i++)
        m->runnable[i] = keyed[i].job;
    free(keyed);
}

static void
set_running(struct vn_muri *m, struct vn_muri_job *job, bool running)
{
    if (running && isnan(job->start))
        job->start = m->now;
    job->status = running ? VN_MURI_RUNNING : VN_MURI_PENDING;
}

/* Whole nodes for a wide job, and the first with enough for the rest. */
static bool
place_wide(struct vn_muri *m, int devices)
{
    int whole = devices / m->each, rest = devices % m->each, last = -1;

    for (int i = 0; i < m->nodes; i++)
        if (whole > 0 && m->free[i] == m->each)
            whole--;
        else if (last < 0 && m->free[i] >= rest)
            last = i;
    if (whole > 0 || (rest > 0 && last < 0))
        return false;
    whole = devices / m->each;
    for (int i = 0; i < m->nodes && whole > 0; i++)
        if (m->free[i] == m->each) {
            m->free[i] = 0;
            whole--;
        }
    if (rest > 0)
        m->free[last] -= rest;
    return true;
}

static bool
place(struct vn_muri *m, int devices)
{
    if (devices > m->each)
        return place_wide(m, devices);
    for (int i = 0; i < m->nodes; i++)
        if (m->free[i] >= devices) {
            m->free[i] -= devices;
            return true;
        }
    return false;
}

static double
key_time(const struct vn_muri_job *job)
{
    return job->left * job->iteration;
}

static double
key_device_time(const struct vn_muri_job *job)
{
    return job->left * job->iteration * job->devices;
}

static void
decide_shortest(struct vn_muri *m)
{
    for (int i = 0; i < m->nrunnable; i++)
        m->runnable[i]->key = m->policy->key(m->runnable[i]);
    vn_muri_sort(m);
    for (int i = 0; i < m->nodes; i++)
        m->free[i] = m->each;
    for (int i = 0; i < m->nrunnable; i++)
        set_running(m, m->runnable[i], place(m, m->runnable[i]->devices));
}

/* Take a job out of the queues, which stand one behind the other. */
static void
unqueue(struct vn_muri *m, const struct vn_muri_job *job, int n)
{
    int i = 0;

    while (m->queues[i] != job)
        i++;
    for (; i < n - 1; i++)
        m->queues[i] = m->queues[i + 1];
}

/* Put it at the end of its queue. */
static void
enqueue(struct vn_muri *m, struct vn_muri_job *job, int n)
{
    int i = n;

    while (i > 0 && m->queues[i - 1]->queue > job->queue) {
        m->queues[i] = m->queues[i - 1];
        i--;
    }
    m->queues[i] = job;
}

static void
leave_dlas(struct vn_muri *m, struct vn_muri_job *job)
{
    unqueue(m, job, m->nrunnable + 1);
}

/* In each queue what waits goes behind what runs. */
static void
put_pending_behind(struct vn_muri *m)
{
    struct vn_muri_job **to =
        vn_xcalloc((size_t) m->nrunnable, sizeof(struct vn_muri_job *));
    int n = 0;

    for (int q = 0; q < QUEUES; q++)
        for (int pass = VN_MURI_RUNNING; pass >= VN_MURI_PENDING; pass--)
            for (int i = 0; i < m->nrunnable; i++)
                if (m->queues[i]->queue == q
                    && m->queues[i]->status == (enum vn_muri_status) pass)
                    to[n++] = m->queues[i];
    for (int i = 0; i < n; i++)
        m->queues[i] = to[i];
    free(to);
}

static void
decide_dlas(struct vn_muri *m)
{
    int left = m->nodes * m->each, n = 0;

    /* Those that have just come stand at the end of runnable. */
    for (int i = 0; i < m->nrunnable; i++)
        if (m->runnable[i]->queue >= 0)
            n++;
    for (int i = 0; i < m->nrunnable; i++) {
        struct vn_muri_job *job = m->runnable[i];

        if (job->queue < 0) {
            job->queue = 0;
            enqueue(m, job, n++);
        }
    }
    for (int i = 0; i < m->nrunnable; i++) {
        struct vn_muri_job *job = m->runnable[i];

        if (job->status == VN_MURI_RUNNING && job->queue < QUEUES - 1
            && job->executed * job->devices >= limits[job->queue]) {
            unqueue(m, job, n);
            job->queue++;
            enqueue(m, job, n - 1);
        }
    }
    for (int i = 0; i < n; i++) {
        struct vn_muri_job *job = m->queues[i];
        bool runs = job->devices <= left;

        if (runs)
            left -= job->devices;
        set_running(m, job, runs);
    }
    put_pending_behind(m);
}

/* When a running job leaves its queue. */
static double
jump_dlas(const struct vn_muri *m)
{
    double next = INFINITY;

    for (int i = 0; i < m->nrunnable; i++) {
        const struct vn_muri_job *job = m->runnable[i];

        if (job->status == VN_MURI_RUNNING && job->queue < QUEUES - 1)
            next = fmin(next, ceil(limits[job->queue] / job->devices)
                                  - job->executed + m->now);
    }
    return next;
}

static const struct vn_muri_policy shortest = {
    .name = "shortest", .key = key_time, .decide = decide_shortest};
static const struct vn_muri_policy shortest_gpu = {
    .name = "shortest-gpu", .key = key_device_time, .decide = decide_shortest};
static const struct vn_muri_policy dlas_gpu = {.name = "dlas-gpu",
                                               .decide = decide_dlas,
                                               .leave = leave_dlas,
                                               .jump = jump_dlas};

const struct vn_muri_policy *const vn_muri_policies[] = {
    &shortest, &shortest_gpu, &dlas_gpu, &vn_muri_antman, NULL};

/* What each job has done or waited since it was looked at last. */
static void
go_on(struct vn_muri *m)
{
    for (int i = 0; i < m->nrunnable; i++) {
        struct vn_muri_job *job = m->runnable[i];
        double since = m->now - job->last;

        if (job->status == VN_MURI_RUNNING) {
            job->left -= fmax(since - job->overhead, 0) / job->pace;
            job->executed = job->executed + m->now - job->last;
        } else {
            job->pending += since;
        }
        job->last = m->now;
    }
}

static void
end(struct vn_muri *m, struct vn_muri_job *job)
{
    int i = 0;

    while (m->runnable[i] != job)
        i++;
    m->nrunnable--;
    for (; i < m->nrunnable; i++)
        m->runnable[i] = m->runnable[i + 1];
    job->executed += m->now - job->last;
    job->finish = m->now;
    job->status = VN_MURI_ENDED;
    if (m->policy->leave != NULL)
        m->policy->leave(m, job);
}

static bool
is_close(double a, double b)
{
    return fabs(a - b) <= fmax(1e-9 * fmax(fabs(a), fabs(b)), 1e-4);
}

/* The jobs that end with the first, in the order of the list. */
static void
end_jobs(struct vn_muri *m, double first)
{
    for (int i = 0; i < m->nrunnable;) {
        struct vn_muri_job *job = m->runnable[i];

        if (job->status == VN_MURI_RUNNING
            && (job->end == first
                || (m->policy->together && is_close(job->end, first))))
            end(m, job);
        else
            i++;
    }
}

static void
arrive(struct vn_muri *m)
{
    while (m->next < m->njobs && m->jobs[m->next].submit == m->now) {
        struct vn_muri_job *job = &m->jobs[m->next++];

        job->status = VN_MURI_PENDING;
        job->last = m->now;
        m->runnable[m->nrunnable++] = job;
    }
}

/* The earliest end, as it looks now. */
static double
foresee(struct vn_muri *m)
{
    double first = INFINITY;

    for (int i = 0; i < m->nrunnable; i++) {
        struct vn_muri_job *job = m->runnable[i];

        if (job->status != VN_MURI_RUNNING)
            continue;
        job->end = m->now + job->left * job->pace;
        first = fmin(first, job->end);
    }
    return first;
}

static void
open_run(struct vn_muri *m)
{
    size_t devices = (size_t) m->nodes * (size_t) m->each;

    m->runnable = vn_xcalloc((size_t) m->njobs, sizeof *m->runnable);
    m->queues = vn_xcalloc((size_t) m->njobs, sizeof *m->queues);
    m->free = vn_xcalloc((size_t) m->nodes, sizeof *m->free);
    m->load = vn_xcalloc(devices, sizeof *m->load);
    m->guaranteed = vn_xcalloc(devices, sizeof *m->guaranteed);
    for (size_t d = 0; d < devices; d++)
        m->guaranteed[d] = -1;
    for (int i = 0; i < m->njobs; i++) {
        struct vn_muri_job *job = &m->jobs[i];

        job->start = job->finish = NAN;
        job->left = job->iterations;
        job->pace = job->iteration;
        job->queue = -1;
    }
}

static void
close_run(struct vn_muri *m)
{
    free(m->runnable);
    free(m->queues);
    free(m->free);
    free(m->load);
    free(m->guaranteed);
}

void
vn_muri_run(struct vn_muri *m)
{
    double first = INFINITY, jump = INFINITY;

    open_run(m);
    for (;;) {
        double come = m->next < m->njobs ? m->jobs[m->next].submit : INFINITY;
        double next = fmin(come, first);

        if (isinf(next))
            break;
        m->now = fmin(next, jump);
        if (next <= jump) {
            if (first <= come)
                end_jobs(m, first);
            if (come <= first)
                arrive(m);
        }
        go_on(m);
        m->policy->decide(m);
        first = foresee(m);
        jump = m->policy->jump != NULL ? m->policy->jump(m) : INFINITY;
    }
    close_run(m);
}
