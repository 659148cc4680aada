/*
 * Shortest remaining time first, with preemption.
 *
 * At every instant all jobs that are there are put in order of the time that
 * they still need, ties as they were before, and an empty cluster is filled
 * in that order, passing over what does not fit.  The rule is that of
 * Tiresias' simulator (Gu et al., NSDI'19, "shortest").
 *
 * Nothing is sorted and nothing refilled.  Jobs that run stand in an ordered
 * set, by the time at which they would end; those that wait by the time they
 * need; and since every job that runs comes nearer its end at one pace, both
 * orders last.  The fill is walked from one change to the next: the first
 * running job that no longer fits is where the sum of the demands before it
 * passes the devices there are, and the first waiting one that may fit is
 * asked of the index.  Devices left only fall along the order, so a waiting
 * job that was tried and does not fit bars all of its demand or more: an
 * instant costs O((changes + distinct demands) log n).
 *
 * Where it was predicted, what is needed is that, as when the job arrived,
 * less what it has done since; at least a microsecond.  The pace is the same.
 *
 * With skip=no the walk ends at the first job that does not fit, and those
 * that run and stand behind it are put out of their devices.
 *
 * Ties: a job that waits has needed what it needs for longer than one that
 * runs and has just come to need as little, so it goes first; one that has
 * arrived at this very instant goes last.  Hence the numbers in `minor`.
 */
#include "config.h"

#include "sim/api/prediction.h"
#include "sim/policy/queue/choice.h"
#include "sim/policy/queue/pool.h"

#include "base/xalloc.h"

#include <stdlib.h>

extern const struct vn_policy vn_policy_srtf;

struct srtf {
    struct vn_pool pool;        /* by (time needed, since when) */
    struct vn_ordered *running; /* by type; by (end, tie) */
    int *type;                  /* type[job]: where it runs */
    vn_time *off;               /* off[job]: predicted less true duration */
    double error;
    bool skip;
    vn_time tick;
    int jobs;
    int *free;    /* of each type, at the place reached */
    int64_t turn; /* counts instants */
    int64_t rank; /* counts within one */
};

static const struct vn_policy_option srtf_options[] = {
    VN_PREDICTION_OPTION("durations"),
    VN_SKIP_OPTION("yes"),
    VN_TICK_OPTION,
    {NULL, NULL, NULL, VN_OPTION_REAL, 0, 0, NULL},
};

static enum vn_status
srtf_open(void *state, const struct vn_view *view, const double *values,
          struct vn_error *err)
{
    struct srtf *s = state;

    (void) err;
    s->error = values[0];
    s->skip = values[1] == 0;
    s->tick = (vn_time) values[2];
    vn_pool_init(&s->pool, view);
    s->running = vn_xcalloc((size_t) s->pool.ntypes, sizeof *s->running);
    for (int t = 0; t < s->pool.ntypes; t++)
        s->running[t].root = -1;
    s->free = vn_xcalloc((size_t) s->pool.ntypes, sizeof *s->free);
    s->turn = 1;
    return VN_OK;
}

static void
srtf_close(void *state)
{
    struct srtf *s = state;

    for (int t = 0; t < s->pool.ntypes && s->running != NULL; t++)
        vn_ordered_free(&s->running[t]);
    vn_pool_free(&s->pool);
    free(s->running);
    free(s->type);
    free(s->off);
    free(s->free);
}

/* Since when a job has needed what it needs: a turn, arrivals in it last. */
static int64_t
stamp(struct srtf *s, bool arrival)
{
    return (s->turn << 32) + ((int64_t) arrival << 31) + s->rank++;
}

/* The time that a job still needs, as far as is known. */
static vn_time
needs(const struct srtf *s, const struct vn_view *view, int job)
{
    return vn_predicted_left(view, job, s->off[job]);
}

static void
srtf_arrive(void *state, const struct vn_view *view, int job)
{
    struct srtf *s = state;

    if (job >= s->jobs) {
        s->jobs = 2 * job + 64;
        s->type = vn_xrealloc(s->type, (size_t) s->jobs, sizeof *s->type);
        s->off = vn_xrealloc(s->off, (size_t) s->jobs, sizeof *s->off);
    }
    s->off[job] = vn_predicted_beyond(view, job, s->error);
    vn_pool_add(&s->pool, view, job,
                (struct vn_key){needs(s, view, job), stamp(s, true)});
}

static void
srtf_leave(void *state, const struct vn_view *view, int job)
{
    struct srtf *s = state;

    (void) view;
    vn_ordered_remove(&s->running[s->type[job]], job);
}

/* The first running job, over all types, that no longer fits; or -1. */
static int
first_over(const struct srtf *s, const struct vn_view *view)
{
    int first = -1;

    for (int t = 0; t < s->pool.ntypes; t++) {
        int job = vn_ordered_over(&s->running[t], vn_view_devices(view, t));

        if (job >= 0
            && (first < 0
                || vn_key_before(
                    vn_ordered_key(&s->running[t], job),
                    vn_ordered_key(&s->running[s->type[first]], first))))
            first = job;
    }
    return first;
}

