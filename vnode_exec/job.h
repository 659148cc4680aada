/*
 * A job made ready: model, data, graph and devices of a command line.
 */
#ifndef VNODE_EXEC_JOB_H
#define VNODE_EXEC_JOB_H

#include "vnode_exec/options.h"

struct vn_exec_job {
    struct vn_options *options;
    struct vn_model *model;
    struct vn_data data;
    struct vn_graph *graph;
    struct vn_stages stages;
    struct vn_stage_solved solved; /* of the first, where there is a profile */
    struct vn_comm comm;
    char text[4096]; /* what is trained, as a checkpoint says it */
};

/*
 * Fill a zeroed job from options, whose defaults are completed; with
 * vn_exec_job_close() in any case.
 */
enum vn_status vn_exec_job_open(struct vn_options *options,
                                struct vn_exec_job *job, struct vn_error *err);
void vn_exec_job_close(struct vn_exec_job *job);

/*
 * A stage of it on other devices, split by the solver where the options have
 * a profile, else evenly or, behind a blank, by a mapping:
 * "host,host:slow=2 2x24,1x16".
 */
enum vn_status vn_exec_job_stage(struct vn_exec_job *job, const char *devices,
                                 struct vn_stage *stage, struct vn_error *err);

/*
 * A command that makes a job ready and does one thing with it: usage is what
 * --help says first.  Returns the program's exit status.
 */
int vn_exec_job_command(int argc, char **argv, const char *usage,
                        enum vn_status (*fn)(struct vn_exec_job *job,
                                             struct vn_error *err));

/*
 * The end of a command: close the job, say what failed, on one rank where it
 * failed alike on all, and end other ranks that did not.  Returns the
 * program's exit status.
 */
int vn_exec_job_end(struct vn_exec_job *job, enum vn_status status,
                    const struct vn_error *err);

/* What is tested on at the end: the test, or validation where there is none.
 */
const struct vn_examples *vn_exec_job_test(const struct vn_exec_job *job);

/* The executor's view of it. */
struct vn_executor_job vn_exec_job_view(const struct vn_exec_job *job);

#endif /* VNODE_EXEC_JOB_H */
