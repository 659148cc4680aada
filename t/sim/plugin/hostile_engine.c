/* Reads what comes next, the seed and the next job: the engine's region. */
#include "hostile.h"

static void
attack(struct state *s, const struct vn_view *view, struct vn_answer *answer)
{
    volatile int64_t *engine = (void *) region_after_ledger(view, 3);

    (void) answer;
    s->arrived += engine[520] != 0;
}
