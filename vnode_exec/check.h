/*
 * What can be known to be wrong before a run's first step: a wish that would
 * have no effect, a place that cannot be written, ranks that were started
 * otherwise.
 */
#ifndef VNODE_EXEC_CHECK_H
#define VNODE_EXEC_CHECK_H

#include "vnode_exec/job.h"
#include "vnode_exec/train/checkpoint.h"

/* Options that stand for nothing in a run from a step on: VN_EUSAGE. */
enum vn_status vn_check_options(const struct vn_exec_job *job,
                                int64_t from_step, struct vn_error *err);

/* Where the options want something written, without leaving anything there. */
enum vn_status vn_check_outputs(const struct vn_options *o,
                                struct vn_error *err);

/*
 * Were all ranks started with the same command, job, stages and checkpoint
 * (NULL: none)?  VN_EINVAL on all of them where not.
 */
enum vn_status vn_check_ranks(const struct vn_exec_job *job,
                              const char *command,
                              const struct vn_checkpoint *resumed,
                              struct vn_error *err);

#endif /* VNODE_EXEC_CHECK_H */
