#include "config.h"

#include "sim/policy/share/divided.h"

#include "base/xalloc.h"
#include "sim/api/prediction.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void
vn_divided_open(struct vn_divided *s, const struct vn_view *view,
                vn_divide_fn *rule, vn_time every)
{
    s->rule = rule;
    s->every = every;
    s->ntypes = vn_view_types(view);
    s->asked = vn_xcalloc((size_t) s->ntypes, sizeof *s->asked);
}

static void
forget(struct vn_divided *s, int slot)
{
    if (s->jobs[slot] != NULL)
        free(s->jobs[slot]->speed);
    free(s->jobs[slot]);
    s->jobs[slot] = NULL;
}

void
vn_divided_close(void *state)
{
    struct vn_divided *s = state;

    for (int i = 0; i < s->njobs; i++)
        forget(s, i);
    free(s->jobs);
    free(s->asked);
    free(s->present);
    free(s->claims);
}

int
vn_divided_home(const double *asked, const struct vn_view *view, int slot)
{
    int home = -1;
    double least = 0;

    for (int t = 0; t < vn_view_types(view); t++) {
        double part = (asked[t] + vn_view_job(view, slot)->devices)
                      / (vn_view_devices(view, t) + 1e-3);

        if (vn_view_runs(view, slot, t) && (home < 0 || part < least)) {
            home = t;
            least = part;
        }
    }
    return home;
}

/* Its speeds at home against one device; below what it needs, nothing. */
static void
find_speeds(struct vn_divided_job *job, const struct vn_view *view)
{
    const struct vn_job *j = vn_view_job(view, job->slot);
    int *devices = vn_xcalloc((size_t) vn_view_types(view), sizeof *devices);
    double unit = 0;

    job->claim.demand = j->max_devices;
    job->speed =
        vn_xcalloc((size_t) job->claim.demand + 2, sizeof *job->speed);
    job->claim.speed = job->speed;
    for (int k = 1; k <= job->claim.demand; k++) {
        double s;

        devices[job->home] = k;
        s = k < j->min_devices ? INFINITY
                               : vn_view_step_s(view, job->slot, devices);
        if (isinf(s))
            continue;
        if (unit == 0) {
            unit = k * s;
            job->least = k;
        }
        job->speed[k] = unit / s;
    }
    free(devices);
    job->claim.service =
        unit * (double) (j->model < 0 ? 1 : vn_view_steps(view, job->slot));
}

void
vn_divided_arrive(void *state, const struct vn_view *view, int slot)
{
    struct vn_divided *s = state;
    struct vn_divided_job *job;

    if (slot >= s->njobs) {
        int n = 2 * slot + 16;

        s->jobs = vn_xrealloc(s->jobs, (size_t) n, sizeof *s->jobs);
        memset(s->jobs + s->njobs, 0,
               (size_t) (n - s->njobs) * sizeof *s->jobs);
        s->present = vn_xrealloc(s->present, (size_t) n, sizeof *s->present);
        s->claims = vn_xrealloc(s->claims, (size_t) n, sizeof *s->claims);
        s->njobs = n;
    }
    job = s->jobs[slot] = vn_xcalloc(1, sizeof *job);
    job->slot = slot;
    job->home = vn_divided_home(s->asked, view, slot);
    find_speeds(job, view);
    s->asked[job->home] += job->claim.demand;
    job->whole = (double) vn_view_remaining(view, slot);
    job->beyond = vn_predicted_beyond(view, slot, 0);
    job->unit = job->claim.service / job->whole;
    job->claim.service *= 1 + (double) job->beyond / job->whole;
    s->present[s->npresent++] = slot;
    job->seen = s->npresent;
    job->times = 1;
}

