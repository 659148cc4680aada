/*
 * Least attained service in two dimensions: Tiresias' discretised 2D-LAS
 * (Gu et al., NSDI'19), without knowing how long a job will run.
 *
 * A job's attained service is devices x time.  Jobs stand in three queues,
 * and start at the end of the first; one whose service reaches the queue's
 * limit goes to the end of the next, one queue an instant.  At every instant
 * an empty cluster is filled from the queues in turn, each in its order,
 * passing over what does not fit; then, in each queue, those that wait move
 * behind those that run, both in the order they had.
 *
 * Nothing is refilled.  In a queue those that run stand first, so they keep
 * their devices unless higher queues now take more; the first that does not
 * fit is where the sum over the queue passes what is left for it.  Those
 * that wait are indexed by demand.  A place in a queue is a number: one that
 * goes to the end of those that run, or of those that wait, takes the next
 * one up; one put out of its devices goes before all that wait, the next one
 * down.
 *
 * With skip=no the first that does not fit ends it, for its queue and those
 * below.
 *
 * With form=reference the instant of the next demotion is computed as
 * Tiresias' simulator does it, now + ceil((limit - executed) / devices): late
 * for a job of several devices that ran before, since executed is time and
 * not service.
 */
#include "config.h"

#include "sim/api/heap.h"
#include "sim/policy/queue/choice.h"
#include "sim/policy/queue/pool.h"

#include "base/xalloc.h"

#include <stdlib.h>

extern const struct vn_policy vn_policy_las;

enum {
    QUEUES = 3
};

struct queue {
    struct vn_pool waiting;
    struct vn_ordered *running; /* by type */
    int64_t front;              /* the next place before all that wait */
    int64_t back;               /* the next one behind all */
};

struct las_job {
    int queue;
    int type; /* where it runs, -1 while it waits */
    bool had; /* it held devices before this instant, on had_type */
    int had_type;
};

struct las {
    struct queue queue[QUEUES];
    struct las_job *jobs;
    int njobs;
    struct vn_heap demotions; /* of those that run, by when they are due */
    int64_t limit[QUEUES];    /* device-microseconds */
    bool reference;
    bool skip;
    int *free;
    int64_t *left; /* of each type, for one question */
    int *moved;    /* jobs demoted, or put out of their devices */
    int nmoved;
    int moved_size;
};

enum {
    OPTION_FORM,
    OPTION_FIRST,
    OPTION_SECOND,
    OPTION_SKIP
};

static const char *const forms[] = {"exact", "reference", NULL};

static const struct vn_policy_option las_options[] = {
    [OPTION_FORM] = {"form",
                     "how the next demotion is computed: exact, or as "
                     "Tiresias' simulator does (reference)",
                     "exact", VN_OPTION_CHOICE, 0, 0, forms},
    [OPTION_FIRST] = {"first",
                      "service at which a job leaves the first queue, "
                      "device-seconds",
                      "3250", VN_OPTION_REAL, 1e-6, 1e12, NULL},
    [OPTION_SECOND] = {"second",
                       "service at which it leaves the second, "
                       "device-seconds",
                       "7200", VN_OPTION_REAL, 1e-6, 1e12, NULL},
    [OPTION_SKIP] = VN_SKIP_OPTION("yes"),
    {NULL, NULL, NULL, VN_OPTION_REAL, 0, 0, NULL},
};

static enum vn_status
las_open(void *state, const struct vn_view *view, const double *values,
         struct vn_error *err)
{
    struct las *s = state;
    int types = vn_view_types(view);

    if (values[OPTION_SECOND] < values[OPTION_FIRST])
        return vn_fail(err, VN_EUSAGE,
                       "policy las: second is %g, expected at least first, %g",
                       values[OPTION_SECOND], values[OPTION_FIRST]);
    s->reference = values[OPTION_FORM] == 1;
    s->skip = values[OPTION_SKIP] == 0;
    s->limit[0] = (int64_t) (values[OPTION_FIRST] * 1e6);
    s->limit[1] = (int64_t) (values[OPTION_SECOND] * 1e6);
    s->free = vn_xcalloc((size_t) types, sizeof *s->free);
    s->left = vn_xcalloc((size_t) types, sizeof *s->left);
    for (int q = 0; q < QUEUES; q++) {
        vn_pool_init(&s->queue[q].waiting, view);
        s->queue[q].running =
            vn_xcalloc((size_t) types, sizeof *s->queue[q].running);
        for (int t = 0; t < types; t++)
            s->queue[q].running[t].root = -1;
    }
    return VN_OK;
}

