/*
 * What a run assumes beyond its trace, cluster and policy: how fast jobs go
 * (profile, scaling), what changes cost, where devices stand and how they
 * fail.  Programs that run policies share the options here:
 *
 *     enum option { TRACE, ..., ASSUMED, NOPTIONS = ASSUMED + VN_ASSUMPTIONS
 * }; options[] = {..., VN_ASSUMPTION_ROWS}; vn_assume(&assumptions, option -
 * ASSUMED, value, err); vn_assumptions_open(&assumptions, err);
 *     vn_assumptions_apply(&assumptions, &config, err);
 *     ... a run ...
 *     vn_assumptions_drop(&config);
 *     vn_assumptions_free(&assumptions);
 */
#ifndef SIM_ASSUMPTIONS_H
#define SIM_ASSUMPTIONS_H

#include "base/store/schema.h"
#include "sim/engine/engine.h"

enum vn_assumption {
    VN_ASSUME_PROFILE,
    VN_ASSUME_SCALING,
    VN_ASSUME_SPEED,
    VN_ASSUME_COSTS,
    VN_ASSUME_COMPAT,
    VN_ASSUME_PLACEMENT,
    VN_ASSUME_FAULTS,
    VN_ASSUME_SLOW,
    VN_ASSUME_STATUS,
    VN_ASSUME_PREDICT,
    VN_ASSUME_RHO_FORM,
    VN_ASSUMPTIONS
};

/* clang-format off */
#define VN_ASSUMPTION_ROWS                                                   \
    {"profile", "FILE", "step times of modelled jobs: tables (see the "      \
     "manual) or Gavel's .json; may be given again", 0},                     \
    {"scaling", "linear|amdahl:F|curve:FILE",                                \
     "speed of a recorded job on fewer or more devices [linear]", 0},        \
    {"speed", "TYPE=X,...", "speed of recorded jobs by device type, as in "  \
     "v100=1,k80=0.25,spread=1.2 [1]", 0},                                   \
    {"costs", "FILE|INLINE", "what changes of devices cost: a table, or as " \
     "in start=60,grow=90,release=10 [none]", 0},                            \
    {"compat", "free-preemption", "preempted jobs lose and pay nothing, as " \
     "in the reference simulators", 0},                                      \
    {"placement", "none|consolidate|spread|strict", "where devices are taken " \
     "[none: they are only counted]", 0},                                    \
    {"faults", "device|node[,mtbf=TIME,mttr=TIME,shape=K]",                        \
     "devices or nodes fail and are repaired", 0},                           \
    {"slow", "FILE", "a table of devices that are slow for a while", 0},    \
    {"status", "NAME,...", "only jobs of the trace that ended so: completed, " \
     "failed, killed, unknown [all]", 0},       \
    {"predict", "history|noise=lognormal:S|none", "what policies are told "  \
     "of durations, in place of predicted_s [none]", 0},                     \
    {"rho-form", "pcs|elasticflow|gavel", "measure finish-time fairness by " \
     "an artifact's own definition", 0}
/* clang-format on */

enum {
    VN_PROFILES_MAX = 64
};

struct vn_assumptions {
    const char *profiles[VN_PROFILES_MAX];
    int nprofiles;
    const char *scaling; /* NULL: linear */
    const char *speed;   /* by type; NULL: all alike */
    const char *costs;   /* NULL: none */
    bool has_costs;      /* they were given, be it "none" */
    bool free_preemption;
    enum vn_placement placement;
    struct vn_fault_config faults;

    unsigned outcomes;          /* a bit for each that is replayed; 0: all */
    const char *statuses_words; /* as they were given, or NULL */
    const char *predict_words;  /* NULL: what the trace says */
    struct vn_predict predict;
    enum vn_rho_form rho;

    const char *faults_words;        /* as they were given, or NULL */
    char *restored[VN_PROFILES_MAX]; /* of profiles: the texts that are ours */

    struct vn_profile profile; /* once opened */
    struct vn_costs *table;
    char *profile_words; /* for results: names, and hashes of contents */
    char profile_hash[17];
    char *restored_scaling; /* the text that is ours, or NULL */
    char *scaling_words;    /* for results: "linear; v100=1,k80=0.25" */
    char scaling_hash[VN_DIGEST_TEXT];
    const char *costs_words;
    char costs_hash[17];
    const char *slow_words;
    char slow_hash[VN_DIGEST_TEXT];
};

/* Take an option's value, which is kept. */
enum vn_status vn_assume(struct vn_assumptions *assumptions,
                         enum vn_assumption assumption, const char *value,
                         struct vn_error *err);

/* Read the tables. */
enum vn_status vn_assumptions_open(struct vn_assumptions *assumptions,
                                   struct vn_error *err);

/* Let opened assumptions have another scaling; its words are kept. */
enum vn_status vn_assumptions_scale(struct vn_assumptions *assumptions,
                                    const char *scaling, struct vn_error *err);

void vn_assumptions_free(struct vn_assumptions *assumptions);

/*
 * Let opened assumptions have another profile, read from n tables, and, where
 * no costs were given, those of a table.  Results name them `words` (kept), or
 * where that is NULL as the files are named.
 */
enum vn_status vn_assumptions_replace(struct vn_assumptions *assumptions,
                                      const char *const *profiles, int n,
                                      const char *costs, const char *words,
                                      struct vn_error *err);

/* Let opened assumptions have a table of slow devices; its path is kept, and
 * `words`, which results name it by. */
enum vn_status vn_assumptions_slow(struct vn_assumptions *assumptions,
                                   const char *slow, const char *words,
                                   struct vn_error *err);

/* Set what they mean for an engine whose cluster and seed are set. */
enum vn_status vn_assumptions_apply(const struct vn_assumptions *assumptions,
                                    struct vn_engine_config *config,
                                    struct vn_error *err);

/* Drop what the above made. */
void vn_assumptions_drop(struct vn_engine_config *config);

/* Say in the results what was assumed; texts are of the assumptions. */
void vn_assumptions_describe(const struct vn_assumptions *assumptions,
                             struct vn_store_run *run);

/*
 * The other way round: take what results say of a run, whose texts are kept,
 * to be opened.  Fails where it is not to be had again.
 */
enum vn_status vn_assumptions_restore(struct vn_assumptions *assumptions,
                                      const struct vn_store_run *run,
                                      struct vn_error *err);

#endif /* SIM_ASSUMPTIONS_H */
