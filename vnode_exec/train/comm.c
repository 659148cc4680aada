#include "config.h"

#include "vnode_exec/train/comm.h"

#include "base/rng.h"
#include "vnode_exec/train/text.h"

#include <stdlib.h>
#include <string.h>

int
vn_comm_launched(void)
{
    /* Open MPI; MPICH, Intel MPI and Slurm's PMI; MVAPICH; srun */
    static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE",
                                        "MV2_COMM_WORLD_SIZE",
                                        "SLURM_STEP_NUM_TASKS"};
    int most = 1;

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *text = getenv(names[i]);
        int n = text != NULL ? atoi(text) : 0;

        most = n > most ? n : most;
    }
    return most;
}

#ifdef HAVE_MPI

#include <mpi.h>
#include <time.h>

enum {
    PIECE = 1 << 28,    /* elements of one message */
    TEXT = 4096,        /* bytes of a text that ranks compare */
    PATIENCE_MS = 3000, /* for other ranks to have failed too */
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
    MPI_Comm machine, failing;

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
    MPI_Comm_dup(MPI_COMM_WORLD, &failing);
    comm->failing = (int64_t) MPI_Comm_c2f(failing);
    return VN_OK;
}

void
vn_comm_close(struct vn_comm *comm)
{
    if (comm->mpi) {
        MPI_Comm failing = MPI_Comm_f2c((MPI_Fint) comm->failing);

        MPI_Comm_free(&failing);
        MPI_Finalize();
    }
    comm->mpi = false;
}

enum vn_status
vn_comm_agree(const struct vn_comm *comm, const char *text,
              struct vn_error *err)
{
    char first[TEXT], message[sizeof err->text] = "";
    struct vn_text_difference d;
    int other;

    if (!comm->mpi || comm->size == 1)
        return VN_OK;
    snprintf(first, sizeof first, "%s", text);
    MPI_Bcast(first, TEXT, MPI_CHAR, 0, MPI_COMM_WORLD);
    other = vn_text_differs(text, first, &d) ? comm->rank : comm->size;
    if (other < comm->size)
        snprintf(message, sizeof message,
                 "rank %d was started with %s, and rank 0 with %s", other,
                 d.have[0] != '\0' ? d.have : "nothing there",
                 d.want[0] != '\0' ? d.want : "nothing there");
    MPI_Allreduce(MPI_IN_PLACE, &other, 1, MPI_INT, MPI_MIN, MPI_COMM_WORLD);
    if (other == comm->size)
        return VN_OK;
    MPI_Bcast(message, sizeof message, MPI_CHAR, other, MPI_COMM_WORLD);
    return vn_fail(err, VN_EINVAL, "%s", message);
}

/* Have all ranks come here, on a communicator of its own, before long? */
static bool
all_come(MPI_Comm all)
{
    const struct timespec pause = {.tv_nsec = 1000000};
    MPI_Request request;
    int come = 0;

    MPI_Ibarrier(all, &request);
    for (int i = 0; i < PATIENCE_MS && !come; i++) {
        MPI_Test(&request, &come, MPI_STATUS_IGNORE);
        if (!come)
            nanosleep(&pause, NULL);
    }
    return come;
}

bool
vn_comm_speaks(struct vn_comm *comm, const char *message)
{
    uint64_t mine = vn_hash(0, message, strlen(message)), first = mine;
    MPI_Comm all;

    if (!comm->mpi || comm->size == 1)
        return true;
    all = MPI_Comm_f2c((MPI_Fint) comm->failing);
    comm->failed = all_come(all);
    if (!comm->failed)
        return true;
    MPI_Bcast(&first, 1, MPI_UINT64_T, 0, all);
    return comm->rank == 0 || first != mine;
}

void
vn_comm_abort(const struct vn_comm *comm, int status)
{
    if (comm->mpi && comm->size > 1 && !comm->failed)
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

enum vn_status
vn_comm_agree(const struct vn_comm *comm, const char *text,
              struct vn_error *err)
{
    (void) comm, (void) text, (void) err;
    return VN_OK;
}

bool
vn_comm_speaks(struct vn_comm *comm, const char *message)
{
    (void) comm, (void) message;
    return true;
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
