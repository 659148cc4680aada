#include "config.h"

#include "sim/engine/admission.h"

#include "plan/pricing.h"

#include <inttypes.h>
#include <math.h>

/* The job's only type in a->type, or -1; false if the cluster has it not. */
static bool
find_type(const struct vn_engine *e, const struct vn_job *job,
          struct vn_admission *a)
{
    const struct vn_source *source = &e->config.source;
    const char *name;

    a->type = -1;
    if (job->device_type < 0)
        return true;
    name = source->device_type(source->arg, job->device_type);
    a->type = vn_cluster_type(e->config.cluster, name);
    if (a->type >= 0)
        return true;
    a->refusal = VN_REFUSED_TYPE;
    a->lacks = name;
    return false;
}

/* Can a modelled job run on some number of the type from least to most?  The
 * ends come first, which nearly all can. */
static bool
runs_on(const struct vn_engine *e, const struct vn_job *job, int type,
        int least, int most, int model)
{
    int devices[VN_TYPES_MAX] = {0};
    int first = most;

    for (int n = least; n <= most; n++) {
        devices[type] = first > 0 ? first : n;
        if (isfinite(vn_pricing_step_s(e->config.pricing, job, model, devices,
                                       false)))
            return true;
        n -= first > 0;
        first = 0;
    }
    return false;
}

/* The types on which a job can run when the cluster is empty, a bit each. */
static void
find_types(const struct vn_engine *e, const struct vn_job *job,
           struct vn_admission *a)
{
    const struct vn_cluster *c = e->config.cluster;
    const struct vn_policy *policy = e->config.policy;
    bool all = policy->rigid || (policy->whole && a->model < 0);
    int least = all ? job->devices : job->min_devices;
    int most = all ? job->devices : job->max_devices;

    a->refusal = VN_REFUSED_SIZE;
    for (int t = 0; t < c->ntypes; t++) {
        int there = c->types[t].devices;

        if ((a->type >= 0 && t != a->type) || there < least)
            continue;
        a->refusal = VN_REFUSED_STEP;
        if (a->model < 0
            || runs_on(e, job, t, least, most < there ? most : there,
                       a->model))
            a->types |= UINT64_C(1) << t;
    }
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
    enum vn_status status;

    *a = (struct vn_admission){.types = 0};
    status = check_job(e, job, &a->model, err);
    if (status == VN_OK && find_type(e, job, a))
        find_types(e, job, a);
    return status;
}
