/*
 * What a fault does to the cluster and to the jobs on it.
 */
#ifndef SIM_ENGINE_OUTAGE_H
#define SIM_ENGINE_OUTAGE_H

#include "sim/engine/faults.h"
#include "sim/engine/state.h"

/* Devices fail, are repaired, or become slower or faster, now. */
void vn_outage(struct vn_engine *engine, const struct vn_fault *fault);

#endif /* SIM_ENGINE_OUTAGE_H */
