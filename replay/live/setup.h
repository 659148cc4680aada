/*
 * What live, calibrate and validate share: the trace, the cluster, the
 * policies, and how jobs are trained, with their options.
 *
 *     enum option { LAB, OWN = VN_LAB_OPTIONS, ..., ASSUMED, ... };
 *     options[] = {VN_LAB_ROWS, [OWN] = ..., VN_ASSUMPTION_ROWS};
 */
#ifndef REPLAY_LIVE_SETUP_H
#define REPLAY_LIVE_SETUP_H

#include "base/option.h"
#include "replay/live/executor.h"
#include "replay/live/live.h"
#include "replay/sweep/sweep.h"

enum vn_lab_option {
    VN_LAB_TRACE,
    VN_LAB_CLUSTER,
    VN_LAB_POLICY,
    VN_LAB_OPTION,
    VN_LAB_RESULTS,
    VN_LAB_SCALE,
    VN_LAB_VNEXEC,
    VN_LAB_MODEL,
    VN_LAB_EVERY,
    VN_LAB_FOLDER,
    VN_LAB_SEED,
    VN_LAB_OPTIONS
};

/* clang-format off */
#define VN_LAB_ROWS                                                          \
    {"trace", "FILE", "modelled jobs", 't'},                                 \
    {"cluster", "FILE|INLINE", "devices of this host; types are named as "   \
     "vnexec names them", 'c'},                                              \
    {"policy", "NAME,...", "policies [fifo]", 'p'},                          \
    {"option", "NAME=VALUE", "an option of every policy that knows it", 'o'},\
    {"results", "FILE", "the results file, made or added to", 'r'},          \
    {"time-scale", "K", "let jobs arrive K times as fast [1]", 0},           \
    {"vnexec", "PATH", "the executor [the one beside this program]", 0},     \
    {"model", "NAME=OPTIONS", "what vnexec shall train for a model of the "  \
     "trace [--model NAME]; again", 'm'},                                    \
    {"checkpoint-every", "N", "steps between checkpoints [only where a job " \
     "is stopped]", 0},                                                      \
    {"folder", "FOLDER", "keep checkpoints and logs of jobs there [they are "\
     "removed]", 0},                                                         \
    {"seed", "N", "number of the run, for repeats in one file [1]", 's'}
/* clang-format on */

struct vn_lab {
    struct vn_sweep sweep;
    const char *trace, *cluster, *vnexec, *folder;
    char *policies[64];
    int npolicies;
    const char *words[VN_POLICY_OPTIONS_MAX];
    int nwords;
    double scale;
    int64_t seed;
    struct vn_executor_setup setup;

    struct vn_trace_data data; /* once opened */
    struct vn_workload workload;
    char program[4096];
    char made[64]; /* the folder that was made, "" where it was given */
};

/* Take an option's value, which is kept. */
enum vn_status vn_lab_take(struct vn_lab *lab, enum vn_lab_option option,
                           const char *value, struct vn_error *err);

/* Read what the options name, and make the folder. */
enum vn_status vn_lab_open(struct vn_lab *lab, struct vn_error *err);

/* The same without a trace and policies, and with or without a cluster. */
enum vn_status vn_lab_open_bare(struct vn_lab *lab, struct vn_error *err);

/*
 * Remove the folder, if it was made, and free all.  Where something failed the
 * folder stays with the jobs' logs, which a message may have named.
 */
void vn_lab_close(struct vn_lab *lab, bool failed);

/* Remove what the jobs of a run left in the folder, if it was made: their
 * checkpoints, and their logs or not. */
void vn_lab_clear(const struct vn_lab *lab, bool logs);

#endif /* REPLAY_LIVE_SETUP_H */
