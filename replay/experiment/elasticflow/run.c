#include "config.h"

#include "replay/experiment/elasticflow/elasticflow.h"

#include <math.h>

/* One job works from the event before until now. */
static void
work(struct vn_ef *ef, int number)
{
    struct vn_ef_job *job = &ef->jobs[number];
    double rate = vn_deadline_rate(&job->claim, job->devices);
    double until = isnan(job->real_end) ? job->end : job->real_end;
    double s = ef->passed, done;

    if (ef->now > until)
        s -= ef->now - until;
    s = s < job->overhead ? 0 : s - job->overhead;
    done = s * rate;
    if (job->claim.left <= done && job->end > ef->now) {
        /* Sooner than was expected: it ends at this event. */
        double end = ef->now - ef->passed + ceil(job->claim.left / rate);

        done = (job->end - ef->now + ef->passed) * rate;
        job->old_end = job->end;
        job->end = ef->now;
        vn_ef_end_move(ef, number);
        job->end = end;
    }
    job->claim.left -= done;
}

void
vn_ef_work(struct vn_ef *ef)
{
    for (int i = 0; i < ef->runnable.n; i++)
        if (ef->jobs[ef->runnable.jobs[i]].devices > 0)
            work(ef, ef->runnable.jobs[i]);
    for (int i = 0; i < ef->runnable.n; i++)
        ef->jobs[ef->runnable.jobs[i]].overhead = 0;
}

void
vn_ef_sort_by_deadline(struct vn_ef *ef, struct vn_ef_list *list)
{
    for (int i = 1; i < list->n; i++) {
        int job = list->jobs[i], at = i;
        double deadline = ef->jobs[job].claim.deadline;

        for (;
             at > 0 && ef->jobs[list->jobs[at - 1]].claim.deadline > deadline;
             at--)
            list->jobs[at] = list->jobs[at - 1];
        list->jobs[at] = job;
    }
}

void
vn_ef_submit(struct vn_ef *ef, int job)
{
    ef->jobs[job].state = VN_EF_PENDING;
    vn_ef_list_add(&ef->pending, job);
    vn_ef_list_add(&ef->runnable, job);
}

void
vn_ef_start(struct vn_ef *ef, int job)
{
    ef->jobs[job].state = VN_EF_RUNNING;
    ef->jobs[job].start = ef->now;
    vn_ef_list_remove(&ef->pending, job);
    vn_ef_list_add(&ef->running, job);
}

void
vn_ef_end(struct vn_ef *ef, int job)
{
    ef->jobs[job].state = VN_EF_ENDED;
    vn_ef_list_remove(&ef->running, job);
    vn_ef_list_remove(&ef->runnable, job);
}

void
vn_ef_delay(struct vn_ef *ef, int number)
{
    struct vn_ef_job *job = &ef->jobs[number];

    if (job->devices == 0) {
        job->overhead = 0;
        return;
    }
    job->overhead = vn_ef_overhead(ef, job->devices, job->cached);
    job->old_end = job->end;
    job->end += job->overhead;
    vn_ef_end_move(ef, number);
}

void
vn_ef_proceed(struct vn_ef *ef)
{
    vn_ef_events_join(ef, true);
    if (ef->nevents == 0)
        return;
    ef->passed = (double) (int64_t) (ef->events[0].time - ef->now);
    ef->now = ef->events[0].time;
}
