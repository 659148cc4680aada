#include "config.h"

#include "vnode_exec/train/comm.h"

#ifdef HAVE_MPI

#include <mpi.h>
#include <stdlib.h>

enum {
    PIECE = 1 << 28 /* elements of one message */
};

bool
vn_comm_available(void)
{
    return true;
}

enum vn_status
vn_comm_open(struct vn_comm *comm, struct vn_error *err)
{
    int provided;
    MPI_Comm machine;

    if (MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided)
            != MPI_SUCCESS
        || provided < MPI_THREAD_FUNNELED)
        return vn_fail(err, VN_EDEVICE, "MPI does not start with threads");
    comm->mpi = true;
    MPI_Comm_rank(MPI_COMM_WORLD, &comm->rank);
    MPI_Comm_size(MPI_COMM_WORLD, &comm->size);
    comm->here = comm->rank < 64 ? UINT64_C(1) << comm->rank : 0;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL,
                        &machine);
    MPI_Allreduce(MPI_IN_PLACE, &comm->here, 1, MPI_UINT64_T, MPI_BOR,
                  machine);
    MPI_Comm_free(&machine);
    return VN_OK;
}

void
vn_comm_close(struct vn_comm *comm)
{
    if (comm->mpi)
        MPI_Finalize();
    comm->mpi = false;
}

void
vn_comm_abort(const struct vn_comm *comm, int status)
{
    if (comm->mpi && comm->size > 1)
        MPI_Abort(MPI_COMM_WORLD, status);
}

/* MPI's counts are ints; errors are fatal, which is its default. */
static void
reduce(const struct vn_comm *comm, void *values, size_t n, size_t size,
       MPI_Datatype type, MPI_Op op)
{
    if (!comm->mpi || comm->size == 1)
        return;
    for (size_t at = 0; at < n; at += PIECE)
        MPI_Allreduce(MPI_IN_PLACE, (char *) values + at * size,
                      (int) (n - at < PIECE ? n - at : PIECE), type, op,
                      MPI_COMM_WORLD);
}

void
vn_comm_sum_int(const struct vn_comm *comm, int64_t *values, size_t n)
{
    reduce(comm, values, n, sizeof *values, MPI_INT64_T, MPI_SUM);
}

void
vn_comm_sum_float(const struct vn_comm *comm, float *values, size_t n)
{
    reduce(comm, values, n, sizeof *values, MPI_FLOAT, MPI_SUM);
}

void
vn_comm_max(const struct vn_comm *comm, uint32_t *values, size_t n)
{
    reduce(comm, values, n, sizeof *values, MPI_UINT32_T, MPI_MAX);
}

#else

bool
vn_comm_available(void)
{
    return false;
}

enum vn_status
vn_comm_open(struct vn_comm *comm, struct vn_error *err)
{
    (void) comm;
    return vn_fail(err, VN_EUNSUP, "this program was built without MPI");
}

void
vn_comm_close(struct vn_comm *comm)
{
    (void) comm;
}

void
vn_comm_abort(const struct vn_comm *comm, int status)
{
    (void) comm, (void) status;
}

void
vn_comm_sum_int(const struct vn_comm *comm, int64_t *values, size_t n)
{
    (void) comm, (void) values, (void) n;
}

void
vn_comm_sum_float(const struct vn_comm *comm, float *values, size_t n)
{
    (void) comm, (void) values, (void) n;
}

void
vn_comm_max(const struct vn_comm *comm, uint32_t *values, size_t n)
{
    (void) comm, (void) values, (void) n;
}

#endif
