/*
 * Devices that come to a job and go from it.
 *
 * What is given up is at hand at once or after a release, which has a handle.
 * A job for which devices are missing stands in a line (vn_transition_serve).
 */
#ifndef SIM_ENGINE_SUPPLY_H
#define SIM_ENGINE_SUPPLY_H

#include "sim/engine/state.h"

/*
 * The job has this many devices of a type from now on, those that it lacks
 * being at hand; those that it gives up are so after `wait` microseconds.
 */
void vn_supply_set(struct vn_engine *engine, int slot, int type, int devices,
                   vn_time wait);

/* Take all the devices that are granted and missing, or join the line; is it
 * done? */
bool vn_supply_obtain(struct vn_engine *engine, int slot);

void vn_supply_leave_line(struct vn_engine *engine, int slot);

/* A device of this type that failed is not the job's any more. */
void vn_supply_lose(struct vn_engine *engine, int slot, int type);

/* Devices whose release ends now are at hand; all that the job released. */
void vn_supply_release(struct vn_engine *engine, int handle);
void vn_supply_release_all(struct vn_engine *engine, int slot);

#endif /* SIM_ENGINE_SUPPLY_H */
