#include "config.h"

#include "sim/policy/queue/rigid.h"

#include "base/xalloc.h"

#include <stdlib.h>

enum vn_status
vn_rigid_open(struct vn_rigid *s, const struct vn_view *view, bool skip,
              double tick)
{
    s->skip = skip;
    s->tick = (vn_time) tick;
    vn_pool_init(&s->pool, view);
    s->free = vn_xcalloc((size_t) s->pool.ntypes, sizeof *s->free);
    return VN_OK;
}

void
vn_rigid_close(void *state)
{
    struct vn_rigid *s = state;

    vn_pool_free(&s->pool);
    free(s->free);
}

void
vn_rigid_wait(void *state, const struct vn_view *view, int job, int64_t rank)
{
    struct vn_rigid *s = state;

    vn_pool_add(&s->pool, view, job,
                (struct vn_key){rank, vn_view_order(view, job)});
}

void
vn_rigid_decide(void *state, const struct vn_view *view,
                struct vn_answer *answer)
{
    struct vn_rigid *s = state;

    if (vn_tick_waits(s->tick, view, answer))
        return;
    for (int t = 0; t < s->pool.ntypes; t++)
        s->free[t] = vn_view_free(view, t);
    for (;;) {
        struct vn_pick pick = s->skip ? vn_pool_first(&s->pool, s->free)
                                      : vn_pool_head(&s->pool);
        int type;

        if (pick.job < 0)
            return;
        type = vn_pool_fit(&s->pool, s->free, pick.types, pick.demand);
        if (type < 0)
            return;
        vn_pool_take(&s->pool, &pick);
        vn_answer_set(answer, pick.job, type, pick.demand);
        s->free[type] -= pick.demand;
    }
}
