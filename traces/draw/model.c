#include "config.h"

#include "traces/draw/model.h"

#include "base/number.h"
#include "base/xalloc.h"

#include <fnmatch.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define STEPS_MAX 0x1p40 /* of a job in a trace */

static enum vn_status
wrong(const char *text, const char *what, struct vn_error *err)
{
    return vn_fail(err, VN_EUSAGE,
                   "--models: '%.100s' %s, expected MODEL[@BATCH][:SHARE]",
                   text, what);
}

/* "ResNet-50 (batch size 32)" says 32; 1 where a name says nothing. */
static int64_t
batch_of_name(const char *name)
{
    const char *at = strstr(name, "(batch size ");
    long n = at != NULL ? strtol(at + strlen("(batch size "), NULL, 10) : 1;

    return n > 0 ? n : 1;
}

/* The largest batch of a node on the reference type that fits its memory. */
static int64_t
largest_batch(const struct vn_models *m, int model)
{
    const struct vn_device_type *type = &m->cluster->types[m->type];
    int t = vn_profile_type(m->profile, type->name);
    const struct vn_profile_curve *c =
        t >= 0 ? vn_profile_curve(m->profile, model, t) : NULL;

    for (int i = c != NULL ? c->npoints - 1 : -1; i >= 0; i--)
        if (type->memory_bytes == 0
            || vn_profile_node_bytes(c, c->points[i].batch)
                   <= type->memory_bytes)
            return c->points[i].batch * m->per_device;
    return batch_of_name(m->profile->models[model]);
}

/* Add the models that a pattern names. */
static enum vn_status
add(struct vn_models *m, const char *pattern, int64_t batch, double share,
    struct vn_names *names, struct vn_error *err)
{
    int n = 0;

    for (int i = 0; i < m->profile->nmodels; i++)
        n += fnmatch(pattern, m->profile->models[i], 0) == 0;
    if (n == 0) {
        const char *near =
            vn_names_nearest(pattern, (const char *const *) m->profile->models,
                             (size_t) m->profile->nmodels);

        return vn_fail(err, VN_EUSAGE,
                       "--models: no model '%.64s' in the profile%s%.64s%s",
                       pattern, near != NULL ? ", did you mean '" : "",
                       near != NULL ? near : "", near != NULL ? "'?" : "");
    }
    m->parts =
        vn_xrealloc(m->parts, (size_t) (m->nparts + n), sizeof *m->parts);
    for (int i = 0; i < m->profile->nmodels; i++)
        if (fnmatch(pattern, m->profile->models[i], 0) == 0)
            m->parts[m->nparts++] = (struct vn_model_part){
                i, vn_names_add(names, m->profile->models[i]),
                batch > 0 ? batch : largest_batch(m, i), share / n};
    return VN_OK;
}

/* One part, without the comma; text is cut to pieces. */
static enum vn_status
read_part(struct vn_models *m, char *text, struct vn_names *names,
          struct vn_error *err)
{
    char why[VN_WHY_SIZE], *colon = strrchr(text, ':'), *at;
    int64_t batch = 0;
    double share = 1;

    if (colon != NULL) {
        if (vn_read_real(colon + 1, 1e-12, 1e12, &share, why) != NULL)
            return wrong(text, "has no share above 0", err);
        *colon = '\0';
    }
    at = strrchr(text, '@');
    if (at != NULL) {
        if (vn_read_int(at + 1, 1, INT64_C(1) << 30, &batch, why) != NULL)
            return wrong(text, "has no batch of 1 or more examples", err);
        *at = '\0';
    }
    if (*text == '\0')
        return wrong(text, "is an empty name", err);
    if (batch % m->per_device != 0)
        return wrong(text,
                     "has a batch that is no multiple of the virtual "
                     "nodes of a device",
                     err);
    return add(m, text, batch, share, names, err);
}

static enum vn_status
find_reference(struct vn_models *m, const char *reference,
               struct vn_error *err)
{
    if (reference == NULL)
        return VN_OK;
    m->type = vn_cluster_type(m->cluster, reference);
    return m->type >= 0
               ? VN_OK
               : vn_fail(err, VN_EUSAGE,
                         "--reference: the cluster has no type '%.64s'",
                         reference);
}

enum vn_status
vn_models_read(struct vn_models *m, const char *text,
               const struct vn_cluster *cluster,
               const struct vn_profile *profile, const char *reference,
               int per_device, struct vn_names *names, struct vn_error *err)
{
    char *copy = vn_xstrdup(text), *rest = copy, *part;
    const struct vn_pricing_config config = {.cluster = cluster,
                                             .profile = profile};
    enum vn_status status;

    *m = (struct vn_models){
        .per_device = per_device,
        .cluster = cluster,
        .profile = profile,
        .devices = vn_xcalloc((size_t) cluster->ntypes, sizeof *m->devices)};
    status = vn_pricing_alloc(&config, &m->pricing, err);
    if (status == VN_OK)
        status = find_reference(m, reference, err);
    while (status == VN_OK && (part = strsep(&rest, ",")) != NULL)
        status = read_part(m, part, names, err);
    free(copy);
    return status;
}

void
vn_models_free(struct vn_models *m)
{
    vn_pricing_free(m->pricing);
    free(m->devices);
    free(m->parts);
    *m = (struct vn_models){0};
}

/* The job as it would be under a part. */
static struct vn_job
trains(const struct vn_models *m, const struct vn_model_part *part,
       const struct vn_job *job)
{
    struct vn_job j = *job;

    j.duration = 0;
    j.model = part->name;
    j.vnodes = job->devices * m->per_device;
    j.global_batch = part->batch * job->devices;
    j.steps = 1;
    return j;
}

/* Seconds of a step of it on all its devices; INFINITY where it has none. */
static double
step_s(struct vn_models *m, const struct vn_model_part *part,
       const struct vn_job *job)
{
    struct vn_job j = trains(m, part, job);

    m->devices[m->type] = job->devices;
    return vn_pricing_step_s(m->pricing, &j, part->model, m->devices, false);
}

enum vn_status
vn_models_check(struct vn_models *m, int devices, struct vn_error *err)
{
    struct vn_job job = vn_trace_job();

    job.devices = devices;
    for (int i = 0; i < m->nparts; i++)
        if (isfinite(step_s(m, &m->parts[i], &job)))
            return VN_OK;
    return vn_fail(err, VN_EINVAL,
                   "--models: the profile has no time of these models on %d "
                   "devices of %.64s, expected it, or jobs of other sizes "
                   "(--devices)",
                   devices, m->cluster->types[m->type].name);
}

/* The part into which u falls, of those that have a time; its step. */
static const struct vn_model_part *
choose(struct vn_models *m, double u, const struct vn_job *job, double *step)
{
    const struct vn_model_part *chosen = NULL;
    double all = 0, below = 0;

    for (int i = 0; i < m->nparts; i++)
        if (isfinite(step_s(m, &m->parts[i], job)))
            all += m->parts[i].share;
    for (int i = 0; i < m->nparts && (chosen == NULL || below <= u * all);
         i++) {
        double s = step_s(m, &m->parts[i], job);

        if (isfinite(s)) {
            chosen = &m->parts[i];
            *step = s;
            below += chosen->share;
        }
    }
    return chosen;
}

void
vn_models_give(struct vn_models *m, double u, struct vn_job *job)
{
    double step = 1, steps;
    const struct vn_model_part *part = choose(m, u, job, &step);

    if (part == NULL)
        return;
    steps = round((double) job->duration / 1e6 / step);
    *job = trains(m, part, job);
    job->steps = (int64_t) fmin(fmax(steps, 1), STEPS_MAX);
}
