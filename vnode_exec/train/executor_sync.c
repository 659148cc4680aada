/*
 * The all-reduce: each device adds up a slice of everyone's sums, then
 * fetches the other slices.  Devices of a backend that can reach each other do
 * so themselves; else their sums meet in the host's memory, where the ranks'
 * meet too.  Each begins with its neighbour and goes round, so that they do
 * not all read one device at once; the order of floats is that of the seats
 * still, from the slice's own on.
 */
#include "config.h"

#include "vnode_exec/train/seat.h"

#include <string.h>

/* A slice of the vector, the i-th of n, at whole cache lines. */
static void
slice(const struct vn_executor *x, int i, size_t *from, size_t *to)
{
    size_t blocks = x->job.graph->vector / VN_PARAM_ALIGN;

    *from = blocks * (size_t) i / (size_t) x->nseats * VN_PARAM_ALIGN;
    *to = blocks * (size_t) (i + 1) / (size_t) x->nseats * VN_PARAM_ALIGN;
}

/* Which seat it is. */
static int
number_of(const struct seat *s)
{
    int i = 0;

    while (s->x->seats[i] != s)
        i++;
    return i;
}

/* The number of the i-th seat behind one, in the round. */
static int
behind(const struct vn_executor *x, int me, int i)
{
    return (me + i) % x->nseats;
}

/* Add the other devices' sums in this seat's slice to its own. */
static enum vn_status
seat_reduce(void *arg, struct vn_error *err)
{
    struct seat *s = arg;
    struct vn_executor *x = s->x;
    int me = number_of(s);
    size_t from, to;

    (void) err;
    slice(x, me, &from, &to);
    for (int i = 1; i < x->nseats; i++) {
        const void *other = x->seats[behind(x, me, i)]->replica.host_sums;

        if (x->job.train->exact) {
            uint64_t *restrict sum = s->replica.host_sums;
            const uint64_t *restrict more = other;

            for (size_t k = from; k < to; k++)
                sum[k] += more[k];
        } else {
            float *restrict sum = s->replica.host_sums;
            const float *restrict more = other;

            for (size_t k = from; k < to; k++)
                sum[k] += more[k];
        }
    }
    return VN_OK;
}

/* Fetch the other slices. */
static enum vn_status
seat_gather(void *arg, struct vn_error *err)
{
    struct seat *s = arg;
    struct vn_executor *x = s->x;
    size_t size = x->job.train->exact ? sizeof(int64_t) : sizeof(float);

    (void) err;
    for (int i = 1; i < x->nseats; i++) {
        int j = behind(x, number_of(s), i);
        size_t from, to;

        slice(x, j, &from, &to);
        memcpy((char *) s->replica.host_sums + from * size,
               (char *) x->seats[j]->replica.host_sums + from * size,
               (to - from) * size);
    }
    vn_replica_deliver(&s->replica);
    return VN_OK;
}

/* The same two among devices that reach each other's memory. */
static enum vn_status
seat_reduce_peers(void *arg, struct vn_error *err)
{
    struct seat *s = arg;
    struct vn_executor *x = s->x;
    struct vn_device *dev = s->replica.dev;
    bool exact = x->job.train->exact;
    int me = number_of(s);
    size_t size = exact ? sizeof(int64_t) : sizeof(float), from, to;

    slice(x, me, &from, &to);
    for (int i = 1; i < x->nseats; i++) {
        const struct vn_replica *other = &x->seats[behind(x, me, i)]->replica;

        dev->backend->peer_add(dev, other->dev, to - from, exact,
                               (char *) other->sums + from * size,
                               (char *) s->replica.sums + from * size);
    }
    return dev->backend->sync(dev, err);
}

static enum vn_status
seat_gather_peers(void *arg, struct vn_error *err)
{
    struct seat *s = arg;
    struct vn_executor *x = s->x;
    struct vn_device *dev = s->replica.dev;
    size_t size = x->job.train->exact ? sizeof(int64_t) : sizeof(float);

    for (int i = 1; i < x->nseats; i++) {
        int j = behind(x, number_of(s), i);
        const struct vn_replica *other = &x->seats[j]->replica;
        size_t from, to;

        slice(x, j, &from, &to);
        dev->backend->peer_copy(dev, other->dev, (to - from) * size,
                                (char *) other->sums + from * size,
                                (char *) s->replica.sums + from * size);
    }
    return dev->backend->sync(dev, err);
}

static enum vn_status
seat_fetch(void *arg, struct vn_error *err)
{
    struct seat *s = arg;

    return vn_replica_fetch(&s->replica, err);
}

/* Do all devices reach each other's memory? */
static bool
all_peers(const struct vn_executor *x)
{
    const struct vn_backend *first = x->seats[0]->replica.spec.backend;

    for (int i = 1; i < x->nseats; i++)
        if (x->seats[i]->replica.spec.backend != first)
            return false;
    return first->peer_add != NULL;
}

enum vn_status
vn_seats_synchronise(struct vn_executor *x, struct vn_error *err)
{
    const struct vn_comm *comm = x->job.comm;
    size_t n = x->job.graph->vector;
    enum vn_status status;

    if (x->nseats == 1 && !comm->mpi)
        return VN_OK;
    if (!comm->mpi && all_peers(x)) {
        status = vn_seats_run(x, seat_reduce_peers, err);
        return status == VN_OK ? vn_seats_run(x, seat_gather_peers, err)
                               : status;
    }
    status = vn_seats_run(x, seat_fetch, err);
    if (status == VN_OK && x->nseats > 1)
        status = vn_seats_run(x, seat_reduce, err);
    if (status == VN_OK && comm->mpi && x->job.train->exact)
        vn_comm_sum_int(comm, x->seats[0]->replica.host_sums, n);
    else if (status == VN_OK && comm->mpi)
        vn_comm_sum_float(comm, x->seats[0]->replica.host_sums, n);
    return status == VN_OK ? vn_seats_run(x, seat_gather, err) : status;
}
