/*
 * What the experiments on jobs whose batch adapts have in common: workloads in
 * the columns
 *
 *     job,application,submit_s,num_replicas,batch_size
 *
 * a run of them in the reference form (sim/adaptive/reference.h), and what
 * became of them as tables.
 */
#ifndef REPLAY_EXPERIMENT_ADAPTIVE_H
#define REPLAY_EXPERIMENT_ADAPTIVE_H

#include "plan/adaptive/application.h"
#include "replay/experiment/experiment.h"
#include "replay/experiment/sheet.h"
#include "sim/adaptive/reference.h"

#include "base/names.h"

/* A run: what it needs, and what came of it.  Start from zeros. */
struct vn_adaptive {
    const struct vn_request *request;
    struct vn_applications applications;
    struct vn_names names; /* of jobs */
    struct vn_reference_request *jobs;
    struct vn_reference_config
        config;                  /* jobs and observer are set by _run() */
    struct vn_reference *rounds; /* once it has run */
    bool typed;                  /* events name the type and the placement */
    struct vn_sheet *events;
    struct vn_sheet *sheet; /* of rounds */
};

void vn_adaptive_free(struct vn_adaptive *adaptive);

/* The path of a table: in the request's data, or if it is not there, in its
 * base. */
const char *vn_adaptive_path(const struct vn_request *request,
                             const char *name);

/* Read applications, and the jobs of data/workloads/NAME.csv, the first of
 * them as far as the request says. */
enum vn_status vn_adaptive_read(struct vn_adaptive *adaptive,
                                const struct vn_request *request,
                                struct vn_error *err);

/* Run the jobs as config says, and write the tables that were asked for. */
enum vn_status vn_adaptive_run(struct vn_adaptive *adaptive,
                               struct vn_error *err);

/* A table of all jobs, in the columns of --jobs. */
struct vn_sheet *vn_adaptive_jobs(const struct vn_adaptive *adaptive);

/* The mean time from a job's submission to its end, in seconds. */
double vn_adaptive_mean_s(const struct vn_adaptive *adaptive);

#endif /* REPLAY_EXPERIMENT_ADAPTIVE_H */
