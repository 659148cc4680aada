#include "config.h"

#include "sim/policy/round/rounds.h"

#include "base/xalloc.h"
#include "plan/cluster.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void
vn_rounds_open(struct vn_rounds *r, const struct vn_view *view, vn_time length)
{
    size_t n = (size_t) vn_view_types(view);

    r->length = length;
    r->next = -1;
    r->ntypes = vn_view_types(view);
    r->capacity = vn_xcalloc(n, sizeof *r->capacity);
    r->free = vn_xcalloc(n, sizeof *r->free);
}

void
vn_rounds_close(struct vn_rounds *r)
{
    free(r->capacity);
    free(r->active);
    free(r->rate);
    free(r->need);
    free(r->share);
    free(r->owed);
    free(r->received);
    free(r->plan);
    free(r->place);
    free(r->free);
    free(r->line);
    free(r->pairs);
}

static void
enlarge(struct vn_rounds *r, int job)
{
    int n = 2 * job + 64;
    size_t cells = (size_t) n * (size_t) r->ntypes;

    r->active = vn_xrealloc(r->active, (size_t) n, sizeof *r->active);
    r->line = vn_xrealloc(r->line, (size_t) n, sizeof *r->line);
    r->place = vn_xrealloc(r->place, (size_t) n, sizeof *r->place);
    r->rate = vn_xrealloc(r->rate, cells, sizeof *r->rate);
    r->need = vn_xrealloc(r->need, cells, sizeof *r->need);
    r->share = vn_xrealloc(r->share, cells, sizeof *r->share);
    r->owed = vn_xrealloc(r->owed, cells, sizeof *r->owed);
    r->received = vn_xrealloc(r->received, cells, sizeof *r->received);
    r->plan = vn_xrealloc(r->plan, cells, sizeof *r->plan);
    r->pairs = vn_xrealloc(r->pairs, cells, sizeof *r->pairs);
    r->room = n;
}

/* Can the job run on n devices of the type?  Seconds of a step in *step_s. */
static bool
runs_on(const struct vn_view *view, int job, int type, int n, int *devices,
        double *step_s)
{
    devices[type] = n;
    *step_s = vn_view_step_s(view, job, devices);
    devices[type] = 0;
    return isfinite(*step_s);
}

/* Of the numbers it could take, the nearest to what it asks for, below before
 * above, on which it runs; 0: none. */
static int
nearest(const struct vn_view *view, int job, int type, int *devices,
        double *step_s)
{
    const struct vn_job *j = vn_view_job(view, job);
    int all = vn_view_devices(view, type);

    for (int n = j->devices < all ? j->devices : all; n >= j->min_devices; n--)
        if (runs_on(view, job, type, n, devices, step_s))
            return n;
    for (int n = j->devices + 1; n <= j->max_devices && n <= all; n++)
        if (runs_on(view, job, type, n, devices, step_s))
            return n;
    return 0;
}

void
vn_rounds_size(const struct vn_view *view, int job, int *need, double *rate)
{
    const struct vn_job *j = vn_view_job(view, job);
    int devices[VN_TYPES_MAX] = {0}, types = vn_view_types(view);
    bool runs = false, modelled = vn_job_is_modelled(j);

    for (int t = 0; t < types; t++) {
        int all = vn_view_devices(view, t);
        int n = modelled && j->devices > all ? all : j->devices;
        double step_s = INFINITY;

        need[t] = 0;
        if (n > 0 && n <= all && n >= j->min_devices
            && vn_view_runs(view, job, t)
            && runs_on(view, job, t, n, devices, &step_s))
            need[t] = n;
        rate[t] = need[t] > 0 ? 1 / step_s : 0;
        runs = runs || need[t] > 0;
    }
    for (int t = 0; t < types && modelled && !runs; t++) {
        double step_s = INFINITY;

        if (vn_view_runs(view, job, t))
            need[t] = nearest(view, job, t, devices, &step_s);
        rate[t] = need[t] > 0 ? 1 / step_s : 0;
    }
}

