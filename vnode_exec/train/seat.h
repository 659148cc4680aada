/*
 * The executor's inside: its seats, each a device with a worker.
 *
 * executor.c opens and closes and tells, executor_step.c does a step,
 * executor_sync.c adds up the devices' sums, executor_resize.c changes the
 * devices; seat.c is what a worker does for its device.
 */
#ifndef VNODE_EXEC_TRAIN_SEAT_H
#define VNODE_EXEC_TRAIN_SEAT_H

#include "vnode_exec/train/executor.h"
#include "vnode_exec/train/probe.h"
#include "vnode_exec/train/replica.h"
#include "vnode_exec/train/worker.h"

/* A device with its worker. */
struct seat {
    struct vn_executor *x;
    struct vn_replica replica;
    struct vn_worker *worker;
    struct vn_order order;
    int device;   /* number in the job */
    int64_t room; /* examples of a node that it begins with room for */
    bool leaving;
    bool ready;
    double startup_s;
    struct vn_probe *probe; /* NULL where none is wanted */
    double probe_s;         /* of the last step */
    int64_t tally[VN_TALLIES];
    double norm;
    int part, parts; /* of an evaluation */
};

/* A device that is to fail in the middle of a step. */
struct vn_failure {
    int device;
    int64_t step;
};

struct vn_executor {
    struct vn_executor_job job;
    struct vn_stage stage; /* owners change where a device fails */
    struct seat *seats[VN_SPEC_DEVICES];
    int nseats;
    struct seat *coming[VN_SPEC_DEVICES]; /* the seats after the resize */
    int ncoming;
    int devices; /* of the job, over all ranks */
    bool alive[VN_SPEC_DEVICES];
    int64_t step;
    double *scale;
    struct vn_state state;
    const struct vn_examples *evaluated; /* for now */
    int cpu;                             /* of the next device */
    struct vn_failure *failures;         /* to happen; step -1: has happened */
    int nfailures;
};

struct seat *vn_seat_new(struct vn_executor *x, const struct vn_spec *spec,
                         int device, int64_t room);
struct seat *vn_seat_for(struct vn_executor *x, const struct vn_stage *stage,
                         int device);
void vn_seat_free(struct seat *s);

/* Start the worker and let it open the device. */
enum vn_status vn_seat_start(struct seat *s, struct vn_error *err);

/* What workers do: nodes of a step, its update, a part of the test. */
enum vn_status vn_seat_compute(void *seat, struct vn_error *err);
enum vn_status vn_seat_update(void *seat, struct vn_error *err);
enum vn_status vn_seat_evaluate(void *seat, struct vn_error *err);

/* Run fn on every worker, and wait; the first failure. */
enum vn_status vn_seats_run(struct vn_executor *x, vn_worker_fn fn,
                            struct vn_error *err);
enum vn_status vn_seats_load(struct vn_executor *x, struct vn_error *err);

/* Add up the sums of all devices of all ranks, on each of them. */
enum vn_status vn_seats_synchronise(struct vn_executor *x,
                                    struct vn_error *err);

/*
 * Loss and accuracy of what the seats tallied over all ranks.  Where the loss
 * of an example is no number it fails, in the same way on all ranks, and says
 * "diverged".
 */
enum vn_status vn_seats_tally(struct vn_executor *x, double examples,
                              double *loss, double *accuracy,
                              struct vn_error *err);

#endif /* VNODE_EXEC_TRAIN_SEAT_H */
