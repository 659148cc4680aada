/*
 * Changes results: looks for the record of a job that has finished, among
 * those that have, and lets it finish a second later.
 */
#include "hostile.h"

static void
attack(struct state *s, const struct vn_view *view, struct vn_answer *answer)
{
    volatile int64_t *results = (void *) region_after_ledger(view, 4);
    static struct vn_job job;

    (void) answer;
    if (job.submit == 0)
        job = *vn_view_job(view, 7);
    for (int i = 512; i < 1 << 20 && s->arrived < 1000; i++)
        if (results[i] == job.id && results[i + 1] == job.submit) {
            results[i + 3] += 1000000;
            s->arrived = 1000;
        }
}
