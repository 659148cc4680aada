/*
 * A contest: policies on a trace, simulated and executed, and how far the two
 * lie apart, against the noise of the execution (vnreplay validate).
 *
 * Open loop the simulator is made to grant what the measured run granted, on a
 * cluster with room for all, so that what differs is how long jobs take.
 * Closed loop the policy decides in both.
 *
 * The host's own speed, which is no part of the model, is measured beside
 * (replay/live/host_speed.h) and taken into account: open loop the measured
 * times are those at the profile's speed, closed loop the simulation's devices
 * are as slow as the host's processors were.
 */
#ifndef REPLAY_VALIDATE_CONTEST_H
#define REPLAY_VALIDATE_CONTEST_H

#include "replay/findings.h"
#include "replay/live/setup.h"
#include "replay/validate/calibrate.h"

enum {
    VN_REPEATS_MAX = 100,
    VN_INCONCLUSIVE = 3 /* exit status */
};

/* A run, simulated or measured, in seconds; by job of the workload. */
struct vn_outcome {
    double *start, *finish;
    double *lost; /* of a measured one: by the host being slower in its steps
                   * than the profile supposes (replay/live/host_speed.h) */
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
    VN_PART_HOST, /* its processors being slower than the profile has them */
    VN_PARTS
};

/* A policy of the contest. */
struct vn_trial {
    const struct vn_contender *contender;
    struct vn_live live[VN_REPEATS_MAX];
    struct vn_outcome measured[VN_REPEATS_MAX];
    /* Each repeat simulated: by the policy, with the host as slow as it was;
     * and with the grants of the repeat, on the host as the profile has it. */
    struct vn_outcome closed[VN_REPEATS_MAX], open[VN_REPEATS_MAX];
    double calibration_error; /* the standard deviation that the calibration's
                               * rounds give the mean error, percent; NAN where
                               * it is not known */
    double takes_s;           /* an execution, by the rehearsal */
    double *step_predicted, *step_measured; /* by job, mean seconds */
    double said[VN_PARTS], was[VN_PARTS];
};

struct vn_contest {
    struct vn_setup *setup;
    struct vn_trial *trials; /* the first is the baseline */
    int ntrials;
    int repeats;                      /* at most, where certainty is set; then
                                       * those that were executed */
    double certainty;                 /* of the order of any two policies, at
                                       * which no more is executed; 0: unasked */
    double within_s;                  /* and no repeat begins that would end
                                       * later than this, from the begin */
    double tolerance;                 /* of the mean error, as a part */
    struct vn_calibrator *calibrator; /* NULL where a profile was given */
    const char *name; /* that what was measured of the host is kept under, in
                       * NAME-nodes.csv and NAME-POLICY-REPEAT-host.csv
                       * (NAME-POLICY-2-REPEAT-host.csv of a policy that
                       * stands there twice), or NULL */
};

/*
 * Simulate and execute every policy.  The setup is open; setup, repeats and
 * tolerance are set, and a calibrator that wants the trace where the setup has
 * no profile; the rest is 0.  What was done is in the contest, whether or not
 * this fails.
 */
enum vn_status vn_contest_run(struct vn_contest *contest,
                              struct vn_error *err);

void vn_contest_free(struct vn_contest *contest);

/* Of the contest's own files: what a run came to, of n jobs. */
void vn_outcome_alloc(struct vn_outcome *outcome, size_t n);
void vn_outcome_free(struct vn_outcome *outcome);
void vn_outcome_grant(struct vn_outcome *outcome, struct vn_live_grant grant);
double vn_outcome_makespan(const struct vn_outcome *outcome, size_t n);

/* Fails where not every job ended in a run, "simulated" or "measured". */
enum vn_status vn_contest_check(const struct vn_contest *contest,
                                const struct vn_outcome *outcome,
                                const char *what, const struct vn_trial *trial,
                                struct vn_error *err);

/* Can the cluster run the trace under the policy at all?  How long it takes by
 * the simulation. */
enum vn_status vn_contest_rehearse(const struct vn_contest *contest,
                                   const struct vn_trial *trial,
                                   double *takes_s, struct vn_error *err);

/* Simulate a repeat that was measured, open and closed loop. */
enum vn_status vn_contest_simulate(const struct vn_contest *contest,
                                   struct vn_trial *trial, int repeat,
                                   struct vn_error *err);

/* The open loop alone, again. */
enum vn_status vn_contest_simulate_open(const struct vn_contest *contest,
                                        struct vn_trial *trial, int repeat,
                                        struct vn_error *err);

/* Percent, open loop, of one repeat: the mean over the jobs of what the
 * simulated JCT is above the measured one, at the profile's speed. */
double vn_contest_error(const struct vn_contest *contest,
                        const struct vn_trial *trial, int repeat);

/*
 * How far the mean error of each policy varies with the calibration: it is
 * made again of rounds drawn from those measured with replacement, and the
 * open loop simulated with that.  Of a contest that has calibrated itself.
 */
enum vn_status vn_contest_redraw(struct vn_contest *contest,
                                 struct vn_error *err);

/* Add where the time of a repeat went, and what the model says of it. */
void vn_contest_blame(const struct vn_contest *contest, struct vn_trial *trial,
                      int repeat, const struct vn_engine_config *config);

/* The mean JCT of an outcome in seconds. */
double vn_contest_mean_jct(const struct vn_contest *contest,
                           const struct vn_outcome *outcome);

/*
 * Is it known, after so many repeats, which of any two policies has the lower
 * mean JCT when executed?  Asked after each repeat, the chance that it ever
 * is wrongly said of any two that are alike is at most 1 - certainty
 * (vn_order_is_known(), divided by the number of pairs).
 */
bool vn_contest_order_is_known(const struct vn_contest *contest, int repeats);

/* A table of each two policies, and what is known of their order. */
void vn_contest_show_order(const struct vn_contest *contest,
                           struct vn_findings *findings);

/* What it found, in tables and notes; the last table, of blame, on its own. */
void vn_contest_report(const struct vn_contest *contest,
                       struct vn_findings *findings);
void vn_contest_show_blame(const struct vn_contest *contest,
                           struct vn_findings *findings);

/* The verdict, as a note and as an exit status: 0, 1 or VN_INCONCLUSIVE. */
int vn_contest_judge(const struct vn_contest *contest,
                     struct vn_findings *findings);

#endif /* REPLAY_VALIDATE_CONTEST_H */
