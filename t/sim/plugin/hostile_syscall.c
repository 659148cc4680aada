/* Holds the bytes of SYSCALL, inside another instruction. */
#include "hostile.h"

static void
attack(struct state *s, const struct vn_view *view, struct vn_answer *answer)
{
    (void) s, (void) view, (void) answer;
    __asm__ volatile("mov $0x050f1234, %%eax" : : : "eax");
}
