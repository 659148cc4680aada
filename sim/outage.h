/*
 * What a fault does to the cluster and to the jobs on it.
 */
#ifndef SIM_OUTAGE_H
#define SIM_OUTAGE_H

#include "sim/faults.h"
#include "sim/state.h"

/* Devices fail, are repaired, or become slower or faster, now. */
void vn_outage(struct vn_engine *engine, const struct vn_fault *fault);

#endif /* SIM_OUTAGE_H */
