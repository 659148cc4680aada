/*
 * Calibration: the profile and the costs that a simulation needs, measured on
 * the devices at hand with jobs that are none of the trace's.
 *
 * For each model of the trace, each size b of a virtual node and each type of
 * device a job of V virtual nodes is trained, V chosen so that the trace has
 * no such job.  On one device a step takes V t(b) + update: t is what the
 * executor says of loading and computing, update all the rest.  It grows over
 * all devices of the type and shrinks again, is stopped and started again; the
 * times of all changes, with their spread, are the costs.
 *
 * One such job is trained beside others, of each model, on k - 1 of the host's
 * other devices, and alone before and after: the ratio, its mean over those
 * models, is a contention c(k), and so is the ratio of what computing takes on
 * n devices and on one.  Synchronisation is what the executor says it is.
 *
 * Everything is measured `repeats` times, all of it before any of it again,
 * since a host's own speed drifts; of the repeats the median counts.
 */
#ifndef REPLAY_CALIBRATE_H
#define REPLAY_CALIBRATE_H

#include "replay/lab.h"

enum vn_calibration_table {
    VN_CALIBRATION_NODES,
    VN_CALIBRATION_LINKS,
    VN_CALIBRATION_CROWDS,
    VN_CALIBRATION_COSTS,
    VN_CALIBRATION_TABLES
};

/* "nodes", "links", ...: what a table's name ends with. */
extern const char *const vn_calibration_names[VN_CALIBRATION_TABLES];

struct vn_calibration {
    double span_s; /* that each mapping is trained for */
    int repeats;   /* of everything */
    const char *paths[VN_CALIBRATION_TABLES]; /* to write */
};

/* Measure and write the tables. */
enum vn_status vn_calibrate(const struct vn_lab *lab,
                            const struct vn_calibration *calibration,
                            struct vn_error *err);

#endif /* REPLAY_CALIBRATE_H */
