/*
 * Gavel's own simulator (github.com/stanford-futuredata/gavel, the scheduler's
 * simulate()), whose accounting differs from ours in what moves its numbers:
 *
 *   - The first round begins with the first arrival.  A round ends when its
 *     last piece does: a job on type j does int(T_mj x 360) whole steps, or
 *     those that it has left, in steps / T_mj seconds.  The next begins then.
 *   - Shares are computed anew when jobs came or went, but not before 1,920 s
 *     have passed since the last time (or if nothing runs and no job will come
 *     any more); until then a newcomer has none.  It is placed all the same,
 *     with priority 0, and what it takes stays idle in that round (an
 * oversight of theirs, which costs 2 % of the mean completion time); under
 * FIFO it is not.
 *   - The priority of (m, j) is X_mj over the part of all time on j that m
 *     received since then, where each job starts with half a round on every
 *     type; of equals the one that fell behind more, by the sum over all its
 *     solutions of the time it should have had less what it had.  Types are
 *     served one after another, by name, last first (v100, p100, k80), and on
 *     each its jobs by priority; those of priority 0 last or, of FIFO, never.
 *
 * Gavel's jobs fit on each type; one that does not takes what
 * sim/policy/round/rounds.h says.  A change costs nothing, and the policy
 * tells when jobs end.  With this each job of its FIFO runs ends when it does
 * in Gavel's.
 */
#ifndef SIM_POLICY_ROUND_SIMULATOR_H
#define SIM_POLICY_ROUND_SIMULATOR_H

#include "sim/api/policy.h"

enum {
    VN_GAVEL_PAUSE = 1920000000 /* between two solutions, microseconds */
};

/* A job as Gavel's simulator has it; arrays are by rank of type. */
struct vn_gavel_job {
    int slot; /* -1: it ended in this round */
    int64_t id;
    int devices; /* that it asks for */
    double weight;
    double left; /* steps */
    int *need;   /* devices that it takes: all, or the whole type; 0: none */
    double *rate;
    double *share; /* for a policy to set */
    double *time;  /* received since shares were set */
    double *priority;
    double *behind;
    bool known; /* it has shares */
    bool idle;  /* it takes devices in this round, and does not run */
    int place;  /* rank of its type in this round, or -1 */
    double steps;
    double finish; /* of its piece, seconds */
};

struct vn_gavel_config {
    vn_time length; /* of a round */
    vn_time pause;  /* between two solutions */
    bool spare;     /* priority 0 runs too */

    /* Set share[] of all jobs, in order of arrival; capacity is by rank. */
    enum vn_status (*solve)(void *arg, struct vn_gavel_job *jobs, int njobs,
                            const int *capacity, int ntypes,
                            struct vn_error *err);
    void *arg;
};

struct vn_gavel;

struct vn_gavel *vn_gavel_open(const struct vn_gavel_config *config,
                               const struct vn_view *view);
void vn_gavel_close(struct vn_gavel *gavel);

void vn_gavel_arrive(struct vn_gavel *gavel, const struct vn_view *view,
                     int job);
void vn_gavel_leave(struct vn_gavel *gavel, int job);
void vn_gavel_decide(struct vn_gavel *gavel, const struct vn_view *view,
                     struct vn_answer *answer);

#endif /* SIM_POLICY_ROUND_SIMULATOR_H */
