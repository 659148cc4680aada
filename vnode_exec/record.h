/*
 * What a run leaves behind: a CSV log of its steps, and its rows in a results
 * file.  The log is a line a step, there as soon as the step is done; it takes
 * the place of the one that is there with its first step, and a resumed run
 * goes on with that one.  The results file gets the run whole, at the end.
 */
#ifndef VNODE_EXEC_RECORD_H
#define VNODE_EXEC_RECORD_H

#include "vnode_exec/job.h"
#include "vnode_exec/train/executor.h"

struct vn_record;

/*
 * Open what the options ask for; job is kept.  from_step is the step that a
 * resumed run goes on with, -1: a new one.
 */
enum vn_status vn_record_open(const struct vn_exec_job *job, int64_t from_step,
                              struct vn_record **record, struct vn_error *err);
void vn_record_close(struct vn_record *record);

/* A test between two steps. */
struct vn_evaluation {
    bool done;
    double loss, accuracy;
};

/* A step, with the test behind it (or NULL), and its digest or "". */
enum vn_status vn_record_step(struct vn_record *record,
                              const struct vn_step *step,
                              const struct vn_evaluation *evaluation,
                              const char *digest, struct vn_error *err);

/* A resize, which belongs to the step that follows. */
void vn_record_resize(struct vn_record *record,
                      const struct vn_resize *resize);

/*
 * End the log, and put the run into the results file; why it failed, NULL
 * where it did not.
 */
enum vn_status vn_record_commit(struct vn_record *record,
                                const struct vn_executor *x, const char *why,
                                struct vn_error *err);

#endif /* VNODE_EXEC_RECORD_H */
