#include "config.h"

#include "vnode_exec/train/seat.h"

#include "base/progress.h"

#include <string.h>

/*
 * A seat that stays: of the same type, and not promised to another.  Where
 * devices are things of their own it must be the same one.
 */
static struct seat *
staying(struct vn_executor *x, const struct vn_spec *spec)
{
    for (int i = 0; i < x->nseats; i++) {
        struct seat *s = x->seats[i];

        if (s->leaving && strcmp(s->replica.spec.type, spec->type) == 0
            && s->replica.spec.cpu == spec->cpu
            && (spec->backend->host_memory
                || s->replica.spec.ordinal == spec->ordinal)) {
            s->leaving = false;
            return s;
        }
    }
    return NULL;
}

enum vn_status
vn_executor_prepare(struct vn_executor *x, const struct vn_stage *stage,
                    struct vn_error *err)
{
    enum vn_status status = VN_OK;

    if (x->job.comm->mpi) {
        if (stage->devices > x->job.comm->size)
            return vn_fail(err, VN_EUSAGE,
                           "a resize to %d devices needs as many ranks, and "
                           "there are %d",
                           stage->devices, x->job.comm->size);
        return VN_OK;
    }
    for (int i = 0; i < x->nseats; i++)
        x->seats[i]->leaving = true;
    x->ncoming = 0;
    for (int i = 0; status == VN_OK && i < stage->devices; i++) {
        struct seat *s = staying(x, &stage->specs.list[i]);

        if (s == NULL) {
            s = vn_seat_for(x, stage, i);
            status = vn_seat_start(s, err);
        }
        x->coming[x->ncoming++] = s;
    }
    return status;
}

/* Is it one of those that come? */
static bool
is_new(const struct vn_executor *x, const struct seat *s)
{
    for (int i = 0; i < x->nseats; i++)
        if (x->seats[i] == s)
            return false;
    return s->worker != NULL;
}

bool
vn_executor_prepared(const struct vn_executor *x)
{
    for (int i = 0; i < x->ncoming; i++)
        if (is_new(x, x->coming[i]) && vn_worker_busy(x->coming[i]->worker))
            return false;
    return true;
}

static enum vn_status
await_newcomers(struct vn_executor *x, struct vn_resize *resize,
                struct vn_error *err)
{
    double start = vn_clock();
    enum vn_status status = VN_OK;

    for (int i = 0; status == VN_OK && i < x->ncoming; i++) {
        struct seat *s = x->coming[i];

        if (!is_new(x, s))
            continue;
        status = vn_worker_wait(s->worker, err);
        if (s->startup_s > resize->startup_s)
            resize->startup_s = s->startup_s;
    }
    resize->wait_s = vn_clock() - start;
    return status;
}

/* The seats that were coming are those that are there; the others go. */
static void
change_seats(struct vn_executor *x)
{
    for (int i = 0; i < x->nseats; i++)
        if (x->seats[i]->leaving)
            vn_seat_free(x->seats[i]);
    x->nseats = x->devices = x->ncoming;
    for (int i = 0; i < x->ncoming; i++) {
        x->seats[i] = x->coming[i];
        x->seats[i]->device = i;
        x->seats[i]->leaving = false;
        x->alive[i] = true;
    }
    x->ncoming = 0;
}

enum vn_status
vn_executor_resize(struct vn_executor *x, const struct vn_stage *stage,
                   struct vn_resize *resize, struct vn_error *err)
{
    bool mpi = x->job.comm->mpi;
    double start;
    enum vn_status status = VN_OK;

    *resize = (struct vn_resize){.before = x->stage.devices,
                                 .after = stage->devices};
    if (!mpi && x->ncoming == 0)
        status = vn_executor_prepare(x, stage, err);
    if (!mpi && status == VN_OK)
        status = await_newcomers(x, resize, err);
    if (status != VN_OK)
        return status;
    start = vn_clock();
    vn_stage_free(&x->stage);
    vn_stage_copy(stage, &x->stage);
    if (mpi) { /* ranks stay, and only share the nodes anew */
        for (int i = 0; i < x->devices; i++)
            x->alive[i] = i < stage->devices;
        return VN_OK;
    }
    status = vn_replica_save(&x->seats[0]->replica, x->state.vectors, err);
    if (status != VN_OK)
        return status;
    change_seats(x);
    status = vn_seats_load(x, err);
    resize->copy_s = vn_clock() - start;
    return status;
}