static void
las_close(void *state)
{
    struct las *s = state;

    for (int q = 0; q < QUEUES; q++) {
        struct queue *queue = &s->queue[q];

        for (int t = 0; t < queue->waiting.ntypes && queue->running; t++)
            vn_ordered_free(&queue->running[t]);
        free(queue->running);
        vn_pool_free(&queue->waiting);
    }
    vn_heap_free(&s->demotions);
    free(s->jobs);
    free(s->free);
    free(s->left);
    free(s->moved);
}

static void
wait_at(struct las *s, const struct vn_view *view, int job, int q,
        int64_t place)
{
    s->jobs[job].queue = q;
    s->jobs[job].type = -1;
    vn_pool_add(&s->queue[q].waiting, view, job, (struct vn_key){place, 0});
}

static void
las_arrive(void *state, const struct vn_view *view, int job)
{
    struct las *s = state;

    if (job >= s->njobs) {
        s->njobs = 2 * job + 64;
        s->jobs = vn_xrealloc(s->jobs, (size_t) s->njobs, sizeof *s->jobs);
    }
    s->jobs[job] = (struct las_job){.type = -1};
    wait_at(s, view, job, 0, s->queue[0].back++);
}

static void
las_leave(void *state, const struct vn_view *view, int job)
{
    struct las *s = state;
    struct las_job *j = &s->jobs[job];

    (void) view;
    vn_ordered_remove(&s->queue[j->queue].running[j->type], job);
    vn_heap_remove(&s->demotions, job);
}

static void
remember(struct las *s, int job)
{
    if (s->nmoved == s->moved_size) {
        s->moved_size = 2 * s->moved_size + 64;
        s->moved =
            vn_xrealloc(s->moved, (size_t) s->moved_size, sizeof *s->moved);
    }
    s->moved[s->nmoved++] = job;
}

/* The job no longer runs where it stands in its queue; it may run again. */
static void
stop(struct las *s, int job)
{
    struct las_job *j = &s->jobs[job];

    vn_ordered_remove(&s->queue[j->queue].running[j->type], job);
    j->had = true;
    j->had_type = j->type;
    j->type = -1;
    remember(s, job);
}

/* Those whose service has reached their queue's limit, to the next queue. */
static void
demote(struct las *s, const struct vn_view *view)
{
    const struct vn_event *due;

    /* Equal or earlier dues come out by time; they go in order of arrival. */
    int first = s->nmoved;

    while ((due = vn_heap_top(&s->demotions)) != NULL
           && due->time <= vn_view_now(view)) {
        int job = due->handle, i;

        vn_heap_remove(&s->demotions, job);
        stop(s, job);
        for (i = s->nmoved - 1; i > first
                                && vn_view_order(view, s->moved[i - 1])
                                       > vn_view_order(view, job);
             i--)
            s->moved[i] = s->moved[i - 1];
        s->moved[i] = job;
    }
    for (int i = first; i < s->nmoved; i++) {
        int q = s->jobs[s->moved[i]].queue + 1;

        wait_at(s, view, s->moved[i], q, s->queue[q].back++);
    }
}

/* Those of a queue that were stopped, of the jobs moved from `first` on, wait
 * before all that do. */
static void
wait_first(struct las *s, const struct vn_view *view, int q, int first)
{
    struct queue *queue = &s->queue[q];

    queue->front -= s->nmoved - first;
    for (int i = first; i < s->nmoved; i++) {
        vn_heap_remove(&s->demotions, s->moved[i]);
        wait_at(s, view, s->moved[i], q, queue->front + 1 + i - first);
    }
}

/* Put out of their devices those of a queue that no longer fit. */
static void
displace(struct las *s, const struct vn_view *view, int q, int type, int left)
{
    int first = s->nmoved, job;

    while ((job = vn_ordered_over(&s->queue[q].running[type], left)) >= 0)
        stop(s, job);
    wait_first(s, view, q, first);
}

/* The first of a queue, over all types, that runs beyond so many devices of
 * each; or -1. */
static int
first_over(const struct las *s, const struct vn_view *view, int q,
           const int64_t *left)
{
    int first = -1;

    for (int t = 0; t < vn_view_types(view); t++) {
        const struct vn_ordered *running = &s->queue[q].running[t];
        int job = vn_ordered_over(running, left[t]);

        if (job >= 0
            && (first < 0
                || vn_key_before(
                    vn_ordered_key(running, job),
                    vn_ordered_key(&s->queue[q].running[s->jobs[first].type],
                                   first))))
            first = job;
    }
    return first;
}

