/*
 * What was in use and what waited over time, by policy: means over intervals
 * that are the same for all, and over replicates, each from its own first
 * submission on; and the small panels, a row a policy, that show it.
 */
#ifndef ANALYSIS_FIGURE_HISTORY_H
#define ANALYSIS_FIGURE_HISTORY_H

#include "analysis/figure/figure.h"

enum {
    VN_HISTORY_BINS = 192 /* along the axis: what a column of print can show */
};

struct vn_history {
    double span_us;  /* of the axis: the longest replicate's */
    double *held;    /* share of the devices; [policy x BINS + bin] */
    double *waiting; /* jobs, likewise */
};

/* Fails where a run was recorded without samples. */
enum vn_status vn_history_read(const struct vn_subject *subject,
                               struct vn_history *history,
                               struct vn_error *err);

void vn_history_free(struct vn_history *history);

/* Rows "series,policy,time_h,utilisation,waiting". */
void vn_history_write(const struct vn_history *history,
                      const struct vn_group *group, FILE *out);

/*
 * The script: in each policy's row the column of the data, times factor, as
 * an area from 0 to `most`, with a mark at its mean.
 */
void vn_history_script(const struct vn_history *history,
                       const struct vn_group *group, struct vn_plot *plot,
                       int column, double factor, double most,
                       const char *title);

#endif /* ANALYSIS_FIGURE_HISTORY_H */
