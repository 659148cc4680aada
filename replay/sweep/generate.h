/*
 * Traces that are drawn for a sweep, as `vntrace generate` draws them.
 *
 * A *recipe* is that command's line without --seed, --load, --cluster and
 * --output: "--preset philly --jobs 5000".  With another seed it gives another
 * replicate of one experiment.
 */
#ifndef REPLAY_SWEEP_GENERATE_H
#define REPLAY_SWEEP_GENERATE_H

#include "replay/sweep/workload.h"

/*
 * Draw a trace; recipe is kept as its name.  load is over the cluster of that
 * description, or NAN and NULL where the recipe says the rate.  What is wrong
 * with the recipe is printed by the generator.  Release with
 * vn_trace_data_free().
 */
enum vn_status vn_generate(const char *recipe, int64_t seed, double load,
                           const char *cluster, struct vn_trace_data *data,
                           struct vn_error *err);

/* Numbers of a list: "1,2,5", "1:10" or "0.5:1:0.1", ends included. */
struct vn_range {
    double *at;
    int n;
};

/*
 * Read a list of numbers in [min, max], whole ones where `whole`; name is the
 * option's.  Release at with free().  Fails with VN_EUSAGE.
 */
enum vn_status vn_range_read(const char *name, const char *text, double min,
                             double max, bool whole, struct vn_range *range,
                             struct vn_error *err);

#endif /* REPLAY_SWEEP_GENERATE_H */
