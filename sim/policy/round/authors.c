#include "config.h"

#include "sim/policy/round/authors.h"

#include "base/xalloc.h"
#include "plan/cluster.h"
#include "sim/policy/round/interior_point.h"
#include "sim/policy/round/solutions.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct job {
    double done; /* steps that it was credited */
    double all;
    double step_s;    /* of what it has now */
    vn_time last;     /* up to which it was credited */
    bool solved;      /* it is in the program's set */
    bool given;       /* it was given devices, or told when it ends */
    bool placed;      /* in this round */
    int own;          /* and the rank of its type */
    const double *x;  /* of the last solution, by the order of types */
    double *received; /* rounds, likewise */
};

struct pair {
    double priority;
    int job;
    int rank; /* of its type */
    int turn; /* in the order of enumeration */
};

struct vn_authors {
    struct vn_authors_config config;
    struct vn_solutions *solutions;
    vn_time walked; /* the last round's begin */
    int ntypes;
    int *types; /* by name */
    struct job *jobs;
    int room;

    int *running; /* in the order of placing */
    int nrunning;
    int *waiting; /* the heap's array */
    int nwaiting;
    int *asked; /* the program's jobs, in its order */
    int nasked;
    bool gone; /* one of them is */

    double *x; /* shares, rank by rank, of asked */
    double *rate;
    double *received;
    int *devices;
    struct pair *pairs;
    int *plan;
    int *free; /* by rank */
    int *all;  /* likewise */
};

static enum vn_status
order_types(struct vn_authors *a, const struct vn_view *view,
            struct vn_error *err)
{
    a->types = vn_xcalloc((size_t) a->ntypes, sizeof *a->types);
    a->free = vn_xcalloc((size_t) a->ntypes, sizeof *a->free);
    a->all = vn_xcalloc((size_t) a->ntypes, sizeof *a->all);
    a->plan = vn_xcalloc((size_t) a->ntypes, sizeof *a->plan);
    for (int i = 0; i < a->ntypes; i++) {
        int k = i;

        for (; k > 0
               && strcmp(vn_view_type_name(view, a->types[k - 1]),
                         vn_view_type_name(view, i))
                      > 0;
             k--)
            a->types[k] = a->types[k - 1];
        a->types[k] = i;
    }
    if (a->config.length % 1000000 != 0)
        return vn_fail(err, VN_EUSAGE,
                       "form authors: a round of %g s, expected whole seconds",
                       (double) a->config.length * 1e-6);
    return VN_OK;
}

enum vn_status
vn_authors_open(const struct vn_authors_config *config,
                const struct vn_view *view, struct vn_authors **authors,
                struct vn_error *err)
{
    struct vn_authors *a = vn_xcalloc(1, sizeof *a);
    const char *names[VN_TYPES_MAX];
    enum vn_status status;

    a->config = *config;
    a->ntypes = vn_view_types(view);
    a->walked = -1;
    status = order_types(a, view, err);
    for (int i = 0; i < a->ntypes; i++)
        names[i] = vn_view_type_name(view, a->types[i]);
    if (status == VN_OK && *config->solutions != '\0')
        status =
            vn_solutions_read(config->solutions, config->trace, config->mode,
                              names, a->ntypes, &a->solutions, err);
    if (status != VN_OK) {
        vn_authors_close(a);
        return status;
    }
    *authors = a;
    return VN_OK;
}

void
vn_authors_close(struct vn_authors *a)
{
    if (a == NULL)
        return;
    vn_solutions_free(a->solutions);
    free(a->types);
    free(a->jobs);
    free(a->running);
    free(a->waiting);
    free(a->asked);
    free(a->x);
    free(a->rate);
    free(a->received);
    free(a->devices);
    free(a->pairs);
    free(a->plan);
    free(a->free);
    free(a->all);
    free(a);
}

