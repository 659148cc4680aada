/*
 * From the engine to the results file.
 *
 *     recorder = vn_recorder_alloc(cluster, VN_RECORD_ALL);
 *     config.observer = vn_recorder_observer(recorder);
 *     vn_recorder_guard(recorder, engine);
 *     ... the engine runs ...
 *     vn_recorder_write(recorder, engine, &run, store, err);
 *     vn_recorder_free(recorder);
 *
 * What happens is kept in memory and written in one transaction at the end,
 * in the order of the tables, so that a results file is locked briefly and
 * rows are appended.
 */
#ifndef SIM_OBSERVE_RECORDER_H
#define SIM_OBSERVE_RECORDER_H

#include "base/store/store.h"
#include "sim/engine/engine.h"
#include "sim/observe/steady.h"

/* How much of a run is kept; each has what those before it have. */
enum vn_recording {
    VN_RECORD_RUN, /* the run's own row: the summary */
    VN_RECORD_JOBS,
    VN_RECORD_SAMPLES, /* of the cluster over time */
    VN_RECORD_ALL      /* allocations too */
};

/* "run", "jobs", "samples" and "all", as --keep and results name them. */
extern const char *const vn_recording_names[VN_RECORD_ALL + 1];

struct vn_recorder;

/* cluster is kept. */
struct vn_recorder *vn_recorder_alloc(const struct vn_cluster *cluster,
                                      enum vn_recording recording);

/* Have the run's means be of a part of it; before vn_recorder_observer(). */
void vn_recorder_measure(struct vn_recorder *recorder,
                         const struct vn_measure *measure);

/* Keep plans too; before vn_recorder_observer().  profile is kept. */
void vn_recorder_plan(struct vn_recorder *recorder,
                      const struct vn_profile *profile);

/* Write the plans kept. */
enum vn_status vn_recorder_write_plan(struct vn_recorder *recorder,
                                      const char *path, struct vn_error *err);

/*
 * Keep what happens where the policy of the engine cannot touch it; before
 * the engine goes on.  The recorder is then freed before the engine.
 */
void vn_recorder_guard(struct vn_recorder *recorder,
                       const struct vn_engine *engine);

void vn_recorder_free(struct vn_recorder *recorder);

/* For the engine's configuration; it needs the recorder while it runs. */
struct vn_observer vn_recorder_observer(struct vn_recorder *recorder);

/*
 * Write a run that has ended.  In run, what describes the inputs, version,
 * host and wall_us are set (see base/store/schema.h) and the rest is filled
 * here: state is "done", or "stopped" where until cut the run short, or what
 * it was set to if not NULL.
 */
enum vn_status vn_recorder_write(struct vn_recorder *recorder,
                                 struct vn_engine *engine,
                                 const struct vn_store_run *run,
                                 struct vn_store *store, struct vn_error *err);

/*
 * Write a run whose policy was stopped: its state is "failed", its error is
 * `why`, and its rows and figures are of what happened before.
 */
enum vn_status vn_recorder_write_failed(struct vn_recorder *recorder,
                                        struct vn_engine *engine,
                                        const struct vn_store_run *run,
                                        const char *why,
                                        struct vn_store *store,
                                        struct vn_error *err);

/* Have the run's transaction hold more: what `add` adds. */
void vn_recorder_more(struct vn_recorder *recorder,
                      enum vn_status (*add)(void *arg, struct vn_store *store,
                                            struct vn_error *err),
                      void *arg);

/* Write the jobs kept as a table (sim/output.h), in order of id. */
enum vn_status vn_recorder_write_jobs(struct vn_recorder *recorder,
                                      const char *path, struct vn_error *err);

#endif /* SIM_OBSERVE_RECORDER_H */
