/*
 * The forms of vnreplay validate that need no trace: a plan of one job, and
 * splits over unlike devices.
 */
#ifndef REPLAY_VALIDATE_VALIDATE_H
#define REPLAY_VALIDATE_VALIDATE_H

#include "replay/findings.h"
#include "replay/live/setup.h"

struct vn_validation {
    struct vn_setup *setup;
    const char *plan;  /* a plan's path, or NULL */
    const char *split; /* MODEL:BATCH,..., or NULL */
    const char *name;  /* that a calibration is kept under, or NULL */
    const char *model; /* of the plan; NULL: the profile's only one */
    int64_t job;       /* of the plan, -1: the only one */
    int64_t steps;     /* of the plan, 0: as vn_plan_run_open() says */
    double span_s;     /* of each execution of a split */
    int repeats;       /* 1 .. VN_PLAN_RUN_REPEATS_MAX */
    double tolerance;
};

/*
 * Do what is asked for: open the setup, which is the caller's to close,
 * execute, and say what came out; *verdict is 0, 1 or 3.
 */
enum vn_status vn_validate_course(struct vn_validation *validation,
                                  struct vn_findings *findings, int *verdict,
                                  struct vn_error *err);

/* A model's splits, executed; of vn_validate_course(). */
enum vn_status vn_validate_split(const struct vn_validation *validation,
                                 const char *model, int64_t batch,
                                 struct vn_findings *findings, int *verdict,
                                 struct vn_error *err);

#endif /* REPLAY_VALIDATE_VALIDATE_H */
