/*
 * Runs by what was swept: one or two parameters, each a column of the table
 * run or an option of policies, and the values that each was tried with.
 */
#ifndef ANALYSIS_SWEEP_H
#define ANALYSIS_SWEEP_H

#include "analysis/comparison.h"

enum {
    VN_SWEEP_AXES = 2
};

/* What was tried of a parameter, ascending; as numbers where all are. */
struct vn_sweep_axis {
    char *name;
    char **texts;
    double *numbers; /* NAN where it is none */
    int n;
    bool numeric; /* all are */
};

/* The runs of a policy at one place. */
struct vn_sweep_point {
    int series;
    int at[VN_SWEEP_AXES];
    struct vn_interval y;
    int64_t unfinished;
};

struct vn_sweep {
    struct vn_sweep_axis axes[VN_SWEEP_AXES];
    int naxes;
    char **labels; /* of policies, without the options that are swept */
    int nseries;
    struct vn_sweep_point *points; /* by series, then place */
    int npoints;
};

/*
 * Sort runs so.  `by` names the parameters, with commas; NULL: those that
 * vary, which must then be as many as naxes.  Each point is of one metric's
 * values over replicates (seeds, windows, draws), or of their ratio to the
 * runs of `baseline` that differ in policy alone.  A policy that has no such
 * option stands at every value of it.  Fails where something else varies too.
 */
enum vn_status vn_sweep_make(const struct vn_runs *runs, const char *by,
                             int naxes, enum vn_metric metric,
                             const char *baseline, struct vn_sweep *sweep,
                             struct vn_error *err);

void vn_sweep_free(struct vn_sweep *sweep);

#endif /* ANALYSIS_SWEEP_H */
