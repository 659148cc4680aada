/* Ends the program, as if all were well. */
#include "hostile.h"

static void
attack(struct state *s, const struct vn_view *view, struct vn_answer *answer)
{
    (void) s, (void) view, (void) answer;
    exit(0);
}
