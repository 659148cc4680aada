/* The stages of a job of a plan, as vnsim writes it. */
#include "config.h"

#include "vnode_exec/train/stage.h"

#include "base/xalloc.h"
#include "plan/plan.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    const char *path;
    const struct vn_plan *plan;
    const struct vn_stand_in *standins;
    int nstandins;
};

static const char *
device_for(const struct reader *r, const char *type)
{
    for (int i = 0; i < r->nstandins; i++)
        if (strcmp(r->standins[i].type, type) == 0)
            return r->standins[i].device;
    return NULL;
}

/* The number in the stage of a share's device, which is added if it is new. */
static enum vn_status
find_device(const struct reader *r, const struct vn_mapping *m, int share,
            int numbers[], struct vn_stage *stage, struct vn_error *err)
{
    const struct vn_share *s = &m->shares[share];
    const char *type = r->plan->types[s->type];
    const char *device = device_for(r, type);
    struct vn_error e;
    enum vn_status status;

    for (int i = 0; i < share; i++)
        if (m->shares[i].type == s->type && m->shares[i].device == s->device) {
            numbers[share] = numbers[i];
            return VN_OK;
        }
    if (stage->specs.n == VN_SPEC_DEVICES)
        return vn_fail(err, VN_EINVAL,
                       "%s: job %" PRId64 ", step %" PRId64 ": more than %d "
                       "devices",
                       r->path, m->job, m->from_step, VN_SPEC_DEVICES);
    numbers[share] = stage->specs.n;
    status = vn_spec_read(device != NULL ? device : type, s->device,
                          &stage->specs.list[stage->specs.n], &e);
    if (status == VN_EUSAGE && device == NULL)
        return vn_fail(err, VN_EINVAL,
                       "%s: '%s' is no device here; --device-type %s=host "
                       "would let one stand for it",
                       r->path, type, type);
    stage->specs.n++;
    if (status != VN_OK)
        *err = e;
    return status;
}

static enum vn_status
read_mapping(const struct reader *r, const struct vn_mapping *m,
             struct vn_stage *stage, struct vn_error *err)
{
    int *numbers = vn_xcalloc((size_t) m->nshares, sizeof *numbers), at = 0;
    enum vn_status status = VN_OK;

    stage->from_step = m->from_step;
    stage->vnodes = vn_mapping_vnodes(m);
    stage->first =
        vn_xcalloc((size_t) stage->vnodes + 1, sizeof *stage->first);
    stage->owner = vn_xcalloc((size_t) stage->vnodes, sizeof *stage->owner);
    for (int i = 0; status == VN_OK && i < m->nshares; i++) {
        status = find_device(r, m, i, numbers, stage, err);
        for (int k = 0; k < m->shares[i].vnode_count; k++, at++) {
            stage->first[at + 1] = stage->first[at] + m->shares[i].batch;
            stage->owner[at] = numbers[i];
        }
    }
    stage->devices = stage->specs.n;
    free(numbers);
    return status;
}

/* The job that is meant. */
static enum vn_status
choose_job(const struct reader *r, int64_t *job, struct vn_error *err)
{
    const struct vn_plan *plan = r->plan;
    int64_t other = plan->mappings[plan->nmappings - 1].job;

    if (*job < 0 && plan->mappings[0].job != other)
        return vn_fail(err, VN_EUSAGE,
                       "%s: several jobs, such as %" PRId64 " and %" PRId64
                       "; --job chooses one",
                       r->path, plan->mappings[0].job, other);
    if (*job < 0)
        *job = other;
    for (int i = 0; i < plan->nmappings; i++)
        if (plan->mappings[i].job == *job)
            return VN_OK;
    return vn_fail(err, VN_EUSAGE, "%s: no job %" PRId64, r->path, *job);
}

enum vn_status
vn_stages_plan(const char *path, int64_t job,
               const struct vn_stand_in *standins, int n,
               struct vn_stages *stages, int64_t *batch, struct vn_error *err)
{
    struct vn_plan plan;
    struct reader r = {path, &plan, standins, n};
    enum vn_status status = vn_plan_read(path, &plan, err);

    if (status != VN_OK)
        return status;
    status = choose_job(&r, &job, err);
    for (int i = 0; status == VN_OK && i < plan.nmappings; i++)
        if (plan.mappings[i].job == job) {
            *batch = vn_mapping_batch(&plan.mappings[i]);
            status = read_mapping(&r, &plan.mappings[i], vn_stages_add(stages),
                                  err);
        }
    vn_plan_free(&plan);
    return status;
}
