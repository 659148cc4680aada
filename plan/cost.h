/*
 * What changing a job's devices costs, in time.
 *
 *     start    from its first devices to its first step; it holds them
 *     grow     from the request to the effect; the old devices train
 *              meanwhile, the new ones are reserved
 *     shrink   from the request, at a step's end, to the effect; nothing
 *              trains meanwhile
 *     release  from giving devices back to their being free
 *     restart  as start, of a job that ran before
 *
 * Each is a constant or a distribution, per model, from a table
 *
 *     model,start_s,grow_s,shrink_s,release_s,restart_s,checkpoint_s
 *     bert,72,normal:90:12,0.6,10,72,600
 *     *,60,90,1,10,60,
 *
 * (`*`, any other model and recorded jobs; columns may be missing, which is
 * no cost) or inline, as in `start=60,grow=90`.  checkpoint_s is the time
 * between two checkpoints: a job that is preempted or whose devices fail
 * loses what it did since the last; without one it loses its present step
 * alone.  Distributions are `normal:MEAN:SD` (cut at 0), `uniform:LOW:HIGH`,
 * `exponential:MEAN` and `lognormal:MEDIAN:SIGMA`.
 */
#ifndef PLAN_COST_H
#define PLAN_COST_H

#include "base/error.h"
#include "base/number.h"

#include <stdbool.h>
#include <stdint.h>

enum vn_cost_kind {
    VN_COST_START,
    VN_COST_GROW,
    VN_COST_SHRINK,
    VN_COST_RELEASE,
    VN_COST_RESTART,
    VN_COST_KINDS
};

struct vn_costs;

/*
 * Read a table, or inline where `what` contains '='.  NULL: no costs.
 */
enum vn_status vn_costs_read(const char *what, struct vn_costs **costs,
                             struct vn_error *err);

void vn_costs_free(struct vn_costs *costs);

/* Are all of them nothing? */
bool vn_costs_are_none(const struct vn_costs *costs);

/* The row for a model's name (NULL: a recorded job), which always is. */
int vn_costs_row(const struct vn_costs *costs, const char *model);

/*
 * Say what the n-th change of this kind of a job costs, whatever the table
 * says: what was measured of a run that is simulated again.
 */
void vn_costs_set(struct vn_costs *costs, int64_t job, enum vn_cost_kind kind,
                  int64_t n, vn_time time);

/* Let a model, which has no row, cost what another does. */
void vn_costs_alias(struct vn_costs *costs, const char *model, const char *as);

/*
 * The cost of the n-th change of this kind of a job (from 0; the engine
 * counts them), a function of its arguments alone.
 */
vn_time vn_costs_draw(const struct vn_costs *costs, int row,
                      enum vn_cost_kind kind, uint64_t seed, int64_t job,
                      int64_t n);

/* The mean, which a policy may plan with. */
vn_time vn_costs_mean(const struct vn_costs *costs, int row,
                      enum vn_cost_kind kind);

/* Time between checkpoints; 0 where there are none. */
vn_time vn_costs_checkpoint(const struct vn_costs *costs, int row);

/* A hash of what they are, whatever file or words they came from. */
uint64_t vn_costs_hash(const struct vn_costs *costs);

#endif /* PLAN_COST_H */