/* The same where one that does not fit blocks: and all behind the first. */
static void
displace_behind(struct las *s, const struct vn_view *view, int q)
{
    int64_t *left = s->left;
    int first = s->nmoved, job, type;
    struct vn_key key;

    for (int t = 0; t < vn_view_types(view); t++)
        left[t] = s->free[t];
    job = first_over(s, view, q, left);
    if (job < 0)
        return;
    type = s->jobs[job].type;
    key = vn_ordered_key(&s->queue[q].running[type], job);
    for (int t = 0; t < vn_view_types(view); t++)
        left[t] = vn_ordered_before(&s->queue[q].running[t], key);
    for (; job >= 0; job = first_over(s, view, q, left))
        stop(s, job);
    wait_first(s, view, q, first);
}

/* When the service of a job that now runs reaches its queue's limit. */
static vn_time
due_time(const struct las *s, const struct vn_view *view, int job)
{
    int devices = vn_view_job(view, job)->devices;
    int64_t left = s->limit[s->jobs[job].queue] - vn_view_attained(view, job);

    return vn_view_now(view) + left / devices + (left % devices > 0);
}

static void
start(struct las *s, const struct vn_view *view, struct vn_answer *answer,
      int q, const struct vn_pick *pick, int type)
{
    struct queue *queue = &s->queue[q];
    struct las_job *j = &s->jobs[pick->job];

    vn_ordered_add(&queue->running[type], pick->job,
                   (struct vn_key){queue->back++, 0}, pick->demand);
    j->type = type;
    if (q < QUEUES - 1)
        vn_heap_set(&s->demotions, pick->job, due_time(s, view, pick->job),
                    vn_view_order(view, pick->job));
    if (!j->had || j->had_type != type)
        vn_answer_set(answer, pick->job, type, pick->demand);
}

/* Fill what the queues above have left. */
static void
fill(struct las *s, const struct vn_view *view, struct vn_answer *answer,
     int q)
{
    struct queue *queue = &s->queue[q];

    if (!s->skip)
        displace_behind(s, view, q);
    for (int t = 0; t < vn_view_types(view); t++) {
        if (s->skip)
            displace(s, view, q, t, s->free[t]);
        s->free[t] -= (int) vn_ordered_total(&queue->running[t]);
    }
    for (;;) {
        struct vn_pick pick = s->skip ? vn_pool_first(&queue->waiting, s->free)
                                      : vn_pool_head(&queue->waiting);
        int type;

        if (pick.job < 0)
            return;
        type = vn_pool_fit(&queue->waiting, s->free, pick.types, pick.demand);
        if (type < 0) {
            for (int t = 0; t < vn_view_types(view); t++)
                s->free[t] = 0;
            return;
        }
        vn_pool_take(&queue->waiting, &pick);
        s->free[type] -= pick.demand;
        start(s, view, answer, q, &pick, type);
    }
}

/* As Tiresias' simulator has it: see the top. */
static void
wake_as_reference(const struct las *s, const struct vn_view *view,
                  struct vn_answer *answer)
{
    for (int i = 0; i < s->demotions.count; i++) {
        int job = s->demotions.events[i].handle;
        int64_t devices = vn_view_job(view, job)->devices * VN_SECOND;
        int64_t left =
            s->limit[s->jobs[job].queue] - vn_view_executed(view, job);
        int64_t wait = left / devices + (left % devices > 0);

        if (wait > 0)
            vn_answer_wake(answer, vn_view_now(view) + wait * VN_SECOND);
    }
}

static void
las_decide(void *state, const struct vn_view *view, struct vn_answer *answer)
{
    struct las *s = state;
    const struct vn_event *due;

    for (int t = 0; t < vn_view_types(view); t++)
        s->free[t] = vn_view_devices(view, t);
    demote(s, view);
    for (int q = 0; q < QUEUES; q++)
        fill(s, view, answer, q);
    for (int i = 0; i < s->nmoved; i++) {
        struct las_job *j = &s->jobs[s->moved[i]];

        if (j->had && j->type != j->had_type)
            vn_answer_set(answer, s->moved[i], j->had_type, 0);
        j->had = false;
    }
    s->nmoved = 0;
    if (s->reference)
        wake_as_reference(s, view, answer);
    else if ((due = vn_heap_top(&s->demotions)) != NULL)
        vn_answer_wake(answer, due->time > vn_view_now(view)
                                   ? due->time
                                   : vn_view_now(view) + 1);
}

const struct vn_policy vn_policy_las = {
    .name = "las",
    .summary = "least attained service (Tiresias' 2D-LAS), with preemption",
    .knows = "time had",
    .options = las_options,
    .rigid = true,
    .state_size = sizeof(struct las),
    .open = las_open,
    .close = las_close,
    .arrive = las_arrive,
    .leave = las_leave,
    .decide = las_decide,
};
