/* Scans memory for the heap of events. */
#include "hostile.h"

static void
attack(struct state *s, const struct vn_view *view, struct vn_answer *answer)
{
    volatile int64_t *p = (void *) region_after_ledger(view, 2);

    (void) answer;
    for (int i = 0; i < 512; i++)
        s->arrived += p[i] == 4711;
}
