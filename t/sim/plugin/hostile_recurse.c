/* Recurses without end. */
#include "hostile.h"

static int
deeper(volatile int *p)
{
    volatile int room[64];

    room[0] = *p;
    return room[0] < 0 ? 0 : deeper(room) + room[0];
}

static void
attack(struct state *s, const struct vn_view *view, struct vn_answer *answer)
{
    (void) view, (void) answer;
    s->arrived += deeper(&s->arrived);
}
