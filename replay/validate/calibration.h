/*
 * The insides of a calibration, of replay/validate/calibrate.c, which
 * measures, and replay/validate/calibrate_table.c, which says what came of it.
 */
#ifndef REPLAY_VALIDATE_CALIBRATION_H
#define REPLAY_VALIDATE_CALIBRATION_H

#include "base/progress.h"
#include "replay/validate/calibrate.h"
#include "replay/validate/timing.h"

/* A size of a virtual node, measured in a round. */
struct vn_calibration_turn {
    int round;
    int batch; /* which of the subject's */
    int vnodes;
    struct vn_timing_steps *on; /* by devices */
};

/* Steps beside jobs of another model, and alone before and after. */
struct vn_calibration_crowd {
    int round, busy;
    struct vn_timing_steps before, beside, after;
};

/* A model on a type of device. */
struct vn_calibration_subject {
    const char *model;
    int type;
    int64_t *batch; /* rising */
    int nbatches;
    struct vn_calibration_turn *turns;
    int nturns;
    struct vn_calibration_crowd *crowds;
    int ncrowds;
};

struct vn_calibrator {
    const struct vn_setup *setup;
    const struct vn_cluster *cluster;
    double span_s;
    int rounds; /* that were measured */
    int *drawn; /* how often each counts (vn_calibrator_draw()); NULL: once */
    char **models;
    int nmodels;
    struct vn_calibration_subject *subjects; /* by model, then type */
    int nsubjects;
    struct vn_sample *costs;  /* [model x VN_COST_KINDS + kind] */
    struct vn_sample *probes; /* of all steps: vn_calibration_probes() */
    struct vn_progress progress;
    int64_t done, all; /* things to measure */
};

/* Probes in steps of subjects of a type beside so many busy devices. */
struct vn_sample *vn_calibration_probes(const struct vn_calibrator *c,
                                        int type, int busy);

/* How often a round counts. */
int vn_calibration_weight(const struct vn_calibrator *c, int round);

/* The number of devices that is measured after n: 1, 2, 4, ..., the type's
 * own, then on, to the last; beyond that last + 1.  Linear between. */
int vn_calibration_next(int n, int own, int last);

#endif /* REPLAY_VALIDATE_CALIBRATION_H */