static void
enlarge(struct vn_authors *a, int job)
{
    size_t n = 2 * (size_t) job + 64, cells = n * (size_t) a->ntypes;

    a->jobs = vn_xrealloc(a->jobs, n, sizeof *a->jobs);
    a->running = vn_xrealloc(a->running, n, sizeof *a->running);
    a->waiting = vn_xrealloc(a->waiting, n, sizeof *a->waiting);
    a->asked = vn_xrealloc(a->asked, n, sizeof *a->asked);
    a->x = vn_xrealloc(a->x, cells, sizeof *a->x);
    a->rate = vn_xrealloc(a->rate, cells, sizeof *a->rate);
    a->received = vn_xrealloc(a->received, cells, sizeof *a->received);
    a->devices = vn_xrealloc(a->devices, cells, sizeof *a->devices);
    a->pairs = vn_xrealloc(a->pairs, cells, sizeof *a->pairs);
    for (int i = 0; i < a->nasked; i++) {
        a->jobs[a->asked[i]].x = a->x + (size_t) i * (size_t) a->ntypes;
        a->jobs[a->asked[i]].received =
            a->received + (size_t) i * (size_t) a->ntypes;
    }
    a->room = (int) n;
}

/* Onto the heap: it rises while it is heavier than what is above it. */
static void
push(struct vn_authors *a, const struct vn_view *view, int job)
{
    double weight = vn_view_job(view, job)->weight;
    int i = a->nwaiting++;

    for (;
         i > 0 && weight > vn_view_job(view, a->waiting[(i - 1) / 2])->weight;
         i = (i - 1) / 2)
        a->waiting[i] = a->waiting[(i - 1) / 2];
    a->waiting[i] = job;
}

void
vn_authors_arrive(struct vn_authors *a, const struct vn_view *view, int job)
{
    const struct vn_job *j = vn_view_job(view, job);

    if (job >= a->room)
        enlarge(a, job);
    /* A recorded job counts seconds. */
    a->jobs[job] = (struct job){
        .last = vn_view_now(view),
        .all = vn_job_is_modelled(j) ? (double) j->steps
                                     : ceil((double) j->duration * 1e-6)};
    push(a, view, job);
}

static void
remove_from(int *jobs, int *n, int job)
{
    int kept = 0;

    for (int i = 0; i < *n; i++)
        if (jobs[i] != job)
            jobs[kept++] = jobs[i];
    *n = kept;
}

void
vn_authors_leave(struct vn_authors *a, int job)
{
    remove_from(a->running, &a->nrunning, job);
    remove_from(a->waiting, &a->nwaiting, job);
    if (!a->jobs[job].solved)
        return;
    a->gone = true;
    remove_from(a->asked, &a->nasked, job);
}

/* Seconds of a step on plan[], whose index is the cluster's type. */
static double
step_on(const struct vn_authors *a, const struct vn_view *view, int job)
{
    double s = vn_view_step_s(view, job, a->plan);

    return vn_job_is_modelled(vn_view_job(view, job)) ? s
                                                      : s / a->jobs[job].all;
}

/* Steps a second on all devices of the type of this rank; 0: it cannot. */
static double
whole_rate(struct vn_authors *a, const struct vn_view *view, int job, int rank)
{
    int type = a->types[rank];
    double s;

    if (a->all[rank] == 0 || !vn_view_runs(view, job, type))
        return 0;
    a->plan[type] = a->all[rank];
    s = step_on(a, view, job);
    a->plan[type] = 0;
    return 1 / s;
}

/* Rules 1 and 2: credit; end those that wait and are done. */
static void
credit(struct vn_authors *a, vn_time now, struct vn_answer *answer)
{
    int kept = 0;

    for (int i = 0; i < a->nrunning; i++) {
        struct job *j = &a->jobs[a->running[i]];

        j->done += floor((double) (now - j->last) * 1e-6 / j->step_s);
        j->last = now;
    }
    for (int i = 0; i < a->nwaiting; i++) {
        int job = a->waiting[i];

        if (a->jobs[job].done < a->jobs[job].all)
            a->waiting[kept++] = job;
        else
            vn_answer_end(answer, job, now);
    }
    a->nwaiting = kept;
}

/* Whether the jobs that are there are not those that were asked for last. */
static bool
changed(const struct vn_authors *a)
{
    int n = a->nrunning + a->nwaiting;

    for (int i = 0; i < n; i++)
        if (!a->jobs[i < a->nrunning ? a->running[i]
                                     : a->waiting[i - a->nrunning]]
                 .solved)
            return true;
    return a->gone || n != a->nasked;
}

