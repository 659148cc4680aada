/*
 * Which jobs had devices when: a row a job in order of submission, a bar while
 * it has devices, coloured by their type, gaps where it waits or restarts; a
 * panel a policy, of the first replicate.  Of more jobs than there are rows
 * every so many-th is drawn, and the axis says so.
 */
#ifndef ANALYSIS_FIGURE_BARS_H
#define ANALYSIS_FIGURE_BARS_H

#include "analysis/figure/figure.h"

struct vn_bars {
    int rows;  /* of a panel */
    bool tall; /* as the number of devices; otherwise all of the row */
};

/* Write data and script. */
enum vn_status vn_bars_make(const struct vn_subject *subject,
                            const struct vn_bars *bars, struct vn_plot *plot,
                            struct vn_error *err);

#endif /* ANALYSIS_FIGURE_BARS_H */
