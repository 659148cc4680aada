/*
 * Published experiments, rerun.
 *
 * Some start from facts in the project's own tables (traces, profiles, costs,
 * what was measured or published; each says its source), run the simulator,
 * and put what was published beside what is obtained.  Others replay a case
 * of a published simulator whose tables are elsewhere (--data), under a policy
 * of that simulator and by its rules, and write what became of each job in
 * its columns, to be held against what it gave.
 *
 * To add one, write replay/experiment/NAME.c, name it in local.mk and in
 * experiment.c, its tables in replay/experiments/ likewise if it has any, and
 * describe it in man/vnreplay.1.  What it writes goes through
 * replay/experiment/sheet.h.
 */
#ifndef REPLAY_EXPERIMENT_EXPERIMENT_H
#define REPLAY_EXPERIMENT_EXPERIMENT_H

#include "base/error.h"
#include "replay/findings.h"
#include "sim/api/policy.h"

/* Paths of tables, which messages name: they outlive the error. */
struct vn_paths {
    char **text;
    int n;
};

/* A table's path, kept in the list. */
const char *vn_path(struct vn_paths *paths, const char *folder,
                    const char *name);
void vn_paths_free(struct vn_paths *paths);

/* Of a request, what an experiment may take besides `data`. */
enum {
    VN_REQUEST_CASE = 1 << 0, /* needs data, case and policy */
    VN_REQUEST_BASE = 1 << 1,
    VN_REQUEST_CLUSTER = 1 << 2,
    VN_REQUEST_OPTIONS = 1 << 3,
    VN_REQUEST_JOBS = 1 << 4,
    VN_REQUEST_EVENTS = 1 << 5,
    VN_REQUEST_ROUNDS = 1 << 6,
    VN_REQUEST_CURVE = 1 << 7,
    VN_REQUEST_FIRST = 1 << 8
};

/* What was asked for; NULL where it was not. */
struct vn_request {
    const char *experiment; /* its name */
    const char *data;       /* the folder of the tables; never NULL */
    const char *base;       /* where tables are that it lacks */
    const char *name;       /* of the case: --case, --workload */
    const char *policy;
    const char *cluster;
    const char *const *options; /* words, NAME=VALUE */
    int noptions;
    const char *jobs; /* files to write */
    const char *events;
    const char *rounds;
    const char *curve;
    int64_t first; /* only as many jobs; INT64_MAX: all */
    struct vn_paths *paths;
};

/*
 * The number behind a part of the case's name, as 4 behind "n" in
 * philly_500_n4; -1 where no part between underscores is of that form.
 */
int64_t vn_request_number(const struct vn_request *request,
                          const char *letters);

/* Is this a part of the case's name, as "models" in philly_150_g16_models? */
bool vn_request_part(const struct vn_request *request, const char *part);

/*
 * Set values[i] to options[i]'s value; options end with a NULL name.  Fails
 * with VN_EUSAGE at an option that is not among them.
 */
enum vn_status vn_request_options(const struct vn_request *request,
                                  const struct vn_policy_option *options,
                                  double *values, struct vn_error *err);

/* Which of these names, ended by NULL, the policy is. */
enum vn_status vn_request_policy(const struct vn_request *request,
                                 const char *const *names, int *policy,
                                 struct vn_error *err);

struct vn_experiment {
    const char *name;
    const char *summary; /* one line */
    unsigned takes;      /* VN_REQUEST_... */

    /* findings are added to. */
    enum vn_status (*run)(const struct vn_request *request,
                          struct vn_findings *findings, struct vn_error *err);
};

/* Where their tables are: installed (into path, size bytes), or in the tree
 * that was built. */
const char *vn_experiment_folder(char *path, size_t size);

/* All of them, ended by NULL. */
extern const struct vn_experiment *const vn_experiments[];

#endif /* REPLAY_EXPERIMENT_EXPERIMENT_H */
