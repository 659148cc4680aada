/*
 * What a type contributes depends on b v alone, the examples that one of its
 * devices processes, which is 2^k or 3 2^k: some forty values.  For each the
 * best b, v is found first; the search is over those values, type by type,
 * with what is over its time, or its examples, cut off.  The last type's
 * value is what is missing.
 */
#include "config.h"

#include "plan/solver.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    LOADS_MAX = 160
};

/* b v = examples on one device of a type, in the best way. */
struct load {
    int64_t examples; /* of all devices of the type */
    int64_t batch;
    int vnodes;
    double step_s;
};

struct choice {
    struct load loads[LOADS_MAX]; /* by rising time; [0] is nothing */
    int nloads;
    int devices;
};

struct search {
    struct choice of[VN_SOLVER_TYPES_MAX];
    int ntypes;
    double comm_s;
    bool whole; /* every type has a part */
    int64_t visited;
    const struct load *at[VN_SOLVER_TYPES_MAX]; /* the split in hand */
    struct vn_split *best;                      /* the best so far, in order */
    int nbest;
    int room;
};

/* Is it 2^k or 3 2^k? */
static bool
is_regular(int64_t n)
{
    while (n % 2 == 0)
        n /= 2;
    return n == 1 || n == 3;
}

static void
add_load(struct choice *c, struct load load)
{
    for (int i = 1; i < c->nloads; i++) {
        struct load *l = &c->loads[i];

        if (l->examples != load.examples)
            continue;
        if (load.step_s < l->step_s
            || (load.step_s == l->step_s && load.vnodes < l->vnodes))
            *l = load;
        return;
    }
    if (c->nloads < LOADS_MAX)
        c->loads[c->nloads++] = load;
}

static int
compare_loads(const void *a, const void *b)
{
    const struct load *x = a, *y = b;

    return x->step_s < y->step_s ? -1 : x->step_s > y->step_s;
}

static void
choices_of(const struct vn_solver_type *type, int64_t batch, struct choice *c)
{
    const struct vn_profile_curve *curve = type->curve;

    *c = (struct choice){.nloads = 1, .devices = type->devices};
    if (curve == NULL || type->devices < 1)
        return;
    for (int i = 0; i < curve->npoints; i++) {
        const struct vn_profile_point *p = &curve->points[i];

        if (!is_regular(p->batch)
            || (type->memory_bytes > 0 && p->peak_bytes > type->memory_bytes))
            continue;
        for (int v = 1;; v *= 2) {
            if (p->batch > batch / v || p->batch * v > batch / type->devices)
                break;
            add_load(c,
                     (struct load){.examples = p->batch * v * type->devices,
                                   .batch = p->batch,
                                   .vnodes = v,
                                   .step_s = v * p->step_s + curve->update_s});
            if (v > INT32_MAX / 4)
                break;
        }
    }
    qsort(c->loads, (size_t) c->nloads, sizeof *c->loads, compare_loads);
}

static struct vn_split
split_of(const struct search *s)
{
    struct vn_split split = {.step_s = 0};
    int devices = 0;

    for (int t = 0; t < s->ntypes; t++) {
        const struct load *l = s->at[t];

        split.batch[t] = l->batch;
        split.vnodes[t] = l->vnodes;
        split.step_s = fmax(split.step_s, l->step_s);
        devices += l->examples > 0 ? s->of[t].devices : 0;
    }
    split.step_s += devices > 1 ? s->comm_s : 0;
    return split;
}

/* Order of splits: by time, then fewer types, fewer virtual nodes, and the
 * earlier types. */