/* The program's jobs, in order, and its numbers. */
static void
ask(struct vn_authors *a, const struct vn_view *view)
{
    for (int i = 0; i < a->nasked; i++)
        a->jobs[a->asked[i]].solved = false;
    a->nasked = a->nrunning + a->nwaiting;
    memcpy(a->asked, a->running, (size_t) a->nrunning * sizeof *a->asked);
    memcpy(a->asked + a->nrunning, a->waiting,
           (size_t) a->nwaiting * sizeof *a->asked);
    a->gone = false;
    for (int i = 0; i < a->nasked; i++) {
        int job = a->asked[i];
        size_t cell = (size_t) i * (size_t) a->ntypes;
        double mean = 0;

        a->jobs[job].solved = true;
        a->jobs[job].x = a->x + cell;
        a->jobs[job].received = a->received + cell;
        for (int k = 0; k < a->ntypes; k++) {
            a->rate[cell + (size_t) k] = whole_rate(a, view, job, k);
            mean += a->rate[cell + (size_t) k] / a->ntypes;
            a->devices[cell + (size_t) k] = a->all[k];
            a->received[cell + (size_t) k] = 0;
        }
        for (int k = 0; k < a->ntypes; k++)
            a->rate[cell + (size_t) k] *=
                a->all[k] / (mean * vn_view_job(view, job)->weight);
    }
}

/* Put the table's X in the place of ours, if both have the same optimum. */
static enum vn_status
follow(struct vn_authors *a, const struct vn_view *view, double optimum,
       struct vn_error *err)
{
    vn_time now = vn_view_now(view);
    double objective = vn_solutions_objective(a->solutions, now);

    if (vn_solutions_count(a->solutions, now) != a->nasked)
        return vn_fail(err, VN_EFORMAT,
                       "%.200s: solutions of %d jobs at %g s, expected those "
                       "of the %d that are there",
                       a->config.solutions,
                       vn_solutions_count(a->solutions, now),
                       (double) now * 1e-6, a->nasked);
    if (fabs(objective - optimum) > 1e-6 * fmax(1, fabs(objective)))
        return vn_fail(err, VN_EFORMAT,
                       "%.200s: an lp_objective of %.9g at %g s, expected "
                       "%.9g, our own optimum",
                       a->config.solutions, objective, (double) now * 1e-6,
                       optimum);
    for (int i = 0; i < a->nasked; i++) {
        int64_t id = vn_view_job(view, a->asked[i])->id;
        const double *x = vn_solutions_of(a->solutions, now, id);

        if (x == NULL)
            return vn_fail(err, VN_EFORMAT,
                           "%.200s: no solution of job %" PRId64
                           " at %g s, at which it is there",
                           a->config.solutions, id, (double) now * 1e-6);
        memcpy(a->x + (size_t) i * (size_t) a->ntypes, x,
               (size_t) a->ntypes * sizeof *x);
    }
    return VN_OK;
}

/* Rule 3. */
static enum vn_status
solve(struct vn_authors *a, const struct vn_view *view, struct vn_error *err)
{
    enum vn_status status;
    double optimum;

    ask(a, view);
    status = vn_centre(a->nasked, a->ntypes, a->rate, a->devices, a->all, a->x,
                       &optimum, err);
    if (status == VN_OK && a->solutions != NULL)
        status = follow(a, view, optimum, err);
    for (int i = 0; i < a->nasked * a->ntypes; i++)
        a->x[i] = round(a->x[i] * 1e5) / 1e5;
    return status;
}

static int
compare_pairs(const void *va, const void *vb)
{
    const struct pair *p = va, *q = vb;
    int order = (p->priority < q->priority) - (p->priority > q->priority);

    return order != 0 ? order : q->turn - p->turn;
}

/* Rule 4: whom this round runs, into running; pairs with the highest
 * priority first and, of equals, the last enumerated. */
static void
place(struct vn_authors *a, const struct vn_view *view,
      struct vn_answer *answer)
{
    int n = a->nasked * a->ntypes;

