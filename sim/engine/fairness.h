/*
 * Finish-time fairness, rho, of a job that has finished, under one of several
 * definitions.  Ours (vn_alone_us()) needs nothing but the job and one
 * number of its trace, and is the same yardstick for every policy.  Those of
 * published simulators go by who was there under the policy itself, so a
 * policy under which jobs pile up is measured by a longer yardstick; they are
 * here to stand beside published numbers, and beside nothing else:
 *
 *     pcs          jct / (W / min(G / n, d)), W the job's work on one device,
 *                  G devices, d those that it asks for, n the mean number of
 *                  jobs present over the arrivals and ends that it saw
 *     gavel        jct / the sum over the time between two changes of n, the
 *                  number of jobs present, of what the job did in it over its
 *                  speed on G_t / (n d) of each type t's time, at most all of
 *                  its own
 *     elasticflow  the same with min(1, ceil(G / n) / d) in place of the
 * speed, and what was done in steps: a share and no speed, as the published
 * code has it.  A recorded job's step is a second.
 *
 * To add one, add its name here and in fairness.c, and describe it in
 * man/vnsim.1.
 */
#ifndef SIM_ENGINE_FAIRNESS_H
#define SIM_ENGINE_FAIRNESS_H

#include "sim/engine/ledger.h"

enum vn_rho_form {
    VN_RHO_EQUAL, /* ours */
    VN_RHO_PCS,
    VN_RHO_ELASTICFLOW,
    VN_RHO_GAVEL,
    VN_RHO_FORMS
};

/* "equal", "pcs" ...; ended by NULL. */
extern const char *const vn_rho_forms[VN_RHO_FORMS + 1];

/*
 * How long a job would take alone on its equal part of the cluster, which its
 * finish-time fairness is measured by, whatever the policy:
 *
 *     rho = (finish - submit) / T,  T the job's work at the speed that it has
 *     on C / N devices
 *
 * with C the devices of a type and N the mean over time of the jobs present
 * in a run of the same trace under equal shares (vn_alone_present()).  Between
 * whole devices speed is in between; a job that needs more than C / N at
 * least has its fewest for a part of the time.  Of several types it has a part
 * of each, and all of its time at most.  Costs of changes are not in T.
 */

/* Microseconds; INFINITY where it runs on nothing. */
double vn_alone_us(const struct vn_ledger *ledger,
                   const struct vn_entry *entry, double present);

/* The same on all the devices that it asks for, for as much of the time as
 * `present` jobs leave it of each type, at most all of its own. */
double vn_alone_whole_us(const struct vn_ledger *ledger,
                         const struct vn_entry *entry, double present);

/* Its work in device-microseconds: on one device of its fastest type, or, of a
 * job that does not run on one, on its fewest times these. */
double vn_alone_one_us(const struct vn_ledger *ledger,
                       const struct vn_entry *entry);

struct vn_fair_watch;

/* NULL for our own form, which watches nothing. */
struct vn_fair_watch *vn_fair_watch_alloc(enum vn_rho_form form);
void vn_fair_watch_free(struct vn_fair_watch *watch);

/* A job is about to come or go.  O(1) for pcs, else O(jobs present). */
void vn_fair_watch_change(struct vn_fair_watch *watch,
                          struct vn_ledger *ledger);

/* The job in this slot came, or (slot -1) one is gone. */
void vn_fair_watch_changed(struct vn_fair_watch *watch,
                           const struct vn_ledger *ledger, int slot);

/* rho of the job in this slot, which finished at that time; after
 * vn_fair_watch_change(). */
double vn_fair_watch_rho(const struct vn_fair_watch *watch,
                         const struct vn_ledger *ledger, int slot,
                         vn_time finish);

#endif /* SIM_ENGINE_FAIRNESS_H */
