/* Takes all rights by itself. */
#include "hostile.h"

static void
attack(struct state *s, const struct vn_view *view, struct vn_answer *answer)
{
    (void) s, (void) view, (void) answer;
    __asm__ volatile("wrpkru" : : "a"(0), "c"(0), "d"(0) : "memory");
}
