/*
 * From the simulator to the executor: the plan table (plan/plan.h) of a run.
 *
 *     planner = vn_planner_alloc(cluster, pricing, profile);
 *     config.observer.mapped = vn_planner_mapped; its arg is the planner
 *     config.numbered = true
 *     ... the engine runs ...
 *     vn_planner_write(planner, path, err);
 *
 * Every modelled job gets a mapping at its start and at each resize: on one
 * type its virtual nodes in order over its devices, the first devices one
 * more where they do not go up; on several, the solver's split.
 */
#ifndef SIM_OBSERVE_PLANNER_H
#define SIM_OBSERVE_PLANNER_H

#include "sim/engine/engine.h"

struct vn_planner;

/* cluster and profile are kept. */
struct vn_planner *vn_planner_alloc(const struct vn_cluster *cluster,
                                    const struct vn_profile *profile);
void vn_planner_free(struct vn_planner *planner);

/* Take what a job now trains on. */
void vn_planner_mapped(struct vn_planner *planner,
                       const struct vn_mapped *mapped);

enum vn_status vn_planner_write(struct vn_planner *planner, const char *path,
                                struct vn_error *err);

#endif /* SIM_OBSERVE_PLANNER_H */
