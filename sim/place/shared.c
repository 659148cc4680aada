#include "config.h"

#include "sim/place/shared.h"

#include "base/xalloc.h"
#include "sim/api/heap.h"

#include <stdlib.h>

const char *const vn_shared_states[] = {
    [VN_SHARED_FINISHED] = "finished",
    [VN_SHARED_DROPPED] = "dropped",
    [VN_SHARED_REJECTED] = "rejected",
};

/* A run in progress.  Jobs are named by their place in shared->jobs. */
struct run {
    struct vn_shared *shared;
    struct vn_place *place;
    size_t *queue; /* what waits, in order */
    size_t nqueue;
    struct vn_heap ends; /* of what runs */
    size_t next;         /* to arrive */
    double *fragmented;  /* F of each host */
    struct vn_shared_moment moment;
    struct vn_ask *refused; /* requests without a place, in this instant */
    size_t nrefused;
    size_t room;
};

/* The host has changed. */
static void
look_at(struct run *r, int host)
{
    const struct vn_outlook *o = &r->shared->outlook;
    double parts[VN_FRAGMENTS];

    vn_fragments(&vn_place_hosts(r->place)[host], o->usual, o->nusual, parts);
    r->fragmented[host] = vn_fragmentation(parts);
}

static void
leave(struct run *r, const struct vn_shared_job *job)
{
    vn_place_give(r->place, &job->ask, job->host, job->devices);
    look_at(r, job->host);
    r->moment.used_milli -= vn_ask_milli(&job->ask);
    r->moment.present_milli -= vn_ask_milli(&job->ask);
}

/* Would it have a place on an empty cluster? */
static bool
fits_at_all(const struct vn_shared *s, const struct vn_ask *ask)
{
    for (int h = 0; h < s->nhosts; h++)
        if (vn_host_fits(&s->hosts[h], ask))
            return true;
    return false;
}

static void
arrive(struct run *r, size_t n)
{
    struct vn_shared_job *job = &r->shared->jobs[n];
    size_t i = r->nqueue;

    r->moment.arrived_milli += vn_ask_milli(&job->ask);
    job->start = -1;
    job->host = -1;
    if (!fits_at_all(r->shared, &job->ask)) {
        job->state = VN_SHARED_REJECTED;
        return;
    }
    r->moment.present_milli += vn_ask_milli(&job->ask);
    for (; i > 0 && r->shared->jobs[r->queue[i - 1]].key > job->key; i--)
        r->queue[i] = r->queue[i - 1];
    r->queue[i] = n;
    r->nqueue++;
}

/* Has a job like it found no place in this instant? */
static bool
is_refused(const struct run *r, const struct vn_ask *ask)
{
    for (size_t i = 0; i < r->nrefused; i++)
        if (vn_ask_same(&r->refused[i], ask))
            return true;
    return false;
}

static bool
start(struct run *r, size_t n)
{
    struct vn_shared_job *job = &r->shared->jobs[n];

    if (is_refused(r, &job->ask))
        return false;
    job->host = vn_place_take(r->place, &job->ask, job->devices);
    if (job->host < 0) {
        if (r->nrefused == r->room) {
            r->room = 2 * r->room + 16;
            r->refused = vn_xrealloc(r->refused, r->room, sizeof *r->refused);
        }
        r->refused[r->nrefused++] = job->ask;
        return false;
    }
    job->start = r->moment.time;
    job->state = VN_SHARED_FINISHED;
    look_at(r, job->host);
    r->moment.used_milli += vn_ask_milli(&job->ask);
    vn_heap_set(&r->ends, (int) n, job->start + job->duration, (int64_t) n);
    return true;
}

/* Go through the queue. */
static void
decide(struct run *r)
{
    const struct vn_shared *s = r->shared;
    size_t kept = 0;
    bool blocked = false;

    r->nrefused = 0;
    for (size_t i = 0; i < r->nqueue; i++) {
        struct vn_shared_job *job = &s->jobs[r->queue[i]];

        if (!blocked && start(r, r->queue[i]))
            continue;
        if (s->drop) {
            job->state = VN_SHARED_DROPPED;
            r->moment.present_milli -= vn_ask_milli(&job->ask);
            continue;
        }
        blocked = !s->skip;
        r->queue[kept++] = r->queue[i];
    }
    r->nqueue = kept;
}

static void
tell(struct run *r)
{
    r->moment.fragmented = 0;
    for (int h = 0; h < r->shared->nhosts; h++)
        r->moment.fragmented += r->fragmented[h];
    r->moment.waiting = (int) r->nqueue;
    r->shared->tell(r->shared->arg, &r->moment);
}

void
vn_shared_run(struct vn_shared *s)
{
    struct run r = {.shared = s,
                    .place = vn_place_alloc(s->score, s->hosts, s->nhosts,
                                            &s->outlook, s->seed),
                    .queue = vn_xcalloc(s->njobs, sizeof *r.queue),
                    .fragmented =
                        vn_xcalloc((size_t) s->nhosts, sizeof(double))};

    for (int h = 0; h < s->nhosts; h++)
        look_at(&r, h);
    while (r.next < s->njobs || r.ends.count > 0) {
        const struct vn_event *end = vn_heap_top(&r.ends);

        r.moment.time =
            r.next < s->njobs ? s->jobs[r.next].submit : VN_TIME_MAX;
        if (end != NULL && end->time < r.moment.time)
            r.moment.time = end->time;
        while ((end = vn_heap_top(&r.ends)) != NULL
               && end->time <= r.moment.time) {
            int gone = end->handle;

            vn_heap_remove(&r.ends, gone);
            leave(&r, &s->jobs[gone]);
        }
        while (r.next < s->njobs && s->jobs[r.next].submit <= r.moment.time)
            arrive(&r, r.next++);
        decide(&r);
        if (s->tell != NULL)
            tell(&r);
    }
    free(r.queue);
    vn_heap_free(&r.ends);
    free(r.fragmented);
    free(r.refused);
    vn_place_free(r.place);
}
