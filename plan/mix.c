#include "config.h"

#include "plan/mix.h"

#include "base/xalloc.h"
#include "plan/contention.h"
#include "plan/sync.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Types that take a part, and the cluster's number of each. */
struct part {
    struct vn_solver_type types[VN_SOLVER_TYPES_MAX];
    int at[VN_SOLVER_TYPES_MAX];
    int n;
};

/* The best so far, in order. */
struct found {
    const struct vn_mix_question *question;
    struct vn_mix *mixes;
    int n, room;
};

/* All that there are devices of, and a profile; false where they are too
 * many.  *all: of which there are devices. */
static bool
find_types(const struct vn_mix_question *q, struct part *whole, int *all)
{
    whole->n = *all = 0;
    for (int t = 0; t < q->cluster->ntypes; t++) {
        const struct vn_device_type *type = &q->cluster->types[t];
        int known = vn_profile_type(q->profile, type->name);

        *all += q->devices[t] > 0;
        if (q->devices[t] < 1 || known < 0)
            continue;
        if (whole->n == VN_SOLVER_TYPES_MAX)
            return false;
        whole->at[whole->n] = t;
        whole->types[whole->n++] = (struct vn_solver_type){
            .curve = vn_profile_curve(q->profile, q->model, known),
            .devices = q->devices[t],
            .memory_bytes = type->memory_bytes};
    }
    return true;
}

/* The most devices of a type on one node. */
static int
width_of(const struct vn_cluster *c, int type)
{
    int wide = 0;

    for (int g = 0; g < c->ngroups; g++)
        if (c->groups[g].type == type && c->groups[g].devices_per_node > wide)
            wide = c->groups[g].devices_per_node;
    return wide;
}

/* What the devices of a part take to synchronise, the slowest type's time; and
 * how they slow each other down. */
static double
charge(const struct vn_mix_question *q, struct part *p)
{
    double slowest = 0;
    int all = 0;

    for (int i = 0; i < p->n; i++)
        all += p->types[i].devices;
    for (int i = 0; i < p->n; i++) {
        const struct vn_device_type *type = &q->cluster->types[p->at[i]];
        int known = vn_profile_type(q->profile, type->name);

        p->types[i].slowdown = vn_contention(q->profile, q->model, known, all);
        slowest =
            fmax(slowest,
                 vn_sync_s(q->profile, q->model, known, type, all,
                           p->n > 1 || all > width_of(q->cluster, p->at[i])));
    }
    return all < 2 ? 0 : isnan(q->sync_s) ? slowest : q->sync_s;
}

/* Order: by time, then fewer types, fewer virtual nodes, the earlier types. */
static bool
before(const struct vn_mix_question *q, const struct vn_mix *a,
       const struct vn_mix *b)
{
    int types[2] = {0};
    int64_t vnodes[2] = {0};

    if (a->step_s != b->step_s)
        return a->step_s < b->step_s;
    for (int t = 0; t < q->cluster->ntypes; t++) {
        types[0] += a->vnodes[t] > 0;
        types[1] += b->vnodes[t] > 0;
        vnodes[0] += (int64_t) a->vnodes[t] * q->devices[t];
        vnodes[1] += (int64_t) b->vnodes[t] * q->devices[t];
    }
    if (types[0] != types[1])
        return types[0] < types[1];
    if (vnodes[0] != vnodes[1])
        return vnodes[0] < vnodes[1];
    for (int t = 0; t < q->cluster->ntypes; t++)
        if (a->vnodes[t] != b->vnodes[t])
            return a->vnodes[t] > b->vnodes[t];
    return false;
}

static void
keep(struct found *f, const struct vn_mix *mix)
{
    int i;

    if (f->n == f->room) {
        if (!before(f->question, mix, &f->mixes[f->n - 1]))
            return;
        f->n--;
    }
    for (i = f->n++; i > 0 && before(f->question, mix, &f->mixes[i - 1]); i--)
        f->mixes[i] = f->mixes[i - 1];
    f->mixes[i] = *mix;
}

/* The best splits in which each type of the part has a part. */
static void
solve_part(struct found *f, struct part *p)
{
    const struct vn_mix_question *q = f->question;
    struct vn_split *splits = vn_xcalloc((size_t) f->room, sizeof *splits);
    double sync_s = charge(q, p);
    int n = vn_solve_whole(p->types, p->n, q->batch, sync_s, splits, f->room);

    for (int i = 0; i < n; i++) {
        struct vn_mix mix = {.step_s = splits[i].step_s, .sync_s = sync_s};

        for (int k = 0; k < p->n; k++) {
            mix.vnodes[p->at[k]] = splits[i].vnodes[k];
            mix.batch[p->at[k]] = splits[i].batch[k];
        }
        keep(f, &mix);
    }
    free(splits);
}

/* The types whose bits are set. */
static struct part
part_of(const struct part *whole, unsigned mask)
{
    struct part part = {.n = 0};

    for (int i = 0; i < whole->n; i++)
        if ((mask >> i & 1) != 0) {
            part.types[part.n] = whole->types[i];
            part.at[part.n++] = whole->at[i];
        }
    return part;
}

int
vn_mix_solve(const struct vn_mix_question *q, struct vn_mix *mixes, int room)
{
    struct found f = {.question = q, .mixes = mixes, .room = room};
    struct part whole;
    int all;

    if (room < 1 || !find_types(q, &whole, &all))
        return 0;
    for (unsigned mask = 1; mask < 1U << whole.n; mask++) {
        struct part part = part_of(&whole, mask);

        solve_part(&f, &part);
    }
    return f.n;
}

struct vn_mix
vn_mix_whole(const struct vn_mix_question *q)
{
    struct vn_mix mix = {.step_s = INFINITY};
    struct found f = {.question = q, .mixes = &mix, .room = 1};
    struct part whole;
    int all;

    if (find_types(q, &whole, &all) && whole.n == all && whole.n > 0)
        solve_part(&f, &whole);
    return mix;
}

struct vn_mix
vn_mix_alone(const struct vn_mix_question *q)
{
    struct vn_mix mix = {.step_s = INFINITY};
    struct found f = {.question = q, .mixes = &mix, .room = 1};
    struct part whole;
    int all;

    if (!find_types(q, &whole, &all))
        return mix;
    for (int i = 0; i < whole.n; i++) {
        struct part part = part_of(&whole, 1U << i);

        solve_part(&f, &part);
    }
    return mix;
}
