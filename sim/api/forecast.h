/*
 * How long jobs are predicted to run (predicted_s of a trace,
 * sim/api/prediction.h), made up as they arrive, in place of what the trace
 * says.  The same under every policy.
 *
 *     noise=lognormal:S   the truth times exp(S x z), z normal
 *     history             from jobs that ended before, as Helios does (Hu et
 *                         al., SC'21): of the same user, those of the two
 * names most like the job's own, by at least 0.6 (base/names.h), and of them
 * those that asked for as many devices if there are any: their mean.  With no
 * such name the mean of the user's, without such a user that of all, and
 * before any has ended an hour.
 *
 * A job without a name of its own goes by its model's.  A job counts as ended
 * once it would have ended had it run from its submission on the devices that
 * it asked for: so what is predicted does not hang on the policy.
 */
#ifndef SIM_API_FORECAST_H
#define SIM_API_FORECAST_H

#include "base/error.h"
#include "base/number.h"
#include "plan/job.h"

enum vn_predict_kind {
    VN_PREDICT_NOTHING, /* what the trace says stands */
    VN_PREDICT_NOISE,
    VN_PREDICT_HISTORY
};

struct vn_predict {
    enum vn_predict_kind kind;
    double sigma; /* of noise */
};

/* Read "none", "history" or "noise=lognormal:0.5". */
enum vn_status vn_predict_read(const char *text, struct vn_predict *predict,
                               struct vn_error *err);

struct vn_forecast;

/* NULL where nothing is predicted. */
struct vn_forecast *vn_forecast_alloc(const struct vn_predict *predict);
void vn_forecast_free(struct vn_forecast *forecast);

/*
 * What is predicted of a job that arrives now, whose name is `name` (NULL: it
 * has none) and which would run for `truth`; at least a microsecond.  Times of
 * submission must not go back.
 */
vn_time vn_forecast(struct vn_forecast *forecast, const struct vn_job *job,
                    const char *name, vn_time truth);

#endif /* SIM_API_FORECAST_H */
