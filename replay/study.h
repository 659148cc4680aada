/*
 * A study: policies on a trace, simulated and executed, and how far the two
 * lie apart, against the noise of the execution (vnreplay validate).
 *
 * Open loop the simulator is made to grant what the measured run granted, on a
 * cluster with room for all, so that what differs is how long jobs take.
 * Closed loop the policy decides in both.
 */
#ifndef REPLAY_STUDY_H
#define REPLAY_STUDY_H

#include "replay/findings.h"
#include "replay/lab.h"

enum {
    VN_REPEATS_MAX = 100,
    VN_INCONCLUSIVE = 3 /* exit status */
};

/* A run, simulated or measured, in seconds; by job of the workload. */
struct vn_outcome {
    double *start, *finish;
    double makespan;
    struct vn_live_grant *grants;
    int ngrants;
};

/* A part of the model: what it said, and what was. */
enum vn_part {
    VN_PART_STEP,  /* computing, update and all that lies between steps */
    VN_PART_SYNC,  /* adding up gradients */
    VN_PART_CROWD, /* what devices take from each other: contention */
    VN_PART_START,
    VN_PART_GROW,
    VN_PART_SHRINK,
    VN_PART_RELEASE,
    VN_PART_RESTART,
    VN_PARTS
};

/* A policy of the study. */
struct vn_trial {
    const struct vn_contender *contender;
    struct vn_outcome predicted;
    struct vn_outcome measured[VN_REPEATS_MAX];
    struct vn_outcome
        open[VN_REPEATS_MAX]; /* the repeat's grants, simulated */
    double *step_predicted, *step_measured; /* by job, mean seconds */
    double said[VN_PARTS], was[VN_PARTS];
};

struct vn_study {
    struct vn_lab *lab;
    struct vn_trial *trials; /* the first is the baseline */
    int ntrials;
    int repeats;
    double tolerance; /* of the mean error, as a part */
};

/*
 * Simulate and execute every policy.  The lab is open; lab, repeats and
 * tolerance are set, the rest is 0.  What was done is in the study, whether
 * or not this fails.
 */
enum vn_status vn_study_run(struct vn_study *study, struct vn_error *err);

void vn_study_free(struct vn_study *study);

/* Add where the time of a measured run went, and what the model says of it. */
void vn_study_blame(const struct vn_study *study, struct vn_trial *trial,
                    const struct vn_live *live,
                    const struct vn_engine_config *config);

/* What it found, in tables and notes; the last table, of blame, on its own. */
void vn_study_report(const struct vn_study *study,
                     struct vn_findings *findings);
void vn_study_show_blame(const struct vn_study *study,
                         struct vn_findings *findings);

/* The verdict, as a note and as an exit status: 0, 1 or VN_INCONCLUSIVE. */
int vn_study_judge(const struct vn_study *study, struct vn_findings *findings);

#endif /* REPLAY_STUDY_H */