    for (int i = 0; i < n; i++) {
        int job = a->asked[i / a->ntypes], k = i % a->ntypes;
        double x = a->jobs[job].x[k], received = a->jobs[job].received[k];

        a->pairs[i] = (struct pair){.priority = x == 0          ? 0
                                                : received == 0 ? INFINITY
                                                                : x / received,
                                    .job = job,
                                    .rank = k,
                                    .turn = i};
        a->jobs[job].placed = false;
    }
    qsort(a->pairs, (size_t) n, sizeof *a->pairs, compare_pairs);
    memcpy(a->free, a->all, (size_t) a->ntypes * sizeof *a->free);
    a->nrunning = 0;
    for (int i = 0; i < n; i++) {
        const struct pair *p = &a->pairs[i];
        struct job *j = &a->jobs[p->job];
        double rate;

        if (j->placed || a->free[p->rank] < a->all[p->rank]
            || (rate = whole_rate(a, view, p->job, p->rank)) == 0)
            continue;
        j->placed = true;
        j->own = p->rank;
        j->step_s = 1 / rate;
        j->received[p->rank]++;
        a->free[p->rank] = 0;
        a->running[a->nrunning++] = p->job;
        for (int k = 0; k < a->ntypes; k++)
            vn_answer_set(answer, p->job, a->types[k],
                          k == p->rank ? a->all[k] : 0);
        j->given = true;
    }
}

/* The best of n own devices and b of another type: rule 5. */
struct mixture {
    double step_s;
    int own, other, rank;
};

static void
look(struct vn_authors *a, const struct vn_view *view, int job, int own,
     int other, struct mixture *best)
{
    for (int n = 1; n <= a->all[own]; n++)
        for (int b = 1; b <= a->all[other]; b++) {
            double s;

            a->plan[a->types[own]] = n;
            a->plan[a->types[other]] = b;
            s = vn_view_mix_s(view, job, a->plan);
            if (s < best->step_s)
                *best = (struct mixture){s, n, b, other};
        }
    a->plan[a->types[own]] = a->plan[a->types[other]] = 0;
}

static void
mix(struct vn_authors *a, const struct vn_view *view, struct vn_answer *answer)
{
    for (int i = 0; i < a->nrunning; i++) {
        int job = a->running[i], own = a->jobs[job].own;
        struct mixture best = {.step_s = a->jobs[job].step_s, .rank = -1};

        if (!vn_job_is_modelled(vn_view_job(view, job)))
            continue;
        for (int k = a->ntypes - 1; k >= 0; k--)
            if (k != own && a->all[k] > 0 && a->free[k] == a->all[k]
                && vn_view_runs(view, job, a->types[k]))
                look(a, view, job, own, k, &best);
        if (best.rank < 0)
            continue;
        a->jobs[job].step_s = best.step_s;
        a->free[best.rank] -= best.other;
        vn_answer_set(answer, job, a->types[own], best.own);
        vn_answer_set(answer, job, a->types[best.rank], best.other);
    }
}

/* Rule 6, and the heap of those that were not placed. */
static void
tell(struct vn_authors *a, const struct vn_view *view,
     struct vn_answer *answer)
{
    vn_time now = vn_view_now(view);

    for (int i = 0; i < a->nrunning; i++) {
        const struct job *j = &a->jobs[a->running[i]];
        double s = fmax(0, ceil((j->all - j->done) * j->step_s));

        vn_answer_end(answer, a->running[i],
                      s < 9e12 ? now + (vn_time) s * 1000000 : VN_TIME_MAX);
    }
    a->nwaiting = 0;
    for (int i = 0; i < a->nasked; i++) {
        int job = a->asked[i];

        if (a->jobs[job].placed)
            continue;
        push(a, view, job);
        if (!a->jobs[job].given)
            continue;
        vn_answer_end(answer, job, VN_TIME_MAX);
        for (int t = 0; t < a->ntypes; t++)
            vn_answer_set(answer, job, t, 0);
    }
}

void
vn_authors_decide(struct vn_authors *a, const struct vn_view *view,
                  struct vn_answer *answer)
{
    vn_time now = vn_view_now(view), length = a->config.length;
    enum vn_status status = VN_OK;
    struct vn_error err = {0};

    vn_answer_wake(answer, (now / length + 1) * length);
    if (now % length != 0 || now == 0 || now == a->walked)
        return;
    a->walked = now;
    for (int k = 0; k < a->ntypes; k++)
        a->all[k] = vn_view_devices(view, a->types[k]);
    credit(a, now, answer);
    if (a->nrunning + a->nwaiting == 0)
        return;
    if (changed(a))
        status = solve(a, view, &err);
    if (status != VN_OK) {
        vn_answer_fail(answer, err.text);
        return;
    }
    place(a, view, answer);
    if (a->config.mix)
        mix(a, view, answer);
    tell(a, view, answer);
}
