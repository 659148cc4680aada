/*
 * What live, calibrate and validate share: the trace, the cluster, the
 * policies, and how jobs are trained, with their options.
 *
 *     enum option { SETUP, OWN = VN_SETUP_OPTIONS, ..., ASSUMED, ... };
 *     options[] = {VN_SETUP_ROWS, [OWN] = ..., VN_ASSUMPTION_ROWS};
 */
#ifndef REPLAY_LIVE_SETUP_H
#define REPLAY_LIVE_SETUP_H

#include "base/option.h"
#include "replay/live/executor.h"
#include "replay/live/live.h"
#include "replay/sweep/sweep.h"

enum vn_setup_option {
    VN_SETUP_TRACE,
    VN_SETUP_CLUSTER,
    VN_SETUP_POLICY,
    VN_SETUP_OPTION,
    VN_SETUP_RESULTS,
    VN_SETUP_SCALE,
    VN_SETUP_VNEXEC,
    VN_SETUP_MODEL,
    VN_SETUP_EVERY,
    VN_SETUP_FOLDER,
    VN_SETUP_SEED,
    VN_SETUP_OPTIONS
};

/* clang-format off */
#define VN_SETUP_ROWS                                                          \
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

struct vn_setup {
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
enum vn_status vn_setup_take(struct vn_setup *setup,
                             enum vn_setup_option option, const char *value,
                             struct vn_error *err);

/* Read what the options name, and make the folder. */
enum vn_status vn_setup_open(struct vn_setup *setup, struct vn_error *err);

/* The same without a trace and policies, and with or without a cluster. */
enum vn_status vn_setup_open_bare(struct vn_setup *setup,
                                  struct vn_error *err);

/*
 * Remove the folder, if it was made, and free all.  Where something failed the
 * folder stays with the jobs' logs, which a message may have named.
 */
void vn_setup_close(struct vn_setup *setup, bool failed);

/* Remove what the jobs of a run left in the folder, if it was made: their
 * checkpoints, and their logs or not. */
void vn_setup_clear(const struct vn_setup *setup, bool logs);

#endif /* REPLAY_LIVE_SETUP_H */
