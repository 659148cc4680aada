#include "config.h"

#include "sim/pool.h"

#include "base/xalloc.h"

#include <limits.h>
#include <stdlib.h>

void
vn_pool_init(struct vn_pool *pool, const struct vn_view *view)
{
    pool->ntypes = vn_view_types(view);
    pool->lines = vn_xcalloc((size_t) pool->ntypes + 1, sizeof *pool->lines);
}

void
vn_pool_free(struct vn_pool *pool)
{
    for (int i = 0; i <= pool->ntypes && pool->lines != NULL; i++)
        vn_waiting_free(&pool->lines[i]);
    free(pool->lines);
}

void
vn_pool_add(struct vn_pool *pool, const struct vn_view *view, int job,
            struct vn_key key)
{
    vn_waiting_add(&pool->lines[1 + vn_view_type(view, job)], job, key,
                   vn_view_job(view, job)->devices);
}

/* Let the first of a line, within limit, contend with the best so far. */
static void
contend(const struct vn_pool *pool, int line, int limit, struct vn_pick *best)
{
    struct vn_pick pick = {.only = line - 1};

    if (pool->lines[line].count == 0)
        return;
    pick.job =
        vn_waiting_first(&pool->lines[line], limit, &pick.key, &pick.demand);
    if (pick.job >= 0 && (best->job < 0 || vn_key_before(pick.key, best->key)))
        *best = pick;
}

struct vn_pick
vn_pool_first(const struct vn_pool *pool, const int *free)
{
    struct vn_pick best = {.job = -1};
    int most = 0;

    for (int t = 0; t < pool->ntypes; t++) {
        most = free[t] > most ? free[t] : most;
        contend(pool, 1 + t, free[t], &best);
    }
    contend(pool, 0, most, &best);
    return best;
}

struct vn_pick
vn_pool_head(const struct vn_pool *pool)
{
    struct vn_pick best = {.job = -1};

    for (int i = 0; i <= pool->ntypes; i++)
        contend(pool, i, INT_MAX, &best);
    return best;
}

void
vn_pool_take(struct vn_pool *pool, const struct vn_pick *pick)
{
    vn_waiting_take(&pool->lines[1 + pick->only], pick->demand);
}

int
vn_pool_fit(const struct vn_pool *pool, const int *free, int only, int demand)
{
    for (int t = 0; t < pool->ntypes; t++)
        if ((only < 0 || t == only) && free[t] >= demand)
            return t;
    return -1;
}
