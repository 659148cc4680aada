/*
 * A live replay from inside: its state and its seats, the executors of jobs.
 * live.c holds the state, waits and calls here; nothing here calls it.
 */
#ifndef REPLAY_LIVE_SEAT_H
#define REPLAY_LIVE_SEAT_H

#include "replay/live/layout.h"
#include "replay/live/live.h"

/* An executor, by the slot of its job. */
struct vn_live_seat {
    struct vn_process process;
    struct vn_live_job *job;
    char devices[VN_DEVICE_LIST_SIZE]; /* to start on, once it is gone */
    bool starting;                     /* so it shall */
    bool stopping, done, stopped;
    bool kept;         /* it has a checkpoint, */
    int64_t kept_step; /* of this step */
    vn_time asked;     /* when a change under way was */
    enum vn_cost_kind change;
    int devices_after; /* of all types and of each */
    int of_type[VN_TYPES_MAX];
    int *device; /* that train then, of all that the cluster has */
    int ndevices;
    vn_time ended; /* its last step */
};

struct vn_live_state {
    const struct vn_live_config *config;
    struct vn_live *live;
    double origin; /* of vn_clock() */
    struct vn_live_seat *seats;
    int nseats;
    struct vn_told *queue; /* not told yet */
    int nqueue, room;
    int signals; /* a signalfd */
    int *offset; /* of a type's devices among all processors */
    struct vn_observer inner;
    struct vn_error err; /* what went wrong in a call that cannot fail */
    enum vn_status status;
};

/* Microseconds since the replay began. */
vn_time vn_live_now(const struct vn_live_state *state);

/* The job of that id. */
struct vn_live_job *vn_live_job_of(const struct vn_live_state *state,
                                   int64_t id);

/* A carrier's functions (sim/engine/carrier.h); arg is the state. */
void vn_live_seat_start(void *arg, const struct vn_task *task);
void vn_live_seat_resize(void *arg, const struct vn_task *task);
void vn_live_seat_stop(void *arg, int slot);

/* A line of the executor in this slot. */
void vn_live_seat_line(struct vn_live_state *state, int slot,
                       const struct vn_line *line);

/* The executor in this slot has ended. */
void vn_live_seat_end(struct vn_live_state *state, int slot);

#endif /* REPLAY_LIVE_SEAT_H */