static bool
before(const struct search *s, const struct vn_split *a,
       const struct vn_split *b)
{
    int types[2] = {0};
    int64_t vnodes[2] = {0};

    if (a->step_s != b->step_s)
        return a->step_s < b->step_s;
    for (int t = 0; t < s->ntypes; t++) {
        types[0] += a->vnodes[t] > 0;
        types[1] += b->vnodes[t] > 0;
        vnodes[0] += (int64_t) a->vnodes[t] * s->of[t].devices;
        vnodes[1] += (int64_t) b->vnodes[t] * s->of[t].devices;
    }
    if (types[0] != types[1])
        return types[0] < types[1];
    if (vnodes[0] != vnodes[1])
        return vnodes[0] < vnodes[1];
    for (int t = 0; t < s->ntypes; t++)
        if (a->vnodes[t] != b->vnodes[t])
            return a->vnodes[t] > b->vnodes[t];
    return false;
}

static void
keep(struct search *s)
{
    struct vn_split split = split_of(s);
    int i;

    if (s->nbest == s->room) {
        if (!before(s, &split, &s->best[s->nbest - 1]))
            return;
        s->nbest--;
    }
    for (i = s->nbest++; i > 0 && before(s, &split, &s->best[i - 1]); i--)
        s->best[i] = s->best[i - 1];
    s->best[i] = split;
}

/* Is a time too long to come among the best? */
static bool
too_long(const struct search *s, double step_s)
{
    return s->nbest == s->room && step_s > s->best[s->nbest - 1].step_s;
}

static void
search(struct search *s, int type, int64_t missing)
{
    const struct choice *c = &s->of[type];

    for (int i = s->whole; i < c->nloads; i++) {
        const struct load *l = &c->loads[i];

        if (too_long(s, l->step_s))
            return; /* and so are those behind it */
        if (l->examples > missing
            || (type + 1 == s->ntypes && l->examples != missing))
            continue;
        s->at[type] = l;
        s->visited++;
        if (type + 1 == s->ntypes)
            keep(s);
        else
            search(s, type + 1, missing - l->examples);
    }
}

static void
prepare(struct search *s, const struct vn_solver_type *types, int ntypes,
        int64_t batch, double comm_s)
{
    s->ntypes = ntypes;
    s->comm_s = comm_s;
    for (int t = 0; t < ntypes; t++)
        choices_of(&types[t], batch, &s->of[t]);
}

int
vn_solve_rivals(const struct vn_solver_type *types, int ntypes, int64_t batch,
                double comm_s, struct vn_split *splits, int room)
{
    struct search *s = calloc(1, sizeof *s);
    int n;

    if (s == NULL)
        abort();
    prepare(s, types, ntypes, batch, comm_s);
    s->best = splits;
    s->room = room;
    search(s, 0, batch);
    n = s->nbest;
    free(s);
    return n;
}

/* The best split over one type alone. */
static void
solve_alone(struct search *s, int64_t batch)
{
    static const struct load nothing;

    for (int t = 0; t < s->ntypes; t++)
        s->at[t] = &nothing;
    for (int t = 0; t < s->ntypes; t++) {
        const struct choice *c = &s->of[t];

        for (int i = 0; i < c->nloads; i++)
            if (c->loads[i].examples == batch) {
                s->at[t] = &c->loads[i];
                keep(s);
            }
        s->at[t] = &nothing;
    }
}

void
vn_solve(const struct vn_solver_type *types, int ntypes, int64_t batch,
         double comm_s, struct vn_solution *solution)
{
    struct search *s = calloc(1, sizeof *s);

    if (s == NULL)
        abort();
    *solution = (struct vn_solution){.best.step_s = INFINITY,
                                     .alone.step_s = INFINITY};
    prepare(s, types, ntypes, batch, comm_s);
    s->room = 1;
    s->best = &solution->alone;
    solve_alone(s, batch);
    s->nbest = 0;
    s->best = &solution->best;
    search(s, 0, batch);
    solution->visited = s->visited;
    free(s);
}

void
vn_solve_whole(const struct vn_solver_type *types, int ntypes, int64_t batch,
               double comm_s, struct vn_split *split)
{
    struct search *s = calloc(1, sizeof *s);

    if (s == NULL)
        abort();
    *split = (struct vn_split){.step_s = INFINITY};
    prepare(s, types, ntypes, batch, comm_s);
    s->whole = true;
    s->room = 1;
    s->best = split;
    search(s, 0, batch);
    free(s);
}