/* The devices that a job takes of each type, and how fast it then goes. */
static void
size_up(struct vn_rounds *r, const struct vn_view *view, int job)
{
    size_t cell = (size_t) job * (size_t) r->ntypes;

    vn_rounds_size(view, job, r->need + cell, r->rate + cell);
}

void
vn_rounds_arrive(struct vn_rounds *r, const struct vn_view *view, int job)
{
    size_t cell = (size_t) job * (size_t) r->ntypes;

    if (job >= r->room)
        enlarge(r, job);
    for (int t = 0; t < r->ntypes; t++) {
        r->share[cell + (size_t) t] = 0;
        r->owed[cell + (size_t) t] = 0;
        r->received[cell + (size_t) t] = 0;
        r->plan[cell + (size_t) t] = 0;
    }
    size_up(r, view, job);
    r->place[job] = -1;
    r->active[r->nactive++] = job;
    r->changed = true;
}

void
vn_rounds_leave(struct vn_rounds *r, int job)
{
    int i = 0;

    while (r->active[i] != job)
        i++;
    r->nactive--;
    memmove(r->active + i, r->active + i + 1,
            (size_t) (r->nactive - i) * sizeof *r->active);
    r->changed = true;
}

/* Devices may have failed, or be there again. */
static void
count_devices(struct vn_rounds *r, const struct vn_view *view)
{
    bool other = false;

    for (int t = 0; t < r->ntypes; t++) {
        int n = vn_view_devices(view, t);

        other = other || n != r->capacity[t];
        r->capacity[t] = n;
    }
    if (!other)
        return;
    r->changed = r->counted = true;
    for (int i = 0; i < r->nactive; i++)
        size_up(r, view, r->active[i]);
}

bool
vn_rounds_begin(struct vn_rounds *r, const struct vn_view *view,
                struct vn_answer *answer)
{
    vn_time now = vn_view_now(view);

    if (r->nactive == 0) {
        if (now >= r->next)
            r->next = -1;
        return false;
    }
    if (now < r->next) {
        vn_answer_wake(answer, r->next);
        return false;
    }
    r->next = now + r->length;
    vn_answer_wake(answer, r->next);
    count_devices(r, view);
    return true;
}

bool
vn_rounds_changed(struct vn_rounds *r)
{
    bool changed = r->changed;

    r->changed = false;
    return changed;
}

bool
vn_rounds_devices_changed(struct vn_rounds *r)
{
    bool counted = r->counted;

    r->counted = false;
    return counted;
}

double *
vn_rounds_shares(struct vn_rounds *r, int job)
{
    return r->share + (size_t) job * (size_t) r->ntypes;
}

static int
compare_doubles(double a, double b)
{
    return (a > b) - (a < b);
}

static int
compare_pairs(const void *va, const void *vb)
{
    const struct vn_rounds_pair *a = va, *b = vb;
    int order = compare_doubles(b->priority, a->priority);

    if (order == 0)
        order = compare_doubles(b->share, a->share);
    if (order == 0)
        order = a->index - b->index;
    return order != 0 ? order : a->type - b->type;
}

/* The pairs that have a share; all shares count as owed from here on. */
static int
gather(struct vn_rounds *r)
{
    int n = 0;

    for (int i = 0; i < r->nactive; i++)
        for (int t = 0; t < r->ntypes; t++) {
            size_t cell =
                (size_t) r->active[i] * (size_t) r->ntypes + (size_t) t;

            r->owed[cell] += r->share[cell];
            if (r->share[cell] <= 0 || r->need[cell] == 0)
                continue;
            r->pairs[n++] = (struct vn_rounds_pair){
                .priority = r->received[cell] > 0
                                ? r->owed[cell] / r->received[cell]
                                : INFINITY,
                .share = r->share[cell],
                .index = i,
                .type = t};
        }
    return n;
}

static void
try(struct vn_rounds *r, int job, int type)
{
    size_t cell = (size_t) job * (size_t) r->ntypes + (size_t) type;

    if (r->place[job] >= 0 || r->need[cell] == 0
        || r->need[cell] > r->free[type])
        return;
    r->place[job] = type;
    r->free[type] -= r->need[cell];
    r->plan[cell] = r->need[cell];
    r->received[cell]++;
    r->line[r->nline++] = job;
}

