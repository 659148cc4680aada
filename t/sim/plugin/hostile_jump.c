/* Jumps into the monitor, past the door: to a WRPKRU after the gates. */
#include "hostile.h"

static void
attack(struct state *s, const struct vn_view *view, struct vn_answer *answer)
{
    const unsigned char *p = (const unsigned char *) (uintptr_t) vn_view_now;

    (void) s, (void) view, (void) answer;
    while (p[0] != 0x0f || p[1] != 0x01 || p[2] != 0xf0 - 1)
        p++;
    __asm__ volatile(
        "mov $63, %%r11d\n\tcall *%0" /* a gate that is not there */
        :
        : "r"(p), "a"(0), "c"(0), "d"(0)
        : "memory", "rsi", "rdi", "r8", "r9", "r10", "r11");
}
