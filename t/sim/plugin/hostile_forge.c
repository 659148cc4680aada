/* Forges an answer for a job that is not there, without the API. */
#include "hostile.h"

static void
attack(struct state *s, const struct vn_view *view, struct vn_answer *answer)
{
    volatile int *draft = (volatile int *) answer;

    (void) s, (void) view;
    draft[4] = 12345;
    draft[5] = 0;
    draft[6] = 1;
    draft[0] = 1;
}
