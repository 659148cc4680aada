#include "config.h"

#include "sim/observe/planner.h"

#include "base/xalloc.h"
#include "plan/mix.h"
#include "plan/plan.h"

#include <math.h>
#include <stdlib.h>

struct vn_planner {
    const struct vn_cluster *cluster;
    const struct vn_profile *profile;
    struct vn_plan plan;
    int *last; /* last[slot]: the job's newest mapping + 1 */
    int slots;
    int *earlier; /* by mapping: the same job's one before it, + 1 */
    int room;
};

enum {
    NO_JOB = -1 /* of a mapping that is void */
};

struct vn_planner *
vn_planner_alloc(const struct vn_cluster *cluster,
                 const struct vn_profile *profile)
{
    struct vn_planner *p = vn_xcalloc(1, sizeof *p);

    p->cluster = cluster;
    p->profile = profile;
    for (int t = 0; t < cluster->ntypes; t++)
        vn_plan_type(&p->plan, cluster->types[t].name);
    return p;
}

void
vn_planner_free(struct vn_planner *p)
{
    if (p == NULL)
        return;
    vn_plan_free(&p->plan);
    free(p->last);
    free(p->earlier);
    free(p);
}

/* The newest mapping of a job, + 1; 0 where it has none. */
static int
last_of(struct vn_planner *p, const struct vn_mapped *mapped)
{
    int last;

    if (mapped->slot >= p->slots) {
        int n = 2 * mapped->slot + 64;

        p->last = vn_xrealloc(p->last, (size_t) n, sizeof *p->last);
        for (int i = p->slots; i < n; i++)
            p->last[i] = 0;
        p->slots = n;
    }
    last = p->last[mapped->slot];
    return last > 0 && p->plan.mappings[last - 1].job == mapped->id ? last : 0;
}

/* The job's mapping from this step on, empty.  Those that were to take effect
 * from there on did not, or what was done under them was lost. */
static struct vn_mapping *
mapping_of(struct vn_planner *p, const struct vn_mapped *mapped)
{
    int last = last_of(p, mapped), added = p->plan.nmappings;
    struct vn_mapping *m;

    while (last > 0 && p->plan.mappings[last - 1].from_step >= mapped->step) {
        p->plan.mappings[last - 1].job = NO_JOB;
        last = p->earlier[last - 1];
    }
    m = vn_plan_add(&p->plan, mapped->id, mapped->step);
    if (added >= p->room) {
        p->room = 2 * added + 64;
        p->earlier =
            vn_xrealloc(p->earlier, (size_t) p->room, sizeof *p->earlier);
    }
    p->earlier[added] = last;
    p->last[mapped->slot] = added + 1;
    return m;
}

/* Add virtual nodes of a device, of which those below `rest` have one example
 * more. */
static void
add(struct vn_mapping *m, struct vn_share share, int rest)
{
    int more = rest - share.vnode_first;

    if (more > 0) {
        struct vn_share first = share;

        first.vnode_count =
            more < share.vnode_count ? more : share.vnode_count;
        first.batch++;
        vn_mapping_add(m, first);
        share.vnode_first += first.vnode_count;
        share.vnode_count -= first.vnode_count;
    }
    if (share.vnode_count > 0 && share.batch > 0)
        vn_mapping_add(m, share);
}

static void
map_evenly(struct vn_mapping *m, const struct vn_mapped *mapped, int type)
{
    int n = mapped->works[type], vnodes = mapped->job->vnodes, next = 0;
    int64_t batch = mapped->job->global_batch;

    for (int i = 0; i < n; i++) {
        int count = vnodes / n + (i < vnodes % n);

        add(m,
            (struct vn_share){.type = type,
                              .device = vn_fleet_device(mapped->fleet,
                                                        mapped->slot, type, i),
                              .vnode_first = next,
                              .vnode_count = count,
                              .batch = batch / vnodes},
            (int) (batch % vnodes));
        next += count;
    }
}

/* The solver's split, as pricing has it. */
static void
map_split(struct vn_planner *p, struct vn_mapping *m,
          const struct vn_mapped *mapped)
{
    struct vn_mix_question question = {.cluster = p->cluster,
                                       .profile = p->profile,
                                       .model = mapped->model,
                                       .devices = mapped->works,
                                       .batch = mapped->job->global_batch,
                                       .sync_s = NAN};
    struct vn_mix mix;
    int next = 0;

    if (vn_mix_solve(&question, &mix, 1) == 0)
        return;
    for (int t = 0; t < p->cluster->ntypes; t++)
        for (int i = 0; i < mapped->works[t] && mix.vnodes[t] > 0; i++) {
            vn_mapping_add(
                m, (struct vn_share){.type = t,
                                     .device = vn_fleet_device(
                                         mapped->fleet, mapped->slot, t, i),
                                     .vnode_first = next,
                                     .vnode_count = mix.vnodes[t],
                                     .batch = mix.batch[t]});
            next += mix.vnodes[t];
        }
}

void
vn_planner_mapped(struct vn_planner *p, const struct vn_mapped *mapped)
{
    struct vn_mapping *m;
    int types = 0, type = 0;

    if (mapped->model < 0 || mapped->fleet == NULL)
        return;
    for (int t = 0; t < p->cluster->ntypes; t++)
        if (mapped->works[t] > 0) {
            types++;
            type = t;
        }
    m = mapping_of(p, mapped);
    if (types == 1)
        map_evenly(m, mapped, type);
    else
        map_split(p, m, mapped);
}

enum vn_status
vn_planner_write(struct vn_planner *p, const char *path, struct vn_error *err)
{
    int n = 0;

    for (int i = 0; i < p->plan.nmappings; i++)
        if (p->plan.mappings[i].job == NO_JOB)
            free(p->plan.mappings[i].shares);
        else
            p->plan.mappings[n++] = p->plan.mappings[i];
    p->plan.nmappings = n;
    for (int i = 0; i < p->slots; i++)
        p->last[i] = 0;
    vn_plan_sort(&p->plan);
    return vn_plan_write(&p->plan, path, err);
}
