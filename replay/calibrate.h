/*
 * Calibration: the profile and the costs that a simulation needs, measured on
 * the devices at hand with jobs that are none of the trace's.
 *
 * For each model of the trace, each size b of a virtual node and each type of
 * device two jobs are trained.  One has a single virtual node, the other V of
 * them, V chosen so that the trace has no such job; the mean steps s1 and sV
 * give t(b) = (sV - s1) / (V - 1) and update = s1 - t(b).  The second grows
 * over all devices of the type and shrinks again: what a step on n devices
 * takes beyond ceil(V / n) t(b) + update is the synchronisation, with what
 * devices of one host take from each other.  It is stopped and started again
 * too, and the times of all changes, with their spread, are the costs.
 */
#ifndef REPLAY_CALIBRATE_H
#define REPLAY_CALIBRATE_H

#include "replay/lab.h"

struct vn_calibration {
    double span_s;                       /* that each mapping is trained for */
    int repeats;                         /* of everything */
    const char *profile, *links, *costs; /* tables to write */
};

/* Measure and write the three tables. */
enum vn_status vn_calibrate(const struct vn_lab *lab,
                            const struct vn_calibration *calibration,
                            struct vn_error *err);

#endif /* REPLAY_CALIBRATE_H */
