/*
 * A command on one results file, `vnreplay NAME RESULTS [option ...]`: the
 * options are read, --help is answered, the file is taken, and what went wrong
 * is printed.
 */
#ifndef REPLAY_COMMAND_RESULTS_H
#define REPLAY_COMMAND_RESULTS_H

#include "base/option.h"

struct vn_results_command {
    const char *name;
    const struct vn_option *options;
    int noptions;
    vn_args_say *say;
    vn_args_take *take; /* takes arg */
    enum vn_status (*run)(const char *results, void *arg,
                          struct vn_error *err);
    void *arg;
};

/* The exit status. */
int vn_results_command_run(const struct vn_results_command *command, int argc,
                           char **argv);

#endif /* REPLAY_COMMAND_RESULTS_H */