/* Give what is left to those that still wait, on their fastest type. */
static void
place_spare(struct vn_rounds *r)
{
    for (int i = 0; i < r->nactive; i++) {
        int job = r->active[i], best = -1;
        size_t cell = (size_t) job * (size_t) r->ntypes;

        if (r->place[job] >= 0)
            continue;
        for (int t = 0; t < r->ntypes; t++)
            if (r->need[cell + (size_t) t] > 0
                && r->need[cell + (size_t) t] <= r->free[t]
                && (best < 0
                    || r->rate[cell + (size_t) t]
                           > r->rate[cell + (size_t) best]))
                best = t;
        if (best >= 0)
            try(r, job, best);
    }
}

void
vn_rounds_place(struct vn_rounds *r, bool spare)
{
    int n = gather(r);

    memcpy(r->free, r->capacity, (size_t) r->ntypes * sizeof *r->free);
    r->nline = 0;
    for (int i = 0; i < r->nactive; i++) {
        r->place[r->active[i]] = -1;
        memset(r->plan + (size_t) r->active[i] * (size_t) r->ntypes, 0,
               (size_t) r->ntypes * sizeof *r->plan);
    }
    qsort(r->pairs, (size_t) n, sizeof *r->pairs, compare_pairs);
    for (int i = 0; i < n; i++)
        try(r, r->active[r->pairs[i].index], r->pairs[i].type);
    if (spare)
        place_spare(r);
}

/* How many idle devices of the type shorten the job's step most; 0: none.
 * *step_s is its step without them and, where there are, with them. */
static int
gain(const struct vn_rounds *r, const struct vn_view *view, int job, int type,
     double *step_s)
{
    int *devices = r->plan + (size_t) job * (size_t) r->ntypes;
    int room = vn_view_job(view, job)->max_devices, best = 0;

    for (int t = 0; t < r->ntypes; t++)
        room -= devices[t];
    if (room > r->free[type])
        room = r->free[type];
    if (!vn_view_runs(view, job, type))
        return 0;
    for (int n = 1; n <= room; n++) {
        double s;

        devices[type] = n;
        s = vn_view_mix_s(view, job, devices);
        if (s < *step_s) {
            *step_s = s;
            best = n;
        }
    }
    devices[type] = 0;
    return best;
}

void
vn_rounds_mix(struct vn_rounds *r, const struct vn_view *view)
{
    for (int i = 0; i < r->nline; i++) {
        int job = r->line[i], type, extra;
        int *devices = r->plan + (size_t) job * (size_t) r->ntypes;

        if (!vn_job_is_modelled(vn_view_job(view, job)))
            continue;
        do {
            double now_s = vn_view_step_s(view, job, devices), best_s = now_s;

            extra = 0;
            for (int t = 0; t < r->ntypes; t++) {
                double s = best_s;
                int n = devices[t] == 0 && r->free[t] > 0
                            ? gain(r, view, job, t, &s)
                            : 0;

                if (n > 0 && s < best_s) {
                    best_s = s;
                    extra = n;
                    type = t;
                }
            }
            if (extra > 0) {
                devices[type] = extra;
                r->free[type] -= extra;
            }
        } while (extra > 0);
    }
}

void
vn_rounds_answer(struct vn_rounds *r, const struct vn_view *view,
                 struct vn_answer *answer)
{
    for (int i = 0; i < r->nactive; i++) {
        int job = r->active[i];

        for (int t = 0; t < r->ntypes; t++) {
            int n = r->plan[(size_t) job * (size_t) r->ntypes + (size_t) t];

            if (n != vn_view_held(view, job, t))
                vn_answer_set(answer, job, t, n);
        }
    }
}

double
vn_rounds_steps(const struct vn_view *view, int job)
{
    const struct vn_job *j = vn_view_job(view, job);

    if (vn_job_is_modelled(j))
        return (double) vn_view_steps(view, job);
    return (double) vn_view_remaining(view, job) / (double) j->duration;
}
