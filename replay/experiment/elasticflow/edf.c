/*
 * Earliest deadline first, and with admission: one that arrives is declined
 * unless all that may run, and it, would meet their deadlines so.
 */
#include "config.h"

#include "replay/experiment/elasticflow/elasticflow.h"

#include <stdlib.h>

/* Plan all of a list, by deadline; do all meet theirs? */
static bool
estimate(struct vn_ef *ef, struct vn_ef_list *list)
{
    bool all = true;

    vn_timeline_begin(&ef->free, ef->now, ef->devices);
    vn_ef_sort_by_deadline(ef, list);
    for (int i = 0; i < list->n; i++) {
        struct vn_ef_job *job = &ef->jobs[list->jobs[i]];

        vn_deadline_plan_greedy(&job->claim, ef->now, ef->slot, ef->devices,
                                &ef->free, &job->grown);
        all = all && job->grown.meets;
    }
    return all;
}

/* The same of those that may run and some more. */
static bool
estimate_with(struct vn_ef *ef, const int *more, int n)
{
    struct vn_ef_list all = {0};
    bool met;

    for (int i = 0; i < ef->runnable.n; i++)
        vn_ef_list_add(&all, ef->runnable.jobs[i]);
    for (int i = 0; i < n; i++)
        vn_ef_list_add(&all, more[i]);
    met = estimate(ef, &all);
    vn_ef_list_free(&all);
    return met;
}

/* What was planned for it becomes its plan. */
static void
adopt(struct vn_ef_job *job)
{
    job->devices = job->grown.steps.steps[0].devices;
    job->old_end = job->end;
    job->end = job->grown.end;
}

static void
end_jobs(struct vn_ef *ef)
{
    const struct vn_ef_list *list = &ef->events[0].end;

    for (int i = 0; i < list->n; i++)
        vn_ef_end(ef, list->jobs[i]);
}

void
vn_ef_run_edf(struct vn_ef *ef)
{
    while (ef->nevents > 0) {
        struct vn_ef_list *start;

        vn_ef_work(ef);
        end_jobs(ef);
        start = &ef->events[0].start;
        if (start->n > 0)
            estimate_with(ef, start->jobs, start->n);
        else
            estimate(ef, &ef->runnable);
        for (int i = 0; i < start->n; i++)
            vn_ef_submit(ef, start->jobs[i]);
        for (int i = 0; i < ef->runnable.n; i++) {
            int number = ef->runnable.jobs[i];
            struct vn_ef_job *job = &ef->jobs[number];

            adopt(job);
            if (job->state == VN_EF_RUNNING) {
                vn_ef_end_move(ef, number);
            } else if (job->devices > 0) {
                vn_ef_start(ef, number);
                vn_ef_end_add(ef, number);
            }
        }
        vn_ef_events_remove(ef, 0);
        vn_ef_proceed(ef);
    }
}

/* It was admitted: all follow the plan that it is in. */
static void
admit(struct vn_ef *ef, int job)
{
    vn_ef_submit(ef, job);
    for (int i = 0; i < ef->running.n; i++) {
        adopt(&ef->jobs[ef->running.jobs[i]]);
        vn_ef_end_move(ef, ef->running.jobs[i]);
    }
    for (int i = 0; i < ef->pending.n; i++)
        adopt(&ef->jobs[ef->pending.jobs[i]]);
    for (int i = 0; i < ef->pending.n;) {
        int number = ef->pending.jobs[i];

        if (ef->jobs[number].devices == 0) {
            i++;
            continue;
        }
        vn_ef_start(ef, number);
        vn_ef_end_add(ef, number);
    }
}

/* Nobody new: all are planned anew. */
static void
go_on(struct vn_ef *ef)
{
    estimate(ef, &ef->runnable);
    for (int i = 0; i < ef->runnable.n; i++) {
        int number = ef->runnable.jobs[i];
        struct vn_ef_job *job = &ef->jobs[number];

        /* The end of one that gets nothing stays where it was. */
        job->devices = job->grown.steps.steps[0].devices;
        if (job->devices == 0)
            continue;
        if (job->state == VN_EF_PENDING) {
            vn_ef_start(ef, number);
            vn_ef_end_add(ef, number);
        }
        job->end = job->grown.end;
        vn_ef_end_move(ef, number);
    }
}

void
vn_ef_run_edf_admission(struct vn_ef *ef)
{
    while (ef->nevents > 0) {
        bool admitted = false;

        vn_ef_work(ef);
        for (int i = 0; i < ef->runnable.n; i++)
            ef->jobs[ef->runnable.jobs[i]].old_end =
                ef->jobs[ef->runnable.jobs[i]].end;
        vn_ef_place_begin(ef);
        end_jobs(ef);
        for (int i = 0; i < ef->events[0].start.n; i++) {
            int number = ef->events[0].start.jobs[i];

            if (estimate_with(ef, &number, 1)) {
                admit(ef, number);
                admitted = true;
            } else {
                ef->jobs[number].state = VN_EF_DECLINED;
            }
        }
        if (!admitted)
            go_on(ef);
        for (int i = 0; i < ef->runnable.n; i++)
            if (ef->jobs[ef->runnable.jobs[i]].devices > 0)
                vn_ef_place(ef, ef->runnable.jobs[i]);
        vn_ef_place_note(ef);
        vn_ef_events_remove(ef, 0);
        if (ef->nevents > 0) {
            vn_ef_round(ef);
            for (int i = 0; i < ef->running.n; i++)
                vn_ef_delay(ef, ef->running.jobs[i]);
        }
        vn_ef_proceed(ef);
    }
}
