/*
 * The policies of the reference form (reference.h).  All but sia are of
 * clusters of one type.
 */
#ifndef SIM_ADAPTIVE_POLICIES_H
#define SIM_ADAPTIVE_POLICIES_H

#include "sim/adaptive/reference.h"

extern const struct vn_reference_policy vn_reference_optimus;
extern const struct vn_reference_policy vn_reference_pollux;
extern const struct vn_reference_policy vn_reference_sia;
extern const struct vn_reference_policy vn_reference_tiresias;

/*
 * How long a step takes, by Optimus' oracle, of a fixed batch on n > 0 devices
 * of as few nodes as hold them; `tables` is the type in the application's.
 */
enum vn_status vn_optimus_step_s(const struct vn_application *application,
                                 int tables, int64_t batch, int per_node,
                                 int n, double *step_s, struct vn_error *err);

/*
 * Of a run under sia: by how much the objective of a round may at most exceed
 * the optimum.
 */
double vn_sia_gap(const struct vn_reference *rounds);

/*
 * Put jobs that want so many devices on nodes of `size` devices each, as Sia
 * does: lists[i][wants[i]] becomes the nodes of job i.  They fit.  free_on
 * [nodes] and order [njobs] are room to work in.
 */
void vn_sia_place(int nodes, int size, const int *wants, int njobs,
                  int **lists, int *free_on, int *order);

#endif /* SIM_ADAPTIVE_POLICIES_H */
