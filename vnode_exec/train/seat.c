#include "config.h"

#include "vnode_exec/train/seat.h"

#include "base/progress.h"
#include "base/xalloc.h"
#include "vnode_exec/device/formula.h"

#include <math.h>
#include <stdlib.h>

struct seat *
vn_seat_new(struct vn_executor *x, const struct vn_spec *spec, int device,
            int64_t room)
{
    struct seat *s = vn_xcalloc(1, sizeof *s);

    s->x = x;
    s->device = device;
    s->room = room;
    s->order = (struct vn_order){.seed = x->job.train->seed,
                                 .count = x->job.data->train.count};
    s->replica = (struct vn_replica){.spec = *spec,
                                     .graph = x->job.graph,
                                     .train = x->job.train,
                                     .data = x->job.data,
                                     .limit = x->job.limit,
                                     .keep = x->job.limit == 0,
                                     .training = true,
                                     .cpu = spec->cpu};
    /* Other devices' threads, and those of their drivers, run anywhere. */
    if (spec->cpu < 0 && spec->backend->host_memory && !x->job.no_pin) {
        s->replica.cpu = x->cpu;
        x->cpu += spec->threads;
    }
    return s;
}

struct seat *
vn_seat_for(struct vn_executor *x, const struct vn_stage *stage, int device)
{
    int64_t room = vn_stage_largest(stage, device);
    struct vn_spec spec = stage->specs.list[device % stage->specs.n];

    if (x->job.comm->mpi)
        spec = vn_specs_rank(&stage->specs, device, x->job.comm->here);
    /* With MPI a rank may have no nodes, and only take part in sums. */
    return vn_seat_new(x, &spec, device,
                       room > 0 ? room : vn_stage_largest(stage, -1));
}

void
vn_seat_free(struct seat *s)
{
    if (s == NULL)
        return;
    vn_worker_stop(s->worker);
    vn_probe_close(s->probe);
    vn_replica_close(&s->replica);
    vn_order_free(&s->order);
    free(s);
}

static enum vn_status
seat_open(void *arg, struct vn_error *err)
{
    struct seat *s = arg;
    double start = vn_clock();
    enum vn_status status;

    s->replica.cpu = vn_worker_cpu(s->worker); /* that it got */
    status = vn_replica_open(&s->replica, (int) s->room, err);

    if (status == VN_OK && s->x->job.probe
        && s->replica.dev->backend->host_memory)
        status = vn_probe_open(&s->probe, err);
    s->startup_s = vn_clock() - start;
    s->ready = status == VN_OK;
    return status;
}

enum vn_status
vn_seat_start(struct seat *s, struct vn_error *err)
{
    enum vn_status status = vn_worker_start(
        s->replica.cpu, s->replica.spec.cpu >= 0, &s->worker, err);

    if (status == VN_OK)
        vn_worker_post(s->worker, seat_open, s);
    return status;
}

/* The examples of the node at or behind i that is this device's. */
static int
own_node(const struct seat *s, int i, struct vn_span *span)
{
    const struct vn_stage *stage = &s->x->stage;
    uint64_t base = (uint64_t) s->x->step * (uint64_t) s->x->job.train->batch;

    while (i < stage->vnodes && stage->owner[i] != s->device)
        i++;
    if (i < stage->vnodes)
        *span = (struct vn_span){base + (uint64_t) stage->first[i],
                                 base + (uint64_t) stage->first[i + 1]};
    return i;
}

/* Is the device to fail in this step? */
static bool
fails(const struct seat *s)
{
    const struct vn_executor *x = s->x;

    for (int i = 0; i < x->nfailures; i++)
        if (x->failures[i].device == s->device
            && x->failures[i].step == x->step)
            return true;
    return false;
}

