#include "config.h"

#include "sim/policy/deadline/deadlines.h"

#include "base/xalloc.h"
#include "sim/api/prediction.h"
#include "sim/policy/share/divided.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void
forget(struct vn_deadline_job *job)
{
    vn_timeline_free(&job->plan.steps);
    vn_timeline_free(&job->grown.steps);
    vn_timeline_free(&job->grown_free);
    free(job);
}

void
vn_deadline_close(void *state)
{
    struct vn_deadline_jobs *s = state;

    for (int i = 0; i < s->n; i++)
        forget(s->all[i]);
    free(s->all);
    free(s->asked);
}

/* k, or the next smaller on which it can run, if that is a new one. */
static void
add_size(struct vn_deadline_job *job, const struct vn_view *view, int *devices,
         int k, double full_s)
{
    double s;

    k = vn_view_size(view, job->slot, job->home, k);
    if (k == 0
        || (job->claim.nsizes > 0 && k <= job->sizes[job->claim.nsizes - 1]))
        return;
    devices[job->home] = k;
    s = vn_view_step_s(view, job->slot, devices);
    job->sizes[job->claim.nsizes] = k;
    job->rate[job->claim.nsizes++] = full_s / s;
}

/* Its sizes at home, and how fast it is on each. */
static void
find_sizes(struct vn_deadline_job *job, const struct vn_view *view)
{
    const struct vn_job *j = vn_view_job(view, job->slot);
    int *devices = vn_xcalloc((size_t) vn_view_types(view), sizeof *devices);
    double full_s;
    int k = 1;

    devices[job->home] = j->devices;
    full_s = vn_view_step_s(view, job->slot, devices);
    if (isinf(full_s))
        full_s = 1;
    while (k < j->min_devices)
        k *= 2;
    for (; k < j->devices; k *= 2)
        add_size(job, view, devices, k, full_s);
    add_size(job, view, devices, j->devices, full_s);
    if (job->claim.nsizes == 0)
        add_size(job, view, devices, j->max_devices, full_s);
    job->claim.sizes = job->sizes;
    job->claim.rate = job->rate;
    free(devices);
}

static bool
before(const struct vn_deadline_job *a, const struct vn_deadline_job *b)
{
    if (a->claim.deadline != b->claim.deadline)
        return a->claim.deadline < b->claim.deadline;
    return a->order < b->order;
}

void
vn_deadline_arrive(void *state, const struct vn_view *view, int slot)
{
    struct vn_deadline_jobs *s = state;
    struct vn_deadline_job *job = vn_xcalloc(1, sizeof *job);
    vn_time deadline = vn_view_job(view, slot)->deadline;
    int at = s->n;

    job->slot = slot;
    job->order = vn_view_order(view, slot);
    job->beyond = vn_predicted_beyond(view, slot, 0);
    if (s->asked == NULL)
        s->asked = vn_xcalloc((size_t) vn_view_types(view), sizeof *s->asked);
    job->home = vn_divided_home(s->asked, view, slot);
    job->asks = vn_view_job(view, slot)->devices;
    s->asked[job->home] += job->asks;
    job->claim.deadline = deadline < 0 ? INFINITY : (double) deadline * 1e-6;
    find_sizes(job, view);
    if (s->n == s->room) {
        s->room = 2 * s->room + 16;
        s->all = vn_xrealloc(s->all, (size_t) s->room, sizeof(void *));
    }
    for (; at > 0 && before(job, s->all[at - 1]); at--)
        s->all[at] = s->all[at - 1];
    s->all[at] = job;
    s->n++;
}

void
vn_deadline_leave(void *state, const struct vn_view *view, int slot)
{
    struct vn_deadline_jobs *s = state;
    int at = 0;

    (void) view;
    while (s->all[at]->slot != slot)
        at++;
    s->asked[s->all[at]->home] -= s->all[at]->asks;
    forget(s->all[at]);
    s->n--;
    memmove(&s->all[at], &s->all[at + 1],
            (size_t) (s->n - at) * sizeof(void *));
}

void
vn_deadline_update(struct vn_deadline_jobs *s, const struct vn_view *view)
{
    /* What rounding leaves of a job that is about to end is still something.
     */
    for (int i = 0; i < s->n; i++)
        s->all[i]->claim.left = (double) vn_predicted_left(
                                    view, s->all[i]->slot, s->all[i]->beyond)
                                * 1e-6;
}

bool
vn_deadline_has(const struct vn_deadline_job *job)
{
    return !isinf(job->claim.deadline);
}

void
vn_deadline_answer(struct vn_deadline_jobs *s, const struct vn_view *view,
                   struct vn_answer *answer)
{
    for (int i = 0; i < s->n; i++) {
        const struct vn_deadline_job *job = s->all[i];

        if (job->admitted
            && job->devices != vn_view_held(view, job->slot, job->home))
            vn_answer_set(answer, job->slot, job->home, job->devices);
    }
}

struct vn_deadline_job *
vn_deadline_new(struct vn_deadline_jobs *s, int64_t after)
{
    struct vn_deadline_job *first = NULL;

    for (int i = 0; i < s->n; i++)
        if (!s->all[i]->admitted && s->all[i]->order > after
            && (first == NULL || s->all[i]->order < first->order))
            first = s->all[i];
    return first;
}

double
vn_deadline_now(const struct vn_view *view)
{
    return (double) vn_view_now(view) * 1e-6;
}
