/* Starts a process. */
#include "hostile.h"

#include <unistd.h>

static void
attack(struct state *s, const struct vn_view *view, struct vn_answer *answer)
{
    (void) s, (void) view, (void) answer;
    if (fork() == 0)
        _exit(0);
}