enum vn_status
vn_seat_compute(void *arg, struct vn_error *err)
{
    struct seat *s = arg;
    int nodes = s->x->stage.vnodes, count = 0;
    struct vn_span *spans = vn_xcalloc((size_t) nodes, sizeof *spans);
    bool failing = fails(s);
    enum vn_status status;

    s->probe_s = s->probe != NULL ? vn_probe_time(s->probe) : 0;
    for (int i = own_node(s, 0, &spans[0]); i < nodes;) {
        count++;
        if (i + 1 == nodes)
            break;
        i = own_node(s, i + 1, &spans[count]);
    }
    status = vn_replica_begin(&s->replica, s->x->scale, &s->order, spans,
                              count, err);
    for (int i = 0; status == VN_OK && i < (failing ? count / 2 : count); i++)
        status = vn_replica_node(&s->replica, &s->order, spans[i],
                                 i + 1 < count ? &spans[i + 1] : NULL, err);
    free(spans);
    if (status == VN_OK && failing)
        return vn_fail(err, VN_EDEVICE, "device %d failed in step %lld",
                       s->device, (long long) s->x->step);
    if (status == VN_OK)
        status = vn_replica_collect(&s->replica, s->tally, err);
    return status;
}

enum vn_status
vn_seat_update(void *arg, struct vn_error *err)
{
    struct seat *s = arg;

    return vn_replica_update(&s->replica, s->x->step, &s->norm, err);
}

/* A run of test examples, in pieces that the replica has room for. */
enum vn_status
vn_seat_evaluate(void *arg, struct vn_error *err)
{
    struct seat *s = arg;
    uint64_t count = s->x->evaluated->count;
    uint64_t at = count * (uint64_t) s->part / (uint64_t) s->parts;
    uint64_t end = count * (uint64_t) (s->part + 1) / (uint64_t) s->parts;
    uint64_t room = (uint64_t) s->replica.room;
    enum vn_status status = VN_OK;

    s->replica.evaluating = s->x->evaluated;
    status = vn_replica_begin(&s->replica, NULL, NULL, NULL, 0, err);
    for (; status == VN_OK && at < end; at += room) {
        struct vn_span span = {at, at + room < end ? at + room : end};

        status = vn_replica_node(&s->replica, &s->order, span, NULL, err);
    }
    if (status == VN_OK)
        status = vn_replica_collect(&s->replica, s->tally, err);
    s->replica.evaluating = NULL;
    return status;
}

enum vn_status
vn_seats_run(struct vn_executor *x, vn_worker_fn fn, struct vn_error *err)
{
    enum vn_status status = VN_OK;

    for (int i = 0; i < x->nseats; i++)
        vn_worker_post(x->seats[i]->worker, fn, x->seats[i]);
    for (int i = 0; i < x->nseats; i++) {
        struct vn_error e;
        enum vn_status s = vn_worker_wait(x->seats[i]->worker, &e);

        if (s != VN_OK && status == VN_OK) {
            status = s;
            *err = e;
        }
    }
    return status;
}

enum vn_status
vn_seats_load(struct vn_executor *x, struct vn_error *err)
{
    enum vn_status status = VN_OK;

    for (int i = 0; i < x->nseats; i++)
        vn_replica_load(&x->seats[i]->replica, x->state.vectors);
    for (int i = 0; status == VN_OK && i < x->nseats; i++) {
        struct vn_device *dev = x->seats[i]->replica.dev;

        status = dev->backend->sync(dev, err);
    }
    return status;
}

enum vn_status
vn_seats_tally(struct vn_executor *x, double examples, double *loss,
               double *accuracy, struct vn_error *err)
{
    int64_t tally[VN_TALLIES] = {0};

    for (int i = 0; i < x->nseats; i++)
        for (int k = 0; k < VN_TALLIES; k++)
            tally[k] += x->seats[i]->tally[k];
    vn_comm_sum_int(x->job.comm, tally, VN_TALLIES);
    examples *= (double) x->job.graph->labels;
    *loss = ((double) tally[VN_TALLY_WHOLE]
             + (double) tally[VN_TALLY_PART] * VN_LOSS_UNIT)
            / examples;
    *accuracy = (double) tally[VN_TALLY_RIGHT] / examples;
    if (tally[VN_TALLY_LOST] == 0)
        return VN_OK;
    *loss = INFINITY;
    return vn_fail(err, VN_EINVAL,
                   "step %lld: diverged: the loss of %lld of %.0f "
                   "predictions is no number below 2^31; a smaller "
                   "learning rate may help",
                   (long long) x->step, (long long) tally[VN_TALLY_LOST],
                   examples);
}
