/*
 * The books: which jobs are there, what each holds, and what it has used.
 *
 * Every device-microsecond is entered twice: for the job that holds the
 * device, and for the cluster as a whole.  vn_ledger_check() holds the two
 * against each other, and against the work that the jobs did.
 */
#ifndef SIM_LEDGER_H
#define SIM_LEDGER_H

#include "plan/cluster.h"
#include "plan/job.h"
#include "sim/memory.h"
#include "sim/policy.h"

/* A job that is there; its slot is its index in entries. */
struct vn_entry {
    struct vn_job job;
    int64_t order;     /* jobs that arrived before it */
    int64_t work;      /* device-microseconds still to do, at `since` */
    vn_time since;     /* up to which the quantities here are settled */
    vn_time start;     /* it first held devices, -1 if never */
    vn_time executed;  /* time with devices */
    int64_t device_us; /* device-time held */
    int held;          /* devices, of all types */
    int type;          /* the cluster's number of its only type, or -1 */
    int preemptions;
    int resizes;
    bool present;
};

struct vn_ledger {
    const struct vn_cluster *cluster;
    struct ed_region *of_jobs; /* where entries are kept */
    struct ed_region *of_devices;
    vn_time now;

    struct vn_entry *entries;
    int *held; /* held[slot x types + type] */
    int nentries;
    int allocated;
    int *vacant; /* slots to use again, last first */
    int nvacant;
    int present;
    int waiting; /* present, and holding nothing */
    int64_t arrived;

    int *free; /* devices that nobody holds, by type */
    int busy;  /* devices that somebody holds */

    vn_time counted;    /* up to which device_us is settled */
    __int128 device_us; /* held, over the cluster's whole life */
    __int128 gone_us;   /* of it, by jobs that are gone */
    __int128 work_us;   /* done by jobs that are gone */
    __int128 spare_us;  /* held beyond the work done: an end rounded up */
};

/* What a policy sees is the books, read only. */
struct vn_view {
    struct vn_ledger ledger;
    const struct vn_policy *policy;
    struct ed_domain *domain; /* that the policy is confined in, or NULL */
};

/* cluster is kept; domain may be NULL. */
void vn_ledger_init(struct vn_ledger *ledger, const struct vn_cluster *cluster,
                    struct ed_domain *domain);
void vn_ledger_free(struct vn_ledger *ledger);

/* Move to a later time, and count what is held until then. */
void vn_ledger_advance(struct vn_ledger *ledger, vn_time now);

/*
 * Enter a job, whose only type is `type` (-1: any); the slot it gets.  Its
 * duration x devices must be below 2^62.
 */
int vn_ledger_admit(struct vn_ledger *ledger, const struct vn_job *job,
                    int type);

/* Bring an entry up to the present. */
void vn_ledger_settle(struct vn_ledger *ledger, int slot);

/* The job, settled, now holds this many devices of the type. */
void vn_ledger_hold(struct vn_ledger *ledger, int slot, int type, int devices);

/* The job, settled, holds nothing any more. */
void vn_ledger_release(struct vn_ledger *ledger, int slot);

/* The job, settled and without devices, is gone; its slot is free. */
void vn_ledger_remove(struct vn_ledger *ledger, int slot);

/* When the job ends if it keeps what it holds, which is not nothing. */
vn_time vn_ledger_end(const struct vn_ledger *ledger, int slot);

/* Do the books agree?  Settles every entry; VN_EINVAL says what does not. */
enum vn_status vn_ledger_check(struct vn_ledger *ledger, struct vn_error *err);

#endif /* SIM_LEDGER_H */
