#include "config.h"

#include "sim/policy/round/simulator.h"

#include "base/xalloc.h"
#include "plan/cluster.h"
#include "sim/policy/round/rounds.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    ARRAYS = 5 /* of a job, each as long as there are types */
};

struct vn_gavel {
    struct vn_gavel_config config;
    int ntypes;
    int *types;    /* by name, last first */
    int *capacity; /* likewise */
    int *free;
    struct vn_gavel_job *jobs; /* in order of arrival */
    int njobs;
    int room;
    int *order; /* of one type's jobs */
    bool running;
    bool stale;    /* jobs came or went since the last solution */
    double end;    /* of the round that runs, or of the last; seconds */
    double from;   /* of the one before it */
    bool ended;    /* a round did */
    vn_time due;   /* end, as the engine has it */
    double solved; /* the last solution; 0: none, or forgotten */
    double *total; /* time received on each type since then, of all */
};

struct vn_gavel *
vn_gavel_open(const struct vn_gavel_config *config, const struct vn_view *view)
{
    struct vn_gavel *g = vn_xcalloc(1, sizeof *g);
    size_t n = (size_t) vn_view_types(view);

    g->config = *config;
    g->ntypes = (int) n;
    g->types = vn_xcalloc(n, sizeof *g->types);
    g->capacity = vn_xcalloc(n, sizeof *g->capacity);
    g->free = vn_xcalloc(n, sizeof *g->free);
    g->total = vn_xcalloc(n, sizeof *g->total);
    for (int i = 0; i < g->ntypes; i++) {
        int k = i;

        for (; k > 0
               && strcmp(vn_view_type_name(view, g->types[k - 1]),
                         vn_view_type_name(view, i))
                      < 0;
             k--)
            g->types[k] = g->types[k - 1];
        g->types[k] = i;
    }
    return g;
}

static void
forget(struct vn_gavel_job *job)
{
    free(job->need);
    free(job->rate);
}

void
vn_gavel_close(struct vn_gavel *g)
{
    if (g == NULL)
        return;
    for (int i = 0; i < g->njobs; i++)
        forget(&g->jobs[i]);
    free(g->jobs);
    free(g->types);
    free(g->capacity);
    free(g->free);
    free(g->order);
    free(g->total);
    free(g);
}

void
vn_gavel_arrive(struct vn_gavel *g, const struct vn_view *view, int job)
{
    const struct vn_job *j = vn_view_job(view, job);
    struct vn_gavel_job *e;
    int need[VN_TYPES_MAX];
    double rate[VN_TYPES_MAX];

    if (g->njobs == g->room) {
        g->room = 2 * g->room + 64;
        g->jobs = vn_xrealloc(g->jobs, (size_t) g->room, sizeof *g->jobs);
        g->order = vn_xrealloc(g->order, (size_t) g->room, sizeof *g->order);
    }
    e = &g->jobs[g->njobs++];
    g->stale = true;
    *e = (struct vn_gavel_job){
        .slot = job,
        .id = j->id,
        .devices = j->devices,
        .weight = j->weight,
        /* A recorded job counts seconds. */
        .left = vn_job_is_modelled(j) ? (double) j->steps
                                      : (double) j->duration * 1e-6,
        .need = vn_xcalloc((size_t) g->ntypes, sizeof *e->need),
        .rate = vn_xcalloc(ARRAYS * (size_t) g->ntypes, sizeof *e->rate),
        .place = -1};
    e->share = e->rate + g->ntypes;
    e->time = e->share + g->ntypes;
    e->priority = e->time + g->ntypes;
    e->behind = e->priority + g->ntypes;
    vn_rounds_size(view, job, need, rate);
    for (int k = 0; k < g->ntypes; k++) {
        e->time[k] = (double) g->config.length * 1e-6 / 2;
        e->need[k] = need[g->types[k]];
        e->rate[k] = rate[g->types[k]] * (vn_job_is_modelled(j) ? 1 : e->left);
    }
}

void
vn_gavel_leave(struct vn_gavel *g, int job)
{
    for (int i = 0; i < g->njobs; i++)
        if (g->jobs[i].slot == job)
            g->jobs[i].slot = -1;
}

/* The round is over: count its pieces, and forget who is done. */
static void
finish_round(struct vn_gavel *g)
{
    int kept = 0;

    if (g->ended)
        g->from = g->end;
    g->end = 0;
    for (int i = 0; i < g->njobs; i++)
        if (g->jobs[i].place >= 0)
            g->end = fmax(g->end, g->jobs[i].finish);
    g->ended = true;
    for (int i = 0; i < g->njobs; i++) {
        struct vn_gavel_job *j = &g->jobs[i];

        if (j->place >= 0) {
            double took = j->finish - g->from;

            j->left -= j->steps;
            j->time[j->place] += took;
            g->total[j->place] += took;
        }
        j->place = -1;
        if (j->left > 0 && j->slot >= 0) {
            g->jobs[kept++] = *j;
            continue;
        }
        forget(j);
        g->stale = true;
    }
    g->njobs = kept;
    g->running = false;
}

/* Compute shares anew, from `now` on. */
static enum vn_status
renew(struct vn_gavel *g, double now, struct vn_error *err)
{
    double half = (double) g->config.length * 1e-6 / 2;

    memset(g->total, 0, (size_t) g->ntypes * sizeof *g->total);
    for (int i = 0; i < g->njobs; i++) {
        struct vn_gavel_job *j = &g->jobs[i];

        for (int k = 0; k < g->ntypes; k++) {
            double should = j->known ? j->share[k] * (now - g->solved) : 0;

            j->behind[k] += should - (j->time[k] - half);
            j->time[k] = half;
            g->total[k] += half;
        }
        j->known = true;
    }
    g->solved = now;
    g->stale = false;
    return g->config.solve(g->config.arg, g->jobs, g->njobs, g->capacity,
                           g->ntypes, err);
}

