/* Asks about a job that is not there. */
#include "hostile.h"

static void
attack(struct state *s, const struct vn_view *view, struct vn_answer *answer)
{
    (void) answer;
    s->arrived += vn_view_held_all(view, 1 << 28);
}
