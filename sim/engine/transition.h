/*
 * Carrying out what a policy granted.
 *
 *     IDLE --devices at hand--> STARTING --start_s, restart_s--> TRAINING
 *     TRAINING, granted more: devices are reserved once they are at hand,
 *         GROWING --grow_s--> DRAINING --end of the step--> TRAINING
 *     TRAINING, granted fewer:
 *         DRAINING --end of the step--> SHRINKING --shrink_s--> TRAINING
 *     any, granted nothing: IDLE, at once; what was done since the last
 *         checkpoint is lost
 *
 * A start, a growth or a shrinking that is under way is finished before the
 * job follows another grant.  Released devices are at hand after release_s;
 * under a policy that is `late`, a job that is done keeps its own until then
 * (LEAVING), and only then is seen to leave.  A start or a growth for which
 * devices are missing stands in a line, served in order, passing over what
 * does not fit; since no policy can grant more than there is, all of it is
 * served once others have released what they no longer are granted.  Where
 * costs are nothing and the job is a recorded one, all of this happens within
 * the instant.
 */
#ifndef SIM_ENGINE_TRANSITION_H
#define SIM_ENGINE_TRANSITION_H

#include "sim/engine/state.h"

/* Go from where the job is towards what it is granted. */
void vn_transition(struct vn_engine *engine, int slot);

/* The phase of the job, which ends now, ends. */
void vn_transition_end(struct vn_engine *engine, int slot);

/* Serve the line of those that wait for devices. */
void vn_transition_serve(struct vn_engine *engine);

/* A device of this type that the job had has failed; the fleet knows. */
void vn_transition_strike(struct vn_engine *engine, int slot, int type);

/* Once all that fail at this instant have: what becomes of a job that was
 * struck. */
void vn_transition_fail(struct vn_engine *engine, int slot);

/* A carrier says this of the job (all kinds but DONE). */
void vn_transition_told(struct vn_engine *engine, const struct vn_told *told);

#endif /* SIM_ENGINE_TRANSITION_H */