void
vn_divided_leave(void *state, const struct vn_view *view, int slot)
{
    struct vn_divided *s = state;
    int at = 0;

    (void) view;
    while (s->present[at] != slot)
        at++;
    s->npresent--;
    memmove(&s->present[at], &s->present[at + 1],
            (size_t) (s->npresent - at) * sizeof *s->present);
    s->asked[s->jobs[slot]->home] -= s->jobs[slot]->claim.demand;
    forget(s, slot);
}

struct vn_divided_job *
vn_divided_job_of(struct vn_claim *claim)
{
    return (struct vn_divided_job *) claim;
}

int
vn_divided_usable(const struct vn_divided_job *job, double devices)
{
    int k = (int) devices;

    while (k > 0 && job->speed[k] == 0)
        k--;
    return k;
}

int
vn_divided_gather(struct vn_divided *s, const struct vn_view *view, int type)
{
    int n = 0;

    for (int i = 0; i < s->npresent; i++) {
        struct vn_divided_job *job = s->jobs[s->present[i]];
        vn_time age = vn_view_now(view) - vn_view_job(view, job->slot)->submit;

        if (job->home != type || job->least == 0)
            continue;
        job->claim.left = fmin(
            job->unit
                * (double) vn_predicted_left(view, job->slot, job->beyond),
            job->claim.service);
        job->claim.age = (double) age * 1e-6;
        job->claim.present = job->seen / (double) job->times;
        job->claim.devices = 0;
        s->claims[n++] = &job->claim;
    }
    return n;
}

/* Divide, and leave out half of those that get too little, the last to come;
 * how many are left in. */
static int
divide(struct vn_divided *s, int n, int devices)
{
    int poor = 0, kept = 0, seen = 0;

    s->rule(s->claims, n, devices);
    for (int i = 0; i < n; i++)
        poor += vn_divided_usable(vn_divided_job_of(s->claims[i]),
                                  s->claims[i]->devices)
                == 0;
    if (poor == 0)
        return n;
    for (int i = 0; i < n; i++) {
        struct vn_claim *claim = s->claims[i];

        if (vn_divided_usable(vn_divided_job_of(claim), claim->devices) == 0
            && seen++ >= poor / 2)
            claim->devices = 0;
        else
            s->claims[kept++] = claim;
    }
    return kept;
}

/* All claims of the type again, as they were answered; what nobody has. */
static int
spare(struct vn_divided *s, int type, int *left)
{
    int n = 0;

    for (int i = 0; i < s->npresent; i++) {
        struct vn_divided_job *job = s->jobs[s->present[i]];

        if (job->home != type)
            continue;
        s->claims[n++] = &job->claim;
        *left -= vn_divided_usable(job, job->claim.devices);
    }
    return n;
}

static void
divide_type(struct vn_divided *s, const struct vn_view *view, int type,
            struct vn_answer *answer)
{
    int left = vn_view_devices(view, type);
    int n = vn_divided_gather(s, view, type), before;

    do {
        before = n;
        n = divide(s, n, left);
    } while (n < before);
    n = spare(s, type, &left);
    for (int i = 0; i < n; i++) {
        struct vn_divided_job *job = vn_divided_job_of(s->claims[i]);
        int k = vn_divided_usable(job, job->claim.devices);

        if (k == 0) {
            k = vn_divided_usable(job, fmin(left, job->claim.demand));
            left -= k;
        }
        if (k != vn_view_held(view, job->slot, type))
            vn_answer_set(answer, job->slot, type, k);
    }
}

void
vn_divided_saw(struct vn_divided *s)
{
    for (int i = 0; i < s->npresent; i++) {
        s->jobs[s->present[i]]->seen += s->npresent;
        s->jobs[s->present[i]]->times++;
    }
}

void
vn_divided_decide(void *state, const struct vn_view *view,
                  struct vn_answer *answer)
{
    struct vn_divided *s = state;

    for (int t = 0; t < s->ntypes; t++)
        divide_type(s, view, t, answer);
    vn_divided_saw(s);
    if (s->every > 0 && s->npresent > 0)
        vn_answer_wake(answer, vn_view_now(view) + s->every);
}
