/*
 * Calibration: the profile and the costs that a simulation needs, measured on
 * the devices at hand with jobs that are none of the trace's.
 *
 *     calibrator = vn_calibrator_alloc(&setup, 0.5);
 *     vn_calibrator_want_trace(calibrator);
 *     vn_calibrator_measure(calibrator, 6, &err);
 *     vn_calibrator_write(calibrator, "host", &err);
 *     vn_calibrator_free(calibrator);
 *
 * For each model, each size b of a virtual node and each type of device a job
 * of V virtual nodes is trained, V chosen so that the trace has no such job.
 * On one device a step takes V t(b) + update: t is what the executor says of
 * loading and computing, update all the rest.  It grows over all devices and
 * shrinks again, is stopped and started again; the times of all changes, with
 * their spread, are the costs.
 *
 * One such job is trained beside others, of each model, on k - 1 of the host's
 * other devices, and alone before and after: the ratio, its mean over those
 * models, is a contention c(k), and so is the ratio of what computing takes on
 * n devices of a type and on one.  Synchronisation is what the executor says
 * it is.
 *
 * A round measures all of it once, from another device of the type than the
 * round before; the median over rounds counts.  Since a host's own speed
 * changes, a probe is timed in every step (vnode_exec/train/probe.h).  A model
 * slows down by some power of what the probe does, found by least squares and
 * held to what is usual where the host hardly changed; times are divided by
 * that, so that the tables hold for the host where the probe is at its
 * fastest, and have that and the power.
 */
#ifndef REPLAY_VALIDATE_CALIBRATE_H
#define REPLAY_VALIDATE_CALIBRATE_H

#include "base/rng.h"
#include "replay/findings.h"
#include "replay/live/setup.h"

enum vn_calibration_table {
    VN_CALIBRATION_NODES,
    VN_CALIBRATION_LINKS,
    VN_CALIBRATION_CROWDS,
    VN_CALIBRATION_COSTS,
    VN_CALIBRATION_TABLES
};

/* "nodes", "links", ...: what a table's name ends with. */
extern const char *const vn_calibration_names[VN_CALIBRATION_TABLES];

#define VN_CALIBRATION_SPAN_S 0.5 /* that each mapping is trained for */

struct vn_calibrator;

/* On the devices of an open setup's cluster; each mapping is trained for
 * span_s seconds.  Nothing is wanted yet. */
struct vn_calibrator *vn_calibrator_alloc(const struct vn_setup *setup,
                                          double span_s);
void vn_calibrator_free(struct vn_calibrator *calibrator);

/* Measure a model at virtual nodes of so many examples; or all that the
 * setup's trace has.  Before the first round. */
void vn_calibrator_want(struct vn_calibrator *calibrator, const char *model,
                        int64_t batch);
void vn_calibrator_want_trace(struct vn_calibrator *calibrator);

/* So many rounds more. */
enum vn_status vn_calibrator_measure(struct vn_calibrator *calibrator,
                                     int rounds, struct vn_error *err);

/* The tables NAME-nodes.csv, ..., all or none; before the first round only
 * see whether they can be written. */
enum vn_status vn_calibrator_write(const struct vn_calibrator *calibrator,
                                   const char *name, struct vn_error *err);

/*
 * Let opened assumptions have what was measured instead of a profile, and of
 * costs where none were given (vn_assumptions_replace); as the tables of a
 * name, or, where that is NULL, without keeping them.
 */
enum vn_status vn_calibrator_assume(const struct vn_calibrator *calibrator,
                                    const char *name,
                                    struct vn_assumptions *assumptions,
                                    struct vn_error *err);

/* The rounds that were measured. */
int vn_calibrator_rounds(const struct vn_calibrator *calibrator);

/*
 * From here on tables are made of as many rounds, drawn from those measured
 * with replacement (a bootstrap); of all of them again where rng is NULL.
 * What a probe takes at its fastest, and costs, stay those of all.
 */
void vn_calibrator_draw(struct vn_calibrator *calibrator, struct vn_rng *rng);

/* A table: the models' times, and how they varied from round to round. */
void vn_calibrator_show(const struct vn_calibrator *calibrator,
                        struct vn_findings *findings);

#endif /* REPLAY_VALIDATE_CALIBRATE_H */
