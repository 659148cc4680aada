#include "config.h"

#include "sim/equal_share.h"

#include "sim/policy/policies.h"

#include <math.h>

enum vn_status
vn_equal_share_present(const struct vn_engine_config *like,
                       struct vn_source source, double *present,
                       struct vn_error *err)
{
    struct vn_engine_config config = *like;
    double values[VN_POLICY_OPTIONS_MAX];
    struct vn_engine *engine = NULL;
    struct vn_summary summary;
    enum vn_status status;

    config.source = source;
    config.options = values;
    config.observer = (struct vn_observer){0};
    config.numbered = false;
    config.present = 0;
    if ((status = vn_policy_find("fair", &config.policy, err)) == VN_OK
        && (status = vn_policy_configure(config.policy, NULL, 0, values, err))
               == VN_OK
        && (status = vn_engine_alloc(&config, &engine, err)) == VN_OK
        && (status = vn_engine_run(engine, err)) == VN_OK)
        status = vn_engine_summary(engine, &summary, err);
    vn_engine_free(engine);
    if (status != VN_OK)
        return status;
    /* Little's law: jobs present are arrivals x time spent, over time. */
    *present = summary.jct.mean * (double) summary.finished
               / (double) summary.makespan;
    if (summary.finished == 0 || summary.left > 0 || !(*present > 0))
        return vn_fail(err, VN_EINVAL,
                       "--rho: not all jobs finish under equal shares, by "
                       "which it goes");
    *present = fmax(*present, 1);
    return VN_OK;
}
