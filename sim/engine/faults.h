/*
 * What goes wrong with devices: they fail and are repaired, or are slow for a
 * while.
 *
 * Every unit, a device or a node, works for a time drawn from a Weibull
 * distribution whose mean is the MTBF (shape 1: exponential), and is then
 * down for an exponential time whose mean is the MTTR; without an MTTR it
 * does not come back.  MTBF and MTTR are those of the cluster's table or, for
 * all types, of the words.  A failed device is nobody's: a job of a rigid
 * policy loses its work since its last checkpoint and waits for devices to
 * restart on; any other loses its present step and goes on with what is left.
 *
 * Slow devices come from a table
 *
 *     device_type,device,from_s,to_s,slowdown
 *     v100,3,3600,7200,1.8
 *
 * and a job is as slow as the slowest of the devices that work for it, a
 * device as the slowest of its rows says; below 1 it is faster.  Times of
 * failures are drawn per unit, from the run's seed, and do not depend on what
 * jobs do.
 */
#ifndef SIM_ENGINE_FAULTS_H
#define SIM_ENGINE_FAULTS_H

#include "base/error.h"
#include "base/number.h"
#include "plan/cluster.h"
#include "sim/api/memory.h"

#include <stdbool.h>
#include <stdint.h>

struct vn_fault_config {
    bool fails;       /* devices, or */
    bool nodes;       /* nodes, do */
    double mtbf_s;    /* for all types; 0: the cluster's */
    double mttr_s;    /* likewise */
    double shape;     /* of Weibull */
    const char *slow; /* a table's path, or NULL */
};

/* Read "device" or "node", with ",mtbf=TIME,mttr=TIME,shape=K" behind it. */
enum vn_status vn_fault_config_read(const char *words,
                                    struct vn_fault_config *config,
                                    struct vn_error *err);

enum vn_fault_kind {
    VN_FAULT_FAIL,
    VN_FAULT_REPAIR,
    VN_FAULT_SLOW, /* to `slowdown`, which is 1 at the end of a slow time */
};

/* Something that happens to devices `first` up to first + count of a type. */
struct vn_fault {
    vn_time time;
    enum vn_fault_kind kind;
    int type;
    int first;
    int count;
    double slowdown;
};

struct vn_faults;

/* cluster is kept; region is where, as of sim/api/memory.h.  Fails where the
 * table is not well, or no type has an MTBF. */
enum vn_status vn_faults_alloc(const struct vn_fault_config *config,
                               const struct vn_cluster *cluster, uint64_t seed,
                               struct ed_region *region,
                               struct vn_faults **faults,
                               struct vn_error *err);
void vn_faults_free(struct vn_faults *faults);

/* The next one, which stays; false where there is none. */
bool vn_faults_next(const struct vn_faults *faults, struct vn_fault *fault);

/* Go past it. */
void vn_faults_pass(struct vn_faults *faults);

#endif /* SIM_ENGINE_FAULTS_H */
