/*
 * A planned run: one job under a plan (plan/plan.h), priced as the simulator
 * prices it and executed by vnexec, segment by segment; a segment is from one
 * from_step to the next.
 *
 *     vn_plan_run_open(&planned, setup, plan, model, job, steps, err);
 *     vn_plan_run_execute(&planned, err); ... as often as it is to be repeated
 *     vn_plan_run_close(&planned);
 */
#ifndef REPLAY_VALIDATE_PLAN_RUN_H
#define REPLAY_VALIDATE_PLAN_RUN_H

#include "plan/mapped.h"
#include "replay/findings.h"
#include "replay/live/setup.h"

enum {
    VN_PLAN_RUN_REPEATS_MAX = 100
};

/* Over the executions of a segment, seconds, on the host as fast as the
 * profile has it (plan/contention.h). */
struct vn_plan_run_times {
    double step[VN_PLAN_RUN_REPEATS_MAX];   /* mean, from end to end */
    double host[VN_PLAN_RUN_REPEATS_MAX];   /* more, as the host was slower */
    double sync[VN_PLAN_RUN_REPEATS_MAX];   /* of it */
    double change[VN_PLAN_RUN_REPEATS_MAX]; /* that it begins with: in which
                                             * nothing trained */
};

struct vn_plan_run_segment {
    const struct vn_mapping *mapping;
    int64_t steps;
    struct vn_mapped_price price;
    double change_s; /* that it begins with, as the costs say */
    struct vn_plan_run_times *was;
};

struct vn_plan_run {
    const struct vn_setup *setup;
    const char *path, *model;
    int64_t job, steps;
    struct vn_plan plan;
    struct vn_plan_run_segment *segments;
    int nsegments;
    int repeats;    /* that were executed */
    double start_s; /* as the costs say */
    double start[VN_PLAN_RUN_REPEATS_MAX], whole[VN_PLAN_RUN_REPEATS_MAX];
    char digest[20];
};

/*
 * Read and price: setup's profile and costs are open.  job is -1 for the only
 * one; steps 0 for as many behind the last change as before it, 100 where
 * there is none.  Release with vn_plan_run_close() in any case.
 */
enum vn_status vn_plan_run_open(struct vn_plan_run *planned,
                                const struct vn_setup *setup, const char *path,
                                const char *model, int64_t job, int64_t steps,
                                struct vn_error *err);
void vn_plan_run_close(struct vn_plan_run *planned);

/*
 * Execute it once more.  Where the setup has results, what is said and what
 * was measured are kept there; fails where they hold this execution already.
 */
enum vn_status vn_plan_run_execute(struct vn_plan_run *planned,
                                   struct vn_error *err);

/* The segment of a step, which is numbered from 0. */
int vn_plan_run_segment_of(const struct vn_plan_run *planned, int64_t step);

/* Seconds that it takes as it is priced. */
double vn_plan_run_said(const struct vn_plan_run *planned);

/*
 * `said` against what was measured n times: the error over them, in percent,
 * with its 95 % interval; and the spread of the measurements, the noise.
 */
struct vn_plan_run_error {
    double mean, low, high, noise;
};
struct vn_plan_run_error vn_plan_run_error(double said, const double *was,
                                           int n);

/* 0, 1 or 3: equivalent within the tolerance (a part), not, inconclusive. */
int vn_plan_run_verdict(struct vn_plan_run_error error, double tolerance);

/* The graver of two verdicts; and in words. */
int vn_plan_run_graver(int a, int b);
const char *vn_plan_run_word(int verdict);

/* Tables and notes of what came out; the verdict. */
int vn_plan_run_report(const struct vn_plan_run *planned, double tolerance,
                       struct vn_findings *findings);

#endif /* REPLAY_VALIDATE_PLAN_RUN_H */
