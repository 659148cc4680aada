/*
 * A profile: what was measured of a model on a device type.
 *
 * It is read from one or several tables, told apart by their headers:
 *
 *   nodes     model,device_type,batch,step_s,peak_bytes
 *             [,update_s,parameters,probe_s,probe_power]
 *             one virtual node of `batch` examples, forward and backward;
 *             the update, the number of parameters and what a probe of the
 *             processor takes (a small product of matrices, vnexec(1)) where
 *             it is as fast as these times suppose, and to which power of a
 *             probe's slowdown these times grow (1), per model and type
 *   mappings  model,device_type,devices,step_s [,spread_step_s,global_batch]
 *             a whole step of a job on that many devices of one type, all
 *             virtual nodes, synchronisation and update: on as few nodes as
 *             hold them, and spread over the cluster's nodes
 *   links     model,device_type,devices,sync_s
 *             a measured synchronisation; `*` is any model or type
 *   crowds    model,device_type,busy,slowdown [,probe_slowdown]
 *             how much slower computing is where so many devices of the host
 *             are busy (plan/contention.h), and how much of that a probe
 *             shows; `*` likewise
 *
 * or from Gavel's throughput table (a name that ends in .json) or, as in
 * MODEL:TYPE=FILE, a profile of VirtualFlow's, or from a folder of tables of
 * applications (plan/adaptive/application.h).  Between two
 * profiled batches a virtual node's time and memory are linear; beyond the
 * first and the last there is no answer.  Where a mapping was measured it is
 * preferred to the sum of its parts (plan/pricing.h).
 *
 * To add a format, see plan/profile/format.h.
 */
#ifndef PLAN_PROFILE_PROFILE_H
#define PLAN_PROFILE_PROFILE_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>

struct vn_application;
struct vn_application_on;
struct vn_applications;

/* One virtual node of `batch` examples. */
struct vn_profile_point {
    int64_t batch;
    double step_s;      /* forward and backward, > 0 */
    int64_t peak_bytes; /* of the device meanwhile; 0 where unknown */
};

/* A whole step of a job on `devices` devices of one type. */
struct vn_profile_mapping {
    int devices;
    int64_t global_batch; /* 0 for any */
    double step_s;        /* on as few nodes as hold them; NAN if unknown */
    double spread_step_s; /* over several; NAN if unknown */
};

/* A measured synchronisation between devices of a type. */
struct vn_profile_link {
    int devices;
    double sync_s;
};

/* A device among `busy` ones of its host takes `slowdown` times as long. */
struct vn_profile_crowd {
    int busy; /* itself among them, > 1 */
    double slowdown;
    double probe_slowdown; /* of a probe; 1 where unknown */
};

/* What is known of a model on a type. */
struct vn_profile_curve {
    struct vn_profile_point *points; /* by rising batch */
    int npoints;
    struct vn_profile_mapping *mappings; /* by rising devices, then batch */
    int nmappings;
    struct vn_profile_link *links; /* by rising devices */
    int nlinks;
    struct vn_profile_crowd *crowds; /* by rising busy */
    int ncrowds;
    double update_s;    /* of a step, 0 where unknown */
    int64_t parameters; /* floats that are synchronised, 0 where unknown */
    double probe_s;     /* 0 where unknown */
    double probe_power; /* where has_probe_power, else it counts as 1 */
    bool has_probe_power;

    /* Where the model is an application of tables: both, else NULL. */
    const struct vn_application *application;
    const struct vn_application_on *on;
};

struct vn_profile {
    char **models;
    int nmodels;
    char **types;
    int ntypes;
    struct vn_profile_curve *curves;      /* curves[model x ntypes + type] */
    struct vn_applications *applications; /* owned; NULL: none */
    bool batches_adapt;                   /* of jobs of applications */
};

/* Read and add a table; start from (struct vn_profile) {0}.  A point that is
 * there already is an error. */
enum vn_status vn_profile_read(const char *path, struct vn_profile *profile,
                               struct vn_error *err);

void vn_profile_free(struct vn_profile *profile);

/*
 * What readers add to: the entry of a model and type, made if it is new and
 * valid until the next is made, and points in it; false where there is one.
 */
struct vn_profile_curve *vn_profile_entry(struct vn_profile *profile,
                                          const char *model, const char *type);
bool vn_profile_add_point(struct vn_profile_curve *curve,
                          struct vn_profile_point point);
bool vn_profile_add_mapping(struct vn_profile_curve *curve,
                            struct vn_profile_mapping mapping);
bool vn_profile_add_link(struct vn_profile_curve *curve,
                         struct vn_profile_link link);
bool vn_profile_add_crowd(struct vn_profile_curve *curve,
                          struct vn_profile_crowd crowd);

/* Numbers of names; -1 where there is none. */
int vn_profile_model(const struct vn_profile *profile, const char *name);
int vn_profile_type(const struct vn_profile *profile, const char *name);

/* Fails, with the job and the nearest name, where a model is not there. */
enum vn_status vn_profile_unknown(const struct vn_profile *profile,
                                  int64_t job, const char *name,
                                  struct vn_error *err);

const struct vn_profile_curve *
vn_profile_curve(const struct vn_profile *profile, int model, int type);

/* By what power of a probe's slowdown it slows down; 1 where unknown. */
double vn_profile_probe_power(const struct vn_profile_curve *curve);

/* Seconds and bytes of one virtual node of `batch` examples; INFINITY and
 * INT64_MAX beyond what was profiled. */
double vn_profile_node_s(const struct vn_profile_curve *curve, int64_t batch);
int64_t vn_profile_node_bytes(const struct vn_profile_curve *curve,
                              int64_t batch);

/* A hash of what it holds, whatever files it came from. */
uint64_t vn_profile_hash(const struct vn_profile *profile);

#endif /* PLAN_PROFILE_PROFILE_H */
