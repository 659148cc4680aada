/*
 * Runs of a sweep in processes of their own, several at a time.
 *
 * A run that crashes, that is out of time or memory, or whose policy errs is a
 * run that is recorded as such, and the sweep goes on; what was said of it is
 * said again at the end.  SIGINT and SIGTERM end the runs at work, which
 * leaves nothing of them.
 */
#ifndef REPLAY_SWEEP_POOL_H
#define REPLAY_SWEEP_POOL_H

#include "replay/sweep/course.h"

struct vn_pool;

/* Begin: makes the file, or sees that it is one.  The course is kept. */
enum vn_status vn_pool_begin(const struct vn_course *course,
                             struct vn_pool **pool, struct vn_error *err);

/*
 * Begin the runs of a stage that are this shard's and not there yet, or, where
 * run is not negative, that one alone.  Returns when the last was begun. Fails
 * only where nothing more can be done; a run's own failure is counted.
 */
enum vn_status vn_pool_run(struct vn_pool *pool, int stage, int run,
                           struct vn_error *err);

/* The name of a run of a stage, whose jobs are read or drawn. */
enum vn_status vn_pool_name(struct vn_pool *pool, int stage, int run,
                            char name[VN_STORE_NAME_SIZE],
                            struct vn_error *err);

/* Wait for the runs that were begun. */
enum vn_status vn_pool_wait(struct vn_pool *pool, struct vn_error *err);

/* How many runs failed so far. */
int vn_pool_failed(const struct vn_pool *pool);

/*
 * Wait for the runs that were begun; where stop is true, or it was
 * interrupted, end them.  Fails where it was interrupted.
 */
enum vn_status vn_pool_end(struct vn_pool *pool, bool stop,
                           struct vn_sweep_count *count, struct vn_error *err);

#endif /* REPLAY_SWEEP_POOL_H */
