/*
 * ElasticFlow: minimum satisfactory shares by deadline, admission of all that
 * arrive at an event or none of them, and spare devices to where another size
 * changes the planned device-time most; as the published code has it, the
 * largest growth first.
 */
#include "config.h"

#include "replay/experiment/elasticflow/elasticflow.h"

#include <float.h>
#include <math.h>

static void
plan(struct vn_ef *ef, struct vn_ef_job *job)
{
    vn_deadline_plan(&job->claim, ef->now, ef->slot, ef->devices, -1,
                     &ef->free, &job->plan);
    job->end = job->plan.end;
    job->real_end = job->plan.real_end;
}

/* Plan all of a list; do all meet their deadlines? */
static bool
estimate(struct vn_ef *ef, struct vn_ef_list *list, bool note)
{
    bool all = true;

    vn_timeline_begin(&ef->free, ef->now, ef->devices);
    vn_ef_sort_by_deadline(ef, list);
    for (int i = 0; i < list->n; i++) {
        struct vn_ef_job *job = &ef->jobs[list->jobs[i]];

        if (note)
            job->old_end = job->end;
        plan(ef, job);
        all = all && job->plan.meets;
    }
    return all;
}

/* Admit all that arrive now, or none. */
static bool
admit(struct vn_ef *ef, const struct vn_ef_list *start)
{
    struct vn_ef_list all = {0};
    bool met;

    for (int i = 0; i < ef->runnable.n; i++)
        vn_ef_list_add(&all, ef->runnable.jobs[i]);
    for (int i = 0; i < start->n; i++)
        vn_ef_list_add(&all, start->jobs[i]);
    met = estimate(ef, &all, true);
    vn_ef_list_free(&all);
    for (int i = 0; i < start->n; i++)
        if (met)
            vn_ef_submit(ef, start->jobs[i]);
        else
            ef->jobs[start->jobs[i]].state = VN_EF_DECLINED;
    return met;
}

/* What the next size would change, if so many devices are spare. */
static void
price(struct vn_ef *ef, struct vn_ef_job *job, int spare)
{
    int more = job->next - job->devices, had = 0;
    struct vn_timeline *free = &job->grown_free;

    if (more > spare || more == 0) {
        job->marginal = -DBL_MAX;
        return;
    }
    vn_timeline_copy(free, &ef->free);
    vn_timeline_cut(free, job->end);
    for (int i = 0; i < job->plan.steps.n; i++) {
        const struct vn_step *step = &job->plan.steps.steps[i];

        vn_timeline_cut(free, step->at);
        vn_timeline_take(free, step->at, job->end, had - step->devices);
        had = step->devices;
    }
    vn_timeline_merge(free);
    vn_deadline_plan(&job->claim, ef->now, ef->slot, ef->devices, job->next,
                     free, &job->grown);
    job->marginal = job->devices == 0
                        ? DBL_MAX
                        : (vn_timeline_area(&job->grown.steps, job->grown.end)
                           - vn_timeline_area(&job->plan.steps, job->end))
                              / more;
}

static void
sort_by_marginal(struct vn_ef *ef)
{
    int *jobs = ef->runnable.jobs;

    for (int i = 1; i < ef->runnable.n; i++) {
        int job = jobs[i], at = i;

        for (; at > 0
               && ef->jobs[jobs[at - 1]].marginal < ef->jobs[job].marginal;
             at--)
            jobs[at] = jobs[at - 1];
        jobs[at] = job;
    }
}

/* It gets its next size; the devices that takes. */
static int
grow(struct vn_ef *ef, int number)
{
    struct vn_ef_job *job = &ef->jobs[number];
    int more = job->next - job->devices;

    vn_timeline_copy(&ef->free, &job->grown_free);
    vn_timeline_copy(&job->plan.steps, &job->grown.steps);
    job->devices = job->next;
    job->old_end = job->end;
    job->end = job->grown.end;
    if (job->state == VN_EF_PENDING)
        vn_ef_start(ef, number);
    vn_ef_end_move(ef, number);
    job->next = vn_deadline_next(&job->claim, job->devices);
    return more;
}

/* Deal out what nobody's minimum needs. */
static void
deal(struct vn_ef *ef)
{
    int spare = ef->devices;
    bool dealt = true;

    for (int i = 0; i < ef->runnable.n; i++) {
        struct vn_ef_job *job = &ef->jobs[ef->runnable.jobs[i]];

        job->next = vn_deadline_next(&job->claim, job->devices);
        spare -= job->devices;
    }
    if (spare == 0)
        return;
    for (int i = 0; i < ef->runnable.n; i++)
        price(ef, &ef->jobs[ef->runnable.jobs[i]], spare);
    sort_by_marginal(ef);
    while (spare > 0 && dealt) {
        dealt = false;
        for (int i = 0; i < ef->runnable.n && !dealt; i++) {
            int number = ef->runnable.jobs[i];
            int more = ef->jobs[number].next - ef->jobs[number].devices;

            if (more > 0 && more <= spare) {
                spare -= grow(ef, number);
                dealt = true;
            }
        }
        for (int i = 0; i < ef->runnable.n; i++) {
            struct vn_ef_job *job = &ef->jobs[ef->runnable.jobs[i]];

            if (job->next > job->devices)
                price(ef, job, spare);
        }
        sort_by_marginal(ef);
    }
}

