#include "config.h"

#include "sim/policy/queue/pool.h"

#include "base/xalloc.h"

#include <limits.h>
#include <stdlib.h>

void
vn_pool_init(struct vn_pool *pool, const struct vn_view *view)
{
    *pool = (struct vn_pool){.ntypes = vn_view_types(view)};
}

void
vn_pool_free(struct vn_pool *pool)
{
    for (int i = 0; i < pool->nlines; i++)
        vn_waiting_free(&pool->lines[i].waiting);
    free(pool->lines);
}

uint64_t
vn_pool_types(const struct vn_pool *pool, const struct vn_view *view, int job)
{
    uint64_t types = 0;

    for (int t = 0; t < pool->ntypes; t++)
        types |= (uint64_t) vn_view_runs(view, job, t) << t;
    return types;
}

void
vn_pool_add(struct vn_pool *pool, const struct vn_view *view, int job,
            struct vn_key key)
{
    uint64_t types = vn_pool_types(pool, view, job);
    int i = 0;

    while (i < pool->nlines && pool->lines[i].types != types)
        i++;
    if (i == pool->nlines) {
        pool->lines = vn_xrealloc(pool->lines, (size_t) pool->nlines + 1,
                                  sizeof *pool->lines);
        pool->lines[pool->nlines++] = (struct vn_line){.types = types};
    }
    vn_waiting_add(&pool->lines[i].waiting, job, key,
                   vn_view_job(view, job)->devices);
}

/* Let the first of a line, within limit, contend with the best so far. */
static void
contend(const struct vn_pool *pool, int line, int limit, struct vn_pick *best)
{
    struct vn_pick pick = {.line = line, .types = pool->lines[line].types};

    if (pool->lines[line].waiting.count == 0)
        return;
    pick.job = vn_waiting_first(&pool->lines[line].waiting, limit, &pick.key,
                                &pick.demand);
    if (pick.job >= 0 && (best->job < 0 || vn_key_before(pick.key, best->key)))
        *best = pick;
}

struct vn_pick
vn_pool_first(const struct vn_pool *pool, const int *free)
{
    struct vn_pick best = {.job = -1};

    for (int i = 0; i < pool->nlines; i++) {
        int most = 0;

        for (int t = 0; t < pool->ntypes; t++)
            if ((pool->lines[i].types >> t & 1) != 0 && free[t] > most)
                most = free[t];
        contend(pool, i, most, &best);
    }
    return best;
}

struct vn_pick
vn_pool_head(const struct vn_pool *pool)
{
    struct vn_pick best = {.job = -1};

    for (int i = 0; i < pool->nlines; i++)
        contend(pool, i, INT_MAX, &best);
    return best;
}

void
vn_pool_take(struct vn_pool *pool, const struct vn_pick *pick)
{
    vn_waiting_take(&pool->lines[pick->line].waiting, pick->demand);
}

int
vn_pool_fit(const struct vn_pool *pool, const int *free, uint64_t types,
            int demand)
{
    for (int t = 0; t < pool->ntypes; t++)
        if ((types >> t & 1) != 0 && free[t] >= demand)
            return t;
    return -1;
}
