/*
 * The books: which jobs are there, what each was granted and what it has, what
 * it has used, and what it has done.
 *
 * A policy grants devices; the engine carries that out
 * (sim/engine/transition.h), at once or, where changes cost time, later.  So a
 * job is *granted* devices, it *has* devices, and of those some *work*: new
 * ones may still be starting up while the old ones train.
 *
 * Every device-microsecond is entered twice: for the job that has the device,
 * by what it is for, and for the cluster as a whole.  vn_ledger_check() holds
 * the two against each other, and against the work that the jobs did.
 *
 * Work.  A recorded job under linear scaling has `work` device-microseconds
 * to do, in whole numbers.  Any other has `left` units, each of which takes
 * unit_us on the devices that work for it: steps of a modelled job, or
 * microseconds at its own number of devices of a recorded one.
 */
#ifndef SIM_ENGINE_LEDGER_H
#define SIM_ENGINE_LEDGER_H

#include "plan/cluster.h"
#include "plan/cost.h"
#include "plan/job.h"
#include "plan/pricing.h"
#include "sim/api/memory.h"
#include "sim/api/policy.h"

/* Where a job is on the way to what it was granted. */
enum vn_phase {
    VN_IDLE,      /* has nothing */
    VN_STARTING,  /* has devices, which start up */
    VN_TRAINING,  /* all that it has works */
    VN_GROWING,   /* some work, the others start up */
    VN_DRAINING,  /* they work to the end of a step, then change */
    VN_SHRINKING, /* they change; nothing works */
    VN_LEAVING,   /* it is done, and its devices are being released */
};

/* What a device that a job has is for. */
enum vn_use {
    VN_USE_WORK,    /* it trains */
    VN_USE_START,   /* it starts, or restarts, the job */
    VN_USE_RESERVE, /* it starts up, while others train */
    VN_USE_SHRINK,  /* it waits for a smaller mapping to take effect */
    VN_USE_RELEASE, /* it is being released */
    VN_USES
};

/* A job that is there; its slot is its index in entries. */
struct vn_entry {
    struct vn_job job;
    int64_t order;  /* jobs that arrived before it */
    int type;       /* the cluster's number of its only type, or -1 */
    uint64_t types; /* those on which it can run, a bit each */
    int model;      /* the profile's number, -1 of a recorded job */
    int cost_row;   /* of the costs' table */
    bool present;

    int held;  /* devices granted, of all types */
    int has;   /* devices that it has */
    int works; /* of which work */
    enum vn_phase phase;
    vn_time until;            /* when the phase ends; VN_TIME_MAX: open */
    int drawn[VN_COST_KINDS]; /* costs drawn so far */
    int before; /* in the line of those that wait for devices, or -1 */
    int behind;
    bool queued; /* it stands in that line */
    bool struck; /* a device of it failed at this instant */

    int64_t work;       /* still to do, at `since`; see above */
    double left;        /* or this */
    double unit_us;     /* on what works now */
    double full_us;     /* on all that it asks for, of its fastest type */
    vn_time whole;      /* all of its work, likewise */
    double slowdown;    /* of the slowest of its devices */
    int64_t kept;       /* work at its last checkpoint */
    double kept_left;   /* or this */
    int64_t kept_us;    /* device-time at work up to then, or lost since */
    vn_time trained;    /* since it last started */
    vn_time checkpoint; /* time between two checkpoints; 0: none */
    vn_time since;      /* up to which work and uses are settled */
    vn_time told;       /* the policy's own word on its end; -1: none */

    vn_time start;        /* it first had devices, -1 if never */
    vn_time finish;       /* it was done, -1 before */
    vn_time executed;     /* time with devices */
    int64_t use[VN_USES]; /* device-time, by what for */
    int64_t lost;         /* device-time whose work was lost */
    int preemptions;
    int failures;
    int resizes;
};

struct vn_ledger {
    const struct vn_cluster *cluster;
    struct ed_region *of_jobs; /* where entries are kept */
    struct ed_region *of_devices;
    struct vn_pricing *pricing; /* NULL: recorded jobs, linear scaling */
    bool linear;                /* recorded jobs count whole work */
    vn_time now;

