#include "config.h"

#include "sim/engine/admission.h"

#include "plan/pricing.h"

#include <inttypes.h>
#include <math.h>

/* The number of the job's only type in *type, or -1; false if not there. */
static bool
find_type(const struct vn_engine *e, const struct vn_job *job, int *type)
{
    const struct vn_source *source = &e->config.source;

    *type = -1;
    if (job->device_type < 0)
        return true;
    *type = vn_cluster_type(
        e->config.cluster, source->device_type(source->arg, job->device_type));
    return *type >= 0;
}

/* Can a modelled job run on this many devices of the type? */
static bool
runs_on(const struct vn_engine *e, const struct vn_job *job, int type, int n,
        int model)
{
    int devices[VN_TYPES_MAX] = {0};

    devices[type] = n;
    return isfinite(
        vn_pricing_step_s(e->config.pricing, job, model, devices, false));
}

/*
 * The types on which a job can run when the cluster is empty, a bit each:
 * those that have what it asks for (or, under a policy that is not rigid, the
 * least that is of use to it) and, of a modelled job, on which its model was
 * profiled and fits, with that or with all that it may take.
 */
static uint64_t
types_of(const struct vn_engine *e, const struct vn_job *job, int type,
         int model)
{
    const struct vn_cluster *c = e->config.cluster;
    int least = e->config.policy->rigid ? job->devices : job->min_devices;
    int most = e->config.policy->rigid ? job->devices : job->max_devices;
    uint64_t types = 0;

    for (int t = 0; t < c->ntypes; t++) {
        int all = c->types[t].devices;

        if ((type >= 0 && t != type) || c->types[t].devices < least)
            continue;
        if (model < 0 || runs_on(e, job, t, least, model)
            || runs_on(e, job, t, most < all ? most : all, model))
            types |= UINT64_C(1) << t;
    }
    return types;
}

/* Is this a job that can be simulated?  Of a modelled one, its model. */
static enum vn_status
check_job(const struct vn_engine *e, const struct vn_job *job, int *model,
          struct vn_error *err)
{
    const struct vn_source *source = &e->config.source;
    const char *name;

    *model = -1;
    if (!vn_job_is_modelled(job)) {
        if (job->duration > (INT64_C(1) << 62) / job->max_devices)
            return vn_fail(err, VN_EINVAL,
                           "job %" PRId64 ": duration x devices is more than "
                           "2^62 device-microseconds, expected less",
                           job->id);
        return VN_OK;
    }
    name = source->model(source->arg, job->model);
    if (e->config.profile == NULL || e->config.pricing == NULL)
        return vn_fail(err, VN_EUNSUP,
                       "job %" PRId64 " is a modelled one, of '%.64s', "
                       "expected a profile (--profile) that prices it",
                       job->id, name);
    *model = vn_profile_model(e->config.profile, name);
    if (*model < 0)
        return vn_profile_unknown(e->config.profile, job->id, name, err);
    return VN_OK;
}

enum vn_status
vn_admission_check(const struct vn_engine *e, const struct vn_job *job,
                   struct vn_admission *a, struct vn_error *err)
{
    enum vn_status status = check_job(e, job, &a->model, err);

    a->types = 0;
    if (status == VN_OK && find_type(e, job, &a->type))
        a->types = types_of(e, job, a->type, a->model);
    return status;
}
