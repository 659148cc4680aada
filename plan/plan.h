/*
 * A plan: which virtual nodes of a job run on which device, from which step.
 *
 *     job_id,from_step,device_type,device,vnode_first,vnode_count,batch
 *     7,0,v100,0,0,8,32
 *     7,0,v100,1,8,8,32
 *     7,400,v100,0,0,16,32
 *
 * A row gives `vnode_count` virtual nodes, from number `vnode_first` on, of
 * `batch` examples each, to one device of a type, which may have several
 * rows; a new from_step is a resize.  vnsim writes such tables (--plan) and
 * vnexec runs them.
 */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include "base/error.h"

#include <stdint.h>

/* Virtual nodes on one device. */
struct vn_share {
    int type; /* number of its name in the plan */
    int device;
    int vnode_first;
    int vnode_count;
    int64_t batch; /* examples of each */
};

/* A mapping of all virtual nodes of a job, in force from a step on. */
struct vn_mapping {
    int64_t job;
    int64_t from_step;
    struct vn_share *shares; /* by vnode_first */
    int nshares;
};

struct vn_plan {
    char **types;
    int ntypes;
    struct vn_mapping *mappings; /* by (job, from_step) */
    int nmappings;
    int room;
};

/*
 * Read and validate: every virtual node of a mapping is there once, and the
 * global batch of a job is the same in all its mappings.  The
 * first mapping of a job must be from step 0.
 */
enum vn_status vn_plan_read(const char *path, struct vn_plan *plan,
                            struct vn_error *err);
enum vn_status vn_plan_write(const struct vn_plan *plan, const char *path,
                             struct vn_error *err);
void vn_plan_free(struct vn_plan *plan);

/* Of a mapping: examples of a step, and virtual nodes. */
int64_t vn_mapping_batch(const struct vn_mapping *mapping);
int vn_mapping_vnodes(const struct vn_mapping *mapping);

/* Devices of a type of the plan that a mapping has. */
int vn_mapping_devices(const struct vn_mapping *mapping, int type);

/* Append a mapping of nothing, to be filled with vn_mapping_add(); valid until
 * the next is appended. */
struct vn_mapping *vn_plan_add(struct vn_plan *plan, int64_t job,
                               int64_t from_step);
int vn_plan_type(struct vn_plan *plan, const char *name); /* added if new */
void vn_mapping_add(struct vn_mapping *mapping, struct vn_share share);

/* Put the mappings in their order. */
void vn_plan_sort(struct vn_plan *plan);

/* Virtual nodes that run elsewhere after a change. */
struct vn_move {
    int vnode_first;
    int vnode_count;
    int from; /* index into before's shares, -1: none had it */
    int to;   /* index into after's */
};

/*
 * The difference of two mappings of one plan, in the order of virtual nodes;
 * *moves is to be freed.  State (parameters, optimizer) must be sent to each
 * device of `after` that is not in `before`; newcomers, by index into after's
 * shares, go to *newcomers, to be freed.
 */
void vn_mapping_diff(const struct vn_mapping *before,
                     const struct vn_mapping *after, struct vn_move **moves,
                     int *nmoves, int **newcomers, int *nnewcomers);

#endif /* PLAN_PLAN_H */
