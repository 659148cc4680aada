/*
 * A figure on its way to gnuplot: a table of data, a script that draws it,
 * and what gnuplot makes of them.
 *
 *     vn_plot_begin(&plot, "out.pdf", VN_PLOT_PDF, 3.3, 2.0, err);
 *     ... write rows to plot.data, commands to plot.script ...
 *     vn_plot_draw(&plot, err);
 *
 * leaves out.csv, out.gp and out.pdf; `gnuplot out.gp` in that folder draws
 * the same again, so that an author may edit it.  In the script the table is
 * the variable `data`.  Texts that come from results go through
 * vn_plot_text(), since gnuplot would run what stands in backticks.
 */
#ifndef ANALYSIS_PLOT_H
#define ANALYSIS_PLOT_H

#include "base/error.h"
#include "base/file.h"

#include <stdbool.h>

enum vn_plot_format {
    VN_PLOT_PDF,
    VN_PLOT_SVG,
    VN_PLOT_PNG,
    VN_PLOT_CAIROLATEX,
    VN_PLOT_EPSLATEX,
    VN_PLOT_DUMB, /* characters */
    VN_PLOT_FORMATS
};

/* "pdf", "svg", "png", "cairolatex", "epslatex", "dumb". */
extern const char *const vn_plot_formats[VN_PLOT_FORMATS];

enum {
    VN_PLOT_SERIES = 14, /* series that can be told apart in one figure */
    VN_PLOT_TITLE = 60,  /* characters that are shown of a title */
    VN_PLOT_NAME = 28    /* characters that are shown of a name */
};

struct vn_plot {
    FILE *data;   /* the CSV */
    FILE *script; /* the gnuplot commands */
    enum vn_plot_format format;
    double width; /* inches */
    double height;

    /* private */
    char *folder; /* of the output; "." for none */
    char *name;   /* of the output in it */
    char *stem;   /* name without its extension */
    char *data_path;
    char *script_path;
    struct vn_file data_file;
    struct vn_file script_file;
    FILE *nowhere[2]; /* of one that is not drawn */
};

/*
 * Begin a figure at path, which needs a name with an extension.  Fails where
 * its folder cannot be written to.
 */
enum vn_status vn_plot_begin(struct vn_plot *plot, const char *path,
                             enum vn_plot_format format, double width,
                             double height, struct vn_error *err);

/* Begin one that goes nowhere, to see whether it could be made. */
enum vn_status vn_plot_probe(struct vn_plot *plot, double width, double height,
                             struct vn_error *err);

/*
 * Draw it.  Fails with VN_EUNSUP where there is no gnuplot, and with VN_EIO
 * and its words where gnuplot fails; data and script are left in both cases,
 * and an older figure is left alone.
 */
enum vn_status vn_plot_draw(struct vn_plot *plot, struct vn_error *err);

/* Drop what was not drawn; nothing after vn_plot_draw(). */
void vn_plot_discard(struct vn_plot *plot);

/*
 * Write a text as a gnuplot string, quotes included, safe in any terminal; of
 * more than VN_PLOT_NAME characters only those, and dots.
 */
void vn_plot_text(const struct vn_plot *plot, const char *text);

/* The same of a tic's label, which gnuplot takes for a format. */
void vn_plot_tic(const struct vn_plot *plot, const char *text);

/* The same of an axis' title, which has more room. */
void vn_plot_title(const struct vn_plot *plot, const char *text);

/* Write the style of series i < VN_PLOT_SERIES: "lc rgb '#0072B2' dt 1 lw
 * 1.5". */
void vn_plot_style(const struct vn_plot *plot, int i);

/*
 * Place a key of these n entries above the figure, in as many columns as the
 * width has room for.
 */
void vn_plot_key(const struct vn_plot *plot, const char *const *labels, int n);

/* Name the rows 0, 1, ... of a vertical axis. */
void vn_plot_rows(const struct vn_plot *plot, const char *const *labels,
                  int n);

/* The height of that key, in inches. */
double vn_plot_key_height(double width, const char *const *labels, int n);

/* About how many inches the longest text is long, in the figure's font. */
double vn_plot_longest(const char *const *texts, int n);

/* A round distance between at most n tics on an axis from 0 to max. */
double vn_plot_step(double max, int n);

/* gnuplot's number of the point of series i, open or filled. */
int vn_plot_point(int i, bool filled);

/* "#0072B2", of series i. */
const char *vn_plot_colour(int i);

#endif /* ANALYSIS_PLOT_H */
