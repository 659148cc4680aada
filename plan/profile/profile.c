#include "config.h"

#include "plan/profile/profile.h"

#include "base/names.h"
#include "base/rng.h"
#include "base/xalloc.h"
#include "plan/adaptive/application.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static int
find(char *const *names, int n, const char *name)
{
    for (int i = 0; i < n; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

int
vn_profile_model(const struct vn_profile *p, const char *name)
{
    return find(p->models, p->nmodels, name);
}

int
vn_profile_type(const struct vn_profile *p, const char *name)
{
    int i = find(p->types, p->ntypes, name);

    for (int t = 0; i < 0 && t < p->ntypes; t++)
        if (strcasecmp(p->types[t], name) == 0)
            return t;
    return i;
}

const struct vn_profile_curve *
vn_profile_curve(const struct vn_profile *p, int model, int type)
{
    return &p->curves[model * p->ntypes + type];
}

double
vn_profile_probe_power(const struct vn_profile_curve *c)
{
    return c->has_probe_power ? c->probe_power : 1;
}

static void
add_name(char ***names, int *n, const char *name)
{
    *names = vn_xrealloc(*names, (size_t) *n + 1, sizeof **names);
    (*names)[*n] = vn_xcalloc(strlen(name) + 1, 1);
    strcpy((*names)[(*n)++], name);
}

struct vn_profile_curve *
vn_profile_entry(struct vn_profile *p, const char *model, const char *type)
{
    int m = vn_profile_model(p, model), t = vn_profile_type(p, type);
    int models = p->nmodels, types = p->ntypes;

    if (m < 0 || t < 0) {
        struct vn_profile_curve *curves;

        if (m < 0) {
            m = p->nmodels;
            add_name(&p->models, &p->nmodels, model);
        }
        if (t < 0) {
            t = p->ntypes;
            add_name(&p->types, &p->ntypes, type);
        }
        curves = vn_xcalloc((size_t) p->nmodels * (size_t) p->ntypes,
                            sizeof *curves);
        for (int i = 0; i < models; i++)
            for (int k = 0; k < types; k++)
                curves[i * p->ntypes + k] = p->curves[i * types + k];
        free(p->curves);
        p->curves = curves;
    }
    return &p->curves[m * p->ntypes + t];
}

void
vn_profile_free(struct vn_profile *p)
{
    for (int i = 0; i < p->nmodels * p->ntypes; i++) {
        free(p->curves[i].points);
        free(p->curves[i].mappings);
        free(p->curves[i].links);
        free(p->curves[i].crowds);
    }
    for (int i = 0; i < p->nmodels; i++)
        free(p->models[i]);
    for (int i = 0; i < p->ntypes; i++)
        free(p->types[i]);
    free(p->models);
    free(p->types);
    free(p->curves);
    if (p->applications != NULL)
        vn_applications_free(p->applications);
    free(p->applications);
    *p = (struct vn_profile){0};
}

bool
vn_profile_add_point(struct vn_profile_curve *c, struct vn_profile_point point)
{
    int i = c->npoints;

    for (int k = 0; k < c->npoints; k++)
        if (c->points[k].batch == point.batch)
            return false;
    c->points =
        vn_xrealloc(c->points, (size_t) c->npoints + 1, sizeof *c->points);
    for (; i > 0 && c->points[i - 1].batch > point.batch; i--)
        c->points[i] = c->points[i - 1];
    c->points[i] = point;
    c->npoints++;
    return true;
}

static bool
mapping_before(const struct vn_profile_mapping *a,
               const struct vn_profile_mapping *b)
{
    return a->devices < b->devices
           || (a->devices == b->devices && a->global_batch < b->global_batch);
}

bool
vn_profile_add_mapping(struct vn_profile_curve *c,
                       struct vn_profile_mapping mapping)
{
    int i = c->nmappings;

    for (int k = 0; k < c->nmappings; k++)
        if (c->mappings[k].devices == mapping.devices
            && c->mappings[k].global_batch == mapping.global_batch)
            return false;
    c->mappings = vn_xrealloc(c->mappings, (size_t) c->nmappings + 1,
                              sizeof *c->mappings);
    for (; i > 0 && mapping_before(&mapping, &c->mappings[i - 1]); i--)
        c->mappings[i] = c->mappings[i - 1];
    c->mappings[i] = mapping;
    c->nmappings++;
    return true;
}

bool
vn_profile_add_link(struct vn_profile_curve *c, struct vn_profile_link link)
{
    int i = c->nlinks;

    for (int k = 0; k < c->nlinks; k++)
        if (c->links[k].devices == link.devices)
            return false;
    c->links = vn_xrealloc(c->links, (size_t) c->nlinks + 1, sizeof *c->links);
    for (; i > 0 && c->links[i - 1].devices > link.devices; i--)
        c->links[i] = c->links[i - 1];
    c->links[i] = link;
    c->nlinks++;
    return true;
}

bool
vn_profile_add_crowd(struct vn_profile_curve *c, struct vn_profile_crowd crowd)
{
    int i = c->ncrowds;

    for (int k = 0; k < c->ncrowds; k++)
        if (c->crowds[k].busy == crowd.busy)
            return false;
    c->crowds =
        vn_xrealloc(c->crowds, (size_t) c->ncrowds + 1, sizeof *c->crowds);
    for (; i > 0 && c->crowds[i - 1].busy > crowd.busy; i--)
        c->crowds[i] = c->crowds[i - 1];
    c->crowds[i] = crowd;
    c->ncrowds++;
    return true;
}

enum vn_status
vn_profile_unknown(const struct vn_profile *p, int64_t job, const char *name,
                   struct vn_error *err)
{
    const char *near = vn_names_nearest(name, (const char *const *) p->models,
                                        (size_t) p->nmodels);

    if (near != NULL)
        return vn_fail(err, VN_EINVAL,
                       "job %" PRId64 ": model '%.64s' is not in the profile, "
                       "did you mean '%.64s'?",
                       job, name, near);
    return vn_fail(err, VN_EINVAL,
                   "job %" PRId64 ": model '%.64s' is not in the profile, "
                   "expected one of its %d models",
                   job, name, p->nmodels);
}

/* The profiled points around a batch; false beyond them. */
static bool
around(const struct vn_profile_curve *c, int64_t batch, int *low, int *high)
{
    int first = 0, last = c->npoints - 1;

    if (last < 0 || batch < c->points[0].batch
        || batch > c->points[last].batch)
        return false;
    while (last - first > 1) {
        int middle = (first + last) / 2;

        if (c->points[middle].batch <= batch)
            first = middle;
        else
            last = middle;
    }
    *low = c->points[last].batch == batch ? last : first;
    *high = c->points[first].batch == batch ? first : last;
    return true;
}

double
vn_profile_node_s(const struct vn_profile_curve *c, int64_t batch)
{
    const struct vn_profile_point *p = c->points;
    int a, b;

    if (!around(c, batch, &a, &b))
        return INFINITY;
    if (a == b)
        return p[a].step_s;
    return p[a].step_s
           + (p[b].step_s - p[a].step_s) * (double) (batch - p[a].batch)
                 / (double) (p[b].batch - p[a].batch);
}

int64_t
vn_profile_node_bytes(const struct vn_profile_curve *c, int64_t batch)
{
    const struct vn_profile_point *p = c->points;
    int a, b;

    if (!around(c, batch, &a, &b))
        return INT64_MAX;
    if (a == b || p[a].peak_bytes == 0 || p[b].peak_bytes == 0)
        return p[b].peak_bytes; /* no less, as far as it is known */
    return p[a].peak_bytes
           + (int64_t) ((double) (p[b].peak_bytes - p[a].peak_bytes)
                        * (double) (batch - p[a].batch)
                        / (double) (p[b].batch - p[a].batch));
}

uint64_t
vn_profile_hash(const struct vn_profile *p)
{
    uint64_t hash = p->applications != NULL ? p->applications->hash : 0;

    if (p->batches_adapt)
        hash = vn_hash(hash, &p->batches_adapt, sizeof p->batches_adapt);
    for (int m = 0; m < p->nmodels; m++)
        hash = vn_hash(hash, p->models[m], strlen(p->models[m]) + 1);
    for (int t = 0; t < p->ntypes; t++)
        hash = vn_hash(hash, p->types[t], strlen(p->types[t]) + 1);
    for (int i = 0; i < p->nmodels * p->ntypes; i++) {
        const struct vn_profile_curve *c = &p->curves[i];
        const double sizes[] = {c->npoints, c->nmappings, c->nlinks,
                                c->update_s, (double) c->parameters};

        hash = vn_hash(hash, sizes, sizeof sizes);
        for (int k = 0; k < c->npoints; k++) {
            const double real[] = {(double) c->points[k].batch,
                                   c->points[k].step_s,
                                   (double) c->points[k].peak_bytes};

            hash = vn_hash(hash, real, sizeof real);
        }
        for (int k = 0; k < c->nmappings; k++) {
            const struct vn_profile_mapping *g = &c->mappings[k];
            const double real[] = {g->devices, (double) g->global_batch,
                                   isnan(g->step_s) ? -1 : g->step_s,
                                   isnan(g->spread_step_s) ? -1
                                                           : g->spread_step_s};

            hash = vn_hash(hash, real, sizeof real);
        }
        for (int k = 0; k < c->nlinks; k++) {
            const double real[] = {c->links[k].devices, c->links[k].sync_s};

            hash = vn_hash(hash, real, sizeof real);
        }
        for (int k = 0; k < c->ncrowds; k++) {
            const double real[] = {-c->crowds[k].busy, c->crowds[k].slowdown};
            const double probe = c->crowds[k].probe_slowdown;

            hash = vn_hash(hash, real, sizeof real);
            if (probe != 1)
                hash = vn_hash(hash, &probe, sizeof probe);
        }
        if (c->probe_s > 0) {
            const double probe[] = {c->probe_s, vn_profile_probe_power(c)};

            hash = vn_hash(hash, probe, sizeof probe);
        }
    }
    return hash;
}