static void
end_jobs(struct vn_ef *ef, const struct vn_ef_list *list, bool admission)
{
    for (int i = 0; i < list->n; i++) {
        struct vn_ef_job *job = &ef->jobs[list->jobs[i]];

        /* Only what has devices can end; an end that was only planned for
         * one that waits is none. */
        if (job->state == VN_EF_ENDED || (admission && !job->placed))
            continue;
        vn_ef_end(ef, list->jobs[i]);
    }
}

/* When the job's devices change next by its plan; INFINITY for never. */
static double
next_change(const struct vn_ef *ef, const struct vn_ef_job *job)
{
    for (int i = 0; i < job->plan.steps.n; i++)
        if (job->plan.steps.steps[i].at > ef->now)
            return job->plan.steps.steps[i].at;
    return INFINITY;
}

/* When it first has devices by its plan. */
static double
first_devices(const struct vn_ef_job *job)
{
    for (int i = 0; i < job->plan.steps.n; i++)
        if (job->plan.steps.steps[i].devices > 0)
            return job->plan.steps.steps[i].at;
    return INFINITY;
}

/* Those that wait and have devices now begin. */
static void
start_pending(struct vn_ef *ef, bool admission)
{
    for (int i = 0; i < ef->pending.n;) {
        int number = ef->pending.jobs[i];
        struct vn_ef_job *job = &ef->jobs[number];
        double first = first_devices(job);

        if (first > ef->now) {
            if (!admission && first < INFINITY)
                vn_ef_events_at(ef, first);
            i++;
            continue;
        }
        vn_ef_start(ef, number);
        vn_ef_end_add(ef, number);
    }
}

static void
sort_by_devices(struct vn_ef *ef)
{
    int *jobs = ef->runnable.jobs;

    for (int i = 1; i < ef->runnable.n; i++) {
        int job = jobs[i], at = i;

        for (;
             at > 0 && ef->jobs[jobs[at - 1]].devices < ef->jobs[job].devices;
             at--)
            jobs[at] = jobs[at - 1];
        jobs[at] = job;
    }
}

/* Whole nodes first, then by size. */
static void
place(struct vn_ef *ef, const struct vn_ef_list *list)
{
    for (int i = 0; i < list->n; i++)
        if (ef->jobs[list->jobs[i]].devices >= ef->per_node)
            vn_ef_place(ef, list->jobs[i]);
    for (int size = ef->per_node - 1; size > 0; size--)
        for (int i = 0; i < list->n; i++)
            if (ef->jobs[list->jobs[i]].devices == size)
                vn_ef_place(ef, list->jobs[i]);
}

/* What happens at an event, but for what lies ahead. */
static void
handle(struct vn_ef *ef, struct vn_ef_event *event, bool admission)
{
    bool admitted = false;

    end_jobs(ef, &event->end, admission);
    for (int i = 0; i < ef->runnable.n; i++)
        ef->jobs[ef->runnable.jobs[i]].old_end =
            ef->jobs[ef->runnable.jobs[i]].end;
    if (admission) {
        if (event->start.n > 0)
            admitted = admit(ef, &event->start);
        if (admitted)
            vn_ef_sort_by_deadline(ef, &ef->runnable);
        else
            estimate(ef, &ef->runnable, event->start.n == 0);
    } else {
        for (int i = 0; i < event->start.n; i++)
            vn_ef_submit(ef, event->start.jobs[i]);
        estimate(ef, &ef->runnable, true);
    }
    for (int i = 0; i < ef->runnable.n; i++) {
        struct vn_ef_job *job = &ef->jobs[ef->runnable.jobs[i]];

        job->devices = job->plan.steps.steps[0].devices;
        vn_ef_end_move(ef, ef->runnable.jobs[i]);
        job->old_end = job->end;
    }
    vn_ef_place_begin(ef);
}

/* The event in hand, taken out of the list. */
static struct vn_ef_event
take_event(struct vn_ef *ef)
{
    struct vn_ef_event event = ef->events[0];

    ef->events[0].start = ef->events[0].end = (struct vn_ef_list){0};
    vn_ef_events_remove(ef, 0);
    return event;
}

void
vn_ef_run_elastic(struct vn_ef *ef, bool admission)
{
    vn_ef_place_begin(ef);
    while (ef->nevents > 0) {
        struct vn_ef_event event;
        const struct vn_ef_list *list =
            admission ? &ef->runnable : &ef->running;
        double change = INFINITY;

        vn_ef_work(ef);
        event = take_event(ef);
        handle(ef, &event, admission);
        vn_ef_list_free(&event.start);
        vn_ef_list_free(&event.end);
        start_pending(ef, admission);
        deal(ef);
        if (admission)
            sort_by_devices(ef);
        for (int i = 0; i < list->n; i++) {
            double next = next_change(ef, &ef->jobs[list->jobs[i]]);

            change = fmin(change, next);
            if (!admission && next < INFINITY)
                vn_ef_events_at(ef, next);
        }
        place(ef, list);
        vn_ef_place_note(ef);
        vn_ef_events_sort(ef);
        if (admission && change < INFINITY
            && (ef->nevents == 0 || change < ef->events[0].time))
            vn_ef_events_at(ef, change);
        if (ef->nevents > 0) {
            vn_ef_round(ef);
            for (int i = 0; i < list->n; i++)
                vn_ef_delay(ef, list->jobs[i]);
        }
        vn_ef_proceed(ef);
    }
}
