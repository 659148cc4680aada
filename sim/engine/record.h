/*
 * What is left of a job that is gone: the record that the tally and the
 * observer are given, in one place for all ways to go.
 */
#ifndef SIM_ENGINE_RECORD_H
#define SIM_ENGINE_RECORD_H

#include "sim/engine/state.h"

/* A job that never was in the books; r says what became of it. */
void vn_record_job(struct vn_engine *e, const struct vn_job *job,
                   struct vn_record *r);

/* One whose entry, settled, goes now; finish is -1 where it did not end. */
void vn_record_entry(struct vn_engine *e, const struct vn_entry *entry,
                     vn_time finish, enum vn_job_state state);

#endif /* SIM_ENGINE_RECORD_H */
