/*
 * What policies go by that do not know but are told, wrongly: a prediction is
 * what the trace says was predicted of a job (predicted_s), or else the truth,
 * times exp(error x z), z normal and the same for the same thing under every
 * policy, so that two policies err alike.
 */
#ifndef SIM_API_PREDICTION_H
#define SIM_API_PREDICTION_H

#include "sim/api/policy.h"

/* The row of a policy's options. */
#define VN_PREDICTION_OPTION(what)                                       \
    {                                                                    \
        "error",                                                         \
            what " are off by a factor exp(error x z), z normal; 0: as " \
                 "they are",                                             \
            "0", VN_OPTION_REAL, 0, 10, NULL                             \
    }

/* The factor by which what is known of this thing is wrong; 1 for error 0. */
double vn_prediction_factor(double error, uint64_t thing);

/*
 * How long a job that has just arrived is predicted to run on the devices
 * that it asks for: at most VN_TIME_MAX; the truth where the trace predicts
 * nothing and error is 0.
 */
vn_time vn_predicted_duration(const struct vn_view *view, int job,
                              double error);

/* By how much that is more than the truth; for vn_predicted_left(). */
vn_time vn_predicted_beyond(const struct vn_view *view, int job, double error);

/* What a job still needs as it was predicted when it arrived, less what it has
 * done since; at least a microsecond. */
vn_time vn_predicted_left(const struct vn_view *view, int job, vn_time beyond);

#endif /* SIM_API_PREDICTION_H */
