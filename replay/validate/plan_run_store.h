/*
 * Courses in the results file: what is said of one as a simulated run, each
 * execution as a measured run, told apart by their seeds.
 *
 * Both have a row of `step` for each step, in which step_us is from the end of
 * the step before, or of the resize, to its own end; and for each segment a
 * row of `allocation` for each type, from the end of the segment before on.
 * What they have in common is trace_hash, of the planned, and how it was
 * priced; neither has a policy.
 */
#ifndef REPLAY_VALIDATE_PLAN_RUN_STORE_H
#define REPLAY_VALIDATE_PLAN_RUN_STORE_H

#include "base/store/schema.h"
#include "replay/validate/plan_run.h"

/* Microseconds since it was asked for. */
struct vn_plan_run_record {
    struct vn_store_step *steps;
    size_t nsteps, room;
    int64_t *from_us; /* of each segment */
    int64_t end_us;
};

void vn_plan_run_record_init(struct vn_plan_run_record *record,
                             const struct vn_plan_run *planned);
void vn_plan_run_record_free(struct vn_plan_run_record *record);

/* Append a step of a segment, with what the plan says of it, to be filled;
 * valid until the next. */
struct vn_store_step *vn_plan_run_record_add(struct vn_plan_run_record *record,
                                             const struct vn_plan_run *planned,
                                             int segment);

/*
 * Before an execution: keep what is said, if that is not there yet.  Fails
 * where the results have an execution of this seed.  Nothing without results.
 */
enum vn_status vn_plan_run_expect(const struct vn_plan_run *planned,
                                  struct vn_error *err);

/* Keep an execution.  Nothing without results. */
enum vn_status vn_plan_run_keep(const struct vn_plan_run *planned,
                                const struct vn_plan_run_record *record,
                                struct vn_error *err);

#endif /* REPLAY_VALIDATE_PLAN_RUN_STORE_H */
