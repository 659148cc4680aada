/*
 * A run under way: run.c trains, run_keep.c keeps what is trained and tests
 * it, run_control.c hears and answers requests, and run_report.c says what
 * there is to say.
 */
#ifndef VNODE_EXEC_COMMAND_RUN_H
#define VNODE_EXEC_COMMAND_RUN_H

#include "base/progress.h"
#include "vnode_exec/control.h"
#include "vnode_exec/job.h"
#include "vnode_exec/record.h"

struct run {
    struct vn_options options;
    struct vn_exec_job job;
    struct vn_executor *x;
    struct vn_record *record;
    struct vn_progress progress;
    double started;
    int64_t trained; /* steps of this process */
    int stage;       /* of the job, that is in force */
    bool prepared;
    double *step_s; /* of each step, for the median */
    int64_t step_room;
    struct vn_control *control; /* or NULL */
    int64_t report_every;       /* steps; 0: never */
    struct vn_stage wanted;     /* asked for, its devices starting up */
    bool stopped;               /* by a request */
    int signal;                 /* that ends it, or 0 */
    bool log_failed;            /* the log took no more */
    int64_t saved;  /* step of the checkpoint last written; 0: none */
    int64_t tested; /* step of the last test, and on what */
    const struct vn_examples *tested_on;
    bool settled;  /* evaluations give no lower loss any more */
    double best;   /* lowest loss of an evaluation; infinite: none yet */
    int64_t since; /* evaluations since then */
};

/* Only the first rank speaks. */
bool vn_run_speaks(const struct run *r);

/*
 * Write a checkpoint, on the first rank, unless the training has diverged,
 * which is a failure and leaves the file as it is.
 */
enum vn_status vn_run_checkpoint(struct run *r, const char *path,
                                 struct vn_error *err);

/* The state, which must be finite: else the training has diverged. */
enum vn_status vn_run_finite(struct run *r, const char *path,
                             struct vn_state **state, struct vn_error *err);

/*
 * Test: on validation, or at the end (last) on the test; on the other where
 * one is not there.  What is not the last one is compared with the best.
 */
enum vn_status vn_run_evaluate(struct run *r, bool last,
                               struct vn_evaluation *e, struct vn_error *err);

/* Control: where the job stands (step NULL, or the one just done); a resize
 * that began then; between two steps, do what is asked for; the end. */
void vn_run_tell_step(struct run *r, const struct vn_step *step);
void vn_run_tell_resize(struct run *r, const struct vn_resize *resize,
                        double began);
enum vn_status vn_run_obey(struct run *r, struct vn_error *err);
enum vn_status vn_run_conclude(struct run *r, struct vn_error *err);

/* To the user: what is trained, how far it is, and what it took. */
void vn_run_announce(const struct run *r);
void vn_run_progress(struct run *r, const struct vn_step *step);
void vn_run_failed(struct run *r, const struct vn_step *step);
void vn_run_summary(struct run *r);

#endif /* VNODE_EXEC_COMMAND_RUN_H */
