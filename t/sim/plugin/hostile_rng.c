/* Reads the random numbers to come: a region of their own. */
#include "hostile.h"

static void
attack(struct state *s, const struct vn_view *view, struct vn_answer *answer)
{
    volatile int64_t *random = (void *) region_after_ledger(view, 5);

    (void) answer;
    s->arrived += random[520] != 0;
}
