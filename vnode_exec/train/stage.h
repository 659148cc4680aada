/*
 * A stage of a job: from a step on, which devices there are, how the batch is
 * split into virtual nodes, and which device runs each of them.
 *
 * A job begins in one stage; --resize, or a plan's next from_step, begins
 * another.  Where the sizes of the nodes stay, the result does not depend on
 * the stages.
 */
#ifndef VNODE_EXEC_TRAIN_STAGE_H
#define VNODE_EXEC_TRAIN_STAGE_H

#include "vnode_exec/device/spec.h"
#include "vnode_exec/train/train.h"

struct vn_stage {
    int64_t from_step;
    struct vn_specs specs;
    int devices; /* specs.n, or the ranks of MPI that take part */
    int vnodes;
    int64_t *first; /* vnodes + 1: node i takes examples first[i] .. */
    int *owner;     /* of each node, a device */
};

struct vn_stages {
    struct vn_stage *list; /* by rising from_step, the first from 0 */
    int n;
};

/*
 * The batch in train->vnodes nodes as equal as whole examples allow, shared
 * over `devices` as evenly as whole nodes allow, the first ones taking what
 * is over, or as `mapping` says: nodes of each device ("10,4,2"), or nodes of
 * so many examples ("2x24,1x16,0"), whatever train->vnodes is; NULL: evenly.
 */
enum vn_status vn_stage_map(const struct vn_train *train,
                            const struct vn_specs *specs, int devices,
                            const char *mapping, struct vn_stage *stage,
                            struct vn_error *err);

/* Does a mapping, or NULL, say how many examples nodes have? */
bool vn_stage_sized(const char *mapping);

void vn_stage_free(struct vn_stage *stage);
void vn_stage_copy(const struct vn_stage *from, struct vn_stage *to);

/* Examples of the largest node of a device, or of all where device is -1. */
int64_t vn_stage_largest(const struct vn_stage *stage, int device);

/* Are the nodes of both of the same sizes? */
bool vn_stage_alike(const struct vn_stage *a, const struct vn_stage *b);

/*
 * Give the nodes of devices that are not alive to the others, each to the one
 * with the fewest examples.
 */
void vn_stage_drop(struct vn_stage *stage, const bool alive[], int devices);

/* Append an empty stage, valid until the next. */
struct vn_stage *vn_stages_add(struct vn_stages *stages);
void vn_stages_free(struct vn_stages *stages);

/* A device type of a plan or profile, and the device that stands for it. */
struct vn_stand_in {
    const char *type, *device;
};

/*
 * The stages of a job of a plan (plan/plan.h); job -1 is the only one.  A
 * device type is a device's (`host:threads=2`), unless a stand-in says which.
 * *batch is the global batch.
 */
enum vn_status vn_stages_plan(const char *path, int64_t job,
                              const struct vn_stand_in *standins, int n,
                              struct vn_stages *stages, int64_t *batch,
                              struct vn_error *err);

/* What the solver chose, for a line to the user. */
struct vn_stage_solved {
    double step_s;  /* expected */
    double alone_s; /* of the best type alone, INFINITY where none can */
    char text[512]; /* "host: 4 nodes of 32, host:slow=2: ..." */
};

/*
 * The split of the batch over unlike devices with the shortest step, as the
 * simulator prices them (plan/mix.h), from a profile of `model` in these
 * tables.  Devices that take no part are not of the stage.
 */
enum vn_status
vn_stage_solve(const char *const *profiles, int nprofiles, const char *model,
               int64_t batch, int64_t memory_limit,
               const struct vn_specs *specs, struct vn_stage *stage,
               struct vn_stage_solved *solved, struct vn_error *err);

#endif /* VNODE_EXEC_TRAIN_STAGE_H */
