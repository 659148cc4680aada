#include "config.h"

#include "vnode_exec/seat.h"

#include <string.h>

/* A slice of the vector, the i-th of n, at whole cache lines. */
static void
slice(const struct vn_executor *x, int i, size_t *from, size_t *to)
{
    size_t blocks = x->job.graph->vector / VN_PARAM_ALIGN;

    *from = blocks * (size_t) i / (size_t) x->nseats * VN_PARAM_ALIGN;
    *to = blocks * (size_t) (i + 1) / (size_t) x->nseats * VN_PARAM_ALIGN;
}

/* Add the other devices' sums in this seat's slice to its own. */
static enum vn_status
seat_reduce(void *arg, struct vn_error *err)
{
    struct seat *s = arg;
    struct vn_executor *x = s->x;
    int me = 0;
    size_t from, to;

    (void) err;
    while (x->seats[me] != s)
        me++;
    slice(x, me, &from, &to);
    for (int j = 0; j < x->nseats; j++) {
        const void *other = x->seats[j]->replica.host_sums;

        if (j == me)
            continue;
        if (x->job.train->exact) {
            uint64_t *restrict sum = s->replica.host_sums;
            const uint64_t *restrict more = other;

            for (size_t i = from; i < to; i++)
                sum[i] += more[i];
        } else {
            float *restrict sum = s->replica.host_sums;
            const float *restrict more = other;

            for (size_t i = from; i < to; i++)
                sum[i] += more[i];
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
    for (int j = 0; j < x->nseats; j++) {
        size_t from, to;

        if (x->seats[j] == s)
            continue;
        slice(x, j, &from, &to);
        memcpy((char *) s->replica.host_sums + from * size,
               (char *) x->seats[j]->replica.host_sums + from * size,
               (to - from) * size);
    }
    vn_replica_deliver(&s->replica);
    return VN_OK;
}

enum vn_status
vn_seats_synchronise(struct vn_executor *x, struct vn_error *err)
{
    const struct vn_comm *comm = x->job.comm;
    size_t n = x->job.graph->vector;
    enum vn_status status = VN_OK;

    if (x->nseats > 1)
        status = vn_seats_run(x, seat_reduce, err);
    if (status == VN_OK && comm->mpi && x->job.train->exact)
        vn_comm_sum_int(comm, x->seats[0]->replica.host_sums, n);
    else if (status == VN_OK && comm->mpi)
        vn_comm_sum_float(comm, x->seats[0]->replica.host_sums, n);
    if (status == VN_OK && (x->nseats > 1 || comm->mpi))
        status = vn_seats_run(x, seat_gather, err);
    return status;
}
