/*
 * What a run leaves behind: a CSV log of its steps, and its rows in a results
 * file.  The log is a line a step, written as they are done; the results file
 * gets the run whole, at the end.
 */
#ifndef VNODE_EXEC_RECORD_H
#define VNODE_EXEC_RECORD_H

#include "vnode_exec/job.h"
#include "vnode_exec/train/executor.h"

struct vn_record;

/* Open what the options ask for; job is kept. */
enum vn_status vn_record_open(const struct vn_exec_job *job,
                              struct vn_record **record, struct vn_error *err);
void vn_record_close(struct vn_record *record);

/* A step, with its digest or "". */
enum vn_status vn_record_step(struct vn_record *record,
                              const struct vn_step *step, const char *digest,
                              struct vn_error *err);

/* A resize, which belongs to the step that follows. */
void vn_record_resize(struct vn_record *record,
                      const struct vn_resize *resize);

/* Put the log in its place, and the run into the results file. */
enum vn_status vn_record_commit(struct vn_record *record,
                                const struct vn_executor *x,
                                struct vn_error *err);

#endif /* VNODE_EXEC_RECORD_H */
