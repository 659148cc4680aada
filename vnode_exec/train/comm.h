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
};

/* Whether this build can have more than one process. */
bool vn_comm_available(void);

/* Join the other ranks; fails in a build without MPI. */
enum vn_status vn_comm_open(struct vn_comm *comm, struct vn_error *err);
void vn_comm_close(struct vn_comm *comm);

/* End all ranks, after one has failed by itself; does not return with MPI. */
void vn_comm_abort(const struct vn_comm *comm, int status);

/* In place, over all ranks. */
void vn_comm_sum_int(const struct vn_comm *comm, int64_t *values, size_t n);
void vn_comm_sum_float(const struct vn_comm *comm, float *values, size_t n);
void vn_comm_max(const struct vn_comm *comm, uint32_t *values, size_t n);

#endif /* VNODE_EXEC_TRAIN_COMM_H */
