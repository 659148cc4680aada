/*
 * Solutions of programs that somebody else solved, to be followed instead of
 * one's own: a table
 *
 *     t_s,job_id,x_v100,x_p100 [,trace,mode,lp_objective]
 *
 * of which a run uses the rows of one trace and mode.
 */
#ifndef SIM_POLICY_ROUND_SOLUTIONS_H
#define SIM_POLICY_ROUND_SOLUTIONS_H

#include "base/error.h"
#include "base/number.h"

struct vn_solutions;

/*
 * Read `path`: the rows of `trace` and `mode`, "" for any; types[] names the
 * device types, whose columns are x_ and the name in small letters.  Fails
 * where there is no such row.
 */
enum vn_status vn_solutions_read(const char *path, const char *trace,
                                 const char *mode, const char *const *types,
                                 int ntypes, struct vn_solutions **solutions,
                                 struct vn_error *err);

void vn_solutions_free(struct vn_solutions *solutions);

/* The shares of a job at a time, one for each type, borrowed; or NULL. */
const double *vn_solutions_of(const struct vn_solutions *solutions,
                              vn_time time, int64_t job);

/* How many jobs have shares at this time. */
int vn_solutions_count(const struct vn_solutions *solutions, vn_time time);

/* The objective at this time, NAN where the table does not say. */
double vn_solutions_objective(const struct vn_solutions *solutions,
                              vn_time time);

#endif /* SIM_POLICY_ROUND_SOLUTIONS_H */
