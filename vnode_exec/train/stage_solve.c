/* A stage for unlike devices, split by the solver from a profile. */
#include "config.h"

#include "vnode_exec/train/stage.h"

#include "base/xalloc.h"
#include "plan/mix.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The devices as a cluster of one node. */
struct kinds {
    struct vn_device_type types[VN_SOLVER_TYPES_MAX];
    struct vn_node_group groups[VN_SOLVER_TYPES_MAX];
    char names[VN_SOLVER_TYPES_MAX][48];
    int devices[VN_SOLVER_TYPES_MAX];
    int kind_of[VN_SPEC_DEVICES];
    struct vn_cluster cluster;
};

static enum vn_status
find_kinds(const struct vn_specs *specs, int64_t limit, struct kinds *k,
           struct vn_error *err)
{
    struct vn_cluster *c = &k->cluster;

    *c = (struct vn_cluster){
        .types = k->types, .groups = k->groups, .devices = specs->n};
    for (int i = 0; i < specs->n; i++) {
        int at = vn_cluster_type(c, specs->list[i].type);

        if (at < 0 && c->ntypes == VN_SOLVER_TYPES_MAX)
            return vn_fail(err, VN_EUSAGE,
                           "--devices: more than %d types are beyond the "
                           "solver",
                           VN_SOLVER_TYPES_MAX);
        if (at < 0) {
            at = c->ntypes++;
            snprintf(k->names[at], sizeof k->names[at], "%s",
                     specs->list[i].type);
            k->types[at] = (struct vn_device_type){.name = k->names[at],
                                                   .memory_bytes = limit};
            k->groups[at] = (struct vn_node_group){.type = at, .nodes = 1};
        }
        k->devices[at] = ++k->types[at].devices;
        k->groups[at].devices_per_node = k->devices[at];
        k->kind_of[i] = at;
    }
    c->ngroups = c->ntypes;
    c->nodes = 1;
    return VN_OK;
}

static enum vn_status
check_known(const struct vn_profile *p, const char *path, const char *model,
            const struct kinds *k, struct vn_error *err)
{
    int number = vn_profile_model(p, model);

    if (number < 0)
        return vn_fail(err, VN_EINVAL, "%s: no profile of %s", path, model);
    for (int i = 0; i < k->cluster.ntypes; i++) {
        int type = vn_profile_type(p, k->types[i].name);

        if (type < 0 || vn_profile_curve(p, number, type)->npoints == 0)
            return vn_fail(err, VN_EINVAL,
                           "%s: no profile of %s on '%s'; vnexec profile "
                           "makes one",
                           path, model, k->types[i].name);
    }
    return VN_OK;
}

/* Each device's nodes after those of the devices before it; those without
 * any are left out. */
static void
lay_out(const struct vn_mix *mix, const struct vn_specs *specs,
        const struct kinds *k, struct vn_stage *stage)
{
    int at = 0;

    for (int i = 0; i < specs->n; i++)
        stage->vnodes += mix->vnodes[k->kind_of[i]];
    stage->first =
        vn_xcalloc((size_t) stage->vnodes + 1, sizeof *stage->first);
    stage->owner = vn_xcalloc((size_t) stage->vnodes, sizeof *stage->owner);
    for (int i = 0; i < specs->n; i++) {
        int kind = k->kind_of[i];

        for (int j = 0; j < mix->vnodes[kind]; j++, at++) {
            stage->first[at + 1] = stage->first[at] + mix->batch[kind];
            stage->owner[at] = stage->specs.n;
        }
        if (mix->vnodes[kind] > 0)
            stage->specs.list[stage->specs.n++] = specs->list[i];
    }
    stage->devices = stage->specs.n;
}

static void
describe(const struct vn_mix *mix, const struct kinds *k, char *text,
         size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (int i = 0; i < k->cluster.ntypes && used < size; i++) {
        int n = mix->vnodes[i] > 0
                    ? snprintf(text + used, size - used,
                               "%s%s: %d of %lld examples", i > 0 ? ", " : "",
                               k->types[i].name, mix->vnodes[i],
                               (long long) mix->batch[i])
                    : snprintf(text + used, size - used, "%s%s: none",
                               i > 0 ? ", " : "", k->types[i].name);

        used += n > 0 ? (size_t) n : 0;
    }
}

enum vn_status
vn_stage_solve(const char *const *paths, int npaths, const char *model,
               int64_t batch, int64_t limit, const struct vn_specs *specs,
               struct vn_stage *stage, struct vn_stage_solved *solved,
               struct vn_error *err)
{
    struct vn_profile profile = {0};
    struct kinds kinds;
    struct vn_mix mix;
    enum vn_status status = find_kinds(specs, limit, &kinds, err);

    for (int i = 0; i < npaths && status == VN_OK; i++)
        status = vn_profile_read(paths[i], &profile, err);
    if (status == VN_OK)
        status = check_known(&profile, paths[0], model, &kinds, err);
    if (status == VN_OK) {
        struct vn_mix_question question = {
            .cluster = &kinds.cluster,
            .profile = &profile,
            .model = vn_profile_model(&profile, model),
            .devices = kinds.devices,
            .batch = batch,
            .sync_s = NAN};

        solved->alone_s = vn_mix_alone(&question).step_s;
        if (vn_mix_solve(&question, &mix, 1) == 0)
            status = vn_fail(err, VN_EINVAL,
                             "%s: no split of a batch of %lld over these "
                             "devices; expected nodes of 2^k or 3 2^k "
                             "examples that were profiled",
                             paths[0], (long long) batch);
    }
    if (status == VN_OK) {
        lay_out(&mix, specs, &kinds, stage);
        solved->step_s = mix.step_s;
        describe(&mix, &kinds, solved->text, sizeof solved->text);
    }
    vn_profile_free(&profile);
    return status;
}
