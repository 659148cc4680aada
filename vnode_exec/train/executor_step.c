#include "config.h"

#include "vnode_exec/train/seat.h"

#include "base/progress.h"
#include "base/xalloc.h"
#include "vnode_exec/device/formula.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    FIT = VN_SCALE_BITS, /* the last step's largest gradient gets so many */
    LEAST = 24,          /* and this step's may have so few */
    MOST = 50            /* or so many, of vn_fixed()'s 51 */
};

/* Share the nodes of failed devices over the others. */
static enum vn_status
share_again(struct vn_executor *x, const struct vn_error *why,
            struct vn_error *err)
{
    int alive = 0;

    for (int i = 0; i < x->devices; i++)
        alive += x->alive[i];
    if (alive == 0)
        return vn_fail(err, VN_EDEVICE, "no device is left%s%.300s",
                       why->text[0] != '\0' ? ": " : "", why->text);
    vn_stage_drop(&x->stage, x->alive, x->devices);
    return VN_OK;
}

/*
 * Let go of a failed device.  Where a resize under way counts on it another
 * of its kind starts in its place.
 */
static enum vn_status
drop(struct vn_executor *x, struct seat *s, struct vn_error *err)
{
    enum vn_status status = VN_OK;

    for (int i = 0; i < x->ncoming; i++)
        if (x->coming[i] == s) {
            x->coming[i] = vn_seat_new(x, &s->replica.spec, i, s->room);
            status = vn_seat_start(x->coming[i], err);
        }
    vn_seat_free(s);
    return status;
}

/*
 * Run the nodes on all devices.  *failed is the number that failed; those
 * are dropped, and the nodes shared over the others.
 */
static enum vn_status
compute(struct vn_executor *x, int *failed, struct vn_error *err)
{
    int64_t flags[VN_SPEC_DEVICES] = {0};
    struct vn_error first = {0}; /* of a device that failed here */
    enum vn_status status = VN_OK;
    int kept = 0;

    for (int i = 0; i < x->nseats; i++)
        vn_worker_post(x->seats[i]->worker, vn_seat_compute, x->seats[i]);
    for (int i = 0; i < x->nseats; i++) {
        struct vn_error e;
        enum vn_status s = vn_worker_wait(x->seats[i]->worker, &e);

        if (s == VN_EDEVICE) {
            flags[x->seats[i]->device] = 1;
            first = first.status == VN_OK ? e : first;
        } else if (s != VN_OK && status == VN_OK) {
            status = s;
            *err = e;
        }
    }
    if (status != VN_OK)
        return status;
    vn_comm_sum_int(x->job.comm, flags, VN_SPEC_DEVICES);
    *failed = 0;
    for (int i = 0; i < x->nfailures; i++)
        if (x->failures[i].step == x->step)
            x->failures[i].step = -1;
    for (int i = 0; i < x->devices; i++)
        if (flags[i] != 0) {
            x->alive[i] = false;
            *failed += 1;
        }
    if (*failed == 0)
        return VN_OK;
    for (int i = 0; i < x->nseats; i++) {
        struct seat *s = x->seats[i];

        /* A rank stays, without work: the others need it to reduce. */
        if (x->alive[s->device] || x->job.comm->mpi) {
            x->seats[kept++] = s;
        } else {
            enum vn_status dropped = drop(x, s, err);

            status = status == VN_OK ? dropped : status;
        }
    }
    x->nseats = kept;
    return status == VN_OK ? share_again(x, &first, err) : status;
}

/* The scale that gives a magnitude FIT bits. */
static double
fitting(double largest)
{
    int exponent;

    frexp(largest, &exponent);
    exponent = FIT - exponent;
    return ldexp(1, exponent > 500 ? 500 : exponent < -500 ? -500 : exponent);
}

/*
 * Look at the largest gradient of each parameter over all nodes.  *redo: at
 * the scale of this step some were too large for the sums to be exact, or so
 * small that they lost bits; the scale is then one that fits them.
 */
