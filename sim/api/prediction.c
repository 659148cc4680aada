#include "config.h"

#include "sim/api/prediction.h"

#include "base/number.h"
#include "base/rng.h"

#include <math.h>

double
vn_prediction_factor(double error, uint64_t thing)
{
    static const uint64_t purpose = 0x70726564; /* "pred" */
    static const double turn = 6.283185307179586;
    struct vn_rng rng = vn_rng_stream(0, purpose, thing);
    double u = 1 - vn_rng_uniform(&rng), v = vn_rng_uniform(&rng);

    if (error == 0)
        return 1;
    /* Box and Muller, 1958. */
    return exp(error * sqrt(-2 * log(u)) * cos(turn * v));
}

vn_time
vn_predicted_duration(const struct vn_view *view, int job, double error)
{
    const struct vn_job *j = vn_view_job(view, job);
    vn_time said =
        j->predicted > 0 ? j->predicted : vn_view_remaining(view, job);
    double duration =
        (double) said * vn_prediction_factor(error, (uint64_t) j->id);

    if (error == 0)
        return said;
    return duration < VN_TIME_MAX ? (vn_time) duration : VN_TIME_MAX;
}

vn_time
vn_predicted_beyond(const struct vn_view *view, int job, double error)
{
    return vn_predicted_duration(view, job, error)
           - vn_view_remaining(view, job);
}

vn_time
vn_predicted_left(const struct vn_view *view, int job, vn_time beyond)
{
    vn_time left = vn_view_remaining(view, job) + beyond;

    return left > 0 ? left : 1;
}
