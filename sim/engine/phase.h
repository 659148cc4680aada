/*
 * The phases of a job: what is done to enter each, what it costs, and how fast
 * a job works then.  sim/engine/transition.h says in which order they follow.
 */
#ifndef SIM_ENGINE_PHASE_H
#define SIM_ENGINE_PHASE_H

#include "sim/engine/state.h"

/* Put the job's next event into the heap: its end, or that of its phase. */
void vn_phase_schedule(struct vn_engine *engine, int slot);

/* The job works on all that it has, or on nothing, in this phase. */
void vn_phase_work(struct vn_engine *engine, int slot, enum vn_phase phase,
                   bool all);

/* The devices that it now has begin to start up, or to train. */
void vn_phase_begin(struct vn_engine *engine, int slot);

/* The devices that it now has beside those that train begin to start up, or
 * train from the end of the step on. */
void vn_phase_grow(struct vn_engine *engine, int slot);

/* Work on to the end of the step; then change. */
void vn_phase_drain(struct vn_engine *engine, int slot);

/* The step has ended: shrinking takes time in which nothing works; then, or
 * at once, the job goes from what worked to what is granted. */
void vn_phase_change(struct vn_engine *engine, int slot);

/* Begin to shrink to what the job has: until now, where that costs nothing. */
void vn_phase_shrink(struct vn_engine *engine, int slot);

/* At the end of a step: from what worked to what is granted. */
void vn_phase_resize(struct vn_engine *engine, int slot);

/*
 * Take away all that the job has, and what it did since the last checkpoint;
 * or, unless it failed, its present step alone, where there are none or the
 * policy leases devices: a job has saved its state then.
 */
void vn_phase_stop(struct vn_engine *engine, int slot, bool failed);

/* The job is done: are its devices still to be released, so that it is not
 * gone yet? */
bool vn_phase_finish(struct vn_engine *engine, int slot);

/* The job, which is gone, gives back all that it has, at once. */
void vn_phase_leave(struct vn_engine *engine, int slot);

/* The job's devices became slower or faster. */
void vn_phase_reprice(struct vn_engine *engine, int slot);

/* Where devices of a host contend: price what works there by what is busy
 * now. */
void vn_phase_crowd(struct vn_engine *engine);

#endif /* SIM_ENGINE_PHASE_H */
