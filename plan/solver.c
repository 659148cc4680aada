/*
 * What a type contributes depends on b v alone, the examples that one of its
 * devices processes, which is 2^k or 3 2^k: some forty values.  For each the
 * best b, v is found first; the search is over those values, type by type.
 * Cut off is what takes longer than the best so far, what is more than the
 * batch, and what leaves more than the types behind can process in the time
 * of the best so far.  The last type's value is what is missing.
 */
#include "config.h"

#include "plan/solver.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
    LOADS_MAX = 2 * 64 + 1 /* 2^k and 3 2^k, and nothing */
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
    int place[LOADS_MAX]; /* by number_of(): where it stands, or 0 */
};

struct search {
    struct choice of[VN_SOLVER_TYPES_MAX];
    int ntypes;
    double comm_s;
    double shortest_comm_s; /* that any split is charged */
    bool whole;             /* every type has a part */
    int64_t visited;
    const struct load *at[VN_SOLVER_TYPES_MAX]; /* the split in hand */
    struct vn_split *best;                      /* the best so far, in order */
    int nbest;
    int room;
    /* Examples that the types from each on can process in the time of the
     * best so far. */
    int64_t reach[VN_SOLVER_TYPES_MAX + 1];
};

/* A number for 2^k, another for 3 2^k, at least 1; 0 for all else. */
static int
number_of(int64_t n)
{
    int k = n > 0 ? __builtin_ctzll((unsigned long long) n) : 0;
    int64_t odd = n >> k;

    return odd == 1 ? 1 + 2 * k : odd == 3 ? 2 + 2 * k : 0;
}

/* Take a load, where it is the best of its kind. */
static void
add_load(struct choice *c, struct load load)
{
    int number = number_of(load.batch * load.vnodes);
    struct load *l;

    if (c->place[number] == 0) {
        c->place[number] = c->nloads;
        c->loads[c->nloads++] = load;
        return;
    }
    l = &c->loads[c->place[number]];
    if (load.step_s < l->step_s
        || (load.step_s == l->step_s && load.vnodes < l->vnodes))
        *l = load;
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
    double slowdown = type->slowdown > 0 ? type->slowdown : 1;

    *c = (struct choice){.nloads = 1, .devices = type->devices};
    if (curve == NULL || type->devices < 1)
        return;
    for (int i = 0; i < curve->npoints; i++) {
        const struct vn_profile_point *p = &curve->points[i];

        if (number_of(p->batch) == 0
            || (type->memory_bytes > 0 && p->peak_bytes > type->memory_bytes))
            continue;
        for (int v = 1;; v *= 2) {
            if (p->batch > batch / v || p->batch * v > batch / type->devices)
                break;
            add_load(c, (struct load){
                            .examples = p->batch * v * type->devices,
                            .batch = p->batch,
                            .vnodes = v,
                            .step_s =
                                slowdown * (v * p->step_s + curve->update_s)});
            if (v > INT32_MAX / 4)
                break;
        }
    }
    qsort(c->loads, (size_t) c->nloads, sizeof *c->loads, compare_loads);
    for (int i = 1; i < c->nloads; i++)
        c->place[number_of(c->loads[i].batch * c->loads[i].vnodes)] = i;
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
    return s->nbest == s->room
           && step_s + s->shortest_comm_s > s->best[s->nbest - 1].step_s;
}

/* How far each type, and those behind it, come in the time of the best. */
static void
reach(struct search *s)
{
    for (int t = s->ntypes; t-- > 0;) {
        const struct choice *c = &s->of[t];
        int64_t most = 0;

        for (int i = 0; i < c->nloads && !too_long(s, c->loads[i].step_s); i++)
            if (c->loads[i].examples > most)
                most = c->loads[i].examples;
        s->reach[t] = most + s->reach[t + 1];
    }
}

/* The last type takes all that is missing, if it can. */
static void
finish(struct search *s, int64_t missing)
{
    const struct choice *c = &s->of[s->ntypes - 1];
    const struct load *l = &c->loads[0];

    if (missing == 0 && s->whole)
        return;
    if (missing > 0) {
        int number = c->devices > 0 && missing % c->devices == 0
                         ? number_of(missing / c->devices)
                         : 0;

        if (c->place[number] == 0)
            return;
        l = &c->loads[c->place[number]];
    }
    if (too_long(s, l->step_s))
        return;
    s->at[s->ntypes - 1] = l;
    s->visited++;
    keep(s);
    reach(s);
}

static void
search(struct search *s, int type, int64_t missing)
{
    const struct choice *c = &s->of[type];

    if (type + 1 == s->ntypes) {
        finish(s, missing);
        return;
    }
    for (int i = s->whole; i < c->nloads; i++) {
        const struct load *l = &c->loads[i];

        if (too_long(s, l->step_s))
            return; /* and so are those behind it */
        if (l->examples > missing
            || missing - l->examples > s->reach[type + 1])
            continue;
        s->at[type] = l;
        s->visited++;
        search(s, type + 1, missing - l->examples);
    }
}

static void
prepare(struct search *s, const struct vn_solver_type *types, int ntypes,
        int64_t batch, double comm_s)
{
    s->ntypes = ntypes;
    s->comm_s = comm_s;
    s->shortest_comm_s = comm_s;
    for (int t = 0; t < ntypes; t++) {
        choices_of(&types[t], batch, &s->of[t]);
        if (types[t].devices == 1)
            s->shortest_comm_s = 0;
    }
}

static int
solve_best(const struct vn_solver_type *types, int ntypes, int64_t batch,
           double comm_s, bool whole, struct vn_split *splits, int room)
{
    struct search *s = calloc(1, sizeof *s);
    int n;

    if (s == NULL)
        abort();
    prepare(s, types, ntypes, batch, comm_s);
    s->whole = whole;
    s->best = splits;
    s->room = room;
    reach(s);
    if (room > 0)
        search(s, 0, batch);
    n = s->nbest;
    free(s);
    return n;
}

int
vn_solve_rivals(const struct vn_solver_type *types, int ntypes, int64_t batch,
                double comm_s, struct vn_split *splits, int room)
{
    return solve_best(types, ntypes, batch, comm_s, false, splits, room);
}

int
vn_solve_whole(const struct vn_solver_type *types, int ntypes, int64_t batch,
               double comm_s, struct vn_split *splits, int room)
{
    return solve_best(types, ntypes, batch, comm_s, true, splits, room);
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
    s->best = &solution->best;
    solution->best = solution->alone; /* the bound to begin with */
    reach(s);
    search(s, 0, batch);
    solution->visited = s->visited;
    free(s);
}
