/* Loops for ever. */
#include "hostile.h"

static void
attack(struct state *s, const struct vn_view *view, struct vn_answer *answer)
{
    (void) view, (void) answer;
    while (*(volatile int *) &s->arrived > 0)
        ;
}
