/* Unmaps a region. */
#include "hostile.h"

#include <sys/mman.h>

static void
attack(struct state *s, const struct vn_view *view, struct vn_answer *answer)
{
    (void) s, (void) answer;
    munmap((void *) region_after_ledger(view, 2), 4096);
}
