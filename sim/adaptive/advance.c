/*
 * A job advances by a round: it waits for what its last change costs, then
 * goes from one end of an epoch to the next, each at a whole second.
 */
#include "config.h"

#include "sim/adaptive/reference_state.h"

#include <math.h>

enum vn_status
vn_reference_cut(struct vn_reference *r, int job, struct vn_error *err)
{
    struct vn_reference_job *j = &r->jobs[job];
    const struct vn_application_on *on;
    struct vn_cut cut;
    enum vn_status status = VN_OK;

    if (j->has.n == 0)
        return VN_OK;
    on = &j->wants.application->on[r->config.types[j->has.type].tables];
    if (r->config.policy->cut != NULL)
        status = r->config.policy->cut(r->state, r, job, &cut, err);
    else
        cut = vn_application_cut(j->wants.application, on->max_local,
                                 j->wants.batch, j->has.n);
    if (status != VN_OK)
        return status;
    if (cut.atomic < 1)
        return vn_fail(err, VN_EFORMAT,
                       "job %.64s: its batch leaves nothing for each of %d "
                       "devices",
                       j->wants.name, j->has.n);
    if (cut.atomic != j->cut.atomic)
        j->stepped = false;
    j->cut = cut;
    return VN_OK;
}

/* The time of a step of what it has now, measured once for each. */
static enum vn_status
measure(struct vn_reference *r, struct vn_reference_job *j,
        struct vn_error *err)
{
    const struct vn_application_on *on =
        &j->wants.application->on[r->config.types[j->has.type].tables];

    if (j->stepped)
        return VN_OK;
    j->stepped = true;
    if (vn_surface_time(on->surface, j->runs, j->nruns, j->cut.atomic,
                        &j->step))
        return VN_OK;
    if (r->config.unmeasured_stall) {
        j->step = (struct vn_step){-1, -1};
        return VN_OK;
    }
    return vn_fail(err, VN_EFORMAT,
                   "job %.64s: no step time of '%.64s' with %lld examples on "
                   "each of %d devices, %d nodes: the tables do not reach so "
                   "far",
                   j->wants.name, j->wants.application->name,
                   (long long) j->cut.atomic, j->has.n, j->nruns);
}

/* Iterations a second, and how its gradient is. */
static enum vn_status
find_rate(struct vn_reference *r, int job, double *rate, struct vn_error *err)
{
    struct vn_reference_job *j = &r->jobs[job];
    const struct vn_application *a = j->wants.application;
    int64_t batch = j->has.n * j->cut.atomic * (j->cut.accumulate + 1);
    struct vn_epoch e;
    enum vn_status status;

    if (!vn_application_epoch(a, batch, j->epoch, &e))
        return vn_fail(err, VN_EFORMAT,
                       "job %.64s: no gradient statistics of '%.64s' with a "
                       "batch of %lld: it lies outside of those measured",
                       j->wants.name, a->name, (long long) batch);
    if ((status = measure(r, j, err)) != VN_OK)
        return status;
    j->gradient = e.gradient;
    *rate =
        vn_gradient_gain(e.gradient, (double) batch / (double) a->init_batch)
        / vn_cut_step_s(j->cut, j->step);
    if (j->interferes)
        *rate *= 1 - r->config.interference;
    if (r->config.slowdown != NULL)
        *rate /= r->config.slowdown[job];
    return VN_OK;
}

/* Pass this time on what it has. */
static void
pass(struct vn_reference_job *j, double seconds)
{
    j->clock_s += seconds;
    j->attained_s += seconds * j->has.n;
}

enum vn_status
vn_reference_advance(struct vn_reference *r, int job, struct vn_error *err)
{
    struct vn_reference_job *j = &r->jobs[job];
    const struct vn_application *a = j->wants.application;
    double left = r->config.interval_s, wait;
    enum vn_status status = VN_OK;

    if (j->has.n == 0) {
        j->clock_s += left;
        return VN_OK;
    }
    wait = fmin(j->rescale_s, left);
    pass(j, wait);
    j->rescale_s -= wait;
    left -= wait;
    while (left > 0 && isnan(j->finish_s) && status == VN_OK) {
        double needed = a->needed[j->epoch + 1], rate = 0, part = left;

        if ((status = find_rate(r, job, &rate, err)) != VN_OK
            || (r->config.policy->measured != NULL
                && (status = r->config.policy->measured(r->state, r, job, err))
                       != VN_OK))
            return status;
        if (j->progress + rate * left < needed) {
            j->progress += rate * left;
        } else {
            part = rint((needed - j->progress) / rate);
            j->progress = needed;
            if (++j->epoch == a->nepochs)
                j->finish_s = j->clock_s + part;
        }
        pass(j, part);
        left -= part;
        if (r->config.policy->cut != NULL)
            status = vn_reference_cut(r, job, err);
    }
    return status;
}
