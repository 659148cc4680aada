/*
 * Pollux' search: which devices of which nodes should each job have? (Qiao et
 * al., "Pollux", OSDI'21, section 4.2, as its artifact carries it out.)
 *
 * A state is a matrix of jobs x nodes: the devices of the node that the job
 * has.  With s = speedup x nodes / devices of the cluster, times what is left
 * of it after a move where the job's row is not its present one, a state has
 *
 *     fitness  1 / mean over jobs of 1 / (s + 0.001)
 *     utility  sum over jobs of speedup / devices of nodes that are not empty
 *
 * and both are to be great.  The search is NSGA-II (Deb et al., 2002): a
 * hundred states, a hundred children a generation, a hundred generations, the
 * first among them.
 *
 * - Parents by tournaments of two: dominance, then crowding, then a coin.  Of
 *   nine in ten pairs the rows before a random one are exchanged.
 * - A child's rows become the present ones with probability 0.1, and in as
 *   many every entry 0 with probability 0.1.  Then, on nodes that have a free
 *   device, with probability 1/jobs, and for a job that has some there
 *   independently with 1 / (jobs that do), an entry becomes a whole number
 *   from what it is to the node's devices.
 * - It is mended: on a node where a job that spans nodes stands, no second
 *   such job, nor any after it; no more than `most` devices of a job, cut
 *   in a random order of nodes, and no more than 16 nodes; no more devices on
 *   a node than it has, first jobs first.
 * - A child that is there already is thrown away; up to 101 rounds of mating
 *   fill the hundred.
 * - Fronts survive, of the last one those with the greatest crowding.  Of
 *   states with equal values one alone has any.
 */
#ifndef SIM_POLICY_ADAPTIVE_GENETIC_H
#define SIM_POLICY_ADAPTIVE_GENETIC_H

#include "base/rng.h"

#include <stdint.h>

enum {
    VN_GENETIC_NODES = 16,   /* of a job, at most */
    VN_GENETIC_DEVICES = 255 /* of a node, at most */
};

struct vn_genetic_job {
    int most;     /* devices that it may have */
    double moved; /* what is left of its speedup where it moves: 0 .. 1 */
    int from;     /* its row in the last run's states, or -1 */
};

struct vn_genetic_problem {
    int nnodes;
    const int *devices; /* [nnodes] */
    int njobs;          /* > 0 */
    const struct vn_genetic_job *jobs;
    const uint8_t *present; /* [njobs x nnodes] */

    /* >= 0; asked once for each job, nodes > 0 and devices. */
    double (*speedup)(void *arg, int job, int nodes, int devices);
    void *arg;
};

struct vn_genetic_value {
    double fitness;
    double utility;
};

/* Keeps the states of its last run. */
struct vn_genetic;

struct vn_genetic *vn_genetic_alloc(void);
void vn_genetic_free(struct vn_genetic *genetic);

/*
 * Search, from the states of the last run (rows as jobs say) or, where there
 * was none, from the present one: the fittest state, in answer [njobs x
 * nnodes], and its value.  Same states, problem and stream: same answer.
 */
struct vn_genetic_value
vn_genetic_run(struct vn_genetic *genetic,
               const struct vn_genetic_problem *problem, struct vn_rng *rng,
               uint8_t *answer);

/* The value of one state [njobs x nnodes]. */
struct vn_genetic_value
vn_genetic_value(const struct vn_genetic_problem *problem,
                 const uint8_t *state);

#endif /* SIM_POLICY_ADAPTIVE_GENETIC_H */
