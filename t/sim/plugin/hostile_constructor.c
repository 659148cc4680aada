/* Acts before it is asked anything. */
#include "hostile.h"

__attribute__((__constructor__)) static void
before(void)
{
    exit(7);
}

static void
attack(struct state *s, const struct vn_view *view, struct vn_answer *answer)
{
    (void) s, (void) view, (void) answer;
}
