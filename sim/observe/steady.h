/*
 * Whether a run comes to a steady state, and from when on.
 *
 * A run *saturates* where its queue only grows.  The test: of the time so far
 * the second half is cut in eight equal parts; at least 2,000 jobs arrived in
 * that half; the mean number of jobs that are there is larger in each part
 * than in the one before; and it grew from the first to the last part by at
 * least a twentieth of the jobs that arrived meanwhile.  Below saturation the
 * number that is there comes and goes, so eight parts seldom stand in order,
 * and the third condition leaves out those that do by chance.
 *
 * What is *measured* of a run are the jobs submitted in a part of it.  Where
 * the warm-up ends is found by MSER-5 (White, Cobb and Spratt, A comparison of
 * five steady-state truncation heuristics for simulation, WSC 2000): the
 * completion times in order of submission are averaged by fives, Y(1..n), and
 * of the first d that are cut, d at most n / 2, the number is taken for which
 * the sum of (Y(i) - their mean)^2 over i > d, over (n - d)^2, is least.
 */
#ifndef SIM_OBSERVE_STEADY_H
#define SIM_OBSERVE_STEADY_H

#include "base/store/schema.h"
#include "sim/observe/sampler.h"
#include "sim/output.h"

struct vn_saturation {
    struct vn_sampler there;
    vn_time *arrivals; /* of all jobs so far */
    size_t narrivals;
    size_t allocated;
    size_t next; /* to look again when so many arrived */
};

/* Start from (struct vn_saturation) {0}; release what it holds. */
void vn_saturation_free(struct vn_saturation *saturation);

/*
 * At `now`, `arrived` jobs have arrived, and `present` of them are there; is
 * the run saturated?
 */
bool vn_saturation_see(struct vn_saturation *saturation, vn_time now,
                       size_t arrived, int present);

/* Which jobs are measured: those submitted at `from` or later, before `to`. */
struct vn_measure {
    bool asked;
    bool mser; /* from is found by MSER-5 */
    vn_time from;
    vn_time to;     /* VN_TIME_MAX: the end */
    char words[64]; /* "auto", or "from:to" in microseconds */
};

/* Read "auto" or "FROM:TO", either of which may be empty; fails with VN_EUSAGE
 * in words of --measure. */
enum vn_status vn_measure_read(const char *value, struct vn_measure *measure,
                               struct vn_error *err);

/* How many of n values MSER-5 cuts, at most n / 2 and fives of them. */
size_t vn_measure_mser(const double *x, size_t n);

/*
 * Set the run's means and percentiles to those of the jobs that are measured,
 * and say in it which those are.  Puts the records in order of submission.
 */
enum vn_status vn_measure_take(const struct vn_measure *measure,
                               struct vn_records *records,
                               struct vn_store_run *run, struct vn_error *err);

#endif /* SIM_OBSERVE_STEADY_H */
