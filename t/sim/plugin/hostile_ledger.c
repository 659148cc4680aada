/* Writes the ledger: the view is the books. */
#include "hostile.h"

static void
attack(struct state *s, const struct vn_view *view, struct vn_answer *answer)
{
    volatile unsigned char *books = (volatile unsigned char *) view;

    (void) s, (void) answer;
    books[0] = books[0];
}
