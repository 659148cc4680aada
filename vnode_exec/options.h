/*
 * The options that run, eval and profile share, read from the command line
 * into one place.
 */
#ifndef VNODE_EXEC_OPTIONS_H
#define VNODE_EXEC_OPTIONS_H

#include "base/option.h"
#include "vnode_exec/data/data.h"
#include "vnode_exec/model/model.h"
#include "vnode_exec/train/executor.h"
#include "vnode_exec/train/stage.h"

enum {
    VN_RESIZES = 32,
    VN_STAND_INS = 16,
    VN_OPTION_PROFILES = 16,
    VN_FAILURES = 16
};

/* From a step on, these devices. */
struct vn_planned_resize {
    int64_t step;
    const char *devices;
};

struct vn_planned_failure {
    int device;
    int64_t step;
};

struct vn_options {
    const char *model_name, *data_name, *devices, *mapping;
    struct vn_data_options data;
    struct vn_model_options set; /* of the model, by the command line */
    const char *stored_model;    /* its file as a checkpoint has it, or NULL */
    size_t stored_size;
    struct vn_train train;
    double epochs; /* 0: steps are given */
    int64_t couple;
    struct vn_planned_resize resizes[VN_RESIZES];
    int nresizes;
    struct vn_planned_failure failures[VN_FAILURES];
    int nfailures;
    const char *profiles[VN_OPTION_PROFILES]; /* tables of one profile */
    int nprofiles;
    const char *plan, *sync;
    int64_t plan_job; /* -1: the only one */
    struct vn_stand_in standins[VN_STAND_INS];
    char names[VN_STAND_INS][32]; /* their types */
    int nstandins;
    const char *init; /* arrays that parameters begin with, or NULL */
    uint64_t init_hash;
    const char *checkpoint, *resume, *results, *log, *output, *control;
    const char *best; /* a checkpoint of the lowest loss, or NULL */
    int64_t keep;     /* checkpoints, the last ones */
    int64_t patience; /* evaluations without a better one; 0: any */
    bool fine_tune, resume_auto;
    int64_t checkpoint_every, digest_every, eval_every, limit, most, repeat;
    bool mpi, no_eval, quiet, probe, no_pin;
    bool has_rate, has_optimizer, has_batch, has_vnodes, has_devices;
    bool has_steps;
    bool has_profile; /* an option of vnexec profile */
};

/* The table, and how many options it has. */
extern const struct vn_option vn_exec_options[];
extern const int vn_exec_noptions;

/*
 * Read a command's arguments; *help: --help was given.
 */
enum vn_status vn_options_read(int argc, char **argv, struct vn_options *o,
                               bool *help, struct vn_error *err);

/* The job as a checkpoint describes it. */
void vn_options_describe(const struct vn_options *o,
                         const struct vn_model *model,
                         const struct vn_graph *graph,
                         const struct vn_data *data, char *text, size_t size);

#endif /* VNODE_EXEC_OPTIONS_H */