static enum vn_status
check_scales(struct vn_executor *x, double *next, bool *redo,
             struct vn_error *err)
{
    const struct vn_graph *g = x->job.graph;
    size_t n = (size_t) g->nparams;
    uint32_t *largest = vn_xcalloc(n, sizeof *largest);
    enum vn_status status = VN_OK;

    *redo = false;
    for (int j = 0; j < x->nseats; j++)
        for (size_t i = 0; i < n; i++) {
            uint32_t u = x->seats[j]->replica.host_largest[i];

            largest[i] = u > largest[i] ? u : largest[i];
        }
    vn_comm_max(x->job.comm, largest, n);
    for (size_t i = 0; status == VN_OK && i < n; i++) {
        double most = (double) vn_bits_float(largest[i]);
        double terms = (double) x->stage.vnodes * g->params[i].uses;
        double bits = most * x->scale[i];

        if (largest[i] >= 0x7f800000U) {
            status = vn_fail(err, VN_EINVAL,
                             "step %lld: diverged: the gradient of %s is not "
                             "finite; a smaller learning rate may help",
                             (long long) x->step, g->params[i].name);
            break;
        }
        next[i] = most > 0 ? fitting(most) : x->scale[i];
        if (most > 0
            && (bits >= ldexp(1, MOST) || bits * terms >= ldexp(1, 62)
                || bits < ldexp(1, LEAST))) {
            x->scale[i] = next[i];
            *redo = true;
        }
    }
    free(largest);
    return status;
}

static void
tell_times(const struct vn_executor *x, struct vn_step *step)
{
    for (int i = 0; i < x->nseats; i++) {
        const struct vn_replica *r = &x->seats[i]->replica;

        step->load_s = r->load_s > step->load_s ? r->load_s : step->load_s;
        step->compute_s =
            r->compute_s > step->compute_s ? r->compute_s : step->compute_s;
        step->update_s =
            r->update_s > step->update_s ? r->update_s : step->update_s;
        step->probe_s = x->seats[i]->probe_s > step->probe_s
                            ? x->seats[i]->probe_s
                            : step->probe_s;
    }
    step->norm = x->seats[0]->norm;
}

enum vn_status
vn_executor_step(struct vn_executor *x, struct vn_step *step,
                 struct vn_error *err)
{
    double start = vn_clock(), computed;
    double *next = vn_xcalloc((size_t) x->job.graph->nparams, sizeof *next);
    bool redo = true;
    enum vn_status status = VN_OK;

    *step = (struct vn_step){.step = x->step};
    while (status == VN_OK && redo) {
        int failed = 0;

        redo = false;
        status = compute(x, &failed, err);
        step->failed += failed;
        if (status == VN_OK && failed > 0)
            redo = true;
        else if (status == VN_OK && x->job.train->exact)
            status = check_scales(x, next, &redo, err);
        step->redone += redo;
        if (step->redone > 64)
            status = vn_fail(err, VN_EINVAL,
                             "step %lld: no scale fits the gradients",
                             (long long) x->step);
    }
    /* Before the update: what diverged must not get into the parameters. */
    if (status == VN_OK)
        status = vn_seats_tally(x, (double) x->job.train->batch, &step->loss,
                                &step->accuracy, err);
    computed = vn_clock();
    if (status == VN_OK)
        status = vn_seats_synchronise(x, err);
    step->sync_s = vn_clock() - computed;
    if (status == VN_OK)
        status = vn_seats_run(x, vn_seat_update, err);
    for (int i = 0; i < x->devices; i++)
        step->devices += x->alive[i];
    step->step_s = vn_clock() - start;
    if (status == VN_OK) {
        tell_times(x, step);
        if (x->job.train->exact)
            memcpy(x->scale, next,
                   (size_t) x->job.graph->nparams * sizeof *next);
        x->step++;
    }
    free(next);
    return status;
}
