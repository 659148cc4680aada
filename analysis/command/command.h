/*
 * What vnplot does besides drawing one figure.  A command is a function here,
 * in a file of its own, and a line in the table of analysis/main.c.  Each
 * takes a request, prints on standard output, and fails with what is to be
 * said on standard error; *list is then NULL or lines to go with it, to be
 * freed.
 */
#ifndef ANALYSIS_COMMAND_COMMAND_H
#define ANALYSIS_COMMAND_COMMAND_H

#include "analysis/draw.h"

typedef enum vn_status vn_plot_command(const struct vn_request *request,
                                       char **list, struct vn_error *err);

vn_plot_command vn_plot_figure, vn_plot_list, vn_plot_all, vn_plot_table,
    vn_plot_report;

#endif /* ANALYSIS_COMMAND_COMMAND_H */
