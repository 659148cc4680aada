/*
 * The simulator with which VirtualFlow's authors compared Gavel and Gavel
 * with heterogeneous training, as its logs show it (github.com/andrewor14,
 * tf-logs, branch 4-10-het; all rules were inferred from 24 logs and give
 * each of their 480 finish times).
 *
 * At every multiple of the round's length (360 s):
 *
 *   1. Each job that runs is credited floor((now - last) / step) steps.
 *      `last` starts at its arrival and is set here alone, so that time spent
 *      waiting counts too (an error of theirs, on which the results rest).
 *   2. Jobs that wait and have done all their steps end now.
 *   3. If the set of jobs changed, the program of
 * sim/policy/round/interior_point.h is solved for those that run and then
 * those that wait, each in their order: c_mj = d_mj T_mj / (w_m mean_j T_mj),
 * d_mj = N_j, T_mj of the whole type (so its size counts twice); X to five
 * digits; rounds received are forgotten.
 *   4. Pairs (m, j) in that order of jobs, types by name, are sorted by X_mj /
 *      rounds received (0 where X is 0, else infinite before the first),
 *      stably, and walked backwards: a job not yet placed takes the whole type
 *      if it is free.
 *   5. With mixing: each that runs, in the order of placing, may take devices
 *      of one other type that is idle as a whole, where a of its own and b of
 *      the other are faster than all of its own; the fastest, then the fewest
 *      a, then the fewest b; types by name, last first.
 *   6. Each that runs ends at now + ceil(steps left x step), in whole seconds,
 *      and keeps the type idle until the round's end.  Those not placed wait
 *      in a binary heap, the heaviest at its root, pushed in the order of 4;
 *      nothing is ever popped, its array is the order of 3.
 *
 * Arrivals are pushed on the heap as they come.  Changes cost nothing.
 */
#ifndef SIM_POLICY_ROUND_AUTHORS_H
#define SIM_POLICY_ROUND_AUTHORS_H

#include "sim/api/policy.h"

struct vn_authors;

struct vn_authors_config {
    vn_time length; /* of a round */
    bool mix;
    const char *solutions; /* a table of X to be read instead, or "" */
    const char *trace;     /* of its rows, those of this trace ("": any) */
    const char *mode;      /* and this mode ("": any) */
};

/*
 * `solutions` has columns t_s, job_id and x_NAME for each device type (in
 * small letters), and may have trace, mode and lp_objective, which our own
 * optimum must agree with to 1e-6.
 */
enum vn_status vn_authors_open(const struct vn_authors_config *config,
                               const struct vn_view *view,
                               struct vn_authors **authors,
                               struct vn_error *err);
void vn_authors_close(struct vn_authors *authors);

void vn_authors_arrive(struct vn_authors *authors, const struct vn_view *view,
                       int job);
void vn_authors_leave(struct vn_authors *authors, int job);
void vn_authors_decide(struct vn_authors *authors, const struct vn_view *view,
                       struct vn_answer *answer);

#endif /* SIM_POLICY_ROUND_AUTHORS_H */
