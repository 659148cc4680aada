/*
 * Who carries out what the engine grants, where that is not simulated.
 *
 * With a carrier the engine goes by the carrier's clock.  A job's starting,
 * growing, shrinking and ending then take as long as they take: the engine
 * asks for them through start(), resize() and stop(), and goes on when wait()
 * says that they have come about.  The policy, the books and the observers
 * are those of a simulation (replay/live/live.c is the carrier that trains).
 *
 * Jobs must be modelled ones, and devices are told apart (fleet.h), all of a
 * type on one node.
 */
#ifndef SIM_ENGINE_CARRIER_H
#define SIM_ENGINE_CARRIER_H

#include "base/error.h"
#include "plan/job.h"
#include "sim/engine/fleet.h"

enum vn_told_kind {
    VN_TOLD_NOTHING, /* the time to wait until has come */
    VN_TOLD_STEP,    /* a job has done so many steps */
    VN_TOLD_CHANGED, /* it trains on what was asked for last */
    VN_TOLD_DONE,    /* it has done its last step */
    VN_TOLD_GONE,    /* after its stop or its end: its devices are free */
    VN_TOLD_DIED,    /* so are they, unasked: it has to start again */
    VN_TOLD_END      /* the run is to end here */
};

struct vn_told {
    enum vn_told_kind kind;
    vn_time time; /* when that was */
    int slot;
    int64_t steps; /* done; of one that is gone or died, and kept */
};

/* A job and the devices it shall train on: devices[t] of type t, which are
 * the first ones of those that it has. */
struct vn_task {
    const struct vn_job *job;
    int slot;
    const int *devices;
    const struct vn_fleet *fleet;
};

struct vn_carrier {
    void *arg;
    void (*start)(void *arg, const struct vn_task *task);
    void (*resize)(void *arg, const struct vn_task *task);
    void (*stop)(void *arg, int slot);

    /* Wait until this time, or until there is something to be told; later of
     * two things are told later. */
    enum vn_status (*wait)(void *arg, vn_time until, struct vn_told *told,
                           struct vn_error *err);
};

#endif /* SIM_ENGINE_CARRIER_H */