/* Reach a place in the order: what is free there, of each type. */
static void
reach(struct srtf *s, const struct vn_view *view, struct vn_key key)
{
    for (int t = 0; t < s->pool.ntypes; t++) {
        int free = vn_view_devices(view, t)
                   - (int) vn_ordered_before(&s->running[t], key);

        if (free < s->free[t])
            s->free[t] = free;
    }
}

static void
place(struct srtf *s, const struct vn_view *view, struct vn_answer *answer,
      int job, int type, struct vn_key key)
{
    int demand = vn_view_job(view, job)->devices;

    vn_ordered_add(&s->running[type], job, key, demand);
    s->type[job] = type;
    s->free[type] -= demand;
    vn_answer_set(answer, job, type, demand);
}

/* A running job has its devices no more, and waits. */
static void
put_out(struct srtf *s, const struct vn_view *view, struct vn_answer *answer,
        int job)
{
    vn_ordered_remove(&s->running[s->type[job]], job);
    vn_answer_set(answer, job, s->type[job], 0);
    vn_pool_add(&s->pool, view, job,
                (struct vn_key){needs(s, view, job), stamp(s, false)});
}

/* The first running job, over all types, that stands behind this; or -1. */
static int
first_behind(const struct srtf *s, struct vn_key key)
{
    int first = -1;

    for (int t = 0; t < s->pool.ntypes; t++) {
        const struct vn_ordered *running = &s->running[t];
        int job = vn_ordered_over(running, vn_ordered_before(running, key));

        if (job >= 0
            && (first < 0
                || vn_key_before(
                    vn_ordered_key(running, job),
                    vn_ordered_key(&s->running[s->type[first]], first))))
            first = job;
    }
    return first;
}

/* The job that stands here does not fit, and blocks those behind it. */
static void
block(struct srtf *s, const struct vn_view *view, struct vn_answer *answer,
      struct vn_key key)
{
    int job;

    while ((job = first_behind(s, key)) >= 0)
        put_out(s, view, answer, job);
}

/* A running job does not fit where it is: elsewhere, or not at all; is it
 * elsewhere? */
static bool
displace(struct srtf *s, const struct vn_view *view, struct vn_answer *answer,
         int job)
{
    struct vn_key key = vn_ordered_key(&s->running[s->type[job]], job);
    int type;

    reach(s, view, key);
    type = vn_pool_fit(&s->pool, s->free, vn_pool_types(&s->pool, view, job),
                       vn_view_job(view, job)->devices);
    if (type < 0) {
        put_out(s, view, answer, job);
        return false;
    }
    vn_ordered_remove(&s->running[s->type[job]], job);
    vn_answer_set(answer, job, s->type[job], 0);
    place(s, view, answer, job, type, key);
    return true;
}

/* Where a waiting job would stand among those that run. */
static struct vn_key
running_key(const struct srtf *s, const struct vn_view *view,
            const struct vn_pick *pick)
{
    int64_t turn = pick->key.minor >> 32;
    bool arrival = turn == s->turn && ((pick->key.minor >> 31) & 1) != 0;
    int64_t rank = s->rank & INT64_C(0x7fffffff);

    return (struct vn_key){vn_view_now(view) + pick->key.major,
                           (arrival ? s->turn : -s->turn) * (INT64_C(1) << 32)
                               + rank};
}

static void
srtf_decide(void *state, const struct vn_view *view, struct vn_answer *answer)
{
    struct srtf *s = state;

    if (vn_tick_waits(s->tick, view, answer))
        return;
    for (int t = 0; t < s->pool.ntypes; t++)
        s->free[t] = vn_view_devices(view, t);
    for (;;) {
        struct vn_pick pick = s->skip ? vn_pool_first(&s->pool, s->free)
                                      : vn_pool_head(&s->pool);
        int over = first_over(s, view), type;
        struct vn_key key = {0};

        if (pick.job >= 0)
            key = running_key(s, view, &pick);
        if (over >= 0
            && (pick.job < 0
                || vn_key_before(
                    vn_ordered_key(&s->running[s->type[over]], over), key))) {
            key = vn_ordered_key(&s->running[s->type[over]], over);
            if (displace(s, view, answer, over) || s->skip)
                continue;
            block(s, view, answer, key);
            break;
        }
        if (pick.job < 0)
            break;
        reach(s, view, key);
        type = vn_pool_fit(&s->pool, s->free, pick.types, pick.demand);
        if (type < 0 && s->skip)
            continue; /* its demand is now out of reach */
        if (type < 0) {
            block(s, view, answer, key);
            break;
        }
        vn_pool_take(&s->pool, &pick);
        s->rank++;
        place(s, view, answer, pick.job, type, key);
    }
    s->turn++;
    s->rank = 0;
}

const struct vn_policy vn_policy_srtf = {
    .name = "srtf",
    .summary = "shortest remaining time first, with preemption",
    .options = srtf_options,
    .knows = "durations",
    .rigid = true,
    .state_size = sizeof(struct srtf),
    .open = srtf_open,
    .close = srtf_close,
    .arrive = srtf_arrive,
    .leave = srtf_leave,
    .decide = srtf_decide,
};