static void
rank(struct vn_gavel *g, int k)
{
    for (int i = 0; i < g->njobs; i++) {
        struct vn_gavel_job *j = &g->jobs[i];
        double part = g->total[k] > 0 ? j->time[k] / g->total[k] : 0;

        j->priority[k] = !j->known || j->rate[k] == 0 ? 0
                         : part > 0                   ? j->share[k] / part
                                                      : j->share[k] * 1e9;
    }
}

/* Does job a go before b on this type?  Of equals, the first to come. */
static bool
goes_before(const struct vn_gavel_job *a, const struct vn_gavel_job *b, int k)
{
    double x = a->known ? a->share[k] : 0, y = b->known ? b->share[k] : 0;

    if (a->priority[k] != b->priority[k])
        return a->priority[k] > b->priority[k];
    if (a->behind[k] != b->behind[k])
        return a->behind[k] > b->behind[k];
    return x != y ? x > y : a < b;
}

/* All jobs, into order[]. */
static void
sort(struct vn_gavel *g, int k)
{
    int *o = g->order;

    for (int i = 0; i < g->njobs; i++) {
        int low = 0, high = i;

        while (low < high) {
            int middle = low + (high - low) / 2;

            if (goes_before(&g->jobs[i], &g->jobs[o[middle]], k))
                high = middle;
            else
                low = middle + 1;
        }
        memmove(o + low + 1, o + low, (size_t) (i - low) * sizeof *o);
        o[low] = i;
    }
}

/* The next round's pieces; whether there are any. */
static bool
place(struct vn_gavel *g, double now)
{
    double length = (double) g->config.length * 1e-6;
    bool any = false;

    memcpy(g->free, g->capacity, (size_t) g->ntypes * sizeof *g->free);
    for (int i = 0; i < g->njobs; i++)
        g->jobs[i].idle = false;
    for (int k = 0; k < g->ntypes; k++) {
        rank(g, k);
        sort(g, k);
        for (int i = 0; i < g->njobs && g->free[k] > 0; i++) {
            struct vn_gavel_job *j = &g->jobs[g->order[i]];

            if (j->place >= 0 || j->idle || j->rate[k] <= 0
                || j->need[k] > g->free[k]
                || (!g->config.spare && j->priority[k] <= 0))
                continue;
            g->free[k] -= j->need[k];
            j->idle = !j->known;
            if (j->idle)
                continue;
            j->place = k;
            j->steps = fmin(fmax(floor(j->rate[k] * length), 1), j->left);
            j->finish = now + j->steps / j->rate[k];
            any = true;
        }
    }
    return any;
}

static vn_time
to_time(double seconds)
{
    return seconds < 9e12 ? (vn_time) llround(seconds * 1e6) : VN_TIME_MAX;
}

/* Grant what the round gives, and tell who ends in it. */
static void
answer_round(struct vn_gavel *g, const struct vn_view *view,
             struct vn_answer *answer)
{
    vn_time now = vn_view_now(view);

    g->due = now + 1;
    for (int i = 0; i < g->njobs; i++) {
        const struct vn_gavel_job *j = &g->jobs[i];
        vn_time finish = VN_TIME_MAX;

        for (int k = 0; k < g->ntypes; k++) {
            int n = k == j->place ? j->need[k] : 0;

            if (n != vn_view_held(view, j->slot, g->types[k]))
                vn_answer_set(answer, j->slot, g->types[k], n);
        }
        if (j->place >= 0) {
            finish = to_time(j->finish);
            finish = finish > now ? finish : now + 1;
            if (finish > g->due)
                g->due = finish;
        }
        vn_answer_end(answer, j->slot,
                      j->place >= 0 && j->steps >= j->left ? finish
                                                           : VN_TIME_MAX);
    }
    vn_answer_wake(answer, g->due);
}

void
vn_gavel_decide(struct vn_gavel *g, const struct vn_view *view,
                struct vn_answer *answer)
{
    vn_time now = vn_view_now(view), pause = g->config.pause;
    enum vn_status status = VN_OK;
    struct vn_error err = {0};
    double clock = (double) now * 1e-6;

    if (g->running && now < g->due) {
        vn_answer_wake(answer, g->due);
        return;
    }
    if (g->running) {
        finish_round(g);
        clock = g->end;
    }
    if (g->njobs == 0)
        return;
    for (int k = 0; k < g->ntypes; k++)
        g->capacity[k] = vn_view_devices(view, g->types[k]);
    if (g->stale
        && (g->solved == 0 || clock - g->solved >= (double) pause * 1e-6))
        status = renew(g, clock, &err);
    if (status != VN_OK) {
        vn_answer_fail(answer, err.text);
        return;
    }
    g->running = place(g, clock);
    if (!g->running && g->stale && !vn_view_arriving(view)) {
        g->solved = 0;
        if (renew(g, clock, &err) != VN_OK)
            vn_answer_fail(answer, err.text);
        g->running = place(g, clock);
    }
    if (g->running)
        answer_round(g, view, answer);
    else if (!vn_view_arriving(view))
        vn_answer_wake(answer, now + pause);
}
