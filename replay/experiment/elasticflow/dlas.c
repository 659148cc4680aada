/*
 * Tiresias' discretised least attained service as this simulator has it:
 * three queues, left at 3,250 and 7,200 device-seconds, in each whoever fits
 * first in the order of coming; those that wait go behind those that run.  A
 * job has the devices that it asks for and its recorded duration.  What a
 * start costs is taken from the time that it has had, but its end is only
 * put off in rounds in which all trainers restart.
 */
#include "config.h"

#include "replay/experiment/elasticflow/elasticflow.h"

#include <math.h>

enum {
    QUEUES = 3
};

static const int64_t limits[] = {3250, 7200};

struct dlas {
    struct vn_ef *ef;
    struct vn_ef_list queues[QUEUES];
    struct vn_ef_list ending; /* the jobs that end next, */
    double end;               /* and when; INFINITY */
    double jump;              /* when one next leaves its queue */
};

static void
end_jobs(struct dlas *d)
{
    for (int i = 0; i < d->ending.n; i++) {
        int job = d->ending.jobs[i];

        vn_ef_end(d->ef, job);
        vn_ef_list_remove(&d->queues[d->ef->jobs[job].queue], job);
    }
}

static void
start_jobs(struct dlas *d)
{
    const struct vn_ef_list *start = &d->ef->events[0].start;

    for (int i = 0; i < start->n; i++) {
        struct vn_ef_job *job = &d->ef->jobs[start->jobs[i]];

        job->state = VN_EF_PENDING;
        job->checked = job->submit;
        job->devices = job->asked;
        vn_ef_list_add(&d->ef->runnable, start->jobs[i]);
        vn_ef_list_add(&d->queues[0], start->jobs[i]);
    }
    vn_ef_events_remove(d->ef, 0);
}

/* Time that was had, and who has had too much of it for his queue. */
static void
account(struct dlas *d)
{
    for (int i = 0; i < d->ef->runnable.n; i++) {
        int number = d->ef->runnable.jobs[i];
        struct vn_ef_job *job = &d->ef->jobs[number];
        double s = (double) (int64_t) (d->ef->now - job->checked);

        job->checked = d->ef->now;
        if (job->state != VN_EF_RUNNING)
            continue;
        job->executed += (int64_t) fmax(s - job->overhead, 0);
        job->overhead = 0;
        if (job->queue < QUEUES - 1
            && job->executed * job->asked >= limits[job->queue]) {
            vn_ef_list_remove(&d->queues[job->queue], number);
            vn_ef_list_add(&d->queues[++job->queue], number);
        }
    }
}

/* Who runs from now on. */
static void
schedule(struct dlas *d)
{
    struct vn_ef *ef = d->ef;
    int left = ef->devices;

    vn_ef_round(ef);
    for (int q = 0; q < QUEUES; q++)
        for (int i = 0; i < d->queues[q].n; i++) {
            struct vn_ef_job *job = &ef->jobs[d->queues[q].jobs[i]];

            if (job->asked > left) {
                job->preemptions += job->state == VN_EF_RUNNING;
                job->state = VN_EF_PENDING;
                continue;
            }
            left -= job->asked;
            if (job->state == VN_EF_RUNNING)
                continue;
            job->state = VN_EF_RUNNING;
            job->overhead = vn_ef_overhead(ef, job->asked, false);
            if (isnan(job->start))
                job->start = ef->now;
        }
}

/* In each queue those that wait go behind those that run. */
static void
order_queues(struct dlas *d)
{
    for (int q = 0; q < QUEUES; q++) {
        struct vn_ef_list *queue = &d->queues[q], sorted = {0};

        for (int waits = 0; waits < 2; waits++)
            for (int i = 0; i < queue->n; i++)
                if ((d->ef->jobs[queue->jobs[i]].state == VN_EF_PENDING)
                    == waits)
                    vn_ef_list_add(&sorted, queue->jobs[i]);
        vn_ef_list_free(queue);
        *queue = sorted;
    }
}

/* The widest first; of equals in the order that they had. */
static void
order_runnable(struct vn_ef *ef)
{
    int *jobs = ef->runnable.jobs;

    for (int i = 1; i < ef->runnable.n; i++) {
        int job = jobs[i], at = i;

        for (; at > 0 && ef->jobs[jobs[at - 1]].asked < ef->jobs[job].asked;
             at--)
            jobs[at] = jobs[at - 1];
        jobs[at] = job;
    }
}

/* Who ends next, and who leaves a queue next. */
static void
look_ahead(struct dlas *d)
{
    struct vn_ef *ef = d->ef;

    d->ending.n = 0;
    d->end = d->jump = INFINITY;
    for (int i = 0; i < ef->runnable.n; i++) {
        struct vn_ef_job *job = &ef->jobs[ef->runnable.jobs[i]];
        double left = (double) (job->duration - job->executed), end, at;

        if (job->state != VN_EF_RUNNING)
            continue;
        if (ef->restart) {
            job->overhead = vn_ef_overhead(ef, job->asked, false);
            left += job->overhead;
        }
        end = (double) (int64_t) (ef->now + left);
        at = fmax(ef->now + ef->slot, end);
        if (at < d->end)
            d->ending.n = 0;
        if (at <= d->end) {
            d->end = at;
            job->end = end;
            vn_ef_list_add(&d->ending, ef->runnable.jobs[i]);
        }
        if (job->queue < QUEUES - 1)
            d->jump =
                fmin(d->jump,
                     ef->now
                         + ceil((double) (limits[job->queue] - job->executed)
                                / job->asked));
    }
    d->jump = fmax(d->jump, ef->now + ef->slot);
}

void
vn_ef_run_dlas(struct vn_ef *ef)
{
    struct dlas d = {.ef = ef, .end = INFINITY, .jump = INFINITY};

    while (ef->nevents > 0 || d.ending.n > 0) {
        double start = ef->nevents > 0 ? ef->events[0].time : INFINITY;
        double next = fmin(start, d.end);

        ef->now = fmin(next, d.jump);
        if (next <= d.jump && d.end <= start)
            end_jobs(&d);
        if (next <= d.jump && start <= d.end)
            start_jobs(&d);
        account(&d);
        schedule(&d);
        order_runnable(ef);
        order_queues(&d);
        look_ahead(&d);
        vn_ef_events_join(ef, false);
    }
    for (int q = 0; q < QUEUES; q++)
        vn_ef_list_free(&d.queues[q]);
    vn_ef_list_free(&d.ending);
}
