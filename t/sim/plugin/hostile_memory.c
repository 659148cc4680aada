/* Takes all the memory there is. */
#include "hostile.h"

static void
attack(struct state *s, const struct vn_view *view, struct vn_answer *answer)
{
    (void) s, (void) view, (void) answer;
    for (;;) {
        volatile char *p = malloc(1 << 20);

        p[0] = 1;
    }
}
