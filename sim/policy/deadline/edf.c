/*
 * Earliest deadline first: in that order each job has the most devices that
 * it can use of those that are left, shrinking and growing as others come and
 * go.  edf-admission declines a job with a deadline unless it, and all that
 * were admitted before, would meet theirs so.
 */
#include "config.h"

#include "sim/policy/deadline/deadlines.h"

extern const struct vn_policy vn_policy_edf;
extern const struct vn_policy vn_policy_edf_admission;

enum {
    SLOT = 1 /* s; plans end in whole ones */
};

/* In order of deadline each that was admitted has the most that it can use of
 * what is left. */
static void
give(struct vn_deadline_jobs *s, const struct vn_view *view,
     struct vn_answer *answer)
{
    for (int t = 0; t < vn_view_types(view); t++) {
        int left = vn_view_devices(view, t);

        for (int i = 0; i < s->n; i++) {
            struct vn_deadline_job *job = s->all[i];

            if (job->home != t || !job->admitted)
                continue;
            job->devices = vn_deadline_fitting(&job->claim, left);
            left -= job->devices;
        }
    }
    vn_deadline_answer(s, view, answer);
}

/* Nothing is there yet; what has an open is closed. */
static enum vn_status
edf_open(void *state, const struct vn_view *view, const double *values,
         struct vn_error *err)
{
    (void) state, (void) view, (void) values, (void) err;
    return VN_OK;
}

static void
edf_decide(void *state, const struct vn_view *view, struct vn_answer *answer)
{
    struct vn_deadline_jobs *s = state;

    for (int i = 0; i < s->n; i++)
        s->all[i]->admitted = true;
    give(s, view, answer);
}

/* Would all that were admitted, and this one, be in time? */
static bool
feasible(struct vn_deadline_jobs *s, const struct vn_view *view,
         const struct vn_deadline_job *new)
{
    int devices = vn_view_devices(view, new->home);
    double now = vn_deadline_now(view);
    struct vn_timeline free = {0};
    bool all = true;

    vn_timeline_begin(&free, now, devices);
    for (int i = 0; i < s->n && all; i++) {
        struct vn_deadline_job *job = s->all[i];

        if (job->home != new->home || !vn_deadline_has(job)
            || (!job->admitted && job != new))
            continue;
        if (vn_deadline_fitting(&job->claim, devices) == 0) {
            all = job != new;
            continue;
        }
        vn_deadline_plan_greedy(&job->claim, now, SLOT, devices, &free,
                                &job->plan);
        all = job->plan.meets;
    }
    vn_timeline_free(&free);
    return all;
}

static void
edf_admission_decide(void *state, const struct vn_view *view,
                     struct vn_answer *answer)
{
    struct vn_deadline_jobs *s = state;
    struct vn_deadline_job *new;
    int64_t after = -1;

    vn_deadline_update(s, view);
    while ((new = vn_deadline_new(s, after)) != NULL) {
        after = new->order;
        new->admitted = !vn_deadline_has(new) || feasible(s, view, new);
        if (!new->admitted)
            vn_answer_decline(answer, new->slot);
    }
    give(s, view, answer);
}

const struct vn_policy vn_policy_edf = {
    .name = "edf",
    .summary = "earliest deadline first, with all that it can use",
    .knows = "deadlines",
    .late = true,
    .state_size = sizeof(struct vn_deadline_jobs),
    .open = edf_open,
    .close = vn_deadline_close,
    .arrive = vn_deadline_arrive,
    .leave = vn_deadline_leave,
    .decide = edf_decide,
};

const struct vn_policy vn_policy_edf_admission = {
    .name = "edf-admission",
    .summary = "the same, declining what would make somebody late",
    .knows = "deadlines, durations, step times",
    .late = true,
    .state_size = sizeof(struct vn_deadline_jobs),
    .open = edf_open,
    .close = vn_deadline_close,
    .arrive = vn_deadline_arrive,
    .leave = vn_deadline_leave,
    .decide = edf_admission_decide,
};
