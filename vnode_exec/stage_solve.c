/* A stage for unlike devices, split by the solver from a profile. */
#include "config.h"

#include "vnode_exec/stage.h"

#include "base/xalloc.h"
#include "plan/solver.h"
#include "plan/sync.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The types among the devices. */
struct kinds {
    const char *names[VN_SOLVER_TYPES_MAX];
    struct vn_solver_type types[VN_SOLVER_TYPES_MAX];
    int kind_of[VN_SPEC_DEVICES];
    int n;
};

static enum vn_status
find_kinds(const struct vn_specs *specs, struct kinds *k, struct vn_error *err)
{
    for (int i = 0; i < specs->n; i++) {
        int at = 0;

        while (at < k->n && strcmp(k->names[at], specs->list[i].type) != 0)
            at++;
        if (at == VN_SOLVER_TYPES_MAX)
            return vn_fail(err, VN_EUSAGE,
                           "--devices: more than %d types are beyond the "
                           "solver",
                           VN_SOLVER_TYPES_MAX);
        if (at == k->n)
            k->names[k->n++] = specs->list[i].type;
        k->types[at].devices++;
        k->kind_of[i] = at;
    }
    return VN_OK;
}

/* Each type's curve, and the slowest synchronisation of so many devices. */
static enum vn_status
find_curves(const struct vn_profile *p, const char *path, const char *model,
            int64_t limit, int devices, struct kinds *k, double *sync_s,
            struct vn_error *err)
{
    static const struct vn_device_type unknown = {.name = NULL};
    int number = vn_profile_model(p, model);

    if (number < 0)
        return vn_fail(err, VN_EINVAL, "%s: no profile of %s", path, model);
    for (int i = 0; i < k->n; i++) {
        int type = vn_profile_type(p, k->names[i]);
        double s;

        if (type < 0 || vn_profile_curve(p, number, type)->npoints == 0)
            return vn_fail(err, VN_EINVAL,
                           "%s: no profile of %s on '%s'; vnexec profile "
                           "makes one",
                           path, model, k->names[i]);
        k->types[i].curve = vn_profile_curve(p, number, type);
        k->types[i].memory_bytes = limit;
        s = vn_sync_s(p, number, type, &unknown, devices, false);
        *sync_s = s > *sync_s ? s : *sync_s;
    }
    return VN_OK;
}

/* Each device's nodes after those of the devices before it. */
static void
lay_out(const struct vn_split *split, const struct kinds *k,
        struct vn_stage *stage)
{
    int at = 0;

    for (int i = 0; i < stage->devices; i++)
        stage->vnodes += split->vnodes[k->kind_of[i]];
    stage->first =
        vn_xcalloc((size_t) stage->vnodes + 1, sizeof *stage->first);
    stage->owner = vn_xcalloc((size_t) stage->vnodes, sizeof *stage->owner);
    for (int i = 0; i < stage->devices; i++)
        for (int j = 0; j < split->vnodes[k->kind_of[i]]; j++, at++) {
            stage->first[at + 1] =
                stage->first[at] + split->batch[k->kind_of[i]];
            stage->owner[at] = i;
        }
}

static void
describe(const struct vn_split *split, const struct kinds *k, char *text,
         size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (int i = 0; i < k->n && used < size; i++) {
        int n = split->vnodes[i] > 0
                    ? snprintf(text + used, size - used,
                               "%s%s: %d of %lld examples", i > 0 ? ", " : "",
                               k->names[i], split->vnodes[i],
                               (long long) split->batch[i])
                    : snprintf(text + used, size - used, "%s%s: none",
                               i > 0 ? ", " : "", k->names[i]);

        used += n > 0 ? (size_t) n : 0;
    }
}

enum vn_status
vn_stage_solve(const char *path, const char *model, int64_t batch,
               int64_t limit, const struct vn_specs *specs,
               struct vn_stage *stage, struct vn_stage_solved *solved,
               struct vn_error *err)
{
    struct vn_profile profile = {0};
    struct kinds kinds = {.n = 0};
    struct vn_solution solution;
    double sync_s = 0;
    enum vn_status status = vn_profile_read(path, &profile, err);

    if (status == VN_OK)
        status = find_kinds(specs, &kinds, err);
    if (status == VN_OK)
        status = find_curves(&profile, path, model, limit, specs->n, &kinds,
                             &sync_s, err);
    if (status == VN_OK) {
        vn_solve(kinds.types, kinds.n, batch, sync_s, &solution);
        if (!isfinite(solution.best.step_s))
            status = vn_fail(err, VN_EINVAL,
                             "%s: no split of a batch of %lld over these "
                             "devices; expected nodes of 2^k or 3 2^k "
                             "examples that were profiled",
                             path, (long long) batch);
    }
    if (status == VN_OK) {
        stage->specs = *specs;
        stage->devices = specs->n;
        lay_out(&solution.best, &kinds, stage);
        solved->step_s = solution.best.step_s;
        solved->alone_s = solution.alone.step_s;
        describe(&solution.best, &kinds, solved->text, sizeof solved->text);
    }
    vn_profile_free(&profile);
    return status;
}
