/* Leaves a callback by a jump into one that has ended. */
#include "hostile.h"

#include <setjmp.h>

static jmp_buf place;

static void
attack(struct state *s, const struct vn_view *view, struct vn_answer *answer)
{
    (void) s, (void) view, (void) answer;
    if (setjmp(place) == 0)
        longjmp(place, 1);
}
