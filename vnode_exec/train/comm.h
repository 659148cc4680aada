/*
 * The processes of a job: one, or MPI ranks, each with one device.
 *
 * Everything that is reduced is an integer (or, in fast arithmetic, a float
 * whose sum is not bitwise anyway), so that any order gives the same bits.
 * With one process these do nothing.
 */
#ifndef VNODE_EXEC_TRAIN_COMM_H
#define VNODE_EXEC_TRAIN_COMM_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vn_comm {
    bool mpi;
    int rank;
    int size;
    uint64_t here; /* the ranks on this one's machine, a bit each, below 64 */
    bool failed;   /* all of them have, and need not be ended */
    int64_t failing; /* a communicator for that, as Fortran numbers it */
};

/* Whether this build can have more than one process. */
bool vn_comm_available(void);

/* Join the other ranks; fails in a build without MPI. */
enum vn_status vn_comm_open(struct vn_comm *comm, struct vn_error *err);
void vn_comm_close(struct vn_comm *comm);

/*
 * The number of processes that mpirun, srun or their like say they started
 * this one among; 1 where none of them did.
 */
int vn_comm_launched(void);

/*
 * Do all ranks have the text (vnode_exec/train/text.h) of the first?  Else all
 * fail, with the first line that the first rank that differs has otherwise.
 */
enum vn_status vn_comm_agree(const struct vn_comm *comm, const char *text,
                             struct vn_error *err);

/*
 * After a failure, with its message: true where this rank is to say it, and
 * call vn_comm_abort() then.  Where all have failed alike within some seconds
 * only the first is.
 */
bool vn_comm_speaks(struct vn_comm *comm, const char *message);

/*
 * End all ranks, after one has failed by itself; does not return with MPI
 * unless all of them have failed.
 */
void vn_comm_abort(const struct vn_comm *comm, int status);

/* In place, over all ranks. */
void vn_comm_sum_int(const struct vn_comm *comm, int64_t *values, size_t n);
void vn_comm_sum_float(const struct vn_comm *comm, float *values, size_t n);
void vn_comm_max(const struct vn_comm *comm, uint32_t *values, size_t n);

#endif /* VNODE_EXEC_TRAIN_COMM_H */
