/*
 * Published experiments, rerun from the facts in the project's own tables.
 *
 * An experiment reads its tables (traces, profiles, costs, what was measured
 * or published; each says its source) from a folder, runs the simulator, and
 * puts what was published beside what was obtained.
 *
 * To add one, write replay/experiment/NAME.c, put its tables into
 * replay/experiments/, name both in local.mk and it in experiment.c, and
 * describe it in man/vnreplay.1.
 */
#ifndef REPLAY_EXPERIMENT_EXPERIMENT_H
#define REPLAY_EXPERIMENT_EXPERIMENT_H

#include "base/error.h"
#include "replay/findings.h"

/* Paths of tables, which messages name: they outlive the error. */
struct vn_paths {
    char **text;
    int n;
};

/* A table's path, kept in the list. */
const char *vn_path(struct vn_paths *paths, const char *folder,
                    const char *name);
void vn_paths_free(struct vn_paths *paths);

struct vn_experiment {
    const char *name;
    const char *summary; /* one line */

    /* folder holds the tables; findings are added to. */
    enum vn_status (*run)(const char *folder, struct vn_paths *paths,
                          struct vn_findings *findings, struct vn_error *err);
};

/* All of them, ended by NULL. */
extern const struct vn_experiment *const vn_experiments[];

#endif /* REPLAY_EXPERIMENT_EXPERIMENT_H */
