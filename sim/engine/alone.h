/*
 * How long a job would take alone on its equal part of the cluster, which its
 * finish-time fairness is measured by, whatever the policy:
 *
 *     rho = (finish - submit) / T,  T the job's work at the speed that it has
 *     on C / N devices
 *
 * with C the devices of a type and N the mean over time of the jobs present
 * in a run of the same trace under equal shares (vn_alone_present()).  Between
 * whole devices speed is in between; a job that needs more than C / N at
 * least has its fewest for a part of the time.  Of several types it has a part
 * of each, and all of its time at most.  Costs of changes are not in T.
 */
#ifndef SIM_ENGINE_ALONE_H
#define SIM_ENGINE_ALONE_H

#include "sim/engine/ledger.h"

/* Microseconds; INFINITY where it runs on nothing. */
double vn_alone_us(const struct vn_ledger *ledger,
                   const struct vn_entry *entry, double present);

#endif /* SIM_ENGINE_ALONE_H */
