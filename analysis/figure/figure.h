/*
 * Figures, each drawn from a results file alone, or from one table.
 *
 * A figure writes its data as a CSV table and the gnuplot commands that draw
 * it (analysis/plot.h).  To add one, write analysis/figure/NAME.c, name it in
 * vn_figures (figure.c) and in analysis/local.mk, and describe it in
 * man/vnplot.1.
 */
#ifndef ANALYSIS_FIGURE_FIGURE_H
#define ANALYSIS_FIGURE_FIGURE_H

#include "analysis/comparison.h"
#include "analysis/plot.h"

#include <stdbool.h>

/* What a figure is of. */
struct vn_subject {
    struct vn_store *store;
    const struct vn_runs *runs;     /* that were asked for */
    const struct vn_group *group;   /* with a replicate; of kinds, or NULL */
    const struct vn_groups *groups; /* it, and its like of other loads */

    const char *table; /* of such a figure: its path, and nothing of above */
    double width;      /* inches */

    /* Of figures that go by them, below. */
    enum vn_metric metric;
    const char *baseline; /* ratios to it; NULL: the metric itself */
    const char *by;       /* what is swept; NULL: what varies */
    int64_t jobs;         /* at most so many; 0: as the figure has it */
};

struct vn_figure {
    const char *name;    /* as given to vnplot */
    const char *summary; /* one line for --help */
    double height;       /* inches, without the policies' names */
    bool loads;          /* of runs that differ in load, not of one load */
    bool kinds;          /* of simulated runs beside measured ones */
    bool table;          /* of a table, not of a results file */
    bool metric;         /* goes by a metric, or ratios of it */
    bool by;             /* goes by what is swept */
    bool sweeps;         /* of runs that differ in anything */
    bool jobs;           /* goes by a number of jobs */
    double width;        /* inches; 0: 3.3, a column */
    double row; /* inches for each policy, where it has a row of its own,
                 * named beside it; 0: they are named in a key above */

    /* Inches beyond `height`; NULL: what the policies' names need. */
    double (*more)(const struct vn_subject *subject);

    /* Write data and script. */
    enum vn_status (*make)(const struct vn_subject *subject,
                           struct vn_plot *plot, struct vn_error *err);
};

/* All figures, ended by NULL. */
extern const struct vn_figure *const vn_figures[];

/* The figure of that name; fails with VN_EUSAGE and the nearest name. */
enum vn_status vn_figure_find(const char *name,
                              const struct vn_figure **figure,
                              struct vn_error *err);

#endif /* ANALYSIS_FIGURE_FIGURE_H */
