/*
 * What vnplot was asked for, and the results it is asked of: what all of its
 * commands share.
 */
#ifndef ANALYSIS_REQUEST_H
#define ANALYSIS_REQUEST_H

#include "analysis/choice.h"
#include "analysis/comparison.h"
#include "analysis/experiments.h"
#include "analysis/plot.h"
#include "base/number.h"

enum {
    VN_LABELS_MAX = 64
};

struct vn_request {
    const char *word; /* a figure or a command */
    const char *results;
    const char *output; /* NULL: as the command says */
    int format;         /* of vn_plot_formats; -1: by the extension */
    double width;       /* inches; 0: the figure's own */
    double height;      /* inches; 0: as the figure needs */
    struct vn_choice choice;
    char load[VN_NUMBER_SIZE]; /* as results have it */
    const char *policies;
    bool pool;
    int64_t experiment; /* from 1; 0: there must be one */
    const char *labels[VN_LABELS_MAX];
    int nlabels;
    int metric;           /* enum vn_metric; -1: as the figure has it */
    const char *baseline; /* NULL: fifo stands first, and no ratios */
    const char *by;       /* NULL: as the figure has it */
    int64_t jobs;         /* 0: as the figure has it */
};

/* The options, for --help. */
void vn_request_help(FILE *out);

/* Read a command line; *done where it asked for words, which say() prints. */
enum vn_status vn_request_parse(struct vn_request *request, int argc,
                                char **argv, bool (*say)(int option),
                                bool *done, struct vn_error *err);
enum {
    VN_REQUEST_VERSION = 0 /* the option --version, to say() */
};

/* The format that a file's extension asks for; fails where it asks for none.
 */
enum vn_status vn_request_format(const char *path, int *format,
                                 struct vn_error *err);

/* ".pdf" ... of a format. */
const char *vn_request_extension(int format);

/* The runs that were chosen. */
struct vn_results {
    struct vn_store *store;
    struct vn_runs runs;
    struct vn_groups groups;
};

/* Open the request's results; fails where no run is chosen. */
enum vn_status vn_results_open(const struct vn_request *request,
                               struct vn_results *results,
                               struct vn_error *err);

void vn_results_close(struct vn_results *results);

#endif /* ANALYSIS_REQUEST_H */
