/*
 * The executor: a job's virtual nodes on its devices, step after step.
 *
 * Each device has a worker, which runs the device's virtual nodes one after
 * another; the caller's thread coordinates: it checks what the step's largest
 * gradients say of the scales, has the buffers combined, and the update made
 * by every device.  Between two steps devices may come and go; a device that
 * fails within one is dropped, and the step done again by the others.
 */
#ifndef VNODE_EXEC_TRAIN_EXECUTOR_H
#define VNODE_EXEC_TRAIN_EXECUTOR_H

#include "vnode_exec/data/data.h"
#include "vnode_exec/model/graph.h"
#include "vnode_exec/train/comm.h"
#include "vnode_exec/train/stage.h"
#include "vnode_exec/train/train.h"

enum {
    VN_SCALE_BITS = 38 /* that a scale gives the largest gradient */
};

struct vn_executor;

/* What a job runs; all of it is kept and must outlive the executor. */
struct vn_executor_job {
    const struct vn_graph *graph;
    const struct vn_train *train;
    const struct vn_data *data;
    const struct vn_comm *comm;
    int64_t limit; /* bytes of each device, 0: any */
    bool no_pin;   /* leave threads to run on any processor */
    bool probe; /* the processors' speed, each step (vnode_exec/train/probe.h)
                 */
};

/* What a step took and gave. */
struct vn_step {
    int64_t step;
    int devices;
    double loss; /* mean over the examples; infinite: the step diverged */
    double accuracy;
    double norm;   /* of the gradient, where it is clipped */
    int redone;    /* times, for a scale or a failed device */
    int failed;    /* devices that failed in it */
    double step_s; /* all of it */
    double load_s, compute_s, sync_s, update_s; /* of the slowest device */
    double probe_s; /* likewise, 0 where the job has no probe */
};

/* What a resize took. */
struct vn_resize {
    int before, after;
    double startup_s; /* of the newcomers, while the others trained */
    double wait_s;    /* for what of it was not done by then */
    double copy_s;    /* of parameters and state */
};

/* A device, for reports. */
struct vn_seat_report {
    const struct vn_spec *spec;
    int64_t nodes, examples, memory_bytes, peak_bytes;
    double busy_s;
    int cpu;              /* that its worker is on */
    double probe_s;       /* of the last step; 0 where there is no probe */
    const char *products; /* struct vn_device's */
};

/*
 * Start in a stage, which is copied.  With MPI rank i is device i.  Parameters
 * are initialised from the seed.
 */
enum vn_status vn_executor_open(const struct vn_executor_job *job,
                                const struct vn_stage *stage,
                                struct vn_executor **executor,
                                struct vn_error *err);
void vn_executor_close(struct vn_executor *x);

/* The step that comes next, from 0. */
int64_t vn_executor_step_number(const struct vn_executor *x);

/* Do a step. */
enum vn_status vn_executor_step(struct vn_executor *x, struct vn_step *step,
                                struct vn_error *err);

/* Have the device of that number then fail in the middle of a step. */
void vn_executor_inject(struct vn_executor *x, int device, int64_t step);

/*
 * Go over to another stage: _prepare lets newcomers start while steps are
 * done, _resize changes between two steps.  Devices that stand in both lists
 * (the same type, at the same place among it) stay.
 */
enum vn_status vn_executor_prepare(struct vn_executor *x,
                                   const struct vn_stage *stage,
                                   struct vn_error *err);

/* Have all newcomers started, so that a resize would not wait? */
bool vn_executor_prepared(const struct vn_executor *x);
enum vn_status vn_executor_resize(struct vn_executor *x,
                                  const struct vn_stage *stage,
                                  struct vn_resize *resize,
                                  struct vn_error *err);

/* Loss and accuracy over examples, which are the job's data's. */
enum vn_status vn_executor_evaluate(struct vn_executor *x,
                                    const struct vn_examples *examples,
                                    double *loss, double *accuracy,
                                    struct vn_error *err);

/* A hash of parameters and optimizer state. */
enum vn_status vn_executor_digest(struct vn_executor *x, uint64_t *digest,
                                  struct vn_error *err);

/*
 * All that a job needs to go on: step, scales (graph->nparams), and 1 +
 * states vectors of graph->vector floats, borrowed until the next call.
 */
struct vn_state {
    int64_t step;
    double *scales;
    int nvectors;
    float *vectors[3];
};
enum vn_status vn_executor_save(struct vn_executor *x, struct vn_state **state,
                                struct vn_error *err);

/* Are all of a state's numbers finite?  Else the training has diverged. */
bool vn_state_is_finite(const struct vn_state *state, size_t vector);
enum vn_status vn_executor_load(struct vn_executor *x, int64_t step,
                                struct vn_error *err);

/* The devices, at most n of them; returns how many there are. */
int vn_executor_seats(const struct vn_executor *x,
                      struct vn_seat_report reports[], int n);

#endif /* VNODE_EXEC_TRAIN_EXECUTOR_H */
