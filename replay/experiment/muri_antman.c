/*
 * AntMan's jobs of two kinds (OSDI 2020) as Muri's simulator runs them.
 *
 * In order of priority, then of submission, nothing is stopped.  A guaranteed
 * job has devices that no other guaranteed job is on, of one node, the first
 * with enough; where none has enough it keeps what is free on the node with
 * most, and waits for the rest there.  An opportunistic one goes to the
 * devices with least load, wherever they are, of those below 0.8; a
 * guaranteed job is a load of 0.1, of 0.09 while it waits for more, an
 * opportunistic one of 0.9, so that at most one of each meet.
 *
 * Guaranteed jobs go at full speed.  An iteration of the other takes as long
 * as the slowest of its devices: the iterations of the guaranteed job there
 * in whose gaps its own stages find room, one after another.
 */
#include "config.h"

#include "replay/experiment/muri.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

extern const struct vn_muri_policy vn_muri_antman;

#define LOAD_GUARANTEED    0.1
#define LOAD_OPPORTUNISTIC 0.9
#define LOAD_KEPT          0.01 /* less, while a job waits for more */
#define LOAD_MAX           0.8

static int
index_of(const struct vn_muri *m, const struct vn_muri_job *job)
{
    return (int) (job - m->jobs);
}

/* Devices of a node that no guaranteed job is on, the first n into the list
 * where there is one; their number. */
static int
free_of(const struct vn_muri *m, int node, int n, int *devices)
{
    int found = 0;

    for (int d = node * m->each; d < (node + 1) * m->each && found < n; d++)
        if (m->guaranteed[d] < 0) {
            if (devices != NULL)
                devices[found] = d;
            found++;
        }
    return found;
}

/* The node of which a guaranteed job takes devices. */
static int
choose_node(const struct vn_muri *m, const struct vn_muri_job *job)
{
    int most = 0, best = -1;

    if (job->nwhere > 0)
        return job->where[0] / m->each;
    for (int i = 0; i < m->nodes; i++) {
        int n = free_of(m, i, m->each, NULL);

        if (n >= job->devices)
            return i;
        if (n > most) {
            most = n;
            best = i;
        }
    }
    return best;
}

static bool
place_guaranteed(struct vn_muri *m, struct vn_muri_job *job)
{
    int *devices = job->where + job->nwhere, n;
    int node = choose_node(m, job);

    if (node < 0)
        return false;
    n = free_of(m, node, job->devices - job->nwhere, devices);
    for (int i = 0; i < n; i++) {
        m->guaranteed[devices[i]] = index_of(m, job);
        m->load[devices[i]] += LOAD_GUARANTEED - LOAD_KEPT;
    }
    job->nwhere += n;
    if (job->nwhere < job->devices)
        return false;
    for (int i = 0; i < job->nwhere; i++)
        m->load[job->where[i]] += LOAD_KEPT;
    return true;
}

/* The devices with least load, the lowest of those that are equal. */
static bool
place_opportunistic(struct vn_muri *m, struct vn_muri_job *job)
{
    int all = m->nodes * m->each, n = 0;

    for (int d = 0; d < all; d++)
        n += m->load[d] < LOAD_MAX;
    if (n < job->devices)
        return false;
    for (n = 0; n < job->devices; n++) {
        int best = -1;

        for (int d = 0; d < all; d++)
            if (m->load[d] < LOAD_MAX
                && (best < 0 || m->load[d] < m->load[best]))
                best = d;
        /* A load of 0.9 more: it is not taken twice. */
        m->load[best] += LOAD_OPPORTUNISTIC;
        job->where[n] = best;
    }
    job->nwhere = n;
    return true;
}

static void
leave(struct vn_muri *m, struct vn_muri_job *job)
{
    for (int i = 0; i < job->nwhere; i++) {
        int d = job->where[i];

        m->load[d] -=
            job->priority == 0 ? LOAD_GUARANTEED : LOAD_OPPORTUNISTIC;
        if (job->priority == 0)
            m->guaranteed[d] = -1;
    }
    job->nwhere = 0;
}

/*
 * How many times a stage of a given length is begun in the gaps of another
 * job; *extra is what of it falls into the last.
 */
static double
gaps(double stage, double gap, double *extra)
{
    if (gap <= 0) {
        *extra = 0;
        return 0;
    }
    *extra = fmod(stage, gap);
    return floor(stage / gap);
}

/* Iterations of the guaranteed job that one of the other takes. */
static double
iterations_of(const struct vn_muri_job *other, const struct vn_muri_job *job)
{
    const double *c = other->stages;
    double s[VN_MURI_STAGES], n, extra;

    memcpy(s, job->stages, sizeof s);
    n = gaps(s[0], c[1] + c[2], &extra);
    if (extra > 0) {
        n++;
        s[1] -= fmin(s[1], fmin(c[2], c[1] + c[2] - extra));
    }
    n += gaps(s[1], c[0] + c[2], &extra);
    if (extra > 0) {
        n++;
        if (extra < c[0])
            s[2] -= fmin(s[2], c[0] + c[1] - extra);
    }
    n += gaps(s[2], c[0] + c[1], &extra);
    return n + (extra > c[0]);
}

static void
set_pace(struct vn_muri *m, struct vn_muri_job *job)
{
    job->pace = job->iteration;
    for (int i = 0; i < job->nwhere; i++) {
        int at = m->guaranteed[job->where[i]];
        const struct vn_muri_job *other = at >= 0 ? &m->jobs[at] : NULL;

        /* One that waits for more devices does nothing yet. */
        if (other != NULL && other->nwhere == other->devices)
            job->pace =
                fmax(job->pace, iterations_of(other, job) * other->iteration);
    }
}

static void
decide_antman(struct vn_muri *m)
{
    for (int i = 0; i < m->nrunnable; i++)
        m->runnable[i]->key = m->runnable[i]->priority;
    vn_muri_sort(m);
    for (int i = 0; i < m->nrunnable; i++) {
        struct vn_muri_job *job = m->runnable[i];

        if (job->status != VN_MURI_RUNNING
            && (job->priority == 0 ? place_guaranteed(m, job)
                                   : place_opportunistic(m, job))) {
            job->status = VN_MURI_RUNNING;
            job->start = m->now;
        }
    }
    for (int i = 0; i < m->nrunnable; i++)
        if (m->runnable[i]->status == VN_MURI_RUNNING
            && m->runnable[i]->priority != 0)
            set_pace(m, m->runnable[i]);
}

const struct vn_muri_policy vn_muri_antman = {.name = "antman",
                                              .decide = decide_antman,
                                              .leave = leave,
                                              .together = true};
