/*
 * Jobs that were killed or that failed.  What a log says of their durations is
 * how long they ran until then, which under another policy need not be so;
 * where traces say how jobs ended, the share of such jobs is part of a
 * comparison, and mean completion times stand there again without them.
 */
#ifndef REPLAY_COMPARE_OUTCOMES_H
#define REPLAY_COMPARE_OUTCOMES_H

#include "analysis/comparison.h"

/*
 * Print, on standard output, the shares of the group's jobs by how they ended
 * by the trace, and the policies' means over those that completed, of jobs
 * that finished under all of them; nothing where that is not known, or where
 * runs were kept without their jobs.
 */
enum vn_status vn_outcomes_print(struct vn_store *store,
                                 const struct vn_group *group,
                                 struct vn_error *err);

#endif /* REPLAY_COMPARE_OUTCOMES_H */
