#include "config.h"

#include "sim/api/prediction.h"

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
