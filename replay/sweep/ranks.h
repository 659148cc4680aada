/*
 * A sweep over the ranks of an MPI job: rank 0 hands out runs, and it alone
 * writes results.
 *
 * The others ask for a run, draw or read its jobs, ask whether it is there,
 * and do it in a process of their own with a pool (replay/sweep/pool.h) and a
 * results file for the moment, which they send.  So a run that crashes costs
 * itself; a rank that is killed ends the whole job, which goes on when it is
 * started again.
 */
#ifndef REPLAY_SWEEP_RANKS_H
#define REPLAY_SWEEP_RANKS_H

#include "replay/sweep/course.h"

/* Join the ranks; *rank is this process's.  Fails with VN_EUNSUP where this
 * was built without MPI, and where there are fewer than two. */
enum vn_status vn_ranks_begin(int *rank, struct vn_error *err);

/* Do the runs of a course; count is rank 0's.  Called by every rank. */
enum vn_status vn_ranks_run(const struct vn_course *course,
                            struct vn_sweep_count *count,
                            struct vn_error *err);

/* Leave; where this rank failed, the others are ended too. */
void vn_ranks_end(bool failed);

#endif /* REPLAY_SWEEP_RANKS_H */
