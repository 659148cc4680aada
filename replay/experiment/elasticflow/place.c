/*
 * Nodes stand in sets; a set has whole nodes, and stands in the list of the
 * largest size of job that divides what is free in it.  A job looks into the
 * first set of the list of its own size, then of larger ones, and takes new
 * nodes, the lowest numbers, if it fits in none.  Lists are sorted by what is
 * in use after each change; one that was looked into in vain goes to its end.
 *
 * All devices are dealt out anew at each event, so that a run starts from an
 * empty cluster here.
 */
#include "config.h"

#include "replay/experiment/elasticflow/elasticflow.h"

#include "base/xalloc.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int sizes[] = {1,  2,  4,  8,  12, 16, 24,  32,
                            40, 48, 56, 64, 72, 88, 128, 256};

enum {
    SIZES = sizeof sizes / sizeof *sizes
};

struct set {
    int first; /* node */
    int nodes;
    int used;
    int list; /* in which it stands */
    struct vn_ef_list jobs;
};

/* A job's devices: the first of them and how many. */
struct rank {
    int first;
    int n;
};

struct vn_ef_placing {
    struct set *sets;
    int nsets;
    int next_node;
    struct vn_ef_list lists[SIZES]; /* of sets */
    struct rank *cache;
    int ncache;
};

void
vn_ef_place_begin(struct vn_ef *ef)
{
    struct vn_ef_placing *p = ef->placing;

    if (p == NULL) {
        p = ef->placing = vn_xcalloc(1, sizeof *p);
        p->sets = vn_xcalloc((size_t) ef->nodes, sizeof *p->sets);
    }
    for (int i = 0; i < p->nsets; i++)
        vn_ef_list_free(&p->sets[i].jobs);
    p->nsets = p->next_node = 0;
    for (int i = 0; i < SIZES; i++)
        p->lists[i].n = 0;
    for (int i = 0; i < ef->njobs; i++)
        ef->jobs[i].placed = false;
}

void
vn_ef_place_free(struct vn_ef *ef)
{
    struct vn_ef_placing *p = ef->placing;

    if (p == NULL)
        return;
    for (int i = 0; i < p->nsets; i++)
        vn_ef_list_free(&p->sets[i].jobs);
    for (int i = 0; i < SIZES; i++)
        vn_ef_list_free(&p->lists[i]);
    free(p->sets);
    free(p->cache);
    free(p);
}

static void
sort_sets(struct vn_ef_placing *p, struct vn_ef_list *list)
{
    for (int i = 1; i < list->n; i++) {
        int set = list->jobs[i], at = i;

        for (; at > 0 && p->sets[list->jobs[at - 1]].used > p->sets[set].used;
             at--)
            list->jobs[at] = list->jobs[at - 1];
        list->jobs[at] = set;
    }
}

/* The list for a set: by what is free in it; `mine` where it is full. */
static int
list_for(const struct vn_ef *ef, const struct set *set, int mine)
{
    int left = set->nodes * ef->per_node - set->used;

    for (int i = SIZES - 1; i >= 0 && left > 0; i--)
        if (sizes[i] <= left && left % sizes[i] == 0)
            return i;
    return mine;
}

/* Put the job into the set, and that where it then belongs. */
static void
join(struct vn_ef *ef, int set, int job, int mine)
{
    struct vn_ef_placing *p = ef->placing;
    struct set *s = &p->sets[set];

    s->used += ef->jobs[job].devices;
    vn_ef_list_add(&s->jobs, job);
    s->list = list_for(ef, s, mine);
    vn_ef_list_add(&p->lists[s->list], set);
    sort_sets(p, &p->lists[mine]);
    sort_sets(p, &p->lists[s->list]);
    ef->jobs[job].placed = true;
}

/* Look into the first set of a list. */
static bool
try_list(struct vn_ef *ef, int list, int job, int mine)
{
    struct vn_ef_list *l = &ef->placing->lists[list];
    const struct set *s;
    int set;

    if (l->n == 0)
        return false;
    set = l->jobs[0];
    s = &ef->placing->sets[set];
    vn_ef_list_remove(l, set);
    if (s->used + ef->jobs[job].devices > s->nodes * ef->per_node) {
        vn_ef_list_add(l, set);
        return false;
    }
    join(ef, set, job, mine);
    return true;
}

void
vn_ef_place(struct vn_ef *ef, int job)
{
    struct vn_ef_placing *p = ef->placing;
    int n = ef->jobs[job].devices, mine = 0;
    int nodes = (n + ef->per_node - 1) / ef->per_node;

    while (mine < SIZES - 1 && sizes[mine] < n)
        mine++;
    if (try_list(ef, mine, job, mine))
        return;
    for (int list = SIZES - 1; list > mine; list--)
        if (try_list(ef, list, job, mine))
            return;
    if (p->next_node + nodes > ef->nodes)
        return;
    p->sets[p->nsets] =
        (struct set){.first = p->next_node, .nodes = nodes, .list = mine};
    p->next_node += nodes;
    join(ef, p->nsets++, job, mine);
}

static void
note(struct vn_ef *ef, int job, int first)
{
    struct vn_ef_placing *p = ef->placing;
    struct rank rank = {first, ef->jobs[job].devices};

    ef->jobs[job].cached = true;
    for (int i = 0; i < p->ncache; i++)
        if (p->cache[i].first == rank.first && p->cache[i].n == rank.n)
            return;
    ef->jobs[job].cached = false;
    p->cache = vn_xrealloc(p->cache, (size_t) p->ncache + 1, sizeof *p->cache);
    p->cache[p->ncache++] = rank;
}

void
vn_ef_place_note(struct vn_ef *ef)
{
    struct vn_ef_placing *p = ef->placing;

    for (int i = 0; i < p->nsets; i++) {
        const struct set *s = &p->sets[i];
        int first = s->first * ef->per_node;

        for (int k = 0; k < s->jobs.n; k++) {
            note(ef, s->jobs.jobs[k], first);
            first += ef->jobs[s->jobs.jobs[k]].devices;
        }
    }
}

bool
vn_ef_round(struct vn_ef *ef)
{
    ef->restart = ef->rounds > 0 && ef->rounds % (int64_t) ef->slot == 0;
    ef->rounds++;
    if (ef->restart && ef->placing != NULL)
        ef->placing->ncache = 0;
    return ef->restart;
}

double
vn_ef_overhead(const struct vn_ef *ef, int devices, bool cached)
{
    bool large = ef->devices >= 256;
    double s = large ? 7 : 2;

    if (cached)
        return s;
    if (ef->restart)
        s += large ? 47 : 27;
    return s + (log2(devices) + 1) * 2;
}