    struct vn_entry *entries;
    int *held;  /* granted; [slot x types + type] */
    int *has;   /* in fact */
    int *works; /* of which work */
    int nentries;
    int allocated;
    int *vacant; /* slots to use again, last first */
    int nvacant;
    int present;
    bool arriving; /* jobs are still to come */
    int waiting;   /* present, and without devices */
    int64_t arrived;

    int *free;    /* devices not granted, by type; of all there are */
    int *at_hand; /* devices that work, and that nobody has */
    int *down;    /* devices that do not work */
    int *leaving; /* devices that are being released */
    int busy;     /* devices that jobs have, or that are being released */

    vn_time counted;     /* up to which device_us is settled */
    __int128 device_us;  /* had or being released, over the whole life */
    __int128 release_us; /* of it, being released */
    __int128 gone_us;    /* of it, by jobs that are gone */
    __int128 work_us;    /* done by jobs that are gone */
    __int128 spare_us;   /* had beyond the work done: an end rounded up */
    int releasing;       /* devices that are being released, of all types */
};

/* What a policy sees is the books, read only. */
struct vn_view {
    struct vn_ledger ledger;
    const struct vn_policy *policy;
    struct ed_domain *domain; /* that the policy is confined in, or NULL */
};

/* cluster and pricing are kept; pricing and domain may be NULL. */
void vn_ledger_init(struct vn_ledger *ledger, const struct vn_cluster *cluster,
                    struct vn_pricing *pricing, struct ed_domain *domain);
void vn_ledger_free(struct vn_ledger *ledger);

/* Move to a later time, and count what is held until then. */
void vn_ledger_advance(struct vn_ledger *ledger, vn_time now);

/*
 * Enter a job, whose only type is `type` (-1: any), which can run on those of
 * the mask, and is `model` of the profile (-1: recorded); the slot it gets.
 * The duration x devices of a recorded one must be below 2^62.
 */
int vn_ledger_admit(struct vn_ledger *ledger, const struct vn_job *job,
                    int type, uint64_t types, int model);

/* Bring an entry up to the present. */
void vn_ledger_settle(struct vn_ledger *ledger, int slot);

/* The job is granted this many devices of the type. */
void vn_ledger_grant(struct vn_ledger *ledger, int slot, int type,
                     int devices);

/* The job, settled, has this many devices of the type from now on; what it
 * gives up is at hand again, or, with `leaving`, being released. */
void vn_ledger_have(struct vn_ledger *ledger, int slot, int type, int devices,
                    bool leaving);

/* Devices that were being released are at hand. */
void vn_ledger_released(struct vn_ledger *ledger, int type, int devices);

/* The job, settled, works on all that it has (all), or on nothing. */
void vn_ledger_work(struct vn_ledger *ledger, int slot, bool all);

/* Price again what the job works on, after its slowdown changed or spread. */
void vn_ledger_price(struct vn_ledger *ledger, int slot, bool spread);

/*
 * The job, settled, loses what it did since the last checkpoint (to_kept) or,
 * of a modelled one, its present step.
 */
void vn_ledger_lose(struct vn_ledger *ledger, int slot, bool to_kept);

/* The job, settled and without devices, is gone; its slot is free. */
void vn_ledger_remove(struct vn_ledger *ledger, int slot);

/* When the job ends if it goes on as it works now; VN_TIME_MAX: never. */
vn_time vn_ledger_end(const struct vn_ledger *ledger, int slot);

/* When its present step ends; now, of a recorded job. */
vn_time vn_ledger_step_end(struct vn_ledger *ledger, int slot);

/* The job stands at the end of a step: what is left is whole again. */
void vn_ledger_round(struct vn_ledger *ledger, int slot);

/* Units left at the present instant, settled or not. */
double vn_ledger_left(const struct vn_ledger *ledger,
                      const struct vn_entry *entry);

/* Steps that a modelled job has done. */
int64_t vn_ledger_steps_done(const struct vn_ledger *ledger, int slot);

/* Device-time that it had, settled. */
int64_t vn_entry_device_us(const struct vn_entry *entry);

/* Do the books agree?  Settles every entry; VN_EINVAL says what does not. */
enum vn_status vn_ledger_check(struct vn_ledger *ledger, struct vn_error *err);

#endif /* SIM_ENGINE_LEDGER_H */
